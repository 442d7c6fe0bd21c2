//! What a channel reports of its own session, taken into the unified context: later moments win, counts never go
//! down, topics add up. The same report again changes nothing.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{ChatState, MAX_TOPICS, PhoneState, UnifiedContext, VoiceInteraction, VoiceState};
use crate::{
    id::{CallSid, InteractionId},
    identity::Phone,
    interaction::Channel,
    routing::RouteKind,
};

/// The mission's `sessionData`: a channel's part of the context, as far as the channel knows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Reported {
    Chat(ChatReport),
    Voice(VoiceReport),
    Phone(PhoneReport),
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ChatReport {
    mcp_session_id: Option<String>,
    last_interaction: Option<Timestamp>,
    message_count: u64,
    topics_discussed: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct VoiceReport {
    session_id: Option<InteractionId>,
    last_interaction: Option<Timestamp>,
    call_duration: u64,
    interaction_type: Option<VoiceInteraction>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PhoneReport {
    call_sid: Option<CallSid>,
    phone_number: Option<Phone>,
    last_call: Option<Timestamp>,
    call_duration: u64,
    call_type: Option<RouteKind>,
}

const MAX_TEXT: usize = 200;

impl Reported {
    /// Reads `sessionData` as what `channel` can say; what is wrong, in words.
    pub fn read(channel: Channel, data: Value) -> Result<Self, String> {
        let data = if data.is_null() { Value::Object(serde_json::Map::new()) } else { data };
        if !data.is_object() {
            return Err("sessionData: not an object".to_owned());
        }
        let read = match channel {
            Channel::Chat => serde_json::from_value(data).map(Self::Chat),
            Channel::Voice => serde_json::from_value(data).map(Self::Voice),
            Channel::Phone => serde_json::from_value(data).map(Self::Phone),
        };
        let reported = read.map_err(|error| format!("sessionData: {error}"))?;
        match &reported {
            Self::Chat(chat) if chat.texts().any(|text| !is_short(text)) => {
                Err(format!("sessionData: a text has 1 to {MAX_TEXT} bytes, and no control characters"))
            }
            _ => Ok(reported),
        }
    }

    pub fn channel(&self) -> Channel {
        match self {
            Self::Chat(_) => Channel::Chat,
            Self::Voice(_) => Channel::Voice,
            Self::Phone(_) => Channel::Phone,
        }
    }
}

impl ChatReport {
    fn texts(&self) -> impl Iterator<Item = &String> {
        self.mcp_session_id.iter().chain(&self.topics_discussed)
    }
}

fn is_short(text: &str) -> bool {
    (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control)
}

impl UnifiedContext {
    /// Takes a report in. Whether anything changed is the answer.
    pub fn unify(&mut self, reported: Reported, now: Timestamp) -> bool {
        let before = self.clone();
        let channel = reported.channel();
        let channels = &mut self.channels;
        match reported {
            Reported::Chat(report) => channels.chat = Some(report.onto(channels.chat.take(), now)),
            Reported::Voice(report) => channels.voice = Some(report.onto(channels.voice.take(), now)),
            Reported::Phone(report) => channels.phone = Some(report.onto(channels.phone.take(), now)),
        }
        self.metadata.preferred_channel.get_or_insert(channel);
        let changed = *self != before;
        if changed {
            self.metadata.last_updated = self.metadata.last_updated.max(now);
        }
        changed
    }
}

impl ChatReport {
    fn onto(self, known: Option<ChatState>, now: Timestamp) -> ChatState {
        let mut state = known.unwrap_or_else(|| ChatState {
            mcp_session_id: None,
            last_interaction: self.last_interaction.unwrap_or(now),
            message_count: 0,
            topics_discussed: Vec::new(),
        });
        state.mcp_session_id = self.mcp_session_id.or(state.mcp_session_id);
        state.last_interaction =
            state.last_interaction.max(self.last_interaction.unwrap_or(state.last_interaction));
        state.message_count = state.message_count.max(self.message_count);
        let new = self.topics_discussed.into_iter().filter(|topic| !state.topics_discussed.contains(topic));
        let mut topics: Vec<String> = new.collect();
        topics.append(&mut state.topics_discussed);
        topics.truncate(MAX_TOPICS);
        ChatState { topics_discussed: topics, ..state }
    }
}

impl VoiceReport {
    fn onto(self, known: Option<VoiceState>, now: Timestamp) -> VoiceState {
        let state = known.unwrap_or_else(|| VoiceState {
            session_id: None,
            last_interaction: self.last_interaction.unwrap_or(now),
            call_duration: 0,
            interaction_type: VoiceInteraction::Conversation,
        });
        VoiceState {
            session_id: self.session_id.or(state.session_id),
            last_interaction: state
                .last_interaction
                .max(self.last_interaction.unwrap_or(state.last_interaction)),
            call_duration: state.call_duration.max(self.call_duration),
            interaction_type: self.interaction_type.unwrap_or(state.interaction_type),
        }
    }
}

impl PhoneReport {
    fn onto(self, known: Option<PhoneState>, now: Timestamp) -> PhoneState {
        let state = known.unwrap_or_else(|| PhoneState {
            call_sid: None,
            phone_number: None,
            last_call: self.last_call.unwrap_or(now),
            call_duration: 0,
            call_type: RouteKind::Unknown,
            language: None,
        });
        PhoneState {
            call_sid: self.call_sid.or(state.call_sid),
            phone_number: self.phone_number.or(state.phone_number),
            last_call: state.last_call.max(self.last_call.unwrap_or(state.last_call)),
            call_duration: state.call_duration.max(self.call_duration),
            call_type: self.call_type.unwrap_or(state.call_type),
            language: state.language,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_report_adds_and_takes_nothing_away() {
        let mut context = UnifiedContext::new("per_1".parse().unwrap(), now());
        let chat = |count: u64, at: &str| {
            let data = json!({ "messageCount": count, "lastInteraction": at, "topicsDiscussed": ["rates"] });
            Reported::read(Channel::Chat, data).unwrap()
        };
        assert!(context.unify(chat(3, "2026-11-22T09:00:00Z"), now()));
        assert!(!context.unify(chat(3, "2026-11-22T09:00:00Z"), now()), "the same again");
        assert!(!context.unify(chat(1, "2026-11-20T09:00:00Z"), now()), "an older one");
        let phone = json!({ "phoneNumber": "+14155550123", "callDuration": 60, "callType": "recruiter" });
        assert!(context.unify(Reported::read(Channel::Phone, phone).unwrap(), now()));
        let chat = context.channels.chat.unwrap();
        assert_eq!((chat.message_count, chat.topics_discussed), (3, vec!["rates".to_owned()]));
        assert_eq!(context.channels.phone.unwrap().call_type, RouteKind::Recruiter);
        assert_eq!(context.metadata.preferred_channel, Some(Channel::Chat));
    }

    #[test]
    fn a_channel_reports_its_own_part_alone() {
        let rows = [
            (Channel::Chat, json!({ "callSid": "CA0123456789abcdef0123456789abcdef" })),
            (Channel::Phone, json!({ "callSid": "CA1" })),
            (Channel::Voice, json!({ "interactionType": "chess" })),
            (Channel::Chat, json!({ "mcpSessionId": "a\u{0}b" })),
            (Channel::Chat, json!([])),
        ];
        for (channel, data) in rows {
            assert!(Reported::read(channel, data.clone()).is_err(), "{channel:?} {data}");
        }
        assert!(Reported::read(Channel::Voice, Value::Null).is_ok());
    }
}

//! The unified context: what all channels know of one person. The mission's `UnifiedConversationContext`.
//!
//! One item a person, versioned for optimistic writes, and bounded: turns and history are items of their own.

mod joined;
mod open;
pub mod reported;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contact::{InteractionRecord, RECENT_INTERACTIONS, RelationshipKind},
    id::{CallSid, InteractionId, PersonId},
    identity::Phone,
    interaction::{Analysis, Channel, Importance, Intent, Interaction, Speaker, Turn},
    language::Language,
    routing::RouteKind,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnifiedContext {
    /// The conversation that is going on, or the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<InteractionId>,
    pub user_id: PersonId,
    pub channels: Channels,
    pub professional_context: ProfessionalContext,
    pub conversation_state: ConversationState,
    pub metadata: Metadata,
    pub version: u64,
    /// As in the contact: when somebody without any identity is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forget_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Channels {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<VoiceState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneState>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcp_session_id: Option<String>,
    pub last_interaction: Timestamp,
    pub message_count: u64,
    pub topics_discussed: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VoiceState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<InteractionId>,
    pub last_interaction: Timestamp,
    /// Seconds, over all conversations.
    pub call_duration: u64,
    pub interaction_type: VoiceInteraction,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VoiceInteraction {
    /// The twin plays the interviewer, and stays in the part.
    Interview,
    /// The same with a pause after each answer: what was good, and again.
    Practice,
    /// Advice on how to say something.
    Coaching,
    #[default]
    Conversation,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_sid: Option<CallSid>,
    /// Absent for a withheld number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<Phone>,
    pub last_call: Timestamp,
    /// Seconds, over all calls.
    pub call_duration: u64,
    pub call_type: RouteKind,
    /// What they spoke last, as far as it was clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfessionalContext {
    pub relationship: RelationshipKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The newest, oldest first.
    pub previous_interactions: Vec<InteractionRecord>,
    pub importance: Importance,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationState {
    pub current_topic: String,
    pub user_intent: Intent,
    /// What is open, the newest first.
    pub next_actions: Vec<String>,
    /// Until when it is told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub next_actions_until: BTreeMap<String, Timestamp>,
    pub follow_up_required: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    pub created_at: Timestamp,
    pub last_updated: Timestamp,
    pub total_interactions: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_channel: Option<Channel>,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub at: Timestamp,
    /// The other side's, on the phone.
    pub number: Option<Phone>,
    /// What the person wrote or said, in a chat.
    pub messages: u64,
    /// What kind of conversation it was, by voice in the browser.
    pub talk: VoiceInteraction,
}

/// Topics of chats that are kept; the newest come first.
const MAX_TOPICS: usize = 20;

impl UnifiedContext {
    pub fn new(person: PersonId, now: Timestamp) -> Self {
        Self {
            session_id: None,
            user_id: person,
            channels: Channels::default(),
            professional_context: ProfessionalContext::default(),
            conversation_state: ConversationState::default(),
            metadata: Metadata {
                created_at: now,
                last_updated: now,
                total_interactions: 0,
                preferred_channel: None,
            },
            version: 0,
            forget_at: None,
        }
    }

    /// Takes a conversation that ended into the context.
    pub fn conversation_ended(&mut self, held: &Interaction, ended: Ended) {
        let lasted = u64::try_from(ended.at.duration_since(held.started_at).as_secs()).unwrap_or(0);
        match held.channel {
            Channel::Phone => {
                let this = PhoneState {
                    call_sid: held.call_sid.clone(),
                    phone_number: ended.number,
                    last_call: held.started_at,
                    call_duration: lasted,
                    call_type: held.route,
                    language: None,
                };
                self.channels.phone = Some(match self.channels.phone.take() {
                    // Of calls that overlap, the one that began last is the last.
                    Some(later) if later.last_call > this.last_call => {
                        PhoneState { call_duration: later.call_duration + lasted, ..later }
                    }
                    Some(before) => PhoneState {
                        call_duration: before.call_duration + lasted,
                        language: before.language,
                        ..this
                    },
                    None => this,
                });
            }
            Channel::Chat => {
                let this = ChatState {
                    mcp_session_id: held.host.is_some().then(|| held.id.to_string()),
                    last_interaction: ended.at,
                    message_count: ended.messages,
                    topics_discussed: Vec::new(),
                };
                self.channels.chat = Some(match self.channels.chat.take() {
                    Some(before) => ChatState {
                        last_interaction: before.last_interaction.max(ended.at),
                        message_count: before.message_count + ended.messages,
                        topics_discussed: before.topics_discussed,
                        ..this
                    },
                    None => this,
                });
            }
            Channel::Voice => {
                let before = self.channels.voice.take();
                self.channels.voice = Some(VoiceState {
                    session_id: Some(held.id.clone()),
                    last_interaction: before
                        .as_ref()
                        .map_or(ended.at, |voice| voice.last_interaction.max(ended.at)),
                    call_duration: before.map_or(0, |voice| voice.call_duration) + lasted,
                    interaction_type: ended.talk,
                });
            }
        }
        self.session_id = Some(held.id.clone());
        self.metadata.total_interactions += 1;
        self.metadata.preferred_channel.get_or_insert(held.channel);
        self.metadata.last_updated = self.metadata.last_updated.max(ended.at);
    }

    /// In which language they are spoken with, if it was clear before.
    pub fn speaks(&self) -> Option<Language> {
        self.channels.phone.as_ref().and_then(|phone| phone.language)
    }

    /// What was said in a call tells the language, the later the more.
    pub fn spoken(&mut self, held: &Interaction, turns: &[Turn]) {
        let Some(phone) = self.channels.phone.as_mut().filter(|_| held.channel == Channel::Phone) else {
            return;
        };
        let mut said = turns.iter().rev().filter(|turn| turn.speaker == Speaker::Person);
        let told = said.find_map(|turn| Language::told(&turn.text));
        if held.started_at >= phone.last_call {
            phone.language = told.or(phone.language);
        }
    }

    /// Takes the brain's reading of a conversation into the context. The same one again changes nothing more, and
    /// one that began earlier than what was read before only adds to it.
    pub fn learned(&mut self, interaction: &Interaction, analysis: &Analysis, now: Timestamp) {
        let professional = &mut self.professional_context;
        let previous = &mut professional.previous_interactions;
        let newest = previous.iter().all(|known| known.at <= interaction.started_at);
        previous.retain(|known| known.interaction != interaction.id);
        previous.push(InteractionRecord {
            interaction: interaction.id.clone(),
            channel: interaction.channel,
            at: interaction.started_at,
            summary: analysis.summary.clone(),
        });
        previous.sort_by_key(|known| known.at);
        let excess = previous.len().saturating_sub(RECENT_INTERACTIONS);
        previous.drain(..excess);
        let said = analysis.relationship;
        if said != RelationshipKind::Unknown
            && (newest || professional.relationship == RelationshipKind::Unknown)
        {
            professional.relationship = said;
        }
        let later = |known: Option<String>, said: &Option<String>| match newest {
            true => said.clone().or(known),
            false => known.or(said.clone()),
        };
        professional.industry = later(professional.industry.take(), &analysis.industry);
        professional.company = later(professional.company.take(), &analysis.company);
        professional.importance = professional.importance.max(analysis.importance);
        self.conversation_state.learn(analysis, newest, interaction.started_at);
        if let (Channel::Chat, Some(chat)) = (interaction.channel, self.channels.chat.as_mut()) {
            let mut topics = analysis.topics.clone();
            topics.extend(chat.topics_discussed.drain(..).filter(|topic| !analysis.topics.contains(topic)));
            topics.truncate(MAX_TOPICS);
            chat.topics_discussed = topics;
        }
        if let (Channel::Phone, Some(phone)) = (interaction.channel, self.channels.phone.as_mut())
            && interaction.started_at >= phone.last_call
        {
            phone.call_type = RouteKind::of(analysis.relationship).unwrap_or(phone.call_type);
        }
        self.metadata.last_updated = self.metadata.last_updated.max(now);
    }
}

impl ConversationState {
    /// A conversation that says nothing new takes nothing away: what was open stays open.
    fn learn(&mut self, analysis: &Analysis, newest: bool, at: Timestamp) {
        if let Some(topic) = analysis.topics.first()
            && (newest || self.current_topic.is_empty())
        {
            self.current_topic.clone_from(topic);
        }
        if analysis.intent != Intent::Unknown && (newest || self.user_intent == Intent::Unknown) {
            self.user_intent = analysis.intent;
        }
        self.opened(&analysis.next_actions, newest, at);
        self.follow_up_required = analysis.follow_up_required || !self.next_actions.is_empty();
    }
}

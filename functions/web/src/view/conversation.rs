//! A conversation as an entry of a timeline: what was said, what was noted, what follows.

use jiff::{SignedDuration, Timestamp};
use twin::{
    analytics::Mark,
    follow_up::{Content, FollowUp, State},
    id::CallSid,
    interaction::{
        Action, Channel, Heard as HeardBy, Measured, Simulated, Source, Speaker, Status, Turn, Wish,
    },
    recording::Recording,
    store::{CALL_KEPT_FOR, Conversation},
};

use super::{
    time::{Moment, counted, lasted, offset},
    words,
};

#[derive(Debug)]
pub struct Entry {
    pub id: String,
    pub channel: &'static str,
    pub started: Moment,
    pub duration: Option<String>,
    /// A call that was taken for spam and can be let through, because its row is kept yet.
    pub spam: Option<CallSid>,
    /// Outcome, route, and how sure we were.
    pub facts: Vec<&'static str>,
    /// What it cost, in words.
    pub cost: Option<String>,
    /// It goes on, or its summary is still to be made.
    pub unfinished: Option<&'static str>,
    pub summary: Option<String>,
    /// How an interview or a rehearsal went: figures, and advice.
    pub rehearsed: Option<(String, Vec<String>)>,
    pub actions: Vec<Noted>,
    pub follow_ups: Vec<Next>,
    pub recordings: Vec<Heard>,
    pub turns: Vec<Said>,
}

/// A recording, and where it is listened to.
#[derive(Debug)]
pub struct Heard {
    pub url: Option<String>,
    /// How far into the conversation it began, in milliseconds.
    pub begins: i64,
    pub length: String,
}

/// A turn.
#[derive(Debug)]
pub struct Said {
    pub at: String,
    /// The same, in milliseconds.
    pub offset_ms: u64,
    pub speaker: String,
    pub is_twin: bool,
    pub text: String,
    pub interrupted: bool,
    /// What makes it less sure.
    pub doubt: Option<String>,
}

/// What a tool did.
#[derive(Debug, PartialEq, Eq)]
pub struct Noted {
    pub what: &'static str,
    pub text: String,
    pub link: Option<String>,
}

/// A follow-up.
#[derive(Debug)]
pub struct Next {
    pub what: &'static str,
    pub recipient: String,
    pub state: &'static str,
    pub mood: &'static str,
    /// It needs the owner's word.
    pub waits: bool,
    pub reason: String,
    pub problem: Option<String>,
    pub updated: Moment,
}

impl Entry {
    pub fn new(
        conversation: Conversation,
        (follow_ups, recordings, simulated): (&[FollowUp], &[Recording], Simulated),
        caller: &str,
        now: Timestamp,
    ) -> Self {
        let Conversation { interaction, turns, actions } = conversation;
        let ended = interaction.ended_at.map(|ended| ended.duration_since(interaction.started_at));
        let own = follow_ups.iter().filter(|follow_up| follow_up.interaction == interaction.id);
        Self {
            channel: words::channel(interaction.channel),
            started: Moment::new(interaction.started_at, now),
            duration: ended.map(lasted),
            spam: interaction.call_sid.clone().filter(|_| {
                Mark::Spam.holds(&interaction) && now.duration_since(interaction.started_at) < CALL_KEPT_FOR
            }),
            facts: [
                Some(words::outcome(&interaction)),
                words::route(interaction.route),
                Some(words::level(interaction.level)),
            ]
            .into_iter()
            .flatten()
            .collect(),
            cost: interaction.measured.as_ref().and_then(|measured| cost(measured, simulated)),
            rehearsed: interaction
                .measured
                .as_ref()
                .and_then(|measured| measured.rehearsed.clone())
                .map(|feedback| (feedback.figures().join(" · "), feedback.advice)),
            unfinished: match interaction.status {
                Status::Open => {
                    Some("This conversation is going on. What is said appears here as it is stored.")
                }
                Status::Closed => Some("The summary is being written."),
                Status::Analysed => None,
            },
            summary: interaction.analysis.map(|analysis| analysis.summary),
            actions: noted(actions),
            recordings: recordings
                .iter()
                .filter(|one| one.interaction == interaction.id)
                .map(|one| Heard::of(one, interaction.started_at))
                .collect(),
            follow_ups: own.map(|follow_up| Next::new(follow_up, now)).collect(),
            turns: said(turns, caller),
            id: interaction.id.to_string(),
        }
    }

    pub fn turn_count(&self) -> String {
        counted(i64::try_from(self.turns.len()).unwrap_or(i64::MAX), "turn")
    }
}

/// By list prices of a day; none where nothing is paid for, or before prices had a day.
fn cost(measured: &Measured, simulated: Simulated) -> Option<String> {
    let cost = measured.cost;
    let as_of = measured.prices_as_of.filter(|_| cost.sum() > 0)?;
    let parts = [("telephone", cost.telephony, simulated.telephony), ("model", cost.model, simulated.model)];
    let parts = parts.into_iter().filter(|(_, part, _)| *part > 0);
    let is_played = parts.clone().all(|(.., is_played)| is_played);
    let told = |(name, part, is_played)| {
        let simulated = if is_played { " (simulated)" } else { "" };
        format!("{name} {}{simulated}", dollars(part))
    };
    let parts: Vec<String> = parts.map(told).collect();
    let begin = if is_played { "It would have cost about" } else { "About" };
    let as_of = as_of.strftime("%B %Y");
    Some(format!("{begin} {} by list prices of {as_of}: {}", dollars(cost.sum()), parts.join(", ")))
}

/// Micro-dollars; parts of a cent where they matter.
fn dollars(micro: u64) -> String {
    if micro < 100_000 {
        return format!("$0.{:03}", micro / 1_000);
    }
    let cents = (micro + 5_000) / 10_000;
    format!("${}.{:02}", cents / 100, cents % 100)
}

pub fn said(turns: Vec<Turn>, person: &str) -> Vec<Said> {
    let said = turns.into_iter().map(|turn| Said {
        at: offset(turn.offset_ms),
        offset_ms: turn.offset_ms,
        speaker: match turn.speaker {
            Speaker::Person => person.to_owned(),
            Speaker::Twin => "AI assistant".to_owned(),
        },
        is_twin: turn.speaker == Speaker::Twin,
        text: turn.text,
        interrupted: turn.interrupted,
        doubt: turn.heard.and_then(doubt),
    });
    said.collect()
}

/// Two that heard less than this alike, in percent, are worth a look at the recording.
const ALIKE: u8 = 50;

/// That not the model heard it, or that another heard something else.
fn doubt(heard: HeardBy) -> Option<String> {
    let sure = heard.confidence.map(|percent| format!(", {percent} % sure")).unwrap_or_default();
    match heard.by {
        Source::Model => {
            let differs = heard.confidence.is_some_and(|percent| percent < ALIKE);
            differs.then(|| "Twilio's transcription differs".to_owned())
        }
        Source::Transcription => Some(format!("by Twilio's transcription{sure}")),
        Source::Recording => Some(format!("from the recording{sure}")),
    }
}

/// Actions in words, in the order of a report: they are stored by tool call, not by time. Contact details
/// that were saved more than once are told once.
pub fn noted(actions: Vec<Action>) -> Vec<Noted> {
    let confirmed = actions.contains(&Action::ContactSaved { confirmed: true });
    let mut actions = actions;
    actions.retain(|action| !(confirmed && *action == Action::ContactSaved { confirmed: false }));
    actions.sort_by_key(rank);
    actions.dedup_by(|a, b| a == b && matches!(a, Action::ContactSaved { .. }));
    actions.into_iter().map(Noted::from).collect()
}

fn rank(action: &Action) -> u8 {
    match action {
        Action::ContactSaved { .. } => 0,
        Action::MeetingProposed { .. } | Action::MeetingBooked { .. } | Action::CallbackRequested { .. } => 1,
        Action::MeetingChanged { .. } => 2,
        Action::MessageTaken { .. } => 2,
        Action::VoicemailLeft { .. } => 3,
        Action::HandoffRequested { .. } => 4,
        Action::QuestionAnswered { .. } => 5,
        Action::QuestionUnanswered { .. } => 6,
        Action::PrivacyRequested { .. } | Action::ErasureAsked { .. } | Action::ContactStopped => 1,
        Action::CodeAsked { .. } | Action::Proved { .. } => 6,
        Action::Recording { .. } | Action::RecordingFailed { .. } => 7,
        Action::TransferAsked { .. } => 7,
        Action::TransferEnded { .. } => 8,
        Action::EmergencyHeard { .. } => 0,
        Action::TurnsTimed { .. } => 11,
        Action::Metered { .. } => 12,
        Action::CallScreened { .. } => 0,
        Action::CallRouted { .. } => 9,
        Action::CallEnded { .. } => 10,
    }
}

impl From<Action> for Noted {
    fn from(action: Action) -> Self {
        let mut link = None;
        let (what, text) = match action {
            Action::ContactSaved { confirmed: true } => {
                ("Contact details", "read back and confirmed".to_owned())
            }
            Action::ContactSaved { confirmed: false } => ("Contact details", "not confirmed yet".to_owned()),
            Action::MeetingProposed { topic, preferred_times, duration_minutes } => {
                let times = preferred_times.join(" or ");
                let when = if times.is_empty() { "no time named".to_owned() } else { times };
                ("Meeting proposed", format!("“{topic}”: {when}, {duration_minutes} minutes"))
            }
            Action::MeetingBooked { topic, start, .. } => {
                ("Meeting booked", format!("“{topic}”: {}", start.strftime("%-d %B %Y, %H:%M UTC")))
            }
            Action::MeetingChanged { topic, to: Some(to), .. } => {
                ("Meeting moved", format!("“{topic}”: {}", to.strftime("%-d %B %Y, %H:%M UTC")))
            }
            Action::MeetingChanged { topic, from, to: None, .. } => {
                ("Meeting cancelled", format!("“{topic}”: {}", from.strftime("%-d %B %Y, %H:%M UTC")))
            }
            Action::CallbackRequested { phone, when, .. } => {
                let when = when.map(|when| format!(", {when}")).unwrap_or_default();
                ("Call back", format!("{}{when}", phone.written()))
            }
            Action::MessageTaken { message } => ("Message", format!("“{message}”")),
            Action::VoicemailLeft { recording_url, seconds } => {
                link = Some(recording_url).filter(|url| url.starts_with("https://"));
                let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                ("Voicemail", lasted(SignedDuration::from_secs(seconds)))
            }
            Action::HandoffRequested { as_code: true, .. } => {
                ("Asked for", "a code to go on elsewhere, by text message".to_owned())
            }
            Action::HandoffRequested { channel, text_to, .. } => {
                let what = match channel {
                    Channel::Chat => "a link to go on in writing",
                    Channel::Voice => "a link to go on by voice",
                    Channel::Phone => "to go on by phone",
                };
                let how = if text_to.is_some() { ", by text message" } else { "" };
                ("Asked for", format!("{what}{how}"))
            }
            Action::QuestionAnswered { question, sources } if sources.is_empty() => {
                ("Question answered", format!("“{question}”"))
            }
            Action::QuestionAnswered { question, sources } => {
                ("Question answered", format!("“{question}” (from {})", sources.join("; ")))
            }
            Action::QuestionUnanswered { question } => ("Question left open", format!("“{question}”")),
            Action::PrivacyRequested { wish: Wish::Export, .. } => {
                ("Asked for", "a copy of their data".to_owned())
            }
            Action::ErasureAsked { .. } => ("Asked", "whether all is to be erased".to_owned()),
            Action::PrivacyRequested { wish: Wish::Erasure, .. } => ("Asked for", "to be erased".to_owned()),
            Action::ContactStopped => ("Asked for", "not to be contacted".to_owned()),
            Action::CodeAsked { by } => ("Asked for", format!("a code {}", by.words())),
            Action::Proved { by } => ("Proved who they are", format!("with a code {}", by.words())),
            Action::Recording { step } => ("Recording", step.words().to_owned()),
            Action::RecordingFailed { step } => ("Recording", step.failed().to_owned()),
            Action::TransferAsked { reason } => ("Asked for you", reason),
            Action::TransferEnded { state } => ("Transfer", state.words().to_owned()),
            Action::CallRouted { route } => (
                "Taken as",
                words::route(route).unwrap_or("not known").trim_start_matches("route: ").to_owned(),
            ),
            Action::EmergencyHeard { said } => ("Emergency", format!("“{said}”: told to call for help")),
            Action::CallScreened { screening } => {
                let reasons: Vec<&str> = screening.reasons.iter().map(|reason| reason.words()).collect();
                let reasons = if reasons.is_empty() {
                    "you have blocked the number".to_owned()
                } else {
                    reasons.join("; ")
                };
                // Whoever is known is not weighed.
                let text = match screening.score {
                    0 => reasons,
                    score => format!("{score} of 100: {reasons}"),
                };
                ("Screened", text)
            }
            Action::Metered { meter, seconds } => {
                let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                ("Paid by time", format!("{}: {}", meter.words(), lasted(SignedDuration::from_secs(seconds))))
            }
            Action::TurnsTimed { turns, heard_p50_ms, heard_p95_ms, .. } => {
                let turns = if turns == 1 { "1 answer".to_owned() } else { format!("{turns} answers") };
                (
                    "Waiting",
                    format!("{turns}, heard after {heard_p50_ms} ms (median), {heard_p95_ms} ms (95 of 100)"),
                )
            }
            Action::CallEnded { reason } => ("Call ended", reason),
        };
        Self { what, text, link }
    }
}

impl Heard {
    fn of(one: &Recording, started_at: Timestamp) -> Self {
        let seconds = one.seconds.and_then(|seconds| i64::try_from(seconds).ok());
        Self {
            url: one.path(),
            begins: i64::try_from(one.at.duration_since(started_at).as_millis()).unwrap_or_default().max(0),
            length: seconds.map(|seconds| lasted(SignedDuration::from_secs(seconds))).unwrap_or_default(),
        }
    }
}

impl Next {
    fn new(follow_up: &FollowUp, now: Timestamp) -> Self {
        let (what, recipient) = match &follow_up.content {
            Content::SummaryEmail { to, rehearsed: Some(_), .. } => ("How the rehearsal went", to.address()),
            Content::SummaryEmail { to, .. } => ("Summary by e-mail", to.address()),
            Content::Invitation { to, .. } => ("Invitation by e-mail", to.address()),
            Content::MissedCallEmail { to } => ("Mail after a missed call", to.address()),
            Content::MissedCallText { to } => ("Text after a missed call", to.as_str()),
            Content::HandoffText { to, code: true, .. } => {
                ("Text with a code to go on elsewhere", to.as_str())
            }
            Content::HandoffText { to, .. } => ("Text with the link to the chat", to.as_str()),
            Content::Nudge { to, .. } => ("Mail if they do not answer", to.address()),
            Content::Proposal { to, .. } => ("Proposal by e-mail", to.address()),
            Content::LinkedinSuggestion { .. } => ("Whom to connect with on LinkedIn", "you"),
            Content::OwnerNotification { .. } => ("Notification", "you"),
            Content::OwnerText { to, .. } => ("Text to you", to.as_str()),
            Content::MeetingNotification { .. } => ("News of a meeting", "you"),
            Content::TaskReminder { .. } => ("Reminder", "you"),
            Content::Digest { .. } => ("Digest", "you"),
        };
        Self {
            what,
            recipient: recipient.to_owned(),
            state: follow_up.state.words(),
            mood: words::mood(follow_up.state),
            waits: follow_up.state == State::AwaitingApproval,
            reason: follow_up.reason.clone(),
            problem: follow_up.problem.clone(),
            updated: Moment::new(follow_up.updated_at, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(actions: Vec<Action>) -> Vec<(&'static str, String)> {
        noted(actions).into_iter().map(|noted| (noted.what, noted.text)).collect()
    }

    #[test]
    fn what_is_less_sure_says_so() {
        let told = |by, confidence| doubt(HeardBy { by, confidence });
        assert_eq!((told(Source::Model, Some(50)), told(Source::Model, None)), (None, None));
        assert_eq!(told(Source::Model, Some(49)).unwrap(), "Twilio's transcription differs");
        assert_eq!(told(Source::Transcription, Some(90)).unwrap(), "by Twilio's transcription, 90 % sure");
        assert_eq!(told(Source::Recording, None).unwrap(), "from the recording");
    }

    #[test]
    fn a_conversation_says_what_it_cost() {
        use twin::interaction::{Cost, price};
        let told = |telephony, model, prices_as_of| {
            let measured = Measured { cost: Cost { telephony, model }, prices_as_of, ..Measured::default() };
            cost(&measured, Simulated::default())
        };
        let as_of = Some(price::AS_OF);
        let expected = "About $0.15 by list prices of September 2026: telephone $0.025, model $0.12";
        assert_eq!(told(25_000, 120_000, as_of).as_deref(), Some(expected));
        let chat = told(0, 8_000, as_of).unwrap();
        assert!(chat.starts_with("About $0.008 ") && chat.ends_with(": model $0.008"), "{chat}");
        assert_eq!((told(0, 0, as_of), told(0, 8_000, None)), (None, None));
        let measured = Measured {
            cost: Cost { telephony: 0, model: 8_000 },
            prices_as_of: as_of,
            ..Measured::default()
        };
        let played = cost(&measured, Simulated { model: true, ..Simulated::default() }).unwrap();
        assert_eq!(
            played,
            "It would have cost about $0.008 by list prices of September 2026: model $0.008 (simulated)"
        );
    }

    #[test]
    fn contact_details_are_told_once() {
        let actions = vec![
            Action::CallEnded { reason: "goodbye".to_owned() },
            Action::ContactSaved { confirmed: true },
            Action::ContactSaved { confirmed: false },
            Action::ContactSaved { confirmed: true },
        ];
        let expected =
            [("Contact details", "read back and confirmed".to_owned()), ("Call ended", "goodbye".to_owned())];
        assert_eq!(what(actions), expected);
    }

    #[test]
    fn only_a_web_address_becomes_a_link() {
        let voicemail =
            |url: &str| Noted::from(Action::VoicemailLeft { recording_url: url.to_owned(), seconds: 75 });
        assert_eq!(voicemail("javascript:alert(1)").link, None);
        let linked = voicemail("https://api.twilio.com/r/1");
        assert_eq!(
            (linked.text.as_str(), linked.link.as_deref()),
            ("1 min 15 s", Some("https://api.twilio.com/r/1"))
        );
    }

    #[test]
    fn meetings_without_a_time_say_so() {
        let meeting = |times: Vec<String>| Action::MeetingProposed {
            topic: "A role".to_owned(),
            preferred_times: times,
            duration_minutes: 30,
        };
        let both = vec!["Tuesday".to_owned(), "Friday".to_owned()];
        assert_eq!(Noted::from(meeting(both)).text, "“A role”: Tuesday or Friday, 30 minutes");
        assert_eq!(Noted::from(meeting(vec![])).text, "“A role”: no time named, 30 minutes");
    }
}

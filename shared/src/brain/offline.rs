//! The reading that needs no model: words that tell an intent, and what the tools recorded. It quotes what
//! was said and claims nothing beyond it.

mod stated;

use super::{
    intent::{Guess, classify},
    meant::wants_a_quote,
};
use crate::{
    contact::{Contact, RelationshipKind},
    interaction::{
        Action, Analysis, Intent, Interaction, Speaker, Turn,
        next_actions::{next_actions, utc},
    },
    predicate::Predicate,
    routing::RouteKind,
};

/// What people get in touch for, first what weighs more: two things that are said as clearly are told by it.
const PURPOSES: [Intent; 13] = [
    Intent::JobOpportunity,
    Intent::Consultation,
    Intent::InterviewScheduling,
    Intent::Complaint,
    Intent::MeetingRequest,
    Intent::CallbackRequest,
    Intent::MessageForOwner,
    Intent::Pricing,
    Intent::Networking,
    Intent::Spam,
    Intent::Availability,
    Intent::TechnicalQuestion,
    Intent::Experience,
];
/// What was meant this surely counts, in the order of [`PURPOSES`].
const SURE: f32 = 0.5;

const INDUSTRIES: &[(&str, &[&str])] = &[
    ("financial technology", &["payment", "payments", "bank", "fintech", "ledger"]),
    ("health care", &["hospital", "clinic", "medical", "health"]),
    ("software", &["software", "platform", "cloud", "developer"]),
    ("recruiting", &["recruiter", "search", "talent", "staffing"]),
];

const MAX_SUMMARY: usize = 600;

pub fn analyse(interaction: &Interaction, contact: &Contact, turns: &[Turn], actions: &[Action]) -> Analysis {
    let said: Vec<&str> =
        turns.iter().filter(|turn| turn.speaker == Speaker::Person).map(|turn| turn.text.as_str()).collect();
    let words = normalised(&said.join(" "));
    let intent = intent(&said, actions);
    let relationship = relationship(contact, intent, interaction.route);
    let facts = stated::facts(turns);
    let goals = facts.iter().filter(|fact| fact.predicate == Predicate::CareerGoal);
    let career_goals = goals.map(|fact| fact.value.clone()).collect();
    let importance = RouteKind::of(relationship).unwrap_or(interaction.route).route().priority;
    Analysis {
        summary: summary(&said, contact, actions),
        quote: reason(&said).map(ToOwned::to_owned),
        topics: topics(intent, actions),
        intent,
        relationship,
        industry: industry(&words),
        company: contact.company.clone(),
        importance: if said.is_empty() { crate::interaction::Importance::Low } else { importance },
        next_actions: next_actions(actions).into_iter().map(|(open, _)| open).collect(),
        follow_up_required: follow_up_required(intent, actions),
        facts,
        career_goals,
    }
}

/// Lower case, with a space around each word, so that a phrase is found whole.
fn normalised(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    format!(" {} ", words.map(str::to_lowercase).collect::<Vec<_>>().join(" "))
}

fn has(words: &str, phrase: &str) -> bool {
    words.contains(&format!(" {phrase} "))
}

/// The purpose of a conversation: what weighs most of what was surely meant.
fn intent(said: &[&str], actions: &[Action]) -> Intent {
    let guesses: Vec<Guess> = said.iter().map(|text| guess(text)).collect();
    let meant =
        |intent: &Intent| guesses.iter().any(|guess| guess.intent == *intent && guess.confidence >= SURE);
    if let Some(purpose) = PURPOSES.iter().find(|intent| meant(intent)) {
        return *purpose;
    }
    let did = actions.iter().find_map(|action| match action {
        Action::MeetingProposed { .. } | Action::MeetingBooked { .. } => Some(Intent::MeetingRequest),
        Action::MessageTaken { .. } => Some(Intent::MessageForOwner),
        Action::CallbackRequested { .. } => Some(Intent::CallbackRequest),
        _ => None,
    });
    let likeliest = guesses.iter().max_by(|one, other| one.confidence.total_cmp(&other.confidence));
    did.or(likeliest.map(|guess| guess.intent)).unwrap_or_default()
}

/// Who wants to be made an offer wants to be a client, and does not merely ask what it costs.
fn guess(said: &str) -> Guess {
    let guess = classify(said);
    let is_client = !matches!(guess.intent, Intent::Spam | Intent::JobOpportunity) && wants_a_quote(said);
    if is_client {
        return Guess { intent: Intent::Consultation, confidence: guess.confidence.max(SURE) };
    }
    guess
}

fn relationship(contact: &Contact, intent: Intent, route: RouteKind) -> RelationshipKind {
    match (contact.relationship.kind, intent, route) {
        (RelationshipKind::Unknown, Intent::JobOpportunity, _)
        | (RelationshipKind::Unknown, _, RouteKind::Recruiter) => RelationshipKind::Recruiter,
        (RelationshipKind::Unknown, Intent::Consultation, _) => RelationshipKind::PotentialClient,
        (RelationshipKind::Unknown, Intent::Networking, _) => RelationshipKind::Colleague,
        (known, ..) => known,
    }
}

fn industry(words: &str) -> Option<String> {
    let found = INDUSTRIES.iter().find(|(_, signs)| signs.iter().any(|sign| has(words, sign)));
    found.map(|(name, _)| (*name).to_owned())
}

fn topics(intent: Intent, actions: &[Action]) -> Vec<String> {
    let mut topics: Vec<String> = actions
        .iter()
        .filter_map(|action| match action {
            Action::MeetingProposed { topic, .. } | Action::MeetingBooked { topic, .. } => {
                Some(topic.clone())
            }
            Action::QuestionAnswered { question, .. } | Action::QuestionUnanswered { question } => {
                Some(question.clone())
            }
            _ => None,
        })
        .collect();
    // What they want to meet about tells more than what they asked on the way.
    topics.sort_by_key(|topic| topic.ends_with('?'));
    if topics.is_empty() && intent != Intent::Unknown {
        topics.push(intent.words().to_owned());
    }
    topics
}

/// The first thing of substance that somebody says is why they call.
fn reason<'a>(said: &[&'a str]) -> Option<&'a str> {
    said.iter().find(|text| text.split_whitespace().count() > 3).or(said.first()).copied()
}

/// For the owner: the words of the person, and what was noted.
fn summary(said: &[&str], contact: &Contact, actions: &[Action]) -> String {
    let Some(reason) = reason(said) else { return "Nothing was said.".to_owned() };
    let who = contact.name.as_deref().unwrap_or("The caller");
    let mut summary = format!("{who} said: “{reason}”");
    for action in actions {
        match action {
            Action::MeetingProposed { topic, preferred_times, .. } => {
                summary.push_str(&format!(" Proposed to talk about “{topic}”"));
                if !preferred_times.is_empty() {
                    summary.push_str(&format!(": {}", preferred_times.join(" or ")));
                }
                summary.push('.');
            }
            Action::MeetingBooked { topic, start, .. } => {
                summary.push_str(&format!(" Booked a meeting about “{topic}”: {}.", utc(*start)));
            }
            Action::MeetingChanged { topic, to: Some(to), .. } => {
                summary.push_str(&format!(" Moved the meeting about “{topic}”: {}.", utc(*to)));
            }
            Action::MeetingChanged { topic, from, to: None, .. } => {
                summary.push_str(&format!(" Cancelled the meeting about “{topic}”: {}.", utc(*from)));
            }
            Action::QuestionAnswered { question, .. } => {
                summary.push_str(&format!(" Asked: “{question}”"));
            }
            Action::QuestionUnanswered { question } => {
                summary.push_str(&format!(" Asked, without an answer: “{question}”"));
            }
            Action::CallbackRequested { when, .. } => {
                summary.push_str(" Asked to be called back");
                if let Some(when) = when {
                    summary.push_str(&format!(": {when}"));
                }
                summary.push('.');
            }
            Action::MessageTaken { message } => summary.push_str(&format!(" Left a message: “{message}”")),
            _ => {}
        }
    }
    summary.chars().take(MAX_SUMMARY).collect()
}

fn follow_up_required(intent: Intent, actions: &[Action]) -> bool {
    matches!(
        intent,
        Intent::JobOpportunity
            | Intent::Consultation
            | Intent::MeetingRequest
            | Intent::InterviewScheduling
            | Intent::CallbackRequest
    ) || actions.iter().any(|action| {
        // A link that is texted needs no mail beside it.
        matches!(action, Action::MeetingProposed { .. } | Action::HandoffRequested { text_to: None, .. })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_purpose_of_a_conversation() {
        let rows: [(&[&str], Intent); 8] = [
            (&["Can you send me a quote for an architecture review?"], Intent::Consultation),
            (&["What do you charge for an architecture review?"], Intent::Pricing),
            (
                &["Hello, who is this?", "I'm a recruiter and have a staff engineer role."],
                Intent::JobOpportunity,
            ),
            (&["We need a consultant for a project.", "Could we meet on Tuesday?"], Intent::Consultation),
            (&["Hi!", "Could we schedule a meeting?", "Thanks, bye."], Intent::MeetingRequest),
            (&["Please tell him that I called."], Intent::MessageForOwner),
            (&["Thank you very much!"], Intent::SmallTalk),
            (&[], Intent::Unknown),
        ];
        for (said, expected) in rows {
            assert_eq!(intent(said, &[]), expected, "{said:?}");
        }
    }
}

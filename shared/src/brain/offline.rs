//! The reading that needs no model: words that tell an intent, and what the tools recorded. It quotes what
//! was said and claims nothing beyond it.

use crate::{
    contact::{Contact, RelationshipKind},
    interaction::{Action, Analysis, Intent, Interaction, Speaker, Turn},
    routing::RouteKind,
};

/// Words that tell an intent, strongest first where two would match alike.
const SIGNS: &[(Intent, &[&str])] = &[
    (
        Intent::JobOpportunity,
        &[
            "recruiter",
            "role",
            "position",
            "hiring",
            "opening",
            "candidate",
            "salary",
            "vacancy",
            "headhunter",
        ],
    ),
    (
        Intent::Consultation,
        &["consult", "consultant", "consulting", "project", "proposal", "quote", "budget", "advice", "audit"],
    ),
    (
        Intent::Networking,
        &["network", "met", "conference", "meetup", "stay in touch", "linkedin", "colleague"],
    ),
    (Intent::MeetingRequest, &["meet", "meeting", "schedule", "appointment", "calendar", "talk on"]),
    (Intent::MessageForOwner, &["tell him", "tell her", "tell them", "message", "pass on", "let him know"]),
    (Intent::Question, &["what", "how", "does", "has he", "has she", "can you tell"]),
];

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
    let intent = intent(&words, actions);
    let relationship = relationship(contact, intent, interaction.route);
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
        next_actions: next_actions(actions),
        follow_up_required: follow_up_required(intent, actions),
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

fn intent(words: &str, actions: &[Action]) -> Intent {
    let score = |signs: &[&str]| signs.iter().filter(|sign| has(words, sign)).count();
    let mut best = (0, Intent::Unknown);
    for (intent, signs) in SIGNS {
        let score = score(signs);
        if score > best.0 {
            best = (score, *intent);
        }
    }
    match best.1 {
        Intent::Unknown | Intent::Question => actions
            .iter()
            .find_map(|action| match action {
                Action::MeetingProposed { .. } => Some(Intent::MeetingRequest),
                Action::MessageTaken { .. } => Some(Intent::MessageForOwner),
                _ => None,
            })
            .unwrap_or(best.1),
        intent => intent,
    }
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
            Action::MeetingProposed { topic, .. } => Some(topic.clone()),
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
            Action::QuestionAnswered { question, .. } => {
                summary.push_str(&format!(" Asked: “{question}”"));
            }
            Action::QuestionUnanswered { question } => {
                summary.push_str(&format!(" Asked, without an answer: “{question}”"));
            }
            Action::MessageTaken { message } => summary.push_str(&format!(" Left a message: “{message}”")),
            _ => {}
        }
    }
    summary.chars().take(MAX_SUMMARY).collect()
}

fn next_actions(actions: &[Action]) -> Vec<String> {
    actions
        .iter()
        .filter_map(|action| match action {
            Action::MeetingProposed { topic, preferred_times, .. } => {
                Some(format!("Confirm a time to talk about “{topic}” ({})", preferred_times.join(" or ")))
            }
            Action::MessageTaken { message } => Some(format!("Read their message: “{message}”")),
            Action::HandoffRequested { .. } => Some("Send the link to the chat".to_owned()),
            Action::QuestionUnanswered { question } => Some(format!("Answer their question: “{question}”")),
            Action::VoicemailLeft { .. } => Some("Listen to their voicemail".to_owned()),
            _ => None,
        })
        .collect()
}

fn follow_up_required(intent: Intent, actions: &[Action]) -> bool {
    matches!(intent, Intent::JobOpportunity | Intent::Consultation | Intent::MeetingRequest)
        || actions
            .iter()
            .any(|action| matches!(action, Action::MeetingProposed { .. } | Action::HandoffRequested { .. }))
}

impl Intent {
    pub fn words(self) -> &'static str {
        match self {
            Self::JobOpportunity => "a job opportunity",
            Self::MeetingRequest => "a meeting",
            Self::Consultation => "a consultation",
            Self::Networking => "staying in touch",
            Self::MessageForOwner => "a message",
            Self::Question => "a question",
            Self::Unknown => "something else",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intents_by_their_words() {
        let rows = [
            ("I'm a recruiter and have a staff engineer role.", Intent::JobOpportunity),
            ("We need a consultant for a project.", Intent::Consultation),
            ("We met at the conference, let's stay in touch.", Intent::Networking),
            ("Could we schedule an appointment?", Intent::MeetingRequest),
            ("Please tell him that I called.", Intent::MessageForOwner),
            ("What does he do?", Intent::Question),
            ("Hm.", Intent::Unknown),
            ("He was metallic.", Intent::Unknown),
        ];
        for (said, expected) in rows {
            assert_eq!(intent(&normalised(said), &[]), expected, "{said}");
        }
    }
}

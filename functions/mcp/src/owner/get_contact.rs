//! One person: contact, unified context and timeline, within a budget.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twin::{
    error::Error,
    id::PersonId,
    interaction::{Channel, Speaker},
    store::{Conversation, oauth::Scope},
};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "get_contact",
    title: "A contact and their timeline",
    description: "Who somebody is, what is open with them, and what was said, the latest first: by an id from \
                  `find_contacts`. `channel` shows one channel only; `max_tokens` bounds the result, the oldest is \
                  left out first.",
    input: schema::<Arguments>,
    output: produced::<Timeline>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            get(call, given).await
        })
    },
};

const TOKENS: usize = 6000;
const MOST_TOKENS: usize = 30_000;
const BYTES_A_TOKEN: usize = 4;
/// Of a turn, beside its text; of a conversation, beside its summary and its turns.
const BYTES_AROUND: usize = 20;
const BYTES_OF_HELD: usize = 150;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Of {
    Chat,
    Voice,
    Phone,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// From `find_contacts`.
    id: String,
    /// All of them without it.
    #[serde(default)]
    #[schemars(with = "Of")]
    channel: Option<Of>,
    /// 6000 without it.
    #[serde(default)]
    #[schemars(with = "usize", range(min = 200, max = 30_000))]
    max_tokens: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
pub struct Timeline {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    company: Option<String>,
    /// The unified context: channels, professional context, state of the conversation.
    context: Value,
    /// Only the latest of its lists fits.
    context_shortened: bool,
    conversations: Vec<Held>,
    /// Conversations that did not fit.
    left_out: usize,
}

#[derive(Serialize, JsonSchema)]
struct Held {
    id: String,
    at: String,
    channel: &'static str,
    summary: String,
    turns: Vec<Turn>,
}

#[derive(Serialize, JsonSchema)]
struct Turn {
    speaker: &'static str,
    text: String,
}

async fn get(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let tokens = given.max_tokens.unwrap_or(TOKENS);
    if !(200..=MOST_TOKENS).contains(&tokens) {
        return Ok(Answer::wrong(format!("max_tokens is 200 to {MOST_TOKENS}")));
    }
    let found = match given.id.parse::<PersonId>() {
        Ok(person) => bounded(call, &person, given.channel.map(Channel::from), tokens).await?,
        Err(_) => None,
    };
    Ok(match found {
        Some(timeline) => Answer::done(timeline),
        None => Answer::Refused(json!({ "error": "not_found", "detail": "there is no such contact" })),
    })
}

/// All of a person that fits.
pub async fn timeline(call: &Call, person: &PersonId) -> Result<Option<Timeline>, Error> {
    bounded(call, person, None, TOKENS).await
}

async fn bounded(
    call: &Call,
    person: &PersonId,
    channel: Option<Channel>,
    tokens: usize,
) -> Result<Option<Timeline>, Error> {
    let store = call.state.twin.store();
    let Some(known) = store.known(person).await? else { return Ok(None) };
    let (context, is_shortened) = fitting(serde_json::to_value(&known.context).unwrap_or_default(), tokens);
    let mut left = (tokens * BYTES_A_TOKEN).saturating_sub(context.to_string().len());
    let mut conversations = Vec::new();
    let mut left_out = 0;
    for interaction in store.interactions(person).await?.into_iter().rev() {
        if channel.is_some_and(|channel| channel != interaction.channel) {
            continue;
        }
        if left == 0 {
            left_out += 1;
            continue;
        }
        let Some(conversation) = store.conversation(person, &interaction.id).await? else { continue };
        let mut held = Held::of(conversation);
        left = held.fit(left);
        conversations.push(held);
    }
    Ok(Some(Timeline {
        id: person.to_string(),
        name: known.contact.name,
        company: known.contact.company,
        context,
        context_shortened: is_shortened,
        conversations,
        left_out,
    }))
}

/// A context in half of the budget: the longest of its lists loses its oldest, first, until it fits.
fn fitting(mut context: Value, tokens: usize) -> (Value, bool) {
    let most = tokens * BYTES_A_TOKEN / 2;
    let mut is_shortened = false;
    while context.to_string().len() > most {
        let Some(list) = longest(&mut context) else { break };
        list.remove(0);
        is_shortened = true;
    }
    (context, is_shortened)
}

/// The list that takes most room, of those that have anything.
fn longest(value: &mut Value) -> Option<&mut Vec<Value>> {
    match value {
        Value::Array(list) if !list.is_empty() => Some(list),
        Value::Object(members) => {
            members.values_mut().filter_map(longest).max_by_key(|list| json!(list).to_string().len())
        }
        _ => None,
    }
}

impl Held {
    fn of(conversation: Conversation) -> Self {
        let interaction = conversation.interaction;
        let turns = conversation.turns.into_iter().map(|turn| {
            let speaker = if turn.speaker == Speaker::Person { "person" } else { "twin" };
            Turn { speaker, text: turn.text }
        });
        Self {
            id: interaction.id.to_string(),
            at: interaction.started_at.to_string(),
            channel: match interaction.channel {
                Channel::Chat => "chat",
                Channel::Voice => "voice",
                Channel::Phone => "phone",
            },
            summary: interaction.analysis.map(|analysis| analysis.summary).unwrap_or_default(),
            turns: turns.collect(),
        }
    }

    /// Keeps what fits into so many bytes, the last that was said first, and says how many are left.
    fn fit(&mut self, bytes: usize) -> usize {
        let mut left = bytes.saturating_sub(self.summary.len() + BYTES_OF_HELD);
        let mut from = self.turns.len();
        while let Some(turn) = from.checked_sub(1).and_then(|at| self.turns.get(at)) {
            let Some(rest) = left.checked_sub(turn.text.len() + BYTES_AROUND) else { break };
            left = rest;
            from -= 1;
        }
        self.turns.drain(..from);
        if from > 0 { 0 } else { left }
    }
}

impl From<Of> for Channel {
    fn from(of: Of) -> Self {
        match of {
            Of::Chat => Self::Chat,
            Of::Voice => Self::Voice,
            Of::Phone => Self::Phone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(texts: &[&str]) -> Held {
        let turn = |text: &&str| Turn { speaker: "person", text: (*text).to_owned() };
        Held {
            id: "int_1".to_owned(),
            at: "2026-11-30T15:00:00Z".to_owned(),
            channel: "chat",
            summary: String::new(),
            turns: texts.iter().map(turn).collect(),
        }
    }

    #[test]
    fn conversations_keep_to_what_is_left() {
        let mut whole = held(&["first", "last"]);
        let left = whole.fit(1000);
        assert_eq!((whole.turns.len(), left), (2, 1000 - BYTES_OF_HELD - 2 * BYTES_AROUND - 9));
        let mut cut = held(&["x".repeat(500).as_str(), "last"]);
        assert_eq!(cut.fit(300), 0, "nothing fits after what was cut");
        assert_eq!(cut.turns.iter().map(|turn| turn.text.as_str()).collect::<Vec<_>>(), ["last"]);
        let mut left = 1000;
        for _ in 0..7 {
            left = held(&[]).fit(left);
        }
        assert_eq!(left, 0, "those in which nothing was said take room, too");
    }

    #[test]
    fn a_context_keeps_to_its_half() {
        let long: Vec<String> = (0..100).map(|number| format!("{number}: {}", "x".repeat(20))).collect();
        let context = json!({ "id": "per_1", "past": { "long": long }, "short": ["a", "b"] });
        let (whole, is_shortened) = fitting(context.clone(), 6000);
        assert_eq!((&whole, is_shortened), (&context, false));
        let (fits, is_shortened) = fitting(context, 200);
        assert!(is_shortened && fits.to_string().len() <= 400, "{fits}");
        let kept = fits["past"]["long"].as_array().unwrap();
        assert_eq!(kept.last(), Some(&json!(long[99])), "the newest stays");
        assert_eq!(fits["short"], json!(["a", "b"]));
        let (bare, is_shortened) = fitting(json!({ "id": "x".repeat(2000) }), 200);
        assert_eq!((bare["id"].as_str().unwrap().len(), is_shortened), (2000, false), "nothing can go");
    }
}

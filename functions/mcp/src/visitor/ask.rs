//! A question to the twin, answered with its sources.

use jiff::civil::Date;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use twin::{
    chat::{Answer as Answered, Cited, MAX_MESSAGE},
    error::Error,
    handoff::hash,
    id::MessageId,
    store::oauth::Scope,
    twin::Written,
};

use crate::{
    call::{Call, Held, Once},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "ask",
    title: "Ask the twin",
    description: "Ask the professional's AI twin, or tell it something, in the person's own words: about their work, \
                  experience, skills, services, prices. The answer rests on cited sources, or says that it is not \
                  known, which is noted for the professional. What is said is kept as a conversation. To read the \
                  material yourself use `search` and `fetch`; for free times `get_availability`; for what the \
                  professional shall read themselves `leave_message`.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Writes,
    reaches_out: true,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            Box::pin(ask(call, given)).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The question, or anything else to say, in the person's words.
    question: String,
    /// The `conversation` of an earlier result: keeps the thread.
    #[serde(default)]
    #[schemars(with = "String")]
    conversation: Option<String>,
    /// A UUID: the same again gets the same answer.
    #[serde(default)]
    #[schemars(with = "String")]
    idempotency_key: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    answer: String,
    /// False: nothing supports an answer, and the question was noted for the professional.
    known: bool,
    citations: Vec<Citation>,
    /// What was done beside answering.
    actions: Vec<String>,
    /// Pass it with the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    conversation: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct Citation {
    /// As it stands in the answer, in brackets.
    number: usize,
    title: String,
    /// Where in the source.
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    date: Option<Date>,
    quote: String,
}

impl From<Cited> for Citation {
    fn from(cited: Cited) -> Self {
        let Cited { number, origin, date, quote } = cited;
        Self { number, title: origin.title, place: origin.place, url: origin.url, date, quote }
    }
}

async fn ask(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let question = given.question.trim();
    if question.is_empty() || question.len() > MAX_MESSAGE || question.contains('\0') {
        return Ok(Answer::wrong(format!("a question has 1 to {MAX_MESSAGE} bytes")));
    }
    let asked = json!(question);
    let once = match Once::of(given.idempotency_key.as_deref(), "ask", &asked) {
        Ok(once) => once,
        Err(wrong) => return Ok(wrong),
    };
    let Held { mut chatting, handle } = match call.hold(given.conversation.as_deref(), once.as_ref()).await? {
        Ok(held) => held,
        Err(refused) => return Ok(refused),
    };
    let id = match &given.idempotency_key {
        Some(key) => MessageId::derived(&hash(&format!("{key}:{question}")).replace('_', "-"))
            .unwrap_or_else(|_| MessageId::generate(call.now)),
        None => MessageId::generate(call.now),
    };
    let written = Written { id: &id, text: question };
    let answered = call.state.twin.answer(&mut chatting, &written, call.now).await?;
    let text = told(&answered, handle.as_deref());
    let output = Output {
        answer: answered.text,
        known: answered.known,
        citations: answered.citations.into_iter().map(Citation::from).collect(),
        actions: answered.done,
        conversation: handle,
    };
    Ok(Answer::told(output, text))
}

/// The answer with its sources, and what keeps the thread, for a model that reads no structure.
fn told(answered: &Answered, conversation: Option<&str>) -> String {
    let mut text = answered.text.clone();
    for cited in &answered.citations {
        text.push_str(&format!("\n[{}] {}", cited.number, cited.origin));
        if let Some(url) = &cited.origin.url {
            text.push_str(&format!(" <{url}>"));
        }
    }
    if let Some(conversation) = conversation {
        text.push_str(&format!("\n\nconversation: {conversation}"));
    }
    text
}

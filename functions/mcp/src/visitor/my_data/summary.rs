//! What is kept of the person, in short.

use std::cmp::Reverse;

use rmcp::schemars::{self, JsonSchema};
use serde::Serialize;
use twin::{
    audit::{Act, Actor, Line},
    error::Error,
    identity::Assurance,
    interaction::Channel,
    memory::{Fact, PERSON, TWIN},
    policy::{Right, Standing},
};

use super::{ENTRY, Output, nothing, whose};
use crate::{call::Call, tool::Answer};

#[derive(Serialize, JsonSchema)]
pub(super) struct Remembered {
    what: String,
    /// Their own words. None where the professional noted it, or the twin promised it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    quote: Option<String>,
    at: String,
}

/// What is told of somebody at once, the newest first.
const FACTS: usize = 60;
const CONVERSATIONS: usize = 30;
const ALL: &str = "This is all that is kept, with the transcripts of these conversations.";
const NEWEST: &str =
    "This is the newest of what is kept: ask for everything to have all of it, with the transcripts.";

pub(super) async fn summary(call: &Call, conversation: Option<&str>) -> Result<Answer, Error> {
    let twin = &call.state.twin;
    let (person, level) = match whose(call, conversation).await? {
        Ok(Some(whose)) => whose,
        Ok(None) => return Ok(Answer::done(nothing(Assurance::Anonymous))),
        Err(gone) => return Ok(gone),
    };
    let standing = Standing::new(Channel::Chat, level);
    if !(standing.allows(Right::Past) && standing.allows(Right::Details)) {
        return Ok(Answer::done(nothing(level)));
    }
    let Some(known) = twin.store().known(&person).await? else {
        return Ok(Answer::done(nothing(level)));
    };
    let line = Line::new(Actor::Person, Act::Tool(ENTRY.name.to_owned()), call.now);
    twin.audit_reading(line.about(&person).on(Channel::Chat)).await;
    let (contact, context) = (known.contact, known.context);
    let mut facts: Vec<Fact> = twin.store().facts(&person).await?;
    facts.retain(Fact::is_current);
    facts.sort_by_key(|fact| Reverse(fact.at));
    let records = context.professional_context.previous_interactions;
    let is_all = facts.len() <= FACTS && records.len() <= CONVERSATIONS;
    Ok(Answer::done(Output {
        level: Some(level.into()),
        say: Some(if is_all { ALL } else { NEWEST }.to_owned()),
        name: contact.name,
        company: contact.company,
        email: contact.contact_methods.email.map(|email| email.address().to_owned()),
        phone: contact.contact_methods.phone.map(|phone| phone.as_str().to_owned()),
        conversations: records
            .iter()
            .rev()
            .take(CONVERSATIONS)
            .map(|record| format!("{}: {}", record.at.strftime("%F"), record.summary))
            .collect(),
        open: context.conversation_state.next_actions,
        facts: facts.into_iter().take(FACTS).map(remembered).collect(),
        ..Output::default()
    }))
}

fn remembered(fact: Fact) -> Remembered {
    let subject = match fact.subject.as_str() {
        PERSON => "you",
        TWIN => "the twin",
        other => other,
    };
    Remembered {
        what: format!("{subject}: {} {}", fact.predicate.words(), fact.value),
        quote: fact.quote,
        at: fact.at.strftime("%F").to_string(),
    }
}

//! What the page begins with: whose twin this is, and what was said in this conversation so far.

use std::collections::HashMap;

use axum::{Json, extract::State as Extract};
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use serde::Serialize;
use twin::{
    chat::{Answer, Cited},
    error::Error,
    http::{known, offered},
    id::InteractionId,
    identity::{Assurance, Phone},
    interaction::{Channel, Speaker},
    persona::Persona,
    policy::{Right, Standing, hears_as_much},
    routing::RouteKind,
    store::Store,
    twin::{Chatting, Twin},
};

use crate::{State, html::said};

/// Topics that the page offers to ask about.
const SUGGESTED_TOPICS: usize = 2;

#[derive(Serialize)]
pub struct History {
    owner: Owner,
    greeting: String,
    suggestions: Vec<String>,
    person: Person,
    phone: Option<Line>,
    /// Where the résumé is to be had.
    resume: Option<&'static str>,
    turns: Vec<Said>,
}

#[derive(Serialize)]
struct Owner {
    name: String,
    title: String,
    sample: bool,
}

#[derive(Serialize)]
struct Person {
    name: Option<String>,
    level: Assurance,
}

#[derive(Serialize)]
pub struct Line {
    number: String,
    written: String,
}

#[derive(Serialize)]
struct Said {
    id: String,
    channel: Channel,
    speaker: Speaker,
    text: String,
    html: Option<String>,
    at: Timestamp,
    interrupted: bool,
    citations: Vec<Cited>,
    actions: Vec<Done>,
}

/// What was done for the person.
#[derive(Serialize)]
struct Done {
    label: String,
}

pub async fn history(
    Extract(state): Extract<State>,
    headers: HeaderMap,
) -> Result<(HeaderMap, Json<History>), Error> {
    let now = Timestamp::now();
    let persona = state.twin.persona().await?;
    let persona = &persona.persona;
    let chatting = known(&state.twin, &headers, now).await?;
    let level = chatting.as_ref().map_or(Assurance::Anonymous, |chatting| chatting.chat.level);
    let contact = match &chatting {
        Some(chatting) => state.twin.store().known(&chatting.chat.person).await?,
        None => None,
    };
    let route = RouteKind::Unknown.route();
    let briefing = persona.brief(Channel::Chat, &route, contact.as_ref(), level, now);
    let may_be_named = Standing::new(Channel::Chat, level).allows(Right::Past);
    let name = contact.and_then(|known| known.contact.name).filter(|_| may_be_named);
    let core = &persona.core;
    let mut told = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    if chatting.is_none() {
        told.extend(offered(&headers, &state.public_base_url).map(|cookie| (header::SET_COOKIE, cookie)));
    }
    let history = History {
        owner: Owner { name: core.name.clone(), title: core.title.clone(), sample: persona.sample },
        greeting: briefing.greeting,
        suggestions: suggestions(&state.twin, persona, now).await?,
        person: Person { name, level },
        phone: line(&state.phone_number),
        resume: state.twin.has_resume(now).await?.then_some(twin::resume::PATH),
        turns: match &chatting {
            Some(chatting) => turns(state.twin.store(), chatting).await?,
            None => Vec::new(),
        },
    };
    Ok((told, Json(history)))
}

pub fn line(number: &str) -> Option<Line> {
    let number = Some(number).filter(|number| !number.is_empty())?;
    let written = Phone::parse(number).map_or_else(|_| number.to_owned(), |phone| phone.written());
    Some(Line { number: number.to_owned(), written })
}

/// Only what has an answer is offered to be asked.
async fn suggestions(twin: &Twin, persona: &Persona, now: Timestamp) -> Result<Vec<String>, Error> {
    let first = persona.core.name.split_whitespace().next().unwrap_or(&persona.core.name);
    let mut all: Vec<String> = Vec::new();
    {
        let library = twin.library(now).await?;
        let library = library.read();
        let about = persona.core.expertise.iter().map(|topic| format!("What has {first} done with {topic}?"));
        all.extend(
            about.filter(|question| !library.consult(question, None, 1).is_empty()).take(SUGGESTED_TOPICS),
        );
    }
    if twin.tells_availability(now).await? {
        all.push(format!("Is {first} available for new work?"));
    }
    all.push(format!("Can I leave a message for {first}?"));
    Ok(all)
}

/// What was handed over, said by voice in this browser, and written since.
async fn turns(store: &Store, chatting: &Chatting) -> Result<Vec<Said>, Error> {
    let chat = &chatting.chat;
    let mut all = Vec::new();
    let mut held = chat.before();
    held.push(chat.interaction.clone());
    held.sort_unstable();
    for interaction in &held {
        all.extend(of(store, chatting, interaction).await?);
    }
    // A conversation by voice begins in the same moment as the chat that it belongs to.
    all.sort_by_key(|said: &Said| said.at);
    Ok(all)
}

async fn of(store: &Store, chatting: &Chatting, id: &InteractionId) -> Result<Vec<Said>, Error> {
    let person = &chatting.chat.person;
    let Some(conversation) = store.conversation(person, id).await? else { return Ok(Vec::new()) };
    let exchanges = store.exchanges(person, id).await?.into_iter();
    let answers: HashMap<u64, Answer> =
        exchanges.map(|exchange| (exchange.offset_ms, exchange.answer)).collect();
    let interaction = conversation.interaction;
    let hears_all = hears_as_much(
        Standing::new(interaction.channel, interaction.level),
        Standing::new(Channel::Chat, chatting.chat.level),
    );
    let turns = conversation.turns.into_iter();
    let heard = turns.filter(|turn| hears_all || turn.speaker == Speaker::Person);
    let said = heard.map(|turn| {
        let written = interaction.channel == Channel::Chat && turn.speaker == Speaker::Twin;
        let answer = answers.get(&turn.offset_ms).filter(|_| written);
        Said {
            id: format!("{}-{}-{}", id.suffix(), turn.offset_ms, turn.sequence),
            channel: interaction.channel,
            speaker: turn.speaker,
            html: written.then(|| said(&turn.text)),
            at: interaction.started_at + turn.offset(),
            interrupted: turn.interrupted,
            actions: answer
                .map(|answer| answer.done.iter().map(|label| Done { label: label.clone() }).collect())
                .unwrap_or_default(),
            citations: answer.map(|answer| answer.citations.clone()).unwrap_or_default(),
            text: turn.text,
        }
    });
    Ok(said.collect())
}

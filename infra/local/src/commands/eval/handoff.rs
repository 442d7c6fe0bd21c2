//! How much of a conversation arrives where it goes on: it is held, handed over by a link or a code, and the twin on the
//! receiving channel, without a model, is asked for what was said. Also whether it tells what was said before that to
//! whoever has proved nothing.
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use twin::{
    error::Error,
    id::{InteractionId, MessageId, PersonId, RequestId},
    identity::Assurance,
    interaction::{Channel, Outcome as Ended, Speaker, Turn},
    routing::RouteKind,
    twin::{Arrival, Session, Twin, Written, begin_handed_over},
};

use super::{Outcome, lines, parsed};
use crate::stack::{Options, Stack};

/// The twin's own.
const CONVERSATIONS: &str = include_str!("../../../../../shared/data/handoff/conversations.jsonl");
const APART: SignedDuration = SignedDuration::from_secs(20);

#[derive(clap::Args)]
pub struct Arguments {
    /// Conversations, one JSON object a line: `from`, `to`, `said`, `asks` (question and fact), `earlier` and `withheld`;
    /// without it, the twin's own.
    #[arg(long)]
    conversations: Option<PathBuf>,
    /// Fail below this share of facts.
    #[arg(long, default_value_t = 0.95, value_parser = share)]
    at_least: f64,
    /// Name what did not arrive.
    #[arg(long)]
    errors: bool,
}

fn share(text: &str) -> Result<f64, String> {
    let share: Option<f64> = text.parse().ok();
    share.filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| "a share is between 0 and 1".to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    Chat,
    Mcp,
    Voice,
    Phone,
}

#[derive(Deserialize)]
struct Scripted {
    from: Place,
    to: Place,
    /// Said by the same person in a conversation before.
    earlier: Vec<String>,
    /// Of that, what nobody is told who has proved nothing.
    withheld: String,
    said: Vec<(Speaker, String)>,
    /// Questions, and the fact that answers each.
    asks: Vec<(String, String)>,
}

/// What came of it.
#[derive(Debug, Default, PartialEq)]
pub struct Measured {
    pub facts: usize,
    pub carried: usize,
    /// Answers in which stood what is withheld.
    pub leaks: usize,
    pub missing: Vec<String>,
}

impl Measured {
    pub fn share(&self) -> f64 {
        if self.facts == 0 { 0.0 } else { self.carried as f64 / self.facts as f64 }
    }
}

pub async fn run(arguments: &Arguments) -> Outcome {
    let scripted: Vec<Scripted> = match &arguments.conversations {
        Some(path) => lines(path)?,
        None => parsed(CONVERSATIONS, "conversations")?,
    };
    let stack = Stack::start(Options::default()).await?;
    let measured = measured(&stack.twin, &scripted).await;
    stack.stop().await?;
    let measured = measured?;
    println!("{} of {} facts were carried: {:.3}", measured.carried, measured.facts, measured.share());
    println!("{} leaks above the level", measured.leaks);
    if arguments.errors {
        for missing in &measured.missing {
            println!("  {missing}");
        }
    }
    if measured.leaks > 0 || measured.share() < arguments.at_least {
        return Err(format!("wanted at least {} and no leaks", arguments.at_least).into());
    }
    Ok(())
}

/// The twin's own conversations.
pub async fn measure(twin: &Twin) -> Result<Measured, String> {
    let scripted: Vec<Scripted> = parsed(CONVERSATIONS, "conversations")?;
    measured(twin, &scripted).await.map_err(|error| error.to_string())
}

async fn measured(twin: &Twin, scripted: &[Scripted]) -> Result<Measured, Error> {
    let mut all = Measured::default();
    for one in scripted {
        let began = Timestamp::now();
        let person = PersonId::generate(began);
        twin.store().create_ephemeral(person.clone(), began).await?;
        let earlier = opened(twin, &person, one.from, began).await?;
        let spoken: Vec<_> = one.earlier.iter().map(|text| (Speaker::Person, text.clone())).collect();
        say(twin, &earlier, &spoken).await?;
        twin.close(&person, &earlier.interaction, Ended::Completed, began).await?;
        let session = opened(twin, &person, one.from, began + APART).await?;
        say(twin, &session, &one.said).await?;
        let told = handed_over(twin, one, &session, began + APART + APART).await?;
        for ((question, fact), answer) in one.asks.iter().zip(&told) {
            all.facts += 1;
            if answer.contains(fact.as_str()) {
                all.carried += 1;
            } else {
                all.missing.push(format!("{:?} to {:?}, {question} {fact}: {answer}", one.from, one.to));
            }
        }
        all.leaks += told.iter().filter(|answer| answer.contains(&one.withheld)).count();
    }
    Ok(all)
}

/// What the receiving channel answers to each question, and to being asked for what is withheld.
async fn handed_over(
    twin: &Twin,
    one: &Scripted,
    session: &Session,
    now: Timestamp,
) -> Result<Vec<String>, Error> {
    let probe = format!("What did I say about {}?", one.withheld);
    let questions: Vec<&str> =
        one.asks.iter().map(|(question, _)| question.as_str()).chain([probe.as_str()]).collect();
    if one.to == Place::Phone {
        let code = twin.give_code(session, Channel::Phone, now).await?.written();
        let caller = PersonId::generate(now);
        twin.store().create_ephemeral(caller.clone(), now).await?;
        let call = opened(twin, &caller, one.to, now).await?;
        let arguments = json!({ "code": code }).to_string();
        let call_id = RequestId::generate(now).to_string();
        let output = twin.act(&call, &call_id, "take_over", &arguments, now).await?.output.to_string();
        // The model on the phone has all of it before it.
        return Ok(questions.iter().map(|_| output.clone()).collect());
    }
    let shown = match one.to {
        Place::Mcp => twin.give_code(session, Channel::Chat, now).await?.written(),
        _ => twin.hand_over(session, Channel::Chat, now).await?.reveal().to_owned(),
    };
    let host = (one.to == Place::Mcp).then(|| "a host".to_owned());
    let (_, mut chatting) = begin_handed_over(twin.store(), &shown, host, now).await?;
    if one.to == Place::Voice {
        let kind = twin::context::VoiceInteraction::default();
        let told = twin.prepare_talk(&chatting, kind, None, now).await?.session.briefing.instructions;
        return Ok(questions.iter().map(|_| told.clone()).collect());
    }
    let mut answers = Vec::new();
    for (number, question) in (1..).zip(questions) {
        let id = MessageId::generate(now);
        let at = now + SignedDuration::from_secs(number);
        answers.push(twin.answer(&mut chatting, &Written { id: &id, text: question }, at).await?.text);
    }
    Ok(answers)
}

async fn opened(twin: &Twin, person: &PersonId, place: Place, now: Timestamp) -> Result<Session, Error> {
    let arrival = Arrival {
        person: person.clone(),
        interaction: InteractionId::generate(now),
        channel: match place {
            Place::Chat | Place::Mcp => Channel::Chat,
            Place::Voice => Channel::Voice,
            Place::Phone => Channel::Phone,
        },
        call_sid: None,
        host: (place == Place::Mcp).then(|| "a host".to_owned()),
        route: RouteKind::Unknown,
        level: Assurance::Claimed,
    };
    twin.open(&arrival, now).await
}

async fn say(twin: &Twin, session: &Session, said: &[(Speaker, String)]) -> Result<(), Error> {
    for (sequence, (speaker, text)) in (0..).zip(said) {
        let offset_ms = u64::from(sequence) * 4000;
        let turn = Turn {
            offset_ms,
            sequence,
            speaker: *speaker,
            text: text.clone(),
            interrupted: false,
            heard: None,
        };
        twin.heard(session, &turn).await?;
    }
    Ok(())
}

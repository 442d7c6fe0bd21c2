//! An answer by a model, with tools, told as it is written.

use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::Timestamp;

use super::{Scene, Told, tell};
use crate::{
    brain::{Brain, Talk, dialogue, reply, streamed::Streamed, talk},
    chat::{Answer, Cited, Progress},
    clients::openai::{Call, Delta, Text, TextError},
    error::Error,
    id::MessageId,
    twin::{
        Twin,
        spending::{ANSWER, Paid},
    },
};

/// Turns of the past that a model is told.
const TOLD_TURNS: usize = 24;
/// How often a model may ask for tools before it must answer.
const MAX_ROUNDS: usize = 4;
/// While an answer is written, the store is asked this often whether the person wants to read on.
const LOOK_FOR_STOP: Duration = Duration::from_millis(700);
/// Where a model ends a call without a word.
const GOODBYE: &str = "Thank you for calling. Goodbye.";

/// Why there is no answer: the model's fault, for which there is a remedy, or ours.
pub(super) enum Unwritten {
    Model(TextError),
    Twin(Error),
}

/// What was written by now, and what was done for it.
struct Writing {
    streamed: Streamed,
    /// Calls of tools, with what came of them, for the model.
    calls: Vec<(Call, String)>,
    /// The same, for the person.
    done: Vec<String>,
    stopped: bool,
    ends: bool,
}

impl Twin {
    pub(super) async fn written_by<'a>(
        &self,
        (text, mut paid): (&Text, Paid<'a>),
        scene: &Scene<'a>,
        message: &MessageId,
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Answer, Unwritten> {
        let needs_source = reply::needs_support(scene.persona, scene.said, scene.read);
        let mut writing = Writing {
            streamed: Streamed::new(scene.found.len(), needs_source),
            calls: Vec::new(),
            done: Vec::new(),
            stopped: false,
            ends: false,
        };
        let standing = (&scene.session.person, scene.session.standing());
        let reminded = self.reminded(standing, scene.written, now).await;
        let instructions = scene.session.briefing.instructions.clone() + &reminded;
        for round in 0..MAX_ROUNDS {
            writing.stopped |= progress.is_unwanted();
            if writing.stopped {
                if round == 0 {
                    self.came_to(&paid, Some(0), now).await;
                }
                break;
            }
            if round > 0 {
                paid = self.paid(scene.payers, ANSWER, now).await.map_err(Unwritten::Twin)?;
                let Brain::OpenAi(_) = paid.brain else { break };
            }
            let told = (instructions.as_str(), message);
            let asked = self.round(&mut writing, (text, &paid), scene, told, progress, now).await?;
            if writing.stopped || asked.is_empty() {
                break;
            }
            self.act_for(&mut writing, asked, scene, message, progress, now).await?;
        }
        Ok(settled(scene, writing))
    }

    /// What a model writes until it ends or asks for tools, which are given.
    async fn round(
        &self,
        writing: &mut Writing,
        (text, paid): (&Text, &Paid<'_>),
        scene: &Scene<'_>,
        (instructions, message): (&str, &MessageId),
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Vec<Call>, Unwritten> {
        let Writing { streamed, calls, stopped, .. } = writing;
        let told = Talk {
            aloud: progress.phone.map(|spoken| spoken.route),
            instructions,
            said: scene.written,
            found: scene.found,
            before: &scene.before[scene.before.len().saturating_sub(TOLD_TURNS)..],
            calls,
        };
        let mut look = tokio::time::interval(LOOK_FOR_STOP);
        let mut steps = talk(text, &told);
        let mut asked = Vec::new();
        loop {
            tokio::select! {
                step = steps.next() => match step {
                    Some(Ok(Delta::Text(written))) => {
                        if let Some(shown) = streamed.push(&written) {
                            tell(progress, Progress::Text(shown)).await;
                        }
                    }
                    Some(Ok(Delta::Call(call))) => asked.push(call),
                    Some(Ok(Delta::Done(usage))) => self.came_to(paid, text.cost(&usage), now).await,
                    Some(Err(error)) => {
                        self.came_to(paid, text.lost(&error), now).await;
                        if !streamed.is_begun() && calls.is_empty() {
                            return Err(Unwritten::Model(error));
                        }
                        // What was said and done stands, cut where it is.
                        tracing::warn!(%error, "a model broke off");
                        *stopped = true;
                        break;
                    }
                    None => break,
                },
                () = progress.unwanted() => {
                    *stopped = true;
                    break;
                }
                _ = look.tick(), if progress.phone.is_none() => {
                    *stopped = self.is_stopping(scene.session, message).await;
                    if *stopped { break }
                }
            }
        }
        Ok(asked)
    }

    /// Runs the tools that a model asks for.
    async fn act_for(
        &self,
        writing: &mut Writing,
        asked: Vec<Call>,
        scene: &Scene<'_>,
        message: &MessageId,
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<(), Unwritten> {
        for call in asked {
            writing.stopped = self.is_called_off(scene.session, message, progress).await;
            if writing.stopped {
                break;
            }
            let acted = self
                .act_in(scene.session, &call.call_id, &call.name, &call.arguments, progress, now)
                .await
                .map_err(Unwritten::Twin)?;
            writing.ends |= acted.ends_call;
            writing.done.extend(dialogue::label(&call.name, &acted.output).map(ToOwned::to_owned));
            writing.calls.push((call, acted.output.to_string()));
        }
        Ok(())
    }
}

/// What counts of what a model wrote.
fn settled(scene: &Scene<'_>, writing: Writing) -> Answer {
    let Writing { streamed, done, stopped, ends, .. } = writing;
    let held = streamed.is_held();
    let (written, named) = streamed.finish();
    // What names no source is not said; what was done is.
    let text = if held || written.trim().is_empty() { done.join(" ") } else { written };
    if text.is_empty() && ends {
        return Answer { text: GOODBYE.to_owned(), known: true, ..Answer::default() };
    }
    if text.is_empty() && !stopped {
        let unknown = reply::unknown(scene.persona, scene.said, scene.read.intent);
        return Answer { text: unknown.text, ..Answer::default() };
    }
    let citations = named
        .into_iter()
        .filter_map(|number| scene.found.get(number - 1).map(|found| Cited::of(number, found)))
        .collect();
    Answer { text, citations, known: true, stopped, done }
}

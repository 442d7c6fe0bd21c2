//! What a conversation has done on the side: turns are stored, tools run, and the owner is told of danger.

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::json;
use twin::{
    error::Error,
    id::CallSid,
    interaction::Turn,
    twin::{Acted, OnCall, Rerouted, Session},
};

use crate::State;

/// A turn that the store does not take is tried this often.
const PERSIST_TRIES: u32 = 5;
const PERSIST_PAUSE: Duration = Duration::from_millis(200);
/// How long the last turns and tools may take once the call is over.
pub(crate) const SETTLE_WITHIN: Duration = Duration::from_secs(5);

/// What a task on the side came to.
pub(crate) enum Finished {
    Stored,
    /// What was said first has the call taken otherwise.
    Rerouted(Rerouted),
    /// The relay has to stop.
    Leaves,
    Tool {
        call_id: String,
        acted: Acted,
    },
}

pub(crate) struct ToolCall {
    pub call_id: String,
    pub name: String,
    pub arguments: String,
}

/// Waits beside a conversation until it has to end.
pub(crate) async fn leaves(leaving: impl Future<Output = ()>) -> Finished {
    leaving.await;
    Finished::Leaves
}

pub(crate) async fn persist(state: State, session: Arc<Session>, turn: Turn, is_first: bool) -> Finished {
    for attempt in 1..=PERSIST_TRIES {
        match state.twin.heard(&session, &turn).await {
            Ok(()) if is_first => return read_first(&state, &session, &turn.text).await,
            Ok(()) => return Finished::Stored,
            // Whoever speaks was erased: nothing of them is kept.
            Err(Error::NotFound) => return Finished::Stored,
            Err(error) => {
                tracing::warn!(interaction = %session.interaction, attempt, %error, "a turn was not stored");
            }
        }
        tokio::time::sleep(PERSIST_PAUSE * attempt).await;
    }
    tracing::error!(alarm = "turn_lost", interaction = %session.interaction, "a turn was given up");
    Finished::Stored
}

async fn read_first(state: &State, session: &Session, said: &str) -> Finished {
    match state.twin.first_words(session, said, Timestamp::now()).await {
        Ok(Some(rerouted)) => Finished::Rerouted(rerouted),
        Ok(None) => Finished::Stored,
        Err(error) => {
            tracing::warn!(interaction = %session.interaction, %error, "what was said first is not looked at");
            Finished::Stored
        }
    }
}

pub(crate) async fn alert(state: State, session: Arc<Session>, said: String) -> Finished {
    tracing::warn!(interaction = %session.interaction, "words of danger were heard");
    if let Err(error) = state.twin.alarmed(&session, &said, Timestamp::now()).await {
        tracing::error!(alarm = "emergency_not_told", interaction = %session.interaction, %error, "the owner is not told");
    }
    Finished::Stored
}

pub(crate) async fn run_tool(
    state: State,
    session: Arc<Session>,
    call_sid: CallSid,
    call: ToolCall,
) -> Finished {
    let works = Box::pin(async {
        let acted = act(&state, &session, &call).await;
        let through = OnCall { telephony: &state.telephony, base: &state.urls.base, call: &call_sid };
        state.twin.brought_about(&session, through, acted, Timestamp::now()).await
    });
    let acted = unbroken(works, did_not_work).await;
    Finished::Tool { call_id: call.call_id, acted }
}

/// Whoever waits for what panics hears what they would if it did not work.
pub(crate) async fn unbroken<T>(work: impl Future<Output = T>, broken: impl FnOnce() -> T) -> T {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| broken())
}

pub(crate) fn did_not_work() -> Acted {
    let output = json!({ "error": "this did not work: say so, and offer to take a message later" });
    Acted::says(output, false)
}

/// What does not work, the model is told.
pub(crate) async fn act(state: &State, session: &Session, call: &ToolCall) -> Acted {
    let ToolCall { call_id, name, arguments } = call;
    match state.twin.act(session, call_id, name, arguments, Timestamp::now()).await {
        Ok(acted) => acted,
        Err(error) => {
            tracing::error!(interaction = %session.interaction, tool = name, %error, "a tool failed");
            did_not_work()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The model gets an answer, and the next tool waits for it as for any other.
    #[tokio::test]
    async fn a_tool_that_panics_is_one_that_did_not_work() {
        let acted = unbroken(async { panic!("a broken rule") }, did_not_work).await;
        assert!(
            acted.output["error"].as_str().is_some_and(|error| error.contains("did not work")),
            "{acted:?}"
        );
        assert_eq!(unbroken(async { 1 }, || 2).await, 1);
    }
}

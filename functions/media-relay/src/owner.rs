//! The owner, who may be asked to take a call over: rung beside the conversation, which goes on meanwhile.

use std::{sync::Arc, time::Duration};

use twin::{transfer, twin::Session};

use crate::State;

/// The store tells how it goes: the owner's answer comes to the webhook.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Longer than it rings and they may think.
const DECIDES_WITHIN: Duration = Duration::from_secs(45);

/// What the owner decides, at the latest when they would have. Who takes the call has not got it yet: it ends here if they do,
/// and else whoever called is told.
pub async fn decides(state: State, session: Arc<Session>) -> transfer::State {
    let mut is_taken = false;
    let looks = async {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            match state.twin.store().transfer(&session.person, &session.interaction).await {
                Ok(Some(transfer)) => match transfer.state {
                    transfer::State::Ringing => {}
                    transfer::State::Accepted => is_taken = true,
                    other => return other,
                },
                Ok(None) => return transfer::State::Failed,
                Err(error) => {
                    tracing::warn!(interaction = %session.interaction, %error, "a transfer was not read");
                }
            }
        }
    };
    let decided = tokio::time::timeout(DECIDES_WITHIN, looks).await;
    let late = if is_taken { transfer::State::Accepted } else { transfer::State::Unanswered };
    decided.unwrap_or(late)
}

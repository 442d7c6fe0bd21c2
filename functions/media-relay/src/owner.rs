//! The owner, who may be asked to take a call over: rung beside the conversation, which goes on meanwhile.

use std::{sync::Arc, time::Duration};

use twin::{transfer, twin::Session};

use crate::State;

/// The store tells how it goes: the owner's answer comes to the webhook.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Longer than it rings and they may think.
const DECIDES_WITHIN: Duration = Duration::from_secs(45);

/// What the owner decides, at the latest when they would have.
pub async fn decides(state: State, session: Arc<Session>) -> transfer::State {
    let looks = async {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            match state.twin.store().transfer(&session.person, &session.interaction).await {
                Ok(Some(transfer)) if !transfer.state.is_final() => {}
                Ok(Some(transfer)) => return transfer.state,
                Ok(None) => return transfer::State::Failed,
                Err(error) => {
                    tracing::warn!(interaction = %session.interaction, %error, "a transfer was not read");
                }
            }
        }
    };
    tokio::time::timeout(DECIDES_WITHIN, looks).await.unwrap_or(transfer::State::Unanswered)
}

//! Whoever was called: what Twilio takes them for comes to the webhook, and stands in the store.

use std::{sync::Arc, time::Duration};

use twin::{outbound::Detected, twin::Session};

use crate::State;

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Longer than a box speaks before its tone.
const DETECTED_WITHIN: Duration = Duration::from_secs(50);

/// Never comes back if Twilio does not say.
pub async fn detected(state: State, session: Arc<Session>) -> Detected {
    let looks = async {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            let store = state.twin.store();
            match store.dial_of(&session.person, &session.interaction).await {
                Ok(dial) => {
                    let attempts = dial.iter().flat_map(|dial| &dial.attempts);
                    let ours = attempts.rev().find(|attempt| attempt.interaction == session.interaction);
                    if let Some(detected) = ours.and_then(|attempt| attempt.detected) {
                        return detected;
                    }
                }
                Err(error) => {
                    tracing::warn!(interaction = %session.interaction, %error, "who picked up is not read");
                }
            }
        }
    };
    match tokio::time::timeout(DETECTED_WITHIN, looks).await {
        Ok(detected) => detected,
        Err(_) => std::future::pending().await,
    }
}

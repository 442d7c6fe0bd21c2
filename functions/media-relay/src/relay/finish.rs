//! The end of a call: what is left is stored, the conversation is closed, and then the sockets.

use jiff::{SignedDuration, Timestamp};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use twin::{
    call::outbox,
    interaction::{Meter, Outcome},
};

use super::Relay;
use crate::{
    ending::{close_conversation, metered, timed},
    handshake, live,
    opening::Failure,
    side::{Finished, SETTLE_WITHIN},
    socket::{Socket, Transport},
};

impl<S: Transport> Relay<S> {
    /// Waits for what is under way, and for the tools behind it.
    async fn settle(&mut self) {
        while let Some(finished) = self.side.join_next().await {
            if let Ok(Finished::Tool { .. }) = finished {
                self.tool_is_running = false;
            }
            self.next_tool();
        }
    }

    /// Whether the call goes on in text: then its conversation stays open for after-stream to see.
    async fn falls_back(&mut self, outcome: Outcome) -> bool {
        if outcome != Outcome::ModelUnavailable || !self.state.twilio.conversation_relay {
            return false;
        }
        // What is not paid for here is not paid for there.
        if matches!(self.failure, Some(Failure::Spent)) {
            return false;
        }
        let fallen = self
            .state
            .twin
            .store()
            .fall_back(&self.ticket.call, self.ticket.not_taken, Timestamp::now())
            .await;
        if let Err(error) = &fallen {
            tracing::error!(call = %self.ticket.call, %error, "the call does not go on in text");
        }
        fallen.is_ok()
    }

    /// Stores what is left, closes the conversation, and then the stream: Twilio's next request finds it
    /// closed.
    pub(super) async fn finish(mut self: Box<Self>) {
        let elapsed = self.began.elapsed();
        let outcome = self.call.finish(elapsed, &mut self.out);
        if let Some(log) = self.log.take() {
            Box::pin(log.end(&self.out, outcome, elapsed)).await;
        }
        self.perform();
        if tokio::time::timeout(SETTLE_WITHIN, self.settle()).await.is_err() {
            tracing::error!(call = %self.ticket.call, "turns or tools were still under way at the end");
        }
        if let Some(session) = &self.session {
            Box::pin(timed(&self.state, session, self.call.waits())).await;
            if self.charge.is_some() {
                let meter = if self.live.is_some() { Meter::Live } else { Meter::Realtime };
                Box::pin(metered(&self.state, &self.ticket, meter, elapsed)).await;
            }
        }
        if let Some(charge) = self.charge.take() {
            let lasted = SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::MAX);
            Box::pin(charge.is_over(lasted)).await;
        }
        // On the heap, as in `handshake`.
        if !Box::pin(self.falls_back(outcome)).await {
            Box::pin(close_conversation(&self.state, &self.ticket, outcome)).await;
        }
        let (code, reason) = match (self.too_large, self.closing) {
            (true, _) => (CloseCode::Size, "too large"),
            (false, Some(outbox::CloseCode::Policy)) => (CloseCode::Policy, "refused"),
            (false, _) => (CloseCode::Normal, "over"),
        };
        let twilio = handshake::close(&mut self.twilio, code, reason);
        let model = async {
            let Some(model) = &mut self.model else { return };
            // One that never began says no goodbye.
            if let Some(seconds) = self.live.as_mut().filter(|_| self.call.has_model()) {
                *seconds += live::say_goodbye(model).await.unwrap_or_default();
            }
            handshake::close(model, CloseCode::Normal, "over").await;
        };
        let next = async {
            if let Some(next) = &mut self.next {
                handshake::close(next, CloseCode::Normal, "over").await;
            }
        };
        let mut before = 0.0;
        let retired = async {
            while let Some(retired) = self.retired.join_next().await {
                before += retired.ok().flatten().unwrap_or_default();
            }
        };
        tokio::join!(twilio, model, next, retired);
        self.paid(Some(before));
        tracing::info!(
            call = %self.ticket.call,
            interaction = %self.ticket.interaction,
            ?outcome,
            seconds = elapsed.as_secs(),
            dropped_to_model =
                self.call.dropped_frames() + self.model.as_ref().map_or(0, Socket::dropped),
            dropped_to_twilio = self.twilio.dropped(),
            losses = self.losses.all,
            live_seconds = self.live,
            "a call ends"
        );
    }
}

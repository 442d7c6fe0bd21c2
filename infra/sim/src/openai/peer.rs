//! What a socket or a line needs of a session, whichever API it speaks.

use std::sync::Arc;
use std::time::Instant;

use super::faults::Armed;
use super::live::Live;
use super::session::Session;
use super::wire::Output;

pub(super) trait Peer: Send {
    /// When [`Peer::tick`] is due.
    fn deadline(&self) -> Option<Instant>;
    fn tick(&mut self, now: Instant, out: &mut Vec<Output>);
    /// One text frame.
    fn receive(&mut self, text: &str, now: Instant, out: &mut Vec<Output>);
    /// One of a page, over its data channel.
    fn receive_untrusted(&mut self, text: &str, now: Instant, out: &mut Vec<Output>);
    /// Clients speak text.
    fn refuse_binary(&mut self, out: &mut Vec<Output>);
    /// µ-law that came over a call.
    fn hear(&mut self, ulaw: &[u8], now: Instant, out: &mut Vec<Output>);
    /// The faults that are planned from now on.
    fn plan(&mut self, plans: Vec<Arc<Armed>>, now: Instant);
    fn end(&mut self);
}

macro_rules! peers {
    ($($session:ty: $untrusted:ident),*) => {$(
        impl Peer for $session {
            fn deadline(&self) -> Option<Instant> {
                self.deadline()
            }

            fn tick(&mut self, now: Instant, out: &mut Vec<Output>) {
                self.tick(now, out);
            }

            fn receive(&mut self, text: &str, now: Instant, out: &mut Vec<Output>) {
                self.receive(text, now, out);
            }

            fn receive_untrusted(&mut self, text: &str, now: Instant, out: &mut Vec<Output>) {
                self.$untrusted(text, now, out);
            }

            fn refuse_binary(&mut self, out: &mut Vec<Output>) {
                self.refuse_binary(out);
            }

            fn hear(&mut self, ulaw: &[u8], now: Instant, out: &mut Vec<Output>) {
                self.hear(ulaw, now, out);
            }

            fn plan(&mut self, plans: Vec<Arc<Armed>>, now: Instant) {
                self.plan(plans, now);
            }

            fn end(&mut self) {
                self.end();
            }
        }
    )*};
}
peers!(Session: receive, Live: receive_untrusted);

//! A call whose model is GPT-Live: the same call, and an [`Interpreter`](super::interpreter) before it.
//!
//! What is different: the model hears nobody before it has as good as said that it is an AI, for nothing else keeps it from
//! answering first. It is not interrupted, because it listens while it speaks; it says by itself that something takes a
//! moment; and tools are called by the model behind it, which goes on whoever speaks.

use std::time::Duration;

use super::{Call, interpreter::Fate, outbox::Outbox};
use crate::{
    interaction::Speaker,
    wire::{
        live::{
            client::ClientEvent,
            server::{AudioDelta, Incoming, Nested, ServerEvent},
            session::{Message, Role},
        },
        realtime::server,
    },
};

const REPLACED: &str = "The connection was replaced in the middle of a call. What came before was said before; go on from \
                        there without greeting again.";

impl Call {
    pub(super) fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// What the caller says now the model does not hear.
    pub(super) fn is_deaf(&self) -> bool {
        let greets = self.live.is_some() && self.greeting.is_owed() && self.is_to_greet();
        greets && self.live.as_ref().is_some_and(|live| !live.has_said_it())
    }

    /// A socket is open: the session begins, with what was said so far.
    pub(super) fn live_starts(&mut self, now: Duration, out: &mut Outbox) {
        let (Some(opening), Some(live)) = (&self.opening, &mut self.live) else { return };
        let role = |speaker| match speaker {
            Speaker::Person => Role::User,
            Speaker::Twin => Role::Assistant,
        };
        let told = self.transcript.told();
        let mut history: Vec<Message> =
            told.into_iter().map(|(speaker, text)| Message::said(role(speaker), text)).collect();
        let (results, is_news) = self.tools.carry_over();
        history.extend(results.into_iter().map(|result| Message::said(Role::Developer, result)));
        if !history.is_empty() {
            history.push(Message::said(Role::Developer, REPLACED));
        }
        if is_news && self.closing.is_none() {
            self.responses.first(super::Ask::Resume);
        }
        out.live(&live.start(&opening.session, history, now));
    }

    pub(super) fn live(&mut self, incoming: Incoming<'_>, now: Duration, out: &mut Outbox) {
        let Some(live) = &mut self.live else { return };
        match incoming {
            Incoming::Event(ServerEvent::Started { .. }) => {
                if live.started(now) {
                    self.model_answers(now, out);
                }
            }
            Incoming::Event(ServerEvent::Error { .. }) if live.is_starting() => self.without_model(out),
            _ if !self.model_ready => {}
            Incoming::Audio(audio) => self.live_audio(audio, now, out),
            Incoming::Event(event) => {
                if let ServerEvent::InputTranscript(words) = &event
                    && let Some(until) = live.heard_until(words, now)
                {
                    self.latency.speaks();
                    self.latency.stopped(until);
                }
                let is_done = matches!(event, ServerEvent::Response { event: Nested::Over {} });
                live.hear(event, now);
                if is_done {
                    self.interpret(now, out);
                    self.after_tools(now, out);
                }
            }
        }
    }

    fn live_audio(&mut self, AudioDelta { delta, voiced }: AudioDelta<'_>, now: Duration, out: &mut Outbox) {
        if let Some(live) = &mut self.live {
            live.audio(voiced, now);
        }
        // What begins a stretch comes before its audio.
        self.interpret(now, out);
        let Some(live) = &self.live else { return };
        match live.fate(voiced, self.playback.ahead(now)) {
            Fate::Play(id) => {
                let audio = server::AudioDelta { response_id: &id, item_id: &id, delta };
                self.model_audio(audio, now, out);
            }
            Fate::GiveUp if !self.is_protected() => self.give_up(now, out),
            Fate::GiveUp | Fate::Drop => {}
        }
    }

    /// It fell silent for the caller: what waits to be played is dropped, and what it says next is not.
    fn give_up(&mut self, now: Duration, out: &mut Outbox) {
        self.break_off(now, out);
        self.interpret(now, out);
        if let Some(live) = &mut self.live {
            live.unmute();
        }
    }

    /// Until neither side has anything more to say to the other.
    pub(super) fn interpret(&mut self, now: Duration, out: &mut Outbox) {
        while let Some(live) = &mut self.live {
            for event in out.held() {
                for told in live.tell(event, now) {
                    out.live(&told);
                }
            }
            let Some(event) = live.next() else { return };
            self.model(event, now, out);
        }
    }

    pub(super) fn live_is_due(&mut self, now: Duration, out: &mut Outbox) {
        if self.live.as_mut().is_some_and(|live| !live.tick(now)) {
            self.without_model(out);
        }
        self.interpret(now, out);
    }

    pub(super) fn live_is_lost(&mut self, now: Duration, out: &mut Outbox) {
        if let Some(live) = &mut self.live {
            live.lost();
        }
        self.interpret(now, out);
    }

    /// The model behind it goes on, if all that it called has an output. `false`: it called nothing.
    pub(super) fn goes_on(&mut self, now: Duration, out: &mut Outbox) -> bool {
        if self.tools.is_running() {
            return false;
        }
        self.interpret(now, out);
        let waits = self.live.as_mut().is_some_and(super::interpreter::Interpreter::waits_behind);
        if waits {
            out.live(&ClientEvent::ResponseCreate {});
        }
        waits
    }

    /// What the caller was saying when the call ended.
    pub(super) fn live_ends(&mut self, now: Duration, out: &mut Outbox) {
        if let Some((item_id, words)) =
            self.live.as_mut().and_then(super::interpreter::Interpreter::unfinished)
        {
            self.transcript.caller_said(&item_id, Some(&words), now, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        call::{Input, Limits, Opening},
        language::Spoken,
        wire::{
            live::{server::decode, session::LiveOptions},
            realtime::session::{Session, VoiceOptions},
            twilio::media,
        },
    };

    /// Nor what was said before it was known that the model is Live.
    #[test]
    fn nobody_is_heard_before_the_greeting() {
        let (mut call, mut out) = (Call::new("MZ1", Limits::default()), Outbox::default());
        let session = Session::for_phone("Be brief.".to_owned(), &[], &VoiceOptions::default());
        let live = LiveOptions { model: "gpt-live-1".to_owned(), backend: "gpt-6-luna".to_owned() };
        let (greeting, spoken) = ("Hello, this is an AI.".to_owned(), Spoken::default());
        let frame = || Input::Twilio(media::Incoming::Media("AAAAAA=="));
        call.handle(frame(), Duration::ZERO, &mut out);
        call.opened(Opening { session, greeting, outbound: None, live: Some(live), spoken });
        call.handle(Input::ModelReady, Duration::ZERO, &mut out);
        call.handle(frame(), Duration::ZERO, &mut out);
        let started = decode(r#"{"type":"session.started","session":{"id":"live_1"}}"#).unwrap();
        call.handle(Input::Live(started), Duration::ZERO, &mut out);
        assert!(call.has_model() && !out.to_model.is_empty());
        assert!(out.to_model.iter().all(|message| !message.audio), "{:?}", out.to_model);
    }
}

//! What the model's events do to a call, and what the loss of its socket does.

use std::time::Duration;

use super::{
    Call, Closing,
    interpreter::Interpreter,
    outbox::{CloseCode, Outbox},
    responses::{Ask, Ended},
};
use crate::{
    interaction::{Outcome, Speaker},
    recording::is_spoken_of,
    tools::{Tool, record_call},
    wire::realtime::{
        client::{ClientEvent, Item, Role},
        server::{self, AudioDelta, ServerEvent},
    },
};

impl Call {
    pub(super) fn model_audio(&mut self, audio: AudioDelta<'_>, now: Duration, out: &mut Outbox) {
        if self.model_ready && !self.responses.is_silenced(audio.response_id) {
            self.responses.sign_of_life(now);
            self.latency.audio(audio.item_id, now);
            self.playback.piece(audio.item_id, audio.delta, now, &self.encoder, out);
        }
    }

    pub(super) fn model(&mut self, event: ServerEvent, now: Duration, out: &mut Outbox) {
        match event {
            ServerEvent::SpeechStarted { item_id } => self.caller_began(&item_id, now, out),
            ServerEvent::SpeechStopped { item_id } => self.caller_stopped(&item_id, now),
            ServerEvent::TranscriptionCompleted { item_id, transcript } => {
                self.transcript.caller_said(&item_id, Some(&transcript), now, out);
                // What a machine says is meant for nobody in particular.
                let is_person = !self.only_listens();
                self.made_out(Some(&transcript), now, out);
                if is_person {
                    self.cared(&transcript, now, out);
                    self.made_sense(&transcript, now, out);
                }
            }
            ServerEvent::TranscriptionFailed { item_id } => {
                self.transcript.caller_said(&item_id, None, now, out);
                self.made_out(None, now, out);
            }
            ServerEvent::ResponseCreated { response } => self.response_created(&response.id, now, out),
            ServerEvent::ResponseDone { response } => {
                let ended = self.responses.done(&response.id, &response.status);
                let said = matches!(response.status.as_str(), "" | "completed");
                if ended != Ended::Unknown {
                    self.timers.heard(now);
                }
                self.response_ended(ended, said, now, out);
            }
            ServerEvent::Error { error } => {
                let ended = self.responses.error(&error, now);
                self.response_ended(ended, false, now, out);
            }
            ServerEvent::OutputAudioDelta { response_id, .. }
            | ServerEvent::OutputAudioDone { response_id, .. }
            | ServerEvent::TranscriptDelta { response_id, .. }
            | ServerEvent::TranscriptDone { response_id, .. }
                if self.responses.is_silenced(&response_id) => {}
            ServerEvent::OutputAudioDelta { response_id, item_id, delta } => {
                let audio = AudioDelta { response_id: &response_id, item_id: &item_id, delta: &delta };
                self.model_audio(audio, now, out);
            }
            ServerEvent::OutputAudioDone { item_id, .. } => {
                self.playback.complete(&item_id, now, &self.encoder, out);
                self.greeting_said();
                self.heard(now, out);
            }
            ServerEvent::TranscriptDelta { item_id, delta, .. } => {
                self.responses.sign_of_life(now);
                self.transcript.twin_words(&item_id, &delta, now);
            }
            ServerEvent::TranscriptDone { item_id, transcript, .. } => {
                self.transcript.twin_final(&item_id, &transcript, now, out);
            }
            ServerEvent::OutputItemDone { response_id, item } => self.item_done(response_id, item, now, out),
            ServerEvent::SessionCreated {}
            | ServerEvent::SessionUpdated {}
            | ServerEvent::PlaybackStarted { .. }
            | ServerEvent::PlaybackStopped { .. }
            | ServerEvent::ItemTruncated { .. }
            | ServerEvent::Unknown => {}
        }
    }

    /// Barge-in: what is not heard yet is dropped, at the player and in the model's memory.
    fn caller_began(&mut self, item_id: &str, now: Duration, out: &mut Outbox) {
        self.caller_speaking = true;
        // GPT-Live tells of words, not of noise.
        if !self.is_live() {
            self.latency.speaks();
            self.timers.caller_speaks(Some(now));
        }
        let began = self.live.as_ref().and_then(Interpreter::hears_since).unwrap_or(now);
        self.timers.caller_spoke(now);
        self.transcript.caller_began(item_id, began);
        if let Some(pickup) = &mut self.pickup {
            pickup.speech_started();
        }
        if self.is_protected() {
            return;
        }
        // What was said before, and is told only now, is no second thought.
        if self.closing.take_if(|closing| closing.since <= began).is_some() {
            self.timers.closing(None, now);
        }
        if !self.is_live() {
            self.break_off(now, out);
        } else if self.closing.is_none() {
            self.responses.caller_speaks();
            self.goes_on(now, out);
        }
    }

    fn caller_stopped(&mut self, item_id: &str, now: Duration) {
        self.caller_speaking = false;
        self.lifetime.told(now);
        if !self.is_live() {
            self.latency.stopped(now);
        }
        self.timers.caller_speaks(None);
        self.timers.caller_spoke(now);
        self.transcript.caller_stopped(item_id, now);
        if let Some(pickup) = &mut self.pickup {
            pickup.speech_stopped(now);
        }
        if self.closing.is_none() && !self.only_listens() && !self.is_live() {
            self.responses.expect(now);
        }
    }

    /// The twin falls silent.
    pub(super) fn break_off(&mut self, now: Duration, out: &mut Outbox) {
        let playback = &self.playback;
        let mute = self.transcript.twin_over(|item_id| playback.holds(item_id), out);
        for heard in self.playback.interrupt(now, &self.encoder, out) {
            let item_id = heard.item_id.clone();
            match heard.played_ms {
                _ if heard.whole || heard.orphaned => {}
                0 => out.model(&ClientEvent::ItemDelete { item_id }),
                audio_end_ms => {
                    out.model(&ClientEvent::ItemTruncate { item_id, content_index: 0, audio_end_ms });
                }
            }
            self.transcript.twin_heard(heard, now, out);
        }
        for item_id in mute {
            out.model(&ClientEvent::ItemDelete { item_id });
        }
        self.responses.interrupt(out);
    }

    fn response_created(&mut self, response_id: &str, now: Duration, out: &mut Outbox) {
        // Whatever came before is over, announced or not.
        self.playback.complete_all(now, &self.encoder, out);
        let ours = self.responses.created(response_id, now);
        let unwanted = if self.is_protected() {
            // Time is up: nothing but goodbye.
            self.closing.is_some() && (!ours || self.responses.is_to_say(self.words().time_is_up))
        } else {
            self.caller_speaking && !self.is_live()
        };
        if unwanted {
            self.responses.silence(out);
        }
        self.heard(now, out);
    }

    fn item_done(&mut self, response_id: String, item: server::OutputItem, now: Duration, out: &mut Outbox) {
        if item.kind != "function_call" {
            return;
        }
        if self.responses.is_silenced(&response_id) {
            self.tools.declined(response_id, item);
        } else if self.records_unasked(&item) {
            self.tools.refused(response_id, item, record_call::UNASKED);
        } else {
            self.tools.called(response_id, item, now, out);
        }
    }

    /// A call is recorded by no model that has not spoken of it, whatever it was talked into.
    fn records_unasked(&self, item: &server::OutputItem) -> bool {
        let name = item.name.as_deref().unwrap_or_default();
        let tool = Tool::parse(name, item.arguments.as_deref().unwrap_or_default());
        let begins = matches!(tool, Ok(Tool::RecordCall(asked)) if asked.begins());
        let told = self.transcript.told();
        begins && !told.iter().any(|(speaker, said)| *speaker == Speaker::Twin && is_spoken_of(said))
    }

    /// `said`: the model said all that it wanted to say.
    pub(super) fn response_ended(&mut self, ended: Ended, said: bool, now: Duration, out: &mut Outbox) {
        if ended == Ended::Unknown {
            return;
        }
        if said && !self.playback.is_idle() {
            self.greeting_said();
        }
        let greeted = self.greet_again(ended, now, out);
        self.playback.complete_all(now, &self.encoder, out);
        self.heard(now, out);
        let playback = &self.playback;
        self.transcript.twin_over(|item_id| playback.holds(item_id), out);
        if greeted == Ended::GivenUp {
            self.without_model(out);
            return;
        }
        self.after_tools(now, out);
        self.responses.next(now, out);
    }

    fn greeting_said(&mut self) {
        let Some(opening) = self.opening.as_ref().filter(|_| self.is_to_greet()) else { return };
        if !self.responses.is_to_say(&opening.greeting) {
            self.greeting.said();
        }
    }

    /// A greeting of which a part is missing is said again, from the start.
    fn greet_again(&mut self, ended: Ended, now: Duration, out: &mut Outbox) -> Ended {
        let owed = self.greeting.is_owed() && self.is_to_greet();
        let Some(opening) = self.opening.as_ref().filter(|_| owed) else { return ended };
        if ended == Ended::Over && !self.responses.is_to_say(&opening.greeting) {
            let again = Ask::Say(opening.greeting.clone());
            self.break_off(now, out);
            return self.responses.failed(again);
        }
        ended
    }

    /// The model is silent for good. A goodbye that is on its way is still heard.
    pub(super) fn without_model(&mut self, out: &mut Outbox) {
        match self.closing {
            Some(closing) => {
                self.closing = Some(Closing { asked: true, ..closing });
                self.responses.forget();
            }
            None => self.end(Outcome::ModelUnavailable, CloseCode::Normal, out),
        }
    }

    /// What the lost model was doing is over. What it owed the caller is asked of the next one.
    pub(super) fn model_is_lost(&mut self, now: Duration, out: &mut Outbox) {
        self.model_ready = false;
        self.lifetime.ends();
        self.responses.lost();
        // What the caller was saying may ask for more than an answer: of the next model, not of this one.
        self.live_is_lost(now, out);
        self.timers.caller_speaks(None);
        if std::mem::take(&mut self.caller_speaking) {
            self.responses.first(Ask::Resume);
        }
        if self.greeting.is_owed() {
            for heard in self.playback.interrupt(now, &self.encoder, out) {
                self.transcript.twin_heard(heard, now, out);
            }
        }
        self.playback.orphan(now, &self.encoder, out);
        self.heard(now, out);
        let playback = &self.playback;
        self.transcript.twin_over(|item_id| playback.holds(item_id), out);
        self.transcript.model_lost(out);
        if self.closing.is_some_and(|closing| !closing.asked) {
            self.responses.forget();
        }
        // Before anything else they hear that this is an AI, and to a machine nothing is said.
        if self.closing.is_none() && self.greeting.is_heard() && !self.only_listens() {
            self.comfort.missed(now);
        }
    }

    pub(super) fn model_is_ready(&mut self, now: Duration, out: &mut Outbox) {
        let Some(opening) = &self.opening else { return };
        let session = opening.session.clone();
        let session = if self.only_listens() { session.listening() } else { session };
        out.model(&ClientEvent::SessionUpdate { session: Box::new(session) });
        self.replay(out);
        self.model_answers(now, out);
    }

    /// It knows what the call is about, and listens.
    pub(super) fn model_answers(&mut self, now: Duration, out: &mut Outbox) {
        let Some(opening) = &self.opening else { return };
        let greeting = opening.greeting.clone();
        self.model_ready = true;
        self.comfort.ready();
        self.lifetime.begins(self.limits.session, now);
        self.responses.ready();
        if let Some(pickup) = &mut self.pickup {
            pickup.listens(now);
        }
        if self.greeting.is_owed() && self.is_to_greet() {
            self.responses.first(Ask::Say(greeting));
            self.responses.next(now, out);
        }
        if self.is_deaf() {
            self.backlog.forget();
        }
        self.backlog.flush(out);
        self.responses.next(now, out);
    }

    /// Tells a new model socket what was said, as text, and what tools found: nothing is run again.
    fn replay(&mut self, out: &mut Outbox) {
        let told = self.transcript.told();
        let (results, is_news) = self.tools.carry_over();
        if told.is_empty() && results.is_empty() {
            return;
        }
        let note = "The connection was replaced in the middle of a call. What follows was said before; go on \
                    from there without greeting again.";
        out.model(&ClientEvent::ItemCreate { item: Item::said(Role::System, note) });
        for (speaker, text) in told {
            let role = match speaker {
                Speaker::Person => Role::User,
                Speaker::Twin => Role::Assistant,
            };
            out.model(&ClientEvent::ItemCreate { item: Item::said(role, text) });
        }
        for result in results {
            out.model(&ClientEvent::ItemCreate { item: Item::said(Role::System, result) });
        }
        if is_news && self.closing.is_none() {
            self.responses.first(Ask::Resume);
        }
    }
}

//! A conversation in the browser as the relay attends it, on the server's own line to the model. The audio goes another
//! way, and the model's side plays and truncates by itself: what was heard of a turn, it tells.

use std::time::Duration;

use serde_json::Value;

use super::{
    Limits,
    care::{self, Care},
    interpreter::{self, Interpreter},
    outbox::{Effect, Outbox},
    playback::Heard,
    responses::{Ask, Ended, Responses},
    telling::{ABUSIVE, MAX_ALERT},
    tools::Tools,
    transcript::Transcript,
};
use crate::{
    interaction::Outcome,
    language::{self, Language},
    talk::LONGEST,
    wire::{
        live::{self, session::LiveOptions},
        realtime::{
            client::{ClientEvent, Item, Role},
            server::ServerEvent,
        },
    },
};

/// How fast the twin is taken to speak, where only the time is known that it was heard for.
const CHARACTERS_A_SECOND: u64 = 15;
/// How long a goodbye may sound.
const GOODBYE: Duration = Duration::from_secs(15);

/// Times are since the conversation began.
#[derive(Debug)]
pub struct Attended {
    responses: Responses,
    tools: Tools,
    transcript: Transcript,
    care: Care,
    /// As whoever talks does: what no model makes up is said in their language.
    speaks: language::Spoken,
    /// What is being said, or was and is still to be heard.
    spoken: Vec<Spoken>,
    ends_at: Duration,
    /// Goodbye is said: until when it may be heard, and how it ended.
    closing: Option<(Duration, Outcome)>,
    outcome: Option<Outcome>,
    /// Of GPT-Live.
    live: Option<Interpreter>,
    /// What Live is to say first.
    greeting: Option<String>,
}

#[derive(Debug)]
struct Spoken {
    response_id: String,
    item_id: String,
    characters: u64,
    /// When it began to be heard.
    since: Option<Duration>,
}

impl Default for Attended {
    fn default() -> Self {
        let limits = Limits::default();
        let mut responses = Responses::default();
        responses.ready();
        Self {
            responses,
            tools: Tools::new(limits.tool_timeout, limits.tool_timeout),
            transcript: Transcript::default(),
            care: Care::default(),
            speaks: language::Spoken::with(None, None, &Language::ALL),
            spoken: Vec::new(),
            ends_at: LONGEST.unsigned_abs(),
            closing: None,
            outcome: None,
            live: None,
            greeting: None,
        }
    }
}

impl Attended {
    /// A session of GPT-Live, which says the greeting once it has started; none where it was said before.
    pub fn of_live(options: LiveOptions, greeting: Option<String>, now: Duration) -> Self {
        let mut live = Interpreter::attached(options);
        live.connects(now);
        Self { live: Some(live), greeting, ..Self::default() }
    }

    /// Where it was attended before, and is known what is spoken in it.
    #[must_use]
    pub fn speaking(self, speaks: language::Spoken) -> Self {
        Self { speaks, ..self }
    }

    /// Whose audio is none of ours.
    pub fn live(&mut self, event: live::server::ServerEvent, now: Duration, out: &mut Outbox) {
        out.prepare(true);
        let Some(live) = &mut self.live else { return };
        // Its start may have come before the line was there: whatever comes shows that it has started.
        let begins = live.started(now);
        let is_done =
            matches!(event, live::server::ServerEvent::Response { event: live::server::Nested::Over {} });
        match event {
            live::server::ServerEvent::Closed { reason, .. } if reason == EXPIRED => {
                self.over(Outcome::DurationLimit);
            }
            live::server::ServerEvent::Closed { .. } => self.over(Outcome::HungUp),
            event => live.hear(event, now),
        }
        if let Some(greeting) = self.greeting.take_if(|_| begins) {
            self.responses.request(Ask::Say(greeting), now, out);
        }
        self.interpret(now, out);
        if is_done {
            self.go_on(now, out);
            self.interpret(now, out);
        }
    }

    /// Until neither side has anything more to say to the other.
    fn interpret(&mut self, now: Duration, out: &mut Outbox) {
        while let Some(live) = &mut self.live {
            for event in out.held() {
                for told in live.tell(event, now) {
                    out.live(&told);
                }
            }
            let Some(event) = live.next() else { return };
            self.event(event, now, out);
        }
    }
}

/// Why a session ended that reached its limit.
const EXPIRED: &str = "expired";

impl Attended {
    /// How it ended, once it has: the relay hangs up.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// When [`tick`](Self::tick) is due.
    pub fn deadline(&self) -> Duration {
        let closing = self.closing.map(|(until, _)| until);
        let live = self.live.as_ref().and_then(Interpreter::deadline);
        let due = [Some(self.ends_at), closing, self.responses.deadline(), self.tools.deadline(), live];
        due.into_iter().flatten().min().unwrap_or(self.ends_at)
    }

    pub fn event(&mut self, event: ServerEvent, now: Duration, out: &mut Outbox) {
        match event {
            ServerEvent::SpeechStarted { item_id } => self.transcript.caller_began(&item_id, now),
            ServerEvent::SpeechStopped { item_id } => self.transcript.caller_stopped(&item_id, now),
            ServerEvent::TranscriptionCompleted { item_id, transcript } => {
                self.transcript.caller_said(&item_id, Some(&transcript), now, out);
                self.speaks.hears(&transcript);
                self.cared(&transcript, now, out);
            }
            ServerEvent::TranscriptionFailed { item_id } => {
                self.transcript.caller_said(&item_id, None, now, out);
            }
            ServerEvent::ResponseCreated { response } => {
                self.responses.created(&response.id, now);
            }
            ServerEvent::TranscriptDelta { response_id, item_id, delta } => {
                self.responses.sign_of_life(now);
                self.spoken(response_id, &item_id).characters += characters(&delta);
                self.transcript.twin_words(&item_id, &delta, now);
            }
            ServerEvent::TranscriptDone { response_id, item_id, transcript } => {
                self.spoken(response_id, &item_id).characters = characters(&transcript);
                self.transcript.twin_final(&item_id, &transcript, now, out);
            }
            ServerEvent::PlaybackStarted { response_id } => self.sounds(&response_id, now),
            ServerEvent::PlaybackStopped { response_id } => self.heard_out(&response_id, now, out),
            ServerEvent::ItemTruncated { item_id, audio_end_ms } => {
                self.cut(&item_id, audio_end_ms, now, out);
            }
            ServerEvent::OutputItemDone { response_id, item } if item.kind == "function_call" => {
                self.responses.sign_of_life(now);
                self.tools.called(response_id, item, now, out);
            }
            ServerEvent::ResponseDone { response } => {
                // The model's side cancels what somebody interrupts: nothing is owed for it.
                let status = if response.status == "cancelled" { "completed" } else { &response.status };
                let ended = self.responses.done(&response.id, status);
                self.ended(ended, now, out);
            }
            ServerEvent::Error { error } => {
                let ended = self.responses.error(&error, now);
                self.ended(ended, now, out);
            }
            _ => {}
        }
    }

    /// What a tool answers. `ends_call`: with it, the conversation is over.
    pub fn tool_finished(
        &mut self,
        call_id: &str,
        output: Value,
        ends_call: bool,
        now: Duration,
        out: &mut Outbox,
    ) {
        out.prepare(self.live.is_some());
        self.tools.finished(call_id, output, !ends_call);
        if ends_call {
            self.closes(Outcome::Completed, now);
        }
        self.go_on(now, out);
        self.interpret(now, out);
        // Behind any other, the goodbye may still be to come.
        if ends_call {
            self.close_in_silence();
        }
    }

    pub fn tick(&mut self, now: Duration, out: &mut Outbox) {
        if let Some((_, outcome)) = self.closing.filter(|(until, _)| *until <= now) {
            self.over(outcome);
        }
        if self.ends_at <= now {
            self.over(Outcome::DurationLimit);
        }
        out.prepare(self.live.is_some());
        if self.live.as_mut().is_some_and(|live| !live.tick(now)) {
            self.over(Outcome::ModelUnavailable);
        }
        self.interpret(now, out);
        let ended = self.responses.tick(now, out);
        self.tools.tick(false, now);
        self.ended(ended, now, out);
        self.interpret(now, out);
    }

    /// Whoever attends it has to stop: goodbye is said.
    pub fn leave(&mut self, now: Duration, out: &mut Outbox) {
        if self.closing.is_none() {
            out.prepare(self.live.is_some());
            self.says(self.speaks.words().time_is_up, now, out);
            self.closes(Outcome::DurationLimit, now);
        }
    }

    /// The line is closed: what was heard is kept.
    pub fn finish(&mut self, now: Duration, out: &mut Outbox) -> Outcome {
        for spoken in std::mem::take(&mut self.spoken) {
            // Nobody tells any more how much of it was heard.
            let Some(since) = spoken.since else { continue };
            let played = now.saturating_sub(since).as_millis();
            let heard = spoken.heard(u64::try_from(played).unwrap_or(u64::MAX), false);
            self.transcript.twin_heard(heard, now, out);
        }
        if let Some((item_id, words)) = self.live.as_mut().and_then(Interpreter::unfinished) {
            self.transcript.caller_said(&item_id, Some(&words), now, out);
        }
        self.transcript.finish(out);
        self.outcome.unwrap_or(Outcome::HungUp)
    }

    fn spoken(&mut self, response_id: String, item_id: &str) -> &mut Spoken {
        let index = self.spoken.iter().position(|spoken| spoken.item_id == item_id).unwrap_or_else(|| {
            let item_id = item_id.to_owned();
            self.spoken.push(Spoken { response_id, item_id, characters: 0, since: None });
            self.spoken.len() - 1
        });
        &mut self.spoken[index]
    }

    fn sounds(&mut self, response_id: &str, now: Duration) {
        for spoken in self.spoken.iter_mut().filter(|spoken| spoken.response_id == response_id) {
            spoken.since = Some(now);
            self.transcript.twin_audible(&spoken.item_id, now);
        }
    }

    /// A response was heard to its end.
    fn heard_out(&mut self, response_id: &str, now: Duration, out: &mut Outbox) {
        for spoken in self.spoken.extract_if(.., |spoken| spoken.response_id == response_id) {
            let heard = spoken.heard(spoken.milliseconds(), true);
            self.transcript.twin_heard(heard, now, out);
        }
        self.close_in_silence();
    }

    fn cut(&mut self, item_id: &str, heard_ms: u64, now: Duration, out: &mut Outbox) {
        for spoken in self.spoken.extract_if(.., |spoken| spoken.item_id == item_id) {
            self.transcript.twin_heard(spoken.heard(heard_ms, false), now, out);
        }
    }

    /// What was said may ask for more than the model's answer.
    fn cared(&mut self, said: &str, now: Duration, out: &mut Outbox) {
        match self.care.said(said) {
            care::Do::Advise(language) => {
                out.effects.push(Effect::Alert(said.chars().take(MAX_ALERT).collect()));
                self.says(language.words().in_danger, now, out);
            }
            // Its answer is on its way: this is for the next one.
            care::Do::Warn if self.live.is_some() => {
                interpreter::knows(ABUSIVE).for_each(|told| out.live(&told));
            }
            care::Do::Warn => out.model(&ClientEvent::ItemCreate { item: Item::said(Role::System, ABUSIVE) }),
            care::Do::End if self.closing.is_none() => {
                self.says(self.speaks.words().enough, now, out);
                self.closes(Outcome::Abuse, now);
            }
            care::Do::End | care::Do::Nothing => {}
        }
    }

    /// These words, instead of whatever is being said.
    fn says(&mut self, words: &str, now: Duration, out: &mut Outbox) {
        self.responses.interrupt(out);
        out.model(&ClientEvent::OutputAudioClear {});
        self.responses.request(Ask::Say(words.to_owned()), now, out);
        // What it breaks off is no goodbye that was heard.
        self.interpret(now, out);
    }

    fn closes(&mut self, outcome: Outcome, now: Duration) {
        self.closing.get_or_insert((now + GOODBYE, outcome));
    }

    fn ended(&mut self, ended: Ended, now: Duration, out: &mut Outbox) {
        if ended == Ended::GivenUp {
            self.over(Outcome::ModelUnavailable);
        }
        self.go_on(now, out);
    }

    /// Hands over what tools answered, and asks for what waits.
    fn go_on(&mut self, now: Duration, out: &mut Outbox) {
        let responses = &self.responses;
        let live = self.live.as_ref();
        let is_active = |id: &str| responses.is_active(id) || live.is_some_and(|live| live.is_active(id));
        let news = self.tools.hand_over(is_active, out);
        if news && self.closing.is_none() {
            self.responses.request(Ask::GoOn, now, out);
        }
        self.responses.next(now, out);
    }

    fn close_in_silence(&mut self) {
        if let Some((_, outcome)) = self.closing
            && self.spoken.iter().all(|spoken| spoken.since.is_none())
        {
            self.over(outcome);
        }
    }

    /// It ends, here and now.
    pub fn over(&mut self, outcome: Outcome) {
        self.outcome.get_or_insert(outcome);
    }
}

impl Spoken {
    /// What it takes to say it.
    fn milliseconds(&self) -> u64 {
        self.characters * 1000 / CHARACTERS_A_SECOND
    }

    fn heard(&self, played_ms: u64, whole: bool) -> Heard {
        Heard {
            item_id: self.item_id.as_str().into(),
            played_ms,
            produced_ms: self.milliseconds(),
            whole,
            orphaned: false,
            at: Duration::ZERO,
        }
    }
}

fn characters(text: &str) -> u64 {
    text.chars().count() as u64
}

#[cfg(test)]
mod tests;

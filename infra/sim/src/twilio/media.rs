//! The caller's end of one media stream as a value: what is sent and heard in each 20 ms.
//!
//! No socket and no clock: [`Media::tick`] and [`Media::receive`] take the time and fill a list of outputs.

use std::{collections::VecDeque, time::Duration};

use super::{
    dtmf::Detector,
    faults::{Faults, Start},
    frames::{self, Incoming, Writer},
    playback::{Playback, TICK},
    report::{CallerEvent, Fault, Interruption, StreamReport},
    turns::{Cue, Turns, Twin},
};
use crate::speech::{self, FRAME, Noise, SILENCE};

/// The twin counts as silent after so many ticks without a voice.
const QUIET_TICKS: u32 = 15;

#[derive(Debug)]
pub enum Output {
    Send(String),
    Event(CallerEvent),
    /// The caller puts the phone down.
    HangUp,
}

#[derive(Debug)]
pub struct Media {
    pub turns: Turns,
    pub report: StreamReport,
    /// The 20 ms that were sent and heard last.
    pub spoken: [u8; FRAME],
    pub heard: [u8; FRAME],
    playback: Playback,
    writer: Writer,
    faults: Faults,
    keys: VecDeque<(Duration, char)>,
    detector: Detector,
    noise: Option<Noise>,
    /// Marks held back by a fault.
    delayed: Vec<(Duration, String)>,
    reached: Vec<String>,
    quiet_ticks: u32,
    skip: u32,
}

impl Media {
    /// `keys` are pressed at their times; at most `keep` bytes of what is heard are kept.
    pub fn new(
        mut turns: Turns,
        writer: Writer,
        report: StreamReport,
        keys: &[(Duration, char)],
        faults: &Faults,
        keep: usize,
    ) -> Self {
        turns.listen(Duration::ZERO);
        Self {
            turns,
            report,
            spoken: [SILENCE; FRAME],
            heard: [SILENCE; FRAME],
            playback: Playback::keeping(keep),
            writer,
            faults: faults.clone(),
            keys: keys.iter().copied().collect(),
            detector: Detector::default(),
            noise: faults.noise.map(Noise::new),
            delayed: Vec::new(),
            reached: Vec::new(),
            quiet_ticks: QUIET_TICKS,
            skip: 0,
        }
    }

    /// `connected` and `start`.
    pub fn start(&mut self, out: &mut Vec<Output>) {
        out.push(Output::Send(Writer::connected()));
        if self.faults.start == Start::AfterMedia {
            out.push(Output::Send(self.writer.media(0, &[SILENCE; FRAME])));
        }
        let times = match self.faults.start {
            Start::Missing => 0,
            Start::Once | Start::AfterMedia => 1,
            Start::Twice => 2,
        };
        for _ in 0..times {
            out.push(Output::Send(self.writer.start(&self.report.parameters)));
        }
    }

    pub fn stop(&mut self) -> String {
        self.writer.stop()
    }

    /// The next 20 ms, beginning at `now` since the start of the stream.
    pub fn tick(&mut self, now: Duration, out: &mut Vec<Output>) {
        let played = self.playback.tick(now, &mut self.heard, &mut self.reached);
        if let Some(key) = self.detector.hear(&self.heard) {
            self.report.keys.push(key);
            self.turns.pressed(key);
        }
        let audible = played > 0 && speech::is_voiced(&self.heard);
        self.notice(now, audible, out);
        self.return_marks(now, out);
        let twin = Twin { audible, buffered: played > 0 || self.playback.is_buffered() };
        if let Some(cue) = self.turns.tick(now, twin, &mut self.spoken) {
            self.follow(now, cue, out);
        }
        if let Some(noise) = &mut self.noise {
            noise.mix(&mut self.spoken);
        }
        self.misbehave(now, out);
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let timestamp = now.as_millis();
        out.push(Output::Send(if self.report.frames_sent < u64::from(self.faults.bad_payloads) {
            self.writer.bad_media(timestamp)
        } else {
            self.writer.media(timestamp, &self.spoken)
        }));
        self.report.frames_sent += 1;
    }

    /// A text message of the server; a fault does not end the stream.
    pub fn receive(&mut self, now: Duration, text: &str, out: &mut Vec<Output>) -> Result<(), Fault> {
        match frames::read(text, &self.report.stream_sid)? {
            Incoming::Media(audio) => {
                self.report.frames_received += 1;
                self.report.bytes_received += audio.len() as u64;
                self.report.stale_frames += u64::from(self.is_stale());
                self.playback.media(audio);
            }
            Incoming::Mark(name) => self.reached.extend(self.playback.mark(now, name)),
            Incoming::Clear => self.clear(now, out),
        }
        if !self.reached.is_empty() && !self.playback.is_buffered() {
            self.return_marks(now, out);
        }
        Ok(())
    }

    pub fn finish(mut self) -> (Turns, StreamReport) {
        self.report.ledger = self.playback.into_ledger();
        (self.turns, self.report)
    }

    /// Nobody can have answered a caller who is still speaking: after a `clear` that is the old answer.
    fn is_stale(&self) -> bool {
        let cleared = |it: &Interruption| it.line == self.turns.line() && it.cleared_at.is_some();
        self.turns.is_speaking() && self.report.interruptions.last().is_some_and(cleared)
    }

    fn clear(&mut self, now: Duration, out: &mut Vec<Output>) {
        self.report.clears.push(now);
        if let Some(last) = self.report.interruptions.last_mut() {
            last.cleared_at.get_or_insert(now);
        }
        let due = now + self.faults.late_cleared_marks;
        for name in self.playback.clear(now) {
            if due == now {
                out.push(Output::Send(self.writer.mark(&name)));
            } else {
                self.delayed.push((due, name));
            }
        }
    }

    fn return_marks(&mut self, now: Duration, out: &mut Vec<Output>) {
        let due = now + self.faults.mark_delay;
        let reached = self.reached.drain(..).map(|name| (due, name));
        self.delayed.extend(reached);
        if self.delayed.is_empty() {
            return;
        }
        for (_, name) in self.delayed.extract_if(.., |(due, _)| *due <= now) {
            out.push(Output::Send(self.writer.mark(&name)));
        }
    }

    fn notice(&mut self, now: Duration, audible: bool, out: &mut Vec<Output>) {
        if audible {
            self.report.first_audible.get_or_insert(now);
            if self.quiet_ticks >= QUIET_TICKS {
                out.push(Output::Event(CallerEvent::TwinAudible));
            }
            self.quiet_ticks = 0;
        } else {
            self.quiet_ticks = self.quiet_ticks.saturating_add(1);
            if self.quiet_ticks == QUIET_TICKS {
                out.push(Output::Event(CallerEvent::TwinSilent));
            }
        }
    }

    fn follow(&mut self, now: Duration, cue: Cue, out: &mut Vec<Output>) {
        match cue {
            Cue::Began { line, text, over } => {
                self.playback.line_began(line);
                if over {
                    self.report.interruptions.push(Interruption { line, spoke_at: now, cleared_at: None });
                    out.push(Output::Event(CallerEvent::Interrupted));
                }
                out.push(Output::Event(CallerEvent::CallerSaid(text)));
            }
            Cue::Finished { .. } => {}
            Cue::HangUp => out.push(Output::HangUp),
        }
    }

    fn misbehave(&mut self, now: Duration, out: &mut Vec<Output>) {
        while let Some((_, key)) = self.keys.pop_front_if(|(at, _)| *at <= now) {
            out.push(Output::Send(self.writer.dtmf(key)));
        }
        let skip = &mut self.skip;
        self.faults.gaps.retain(|(at, frames)| {
            let later = *at > now;
            *skip += if later { 0 } else { *frames };
            later
        });
        if let Some((_, bytes)) = self.faults.oversize.take_if(|(at, _)| *at <= now) {
            out.push(Output::Send(self.writer.unknown(bytes)));
        }
        let second = now.subsec_nanos() < u32::try_from(TICK.as_nanos()).unwrap_or(u32::MAX);
        if self.faults.unknown_events && second {
            out.push(Output::Send(self.writer.unknown(0)));
        }
    }
}

#[cfg(test)]
mod tests;

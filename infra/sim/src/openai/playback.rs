//! What a call is played: the output audio buffer. It fills faster than it is heard, and only the server knows what
//! was; so it is cut here, and not by the client as over a WebSocket.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::speech::{FRAME, SILENCE, duration_ms};

/// How long a frame sounds.
const FRAME_TIME: Duration = Duration::from_millis(20);

/// Whose audio it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub response_id: String,
    pub item_id: String,
}

/// What was cut off, and how much of it was heard.
#[derive(Debug, PartialEq, Eq)]
pub struct Cut {
    pub source: Source,
    pub heard_ms: u64,
}

/// A stretch of one item.
#[derive(Debug)]
struct Chunk {
    source: Source,
    /// µ-law.
    audio: Bytes,
}

/// Audio that waits to be heard. The time of a frame is the end of the one before it.
#[derive(Debug, Default)]
pub struct Playback {
    chunks: VecDeque<Chunk>,
    /// What sounds, and µ-law bytes of it that were heard.
    current: Option<(Source, usize)>,
    due: Option<Instant>,
}

impl Playback {
    pub fn add(&mut self, source: Source, audio: Bytes, now: Instant) {
        if audio.is_empty() {
            return;
        }
        self.chunks.push_back(Chunk { source, audio });
        self.due = Some(self.due.map_or(now, |due| due.max(now)));
    }

    /// When the next frame is to be heard; none while there is nothing to hear.
    pub fn due(&self) -> Option<Instant> {
        self.due.filter(|_| !self.chunks.is_empty())
    }

    /// The item that sounds, or that sounded last and has not ended.
    pub fn current(&self) -> Option<&Source> {
        self.current.as_ref().map(|(source, _)| source)
    }

    /// Whether everything was heard that came.
    pub fn is_drained(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The item that the next frame is of.
    pub fn next(&self) -> Option<&Source> {
        self.chunks.front().map(|chunk| &chunk.source)
    }

    /// 20 ms of µ-law of one item, filled up with silence.
    pub fn frame(&mut self) -> Option<Vec<u8>> {
        let source = self.next()?.clone();
        let mut frame = Vec::with_capacity(FRAME);
        while let Some(chunk) = self.chunks.front_mut().filter(|chunk| chunk.source == source) {
            let audio = chunk.audio.split_to(chunk.audio.len().min(FRAME - frame.len()));
            frame.extend_from_slice(&audio);
            if !chunk.audio.is_empty() {
                break;
            }
            self.chunks.pop_front();
        }
        let before = self.current.take().filter(|(current, _)| *current == source);
        let heard = before.map_or(0, |(_, heard)| heard) + frame.len();
        self.current = Some((source, heard));
        self.due = self.due.map(|due| due + FRAME_TIME);
        frame.resize(FRAME, SILENCE);
        Some(frame)
    }

    /// Everything of the current item was heard.
    pub fn end(&mut self) -> Option<Source> {
        if self.chunks.is_empty() {
            self.due = None;
        }
        self.current.take().map(|(source, _)| source)
    }

    /// Drops what was not heard yet; none if nothing sounds.
    pub fn cut(&mut self) -> Option<Cut> {
        let waiting = self.chunks.drain(..).next().map(|chunk| (chunk.source, 0));
        self.due = None;
        let (source, heard) = self.current.take().or(waiting)?;
        Some(Cut { source, heard_ms: duration_ms(heard) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(item: &str) -> Source {
        Source { response_id: "resp_1".to_owned(), item_id: item.to_owned() }
    }

    fn audio(bytes: usize) -> Bytes {
        Bytes::from(vec![1; bytes])
    }

    #[test]
    fn frames_follow_each_other_in_the_time_that_they_take() {
        let (mut playback, now) = (Playback::default(), Instant::now());
        playback.add(source("a"), audio(100), now);
        playback.add(source("a"), audio(100), now);
        playback.add(source("b"), audio(10), now);
        assert_eq!(playback.due(), Some(now));
        assert_eq!(playback.frame().as_deref(), Some(&[1; FRAME][..]));
        assert_eq!(playback.due(), Some(now + FRAME_TIME));
        let short = playback.frame().expect("the rest of a");
        assert_eq!((short[39], short[40], short.len()), (1, SILENCE, FRAME));
        assert_eq!(playback.current(), Some(&source("a")));
        assert_eq!(playback.next(), Some(&source("b")));
        playback.frame().expect("b");
        assert!(playback.is_drained() && playback.due().is_none() && playback.frame().is_none());
        assert_eq!(playback.end(), Some(source("b")));
        let later = now + Duration::from_secs(1);
        playback.add(source("c"), audio(10), later);
        assert_eq!(playback.due(), Some(later));
    }

    #[test]
    fn what_is_cut_says_how_much_was_heard() {
        let (mut playback, now) = (Playback::default(), Instant::now());
        assert_eq!(playback.cut(), None);
        playback.add(source("a"), audio(1000), now);
        playback.frame().expect("a");
        playback.frame().expect("a");
        assert_eq!(playback.cut(), Some(Cut { source: source("a"), heard_ms: 40 }));
        assert_eq!((playback.cut(), playback.due()), (None, None));
        playback.add(source("b"), audio(1000), now);
        assert_eq!(playback.cut(), Some(Cut { source: source("b"), heard_ms: 0 }));
    }
}

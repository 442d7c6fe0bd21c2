//! Recordings of simulated calls: both tracks as µ-law, handed out as 16-bit WAV.

use std::time::Duration;

use audio_codec_algorithms::decode_ulaw;

use super::{new_sid, rfc2822, twiml::Target};
use crate::speech::{SILENCE, duration_ms};

/// No recording grows over this many bytes a track: ten minutes.
const LONGEST: usize = 600 * 8000;
/// Of one channel, in bytes.
pub const LARGEST_WAV: usize = 44 + 2 * LONGEST;

#[derive(Debug, Clone)]
pub struct Recording {
    pub sid: String,
    /// `StartCallRecordingTwiML`, `StartCallRecordingAPI` or `RecordVerb`.
    pub source: &'static str,
    /// `in-progress`, `paused`, `stopped` or `completed`.
    pub status: &'static str,
    pub dual: bool,
    pub started: jiff::Timestamp,
    /// Where to tell that it is complete; taken when told.
    pub callback: Option<Target>,
    caller: Vec<u8>,
    twin: Vec<u8>,
}

impl Recording {
    pub fn start(source: &'static str, dual: bool, callback: Option<Target>) -> Self {
        Self {
            sid: new_sid("RE"),
            source,
            status: "in-progress",
            dual,
            started: jiff::Timestamp::now(),
            callback,
            caller: Vec::new(),
            twin: Vec::new(),
        }
    }

    /// A message that was left.
    pub fn left(audio: &[u8], callback: Option<Target>) -> Self {
        let mut recording = Self::start("RecordVerb", false, callback);
        recording.push(audio, &vec![SILENCE; audio.len()]);
        recording.status = "completed";
        recording
    }

    /// One that was left in another process, which has told of it.
    pub fn heard(sid: String, audio: &[u8]) -> Self {
        Self { sid, ..Self::left(audio, None) }
    }

    /// The same stretch of time of both sides.
    pub fn push(&mut self, caller: &[u8], twin: &[u8]) {
        if self.status == "in-progress" && self.caller.len() < LONGEST {
            self.caller.extend_from_slice(caller);
            self.twin.extend_from_slice(twin);
        }
    }

    pub fn is_open(&self) -> bool {
        matches!(self.status, "in-progress" | "paused")
    }

    pub fn duration(&self) -> Duration {
        Duration::from_millis(duration_ms(self.caller.len()))
    }

    /// The form that a recording status callback carries, besides `AccountSid` and `CallSid`.
    pub fn callback_params(&self, url: &str) -> Vec<(String, String)> {
        let channels = if self.dual { "2" } else { "1" };
        let params = [
            ("RecordingSid", self.sid.clone()),
            ("RecordingUrl", url.to_owned()),
            // However it came to its end.
            ("RecordingStatus", "completed".to_owned()),
            ("RecordingDuration", self.duration().as_secs().to_string()),
            ("RecordingChannels", channels.to_owned()),
            ("RecordingSource", self.source.to_owned()),
            ("RecordingStartTime", rfc2822(self.started)),
            ("RecordingTrack", "both".to_owned()),
        ];
        params.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// A WAV file, 16 bit, 8 kHz; with two channels the caller is the first.
    pub fn wav(&self, two_channels: bool) -> Vec<u8> {
        let pairs =
            self.caller.iter().zip(&self.twin).map(|(&caller, &twin)| [caller, twin].map(decode_ulaw));
        let samples: Vec<i16> = if two_channels {
            pairs.flatten().collect()
        } else {
            pairs.map(|[caller, twin]| caller.saturating_add(twin)).collect()
        };
        wav(&samples, if two_channels { 2 } else { 1 })
    }
}

fn wav(samples: &[i16], channels: u16) -> Vec<u8> {
    let length = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut file = Vec::with_capacity(samples.len() * 2 + 44);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + length).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    for field in [1, channels] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    file.extend_from_slice(&8000_u32.to_le_bytes());
    file.extend_from_slice(&(16_000 * u32::from(channels)).to_le_bytes());
    for field in [2 * channels, 16] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_a_wav_of_one_or_two_channels() {
        let mut recording = Recording::start("StartCallRecordingAPI", true, None);
        recording.push(&[0x80; 160], &[0xFF; 160]);
        recording.status = "paused";
        recording.push(&[0x80; 160], &[0xFF; 160]);
        assert_eq!(recording.duration(), Duration::from_millis(20));
        let mono = recording.wav(false);
        assert_eq!((mono.len(), &mono[..4], &mono[8..16]), (44 + 320, &b"RIFF"[..], &b"WAVEfmt "[..]));
        assert_eq!(mono[44..46], decode_ulaw(0x80).to_le_bytes());
        let dual = recording.wav(true);
        assert_eq!((dual.len(), dual[22]), (44 + 640, 2));
        assert_eq!(dual[46..48], decode_ulaw(0xFF).to_le_bytes());
    }
}

//! Audio as it travels in a call (RFC 7587), from and to µ-law at 8 kHz.

use audio_codec_algorithms::{decode_ulaw, encode_ulaw};
use ropus::{Application, Channels, DecodeError, DecodeMode, Decoder, EncodeError, Encoder};

/// Of everything inside. The codec resamples: its clock on the wire is 48 kHz whatever we ask it for.
const RATE: u32 = 8000;
/// Samples of 120 ms, the longest packet.
const LONGEST_PACKET: usize = 960;
/// Bytes of a frame of 20 ms at the highest bit rate.
const LARGEST_PACKET: usize = 1275;
/// Of 10: a simulator's voice need not be the best.
const COMPLEXITY: u8 = 1;

#[derive(Debug, thiserror::Error)]
pub enum OpusError {
    #[error("the codec does not begin: {0}")]
    Begin(String),
    #[error("a packet that is no Opus: {0}")]
    Decode(#[from] DecodeError),
    #[error("audio that is no frame: {0}")]
    Encode(#[from] EncodeError),
}

/// Both directions of one call.
pub struct Opus {
    encoder: Encoder,
    decoder: Decoder,
}

impl Opus {
    pub fn new() -> Result<Self, OpusError> {
        let begin = |error: String| OpusError::Begin(error);
        let encoder = Encoder::builder(RATE, Channels::Mono, Application::Voip).complexity(COMPLEXITY);
        Ok(Self {
            encoder: encoder.build().map_err(|error| begin(error.to_string()))?,
            decoder: Decoder::new(RATE, Channels::Mono).map_err(|error| begin(error.to_string()))?,
        })
    }

    /// µ-law of a packet.
    pub fn decode(&mut self, packet: &[u8]) -> Result<Vec<u8>, OpusError> {
        let mut samples = [0; LONGEST_PACKET];
        let count = self.decoder.decode(packet, &mut samples, DecodeMode::Normal)?;
        Ok(samples.iter().take(count).map(|&sample| encode_ulaw(sample)).collect())
    }

    /// A packet of 20 ms of µ-law.
    pub fn encode(&mut self, ulaw: &[u8]) -> Result<Vec<u8>, OpusError> {
        let samples: Vec<i16> = ulaw.iter().map(|&byte| decode_ulaw(byte)).collect();
        let mut packet = vec![0; LARGEST_PACKET];
        let length = self.encoder.encode(&samples, &mut packet)?;
        packet.truncate(length);
        Ok(packet)
    }
}

impl std::fmt::Debug for Opus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Opus")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{FRAME, recognise, speak};

    const LINE: &str = "Perfect, thank you. Goodbye.";

    #[test]
    fn speech_comes_back_and_stays_recognisable() {
        let mut opus = Opus::new().expect("begins");
        let mut heard = Vec::new();
        for frame in speak(LINE).chunks(FRAME) {
            let packet = opus.encode(frame).expect("a frame");
            assert!(packet.len() < FRAME, "smaller than what it holds");
            heard.extend(opus.decode(&packet).expect("a packet"));
        }
        assert_eq!(heard.len(), speak(LINE).len());
        let recognised = recognise(&heard).expect("recognised");
        assert_eq!(recognised.text, LINE);
        assert!(recognised.coverage > 0.9, "{}", recognised.coverage);
    }

    #[test]
    fn what_is_no_packet_or_frame_is_an_error() {
        let mut opus = Opus::new().expect("begins");
        assert!(opus.decode(&[0xFF]).is_err());
        assert!(opus.encode(&[0; 3]).is_err());
    }
}

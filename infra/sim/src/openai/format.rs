//! The three audio formats of the Realtime API. Inside, everything is µ-law at 8 kHz.

use std::borrow::Cow;

use audio_codec_algorithms::{convert_alaw_to_ulaw, convert_ulaw_to_alaw, decode_ulaw, encode_ulaw};
use bytes::Bytes;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// 16-bit little endian, 24 kHz.
    Pcm,
    Pcmu,
    Pcma,
}

/// Samples at 24 kHz for one at 8 kHz.
const RATIO: usize = 3;

impl Format {
    /// By its `type`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "audio/pcm" => Some(Self::Pcm),
            "audio/pcmu" => Some(Self::Pcmu),
            "audio/pcma" => Some(Self::Pcma),
            _ => None,
        }
    }

    /// µ-law of what came in. A PCM chunk's last bytes that are no whole sample at 8 kHz are lost.
    pub fn to_ulaw(self, audio: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Pcmu => Cow::Borrowed(audio),
            Self::Pcma => audio.iter().map(|&byte| convert_alaw_to_ulaw(byte)).collect(),
            Self::Pcm => audio
                .chunks_exact(2 * RATIO)
                .map(|samples| encode_ulaw(i16::from_le_bytes([samples[0], samples[1]])))
                .collect(),
        }
    }

    pub fn of_ulaw(self, ulaw: Bytes) -> Bytes {
        match self {
            Self::Pcmu => ulaw,
            Self::Pcma => ulaw.iter().map(|&byte| convert_ulaw_to_alaw(byte)).collect(),
            Self::Pcm => {
                ulaw.iter().flat_map(|&byte| [decode_ulaw(byte).to_le_bytes(); RATIO]).flatten().collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech;

    #[test]
    fn pcm_comes_back_and_stays_recognisable() {
        let text = "Perfect, thank you. Goodbye.";
        let pcm = Format::Pcm.of_ulaw(Bytes::from_owner(speech::speak(text)));
        assert_eq!(pcm.len(), 6 * speech::speak(text).len());
        let heard = speech::recognise(&Format::Pcm.to_ulaw(&pcm)).expect("recognised");
        assert_eq!(heard.text, text);
    }
}

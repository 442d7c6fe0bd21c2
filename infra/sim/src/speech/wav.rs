//! Speech from a .wav file.

use audio_codec_algorithms::encode_ulaw;

use super::{FRAME, SILENCE};

const PCM: u16 = 1;
const ULAW: u16 = 7;
/// `WAVE_FORMAT_EXTENSIBLE`: the real format is in the first bytes of the sub-format.
const EXTENSIBLE: u16 = 0xFFFE;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    #[error("not a .wav file")]
    NotWav,
    #[error("the .wav file ends in the middle of a chunk, or lacks `fmt ` or `data`")]
    Incomplete,
    #[error(
        "needed: 8 kHz, mono, 16-bit PCM or 8-bit µ-law; the file has: {rate} Hz, {channels} channels, \
         {bits} bits, format {format}. Convert it: sox in.wav -r 8000 -c 1 -b 16 out.wav"
    )]
    Unsupported { rate: u32, channels: u16, bits: u16, format: u16 },
}

/// µ-law bytes, padded with silence to whole [`FRAME`]s, of a RIFF file with 8 kHz mono PCM16 or µ-law.
pub fn from_wav(file: &[u8]) -> Result<Vec<u8>, WavError> {
    let [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', rest @ ..] = file else {
        return Err(WavError::NotWav);
    };
    let mut rest = rest;
    let mut format = None;
    loop {
        let (id, body, after) = chunk(rest).ok_or(WavError::Incomplete)?;
        match id {
            b"fmt " => format = Some(Format::read(body).ok_or(WavError::Incomplete)?),
            b"data" => {
                let mut audio = format.ok_or(WavError::Incomplete)?.decode(body)?;
                audio.resize(audio.len().next_multiple_of(FRAME), SILENCE);
                return Ok(audio);
            }
            _ => {}
        }
        rest = after;
    }
}

/// The id, body and remainder. A `data` chunk may claim more than there is: streamed files do.
fn chunk(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (id, rest) = bytes.split_first_chunk::<4>()?;
    let (size, rest) = rest.split_first_chunk::<4>()?;
    let size = u32::from_le_bytes(*size) as usize;
    let size = if id == b"data" { size.min(rest.len()) } else { size };
    let body = rest.get(..size)?;
    Some((id, body, rest.get(size.next_multiple_of(2)..).unwrap_or_default()))
}

struct Format {
    code: u16,
    channels: u16,
    rate: u32,
    bits: u16,
}

impl Format {
    fn read(body: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u16::from_le_bytes(*body.get(at..)?.first_chunk()?));
        let code = word(0).filter(|code| *code != EXTENSIBLE).or_else(|| word(24))?;
        Some(Self {
            code,
            channels: word(2)?,
            rate: u32::from_le_bytes(*body.get(4..)?.first_chunk()?),
            bits: word(14)?,
        })
    }

    fn decode(self, data: &[u8]) -> Result<Vec<u8>, WavError> {
        match self {
            Self { code: PCM, channels: 1, rate: 8000, bits: 16 } => Ok(data
                .chunks_exact(2)
                .map(|sample| encode_ulaw(i16::from_le_bytes([sample[0], sample[1]])))
                .collect()),
            Self { code: ULAW, channels: 1, rate: 8000, bits: 8 } => Ok(data.to_vec()),
            Self { code: format, channels, rate, bits } => {
                Err(WavError::Unsupported { rate, channels, bits, format })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use audio_codec_algorithms::decode_ulaw;

    use super::*;
    use crate::speech::speak;

    fn wav(format: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
        file.extend([format, 1].map(u16::to_le_bytes).as_flattened());
        file.extend(rate.to_le_bytes());
        file.extend((rate * u32::from(bits) / 8).to_le_bytes());
        file.extend([bits / 8, bits].map(u16::to_le_bytes).as_flattened());
        file.extend(b"data");
        file.extend(u32::try_from(data.len()).expect("short").to_le_bytes());
        file.extend(data);
        file
    }

    #[test]
    fn ulaw_and_pcm_give_the_same_bytes() {
        let spoken = speak("I see.");
        let pcm = spoken.iter().flat_map(|&byte| decode_ulaw(byte).to_le_bytes()).collect::<Vec<_>>();
        assert_eq!(from_wav(&wav(ULAW, 8000, 8, &spoken)).as_deref(), Ok(&*spoken));
        assert_eq!(from_wav(&wav(PCM, 8000, 16, &pcm)).as_deref(), Ok(&*spoken));
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        assert_eq!(from_wav(b"OggS"), Err(WavError::NotWav));
        assert_eq!(from_wav(b"RIFF\0\0\0\0WAVEdata\0\0\0\0"), Err(WavError::Incomplete));
        let refused = from_wav(&wav(PCM, 44_100, 16, &[0; 4])).expect_err("44.1 kHz");
        assert!(refused.to_string().contains("44100 Hz"), "{refused}");
    }
}

//! What the other side of a call said, out of its recording: cut at its pauses, because a transcript alone does not say
//! when something was said.

/// Samples a second.
const RATE: usize = 8000;
/// 20 ms.
const FRAME: usize = RATE / 50;
/// The root mean square from which a frame is taken for voice: about −40 dB of full scale.
const VOICED: f64 = 300.0;
/// Frames: as long as somebody takes to breathe.
const PAUSE: usize = 40;
/// Around what is said.
const PAD: usize = 10;
/// Less than this is a click.
const SHORTEST: usize = 6;
/// 30 s.
const LONGEST: usize = 1500;
/// So many of one recording.
pub const MOST: usize = 300;

/// Without a pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Milliseconds since the recording began.
    pub from: u64,
    pub to: u64,
    samples: Vec<i16>,
}

impl Stretch {
    /// WAV, 16 bit, 8 kHz, one channel.
    pub fn wav(&self) -> Vec<u8> {
        let length = u32::try_from(self.samples.len() * 2).unwrap_or_default();
        let mut file = b"RIFF".to_vec();
        file.extend((36 + length).to_le_bytes());
        file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
        file.extend(length.to_le_bytes());
        file.extend(self.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        file
    }
}

/// Of a recording with each side on a channel, of which the first is whoever we talk with. `None`: it is none.
pub fn theirs(file: &[u8]) -> Option<Vec<Stretch>> {
    Some(stretches(&first_channel(file, 2)?))
}

/// Of a message, in which nobody else speaks. `None`: it is none.
pub fn message(file: &[u8]) -> Option<Vec<Stretch>> {
    Some(stretches(&first_channel(file, 1)?))
}

/// 16 bit, 8 kHz, of so many channels.
fn first_channel(file: &[u8], channels: u8) -> Option<Vec<i16>> {
    let [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', rest @ ..] = file else { return None };
    let (mut rest, mut is_ours) = (rest, false);
    while let Some((id, after)) = rest.split_first_chunk::<4>() {
        let (size, after) = after.split_first_chunk::<4>()?;
        // Of what was streamed, the length may not be known.
        let size = usize::try_from(u32::from_le_bytes(*size)).ok()?.min(after.len());
        let (body, after) = after.split_at(size);
        match id {
            // PCM, so many channels, at 8,000, 16 bit.
            b"fmt " => {
                let begins = [1, 0, channels, 0, 0x40, 0x1f, 0, 0];
                is_ours = body.starts_with(&begins) && body.get(14..16) == Some(b"\x10\0");
            }
            b"data" if is_ours => {
                let moments = body.chunks_exact(2 * usize::from(channels));
                let samples = moments.map(|all| i16::from_le_bytes([all[0], all[1]]));
                return Some(samples.collect());
            }
            _ => {}
        }
        rest = after.get(size % 2..).unwrap_or_default();
    }
    None
}

fn stretches(samples: &[i16]) -> Vec<Stretch> {
    let frames: Vec<bool> = samples.chunks(FRAME).map(is_voiced).collect();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for at in (0..frames.len()).filter(|at| frames[*at]) {
        match found.last_mut() {
            Some((from, to)) if at - *to < PAUSE && at - *from < LONGEST => *to = at + 1,
            _ => found.push((at, at + 1)),
        }
    }
    let said = |&(from, to): &(usize, usize)| frames[from..to].iter().filter(|voiced| **voiced).count();
    let longer = found.into_iter().filter(|stretch| said(stretch) >= SHORTEST);
    let cut = |(from, to): (usize, usize)| {
        let begin = from.saturating_sub(PAD) * FRAME;
        let end = ((to + PAD) * FRAME).min(samples.len());
        Stretch {
            from: ms(from * FRAME),
            to: ms((to * FRAME).min(samples.len())),
            samples: samples[begin..end].to_vec(),
        }
    };
    longer.map(cut).take(MOST).collect()
}

fn is_voiced(frame: &[i16]) -> bool {
    let sum: f64 = frame.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    #[expect(clippy::cast_precision_loss, reason = "160 samples at most")]
    let length = frame.len() as f64;
    (sum / length).sqrt() >= VOICED
}

fn ms(samples: usize) -> u64 {
    u64::try_from(samples * 1000 / RATE).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Voice for so many frames, silence for so many, and on.
    fn side(frames: &[usize]) -> Vec<i16> {
        let loud = |index: usize| if index.is_multiple_of(2) { 2000 } else { 0 };
        frames.iter().enumerate().flat_map(|(index, frames)| vec![loud(index); frames * FRAME]).collect()
    }

    fn times(samples: &[i16]) -> Vec<(u64, u64)> {
        stretches(samples).iter().map(|stretch| (stretch.from, stretch.to)).collect()
    }

    #[test]
    fn what_is_said_is_cut_at_pauses() {
        // A sentence with a breath in it, a pause of a second, a click, another sentence.
        let samples = side(&[50, 20, 50, 50, 3, 60, 25, 100]);
        assert_eq!(times(&samples), [(0, 2400), (4660, 5160)]);
        let padded = &stretches(&samples)[1].samples;
        assert_eq!(padded.len(), (25 + 2 * PAD) * FRAME);
        assert_eq!(times(&side(&[2000])), [(0, 30_000), (30_000, 40_000)], "no longer than half a minute");
        assert!(times(&[]).is_empty() && times(&side(&[0, 500])).is_empty());
    }

    #[test]
    fn a_recording_has_each_side_on_a_channel() {
        let (theirs_alone, ours) = (side(&[20, 5]), side(&[0, 25]));
        let both = theirs_alone.iter().zip(&ours).flat_map(|(theirs, ours)| [*theirs, *ours]).collect();
        let mut file = Stretch { from: 0, to: 0, samples: both }.wav();
        assert_eq!(theirs(&file), None, "one channel is both sides");
        assert_eq!(message(&file).unwrap()[0].from, 0, "or a message");
        file[22] = 2;
        assert_eq!(message(&file), None);
        let found = theirs(&file).unwrap();
        assert_eq!((found.len(), found[0].from, found[0].to), (1, 0, 400));
        assert_eq!(theirs(b"OggS"), None);
        assert_eq!(theirs(&file[..40]), None, "it was cut off before anything was heard");
    }
}

//! How alike two stretches of speech sound: what a codec, a microphone and a room leave of a line is its loudness over
//! time, low and high.

use audio_codec_algorithms::decode_ulaw;

use super::FRAME;

/// Less than this (500 ms) in common says nothing.
const FEWEST_FRAMES: usize = 25;
/// Of full scale, in decibels: what is quieter is silence.
const FLOOR: f32 = -50.0;
/// From here on somebody speaks.
const VOICED: f32 = -40.0;
/// Of what was spoken, what has to be of the line: a short one is not found in the middle of a long one.
const LEAST_OF_HEARD_PERCENT: usize = 70;
/// Part of a line that has to have arrived.
const LEAST_PERCENT: usize = 40;

/// Decibels below and above some 2 kHz, a frame of 20 ms each.
#[derive(Debug)]
pub struct Sound(Vec<[f32; 2]>);

/// How a line is found in what was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// The correlation where both overlap, −1 to 1.
    pub correlation: f32,
    /// The share of the line that overlaps, 0 to 1.
    pub coverage: f32,
}

impl Likeness {
    /// Of two, the better: more of a line weighs more.
    pub fn weight(self) -> f32 {
        self.correlation * self.coverage.sqrt()
    }
}

impl Sound {
    /// Of µ-law.
    pub fn of(ulaw: &[u8]) -> Self {
        Self(ulaw.chunks_exact(FRAME).map(frame).collect())
    }

    /// Where this line is in `heard`, at its best; none if nowhere for long enough.
    pub fn within(&self, heard: &Self) -> Option<Likeness> {
        let (line, heard) = (&self.0, &heard.0);
        let spoken = voiced(heard) * LEAST_OF_HEARD_PERCENT / 100;
        let least = FEWEST_FRAMES.max(part(line.len())).min(line.len());
        // The line begins `before` frames before what was heard, or `after` frames into it.
        let earlier = (1..line.len()).map(|before| (&line[before..], &heard[..]));
        let later = (0..heard.len()).map(|after| (&line[..], &heard[after..]));
        let overlaps = earlier.chain(later).map(|(line, heard)| {
            let length = line.len().min(heard.len());
            (&line[..length], &heard[..length])
        });
        overlaps
            .filter(|(overlap, heard)| overlap.len() >= least && voiced(heard) >= spoken)
            .map(|(part, heard)| Likeness {
                correlation: correlation(part, heard),
                coverage: number(part.len()) / number(line.len()),
            })
            .max_by(|one, other| one.weight().total_cmp(&other.weight()))
    }
}

fn part(frames: usize) -> usize {
    frames * LEAST_PERCENT / 100
}

fn voiced(frames: &[[f32; 2]]) -> usize {
    frames.iter().filter(|[low, _]| *low >= VOICED).count()
}

/// The sum of two neighbours is what is low, their difference what is high.
fn frame(ulaw: &[u8]) -> [f32; 2] {
    let (mut low, mut high, mut last) = (0.0, 0.0, 0.0);
    for &byte in ulaw {
        let sample = f32::from(decode_ulaw(byte)) / 32768.0;
        low += (sample + last) * (sample + last);
        high += (sample - last) * (sample - last);
        last = sample;
    }
    [low, high].map(|sum| (10.0 * (sum / number(FRAME)).max(1e-9).log10()).max(FLOOR))
}

/// Of both halves together, each about its own mean.
fn correlation(one: &[[f32; 2]], other: &[[f32; 2]]) -> f32 {
    let (mut both, mut ones, mut others) = (0.0, 0.0, 0.0);
    for half in 0..2 {
        let mean = |all: &[[f32; 2]]| all.iter().map(|frame| frame[half]).sum::<f32>() / number(all.len());
        let (mean_one, mean_other) = (mean(one), mean(other));
        for (a, b) in one.iter().zip(other) {
            let (a, b) = (a[half] - mean_one, b[half] - mean_other);
            both += a * b;
            ones += a * a;
            others += b * b;
        }
    }
    if ones * others == 0.0 { 0.0 } else { both / (ones * others).sqrt() }
}

fn number(count: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "samples or frames of a line")]
    let number = count as f32;
    number
}

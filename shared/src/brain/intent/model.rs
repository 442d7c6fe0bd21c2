//! Multinomial logistic regression over hashed features, trained by stochastic gradient descent in a fixed order:
//! the same data gives the same model.
#![allow(clippy::cast_precision_loss, reason = "examples are thousands")]

use super::features::{BUCKETS, Feature, Words};

const EPOCHS: usize = 4;
/// Falls to zero over the epochs.
const LEARNING_RATE: f32 = 4.0;
/// The bias learns slower.
const BIAS_RATE: f32 = 0.05;
const SEED: u32 = 12_345;
/// Room for each label's weight; rows of this length are added up fast.
const LABELS: usize = 20;

type Row = [f32; LABELS];
type Example = Vec<(usize, f32)>;

pub struct Model {
    labels: Vec<&'static str>,
    /// Inverse document frequency of each bucket.
    idf: Vec<f32>,
    weights: Vec<Row>,
    bias: Row,
}

impl Model {
    /// From lines `label<TAB>utterance`, of at most 20 labels.
    pub fn train(lines: &'static str) -> Self {
        let mut words = Words::default();
        let mut labels: Vec<&str> = Vec::new();
        let mut examples: Vec<(usize, Vec<Feature>)> = Vec::new();
        for (label, utterance) in lines.lines().filter_map(|line| line.split_once('\t')) {
            let known = labels.iter().position(|known| *known == label);
            let label = known.unwrap_or_else(|| {
                labels.push(label);
                labels.len() - 1
            });
            if label < LABELS {
                examples.push((label, words.features(utterance)));
            }
        }
        let idf = idf(&examples);
        let mut model = Self { labels, idf, weights: vec![[0.0; LABELS]; BUCKETS], bias: [0.0; LABELS] };
        let examples: Vec<(usize, Example)> =
            examples.into_iter().map(|(label, features)| (label, model.weighed(&features))).collect();
        model.descend(&examples);
        model
    }

    /// The likeliest label, and its probability.
    pub fn predict(&self, utterance: &str) -> (&'static str, f32) {
        let example = self.weighed(&Words::default().features(utterance));
        let probabilities = self.probabilities(&example);
        let likeliest = self.labels.iter().zip(probabilities);
        likeliest.fold(
            ("", 0.0),
            |best, (label, probability)| {
                if probability > best.1 { (label, probability) } else { best }
            },
        )
    }

    fn descend(&mut self, examples: &[(usize, Example)]) {
        let (mut seed, mut step) = (SEED, 0);
        let steps = EPOCHS * examples.len();
        for _ in 0..EPOCHS {
            for at in shuffled(examples.len(), &mut seed) {
                let (label, example) = &examples[at];
                let rate = LEARNING_RATE * (1.0 - step as f32 / steps as f32);
                step += 1;
                let mut gradient = self.probabilities(example);
                gradient[*label] -= 1.0;
                for part in &mut gradient {
                    *part *= rate;
                }
                add(&mut self.bias, &gradient, -BIAS_RATE);
                for (bucket, value) in example {
                    add(&mut self.weights[*bucket], &gradient, -value);
                }
            }
        }
    }

    fn probabilities(&self, example: &Example) -> Row {
        let mut sums = self.bias;
        for (bucket, value) in example {
            add(&mut sums, &self.weights[*bucket], *value);
        }
        let used = self.labels.len().min(LABELS);
        let most = sums[..used].iter().copied().fold(f32::MIN, f32::max);
        let mut total = 0.0;
        for (at, sum) in sums.iter_mut().enumerate() {
            *sum = if at < used { (*sum - most).exp() } else { 0.0 };
            total += *sum;
        }
        sums.map(|sum| sum / total)
    }

    /// Features as a vector of length one.
    fn weighed(&self, features: &[Feature]) -> Example {
        let value =
            |feature: &Feature| (1.0 + feature.count.ln()) * self.idf[feature.bucket] * feature.weight;
        let length = features.iter().map(|feature| value(feature).powi(2)).sum::<f32>().sqrt();
        features.iter().map(|feature| (feature.bucket, value(feature) / length)).collect()
    }
}

fn add(row: &mut Row, other: &Row, times: f32) {
    for (part, other) in row.iter_mut().zip(other) {
        *part += times * other;
    }
}

fn idf(examples: &[(usize, Vec<Feature>)]) -> Vec<f32> {
    let mut holders = vec![0.0_f32; BUCKETS];
    for feature in examples.iter().flat_map(|(_, features)| features) {
        holders[feature.bucket] += 1.0;
    }
    let all = examples.len() as f32;
    holders.into_iter().map(|holders| ((1.0 + all) / (1.0 + holders)).ln() + 1.0).collect()
}

/// Fisher-Yates with a linear congruential generator (Numerical Recipes).
fn shuffled(count: usize, seed: &mut u32) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        order.swap(last, (*seed >> 8) as usize % (last + 1));
    }
    order
}

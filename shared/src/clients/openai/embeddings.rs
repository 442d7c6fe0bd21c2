//! `POST /embeddings`: texts to vectors. Source: OpenAI, "Create embeddings".

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::error::TextError;
use super::http::MOST_BODY;
use super::price::Usage;

/// Of one request, by the API's rule.
const MOST_INPUTS: usize = 2048;
/// Of one request. The API's rule is 300,000 tokens, and no token is shorter than a byte.
const MOST_BYTES: usize = 300_000;
/// Around each vector in an answer, at most: `{"object":"embedding","index":…,"embedding":"…"},`, pretty-printed.
const AROUND_VECTOR: usize = 160;
/// Around all vectors in an answer, at most.
const AROUND_ALL: usize = 4096;

#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One for each text, in their order, each of the configured dimensions.
    pub vectors: Vec<Vec<f32>>,
    pub usage: Usage,
}

#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    pub model: &'a str,
    pub input: &'a [String],
    pub dimensions: usize,
    pub encoding_format: &'static str,
}

/// Which texts go together: neither request nor answer may be too long.
pub(super) fn batches(texts: &[String], dimensions: usize) -> Result<Vec<Range<usize>>, TextError> {
    if dimensions == 0 {
        return Err(TextError::Invalid("vectors have at least one dimension"));
    }
    let most = MOST_INPUTS.min((MOST_BODY - AROUND_ALL) / answer_bytes(dimensions)).max(1);
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (n, text) in texts.iter().enumerate() {
        match text.len() {
            0 => return Err(TextError::Invalid("an empty text has no vector")),
            1..=MOST_BYTES => {}
            _ => return Err(TextError::Invalid("a text is too long for a vector")),
        }
        if n - start == most || bytes + text.len() > MOST_BYTES {
            batches.push(start..n);
            (start, bytes) = (n, 0);
        }
        bytes += text.len();
    }
    if start < texts.len() {
        batches.push(start..texts.len());
    }
    Ok(batches)
}

/// Of one vector in an answer: four bytes for each dimension, in base64.
fn answer_bytes(dimensions: usize) -> usize {
    dimensions.saturating_mul(4).div_ceil(3).saturating_mul(4).saturating_add(AROUND_VECTOR)
}

#[derive(Debug, Deserialize)]
struct Answer {
    data: Vec<Entry>,
    usage: Tokens,
}

#[derive(Debug, Deserialize)]
struct Entry {
    index: usize,
    /// Floats, little endian, in base64.
    embedding: String,
}

#[derive(Debug, Deserialize)]
struct Tokens {
    prompt_tokens: u64,
}

/// The vectors of one answer in the order of its texts, which may not be that of its entries.
pub(super) fn parse(body: &[u8], count: usize, dimensions: usize) -> Result<Embedded, TextError> {
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| TextError::Malformed("no list of vectors"))?;
    let mut entries = answer.data;
    entries.sort_by_key(|entry| entry.index);
    if entries.len() != count || !entries.iter().enumerate().all(|(n, entry)| entry.index == n) {
        return Err(TextError::Malformed("not one vector for each text"));
    }
    let vectors =
        entries.iter().map(|entry| decode(&entry.embedding, dimensions)).collect::<Result<_, _>>()?;
    let usage = Usage { input_tokens: answer.usage.prompt_tokens, ..Usage::default() };
    Ok(Embedded { vectors, usage })
}

fn decode(text: &str, dimensions: usize) -> Result<Vec<f32>, TextError> {
    let bytes = STANDARD.decode(text).map_err(|_| TextError::Malformed("a vector that is no base64"))?;
    let (floats, rest) = bytes.as_chunks::<4>();
    let vector: Vec<f32> = floats.iter().copied().map(f32::from_le_bytes).collect();
    if !rest.is_empty() || vector.len() != dimensions {
        return Err(TextError::Malformed("a vector of other dimensions"));
    }
    if !vector.iter().all(|value| value.is_finite()) {
        return Err(TextError::Malformed("a vector with no numbers in it"));
    }
    Ok(vector)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn of_lengths(lengths: &[usize]) -> Vec<String> {
        lengths.iter().map(|length| "x".repeat(*length)).collect()
    }

    fn entry(index: usize, vector: &[f32]) -> Value {
        let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
        json!({"object": "embedding", "index": index, "embedding": STANDARD.encode(bytes)})
    }

    fn parsed(data: &[Value]) -> Result<Embedded, TextError> {
        let body = json!({"data": data, "usage": {"prompt_tokens": 3, "total_tokens": 3}});
        parse(body.to_string().as_bytes(), 2, 2)
    }

    #[test]
    fn batches_keep_within_the_limits() {
        assert!(batches(&[], 8).unwrap().is_empty());
        assert_eq!(batches(&of_lengths(&[200_000, 100_000, 1]), 8).unwrap(), [0..2, 2..3]);
        assert_eq!(batches(&of_lengths(&vec![1; 2049]), 8).unwrap(), [0..2048, 2048..2049]);
        let first = batches(&of_lengths(&vec![1; 600]), 1536).unwrap()[0].clone();
        assert_eq!(first, 0..501, "an answer of 4 MiB has room for no more");
        assert!(batches(&of_lengths(&[1, 0]), 8).is_err());
        assert!(batches(&of_lengths(&[MOST_BYTES + 1]), 8).is_err());
        assert!(batches(&of_lengths(&[1]), 0).is_err());
    }

    #[test]
    fn vectors_come_in_the_order_of_the_texts() {
        let embedded = parsed(&[entry(1, &[0.0, 1.0]), entry(0, &[-1.5, 0.0])]).unwrap();
        assert_eq!(embedded.vectors, [[-1.5, 0.0], [0.0, 1.0]]);
        assert_eq!(embedded.usage.input_tokens, 3);
    }

    #[test]
    fn other_answers_are_malformed() {
        let good = entry(0, &[1.0, 0.0]);
        for odd in [
            vec![good.clone()],
            vec![good.clone(), good.clone()],
            vec![good.clone(), entry(2, &[1.0, 0.0])],
            vec![good.clone(), entry(1, &[1.0])],
            vec![good.clone(), entry(1, &[f32::NAN, 0.0])],
            vec![good.clone(), json!({"index": 1, "embedding": "AAAAAAAAAA"})],
            vec![good, json!({"index": 1, "embedding": [1.0, 0.0]})],
        ] {
            assert!(matches!(parsed(&odd), Err(TextError::Malformed(_))), "{odd:?}");
        }
    }

    proptest! {
        #[test]
        fn each_text_is_in_one_batch(lengths in prop::collection::vec(1_usize..MOST_BYTES, 0..40)) {
            let batches = batches(&of_lengths(&lengths), 1536).unwrap();
            prop_assert_eq!(batches.iter().cloned().flatten().collect::<Vec<_>>(), (0..lengths.len()).collect::<Vec<_>>());
            for batch in batches {
                prop_assert!(!batch.is_empty() && lengths[batch].iter().sum::<usize>() <= MOST_BYTES);
            }
        }
    }
}

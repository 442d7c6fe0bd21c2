//! How large the streams of a PDF become when they are unpacked, found before anything keeps them in memory.

use std::io::Read;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro_interpret::hayro_syntax::object::Object;
use hayro_interpret::hayro_syntax::{Filter, Pdf};

use crate::file::error::ImportError;

const STREAM_LIMIT: usize = 32 << 20;
const TOTAL_LIMIT: usize = 256 << 20;
/// LZW and run-length streams are not unpacked here; they grow at most so much that this many bytes are harmless.
const OLD_FILTERS_LIMIT: usize = 64 << 10;
const DEEPEST_CHAIN: usize = 4;

/// Unpacks, without keeping, whatever follows the keyword `stream` (ISO 32000-2, 7.3.8): as Deflate, also inside
/// ASCII-85 or hexadecimal text, and again what comes out of that. The dictionary is not asked: a hostile one lies.
pub fn check(place: &str, bytes: &[u8]) -> Result<(), ImportError> {
    let mut budget = TOTAL_LIMIT;
    let mut rest = bytes;
    while let Some(at) = rest.windows(6).position(|window| window == b"stream") {
        rest = &rest[at + 6..];
        let data = rest.strip_prefix(b"\r").unwrap_or(rest);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        if data.len() < rest.len() && !grows_within(data, &mut budget, DEEPEST_CHAIN) {
            return Err(ImportError::too_large(
                place,
                format!("{} MiB a stream, {} MiB in all, unpacked", STREAM_LIMIT >> 20, TOTAL_LIMIT >> 20),
            ));
        }
    }
    Ok(())
}

/// The filters that `check` does not measure.
pub fn check_filters(place: &str, pdf: &Pdf) -> Result<(), ImportError> {
    let mut old = 0;
    for object in pdf.objects() {
        if let Object::Stream(stream) = object {
            let filters = stream.filters();
            if filters.iter().any(|filter| matches!(filter, Filter::LzwDecode | Filter::RunLengthDecode)) {
                old += stream.raw_data().len();
            }
        }
    }
    let limit = format!("{} KiB packed by LZW or run length", OLD_FILTERS_LIMIT >> 10);
    if old > OLD_FILTERS_LIMIT { Err(ImportError::too_large(place, limit)) } else { Ok(()) }
}

fn grows_within(data: &[u8], budget: &mut usize, chain: usize) -> bool {
    if chain == 0 {
        return false;
    }
    let text = if chain == DEEPEST_CHAIN { from_text(data) } else { None };
    [inflate(ZlibDecoder::new(data)), inflate(DeflateDecoder::new(data))]
        .into_iter()
        .flatten()
        .chain(text)
        .all(|unpacked| {
            *budget = budget.saturating_sub(unpacked.len());
            unpacked.len() < STREAM_LIMIT
                && *budget > 0
                && (!looks_packed(&unpacked) || grows_within(&unpacked, budget, chain - 1))
        })
}

/// What comes out before the end or an error, at most up to the limit.
fn inflate(decoder: impl Read) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    // An error ends the stream; what came before it counts.
    drop(decoder.take(STREAM_LIMIT as u64).read_to_end(&mut unpacked));
    (!unpacked.is_empty()).then_some(unpacked)
}

/// A zlib header (RFC 1950, 2.2), or text that may hold one.
fn looks_packed(data: &[u8]) -> bool {
    matches!(data, [cmf, flags, ..] if cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flags)).is_multiple_of(31))
}

/// ASCII-85 (7.4.3) or hexadecimal (7.4.2), up to the first byte that is neither.
fn from_text(data: &[u8]) -> Option<Vec<u8>> {
    let digits = || data.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let hex: Vec<u8> = digits().map_while(|byte| char::from(byte).to_digit(16)).map(low_byte).collect();
    if hex.len() >= 16 {
        return Some(hex.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect());
    }
    let (mut bytes, mut group, mut count) = (Vec::new(), 0_u32, 0);
    for byte in digits().take_while(|byte| matches!(byte, b'!'..=b'u' | b'z')) {
        if byte == b'z' && count == 0 {
            bytes.extend([0; 4]);
            continue;
        }
        group = group.wrapping_mul(85).wrapping_add(u32::from(byte.saturating_sub(b'!')));
        count += 1;
        if count == 5 {
            bytes.extend(group.to_be_bytes());
            (group, count) = (0, 0);
        }
    }
    (bytes.len() >= 8).then_some(bytes)
}

fn low_byte(digit: u32) -> u8 {
    digit.to_le_bytes()[0]
}

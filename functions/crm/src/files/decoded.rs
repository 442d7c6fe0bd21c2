//! Files of other times as UTF-8: UTF-16 by its byte order mark, Windows-1252 where bytes are no UTF-8.

use std::io::{BufRead, Read, Result};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes that are decoded at once.
const CHUNK: usize = 8 * 1024;

/// Decodes as it is read. What is no UTF-8 is decoded line by line, because files are glued together.
pub struct Decoded<R> {
    file: R,
    /// Of a file that begins with the mark of UTF-16.
    wide: Option<Decoder>,
    ready: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: BufRead> Decoded<R> {
    pub fn new(mut file: R) -> Result<Self> {
        let begins = file.fill_buf()?;
        let (wide, skip) = match begins {
            [0xFF, 0xFE, ..] => (Some(UTF_16LE), 2),
            [0xFE, 0xFF, ..] => (Some(UTF_16BE), 2),
            [0xEF, 0xBB, 0xBF, ..] => (None, 3),
            _ => (None, 0),
        };
        file.consume(skip);
        let wide = wide.map(Encoding::new_decoder_without_bom_handling);
        Ok(Self { file, wide, ready: Vec::new(), at: 0, ended: false })
    }

    fn more(&mut self) -> Result<()> {
        self.ready.clear();
        self.at = 0;
        if let Some(decoder) = &mut self.wide {
            let bytes = self.file.fill_buf()?;
            let taken = bytes.len().min(CHUNK);
            self.ended = taken == 0;
            let most = decoder.max_utf8_buffer_length(taken).unwrap_or(CHUNK * 4);
            self.ready.resize(most, 0);
            let last = self.ended;
            let (_, _, written, _) = decoder.decode_to_utf8(&bytes[..taken], &mut self.ready, last);
            self.ready.truncate(written);
            self.file.consume(taken);
            return Ok(());
        }
        let file = Read::by_ref(&mut self.file);
        let read = file.take(CHUNK as u64).read_until(b'\n', &mut self.ready)?;
        self.ended = read == 0;
        if read == CHUNK {
            self.whole_character()?;
        }
        if UTF_8.decode_without_bom_handling_and_without_replacement(&self.ready).is_none() {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(&self.ready);
            self.ready = text.into_owned().into_bytes();
        }
        Ok(())
    }

    /// A long line is cut between characters.
    fn whole_character(&mut self) -> Result<()> {
        for _ in 0..3 {
            let next = self.file.fill_buf()?.first().copied();
            match next {
                Some(byte) if byte & 0b1100_0000 == 0b1000_0000 => {
                    self.ready.push(byte);
                    self.file.consume(1);
                }
                _ => break,
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        while self.at == self.ready.len() && !self.ended {
            self.more()?;
        }
        let taken = into.len().min(self.ready.len() - self.at);
        into[..taken].copy_from_slice(&self.ready[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        Decoded::new(bytes).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn encodings_are_told_apart() {
        assert_eq!(decoded(b"\xEF\xBB\xBFname\nZo\xC3\xAB"), "name\nZoë");
        assert_eq!(decoded(b"name\nZo\xEB\n\xC3\xAB\n"), "name\nZoë\në\n");
        assert_eq!(decoded(b"\xFF\xFEZ\0o\0\xEB\0"), "Zoë");
        assert_eq!(decoded(b"\xFE\xFF\0Z\0o\0\xEB"), "Zoë");
        assert_eq!(decoded(b""), "");
    }

    proptest! {
        #[test]
        fn utf_8_stays_as_it_is(text in "(\\PC|\n){0,200}", times in 1..200usize) {
            let text = format!("x{}", text.repeat(times));
            prop_assert_eq!(decoded(text.as_bytes()), text);
        }
    }
}

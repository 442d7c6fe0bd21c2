//! A large file as several small ones, so that each is taken within one request. A piece is a file of its own: a table
//! has its header again. It is read as it is made, so no more than a piece is in memory.

use std::io::BufRead;

use super::{Broken, Reader, Rows};

/// A part of a file, as a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    pub file: Vec<u8>,
    pub contacts: usize,
    /// Where contacts begin: the line here, and the line in the whole file.
    begins: Vec<(u64, u64)>,
    /// Lines that are whole.
    lines: u64,
}

/// How large a piece may be.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    pub contacts: usize,
    /// A contact that is larger comes alone.
    pub bytes: usize,
}

/// The pieces of a file; what cannot be read is left out of them.
pub struct Pieces<R> {
    rows: Rows<R>,
    most: Most,
    header: Vec<u8>,
    /// What did not fit into the piece before.
    left: Option<Standing>,
}

/// A contact as it stands in the file.
pub(super) struct Standing {
    pub text: Vec<u8>,
    pub line: u64,
}

impl<R: BufRead> Reader<R> {
    pub fn pieces(self, most: Most) -> Pieces<R> {
        let header = match &self.rows {
            Rows::Table(rows) => rows.header(),
            Rows::Cards(_) => Vec::new(),
        };
        Pieces { rows: self.rows, most, header, left: None }
    }
}

impl Piece {
    /// What is said of a line here, said of the line in the whole file.
    pub fn in_whole(&self, broken: Broken) -> Broken {
        let begins = self.begins.iter().rev().find(|(here, _)| *here <= broken.line);
        match begins {
            Some((here, whole)) => Broken { line: whole + (broken.line - here), ..broken },
            None => broken,
        }
    }

    fn take(&mut self, one: &Standing) {
        self.begins.push((self.lines + 1, one.line));
        self.lines += lines(&one.text);
        self.file.extend(&one.text);
        self.contacts += 1;
    }
}

fn lines(text: &[u8]) -> u64 {
    text.split(|byte| *byte == b'\n').count() as u64 - 1
}

impl<R: BufRead> Iterator for Pieces<R> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let (file, lines) = (self.header.clone(), lines(&self.header));
        let mut piece = Piece { file, lines, ..Piece::default() };
        let rows = &mut self.rows;
        let mut next = || match rows {
            Rows::Table(rows) => rows.whole(),
            Rows::Cards(rows) => rows.whole(),
        };
        while piece.contacts < self.most.contacts {
            let Some(one) = self.left.take().or_else(&mut next) else { break };
            if piece.contacts > 0 && piece.file.len() + one.text.len() > self.most.bytes {
                self.left = Some(one);
                break;
            }
            piece.take(&one);
        }
        (piece.contacts > 0).then_some(piece)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::files::{Mapping, Record};

    fn reader(file: &str) -> Reader<Cursor<&[u8]>> {
        Reader::new(Cursor::new(file.as_bytes()), &Mapping::new()).unwrap()
    }

    /// What a file says, and what its pieces say together.
    fn both(file: &str, most: Most) -> [Vec<Record>; 2] {
        let pieces = reader(file).pieces(most).flat_map(|piece| {
            let text = String::from_utf8(piece.file.clone()).unwrap();
            let read: Vec<Result<Record, Broken>> = reader(&text).collect();
            let whole = |record: Record| {
                let line = piece.in_whole(Broken::new(record.line, "")).line;
                Record { line, ..record }
            };
            read.into_iter().map(move |one| one.map(whole)).collect::<Vec<_>>()
        });
        [reader(file).flatten().collect(), pieces.flatten().collect()]
    }

    #[test]
    fn a_contact_that_is_too_large_comes_alone() {
        let file = format!("name,notes\nDana,x\nBen,{}\nLee,y\n", "z".repeat(100));
        let most = Most { contacts: 9, bytes: 40 };
        let pieces: Vec<Piece> = reader(&file).pieces(most).collect();
        assert_eq!(pieces.iter().map(|piece| piece.contacts).collect::<Vec<_>>(), [1, 1, 1]);
        assert_eq!(pieces[2].in_whole(Broken::new(2, "why")), Broken::new(4, "why"));
    }

    #[test]
    fn the_format_stays() {
        let linkedin =
            "Notes:\n\"Some are missing.\"\n\nFirst Name,Last Name,URL,Company\nDana,Lee,,Northgate\n";
        let cards = "BEGIN:VCARD\nVERSION:4.0\nFN:Dana\nNOTE:a\n  b\nEND:VCARD\n\nbegin:vcard\nVERSION:3.0\nFN:Ben\nend:vcard";
        for file in [linkedin, cards] {
            let most = Most { contacts: 1, bytes: 1000 };
            for piece in reader(file).pieces(most) {
                let text = String::from_utf8(piece.file).unwrap();
                assert_eq!(reader(&text).format, reader(file).format, "{text}");
            }
            let [whole, pieces] = both(file, most);
            assert_eq!(whole, pieces);
        }
    }

    proptest! {
        /// However small the pieces, together they say what the file says, of the same lines.
        #[test]
        fn pieces_join_to_the_whole(
            rows in prop::collection::vec(("[a-z\"\n; ,]{0,8}", "[a-z]{0,4}", any::<bool>()), 0..30),
            separator in prop::sample::select(vec![",", ";", "\t"]),
            contacts in 1..5usize,
            bytes in 1..200usize,
        ) {
            let mut file = format!("name{separator}company\n");
            for (name, company, blank) in rows {
                file.push_str(&format!("\"{}\"{separator}{company}\n", name.replace('"', "\"\"")));
                if blank { file.push('\n'); }
            }
            let [whole, pieces] = both(&file, Most { contacts, bytes });
            prop_assert_eq!(whole, pieces);
        }
    }
}

//! Tables: CSV with any of the usual separators, and LinkedIn's connections, which have words before the header.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use csv::{ErrorKind, StringRecord};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::contact::{CONNECTION, Detail, Field};

use super::{Broken, Decoded, Record, column::Column, pieces::Standing};

/// What the owner says of columns, by their names.
pub type Mapping = HashMap<String, Column>;

/// A column, and what it is taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mapped {
    pub header: String,
    #[serde(rename = "as")]
    pub column: Column,
}

/// Lines that may stand before the header.
const MAX_PREAMBLE: usize = 10;
const MAX_LINE: u64 = 64 * 1024;
/// Bytes of a row, with those that are read ahead.
const MAX_ROW: usize = 1024 * 1024;
const MAX_COLUMNS: usize = 200;
/// What stands between columns; the first, where none does.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
const UNKNOWN_COLUMNS: &str =
    "no line names columns that are known, such as Name and Email: say what they are";

pub struct Rows<R> {
    table: csv::Reader<Bounded<Whole<R>>>,
    left: Arc<AtomicUsize>,
    columns: Vec<Mapped>,
    /// Lines before the header.
    before: u64,
    is_linkedin: bool,
    ended: bool,
}

/// The header that was looked at, and the rest.
type Whole<R> = std::io::Chain<Cursor<Vec<u8>>, BufReader<Decoded<R>>>;

/// Reads so much at most between two rows: a quote that is not closed does not draw in the file.
struct Bounded<R> {
    file: R,
    left: Arc<AtomicUsize>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(into)?;
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(read), Ordering::Relaxed);
        if read > left { Err(std::io::ErrorKind::InvalidData.into()) } else { Ok(read) }
    }
}

impl<R: BufRead> Rows<R> {
    pub fn new(file: R, mapping: &Mapping) -> Result<Self, Broken> {
        let unreadable = |error: std::io::Error| Broken::new(1, error.to_string());
        let mut file = BufReader::new(Decoded::new(file).map_err(unreadable)?);
        let (mut before, mut header, mut has_columns) = (0, String::new(), false);
        loop {
            header.clear();
            let read = Read::by_ref(&mut file).take(MAX_LINE).read_line(&mut header).map_err(unreadable)?;
            if read == 0 {
                return Err(match has_columns {
                    true => Broken::new(1, UNKNOWN_COLUMNS),
                    false => Broken::new(before + 1, "there is no table in this file"),
                });
            }
            let separator = separator(&header);
            if knows(&header, separator, mapping) {
                return Self::of(header, file, separator, before, mapping);
            }
            has_columns |= header.bytes().any(|byte| SEPARATORS.contains(&byte));
            before += 1;
            if before > MAX_PREAMBLE as u64 {
                return Err(Broken::new(1, UNKNOWN_COLUMNS));
            }
        }
    }

    fn of(
        header: String,
        file: BufReader<Decoded<R>>,
        separator: u8,
        before: u64,
        mapping: &Mapping,
    ) -> Result<Self, Broken> {
        let is_linkedin = header.trim_start().starts_with("First Name,Last Name,URL,");
        let left = Arc::new(AtomicUsize::new(MAX_ROW));
        let whole = Bounded { file: Cursor::new(header.into_bytes()).chain(file), left: left.clone() };
        let mut table = csv::ReaderBuilder::new().delimiter(separator).from_reader(whole);
        let headers = table.headers().map_err(|error| Broken::new(before + 1, what(&error)))?;
        if headers.len() > MAX_COLUMNS {
            return Err(Broken::new(before + 1, format!("a table has at most {MAX_COLUMNS} columns")));
        }
        let columns = headers.iter().map(|header| Mapped {
            header: header.to_owned(),
            column: taken_for(header, mapping).unwrap_or(Column::Ignore),
        });
        let columns = columns.collect();
        Ok(Self { table, left, columns, before, is_linkedin, ended: false })
    }

    pub fn columns(&self) -> &[Mapped] {
        &self.columns
    }

    pub fn is_linkedin(&self) -> bool {
        self.is_linkedin
    }

    /// The names of the columns, as they stand there.
    pub fn header(&self) -> Vec<u8> {
        written(self.columns.iter().map(|mapped| mapped.header.as_str()))
    }

    /// The next row that is somebody, as it stands there.
    pub fn whole(&mut self) -> Option<Standing> {
        while let Some((row, record)) = self.next_row() {
            if record.is_ok() {
                return Some(Standing { text: written(row.iter()), line: self.line(&row) });
            }
        }
        None
    }

    /// A row's position is that of the empty lines before it.
    fn line(&self, row: &StringRecord) -> u64 {
        let broken = row.iter().flat_map(str::bytes).filter(|byte| *byte == b'\n').count() as u64;
        let last = self.table.position().line().saturating_sub(1 + broken);
        row.position().map_or(last, |begins| begins.line().max(last)) + self.before
    }

    fn record(&self, row: &StringRecord) -> Result<Record, Broken> {
        let mut record = Record::new(self.line(row));
        for (mapped, cell) in self.columns.iter().zip(row) {
            record.take(mapped.column, cell)?;
        }
        if self.is_linkedin && !record.is_empty() {
            let tags = record.details.iter().any(|detail| detail.field() == Field::Tags);
            if !tags {
                record.details.push(Detail::Tags(vec![CONNECTION.to_owned()]));
            }
        }
        if !record.is_empty() && record.names_nobody() {
            return Err(Broken::new(record.line, "it has neither a name nor an address"));
        }
        Ok(record)
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Result<Record, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_row().map(|(_, record)| record)
    }
}

impl<R: BufRead> Rows<R> {
    fn next_row(&mut self) -> Option<(StringRecord, Result<Record, Broken>)> {
        let mut row = StringRecord::new();
        while !self.ended {
            self.left.store(MAX_ROW, Ordering::Relaxed);
            let record = match self.table.read_record(&mut row) {
                Ok(false) => break,
                Ok(true) => self.record(&row),
                Err(error) => {
                    let line = error.position().unwrap_or(self.table.position()).line() + self.before;
                    self.ended = matches!(error.kind(), ErrorKind::Io(_));
                    Err(Broken::new(line, what(&error)))
                }
            };
            // An empty line is nobody.
            if !matches!(&record, Ok(record) if record.is_empty()) {
                return Some((row, record));
            }
        }
        None
    }
}

/// A row with its separators and its end.
fn written<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut row = Vec::new();
    let mut table = csv::Writer::from_writer(&mut row);
    let written = table.write_record(cells).and_then(|()| Ok(table.flush()?));
    drop(table);
    // Nothing is written anywhere that could fail.
    if written.is_ok() { row } else { Vec::new() }
}

fn taken_for(header: &str, mapping: &Mapping) -> Option<Column> {
    mapping.get(header).copied().or_else(|| Column::named(header))
}

fn knows(line: &str, separator: u8, mapping: &Mapping) -> bool {
    let mut table =
        csv::ReaderBuilder::new().delimiter(separator).has_headers(false).from_reader(line.as_bytes());
    let header = table.records().next().and_then(Result::ok).unwrap_or_default();
    let known = header.iter().filter_map(|header| taken_for(header, mapping)).collect::<Vec<_>>();
    let alone = matches!(known.as_slice(), [Column::Name | Column::Email | Column::Phone | Column::Linkedin]);
    // Of one word, only what leads to somebody is a table of one column: LinkedIn's file begins with `Notes:`.
    known.len() >= 2 || (alone && header.len() == 1) || header.iter().any(|name| mapping.contains_key(name))
}

/// What a header has most of.
fn separator(header: &str) -> u8 {
    let count = |separator: &u8| header.bytes().filter(|byte| byte == separator).count();
    let [mut best, others @ ..] = SEPARATORS;
    for other in others {
        if count(&other) > count(&best) {
            best = other;
        }
    }
    best
}

/// Without what stands in the file.
fn what(error: &csv::Error) -> String {
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} cells, and the header {expected_len}")
        }
        ErrorKind::Io(_) => "it has no end: a quote is not closed".to_owned(),
        ErrorKind::Utf8 { .. } => "it is no text".to_owned(),
        _ => "it cannot be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(file: impl AsRef<[u8]>) -> Result<Vec<Result<Record, Broken>>, Broken> {
        Ok(Rows::new(Cursor::new(file.as_ref()), &Mapping::new())?.collect())
    }

    #[test]
    fn a_quote_that_is_not_closed_does_not_draw_in_the_file() {
        let file = format!("name,company\nDana,\"North\n{}", "Ben,South\n".repeat(300_000));
        let rows = read(file).unwrap();
        let [Err(broken)] = rows.as_slice() else { panic!("one row: {}", rows.len()) };
        assert!(broken.why.contains("quote"), "{broken}");
    }

    #[test]
    fn each_usual_separator_is_seen() {
        for separator in [",", ";", "\t", "|"] {
            let rows = read(
                ["name,company,email", "Dana,North,dana@northgate.example"]
                    .join("\n")
                    .replace(',', separator),
            );
            let rows = rows.unwrap();
            assert_eq!(rows[0].as_ref().unwrap().text(Field::Company), Some("North"), "{separator}");
        }
    }

    #[test]
    fn a_table_whose_columns_are_not_known_is_told_from_no_table() {
        let why = |file: &str| read(file).unwrap_err().why;
        assert_eq!(why("Betrieb;Ort\nNorth;Berlin\n"), UNKNOWN_COLUMNS);
        assert_eq!(why(&"Betrieb;Ort\n".repeat(20)), UNKNOWN_COLUMNS);
        for file in ["", "Notes:\n", "{}"] {
            assert_eq!(why(file), "there is no table in this file", "{file}");
        }
    }

    #[test]
    fn a_row_that_names_nobody_is_broken() {
        let rows = read("name,company,importance\n,North,high\nDana,North,high\n,,\n").unwrap();
        let [Err(broken), Ok(_)] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(broken.to_string(), "line 2: it has neither a name nor an address");
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let rows = read("Notes:\n\nname,email\n\"Dana\nLee\",\n\nBen,nowhere\n").unwrap();
        assert_eq!(rows[0].as_ref().unwrap().line, 4);
        assert_eq!(rows[1].as_ref().unwrap_err().line, 7);
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(file in prop::collection::vec(any::<u8>(), 0..200)) {
            let table = [b"name,email,notes\n".as_slice(), &file].concat();
            prop_assert!(read(table).is_ok());
            drop(read(file));
        }
    }
}

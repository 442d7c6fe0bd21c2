//! LinkedIn's data export (Settings › Data privacy › Get a copy of your data): a ZIP of CSV files.

mod tables;

use std::collections::BTreeSet;

use crm::files::{Broken, Mapping, Reader, Record};

use crate::file::archive;
use crate::file::error::ImportError;
use crate::file::utf8::utf8;
use crate::file::visible::{visible, visible_line};
use tables::{TABLES, Table};
use twin::knowledge::document::{Document, Section, SourceKind};

/// People whom the owner knows, as a file of contacts names them, and lines of it that cannot be read. They are personal data
/// of others: never a document, never quoted.
pub type Connections = Vec<Result<Record, Broken>>;

/// Whether an archive with these paths is an export.
pub fn is_export<'a>(mut paths: impl Iterator<Item = &'a str>) -> bool {
    paths.any(is_known)
}

/// A document for each table that is there, with a section for each row; a place is `Positions.csv row 3`, counted
/// as a spreadsheet shows it, where the header is row 1. Missing tables are fine, other files are ignored.
pub fn read(name: &str, bytes: &[u8]) -> Result<(Vec<Document>, Connections), ImportError> {
    let (mut documents, mut connections, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for entry in archive::entries(name, bytes, is_known)? {
        let file = entry.file_name();
        if !seen.insert(file.to_lowercase()) {
            return Err(ImportError::not_readable(format!("{name}, {file}"), "it is in the archive twice"));
        }
        match TABLES.iter().find(|table| table.file.eq_ignore_ascii_case(file)) {
            Some(table) => documents.extend(document(table, &rows(file, &entry.bytes)?)?),
            None => connections = people(file, &entry.bytes)?,
        }
    }
    if documents.is_empty() && connections.is_empty() {
        return Err(ImportError::empty(name, "none of its tables (Profile.csv, Positions.csv, …) has a row"));
    }
    Ok((documents, connections))
}

const CONNECTIONS: &str = "Connections.csv";

/// By the code that reads the same table where it comes alone.
fn people(file: &str, bytes: &[u8]) -> Result<Connections, ImportError> {
    let reader = Reader::new(bytes, &Mapping::new());
    let unreadable =
        |broken: Broken| ImportError::not_readable(format!("{file} line {}", broken.line), broken.why);
    Ok(reader.map_err(unreadable)?.collect())
}

fn is_known(path: &str) -> bool {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let known = TABLES.iter().map(|table| table.file).chain([CONNECTIONS]);
    known.into_iter().any(|known| known.eq_ignore_ascii_case(file)) && !path.starts_with("__MACOSX/")
}

/// A record by the names of its columns.
pub(crate) struct Row<'a> {
    place: String,
    cells: Vec<(&'a str, String)>,
}

impl Row<'_> {
    /// `None` when the column is missing or empty.
    fn text(&self, column: &str) -> Option<String> {
        let cell = self.cells.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
        cell.map(|(_, value)| visible(value)).filter(|value| !value.is_empty())
    }

    /// The same on one line.
    fn get(&self, column: &str) -> Option<String> {
        self.text(column).map(|text| visible_line(&text))
    }
}

struct Rows {
    file: String,
    header: Vec<String>,
    /// Spreadsheet row and cells.
    records: Vec<(usize, Vec<String>)>,
}

impl Rows {
    fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|(number, cells)| Row {
            place: format!("{} row {number}", self.file),
            cells: self.header.iter().map(String::as_str).zip(cells.iter().cloned()).collect(),
        })
    }
}

/// The records after the header.
fn rows(file: &str, bytes: &[u8]) -> Result<Rows, ImportError> {
    let text = utf8(file, bytes)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record =
            record.map_err(|error| ImportError::not_readable(format!("{file} row {}", index + 1), error))?;
        records.push((index + 1, record.iter().map(str::to_owned).collect::<Vec<_>>()));
    }
    let header = if records.is_empty() { Vec::new() } else { records.remove(0).1 };
    records.retain(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    Ok(Rows {
        file: file.to_owned(),
        header: header.iter().map(|name| name.trim().to_owned()).collect(),
        records,
    })
}

fn document(table: &Table, rows: &Rows) -> Result<Option<Document>, ImportError> {
    if rows.records.is_empty() {
        return Ok(None);
    }
    if !rows.header.iter().any(|column| column.eq_ignore_ascii_case(table.required)) {
        let found = rows.header.join(", ");
        let reason = format!("no column {:?} in its header ({found})", table.required);
        return Err(ImportError::not_readable(format!("{} row 1", table.file), reason));
    }
    let (mut sections, mut claims) = (Vec::new(), Vec::new());
    for row in rows.iter().filter(|row| (table.is_shown)(row)) {
        let text = told(table, &row);
        if !text.is_empty() {
            sections.push(Section { place: row.place.clone(), text });
        }
        claims.extend((table.claims)(&row));
    }
    let key = table.key.to_owned();
    let title = format!("LinkedIn: {}", table.title);
    let kind = SourceKind::Linkedin;
    Ok((!sections.is_empty()).then_some(Document {
        kind,
        key,
        title,
        url: None,
        date: None,
        sections,
        claims,
        keywords: String::new(),
    }))
}

/// A row as a reader is told it: `Engineer, Globex, Potsdam, 2014 – 2017`, and below it what was done there.
fn told(table: &Table, row: &Row<'_>) -> String {
    let heading: Vec<String> = table.heading.iter().filter_map(|part| part.told(row)).collect();
    let body =
        table.body.iter().filter_map(|(before, column)| Some(format!("{before}{}", row.text(column)?)));
    let lines = Some(heading.join(", ")).into_iter().chain(body);
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;

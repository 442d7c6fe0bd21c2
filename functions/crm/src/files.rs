//! Contacts in files: CSV, LinkedIn's `Connections.csv`, vCards 3 and 4, and JSON on the way out. Files are read in a
//! stream, twice: first to see that all of it can be read, then to write.

mod decoded;
mod column;
mod table;
mod cards;
mod record;
mod pieces;
mod import;
mod export;
mod routes;

pub use self::{
    decoded::Decoded,
    export::{Exported, MOST, Page, around, header, join, page},
    import::{BATCH, Counts, Importer},
    pieces::{Most, Piece, Pieces},
    record::{Broken, Record},
    routes::{Asked, MAX_BROKEN, MAX_CONTACTS, MAX_FILE, Report, Wanted, exported, imported},
    table::{Mapped, Mapping},
};

use std::io::BufRead;

/// What a file is, as its first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Linkedin,
    Vcard,
}

/// Contacts of a file, one by one; one that cannot be read is named, and the next goes on.
pub struct Reader<R> {
    pub format: Format,
    /// The columns of a table, and what each is taken for.
    pub columns: Vec<Mapped>,
    rows: Rows<R>,
}

enum Rows<R> {
    Table(Box<table::Rows<R>>),
    Cards(Box<cards::Rows<R>>),
}

impl<R: BufRead> Reader<R> {
    /// `Broken`: nothing of it can be read.
    pub fn new(mut file: R, mapping: &Mapping) -> Result<Self, Broken> {
        let begins = file.fill_buf().map_err(|error| Broken::new(1, error.to_string()))?;
        let is_card = begins.get(..11).is_some_and(|begins| begins.eq_ignore_ascii_case(b"BEGIN:VCARD"));
        if is_card {
            let rows = Rows::Cards(Box::new(cards::Rows::new(file)));
            return Ok(Self { format: Format::Vcard, columns: Vec::new(), rows });
        }
        let rows = table::Rows::new(file, mapping)?;
        let format = if rows.is_linkedin() { Format::Linkedin } else { Format::Csv };
        Ok(Self { format, columns: rows.columns().to_vec(), rows: Rows::Table(Box::new(rows)) })
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Record, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.rows {
            Rows::Table(rows) => rows.next(),
            Rows::Cards(rows) => rows.next(),
        }
    }
}

//! vCards as contacts.

use std::io::{BufRead, BufReader, Read};

use twin::{
    contact::{Detail, key_of},
    identity::IdentityKey,
    wire::vcard::{self, Property, Reader, Vcard},
};

use super::{Broken, Decoded, Record, column::Column, pieces::Standing, record::BETWEEN};

const MAX_LINE: u64 = 1024 * 1024;

pub struct Rows<R> {
    lines: Option<BufReader<Decoded<R>>>,
    file: Option<R>,
    cards: Reader,
    number: u64,
}

impl<R: BufRead> Rows<R> {
    pub fn new(file: R) -> Self {
        Self { lines: None, file: Some(file), cards: Reader::default(), number: 0 }
    }

    /// The next card that can be read, without what is of no use here.
    pub fn whole(&mut self) -> Option<Standing> {
        while let Some(read) = self.next_card() {
            let Some(card) = read.ok().filter(|card| record(card).is_ok()) else { continue };
            let mut text = String::new();
            let said: Vec<Property> =
                card.properties.into_iter().filter(|property| property.name != "VERSION").collect();
            vcard::write(&said, &mut text);
            return Some(Standing { text: text.into_bytes(), line: card.line });
        }
        None
    }

    /// The next line without its end; `None` at the end of the file.
    fn line(&mut self) -> std::io::Result<Option<String>> {
        if let Some(file) = self.file.take() {
            self.lines = Some(BufReader::new(Decoded::new(file)?));
        }
        let Some(lines) = &mut self.lines else { return Ok(None) };
        let mut line = String::new();
        self.number += 1;
        match lines.by_ref().take(MAX_LINE).read_line(&mut line)? {
            0 => Ok(None),
            _ => Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned())),
        }
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Result<Record, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_card().map(|read| record(&read?))
    }
}

impl<R: BufRead> Rows<R> {
    fn next_card(&mut self) -> Option<Result<Vcard, Broken>> {
        while self.lines.is_some() || self.file.is_some() {
            let read = match self.line() {
                Ok(Some(line)) => self.cards.line(&line),
                Ok(None) => {
                    self.lines = None;
                    self.cards.end()
                }
                Err(error) => {
                    self.lines = None;
                    return Some(Err(Broken::new(self.number, error.to_string())));
                }
            };
            match read {
                Ok(None) => {}
                Ok(Some(card)) => return Some(Ok(card)),
                Err((line, error)) => return Some(Err(Broken::new(line, error.to_string()))),
            }
        }
        None
    }
}

fn record(card: &Vcard) -> Result<Record, Broken> {
    let mut record = Record::new(card.line);
    if let Some(id) = card.first("UID") {
        record.take(Column::Id, &id.text())?;
    }
    if let Some(name) = card.first("FN").map(Property::text).filter(|name| !name.trim().is_empty()) {
        record.take(Column::Name, &name)?;
    } else {
        // Family, given, additional, prefix, suffix.
        let name = card.first("N").map(|name| name.values(';')).unwrap_or_default();
        let part = |at: usize| name.get(at).map_or("", String::as_str);
        record.take(Column::Name, &format!("{} {}", part(1), part(0)))?;
    }
    let company = card.first("ORG").map(|org| org.values(';')).unwrap_or_default();
    let company = company.first().map_or("", String::as_str);
    record.take(Column::Company, company)?;
    for (property, column) in [("TITLE", Column::Role), ("NOTE", Column::Notes)] {
        for value in card.all(property) {
            record.take(column, &value.text())?;
        }
    }
    let (mut emails, mut phones) = (Vec::new(), Vec::new());
    for email in card.all("EMAIL") {
        emails.push(detail(card.line, Column::Email, email.text().trim_start_matches("mailto:"))?);
    }
    for phone in card.all("TEL") {
        phones.push(detail(card.line, Column::Phone, phone.text().trim_start_matches("tel:"))?);
    }
    for found in [emails, phones] {
        let mut found = found.into_iter().flatten();
        record.details.extend(found.next());
        record.more.extend(found.filter_map(|detail| key_of(&detail)).collect::<Vec<IdentityKey>>());
    }
    let urls = ["URL", "SOCIALPROFILE", "X-SOCIALPROFILE"].into_iter().flat_map(|name| card.all(name));
    if let Some(profile) = urls.map(Property::text).find(|url| crate::fields::linkedin(url).is_ok()) {
        record.take(Column::Linkedin, &profile)?;
    }
    let tags: Vec<String> = card.all("CATEGORIES").iter().flat_map(|tags| tags.values(',')).collect();
    record.take(Column::Tags, &tags.join(&BETWEEN.to_string()))?;
    // The card of a company.
    if record.names_nobody() {
        record.take(Column::Name, company)?;
    }
    if record.names_nobody() {
        return Err(Broken::new(card.line, "the card names nobody"));
    }
    Ok(record)
}

fn detail(line: u64, column: Column, value: &str) -> Result<Option<Detail>, Broken> {
    let mut alone = Record::new(line);
    alone.take(column, value)?;
    Ok(alone.details.pop())
}

//! Files over HTTP: one as the body, one as the answer.

use std::io::Cursor;

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    http::{Owner, attached, body_up_to, cursor, linked, query},
};

use super::{
    Counts, Exported, Format, Importer, MOST, Mapped, Mapping, Page, Reader, Record, import::BATCH, page,
    record::Broken,
};
use crate::State;

/// What API Gateway and Lambda let through, in bytes, with room for their own envelope.
pub const MAX_FILE: usize = 4 * 1024 * 1024;
/// Contacts of one request: they are written within the half minute that the API waits for an answer.
pub const MAX_CONTACTS: usize = 5000;
/// So many lines that cannot be read are named.
pub const MAX_BROKEN: usize = 100;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Asked {
    /// Writes nothing, and says what it would.
    dry_run: bool,
    /// Takes the contacts that can be read, though others cannot.
    skip_broken: bool,
    /// What columns are, by their names: `{"Firma":"company"}`.
    #[schemars(length(max = 2000))]
    mapping: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub format: Format,
    /// What each column of a table is taken for.
    pub columns: Vec<Mapped>,
    /// Whether anything was written.
    pub applied: bool,
    pub contacts: u64,
    #[serde(flatten)]
    pub counts: Counts,
    /// What cannot be read, by its line; the first hundred.
    pub broken: Vec<Broken>,
    pub broken_in_all: u64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    #[serde(default)]
    format: Exported,
    /// As the link to the next page has it.
    #[schemars(length(max = 4096))]
    cursor: Option<String>,
}

/// Seen through before anything is written: if a line cannot be read, nothing is, unless it may be left out.
pub async fn imported(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Json<Report>, Error> {
    let (parts, bytes) = body_up_to(request, MAX_FILE).await?;
    let asked: Asked = query(&parts)?;
    let mapping: Mapping = match &asked.mapping {
        Some(text) => serde_json::from_str(text)
            .map_err(|_| Error::Invalid("mapping is JSON: {\"name of a column\":\"company\"}".to_owned()))?,
        None => Mapping::new(),
    };
    let read =
        || Reader::new(Cursor::new(&bytes), &mapping).map_err(|broken| Error::Invalid(broken.to_string()));
    let mut reader = read()?;
    let mut importer = Importer::new(&state.twin, asked.dry_run, Timestamp::now());
    let mut report = Report::new(reader.format, std::mem::take(&mut reader.columns));
    for record in reader {
        match record {
            Ok(_) => report.contacts += 1,
            Err(broken) => report.note(broken),
        }
    }
    if report.contacts > MAX_CONTACTS as u64 {
        return Err(Error::Invalid(format!(
            "one request takes at most {MAX_CONTACTS} contacts: send the file in parts, each with its header"
        )));
    }
    if report.broken_in_all > 0 && !asked.skip_broken {
        return Ok(Json(report));
    }
    let mut records: Vec<Record> = Vec::with_capacity(BATCH);
    for record in read()?.filter_map(Result::ok) {
        records.push(record);
        if records.len() == BATCH {
            report.took(importer.take(std::mem::take(&mut records)).await?);
        }
    }
    report.took(importer.take(records).await?);
    state.twin.look_for_others(importer.named(), Timestamp::now()).await;
    report.applied = !asked.dry_run;
    Ok(Json(report))
}

impl Report {
    pub fn new(format: Format, columns: Vec<Mapped>) -> Self {
        Self {
            format,
            columns,
            applied: false,
            contacts: 0,
            counts: Counts::default(),
            broken: Vec::new(),
            broken_in_all: 0,
        }
    }

    pub fn note(&mut self, broken: Broken) {
        self.broken_in_all += 1;
        if self.broken.len() < MAX_BROKEN {
            self.broken.push(broken);
        }
    }

    pub fn took(&mut self, (counts, broken): (Counts, Vec<Broken>)) {
        self.counts.created += counts.created;
        self.counts.changed += counts.changed;
        self.counts.unchanged += counts.unchanged;
        for one in broken {
            self.note(one);
        }
    }
}

/// A page of the file, and a link to the next one (RFC 8288).
pub async fn exported(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let Wanted { format, cursor } = query(&request.into_parts().0)?;
    let question = format!("export {format:?}");
    let after = cursor.map(|cursor| cursor::read(&question, &cursor)).transpose()?;
    let Page { text, end, .. } = page(&state.twin, format, after, MOST, Timestamp::now()).await?;
    let mut headers = attached(format.file());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    if let Some(end) = end {
        let cursor = cursor::write(&question, &end)?;
        linked(&mut headers, &format!("/api/crm/export?format={}&cursor={cursor}", format.name()));
    }
    Ok((headers, text).into_response())
}

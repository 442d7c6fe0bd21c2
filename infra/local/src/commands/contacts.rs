//! `omnitwin contacts`: files of contacts in and out; two contacts made one, and taken apart.

mod merging;

use std::{
    fs::File,
    io::{BufReader, Write as _, stdout},
    path::{Path, PathBuf},
    time::Duration,
};

use crm::files::{
    BATCH, Broken, Counts, Exported, Importer, MAX_CONTACTS, MAX_FILE, MOST, Mapping, Most, Piece, Reader,
    Report, around, join, page,
};
use http::{HeaderMap, StatusCode, header::LINK};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::{Value, json};
use twin::{
    audit::Actor,
    export::{For, joined},
    id::PersonId,
    policy::Permit,
    twin::Twin,
};

use super::{
    Outcome,
    table::{kept, opened},
};
use crate::{aws::Aws, settings::Running};

#[derive(clap::Subcommand)]
pub enum Arguments {
    /// Take contacts from a file: CSV, LinkedIn's Connections.csv, or vCards. Again, and nothing changes.
    Import(Import),
    /// Write all contacts out.
    Export(Export),
    /// Make two contacts one, or say what that would do.
    Merge(merging::Merge),
    /// Take a merge apart again.
    Unmerge(merging::Unmerge),
    /// Who may be one person; with two ids: these are two people.
    Proposals(merging::Proposals),
}

#[derive(clap::Args)]
pub struct Import {
    /// A table with a line that names its columns, or vCards.
    file: PathBuf,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Take the contacts that can be read, though others cannot.
    #[arg(long)]
    skip_broken: bool,
    /// What a column is: `--map Firma=company`.
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    mapping: Vec<String>,
    /// Import into this table of the account that AWS's command line works with.
    #[arg(long)]
    table: Option<String>,
}

#[derive(clap::Args)]
pub struct Export {
    /// csv or vcard, of all who have a name or an address; or json, of everybody.
    #[arg(long, default_value = "csv")]
    format: String,
    /// Everything about one person instead, as JSON: their id.
    #[arg(long)]
    person: Option<String>,
    /// Where to; otherwise to the standard output.
    #[arg(long)]
    output: Option<PathBuf>,
    /// Export from this table of the account that AWS's command line works with.
    #[arg(long)]
    table: Option<String>,
}

/// Contacts that are sent at once: they are written within a few seconds.
const CONTACTS_OF_A_PIECE: usize = 500;
/// What was lost is sent again after these.
const AGAIN_AFTER: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9)];

/// Where the contacts are.
enum Place {
    /// In the system that runs on this machine.
    Running(Box<Running>),
    Table(Box<Twin>, Option<Aws>),
}

pub async fn run(arguments: &Arguments, directory: &Path) -> Outcome {
    match arguments {
        Arguments::Merge(given) => merging::merge(given, directory).await,
        Arguments::Unmerge(given) => merging::unmerge(given, directory).await,
        Arguments::Proposals(given) => merging::proposals(given, directory).await,
        Arguments::Import(given) => {
            let mapping = mapping(&given.mapping)?;
            let report = match Place::to_fill(given.table.as_deref(), directory).await? {
                Place::Running(running) => sent(given, &mapping, &running).await?,
                Place::Table(twin, aws) => {
                    let report = imported(given, &mapping, &twin).await;
                    stopped(aws).await?;
                    report?
                }
            };
            print(given, &report)
        }
        Arguments::Export(given) => {
            let format: Exported = serde_json::from_value(json!(given.format))
                .map_err(|_| "a format is csv, vcard or json".to_owned())?;
            let place = Place::find(given.table.as_deref(), directory).await?;
            let outcome = match (&given.person, &place) {
                (Some(person), place) => about(given, person, place).await,
                (None, Place::Running(running)) => fetched(given, format, running).await,
                (None, Place::Table(twin, _)) => exported(given, format, twin).await,
            };
            if let Place::Table(_, aws) = place {
                stopped(aws).await?;
            }
            outcome
        }
    }
}

impl Place {
    async fn find(table: Option<&str>, directory: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        if let Some(running) = Self::running(table, directory).await {
            return Ok(running);
        }
        let (twin, aws) = kept(table, directory).await?;
        Ok(Self::Table(Box::new(twin), aws))
    }

    /// Made if it is not there.
    async fn to_fill(table: Option<&str>, directory: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        if let Some(running) = Self::running(table, directory).await {
            return Ok(running);
        }
        let (twin, aws) = opened(table, directory).await?;
        Ok(Self::Table(Box::new(twin), aws))
    }

    async fn running(table: Option<&str>, directory: &Path) -> Option<Self> {
        if table.is_some() {
            return None;
        }
        Running::found(directory).await.map(|running| Self::Running(Box::new(running)))
    }
}

async fn stopped(aws: Option<Aws>) -> Outcome {
    if let Some(aws) = aws {
        aws.stop().await?;
    }
    Ok(())
}

fn mapping(given: &[String]) -> Result<Mapping, Box<dyn std::error::Error>> {
    let mut mapping = Mapping::new();
    for one in given {
        let (column, field) = one.rsplit_once('=').ok_or("--map is COLUMN=FIELD")?;
        let field = serde_json::from_value(json!(field)).map_err(|error| format!("--map: {error}"))?;
        mapping.insert(column.to_owned(), field);
    }
    Ok(mapping)
}

fn read(given: &Import, mapping: &Mapping) -> Result<Reader<BufReader<File>>, Box<dyn std::error::Error>> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", given.file.display());
    let file = File::open(&given.file).map_err(|error| named(&error))?;
    Ok(Reader::new(BufReader::new(file), mapping).map_err(|error| named(&error))?)
}

/// The file from its beginning to its end: all of it can be read before any of it is written.
fn looked_through(given: &Import, mapping: &Mapping) -> Result<Report, Box<dyn std::error::Error>> {
    let mut reader = read(given, mapping)?;
    let has = |column: &str| reader.columns.iter().any(|mapped| mapped.header == *column);
    if let Some(none) = mapping.keys().find(|column| !has(column)) {
        return Err(format!("--map: there is no column {none:?} in {}", given.file.display()).into());
    }
    let mut report = Report::new(reader.format, std::mem::take(&mut reader.columns));
    for record in reader {
        match record {
            Ok(_) => report.contacts += 1,
            Err(broken) => report.note(broken),
        }
    }
    Ok(report)
}

fn is_refused(given: &Import, report: &Report) -> bool {
    report.broken_in_all > 0 && !given.skip_broken
}

fn bar(report: &Report) -> Result<ProgressBar, Box<dyn std::error::Error>> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} contacts, {per_sec}")?;
    Ok(ProgressBar::new(report.contacts).with_style(style))
}

/// Through the file once more, a batch in memory at a time.
async fn imported(
    given: &Import,
    mapping: &Mapping,
    twin: &Twin,
) -> Result<Report, Box<dyn std::error::Error>> {
    let mut report = looked_through(given, mapping)?;
    if is_refused(given, &report) {
        return Ok(report);
    }
    let mut importer = Importer::new(twin, given.dry_run, Timestamp::now());
    let bar = bar(&report)?;
    let mut records = read(given, mapping)?.filter_map(Result::ok).peekable();
    while records.peek().is_some() {
        let some: Vec<_> = records.by_ref().take(BATCH).collect();
        let taken = some.len() as u64;
        report.took(importer.take(some).await?);
        bar.inc(taken);
    }
    twin.look_for_others(importer.named(), Timestamp::now()).await;
    bar.finish_and_clear();
    report.applied = !given.dry_run;
    Ok(report)
}

/// The same in pieces, one after the other. What was taken before changes nothing if it comes again, so a run that broke
/// off is taken up by the same command. A run that writes nothing counts whoever comes in two pieces twice.
async fn sent(
    given: &Import,
    mapping: &Mapping,
    running: &Running,
) -> Result<Report, Box<dyn std::error::Error>> {
    let mut report = looked_through(given, mapping)?;
    if is_refused(given, &report) {
        return Ok(report);
    }
    let bar = bar(&report)?;
    let contacts = if given.dry_run { MAX_CONTACTS } else { CONTACTS_OF_A_PIECE };
    let query = [
        ("dryRun", given.dry_run.to_string()),
        ("skipBroken", "true".to_owned()),
        ("mapping", serde_json::to_string(mapping)?),
    ];
    for piece in read(given, mapping)?.pieces(Most { contacts, bytes: MAX_FILE }) {
        let taken = bar.position();
        let Report { counts, broken, .. } = pushed(&piece, &query, running).await.map_err(|error| {
            format!("{error}; {taken} of {} were taken: the same command goes on from there", report.contacts)
        })?;
        let broken = broken.into_iter().map(|broken| piece.in_whole(broken)).collect();
        report.took((counts, broken));
        bar.inc(piece.contacts as u64);
    }
    bar.finish_and_clear();
    report.applied = !given.dry_run;
    Ok(report)
}

/// Again, if it was not reached or was busy.
async fn pushed(
    piece: &Piece,
    query: &[(&str, String)],
    running: &Running,
) -> Result<Report, Box<dyn std::error::Error>> {
    let client = reqwest::Client::new();
    let mut waits = AGAIN_AFTER.into_iter();
    loop {
        let request = client
            .post(format!("{}/api/crm/import", running.base_url))
            .query(query)
            .header("content-type", "application/octet-stream")
            .body(piece.file.clone())
            .bearer_auth(&running.owner_token);
        let answer = request.send().await;
        let is_lost = match &answer {
            Ok(answer) => answer.status().is_server_error(),
            Err(error) => !error.is_builder(),
        };
        match waits.next().filter(|_| is_lost) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Ok(accepted(answer?).await?.json().await?),
        }
    }
}

async fn exported(given: &Export, format: Exported, twin: &Twin) -> Outcome {
    let mut file = Whole::begun(given, format)?;
    let mut after = None;
    loop {
        let page = page(twin, format, after, MOST, Timestamp::now()).await?;
        file.take(&page.text)?;
        after = page.end;
        if after.is_none() {
            return file.end();
        }
    }
}

async fn fetched(given: &Export, format: Exported, running: &Running) -> Outcome {
    let mut file = Whole::begun(given, format)?;
    let mut path = Some(format!("/api/crm/export?format={}", format.name()));
    while let Some(asked) = path {
        let answer = asked_of(running, &asked).await?;
        path = next(answer.headers());
        file.take(&answer.text().await?)?;
    }
    file.end()
}

/// Everything about one person.
async fn about(given: &Export, person: &str, place: &Place) -> Outcome {
    let person: PersonId = person.parse()?;
    let mut parts = Vec::new();
    match place {
        Place::Running(running) => {
            let mut path = Some(format!("/api/people/{person}/export"));
            while let Some(asked) = path {
                let answer = asked_of(running, &asked).await?;
                path = next(answer.headers());
                parts.push(answer.json().await?);
            }
        }
        Place::Table(twin, _) => {
            let mut after: Option<String> = None;
            loop {
                let (permit, whose) = (Permit::of_the_owner(), (For::Owner, Actor::Owner));
                let part = twin.export(permit, &person, whose, after.as_deref(), Timestamp::now()).await?;
                parts.push(part.document);
                after = part.next;
                if after.is_none() {
                    break;
                }
            }
        }
    }
    let mut whole = joined(parts);
    if let Some(document) = whole.as_object_mut() {
        document.remove("next");
    }
    let mut file = output(given)?;
    serde_json::to_writer_pretty(&mut file, &whole)?;
    Ok(file.flush()?)
}

/// A file of contacts that comes in pages.
struct Whole {
    file: Box<dyn std::io::Write>,
    format: Exported,
    is_first: bool,
}

impl Whole {
    fn begun(given: &Export, format: Exported) -> Result<Self, Box<dyn std::error::Error>> {
        let mut file = output(given)?;
        file.write_all(around(format).0.as_bytes())?;
        Ok(Self { file, format, is_first: true })
    }

    fn take(&mut self, page: &str) -> Outcome {
        self.file.write_all(join(self.format, page, self.is_first).as_bytes())?;
        self.is_first = false;
        Ok(())
    }

    fn end(mut self) -> Outcome {
        self.file.write_all(around(self.format).1.as_bytes())?;
        Ok(self.file.flush()?)
    }
}

async fn asked_of(running: &Running, path: &str) -> Result<reqwest::Response, Box<dyn std::error::Error>> {
    let url = format!("{}{path}", running.base_url);
    accepted(reqwest::Client::new().get(url).bearer_auth(&running.owner_token).send().await?).await
}

/// Where the link to the next page leads (RFC 8288).
fn next(headers: &HeaderMap) -> Option<String> {
    let link = headers.get(LINK)?.to_str().ok()?;
    Some(link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?.to_owned())
}

async fn accepted(answer: reqwest::Response) -> Result<reqwest::Response, Box<dyn std::error::Error>> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    if answer.status() == StatusCode::NOT_FOUND {
        return Err("there is no contact with this id".into());
    }
    let problem: Value = answer.json().await.unwrap_or_else(|_| json!({}));
    let said = problem["detail"].as_str().or_else(|| problem["title"].as_str());
    Err(said.unwrap_or("the system that runs here gave no reason").to_owned().into())
}

fn output(given: &Export) -> Result<Box<dyn std::io::Write>, Box<dyn std::error::Error>> {
    match &given.output {
        Some(path) => Ok(Box::new(std::io::BufWriter::new(File::create(path)?))),
        None => Ok(Box::new(stdout())),
    }
}

fn print(given: &Import, report: &Report) -> Outcome {
    for mapped in &report.columns {
        let field = json!(mapped.column);
        println!("  {:30} {}", mapped.header, field.as_str().unwrap_or_default());
    }
    for Broken { line, why } in &report.broken {
        eprintln!("{} line {line}: {why}", given.file.display());
    }
    let Counts { created, changed, unchanged } = report.counts;
    if is_refused(given, report) && report.counts == Counts::default() {
        let (broken, is) = (report.broken_in_all, if given.dry_run { "would be" } else { "was" });
        let contacts = if broken == 1 { "contact" } else { "contacts" };
        let why = format!(
            "{broken} {contacts} cannot be read, so nothing {is} imported; --skip-broken takes the rest"
        );
        return Err(why.into());
    }
    let would_be = if report.applied { "" } else { "would be " };
    println!("{created} {would_be}created, {changed} changed, {unchanged} unchanged");
    Ok(())
}

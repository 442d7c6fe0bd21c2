//! `omnitwin contacts`: files of contacts in and out; two contacts made one, and taken apart.

mod merging;

use std::{
    fs::File,
    io::{BufReader, Write as _, stdout},
    path::{Path, PathBuf},
};

use crm::files::{BATCH, Broken, Exported, Format, Importer, Mapping, Reader, Report, export};
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::{Value, json};
use twin::{clients::queue::Queue, store::Store, twin::Twin};

use super::Outcome;
use crate::{
    aws::Aws,
    settings::Running,
    stack::{TABLE, embedded},
};

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
    /// Import into this table of the AWS account that the environment names.
    #[arg(long)]
    table: Option<String>,
}

#[derive(clap::Args)]
pub struct Export {
    /// csv, vcard or json.
    #[arg(long, default_value = "csv")]
    format: String,
    /// Where to; otherwise to the standard output.
    #[arg(long)]
    output: Option<PathBuf>,
    /// Export from this table of the AWS account that the environment names.
    #[arg(long)]
    table: Option<String>,
}

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
            let report = match Place::find(given.table.as_deref(), directory).await? {
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
            match Place::find(given.table.as_deref(), directory).await? {
                Place::Running(running) => fetched(given, &running).await,
                Place::Table(twin, aws) => {
                    let outcome = exported(given, format, &twin).await;
                    stopped(aws).await?;
                    outcome
                }
            }
        }
    }
}

impl Place {
    async fn find(table: Option<&str>, directory: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        if let Some(table) = table {
            let config = aws_config::load_from_env().await;
            return Ok(Self::Table(Box::new(twin(&config, &config, table)), None));
        }
        if let Ok(running) = Running::read(directory) {
            return Ok(Self::Running(Box::new(running)));
        }
        let (aws, dynamodb, queue) = embedded(directory).await?;
        Ok(Self::Table(Box::new(twin(&dynamodb, &queue, TABLE)), Some(aws)))
    }
}

fn twin(dynamodb: &aws_config::SdkConfig, queue: &aws_config::SdkConfig, table: &str) -> Twin {
    let store = Store::new(aws_sdk_dynamodb::Client::new(dynamodb), table);
    // Contacts send no job.
    Twin::new(store, Queue::new(aws_sdk_sqs::Client::new(queue), String::new()))
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
        let field = serde_json::from_value(json!(field)).map_err(|_| format!("{field} is no field"))?;
        mapping.insert(column.to_owned(), field);
    }
    Ok(mapping)
}

fn read(given: &Import, mapping: &Mapping) -> Result<Reader<BufReader<File>>, Box<dyn std::error::Error>> {
    Ok(Reader::new(BufReader::new(File::open(&given.file)?), mapping)?)
}

/// Through the file twice: all of it can be read before any of it is written.
async fn imported(
    given: &Import,
    mapping: &Mapping,
    twin: &Twin,
) -> Result<Report, Box<dyn std::error::Error>> {
    let mut importer = Importer::new(twin.store(), given.dry_run, Timestamp::now());
    let mut reader = read(given, mapping)?;
    let mut report = Report::new(reader.format, std::mem::take(&mut reader.columns));
    for record in reader {
        match record {
            Ok(record) => {
                report.contacts += 1;
                if report.format == Format::Linkedin {
                    importer.knows(&record);
                }
            }
            Err(broken) => report.note(broken),
        }
    }
    if report.broken_in_all > 0 && !given.skip_broken {
        return Ok(report);
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} contacts, {per_sec}")?;
    let bar = ProgressBar::new(report.contacts).with_style(style);
    let mut records = read(given, mapping)?.filter_map(Result::ok).peekable();
    while records.peek().is_some() {
        let some: Vec<_> = records.by_ref().take(BATCH).collect();
        let taken = some.len() as u64;
        report.took(importer.take(some).await?);
        bar.inc(taken);
    }
    twin.look_for_others(importer.written(), Timestamp::now()).await;
    bar.finish_and_clear();
    report.applied = !given.dry_run;
    Ok(report)
}

async fn sent(
    given: &Import,
    mapping: &Mapping,
    running: &Running,
) -> Result<Report, Box<dyn std::error::Error>> {
    let bar = ProgressBar::new_spinner().with_message("the system that runs here reads the file");
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    let query = [
        ("dryRun", given.dry_run.to_string()),
        ("skipBroken", given.skip_broken.to_string()),
        ("mapping", serde_json::to_string(mapping)?),
    ];
    let request = reqwest::Client::new()
        .post(format!("{}/api/crm/import", running.base_url))
        .query(&query)
        .header("content-type", "application/octet-stream")
        .body(std::fs::read(&given.file)?)
        .bearer_auth(&running.owner_token);
    let report = accepted(request.send().await?).await?.json().await?;
    bar.finish_and_clear();
    Ok(report)
}

async fn exported(given: &Export, format: Exported, twin: &Twin) -> Outcome {
    let mut file = output(given)?;
    let pieces = export(twin, format, Timestamp::now()).await?;
    let mut pieces = std::pin::pin!(pieces);
    while let Some(piece) = pieces.next().await {
        file.write_all(piece?.as_bytes())?;
    }
    Ok(file.flush()?)
}

async fn fetched(given: &Export, running: &Running) -> Outcome {
    let request = reqwest::Client::new()
        .get(format!("{}/api/crm/export", running.base_url))
        .query(&[("format", &given.format)])
        .bearer_auth(&running.owner_token);
    let mut answer = accepted(request.send().await?).await?;
    let mut file = output(given)?;
    while let Some(piece) = answer.chunk().await? {
        file.write_all(&piece)?;
    }
    Ok(file.flush()?)
}

async fn accepted(answer: reqwest::Response) -> Result<reqwest::Response, Box<dyn std::error::Error>> {
    if answer.status().is_success() {
        return Ok(answer);
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
    let counts = report.counts;
    match (report.applied, given.dry_run) {
        (true, _) => {
            println!(
                "{} created, {} changed, {} unchanged",
                counts.created, counts.changed, counts.unchanged
            );
        }
        (false, true) => println!(
            "{} would be created, {} changed, {} unchanged",
            counts.created, counts.changed, counts.unchanged
        ),
        (false, false) => {
            let broken = report.broken_in_all;
            return Err(format!(
                "{broken} cannot be read, so nothing was imported; --skip-broken takes the rest"
            )
            .into());
        }
    }
    Ok(())
}

//! `omnitwin import`: what the twin shall know of its owner.

use std::{
    fs,
    path::{Path, PathBuf},
};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use knowledge::{
    MAX_FILE,
    connections::Connected,
    import::{Imported, Importer, Source},
};
use serde_json::json;
use twin::{brain::Brain, config::Settings};

use super::{Outcome, table::opened};
use crate::settings::Running;

/// What is left to do if nothing that was imported has the owner's name.
const NOBODY: &str = "The twin does not know yet whom it speaks for: import a résumé or LinkedIn's export, or write the \
                      persona in the dashboard.";

#[derive(clap::Args)]
pub struct Arguments {
    /// A file (résumé as PDF, DOCX, Markdown or JSON Resume; LinkedIn export; note; source code), `https://…` for a page,
    /// `feed:https://…`, `github:login`.
    #[arg(required = true)]
    what: Vec<String>,
    /// Import into this table of the AWS account that the environment names.
    #[arg(long)]
    table: Option<String>,
}

impl Arguments {
    /// Without a table, into what runs or lies on this machine.
    pub fn of(what: Vec<String>, table: Option<String>) -> Self {
        Self { what, table }
    }
}

/// One thing to import.
enum What {
    File(PathBuf),
    Source(Source),
}

/// Where it goes.
enum Into {
    /// The system that runs on this machine.
    Running(Box<Running>),
    Table(Box<Importer>),
}

pub async fn run(
    arguments: &Arguments,
    lookup: &dyn Fn(&str) -> Option<String>,
    directory: &Path,
) -> Outcome {
    let what: Vec<What> = arguments.what.iter().map(|text| What::parse(text)).collect();
    let settings = Settings::new(lookup);
    let (into, aws) = if arguments.table.is_none()
        && let Some(running) = Running::found(directory).await
    {
        (Into::Running(Box::new(running)), None)
    } else {
        let (twin, aws) = opened(arguments.table.as_deref(), directory).await?;
        let importer = Importer::from(&settings, twin.with_brain(Brain::from(&settings)?))?;
        (Into::Table(Box::new(importer)), aws)
    };
    let bar = ProgressBar::new(what.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    let (mut failed, mut nobody) = (0, false);
    for (name, what) in arguments.what.iter().zip(&what) {
        bar.set_message(name.clone());
        let result = into.whole(what, |taken| bar.set_message(format!("{name}, {taken}"))).await;
        bar.suspend(|| match &result {
            Ok(imported) => print(name, imported),
            Err(error) => eprintln!("{name}: {error}"),
        });
        failed += usize::from(result.is_err());
        nobody = result.map_or(nobody, |imported| imported.nobody);
        bar.inc(1);
    }
    bar.finish_and_clear();
    if nobody {
        println!("{NOBODY}");
    }
    if let Some(aws) = aws {
        aws.stop().await?;
    }
    if failed > 0 { Err(format!("{failed} of {} were not imported", what.len()).into()) } else { Ok(()) }
}

impl What {
    fn parse(text: &str) -> Self {
        if let Some(url) = text.strip_prefix("feed:") {
            return Self::Source(Source::Feed { url: url.to_owned() });
        }
        if let Some(login) = text.strip_prefix("github:") {
            return Self::Source(Source::Github { login: login.to_owned() });
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            return Self::Source(Source::Page { url: text.to_owned() });
        }
        Self::File(PathBuf::from(text))
    }
}

impl Into {
    /// Until nothing of it is left; `tell` hears how many connections were taken by then.
    async fn whole(
        &self,
        what: &What,
        tell: impl Fn(String),
    ) -> Result<Imported, Box<dyn std::error::Error>> {
        let mut imported = self.import(what, None).await?;
        while let Some(connected) = imported.connections.clone()
            && let Some(next) = connected.next
        {
            tell(format!("{next} of {} connections", connected.total));
            let further = self.import(what, Some(next)).await.map_err(|error| {
                format!(
                    "{error}; {next} of {} connections were taken: the same command goes on",
                    connected.total
                )
            })?;
            imported.connections = further.connections.map(|further| connected.and(further));
        }
        Ok(imported)
    }

    /// With `from`, only the connections from there on.
    async fn import(&self, what: &What, from: Option<usize>) -> Result<Imported, Box<dyn std::error::Error>> {
        let now = Timestamp::now();
        match (self, what) {
            (Self::Table(importer), What::Source(source)) => Ok(importer.source(source, now).await?),
            (Self::Table(importer), What::File(path)) => {
                let (name, bytes) = read(path)?;
                Ok(match from {
                    Some(from) => importer.go_on(&name, bytes, from, now).await?,
                    None => importer.file(&name, bytes, now).await?,
                })
            }
            (Self::Running(running), What::Source(source)) => {
                let url = format!("{}/api/knowledge/imports", running.base_url);
                answer(running, reqwest::Client::new().post(url).json(source)).await
            }
            (Self::Running(running), What::File(path)) => {
                let (name, bytes) = read(path)?;
                if bytes.len() > MAX_FILE {
                    return Err(too_large(bytes.len()).into());
                }
                let mut url = reqwest::Url::parse(&running.base_url)?;
                if let Ok(mut parts) = url.path_segments_mut() {
                    parts.extend(["api", "knowledge", "files", name.as_str()]);
                }
                let from = from.map(|from| ("connections", from.to_string()));
                answer(running, reqwest::Client::new().put(url).query(from.as_slice()).body(bytes)).await
            }
        }
    }
}

/// A system that runs takes as much as one in AWS.
fn too_large(bytes: usize) -> String {
    let mebibytes = |bytes: usize| bytes.div_ceil(1 << 20);
    format!(
        "the file has {} MiB, and a system that runs takes {} MiB: stop it and import again, or take out what it need not read",
        mebibytes(bytes),
        MAX_FILE >> 20
    )
}

async fn answer(
    running: &Running,
    request: reqwest::RequestBuilder,
) -> Result<Imported, Box<dyn std::error::Error>> {
    let response = request.bearer_auth(&running.owner_token).send().await?;
    if response.status().is_success() {
        return Ok(response.json().await?);
    }
    let problem: serde_json::Value = response.json().await.unwrap_or_else(|_| json!({}));
    let said = problem["detail"].as_str().or_else(|| problem["title"].as_str());
    Err(said.unwrap_or("the system that runs here gave no reason").to_owned().into())
}

fn read(path: &Path) -> Result<(String, Vec<u8>), Box<dyn std::error::Error>> {
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("this is not the name of a file")?;
    Ok((name.to_owned(), fs::read(path)?))
}

fn print(name: &str, imported: &Imported) {
    let Imported { changes, persona, .. } = imported;
    let (added, changed, removed) = (changes.added.len(), changes.changed.len(), changes.removed.len());
    println!("{name}: {added} added, {changed} changed, {removed} removed, {} unchanged", changes.unchanged);
    for (sign, titles) in [("+", &changes.added), ("~", &changes.changed), ("-", &changes.removed)] {
        for title in titles {
            println!("  {sign} {title}");
        }
    }
    if !persona.is_empty() {
        println!("  The persona, until you change it:");
    }
    for change in persona {
        let origin = change.origins.first().map(|origin| format!(" ({origin})")).unwrap_or_default();
        println!("    {}: {}{origin}", change.field.words(), change.value);
    }
    if let Some(Connected { total, counts, broken, broken_in_all, .. }) = &imported.connections {
        println!(
            "  {total} connections as contacts: {} created, {} changed, {} unchanged, {broken_in_all} not taken",
            counts.created, counts.changed, counts.unchanged
        );
        for one in broken {
            println!("    Connections.csv, {one}");
        }
    }
}

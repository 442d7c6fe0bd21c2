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
use twin::{brain::Brain, config::Settings, persona::filled::Field};

use super::{
    Outcome,
    setup::aws::Aws as CommandLine,
    table::{deployed, opened},
};
use crate::settings::Running;

/// What is left to do if nothing that was imported has the owner's name.
const NOBODY: &str = "The twin does not know yet whom it speaks for: import a résumé or LinkedIn's export, or write the \
                      persona in the dashboard.";

/// What no import says, to whoever was named for the first time.
const HOURS: &str = "Yours to say, in the dashboard under Calendar: your time zone, and the hours when you may be met. Without \
                     any, nobody can book a time.";

#[derive(clap::Args)]
pub struct Arguments {
    /// A file (résumé as PDF, DOCX, Markdown or JSON Resume; LinkedIn export; note; source code), a folder for the notes in
    /// it (Markdown), `https://…` for a page, `feed:https://…`, `github:login`.
    #[arg(required = true)]
    what: Vec<String>,
    /// Import into this table of the account that AWS's command line works with.
    #[arg(long)]
    table: Option<String>,
    /// Its region, if it is another than the command line's.
    #[arg(long, requires = "table")]
    region: Option<String>,
}

impl Arguments {
    /// Without a table, into what runs or lies on this machine.
    pub fn of(what: Vec<String>, table: Option<String>, region: Option<String>) -> Self {
        Self { what, table, region }
    }
}

/// Notes of one folder.
const MAX_NOTES: usize = 1000;
/// Folders in each other.
const MAX_DEPTH: usize = 16;
/// Files of a folder that are named where they are not read.
const MAX_NAMED: usize = 5;

/// One thing to import.
enum What {
    /// With the name that it is known by.
    File(PathBuf, String),
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
    let mut what = Vec::new();
    for text in &arguments.what {
        what.extend(What::parse(text)?);
    }
    let settings = Settings::new(lookup);
    let (into, aws) = if arguments.table.is_none()
        && let Some(running) = Running::found(directory).await
    {
        (Into::Running(Box::new(running)), None)
    } else {
        let (twin, aws) = match &arguments.table {
            Some(table) => {
                let account = CommandLine::found(lookup, arguments.region.as_deref());
                (deployed(table, &account).await?, None)
            }
            None => opened(None, directory).await?,
        };
        let importer = Importer::from(&settings, twin.with_brain(Brain::from(&settings)?))?;
        (Into::Table(Box::new(importer)), aws)
    };
    let bar = ProgressBar::new(what.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    let (mut failed, mut nobody) = (0, false);
    for (name, what) in &what {
        bar.set_message(name.clone());
        let result = into.whole(what, |taken| bar.set_message(format!("{name}, {taken}"))).await;
        bar.suspend(|| match &result {
            Ok(imported) => print(name, imported),
            Err(error) => eprintln!("{}", refused(name, what, &error.to_string())),
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
    /// What an argument means, each with what it is called to whoever waits.
    fn parse(text: &str) -> Result<Vec<(String, Self)>, Box<dyn std::error::Error>> {
        let source = |source| Ok(vec![(text.to_owned(), Self::Source(source))]);
        if let Some(url) = text.strip_prefix("feed:") {
            return source(Source::Feed { url: url.to_owned() });
        }
        if let Some(login) = text.strip_prefix("github:") {
            if login.is_empty() {
                return Err("github: is followed by whose repositories are read: github:your-login".into());
            }
            return source(Source::Github { login: login.to_owned() });
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            return source(Source::Page { url: text.to_owned() });
        }
        if text.contains("://") {
            return Err(format!(
                "{text}: what is read from the web is https://…, feed:https://… or github:login"
            )
            .into());
        }
        let path = PathBuf::from(text);
        if path.is_dir() {
            let of = Folder::read(&path).map_err(|error| format!("{text}: {error}"))?;
            if let Some(left_out) = of.left_out() {
                eprintln!("{text}: {left_out}");
            }
            return Ok(of
                .notes
                .into_iter()
                .map(|(path, name)| (path.display().to_string(), Self::File(path, name)))
                .collect());
        }
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or("this is not the name of a file")?
            .to_owned();
        Ok(vec![(text.to_owned(), Self::File(path, name))])
    }
}

/// What is in a folder and in those within, but for what is hidden or linked to.
struct Folder {
    /// Its Markdown. A note is known by its way from there, because many folders have a `README.md`.
    notes: Vec<(PathBuf, String)>,
    /// Files that are none, by their ways.
    others: Vec<String>,
}

impl Folder {
    fn read(folder: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let mut read = Self { notes: Vec::new(), others: Vec::new() };
        let mut folders = vec![(folder.to_owned(), Vec::new())];
        while let Some((at, way)) = folders.pop() {
            for entry in fs::read_dir(&at)? {
                let entry = entry?;
                let Some(name) =
                    entry.file_name().to_str().filter(|name| !name.starts_with('.')).map(str::to_owned)
                else {
                    continue;
                };
                let (kind, mut way): (_, Vec<String>) = (entry.file_type()?, way.clone());
                let is_note = entry.path().extension().is_some_and(|it| it.eq_ignore_ascii_case("md"));
                way.push(name);
                if kind.is_dir() && way.len() <= MAX_DEPTH {
                    folders.push((entry.path(), way));
                } else if kind.is_file() && is_note {
                    read.notes.push((entry.path(), way.join(" - ")));
                } else if kind.is_file() {
                    read.others.push(way.join("/"));
                }
            }
        }
        read.notes.sort();
        read.others.sort();
        match read.notes.len() {
            0 => {
                let why = read.left_out();
                Err(why.unwrap_or_else(|| "there is no Markdown in this folder".to_owned()).into())
            }
            1..=MAX_NOTES => Ok(read),
            many => Err(format!("{many} notes are more than the {MAX_NOTES} that a folder may have").into()),
        }
    }

    /// What whoever named the folder may have meant, too.
    fn left_out(&self) -> Option<String> {
        let named: Vec<&str> = self.others.iter().take(MAX_NAMED).map(String::as_str).collect();
        let more = match self.others.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = named.join(", ");
        (!named.is_empty()).then(|| {
            format!("of a folder only Markdown is read, and not {named}{more}: name those by themselves")
        })
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
            (Self::Table(importer), What::File(path, name)) => {
                let bytes = fs::read(path)?;
                Ok(match from {
                    Some(from) => importer.go_on(name, bytes, from, now).await?,
                    None => importer.file(name, bytes, now).await?,
                })
            }
            (Self::Running(running), What::Source(source)) => {
                let url = format!("{}/api/knowledge/imports", running.base_url);
                answer(running, reqwest::Client::new().post(url).json(source)).await
            }
            (Self::Running(running), What::File(path, name)) => {
                let bytes = fs::read(path)?;
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

/// Why something was not taken: a reader names its file already.
fn refused(name: &str, what: &What, error: &str) -> String {
    let read = match what {
        What::File(_, file) => error.strip_prefix(file.as_str()).and_then(|rest| rest.strip_prefix(": ")),
        What::Source(_) => None,
    };
    format!("{name}: {}", read.unwrap_or(error))
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
        println!("    {}: {}{origin}", change.field.words(), change.value.replace(".; ", "; "));
    }
    if persona.iter().any(|change| change.field == Field::Name) {
        println!("  {HOURS}");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_nothing_to_import_is_refused_with_what_can() {
        for (text, says) in [("ftp://sample.example/cv.pdf", "https://"), ("github:", "github:your-login")] {
            let error = What::parse(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(says), "{text}: {error}");
        }
        assert!(What::parse("notes.md").is_ok());
    }

    #[test]
    fn a_file_is_named_once() {
        let file = What::File(PathBuf::from("cv/bad.pdf"), "bad.pdf".to_owned());
        assert_eq!(refused("cv/bad.pdf", &file, "bad.pdf: it is empty"), "cv/bad.pdf: it is empty");
        assert_eq!(
            refused("cv/bad.pdf", &file, "bad.pdfs are no files"),
            "cv/bad.pdf: bad.pdfs are no files"
        );
    }

    #[test]
    fn a_folder_is_the_notes_in_it() {
        let folder = tempfile::tempdir().unwrap();
        for (within, file) in
            [("", "README.md"), ("talks", "README.md"), ("talks", "slides.pdf"), (".git", "HEAD.md")]
        {
            fs::create_dir_all(folder.path().join(within)).unwrap();
            fs::write(folder.path().join(within).join(file), "# A note").unwrap();
        }
        let of = Folder::read(folder.path()).unwrap();
        let names: Vec<&str> = of.notes.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["README.md", "talks - README.md"]);
        assert!(of.left_out().unwrap().contains("not talks/slides.pdf: name"), "{:?}", of.left_out());
        fs::remove_file(folder.path().join("talks/slides.pdf")).unwrap();
        assert_eq!(Folder::read(folder.path()).unwrap().left_out(), None);
        let empty = tempfile::tempdir().unwrap();
        let error = Folder::read(empty.path()).map(|of| of.notes).unwrap_err();
        assert!(error.to_string().contains("no Markdown"), "{error}");
        fs::write(empty.path().join("resume.pdf"), "%PDF").unwrap();
        let error = Folder::read(empty.path()).map(|of| of.notes).unwrap_err();
        assert!(error.to_string().contains("not resume.pdf: name"), "{error}");
    }
}

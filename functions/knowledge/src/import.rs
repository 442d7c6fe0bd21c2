//! Reads a source and makes it what the twin knows.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    clients::fetch::{self, FetchError, Fetched, Fetcher, Limits, Policy, Version},
    config::Settings,
    error::Error,
    knowledge::{
        document::{Document, SourceKind},
        manifest::{Changes, Entry, Missing, Validators},
    },
    persona::filled::{Change, SAMPLE},
    twin::{Import, Introduced, Twin},
};

use crate::{
    connections::{Connected, connect},
    file::{self, Connections},
    web::{
        error::ImportError,
        feed,
        github::{self, GitHub},
        page,
    },
};

/// The sources of GitHub begin so; the rest is the login.
const GITHUB: &str = "github:";
const NOTE: &str = "note:";
const LINKEDIN: &str = "linkedin";

/// What is to be read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[schemars(rename = "SourceToRead")]
pub enum Source {
    /// One page by its address.
    Page { url: String },
    /// A feed (RSS, Atom, JSON Feed) by its address; posts that it does not name any more stay known.
    Feed { url: String },
    /// The public repositories of a GitHub user.
    Github { login: String },
    /// A text of the owner's own; one fenced block of code and nothing else is a snippet.
    Note {
        #[schemars(length(min = 1, max = 200))]
        title: String,
        text: String,
    },
}

impl Source {
    /// As the manifest names it.
    fn named(&self) -> String {
        match self {
            Self::Page { url } | Self::Feed { url } => url.clone(),
            Self::Github { login } => format!("{GITHUB}{login}"),
            Self::Note { title, .. } => format!("{NOTE}{title}"),
        }
    }
}

/// What an import changed: of what is known, and of the persona.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Imported {
    #[serde(flatten)]
    pub changes: Changes,
    /// The fields of the persona's core that were filled by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub persona: Vec<Change>,
    /// People whom the owner knows, in LinkedIn's export: they become contacts, and nothing that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<Connected>,
    /// No source says yet whose twin this is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nobody: bool,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    File(#[from] file::ImportError),
    #[error(transparent)]
    Web(#[from] ImportError),
    #[error(transparent)]
    Twin(#[from] Error),
    #[error("a reader ended without a word")]
    Lost(#[from] tokio::task::JoinError),
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Web(error.into())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Twin(error) => error,
            Failure::Lost(error) => Self::Internal(Box::new(error)),
            Failure::File(error) => Self::Invalid(error.to_string()),
            Failure::Web(error) => Self::Invalid(error.to_string()),
        }
    }
}

#[derive(Clone)]
pub struct Importer {
    twin: Twin,
    fetcher: Fetcher,
    github: GitHub,
}

impl Importer {
    /// `policy` says which hosts may be asked; `base` is GitHub's REST API or a simulator.
    pub fn new(twin: Twin, policy: Policy, base: &str, token: Option<&str>) -> Result<Self, Failure> {
        let fetcher = Fetcher::new(policy, Limits::default())?;
        let github = GitHub::new(fetcher.clone(), base, token)?;
        Ok(Self { twin, fetcher, github })
    }

    /// Public hosts only. `GITHUB_TOKEN` raises GitHub's rate limit.
    pub fn from(settings: &Settings<'_>, twin: Twin) -> Result<Self, Failure> {
        let token = settings.optional("GITHUB_TOKEN");
        Self::new(twin, Policy::public(), github::BASE, token.as_deref())
    }

    /// A file by its name and content: a résumé, a LinkedIn export, a note, source code. The first connections in an
    /// export become contacts.
    pub async fn file(&self, name: &str, bytes: Vec<u8>, now: Timestamp) -> Result<Imported, Failure> {
        let file::Read { documents, connections } = read(name, bytes).await?;
        let is_linkedin = documents.iter().any(|document| document.kind == SourceKind::Linkedin);
        let source = if is_linkedin { LINKEDIN } else { name };
        let changes = self.replace(source, documents, Missing::Remove, None, now).await?;
        let imported = self.introduced(changes, now).await?;
        Ok(Imported { connections: self.connected(connections, 0, now).await?, ..imported })
    }

    /// The connections of the same export from a place on.
    pub async fn go_on(
        &self,
        name: &str,
        bytes: Vec<u8>,
        from: usize,
        now: Timestamp,
    ) -> Result<Imported, Failure> {
        let file::Read { connections, .. } = read(name, bytes).await?;
        Ok(Imported { connections: self.connected(connections, from, now).await?, ..Imported::default() })
    }

    async fn connected(
        &self,
        connections: Connections,
        from: usize,
        now: Timestamp,
    ) -> Result<Option<Connected>, Error> {
        if connections.is_empty() {
            return Ok(None);
        }
        connect(&self.twin, connections, from, now).await.map(Some)
    }

    /// A file of the sample professional, which leaves when the owner comes.
    pub async fn sample(&self, name: &str, bytes: Vec<u8>, now: Timestamp) -> Result<Changes, Failure> {
        let file::Read { documents, .. } = read(name, bytes).await?;
        self.replace(&format!("{SAMPLE}{name}"), documents, Missing::Remove, None, now).await
    }

    pub async fn source(&self, source: &Source, now: Timestamp) -> Result<Imported, Failure> {
        let changes = self.read(source, now).await?;
        self.is_read(&source.named()).await?;
        if changes.is_empty() {
            self.twin.embed_missing(now).await?;
        }
        self.introduced(changes, now).await
    }

    /// What was imported may say whose twin this is.
    async fn introduced(&self, changes: Changes, now: Timestamp) -> Result<Imported, Failure> {
        let Introduced { changes: persona, nobody } = self.twin.introduce(now).await?;
        Ok(Imported { changes, persona, connections: None, nobody })
    }

    async fn read(&self, source: &Source, now: Timestamp) -> Result<Changes, Failure> {
        match source {
            Source::Page { url } => self.page(url, now).await,
            Source::Feed { url } => self.feed(url, now).await,
            Source::Github { login } => self.github(login, now).await,
            Source::Note { title, text } => {
                let read = match file::snippet(title, text) {
                    Some(snippet) => snippet?,
                    None => noted(title, text)?,
                };
                self.replace(&source.named(), read.documents, Missing::Remove, None, now).await
            }
        }
    }

    /// Forgets all that a source said.
    pub async fn remove(&self, source: &str, now: Timestamp) -> Result<Imported, Failure> {
        let manifest = self.twin.store().manifest().await.map_err(Error::from)?;
        if !manifest.entries.iter().any(|entry| entry.source == source) {
            return Err(Error::NotFound.into());
        }
        let changes = self.replace(source, Vec::new(), Missing::Remove, None, now).await?;
        self.is_read(source).await?;
        self.introduced(changes, now).await
    }

    /// It is none of those any more that could not be read.
    async fn is_read(&self, source: &str) -> Result<(), Error> {
        let store = self.twin.store();
        if let Some(without) = store.refreshed().await?.without(source) {
            store.save_refreshed(&without).await?;
        }
        Ok(())
    }

    /// Reads all pages, feeds and GitHub users again that the twin knows. One that fails leaves the others alone, and is
    /// noted for the owner.
    pub async fn refresh(&self, now: Timestamp) -> Result<Vec<(String, Result<Changes, Failure>)>, Error> {
        let manifest = self.twin.store().manifest().await?;
        let mut sources: Vec<Source> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for entry in &manifest.entries {
            if let Some(source) = again(entry)
                && !names.contains(&entry.source)
            {
                names.push(entry.source.clone());
                sources.push(source);
            }
        }
        let mut results = Vec::new();
        for (name, source) in names.into_iter().zip(sources) {
            let result = self.read(&source, now).await;
            if let Err(error) = &result {
                tracing::warn!(%error, "a source was not read again");
            }
            results.push((name, result));
        }
        let failed = results.iter().filter_map(|(name, result): &(String, Result<_, Failure>)| {
            Some((name.as_str(), result.as_ref().err()?.to_string()))
        });
        let store = self.twin.store();
        store.save_refreshed(&store.refreshed().await?.after(failed, now)).await?;
        if let Err(error) = self.twin.embed_missing(now).await {
            tracing::warn!(%error, "documents are without vectors: the next import or refresh tries again");
        }
        self.twin.introduce(now).await?;
        Ok(results)
    }

    async fn page(&self, url: &str, now: Timestamp) -> Result<Changes, Failure> {
        let Some(body) = self.fetch(url).await? else { return Ok(Changes::default()) };
        let parsed = fetch::parse(url)?;
        let document = tokio::task::spawn_blocking(move || {
            page::read(&parsed, &body.bytes, body.content_type.as_deref())
                .map(|document| (document, body.validators))
        });
        let (document, validators) = document.await??;
        self.replace(url, vec![document], Missing::Remove, Some(validators), now).await
    }

    async fn feed(&self, url: &str, now: Timestamp) -> Result<Changes, Failure> {
        let Some(body) = self.fetch(url).await? else { return Ok(Changes::default()) };
        let parsed = fetch::parse(url)?;
        let documents = tokio::task::spawn_blocking(move || {
            feed::read(&parsed, &body.bytes, body.content_type.as_deref())
                .map(|documents| (documents, body.validators))
        });
        let (documents, validators) = documents.await??;
        self.replace(url, documents, Missing::Keep, Some(validators), now).await
    }

    /// `None`: what is known is still what it says.
    async fn fetch(&self, url: &str) -> Result<Option<Body>, Failure> {
        let known = self.known::<Version>(url).await?;
        match self.fetcher.fetch(url, &known).await? {
            Fetched::NotModified => Ok(None),
            Fetched::Body { bytes, content_type, etag, last_modified } => {
                let validators = written(url, &Version { etag, last_modified })?;
                Ok(Some(Body { bytes, content_type, validators }))
            }
        }
    }

    async fn github(&self, login: &str, now: Timestamp) -> Result<Changes, Failure> {
        let source = format!("{GITHUB}{login}");
        let known = self.known::<github::Validators>(&source).await?;
        let read = self.github.import(login, &known, now).await?;
        if !read.complete {
            tracing::warn!("only the repositories that were pushed last were read: a token allows for more");
        }
        let validators = written(&source, &read.validators)?;
        // What was not read is not gone.
        let missing = if read.complete { Missing::Unchanged(read.unchanged) } else { Missing::Keep };
        self.replace(&source, read.changed, missing, Some(validators), now).await
    }

    /// What a source was last asked with; nothing if none of its documents is known any more.
    async fn known<V: Default + serde::de::DeserializeOwned>(&self, source: &str) -> Result<V, Failure> {
        let store = self.twin.store();
        let manifest = store.manifest().await.map_err(Error::from)?;
        if !manifest.entries.iter().any(|entry| entry.source == source) {
            return Ok(V::default());
        }
        let known = store.validators(source).await.map_err(Error::from)?;
        Ok(known.and_then(|known| serde_json::from_str(&known.content).ok()).unwrap_or_default())
    }

    async fn replace(
        &self,
        source: &str,
        documents: Vec<Document>,
        missing: Missing,
        validators: Option<Validators>,
        now: Timestamp,
    ) -> Result<Changes, Failure> {
        let import = Import { source: source.to_owned(), documents, missing, validators };
        let changes = self.twin.import(&import, now).await?;
        let read = import.documents.first().map(|document| tracing::field::debug(document.kind));
        tracing::info!(
            kind = read,
            added = changes.added.len(),
            changed = changes.changed.len(),
            removed = changes.removed.len(),
            unchanged = changes.unchanged,
            "a source was imported"
        );
        Ok(changes)
    }
}

/// Words of the owner, under their title.
fn noted(title: &str, text: &str) -> Result<file::Read, Failure> {
    let mut read = file::read(&format!("{title}.md"), text.as_bytes())?;
    for document in read.documents.iter_mut().filter(|document| document.kind == SourceKind::Note) {
        title.clone_into(&mut document.title);
    }
    Ok(read)
}

async fn read(name: &str, bytes: Vec<u8>) -> Result<file::Read, Failure> {
    let name = name.to_owned();
    Ok(tokio::task::spawn_blocking(move || file::read(&name, &bytes)).await??)
}

struct Body {
    bytes: Vec<u8>,
    content_type: Option<String>,
    validators: Validators,
}

/// How a document's source is read again, if it can be.
fn again(entry: &Entry) -> Option<Source> {
    match entry.kind {
        SourceKind::Github => Some(Source::Github { login: entry.source.strip_prefix(GITHUB)?.to_owned() }),
        SourceKind::Page => Some(Source::Page { url: entry.source.clone() }),
        SourceKind::Feed => Some(Source::Feed { url: entry.source.clone() }),
        SourceKind::Resume | SourceKind::Linkedin | SourceKind::Note | SourceKind::Code => None,
    }
}

fn written(source: &str, validators: &impl serde::Serialize) -> Result<Validators, Error> {
    let content = serde_json::to_string(validators).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(Validators { source: source.to_owned(), content })
}

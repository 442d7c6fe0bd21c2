//! What the twin knows: kept in memory, brought up to date from the store, changed by imports and by the owner's
//! answers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{MAX_CONFLICTS, Twin, spending::VECTORS};
use crate::{
    brain::{Brain, Priced},
    error::Error,
    follow_up::Links,
    id::GapId,
    knowledge::{
        document::{Document, Section, SourceKind},
        gap::{Gap, makes_room},
        library::{Library, Stored},
        manifest::{Changes, Hash, Manifest, Missing, Validators},
        vectors::Quantised,
    },
    persona::{ContextIntegration, Persona},
    proposal, resume,
    store::{Limit, StoreError},
};

/// How long a library is used before the store is asked whether it is still what the twin knows.
const LIBRARY_FOR: Duration = Duration::from_secs(10);
/// How long it is used by others while somebody asks that.
const USED_MEANWHILE_FOR: Duration = Duration::from_mins(1);
/// Whose library it is before anybody is introduced.
const NOBODY: &str = "The owner";
const MAX_ANSWER: usize = 4000;
/// Documents that get vectors before the list gets a version.
const EMBEDDED_AT_ONCE: usize = 10;
/// Questions that are new on one day; whoever asks more of them does not fill the owner's list.
const NEW_GAPS: Limit = Limit { name: "new-gaps", most: 200, window: SignedDuration::from_hours(24) };

/// The library that is in use, and who brings it up to date: one at a time, and nobody waits for them with one that is only
/// a little old.
#[derive(Default)]
pub(super) struct Shelf {
    known: Mutex<Option<Shelved>>,
    reading: tokio::sync::Mutex<()>,
}

/// A library, and what it was made of.
struct Shelved {
    /// `None`: to be checked before it is used again.
    checked: Option<Instant>,
    made_of: MadeOf,
    library: SharedLibrary,
}

#[derive(Clone, PartialEq, Eq)]
struct MadeOf {
    manifest: u64,
    /// What of the persona a library knows: whose it is, and what it may be made of. Nothing else that is saved of it makes
    /// another one.
    owner: String,
    sources: Option<ContextIntegration>,
    day: Date,
}

impl Shelf {
    /// The library, if it was looked at less than so long ago.
    fn checked_within(&self, age: Duration) -> Option<SharedLibrary> {
        let known = self.known();
        let known = known.as_ref()?;
        known.checked.is_some_and(|checked| checked.elapsed() < age).then(|| known.library.clone())
    }

    fn known(&self) -> MutexGuard<'_, Option<Shelved>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A library that many conversations read while an import changes it.
#[derive(Clone)]
pub struct SharedLibrary(Arc<RwLock<Library>>);

impl SharedLibrary {
    pub fn read(&self) -> RwLockReadGuard<'_, Library> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was read of a source.
#[derive(Debug)]
pub struct Import {
    /// What it replaces as a whole: `resume.pdf`, `linkedin`, `github:login`, a URL.
    pub source: String,
    pub documents: Vec<Document>,
    pub missing: Missing,
    /// What the next import of this source asks with, so that it reads only what changed.
    pub validators: Option<Validators>,
}

impl Twin {
    /// What the twin knows, not older than [`LIBRARY_FOR`], or, while somebody looks, than [`USED_MEANWHILE_FOR`].
    pub async fn library(&self, now: Timestamp) -> Result<SharedLibrary, Error> {
        if let Some(library) = self.library.checked_within(LIBRARY_FOR) {
            return Ok(library);
        }
        let Ok(_reading) = self.library.reading.try_lock() else {
            if let Some(library) = self.library.checked_within(USED_MEANWHILE_FOR) {
                return Ok(library);
            }
            let _reading = self.library.reading.lock().await;
            return self.read_library(now).await;
        };
        self.read_library(now).await
    }

    /// For one at a time.
    async fn read_library(&self, now: Timestamp) -> Result<SharedLibrary, Error> {
        // Whoever was first has read it.
        if let Some(library) = self.library.checked_within(LIBRARY_FOR) {
            return Ok(library);
        }
        let (version, persona) = (self.store.manifest_version().await?, self.introduced().await?);
        let day = now.to_zoned(TimeZone::UTC).date();
        let persona = persona.as_ref().map(|saved| &saved.persona);
        let owner = persona.map_or(NOBODY, |persona| &persona.core.name).to_owned();
        let sources = persona.map(|persona| persona.context_integration);
        let mut made_of = MadeOf { manifest: version, owner, sources, day };
        let before =
            self.library.known().as_ref().map(|known| (known.made_of.clone(), known.library.clone()));
        let is_changed = before.as_ref().is_none_or(|(before, _)| *before != made_of);
        let library = match before {
            Some((before, library)) if before.owner == made_of.owner => library,
            _ => SharedLibrary(Arc::new(RwLock::new(Library::new(&made_of.owner)))),
        };
        if is_changed {
            let manifest = self.store.manifest().await?;
            made_of.manifest = manifest.version;
            self.bring_up_to_date(&library, manifest, persona, day).await?;
        }
        let shelved = Shelved { checked: Some(Instant::now()), made_of, library: library.clone() };
        *self.library.known() = Some(shelved);
        Ok(library)
    }

    /// The newest résumé as a document; none without one, or in letters that cannot be drawn.
    pub async fn resume(&self, now: Timestamp) -> Result<Option<proposal::Document>, Error> {
        let Some(saved) = self.introduced().await? else { return Ok(None) };
        let persona = &saved.persona;
        let library = self.library(now).await?;
        let library = library.read();
        let Some(newest) = library.newest(SourceKind::Resume) else { return Ok(None) };
        resume::document(newest, &persona.core.name, persona.sample)
            .map_err(|error| Error::Internal(Box::new(error)))
    }

    pub async fn has_resume(&self, now: Timestamp) -> Result<bool, Error> {
        let Some(saved) = self.introduced().await? else { return Ok(false) };
        let library = self.library(now).await?;
        let library = library.read();
        let newest = library.newest(SourceKind::Resume);
        Ok(newest.is_some_and(|newest| resume::is_drawable(newest, &saved.persona.core.name)))
    }

    /// Where the owner has named no address for their résumé, it is the one that this serves.
    pub(super) async fn link_resume(&self, links: &mut Links, now: Timestamp) -> Result<(), Error> {
        if links.resume.is_none() && self.has_resume(now).await? {
            links.resume = Some(resume::PATH.to_owned());
        }
        Ok(())
    }

    async fn bring_up_to_date(
        &self,
        library: &SharedLibrary,
        mut manifest: Manifest,
        persona: Option<&Persona>,
        day: Date,
    ) -> Result<(), Error> {
        manifest.entries.retain(|entry| persona.is_none_or(|persona| persona.may_use(entry.kind)));
        let missing = library.read().missing(&manifest);
        let loaded = self.store.documents(&missing).await?;
        let documents = {
            let mut library = library.0.write().unwrap_or_else(PoisonError::into_inner);
            library.update(&manifest, loaded, day);
            library.documents()
        };
        // Some of those that were here before may have got theirs since.
        if matches!(self.brain, Brain::OpenAi(_)) {
            let without = library.read().without_vectors();
            let vectors = self.store.vectors(&without).await?;
            library.0.write().unwrap_or_else(PoisonError::into_inner).take_vectors(vectors);
        }
        tracing::info!(version = manifest.version, documents, "the library is up to date");
        Ok(())
    }

    /// Makes what was read what its source says. Nothing is seen of it before all of it is there; doing it again
    /// changes nothing.
    pub async fn import(&self, import: &Import, now: Timestamp) -> Result<Changes, Error> {
        let Import { source, documents, missing, validators } = import;
        let stored: HashMap<Hash, Stored> =
            documents.iter().map(|document| (Hash::of(document), Stored::of(document))).collect();
        let mut before = self.store.manifest().await?;
        let vectors = self.embed(&stored, before.version + 1, now).await?;
        for _ in 0..MAX_CONFLICTS {
            let (after, changes) = before
                .replace(source, documents, missing, now)
                .map_err(|error| Error::Invalid(error.to_string()))?;
            if changes.is_empty() && validators.is_none() {
                return Ok(changes);
            }
            // What is named is there and stays there, as long as what is saved next replaces what names it.
            let known = before.named();
            let new: Vec<_> = stored.iter().filter(|(hash, _)| !known.contains(hash)).collect();
            self.store.put_documents(new.iter().copied(), after.version).await?;
            for (hash, vectors) in new.iter().filter_map(|(hash, _)| Some((hash, vectors.get(*hash)?))) {
                self.store.put_vectors(hash, vectors, after.version).await?;
            }
            match self.store.save_manifest(&after, &before, validators.as_ref(), now).await {
                Ok(()) => {
                    self.look_again().await;
                    return Ok(changes);
                }
                Err(StoreError::Conflict) => before = self.store.manifest().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// Vectors of documents, if there is a model; those that have none yet get them, and keep them should the import
    /// not come to its end. Without them words find what they find, so that a model that does not answer stops no
    /// import.
    async fn embed(
        &self,
        documents: &HashMap<Hash, Stored>,
        version: u64,
        now: Timestamp,
    ) -> Result<HashMap<Hash, Vec<Quantised>>, Error> {
        if matches!(self.brain, Brain::Offline) {
            return Ok(HashMap::new());
        }
        let hashes: Vec<Hash> = documents.keys().cloned().collect();
        let mut known = self.store.vectors(&hashes).await?;
        for (hash, stored) in documents {
            if stored.passages.is_empty() || known.contains_key(hash) {
                continue;
            }
            let paid = self.paid(&[], VECTORS, now).await?;
            match paid.brain.embed(&stored.texts()).await {
                Ok(None) => break,
                Ok(Some(Priced { value: vectors, micro_dollars })) => {
                    self.came_to(&paid, micro_dollars, now).await;
                    self.store.put_vectors(hash, &vectors, version).await?;
                    known.insert(hash.clone(), vectors);
                }
                Err(error) => {
                    self.came_to(&paid, paid.brain.lost(&error), now).await;
                    tracing::warn!(%error, "documents were not embedded: the next import or refresh tries again");
                    break;
                }
            }
        }
        Ok(known)
    }

    /// Gives vectors to what was imported while there was no model, or while it did not answer: how many documents got
    /// theirs. The list gets another version, so that whoever has it in memory loads them.
    pub async fn embed_missing(&self, now: Timestamp) -> Result<usize, Error> {
        if matches!(self.brain, Brain::Offline) {
            return Ok(0);
        }
        let named: Vec<Hash> = self.store.manifest().await?.named().into_iter().cloned().collect();
        let known = self.store.vectors(&named).await?;
        let without: Vec<Hash> = named.into_iter().filter(|hash| !known.contains_key(hash)).collect();
        let mut all = 0;
        // What is cut off was seen up to there.
        for some in without.chunks(EMBEDDED_AT_ONCE) {
            let documents = self.store.documents(some).await?;
            let before = self.store.manifest().await?;
            let embedded = self.embed(&documents, before.version + 1, now).await?.len();
            if embedded > 0 {
                self.seen_anew(&before, now).await?;
            }
            all += embedded;
            if embedded < documents.values().filter(|stored| !stored.passages.is_empty()).count() {
                break;
            }
        }
        Ok(all)
    }

    /// Gives the list another version, unless another one is there meanwhile.
    async fn seen_anew(&self, before: &Manifest, now: Timestamp) -> Result<(), Error> {
        let after = Manifest { version: before.version + 1, ..before.clone() };
        match self.store.save_manifest(&after, before, None, now).await {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        self.look_again().await;
        Ok(())
    }

    /// The library is checked before it is used again. Whoever reads it now may have begun too early to see what is there.
    pub(super) async fn look_again(&self) {
        let _reading = self.library.reading.lock().await;
        if let Some(known) = self.library.known().as_mut() {
            known.checked = None;
        }
    }

    /// Notes a question that nothing supports an answer to.
    pub async fn not_known(&self, question: &str, now: Timestamp) -> Result<(), Error> {
        for _ in 0..MAX_CONFLICTS {
            let gaps = self.store.gaps().await?;
            let known = gaps.iter().find(|gap| gap.answer.is_none() && gap.is_like(question));
            let (gap, version) = match known {
                Some(known) => {
                    let mut gap = known.clone();
                    gap.asked_again(question, now);
                    (gap, known.version)
                }
                None if self.store.take(&NEW_GAPS, "", 1, now).await?.is_err() => return Ok(()),
                None => {
                    if let Some(least) = makes_room(&gaps) {
                        self.store.drop_gap(least).await?;
                    }
                    (Gap::new(GapId::generate(now), question, now), 0)
                }
            };
            match self.store.save_gap(&gap, version).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// The owner's answer to a gap: knowledge from now on.
    pub async fn fill_gap(&self, id: &GapId, answer: &str, now: Timestamp) -> Result<Gap, Error> {
        let answer = answer.trim();
        if answer.is_empty() || answer.len() > MAX_ANSWER {
            return Err(Error::Invalid(format!("an answer has 1 to {MAX_ANSWER} bytes")));
        }
        let mut gap = self.store.gap(id).await?.ok_or(Error::NotFound)?;
        let asked: Vec<&str> =
            std::iter::once(&gap.question).chain(&gap.examples).map(String::as_str).collect();
        let document = Document {
            kind: SourceKind::Note,
            key: format!("gap/{id}"),
            title: "The owner's answer".to_owned(),
            url: None,
            date: Some(now.to_zoned(TimeZone::UTC).date()),
            sections: vec![Section { place: String::new(), text: answer.to_owned() }],
            claims: Vec::new(),
            keywords: asked.join(" "),
        };
        let import = Import {
            source: format!("gap:{id}"),
            documents: vec![document],
            missing: Missing::Remove,
            validators: None,
        };
        self.import(&import, now).await?;
        let version = gap.version;
        gap.version += 1;
        gap.answer = Some(answer.to_owned());
        gap.answered_at.get_or_insert(now);
        self.store.save_gap(&gap, version).await?;
        Ok(gap)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use axum::{Json, routing::post};
    use serde_json::json;
    use tokio::sync::Notify;

    use super::*;
    use crate::{
        clients::queue::Queue,
        store::fixtures::{answered_by, config},
    };

    #[tokio::test]
    async fn nobody_waits_for_somebody_else_who_reads_it() {
        let (is_stuck, was_asked) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let (stuck, told) = (Arc::clone(&is_stuck), Arc::clone(&was_asked));
        let answer = move || {
            let is_stuck = stuck.load(Ordering::SeqCst);
            if is_stuck {
                told.notify_one();
            }
            async move {
                if is_stuck {
                    std::future::pending::<()>().await;
                }
                Json(json!({}))
            }
        };
        let nowhere = "http://127.0.0.1:1";
        let queue = Queue::new(aws_sdk_sqs::Client::new(&config(nowhere)), nowhere);
        let twin = Twin::new(answered_by(post(answer)).await, queue);
        let now = Timestamp::UNIX_EPOCH;
        let known = twin.library(now).await.unwrap();

        is_stuck.store(true, Ordering::SeqCst);
        let aged =
            |age: Duration| twin.library.known().as_mut().unwrap().checked = Instant::now().checked_sub(age);
        aged(LIBRARY_FOR);
        let first = tokio::spawn({
            let twin = twin.clone();
            async move { twin.library(now).await.map(drop) }
        });
        was_asked.notified().await;
        let meanwhile = twin.library(now).await.unwrap();
        assert!(Arc::ptr_eq(&known.0, &meanwhile.0) && !first.is_finished());
        // What is too old is of no use to anybody.
        aged(USED_MEANWHILE_FOR);
        let mut second = Box::pin(twin.library(now));
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(second.as_mut().poll(cx))).await;
        assert!(polled.is_pending() && !first.is_finished());
        first.abort();
    }
}

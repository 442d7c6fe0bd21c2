//! The persona, as its owner changes it.

use garde::Validate as _;
use jiff::{Timestamp, tz::TimeZone};

use super::{Import, MAX_CONFLICTS, Twin};
use crate::{
    error::Error,
    follow_up::settings::FollowUpSettings,
    identity::{Assurance, Phone},
    interaction::Channel,
    knowledge::{claims::Ledger, library, manifest::Missing},
    persona::{
        Briefing, Persona, Versioned,
        filled::{self, Change, SAMPLE},
    },
    routing::RouteKind,
    scheduling::CalendarSettings,
    store::{Known, StoreError},
};

/// As the sample came.
const FIRST_VERSION: u64 = 1;

/// What an import made of the persona.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Introduced {
    pub changes: Vec<Change>,
    /// Nobody knows yet whose twin this is.
    pub nobody: bool,
}

impl Twin {
    /// What a model would be told by this persona as a conversation with somebody begins: a stranger, if nobody is named. In
    /// a call, from this number, or else from the one that is known of them.
    pub async fn would_be_told(
        &self,
        persona: &Persona,
        (channel, route): (Channel, RouteKind),
        (known, level): (Option<&Known>, Assurance),
        number: Option<Phone>,
        now: Timestamp,
    ) -> Result<Briefing, Error> {
        let stranger = Known::stranger(now);
        let known = known.unwrap_or(&stranger);
        let number = number.or_else(|| known.contact.contact_methods.phone.clone());
        self.briefing(persona, (channel, route), (Some(known), level), (None, number), now).await
    }

    /// Saves a persona in place of the version that was read. `Invalid` says which field is wrong; `Conflict`: there
    /// is another version meanwhile.
    pub async fn replace_persona(
        &self,
        persona: &Persona,
        version: u64,
        now: Timestamp,
    ) -> Result<Versioned, Error> {
        let wrong = |report: garde::Report| Error::Invalid(report.to_string().trim().replace('\n', "; "));
        persona.validate().map_err(wrong)?;
        // What was typed is the owner's from now on, whatever is imported later.
        let before = self.store.persona().await?;
        let filled = before.map(|before| filled::untouched(&before, persona)).unwrap_or_default();
        let saved = self.store.save_persona(persona, &filled, version, now).await?;
        self.speaks_as(&saved).await;
        Ok(saved)
    }

    /// Fills what the owner has not typed of the persona's core from what is known; where somebody else than the
    /// sample professional is named for the first time, the sample leaves with all that is known of it.
    pub async fn introduce(&self, now: Timestamp) -> Result<Introduced, Error> {
        for _ in 0..MAX_CONFLICTS {
            let saved = self.store.persona().await?;
            let ledger = self.owners(saved.as_ref().map(|saved| &saved.persona), now).await?;
            if saved.as_ref().is_some_and(|saved| filled::gives_way(saved, &ledger)) {
                self.forget_the_sample(now).await?;
            }
            let Some((persona, fields, changes)) = filled::filled(saved.as_ref(), &ledger) else {
                return Ok(Introduced { changes: Vec::new(), nobody: saved.is_none() });
            };
            let version = saved.map_or(0, |saved| saved.version);
            match self.store.save_persona(&persona, &fields, version, now).await {
                Ok(saved) => {
                    self.speaks_as(&saved).await;
                    return Ok(Introduced { changes, nobody: false });
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    async fn speaks_as(&self, saved: &Versioned) {
        self.persona.put(saved.version, saved.clone());
        // What may be answered from may be another.
        self.look_again().await;
    }

    /// What the sources that are about the owner claim, without those of the sample professional.
    async fn owners(&self, persona: Option<&Persona>, now: Timestamp) -> Result<Ledger, Error> {
        let mut manifest = self.store.manifest().await?;
        manifest.entries.retain(|entry| {
            filled::is_about_the_owner(entry.kind)
                && persona.is_none_or(|persona| persona.may_use(entry.kind))
                && !entry.source.starts_with(SAMPLE)
        });
        let hashes: Vec<_> = manifest.entries.iter().map(|entry| entry.hash.clone()).collect();
        let documents = self.store.documents(&hashes).await?;
        let stored = hashes.iter().filter_map(|hash| documents.get(hash));
        Ok(library::ledger(stored, now.to_zoned(TimeZone::UTC).date()))
    }

    /// Its hours and its prices go too, unless somebody has changed them since.
    async fn forget_the_sample(&self, now: Timestamp) -> Result<(), Error> {
        let calendar = self.store.calendar_settings().await?;
        if calendar.version == FIRST_VERSION {
            self.store.save_calendar_settings(&CalendarSettings::default(), FIRST_VERSION, now).await?;
        }
        if let Some(first) = self.store.follow_up_settings_version(FIRST_VERSION).await? {
            let without = |settings: &mut FollowUpSettings| settings.gives_up(&first.settings);
            self.change_follow_up_settings(without, now).await?;
        }
        let manifest = self.store.manifest().await?;
        let mut sources: Vec<&str> = manifest.entries.iter().map(|entry| entry.source.as_str()).collect();
        sources.retain(|source| source.starts_with(SAMPLE));
        sources.dedup();
        for source in sources {
            let source = source.to_owned();
            let nothing =
                Import { source, documents: Vec::new(), missing: Missing::Remove, validators: None };
            self.import(&nothing, now).await?;
        }
        Ok(())
    }
}

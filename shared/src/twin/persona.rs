//! The persona, as its owner changes it.

use std::{sync::Arc, time::Instant};

use garde::Validate as _;
use jiff::Timestamp;

use super::{Cached, Twin};
use crate::{
    error::Error,
    persona::{Persona, Versioned},
};

impl Twin {
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
        let saved = self.store.save_persona(persona, version, now).await?;
        *self.persona.lock().await = Some(Cached(Instant::now(), Arc::new(saved.clone())));
        Ok(saved)
    }
}

//! The owner's persona: the current one, and every version that there was.

use jiff::Timestamp;

use super::{Condition, Result, Store, item, keys};
use crate::persona::{Persona, Versioned, filled::Filled};

impl Store {
    pub async fn persona(&self) -> Result<Option<Versioned>> {
        self.get(keys::persona()).await
    }

    /// Saves what replaces `version` (0: the first one), with what imports have filled of it. `Conflict` if that is
    /// no longer the current one.
    pub async fn save_persona(
        &self,
        persona: &Persona,
        filled: &[Filled],
        version: u64,
        now: Timestamp,
    ) -> Result<Versioned> {
        let (persona, filled) = (persona.clone(), filled.to_vec());
        let saved = Versioned { version: version + 1, updated_at: now, persona, filled };
        let writes = vec![
            self.write(item(keys::persona(), &saved)?, Some(Condition::version(version))),
            self.write(item(keys::persona_version(saved.version), &saved)?, Some(Condition::absent())),
        ];
        self.transact(writes).await?;
        Ok(saved)
    }

    /// All versions, the first one first.
    pub async fn persona_history(&self) -> Result<Vec<Versioned>> {
        self.query(keys::OWNER.to_owned(), keys::PERSONA_VERSIONS).await
    }
}

//! The owner's settings of the phone: the current ones, and every version that there was.

use jiff::Timestamp;

use super::{Condition, Result, Store, item, keys};
use crate::routing::settings::{PhoneSettings, SavedSettings};

impl Store {
    /// What holds; the default before anything was saved.
    pub async fn phone_settings(&self) -> Result<SavedSettings> {
        Ok(self.get(keys::phone_settings()).await?.unwrap_or_default())
    }

    /// Saves what replaces `version` (0: the first one). `Conflict` if that is no longer the current one.
    pub async fn save_phone_settings(
        &self,
        settings: &PhoneSettings,
        version: u64,
        now: Timestamp,
    ) -> Result<SavedSettings> {
        let saved = SavedSettings { version: version + 1, updated_at: Some(now), settings: settings.clone() };
        let kept = keys::phone_settings_version(saved.version);
        let writes = vec![
            self.write(item(keys::phone_settings(), &saved)?, Some(Condition::version(version))),
            self.write(item(kept, &saved)?, Some(Condition::absent())),
        ];
        self.transact(writes).await?;
        Ok(saved)
    }
}

//! What setup did, or was about to do, beside the local data: only that is taken back.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{answers::Made, number::Urls};

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("what setup did cannot be written down in {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("what setup did cannot be read in {}: {source}", path.display())]
    Contents { path: PathBuf, source: serde_json::Error },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Did {
    /// The secret that it made.
    pub secret: Option<String>,
    /// The number that it bought.
    pub bought: Option<String>,
    /// The number whose addresses it changed, and what stood there.
    pub pointed: Option<(String, Urls)>,
    /// The mail identity that it asked for.
    pub identity: Option<String>,
    /// What receives answers to mails.
    pub answers: Option<Made>,
    /// The contact that stands for you in the test call.
    pub tested: Option<String>,
}

pub struct Journal {
    path: PathBuf,
    pub did: Did,
}

impl Journal {
    pub fn open(directory: &Path, stack: &str) -> Result<Self, JournalError> {
        let path = directory.join(format!("setup-{stack}.json"));
        let did = match fs::read(&path) {
            Ok(contents) => serde_json::from_slice(&contents)
                .map_err(|source| JournalError::Contents { path: path.clone(), source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Did::default(),
            Err(source) => return Err(JournalError::File { path, source }),
        };
        Ok(Self { path, did })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn note(&mut self, change: impl FnOnce(&mut Did)) -> Result<(), JournalError> {
        change(&mut self.did);
        let failed = |source| JournalError::File { path: self.path.clone(), source };
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory).map_err(failed)?;
        }
        let text = serde_json::to_vec_pretty(&self.did)
            .map_err(|source| JournalError::Contents { path: self.path.clone(), source })?;
        // Whoever is interrupted here has the old one, or the new one.
        let new = self.path.with_extension("new");
        fs::write(&new, text).and_then(|()| fs::rename(&new, &self.path)).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_known_the_next_time() {
        let directory = std::env::temp_dir().join(format!("omnitwin-setup-{:016x}", rand::random::<u64>()));
        let mut journal = Journal::open(&directory, "twin").unwrap();
        assert_eq!(journal.did, Did::default());
        journal.note(|did| did.bought = Some("+14155550100".to_owned())).unwrap();
        let again = Journal::open(&directory, "twin").unwrap();
        assert_eq!(again.did, journal.did);
        assert_eq!(Journal::open(&directory, "other").unwrap().did, Did::default());
        fs::write(directory.join("setup-twin.json"), "not this").unwrap();
        assert!(matches!(Journal::open(&directory, "twin"), Err(JournalError::Contents { .. })));
        fs::remove_dir_all(directory).unwrap();
    }
}

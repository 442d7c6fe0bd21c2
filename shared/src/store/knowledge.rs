//! What the twin knows: documents under the hash of what they say, and the manifest that names those that count.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, DeleteRequest, KeysAndAttributes, WriteRequest},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Condition, Item, Result, Store, StoreError, item,
    keys::{self, Key},
    unavailable,
};
use crate::id::GapId;
use crate::knowledge::{
    gap::Gap,
    library::Stored,
    manifest::{Hash, Manifest, Validators},
    vectors::Quantised,
};

/// `BatchGetItem` takes so many keys, and `BatchWriteItem` so many requests.
const GET_BATCH: usize = 100;
const WRITE_BATCH: usize = 25;
/// What a batch leaves unprocessed is asked for again this often.
const BATCH_TRIES: u32 = 6;
const BATCH_PAUSE: Duration = Duration::from_millis(50);
/// Bytes of content that one item takes (400 KB), with room for its keys.
const MAX_ITEM: usize = 390 * 1024;
const PACKED: &str = "packed";

/// The manifest as an item; its version is that of the condition.
#[derive(Serialize, Deserialize)]
struct ManifestItem {
    version: u64,
    /// JSON: a list of many small maps would be half again as large.
    entries: String,
}

impl Store {
    /// What the twin knows; empty before the first import.
    pub async fn manifest(&self) -> Result<Manifest> {
        let Some(read) = self.get::<ManifestItem>(keys::manifest()).await? else {
            return Ok(Manifest::default());
        };
        let entries = serde_json::from_str(&read.entries).map_err(corrupt)?;
        Ok(Manifest { version: read.version, entries })
    }

    /// Makes `manifest` what the twin knows. `Conflict` if that is no longer what it replaces.
    pub async fn save_manifest(
        &self,
        manifest: &Manifest,
        replaced: u64,
        validators: Option<&Validators>,
    ) -> Result<()> {
        let entries = serde_json::to_string(&manifest.entries).map_err(corrupt)?;
        if entries.len() > MAX_ITEM {
            return Err(StoreError::TooLarge);
        }
        let written = item(keys::manifest(), &ManifestItem { version: manifest.version, entries })?;
        let mut writes = vec![self.write(written, Some(Condition::version(replaced)))];
        if let Some(validators) = validators {
            writes.push(self.write(item(keys::validators(&validators.source), validators)?, None));
        }
        self.transact(writes).await
    }

    /// What a source was last asked with.
    pub async fn validators(&self, source: &str) -> Result<Option<Validators>> {
        self.get(keys::validators(source)).await
    }

    /// Keeps a document; it counts once a manifest names it. The same document again is the same item.
    pub async fn put_document(&self, hash: &Hash, stored: &Stored) -> Result<()> {
        self.put_packed(keys::document(hash), stored).await
    }

    /// Documents by their hash; what is not there is left out.
    pub async fn documents(&self, hashes: &[Hash]) -> Result<HashMap<Hash, Stored>> {
        self.packed(hashes, keys::document).await
    }

    async fn put_packed(&self, key: Key, value: &impl Serialize) -> Result<()> {
        let packed = postcard::to_stdvec(value).map_err(corrupt)?;
        if packed.len() > MAX_ITEM {
            return Err(StoreError::TooLarge);
        }
        let mut item = key_of(key);
        item.insert(PACKED.to_owned(), AttributeValue::B(Blob::new(packed)));
        self.put(item).await
    }

    async fn packed<T: DeserializeOwned>(
        &self,
        hashes: &[Hash],
        key: fn(&Hash) -> Key,
    ) -> Result<HashMap<Hash, T>> {
        let mut all = HashMap::new();
        for batch in hashes.chunks(GET_BATCH) {
            let names: HashMap<String, &Hash> = batch.iter().map(|hash| (key(hash).pk, hash)).collect();
            for item in self.batch(batch.iter().map(key)).await? {
                let hash = item.get(keys::PK).and_then(|pk| pk.as_s().ok()).and_then(|pk| names.get(pk));
                let packed = item.get(PACKED).and_then(|packed| packed.as_b().ok());
                if let (Some(hash), Some(packed)) = (hash, packed) {
                    all.insert((*hash).clone(), postcard::from_bytes(packed.as_ref()).map_err(corrupt)?);
                }
            }
        }
        Ok(all)
    }

    async fn batch(&self, wanted_keys: impl Iterator<Item = Key>) -> Result<Vec<Item>> {
        let mut wanted = KeysAndAttributes::builder().consistent_read(true);
        for key in wanted_keys {
            wanted = wanted.keys(key_of(key));
        }
        let mut left = HashMap::from([(self.table.to_string(), wanted.build().map_err(incomplete)?)]);
        let mut items = Vec::new();
        for attempt in 0..BATCH_TRIES {
            tokio::time::sleep(BATCH_PAUSE * attempt).await;
            let output = self
                .client
                .batch_get_item()
                .set_request_items(Some(left))
                .send()
                .await
                .map_err(unavailable)?;
            items.extend(output.responses.into_iter().flat_map(HashMap::into_values).flatten());
            left = output.unprocessed_keys.unwrap_or_default();
            if left.is_empty() {
                return Ok(items);
            }
        }
        Err(StoreError::Unavailable("a batch was not read to its end".to_owned()))
    }

    /// Vectors of documents by their hash; those that have none are left out.
    pub async fn vectors(&self, hashes: &[Hash]) -> Result<HashMap<Hash, Vec<Quantised>>> {
        self.packed(hashes, keys::vectors).await
    }

    pub async fn put_vectors(&self, hash: &Hash, vectors: &[Quantised]) -> Result<()> {
        self.put_packed(keys::vectors(hash), &vectors).await
    }

    /// Forgets documents that no manifest names any more.
    pub async fn delete_documents(&self, hashes: &[Hash]) -> Result<()> {
        let gone: Vec<Key> =
            hashes.iter().flat_map(|hash| [keys::document(hash), keys::vectors(hash)]).collect();
        for batch in gone.chunks(WRITE_BATCH) {
            let mut requests = Vec::new();
            for key in batch {
                let key = key_of(key.clone());
                let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(incomplete)?;
                requests.push(WriteRequest::builder().delete_request(delete).build());
            }
            let request = self.client.batch_write_item().request_items(&*self.table, requests);
            let output = request.send().await.map_err(unavailable)?;
            if output.unprocessed_items.is_some_and(|left| !left.is_empty()) {
                tracing::warn!("documents that nothing names are left in the table");
            }
        }
        Ok(())
    }

    /// Questions without an answer.
    pub async fn gaps(&self) -> Result<Vec<Gap>> {
        self.query(keys::OWNER.to_owned(), keys::GAPS).await
    }

    pub async fn gap(&self, id: &GapId) -> Result<Option<Gap>> {
        self.get(keys::gap(id)).await
    }

    /// Saves a gap that was read with `version` (0: a new one).
    pub async fn save_gap(&self, gap: &Gap, version: u64) -> Result<()> {
        let written = item(keys::gap(&gap.id), gap)?;
        self.transact(vec![self.write(written, Some(Condition::version(version)))]).await
    }
}

fn key_of(key: Key) -> Item {
    Item::from([
        (keys::PK.to_owned(), AttributeValue::S(key.pk)),
        (keys::SK.to_owned(), AttributeValue::S(key.sk)),
    ])
}

fn corrupt(error: impl std::error::Error) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

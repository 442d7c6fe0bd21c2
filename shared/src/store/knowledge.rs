//! What the twin knows: documents under the hash of what they say, and the manifest that names those that count.
//!
//! What is kept under a hash says for which version of the manifest it was put. What a version names no more gets an
//! end, unless it was put again for a later one meanwhile: so nothing that the manifest names ever has an end,
//! however imports run into each other.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, KeysAndAttributes},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Condition, Item, Result, Store, StoreError, applied, expires, item,
    keys::{self, Key},
    set, unavailable,
};
use crate::{
    id::GapId,
    knowledge::{
        gap::Gap,
        library::Stored,
        manifest::{Hash, Manifest, Validators},
        refresh::Refreshed,
        vectors::Quantised,
    },
    retention::Kind,
};

/// `BatchGetItem` takes so many keys.
pub(super) const GET_BATCH: usize = 100;
/// Requests that run side by side.
const AT_ONCE: usize = 8;
/// What a batch leaves unprocessed is asked for again this often.
const BATCH_TRIES: u32 = 6;
const BATCH_PAUSE: Duration = Duration::from_millis(50);
/// Bytes of content that one item takes (400 KB), with room for its keys.
const MAX_ITEM: usize = 390 * 1024;
const PACKED: &str = "packed";
/// For which version of the manifest something was put.
const FOR_VERSION: &str = "for_version";
/// How long what nothing names any more is kept, for those who read an older manifest.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The manifest as an item; its version is that of the condition.
#[derive(Serialize, Deserialize)]
struct Root {
    version: u64,
    /// Without any, nothing is known.
    #[serde(default)]
    parts: Vec<Hash>,
}

impl Store {
    /// Which manifest counts; 0 before the first import. One small item.
    pub async fn manifest_version(&self) -> Result<u64> {
        Ok(self.get::<Root>(keys::manifest()).await?.map_or(0, |root| root.version))
    }

    /// What the twin knows; empty before the first import.
    pub async fn manifest(&self) -> Result<Manifest> {
        let Some(root) = self.get::<Root>(keys::manifest()).await? else {
            return Ok(Manifest::default());
        };
        let parts = self.read(&root.parts, keys::manifest_part).await?;
        let missing = || StoreError::Unreadable("a part of the manifest is missing".to_owned());
        let parts: Vec<&Blob> =
            root.parts.iter().map(|hash| parts.get(hash).ok_or_else(missing)).collect::<Result<_>>()?;
        Manifest::of_parts(root.version, parts.into_iter().map(AsRef::as_ref)).map_err(corrupt)
    }

    /// What came of the last reading of all sources; nothing before the first.
    pub async fn refreshed(&self) -> Result<Refreshed> {
        Ok(self.get(keys::refreshed()).await?.unwrap_or_default())
    }

    pub async fn save_refreshed(&self, refreshed: &Refreshed) -> Result<()> {
        self.put(item(keys::refreshed(), refreshed)?).await
    }

    /// Makes `manifest` what the twin knows. `Conflict` if that is no longer what it replaces. What it does not name
    /// any more is forgotten some time later.
    pub async fn save_manifest(
        &self,
        manifest: &Manifest,
        replaced: &Manifest,
        validators: Option<&Validators>,
        now: Timestamp,
    ) -> Result<()> {
        let parts = manifest.parts().map_err(corrupt)?;
        let hashes: Vec<Hash> = parts.iter().map(|part| Hash::of_bytes(part)).collect();
        for (hash, part) in hashes.iter().zip(parts) {
            self.keep(keys::manifest_part(hash), part, manifest.version).await?;
        }
        let root = Root { version: manifest.version, parts: hashes };
        let condition = Condition::version(replaced.version);
        let mut writes = vec![self.write(item(keys::manifest(), &root)?, Some(condition))];
        if let Some(validators) = validators {
            writes.push(self.write(item(keys::validators(&validators.source), validators)?, None));
        }
        self.transact(writes).await?;
        if let Err(error) = self.forget(replaced, manifest, &root.parts, now).await {
            // It only takes room.
            tracing::warn!(%error, "documents that nothing names are left in the table");
        }
        Ok(())
    }

    /// Gives an end to what `replaced` named and `manifest` does not.
    async fn forget(
        &self,
        replaced: &Manifest,
        manifest: &Manifest,
        parts: &[Hash],
        now: Timestamp,
    ) -> Result<()> {
        let named = manifest.named();
        let gone = replaced.named().into_iter().filter(|hash| !named.contains(hash));
        let mut ended: Vec<Key> = gone.flat_map(|hash| [keys::document(hash), keys::vectors(hash)]).collect();
        let before = replaced.parts().map_err(corrupt)?;
        let before = before.iter().map(|part| Hash::of_bytes(part)).filter(|hash| !parts.contains(hash));
        ended.extend(before.map(|hash| keys::manifest_part(&hash)));
        let end = now + KEPT_FOR;
        let ends = stream::iter(ended).map(|key| self.end(key, manifest.version, end));
        ends.buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Ends something, unless it was put for a later version; so does what is not there.
    async fn end(&self, key: Key, version: u64, at: Timestamp) -> Result<()> {
        let update = self
            .update(key)
            .update_expression("SET #ttl = :at")
            .condition_expression("for_version <= :version")
            .expression_attribute_names("#ttl", keys::TTL)
            .expression_attribute_values(":at", AttributeValue::N(at.as_second().to_string()))
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()));
        applied(update).await?;
        Ok(())
    }

    /// What a source was last asked with.
    pub async fn validators(&self, source: &str) -> Result<Option<Validators>> {
        self.get(keys::validators(source)).await
    }

    /// Keeps documents for a version of the manifest; they count once it names them. The same document again is the
    /// same item.
    pub async fn put_documents<'a>(
        &self,
        documents: impl IntoIterator<Item = (&'a Hash, &'a Stored)>,
        version: u64,
    ) -> Result<()> {
        let puts = documents
            .into_iter()
            .map(|(hash, stored)| self.put_packed(keys::document(hash), stored, version));
        stream::iter(puts.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Documents by their hash; what is not there is left out.
    pub async fn documents(&self, hashes: &[Hash]) -> Result<HashMap<Hash, Stored>> {
        self.unpacked(hashes, keys::document).await
    }

    /// Vectors of documents by their hash; those that have none are left out.
    pub async fn vectors(&self, hashes: &[Hash]) -> Result<HashMap<Hash, Vec<Quantised>>> {
        self.unpacked(hashes, keys::vectors).await
    }

    /// Keeps the vectors of a document for a version of the manifest.
    pub async fn put_vectors(&self, hash: &Hash, vectors: &[Quantised], version: u64) -> Result<()> {
        self.put_packed(keys::vectors(hash), &vectors, version).await
    }

    async fn put_packed(&self, key: Key, value: &impl Serialize, version: u64) -> Result<()> {
        self.keep(key, postcard::to_stdvec(value).map_err(corrupt)?, version).await
    }

    /// Puts bytes without an end.
    async fn keep(&self, key: Key, bytes: Vec<u8>, version: u64) -> Result<()> {
        if bytes.len() > MAX_ITEM {
            return Err(StoreError::TooLarge);
        }
        let mut item = key_of(key);
        item.insert(PACKED.to_owned(), AttributeValue::B(Blob::new(bytes)));
        item.insert(FOR_VERSION.to_owned(), AttributeValue::N(version.to_string()));
        self.put(item).await
    }

    async fn unpacked<T: DeserializeOwned>(
        &self,
        hashes: &[Hash],
        key: fn(&Hash) -> Key,
    ) -> Result<HashMap<Hash, T>> {
        let read = self.read(hashes, key).await?.into_iter();
        read.map(|(hash, packed)| Ok((hash, postcard::from_bytes(packed.as_ref()).map_err(corrupt)?)))
            .collect()
    }

    /// What is kept under hashes, as bytes; what is not there is left out.
    async fn read(&self, hashes: &[Hash], key: fn(&Hash) -> Key) -> Result<HashMap<Hash, Blob>> {
        let batches = hashes.chunks(GET_BATCH).map(|batch| self.batch(batch.iter().map(key).collect()));
        let items: Vec<Vec<Item>> =
            stream::iter(batches.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect().await?;
        let names: HashMap<String, &Hash> = hashes.iter().map(|hash| (key(hash).pk, hash)).collect();
        let bytes = |mut item: Item| {
            let hash = names.get(item.get(keys::PK)?.as_s().ok()?)?;
            match item.remove(PACKED)? {
                AttributeValue::B(packed) => Some(((*hash).clone(), packed)),
                _ => None,
            }
        };
        Ok(items.into_iter().flatten().filter_map(bytes).collect())
    }

    /// Each item once, however often it is named: DynamoDB takes no key twice.
    pub(super) async fn batch(&self, wanted_keys: Vec<Key>) -> Result<Vec<Item>> {
        let mut wanted = KeysAndAttributes::builder().consistent_read(true);
        let mut named = HashSet::with_capacity(wanted_keys.len());
        for key in wanted_keys {
            if named.insert((key.pk.clone(), key.sk.clone())) {
                wanted = wanted.keys(key_of(key));
            }
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

    /// Questions without an answer.
    pub async fn gaps(&self) -> Result<Vec<Gap>> {
        self.query(keys::OWNER.to_owned(), keys::GAPS).await
    }

    pub async fn gap(&self, id: &GapId) -> Result<Option<Gap>> {
        self.get(keys::gap(id)).await
    }

    /// Saves a gap that was read with `version` (0: a new one). One that nobody asks or answers any more ends like a
    /// conversation.
    pub async fn save_gap(&self, gap: &Gap, version: u64) -> Result<()> {
        let mut written = item(keys::gap(&gap.id), gap)?;
        set(&mut written, keys::LIST, keys::GAPS_BY_TIME);
        set(&mut written, keys::LIST_AT, keys::time(gap.moved_at()));
        // Each is looked through when another question has no answer.
        expires(&mut written, self.until(Kind::Conversations));
        self.transact(vec![self.write(written, Some(Condition::version(version)))]).await
    }

    /// Takes a gap out of the list, unless it was asked again or answered meanwhile.
    pub async fn drop_gap(&self, gap: &Gap) -> Result<()> {
        match self.delete_if(keys::gap(&gap.id), Condition::version(gap.version)).await {
            Err(StoreError::Conflict) => Ok(()),
            dropped => dropped,
        }
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

//! The people whom LinkedIn's export names, made contacts by the code that imports files of contacts. A request takes some
//! of them and says where the next goes on; what was taken before changes nothing if it comes again.

use crm::files::{BATCH, Counts, Importer, Record};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{error::Error, twin::Twin};

use crate::file::Connections;

/// Connections of one request: they are written within a few seconds.
pub const AT_ONCE: usize = 500;

/// What became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Connected {
    /// Those that the export names.
    pub total: usize,
    #[serde(flatten)]
    pub counts: Counts,
    /// Lines that cannot be read, or lead to several contacts.
    pub broken: usize,
    /// Where the next request goes on; none if it was the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<usize>,
}

impl Connected {
    /// With what the request after it took.
    pub fn and(self, next: Self) -> Self {
        let counts = Counts {
            created: self.counts.created + next.counts.created,
            changed: self.counts.changed + next.counts.changed,
            unchanged: self.counts.unchanged + next.counts.unchanged,
        };
        Self { counts, broken: self.broken + next.broken, ..next }
    }
}

/// Takes those from the place `from` on.
pub async fn connect(
    twin: &Twin,
    connections: Connections,
    from: usize,
    now: Timestamp,
) -> Result<Connected, Error> {
    let total = connections.len();
    let some = connections.into_iter().skip(from).take(AT_ONCE);
    let (records, unread): (Vec<_>, Vec<_>) = some.partition(Result::is_ok);
    let mut connected = Connected { total, broken: unread.len(), ..Connected::default() };
    let mut importer = Importer::new(twin.store(), false, now);
    let mut records = records.into_iter().flatten().peekable();
    while records.peek().is_some() {
        let batch: Vec<Record> = records.by_ref().take(BATCH).collect();
        let (counts, broken) = importer.take(batch).await?;
        connected = connected.and(Connected { total, counts, broken: broken.len(), next: None });
    }
    twin.look_for_others(importer.written(), now).await;
    let end = from.saturating_add(AT_ONCE);
    Ok(Connected { next: (end < total).then_some(end), ..connected })
}

//! The people whom LinkedIn's export names, made contacts by the code that imports files of contacts. A request takes some
//! of them and says where the next goes on; what was taken before changes nothing if it comes again.

use crm::files::{BATCH, Broken, Counts, Importer, MAX_BROKEN, Record};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{error::Error, twin::Twin};

use crate::file::Connections;

/// Connections of one request: they are written within a few seconds.
pub const AT_ONCE: usize = 500;

/// What became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// Those that the export names.
    pub total: usize,
    #[serde(flatten)]
    pub counts: Counts,
    /// Lines of Connections.csv that cannot be read, or lead to several contacts; the first hundred.
    pub broken: Vec<Broken>,
    pub broken_in_all: u64,
    /// Where the next request goes on; none if it was the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<usize>,
}

impl Connected {
    /// With what the request after it took.
    #[must_use]
    pub fn and(mut self, next: Self) -> Self {
        let counts = Counts {
            created: self.counts.created + next.counts.created,
            changed: self.counts.changed + next.counts.changed,
            unchanged: self.counts.unchanged + next.counts.unchanged,
        };
        self.broken.extend(next.broken);
        self.broken.truncate(MAX_BROKEN);
        let broken_in_all = self.broken_in_all + next.broken_in_all;
        Self { total: next.total, counts, broken: self.broken, broken_in_all, next: next.next }
    }

    fn took((counts, broken): (Counts, Vec<Broken>), total: usize) -> Self {
        Self { total, counts, broken_in_all: broken.len() as u64, broken, next: None }
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
    let (mut records, mut unread): (Vec<Record>, Vec<Broken>) = Default::default();
    for one in connections.into_iter().skip(from).take(AT_ONCE) {
        match one {
            Ok(record) => records.push(record),
            Err(broken) => unread.push(broken),
        }
    }
    let nothing = Connected { total, ..Connected::default() };
    let mut connected = nothing.and(Connected::took((Counts::default(), unread), total));
    let mut importer = Importer::new(twin, false, now);
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        let batch: Vec<Record> = records.by_ref().take(BATCH).collect();
        connected = connected.and(Connected::took(importer.take(batch).await?, total));
    }
    twin.look_for_others(importer.named(), now).await;
    let end = from.saturating_add(AT_ONCE);
    Ok(Connected { next: (end < total).then_some(end), ..connected })
}

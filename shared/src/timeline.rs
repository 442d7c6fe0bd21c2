//! All that happened with a person, over all channels, as one sequence.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contact::{Money, Note, Opportunity, Source, Stage, Task},
    follow_up::{FollowUp, reply::Received},
    id::OpportunityId,
    interaction::{Action, Interaction, Turn},
    recording::Recording,
    scheduling::{Booking, Standing},
};

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Entry {
    pub at: Timestamp,
    /// Of what it shows; a part of it may follow the id.
    pub id: String,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum What {
    /// On the phone, by voice, or in writing.
    Conversation {
        conversation: Box<Interaction>,
        /// What was said, the first of it if it is long.
        turns: Vec<Turn>,
        turns_left_out: usize,
        /// What came of it: meetings proposed, messages taken, voicemails.
        actions: Vec<Action>,
        /// Of a call, the oldest first.
        recordings: Vec<Heard>,
    },
    /// A mail, or a word to the owner.
    FollowUp {
        follow_up: Box<FollowUp>,
    },
    /// A mail of theirs, in answer to one of ours.
    Mail {
        mail: Box<Received>,
    },
    Note {
        note: Note,
    },
    Task {
        task: Task,
    },
    TaskDone {
        task: Task,
    },
    Stage {
        opportunity: OpportunityId,
        title: String,
        stage: Stage,
        by: Source,
        value: Option<Money>,
    },
    /// A meeting that was booked, as it stands.
    Booking {
        booking: Box<Booking>,
    },
}

/// A recording, and where it is heard.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Heard {
    #[serde(flatten)]
    pub recording: Recording,
    /// A path below the public address, for the owner; none while the audio is still at Twilio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Where a page of a timeline ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End(Timestamp, String);

impl Entry {
    pub fn conversation(interaction: Interaction) -> Self {
        Self {
            at: interaction.started_at,
            id: interaction.id.to_string(),
            what: What::Conversation {
                conversation: Box::new(interaction),
                turns: Vec::new(),
                turns_left_out: 0,
                actions: Vec::new(),
                recordings: Vec::new(),
            },
        }
    }

    pub fn follow_up(follow_up: FollowUp) -> Self {
        Self {
            at: follow_up.planned_at,
            id: follow_up.id.to_string(),
            what: What::FollowUp { follow_up: Box::new(follow_up) },
        }
    }

    pub fn mail(mail: Received) -> Self {
        Self { at: mail.at, id: mail.id.to_string(), what: What::Mail { mail: Box::new(mail) } }
    }

    pub fn note(note: Note) -> Option<Self> {
        let shown = note.deleted_at.is_none();
        shown.then(|| Self { at: note.created_at, id: note.id.to_string(), what: What::Note { note } })
    }

    /// That it was set, and that it was done.
    pub fn task(task: Task) -> Vec<Self> {
        let done = task.done_at.map(|at| Self {
            at,
            id: format!("{}-done", task.id),
            what: What::TaskDone { task: task.clone() },
        });
        let set = Self { at: task.created_at, id: task.id.to_string(), what: What::Task { task } };
        std::iter::once(set).chain(done).collect()
    }

    /// None while a time is only held.
    pub fn booking(booking: Booking) -> Option<Self> {
        let shown = !matches!(booking.standing, Standing::Held { .. });
        shown.then(|| Self {
            at: booking.created_at,
            id: booking.id.to_string(),
            what: What::Booking { booking: Box::new(booking) },
        })
    }

    /// Each stage that it went through.
    pub fn stages(opportunity: Opportunity) -> Vec<Self> {
        let stages = opportunity.history.iter().enumerate().map(|(number, change)| Self {
            at: change.at,
            id: format!("{}-{number}", opportunity.id),
            what: What::Stage {
                opportunity: opportunity.id.clone(),
                title: opportunity.title.clone(),
                stage: change.stage,
                by: change.by,
                value: opportunity.value.clone(),
            },
        });
        stages.collect()
    }
}

impl From<Recording> for Heard {
    fn from(recording: Recording) -> Self {
        Self { url: recording.path(), recording }
    }
}

/// The `limit` entries after a place, the newest first, and where they end if more follow.
pub fn page(mut entries: Vec<Entry>, after: Option<&End>, limit: usize) -> (Vec<Entry>, Option<End>) {
    entries.sort_unstable_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    let begins = after.map_or(0, |End(at, id)| {
        entries.partition_point(|entry| (entry.at, entry.id.as_str()) >= (*at, id.as_str()))
    });
    let mut page = entries.split_off(begins);
    let more = page.len() > limit;
    page.truncate(limit);
    let end = page.last().filter(|_| more).map(|last| End(last.at, last.id.clone()));
    (page, end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_join_newest_first(seconds in prop::collection::vec(0..5i64, 0..20), limit in 1..5usize) {
            let entries: Vec<Entry> = seconds.iter().enumerate().filter_map(|(number, second)| {
                let at = Timestamp::from_second(*second).unwrap();
                let id = format!("not_{number}").parse().unwrap();
                Entry::note(Note::new(id, "per_1".parse().unwrap(), "a note".to_owned(), at))
            }).collect();
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let (shown, end) = page(entries.clone(), after.as_ref(), limit);
                prop_assert!(shown.len() <= limit);
                seen.extend(shown);
                after = end;
                if after.is_none() { break; }
            }
            prop_assert_eq!(seen.len(), seconds.len());
            prop_assert!(seen.windows(2).all(|pair| (pair[0].at, &pair[0].id) > (pair[1].at, &pair[1].id)));
        }
    }
}

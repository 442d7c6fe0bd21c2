//! Every key of the one table, on one screen; the files beside this one build them.
//!
//! A part that comes from outside is percent-encoded, so that no value can reach into another's key. All
//! that belongs to a person lies in that person's partition: a query about a person needs the person's id.
//!
//! | item | pk | sk | due (sparse) | list (sparse) |
//! |---|---|---|---|---|
//! | contact | `PERSON#id` | `A#CONTACT` | to be forgotten | `PEOPLE`, last contact |
//! | unified context | `PERSON#id` | `A#CONTEXT` | | |
//! | head of the memory | `PERSON#id` | `A#MEMORY` | | |
//! | who was merged into them | `PERSON#id` | `A#MERGED#id` | | `MERGES`, when |
//! | the head before the first of these merges | `PERSON#id` | `BEFORE` | | |
//! | that two may be one | `PERSON#id` | `PROPOSAL#id` | | `PROPOSALS` or `CONFLICTS`, when; `DECIDED`, when |
//! | fact | `PERSON#id` | `FACT#id` | its quote is over | |
//! | interaction | `PERSON#id` | `INTERACTION#id` | to be closed or analysed; its words are over | `DAY#date`, start |
//! | turn | `PERSON#id` | `TURN#interaction#offset#sequence` | | |
//! | line of the second transcript of a call | `PERSON#id` | `TRANSCRIPT_LINE#interaction#side#number` | | |
//! | action | `PERSON#id` | `ACTION#interaction#tool call` | | |
//! | how they talk in the browser | `PERSON#id` | `TALK#interaction` | | |
//! | one-time code | `PERSON#id` | `CODE#interaction` | | |
//! | card of a contact | `PERSON#id` | `CARD` | | `CARDS`, when it was written |
//! | note | `PERSON#id` | `NOTE#id` | | `NOTES`, when it was written |
//! | task | `PERSON#id` | `TASK#id` | to be reminded of | `TASKS`, when it is due |
//! | opportunity | `PERSON#id` | `OPPORTUNITY#id` | | `STAGE#stage`, since when |
//! | automatic change | `PERSON#id` | `CHANGE#id` | | |
//! | follow-up | `PERSON#id` | `FOLLOW_UP#id` | to be executed; its words are over | `AWAITING` the owner's word, or `DEAD`, when planned; `SETTLED#date`, when |
//! | mail that came in | `PERSON#id` | `MAIL#id` | | |
//! | how often something was approved in a row | `OWNER` | `IN_A_ROW#kind#relationship` | | |
//! | address that answers go to | `REPLY#token` | `REPLY` | | |
//! | address that takes no mail | `SUPPRESSED#hash` | `SUPPRESSED` | | |
//! | answer in a chat | `PERSON#id` | `EXCHANGE#interaction#message` | | |
//! | what an idempotency key stands for | `PERSON#id` | `ONCE#hash` | | |
//! | chat of a person who is signed in | `PERSON#id` | `CHAT` | | |
//! | chat | `CHAT#hash` | `CHAT` | | |
//! | limit | `LIMIT#name#hash` | `WINDOW#number` | | |
//! | identity | `IDENTITY#kind#value` | `IDENTITY` | | |
//! | a key that leads to somebody | `PERSON#id` | `KEY#kind#value` | | |
//! | recording | `PERSON#id` | `RECORDING#sid` | | |
//! | that a call was no spam | `PERSON#id` | `RECOVERED#interaction` | | `RECOVERED`, when |
//! | transfer to the owner | `PERSON#id` | `TRANSFER#interaction` | | |
//! | call that is to be placed | `PERSON#id` | `DIAL#id` | to be placed, or looked at | `DIALS`, when it was asked for |
//! | how many of these were asked for | `PERSON#id` | `CALLS_ASKED` | | |
//! | which of these a conversation is held in | `PERSON#id` | `DIALLED#interaction` | | |
//! | call | `CALL#sid` | `CALL` | | |
//! | handoff | `HANDOFF#hash` | `HANDOFF` | | `HANDED_OVER#date`, when its time is over |
//! | what lies elsewhere and is somebody's | `PERSON#id` | `ELSEWHERE#pk` of it | | |
//! | consent to be contacted | `PERSON#id` | `CONSENT#time#matter#given` or `withdrawn` | | |
//! | consent in a conversation | `PERSON#id` | `TOLD#time#matter#given` or `withdrawn` | | |
//! | that somebody was erased | `PERSON#id` | `TOMBSTONE` | to be looked through again | |
//! | recordings of a call | `RECORDINGS#sid` | `RECORDINGS` | to be removed | |
//! | audit line | `AUDIT#date` | `LINE#id` | | `ABOUT#person`, time |
//! | owner's session | `SESSION#hash` | `SESSION` | | |
//! | OAuth client | `OAUTH_CLIENT#id` | `OAUTH_CLIENT` | | |
//! | sign-in under way | `SIGN_IN#hash` | `SIGN_IN` | | |
//! | visitor's session | `VISITOR#hash` | `VISITOR` | | |
//! | grant with its tokens | `PERSON#id` or `OWNER` | `GRANT#id` | | |
//! | persona | `OWNER` | `PERSONA`, and `PERSONA#version` for each that there was | | |
//! | settings of the phone | `OWNER` | `PHONE`, and `PHONE#version` for each that there was | | |
//! | settings of the calendar | `OWNER` | `CALENDAR`, and `CALENDAR#version` for each that there was | | |
//! | calendar that the owner keeps elsewhere | `OWNER` | `OUTSIDE#id` | | |
//! | consent that the owner is away for | `CONNECTING#hash` | `CONNECTING` | | |
//! | booking that calendars elsewhere are to hear of | `PERSON#id` | `TO_MIRROR#id` | when it is to be written | |
//! | how a booking is called in them | `PERSON#id` | `MIRRORED#id` | | |
//! | an entry in them of somebody who was erased | `REMNANT#booking` | `REMNANT` | when it is to be taken out | |
//! | secret of the owner's feed | `OWNER` | `FEED` | | |
//! | booking, or a time that is held | `PERSON#id` | `BOOKING#id` | | `BOOKINGS`, when it begins |
//! | a quarter-hour that is taken | `CALENDAR#month` | `QUARTER#time` | | |
//! | a place among the meetings of a day | `CALENDAR#month` | `PLACE#date#number` | | |
//! | link to a booking | `BOOKING_LINK#hash` | `BOOKING_LINK` | | |
//! | settings of follow-ups | `OWNER` | `FOLLOW_UPS`, and `FOLLOW_UPS#version` for each that there was | | |
//! | what the twin knows | `OWNER` | `MANIFEST` | | |
//! | what the last reading of all sources could not read | `OWNER` | `REFRESHED` | | |
//! | a part of that list | `MANIFEST#hash` | `PART` | | |
//! | what a source was last asked with | `OWNER` | `VALIDATORS#source` | | |
//! | counts of a day that is over | `ROLLUP` | `DAY#date` | | |
//! | the same of a month | `ROLLUP` | `MONTH#month` | | |
//! | of a day that goes on, until a moment of it | `ROLLUP` | `SO_FAR#date` | | |
//! | knowledge gap | `OWNER` | `GAP#id` | | |
//! | document | `DOCUMENT#hash` | `DOCUMENT` | | |
//! | vectors of its passages | `VECTORS#hash` | `VECTORS` | | |

mod people;
mod conversations;
mod crm;
mod follow_ups;
mod calendar;
mod knowledge;
mod figures;
mod settings;
mod access;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::id::PersonId;

pub use self::{
    access::*, calendar::*, conversations::*, crm::*, figures::*, follow_ups::*, knowledge::*, people::*,
    settings::*,
};

/// The names of the partition key and of the sort key.
pub const PK: &str = "pk";
pub const SK: &str = "sk";
/// Index of work that is due: `due_shard`, `due_at`.
pub const DUE_INDEX: &str = "due";
pub const DUE_SHARD: &str = "due_shard";
pub const DUE_AT: &str = "due_at";
/// Index of lists by time: `list`, `list_at`.
pub const LIST_INDEX: &str = "list";
pub const LIST: &str = "list";
pub const LIST_AT: &str = "list_at";
/// Epoch seconds; expired items are also filtered on read, because DynamoDB deletes late.
pub const TTL: &str = "ttl";

/// Work that is due is spread over this many partitions.
pub const DUE_SHARDS: u8 = 4;
/// Contacts that lead to anybody, by when they were last in touch.
pub const PEOPLE: &str = "PEOPLE";
/// Follow-ups that wait for the owner's word or may have left, by when they were planned.
pub const AWAITING: &str = "AWAITING";
/// Calls that are to be placed, by when they were asked for.
pub const DIALS: &str = "DIALS";
/// Follow-ups that were tried often enough, by when they were planned.
pub const DEAD: &str = "DEAD";
/// Cards and notes by the time of their last write, for those who keep them in memory.
pub const CARDS: &str = "CARDS";
pub const NOTES: &str = "NOTES";
/// Merges that hold, and what waits for the owner's word on whether two are one.
pub const MERGES: &str = "MERGES";
pub const PROPOSALS: &str = "PROPOSALS";
pub const CONFLICTS: &str = "CONFLICTS";
/// And what the owner or the twin decided of that.
pub const DECIDED: &str = "DECIDED";
/// Calls that were taken for spam and that the owner let through, by when they did.
pub const RECOVERED: &str = "RECOVERED";
/// Open tasks, by when they are due.
pub const TASKS: &str = "TASKS";
/// Bookings that are on, by when they begin.
pub const BOOKINGS: &str = "BOOKINGS";
/// Where people are listed who were never in touch.
pub const NEVER_YET: &str = "0";
/// Where tasks are listed that are not due at any time.
pub const NEVER: &str = "9999";

const UNSAFE: &AsciiSet = &CONTROLS.add(b'#').add(b'%');

/// Where an item lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub pk: String,
    pub sk: String,
}

/// What comes from outside, so that it holds no `#`: injective.
fn part(text: &str) -> String {
    utf8_percent_encode(text, UNSAFE).to_string()
}

fn key(pk: String, sk: impl Into<String>) -> Key {
    Key { pk, sk: sk.into() }
}

const PERSON: &str = "PERSON#";

/// A person's partition.
pub fn person(id: &PersonId) -> String {
    format!("{PERSON}{id}")
}

/// Whose partition this is.
pub fn person_of(pk: &str) -> Option<PersonId> {
    pk.strip_prefix(PERSON)?.parse().ok()
}

/// The owner's partition.
pub const OWNER: &str = "OWNER";

/// In which of [`DUE_SHARDS`] work of this id is due.
pub fn due_shard(id: &str) -> String {
    let sum = id.bytes().fold(0u8, u8::wrapping_add);
    format!("DUE#{}", sum % DUE_SHARDS)
}

/// Sorts by time as text: RFC 3339 in UTC with milliseconds.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_are_injective_and_hold_no_separator(a in any::<String>(), b in any::<String>()) {
            prop_assert!(!part(&a).contains('#'));
            prop_assert!(!part(&a).chars().any(char::is_control) || a.chars().any(|c| c as u32 >= 0x80));
            prop_assert_eq!(part(&a) == part(&b), a == b);
        }
    }

    #[test]
    fn a_partition_tells_its_person() {
        let id: PersonId = "per_1".parse().unwrap();
        assert_eq!(person_of(&person(&id)), Some(id));
        assert_eq!((person_of("PERSON#"), person_of("OWNER"), person_of("CALL#CA1")), (None, None, None));
    }

    #[test]
    fn times_sort_as_text() {
        let at = |ms| time(Timestamp::from_millisecond(ms).unwrap());
        assert!(at(999) < at(1000) && at(1000) < at(1001) && at(59_999) < at(60_000));
        assert_eq!(at(1500), "1970-01-01T00:00:01.500Z");
    }
}

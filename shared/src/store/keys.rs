//! Every key of the one table, on one screen.
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
//! | that two may be one | `PERSON#id` | `PROPOSAL#id` | | `PROPOSALS` or `CONFLICTS`, when |
//! | fact | `PERSON#id` | `FACT#id` | its quote is over | |
//! | interaction | `PERSON#id` | `INTERACTION#id` | to be closed or analysed; its words are over | `DAY#date`, start |
//! | turn | `PERSON#id` | `TURN#interaction#offset#sequence` | | |
//! | overheard | `PERSON#id` | `OVERHEARD#interaction#side#number` | | |
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
//! | transfer to the owner | `PERSON#id` | `TRANSFER#interaction` | | |
//! | call that is to be placed | `PERSON#id` | `DIAL#id` | to be placed, or looked at | `DIALS`, when it was asked for |
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

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::{
    analytics::Span,
    consent::{Consent, Matter},
    contact::{RelationshipKind, Stage},
    follow_up::Kind as FollowUpKind,
    id::{
        AuditId, BookingId, CallSid, ChangeId, DialId, FactId, FollowUpId, GapId, InteractionId, MailId,
        MessageId, NoteId, OpportunityId, OutsideId, PersonId, TaskId,
    },
    identity::IdentityKey,
    interaction::{Speaker, Turn, overheard::Overheard},
    knowledge::manifest::Hash,
    scheduling::Quarter,
    store::oauth::Who,
};

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
pub const PEOPLE: &str = "PEOPLE";
pub const AWAITING: &str = "AWAITING";
pub const DIALS: &str = "DIALS";
/// Follow-ups that were tried often enough.
pub const DEAD: &str = "DEAD";
/// Cards and notes by the time of their last write, for those who keep them in memory.
pub const CARDS: &str = "CARDS";
pub const NOTES: &str = "NOTES";
/// Merges that hold, and what waits for the owner's word on whether two are one.
pub const MERGES: &str = "MERGES";
pub const PROPOSALS: &str = "PROPOSALS";
pub const CONFLICTS: &str = "CONFLICTS";
/// Open tasks, by when they are due.
pub const TASKS: &str = "TASKS";
/// Bookings that are on, by when they begin.
pub const BOOKINGS: &str = "BOOKINGS";
/// Where people are listed who were never in touch.
pub const NEVER_YET: &str = "0";
/// Where tasks are listed that are not due at any time.
pub const NEVER: &str = "9999";

const UNSAFE: &AsciiSet = &CONTROLS.add(b'#').add(b'%');

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub pk: String,
    pub sk: String,
}

fn part(text: &str) -> String {
    utf8_percent_encode(text, UNSAFE).to_string()
}

fn key(pk: String, sk: impl Into<String>) -> Key {
    Key { pk, sk: sk.into() }
}

/// The head of a person's partition: contact, context and memory in one query.
pub const HEAD: &str = "A#";

const PERSON: &str = "PERSON#";

pub fn person(id: &PersonId) -> String {
    format!("{PERSON}{id}")
}

/// Whose partition this is.
pub fn person_of(pk: &str) -> Option<PersonId> {
    pk.strip_prefix(PERSON)?.parse().ok()
}

pub fn contact(id: &PersonId) -> Key {
    key(person(id), "A#CONTACT")
}

pub fn context(id: &PersonId) -> Key {
    key(person(id), "A#CONTEXT")
}

pub fn memory(id: &PersonId) -> Key {
    key(person(id), "A#MEMORY")
}

pub const MERGED: &str = "A#MERGED#";

pub fn merged(survivor: &PersonId, absorbed: &PersonId) -> Key {
    key(person(survivor), format!("{MERGED}{absorbed}"))
}

pub fn before(survivor: &PersonId) -> Key {
    key(person(survivor), "BEFORE")
}

/// Of two, the one whose id comes first keeps it.
pub fn proposal(one: &PersonId, other: &PersonId) -> Key {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    key(person(first), format!("PROPOSAL#{second}"))
}

pub const FACTS: &str = "FACT#";

pub fn fact(person_id: &PersonId, id: &FactId) -> Key {
    key(person(person_id), format!("{FACTS}{id}"))
}

pub const INTERACTIONS: &str = "INTERACTION#";

pub fn interaction(person_id: &PersonId, id: &InteractionId) -> Key {
    key(person(person_id), format!("{INTERACTIONS}{id}"))
}

pub const TURNS: &str = "TURN#";

pub fn turns(interaction: &InteractionId) -> String {
    format!("{TURNS}{interaction}#")
}

/// The conversation of a turn, by its sort key.
pub fn turn_of(sk: &str) -> Option<InteractionId> {
    sk.strip_prefix(TURNS)?.split('#').next()?.parse().ok()
}

pub fn turn(person_id: &PersonId, interaction: &InteractionId, turn: &Turn) -> Key {
    let sk = format!("{}{:010}#{:06}", turns(interaction), turn.offset_ms, turn.sequence);
    key(person(person_id), sk)
}

pub fn overheard_in(interaction: &InteractionId) -> String {
    format!("OVERHEARD#{interaction}#")
}

/// What was overheard of a side is kept under its number.
pub fn overheard(person_id: &PersonId, interaction: &InteractionId, heard: &Overheard) -> Key {
    let side = match heard.speaker {
        Speaker::Person => "person",
        Speaker::Twin => "twin",
    };
    key(person(person_id), format!("{}{side}#{:06}", overheard_in(interaction), heard.sequence))
}

pub fn actions(interaction: &InteractionId) -> String {
    format!("ACTION#{interaction}#")
}

pub fn action(person_id: &PersonId, interaction: &InteractionId, tool_call: &str) -> Key {
    key(person(person_id), format!("{}{}", actions(interaction), part(tool_call)))
}

pub fn talk(person_id: &PersonId, interaction: &InteractionId) -> Key {
    key(person(person_id), format!("TALK#{interaction}"))
}

pub fn code(person_id: &PersonId, interaction: &InteractionId) -> Key {
    key(person(person_id), format!("CODE#{interaction}"))
}

pub fn exchanges(interaction: &InteractionId) -> String {
    format!("EXCHANGE#{interaction}#")
}

pub fn exchange(person_id: &PersonId, interaction: &InteractionId, message: &MessageId) -> Key {
    key(person(person_id), format!("{}{message}", exchanges(interaction)))
}

pub fn once(person_id: &PersonId, key_hash: &str) -> Key {
    key(person(person_id), format!("ONCE#{}", part(key_hash)))
}

pub fn chat_of(person_id: &PersonId) -> Key {
    key(person(person_id), "CHAT")
}

pub fn chat(secret_hash: &str) -> Key {
    key(format!("CHAT#{}", part(secret_hash)), "CHAT")
}

pub fn limit(name: &str, who_hash: &str, window: i64) -> Key {
    key(format!("LIMIT#{}#{}", part(name), part(who_hash)), format!("WINDOW#{window}"))
}

pub fn card(person_id: &PersonId) -> Key {
    key(person(person_id), "CARD")
}

pub const NOTE: &str = "NOTE#";
pub const TASK: &str = "TASK#";
pub const OPPORTUNITY: &str = "OPPORTUNITY#";
pub const CHANGE: &str = "CHANGE#";

pub fn note(person_id: &PersonId, id: &NoteId) -> Key {
    key(person(person_id), format!("{NOTE}{id}"))
}

pub fn task(person_id: &PersonId, id: &TaskId) -> Key {
    key(person(person_id), format!("{TASK}{id}"))
}

pub fn opportunity(person_id: &PersonId, id: &OpportunityId) -> Key {
    key(person(person_id), format!("{OPPORTUNITY}{id}"))
}

/// The list of opportunities in a stage.
pub fn stage(stage: Stage) -> String {
    format!("STAGE#{}", stage.name())
}

pub fn change(person_id: &PersonId, id: &ChangeId) -> Key {
    key(person(person_id), format!("{CHANGE}{id}"))
}

pub const FOLLOW_UPS: &str = "FOLLOW_UP#";

pub fn follow_up(person_id: &PersonId, id: &FollowUpId) -> Key {
    key(person(person_id), format!("{FOLLOW_UPS}{id}"))
}

/// Those whose conversation, or what stands for one, has an id that is this or goes on with a dash.
pub fn follow_ups_of(stem: &str) -> String {
    format!("{FOLLOW_UPS}fup_{}-", part(stem))
}

pub const MAILS: &str = "MAIL#";

pub fn mail(person_id: &PersonId, id: &MailId) -> Key {
    key(person(person_id), format!("{MAILS}{id}"))
}

pub fn approved_in_a_row(kind: FollowUpKind, relationship: RelationshipKind) -> Key {
    let relationship = RelationshipKind::NAMES[relationship as usize];
    key(OWNER.to_owned(), format!("IN_A_ROW#{}#{relationship}", kind.key()))
}

pub fn reply_address(token: &str) -> Key {
    key(format!("REPLY#{}", part(token)), "REPLY")
}

pub fn suppressed(address_hash: &str) -> Key {
    key(format!("SUPPRESSED#{}", part(address_hash)), "SUPPRESSED")
}

pub fn identity(identity: &IdentityKey) -> Key {
    key(format!("IDENTITY#{}#{}", identity.kind(), part(&identity.value())), "IDENTITY")
}

pub const KEYS: &str = "KEY#";

/// In a person's partition: which keys lead there.
pub fn key_of(person_id: &PersonId, identity: &IdentityKey) -> Key {
    key(person(person_id), format!("{KEYS}{}#{}", identity.kind(), part(&identity.value())))
}

pub const RECORDING: &str = "RECORDING#";

pub fn recording(person_id: &PersonId, sid: &str) -> Key {
    key(person(person_id), format!("{RECORDING}{}", part(sid)))
}

pub fn transfer(person_id: &PersonId, id: &InteractionId) -> Key {
    key(person(person_id), format!("TRANSFER#{id}"))
}

pub const DIAL: &str = "DIAL#";

pub fn dial(person_id: &PersonId, id: &DialId) -> Key {
    key(person(person_id), format!("{DIAL}{id}"))
}

pub fn dialled(person_id: &PersonId, id: &InteractionId) -> Key {
    key(person(person_id), format!("DIALLED#{id}"))
}

pub const CALL: &str = "CALL";

pub fn call(sid: &CallSid) -> Key {
    key(format!("{CALL}#{sid}"), CALL)
}

/// The call of a row, by its partition.
pub fn call_of(pk: &str) -> Option<CallSid> {
    pk.strip_prefix(CALL)?.strip_prefix('#')?.parse().ok()
}

pub const ELSEWHERE: &str = "ELSEWHERE#";

/// In a person's partition: what of theirs lies outside it.
pub fn elsewhere(person_id: &PersonId, pk: &str) -> Key {
    key(person(person_id), format!("{ELSEWHERE}{}", part(pk)))
}

/// To be contacted, or not: few, and looked at before anything is sent.
pub const CONSENTS: &str = "CONSENT#";
/// That an AI speaks, that it is recorded: one more with each conversation.
pub const TOLD: &str = "TOLD#";

pub fn consent(person_id: &PersonId, consent: &Consent) -> Key {
    let given = if consent.given { "given" } else { "withdrawn" };
    let kind = if Matter::CONTACT.contains(&consent.matter) { CONSENTS } else { TOLD };
    let sk = format!("{kind}{}#{}#{given}", time(consent.at), consent.matter.name());
    key(person(person_id), sk)
}

pub const TOMBSTONE: &str = "TOMBSTONE";

pub fn tombstone(person_id: &PersonId) -> Key {
    key(person(person_id), TOMBSTONE)
}

pub const RECORDINGS: &str = "RECORDINGS";

pub fn recordings(call: &CallSid) -> Key {
    key(format!("{RECORDINGS}#{call}"), RECORDINGS)
}

pub const LINES: &str = "LINE#";

pub fn audit_day(day: Timestamp) -> String {
    format!("AUDIT#{}", day.strftime("%F"))
}

pub fn audit(at: Timestamp, id: &AuditId) -> Key {
    key(audit_day(at), audit_line(id))
}

pub fn audit_line(id: &AuditId) -> String {
    format!("{LINES}{id}")
}

/// The list of lines about somebody.
pub fn audited(person_id: &PersonId) -> String {
    format!("ABOUT#{person_id}")
}

pub const HANDOFF: &str = "HANDOFF";

pub fn handoff(secret_hash: &str) -> Key {
    key(format!("HANDOFF#{}", part(secret_hash)), HANDOFF)
}

pub fn session(token_hash: &str) -> Key {
    key(format!("SESSION#{}", part(token_hash)), "SESSION")
}

pub fn oauth_client(id: &str) -> Key {
    key(format!("OAUTH_CLIENT#{}", part(id)), "OAUTH_CLIENT")
}

pub fn sign_in(state_hash: &str) -> Key {
    key(format!("SIGN_IN#{}", part(state_hash)), "SIGN_IN")
}

pub const VISITOR: &str = "VISITOR";

pub fn visitor(session_hash: &str) -> Key {
    key(format!("{VISITOR}#{}", part(session_hash)), VISITOR)
}

pub const GRANTS: &str = "GRANT#";

pub fn grant(who: &Who, id: &str) -> Key {
    let pk = match who {
        Who::Owner => OWNER.to_owned(),
        Who::Person(id) => person(id),
    };
    key(pk, format!("{GRANTS}{}", part(id)))
}

pub const OWNER: &str = "OWNER";
pub const PERSONA_VERSIONS: &str = "PERSONA#";
pub const GAPS: &str = "GAP#";
/// The list of gaps by when they were found, or then filled.
pub const GAPS_BY_TIME: &str = "GAPS";

pub fn persona() -> Key {
    key(OWNER.to_owned(), "PERSONA")
}

pub fn persona_version(version: u64) -> Key {
    key(OWNER.to_owned(), format!("{PERSONA_VERSIONS}{version:08}"))
}

pub fn phone_settings() -> Key {
    key(OWNER.to_owned(), "PHONE")
}

pub fn phone_settings_version(version: u64) -> Key {
    key(OWNER.to_owned(), format!("PHONE#{version:08}"))
}

pub fn calendar_settings() -> Key {
    key(OWNER.to_owned(), "CALENDAR")
}

pub fn calendar_settings_version(version: u64) -> Key {
    key(OWNER.to_owned(), format!("CALENDAR#{version:08}"))
}

pub fn feed() -> Key {
    key(OWNER.to_owned(), "FEED")
}

pub fn outside(id: &OutsideId) -> Key {
    key(OWNER.to_owned(), format!("OUTSIDE#{id}"))
}

pub fn outside_prefix() -> Key {
    key(OWNER.to_owned(), "OUTSIDE#")
}

pub fn connecting(state_hash: &str) -> Key {
    key(format!("CONNECTING#{}", part(state_hash)), "CONNECTING")
}

pub const TO_MIRROR: &str = "TO_MIRROR#";
pub const MIRRORED: &str = "MIRRORED#";

pub fn to_mirror(person_id: &PersonId, id: &BookingId) -> Key {
    key(person(person_id), format!("{TO_MIRROR}{id}"))
}

pub fn mirrored(person_id: &PersonId, id: &BookingId) -> Key {
    key(person(person_id), format!("{MIRRORED}{id}"))
}

pub const REMNANT: &str = "REMNANT";

pub fn remnant(id: &BookingId) -> Key {
    key(format!("{REMNANT}#{id}"), REMNANT)
}

pub const BOOKING: &str = "BOOKING#";

pub fn booking(person_id: &PersonId, id: &BookingId) -> Key {
    key(person(person_id), format!("{BOOKING}{id}"))
}

/// What is taken in a month of UTC.
pub fn calendar_month(day: Date) -> String {
    format!("CALENDAR#{}", day.strftime("%Y-%m"))
}

pub const QUARTERS: &str = "QUARTER#";

pub fn quarter(quarter: Quarter) -> Key {
    let start = quarter.start();
    let month = calendar_month(start.to_zoned(TimeZone::UTC).date());
    key(month, format!("{QUARTERS}{}", time(start)))
}

pub const PLACES: &str = "PLACE#";

pub fn places(day: Date) -> String {
    format!("{PLACES}{day}#")
}

pub fn place(day: Date, number: u8) -> Key {
    key(calendar_month(day), format!("{}{number:03}", places(day)))
}

pub fn booking_link(secret_hash: &str) -> Key {
    key(format!("BOOKING_LINK#{}", part(secret_hash)), "BOOKING_LINK")
}

pub fn follow_up_settings() -> Key {
    key(OWNER.to_owned(), "FOLLOW_UPS")
}

pub fn follow_up_settings_version(version: u64) -> Key {
    key(OWNER.to_owned(), format!("FOLLOW_UPS#{version:08}"))
}

pub fn manifest() -> Key {
    key(OWNER.to_owned(), "MANIFEST")
}

pub fn refreshed() -> Key {
    key(OWNER.to_owned(), "REFRESHED")
}

pub fn manifest_part(hash: &Hash) -> Key {
    key(format!("MANIFEST#{}", hash.as_str()), "PART")
}

pub fn vectors(hash: &Hash) -> Key {
    key(format!("VECTORS#{}", hash.as_str()), "VECTORS")
}

pub fn validators(source: &str) -> Key {
    key(OWNER.to_owned(), format!("VALIDATORS#{}", part(source)))
}

pub fn gap(id: &GapId) -> Key {
    key(OWNER.to_owned(), format!("{GAPS}{id}"))
}

pub fn document(hash: &Hash) -> Key {
    key(format!("DOCUMENT#{}", hash.as_str()), "DOCUMENT")
}

pub const ROLLUPS: &str = "ROLLUP";
/// Of the rollups, all days sort after this, and before [`MONTHS`].
pub const DAYS: &str = "DAY#";
pub const MONTHS: &str = "MONTH#";

pub fn rollup(span: Span) -> Key {
    let kind = match span {
        Span::Day(_) => DAYS,
        Span::Month(_) => MONTHS,
    };
    key(ROLLUPS.to_owned(), format!("{kind}{span}"))
}

pub fn so_far(date: Date) -> Key {
    key(ROLLUPS.to_owned(), format!("SO_FAR#{date}"))
}

/// The list of follow-ups that came to an end on a day (UTC).
pub fn settled(at: Timestamp) -> String {
    format!("SETTLED#{}", at.strftime("%F"))
}

/// The list of handoffs whose time is over on a day (UTC).
pub fn handed_over(at: Timestamp) -> String {
    format!("HANDED_OVER#{}", at.strftime("%F"))
}

pub fn day(at: Timestamp) -> String {
    format!("DAY#{}", at.strftime("%F"))
}

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
    fn a_turn_tells_its_conversation() {
        let of: InteractionId = "int_1".parse().unwrap();
        assert_eq!(turn_of(&format!("{}0000000000#000000", turns(&of))), Some(of));
        assert_eq!((turn_of("TURN#"), turn_of("ACTION#int_1#x")), (None, None));
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

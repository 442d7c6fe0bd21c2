//! Of conversations, on whichever channel, and of the calls and links that they are held by.

use jiff::Timestamp;

use super::{Key, key, part, person};
use crate::{
    id::{CallSid, DialId, InteractionId, MessageId, PersonId},
    interaction::{Speaker, Turn, second_transcript::TranscriptLine},
};

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

pub fn transcript_lines(interaction: &InteractionId) -> String {
    format!("TRANSCRIPT_LINE#{interaction}#")
}

/// Lines of a side are kept under their number in it.
pub fn transcript_line(person_id: &PersonId, interaction: &InteractionId, heard: &TranscriptLine) -> Key {
    let side = match heard.speaker {
        Speaker::Person => "person",
        Speaker::Twin => "twin",
    };
    key(person(person_id), format!("{}{side}#{:06}", transcript_lines(interaction), heard.sequence))
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

pub const RECORDING: &str = "RECORDING#";

pub fn recording(person_id: &PersonId, sid: &str) -> Key {
    key(person(person_id), format!("{RECORDING}{}", part(sid)))
}

pub const LET_THROUGH: &str = "RECOVERED#";

pub fn recovered(person_id: &PersonId, id: &InteractionId) -> Key {
    key(person(person_id), format!("{LET_THROUGH}{id}"))
}

pub fn transfer(person_id: &PersonId, id: &InteractionId) -> Key {
    key(person(person_id), format!("TRANSFER#{id}"))
}

pub const DIAL: &str = "DIAL#";

pub fn dial(person_id: &PersonId, id: &DialId) -> Key {
    key(person(person_id), format!("{DIAL}{id}"))
}

pub fn calls_asked(person_id: &PersonId) -> Key {
    key(person(person_id), "CALLS_ASKED")
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

pub const RECORDINGS: &str = "RECORDINGS";

pub fn recordings(call: &CallSid) -> Key {
    key(format!("{RECORDINGS}#{call}"), RECORDINGS)
}

pub const HANDOFF: &str = "HANDOFF";

pub fn handoff(secret_hash: &str) -> Key {
    key(format!("HANDOFF#{}", part(secret_hash)), HANDOFF)
}

/// The list of handoffs whose time is over on a day (UTC).
pub fn handed_over(at: Timestamp) -> String {
    format!("HANDED_OVER#{}", at.strftime("%F"))
}

pub fn day(at: Timestamp) -> String {
    format!("DAY#{}", at.strftime("%F"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_tells_its_conversation() {
        let of: InteractionId = "int_1".parse().unwrap();
        assert_eq!(turn_of(&format!("{}0000000000#000000", turns(&of))), Some(of));
        assert_eq!((turn_of("TURN#"), turn_of("ACTION#int_1#x")), (None, None));
    }
}

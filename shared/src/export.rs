//! Everything about a person as one document. What is not known here by name is in it all the same for the owner, so
//! that nothing that is kept stays out; a person gets what is theirs, without the owner's own notes and without others.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::{audit::Line, id::PersonId};

/// An item of somebody's, as it is kept: under its sort key in their partition, or under the partition of what lies
/// elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Where it lies: no two have the same.
    pub at: String,
    pub key: String,
    pub value: Value,
}

/// Some of a document, small enough for one answer of an API.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub document: Value,
    /// Where the next begins.
    pub next: Option<String>,
}

/// Bytes of the items of a part, as JSON. Source: AWS Lambda quotas: an answer has at most 6 MB.
pub const MAX_PART: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Owner,
    /// Whoever it is about.
    Person,
}

const INTERACTIONS: &str = "interactions";
const OTHERS: &str = "others";
/// The form of the document.
const VERSION: u32 = 1;

/// Kinds of items that are lists of the document, and whether the person gets them.
const LISTS: [(&str, &str, bool); 22] = [
    ("RECORDING", "recordings", true),
    ("TRANSFER", "transfers", true),
    ("IDENTITY", "identities", true),
    ("FOLLOW_UP", "followUps", true),
    ("BOOKING", "bookings", true),
    ("MAIL", "mails", true),
    ("CONSENT", "consents", true),
    ("HANDOFF", "handoffs", true),
    ("CALL", "calls", true),
    ("TALK", "talks", true),
    ("CHAT", "chats", true),
    ("VISITOR", "signIns", true),
    ("GRANT", "grants", true),
    ("FACT", "facts", true),
    ("TRANSCRIPT_LINE", "transcriptLines", true),
    ("MERGED", "merged", true),
    ("NOTE", "notes", false),
    ("TASK", "tasks", false),
    ("OPPORTUNITY", "opportunities", false),
    ("CHANGE", "changes", false),
    ("PROPOSAL", "proposals", false),
    ("DIAL", "callsToPlace", false),
];
/// Only lead to something that is in the document itself, say it again, or are over in minutes.
const NOTES: [&str; 10] = [
    "CALLS_ASKED",
    "DIALLED",
    "KEY",
    "REPLY",
    "ELSEWHERE",
    "TOMBSTONE",
    "CARD",
    "ONCE",
    "CODE",
    "BOOKING_LINK",
];
/// Of the table, not of the person.
const TECHNICAL: [&str; 14] = [
    "pk",
    "sk",
    "ttl",
    "due_shard",
    "due_at",
    "list",
    "list_at",
    "version",
    "wordsRead",
    "cameLater",
    "transcribing_until",
    // Who used a link may be somebody else.
    "redeemed_by",
    "taken_up_by",
    "taken_up_in",
];
/// Of the contact, the owner's own: notes and plans, and the names of others.
const OWNERS_OF_CONTACT: [&str; 6] = ["notes", "tags", "tasks", "opportunities", "origins", "refused"];
const OWNERS_OF_PROFESSION: [&str; 2] = ["opportunities", "mutualConnections"];
const OWNERS_OF_FOLLOW_UP: [&str; 3] = ["reason", "problem", "providerId"];
const OF_GRANT: [&str; 4] = ["client", "resource", "scopes", "expiresAt"];

/// The items of the part after a place, at most `most` bytes of them or one, and where the next part begins. `None`: there
/// is no such place, or not any more.
pub fn part(mut kept: Vec<Kept>, after: Option<&str>, most: usize) -> Option<(Vec<Kept>, Option<String>)> {
    let from = match after {
        Some(place) => 1 + kept.iter().position(|one| self::place(one) == place)?,
        None => 0,
    };
    let mut rest = kept.split_off(from);
    let (mut bytes, mut fit) = (0, 0);
    for one in &rest {
        bytes += one.key.len() + one.value.to_string().len();
        if fit > 0 && bytes > most {
            break;
        }
        fit += 1;
    }
    let more = rest.len() > fit;
    rest.truncate(fit);
    let next = rest.last().filter(|_| more).map(place);
    Some((rest, next))
}

/// Says nothing of what lies there.
fn place(one: &Kept) -> String {
    Sha256::digest(&one.at).iter().take(16).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The parts of a document, in their order, as the whole.
pub fn joined(parts: impl IntoIterator<Item = Value>) -> Value {
    let mut whole = Map::new();
    for part in parts {
        let Value::Object(part) = part else { continue };
        for (name, value) in part {
            match (whole.get_mut(&name), value) {
                (Some(Value::Array(known)), Value::Array(more)) => append(known, more, name == INTERACTIONS),
                (Some(Value::Object(known)), Value::Object(more)) if name == OTHERS => {
                    for (kind, more) in more {
                        match (known.get_mut(&kind), more) {
                            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
                            (_, more) => drop(known.insert(kind, more)),
                        }
                    }
                }
                (_, value) => drop(whole.insert(name, value)),
            }
        }
    }
    Value::Object(whole)
}

/// What was said in a conversation may come in a later part than it.
fn append(known: &mut Vec<Value>, more: Vec<Value>, are_conversations: bool) {
    if !are_conversations {
        return known.extend(more);
    }
    let mut all: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for one in known.drain(..).chain(more) {
        let Value::Object(one) = one else { continue };
        let id = one.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let whole = all.entry(id).or_default();
        for (name, value) in one {
            match (whole.get_mut(&name), value) {
                (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
                (_, value) => drop(whole.insert(name, value)),
            }
        }
    }
    known.extend(all.into_values().map(Value::Object));
}

/// The document of these items.
pub fn document(person: &PersonId, kept: Vec<Kept>, audit: &[Line], whose: For, now: Timestamp) -> Value {
    let mut document = Map::new();
    document.insert("version".to_owned(), json!(VERSION));
    document.insert("exportedAt".to_owned(), json!(now));
    document.insert("person".to_owned(), json!(person));
    let mut conversations = Conversations::default();
    let mut others: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (_, name, _) in LISTS {
        document.insert(name.to_owned(), json!([]));
    }
    for Kept { key, value, .. } in kept {
        let value = tidied(value);
        let kind = key.split('#').next().unwrap_or_default();
        let list = LISTS.iter().find(|(known, ..)| *known == kind);
        match (key.as_str(), list) {
            ("A#CONTACT", _) => drop(document.insert("contact".to_owned(), contact(value, whose))),
            // Made of facts and conversations.
            ("A#MEMORY", _) => {}
            (pointer, _) if pointer.starts_with("A#MERGED#") => {}
            ("A#CONTEXT", _) => drop(document.insert("context".to_owned(), value)),
            (_, Some((_, name, shared))) if *shared || whose == For::Owner => {
                push(&mut document, name, listed(kind, value, whose));
            }
            _ if conversations.take(&key, &value, whose) || NOTES.contains(&kind) => {}
            _ if whose == For::Owner => others.entry(kind.to_owned()).or_default().push(value),
            _ => {}
        }
    }
    document.insert(INTERACTIONS.to_owned(), conversations.into());
    document.insert("audit".to_owned(), audit.iter().map(|line| json!(line)).collect());
    if whose == For::Owner {
        document.insert(OTHERS.to_owned(), json!(others));
    }
    Value::Object(document)
}

fn push(document: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some(Value::Array(list)) = document.get_mut(name) {
        list.push(value);
    }
}

/// Without what is the table's, and without what opens anything, even as a hash.
fn tidied(value: Value) -> Value {
    match value {
        Value::Object(mut fields) => {
            fields.retain(|name, _| {
                let small = name.to_lowercase();
                let secret = ["hash", "secret", "token"].iter().any(|word| small.ends_with(word));
                !secret && !TECHNICAL.contains(&name.as_str())
            });
            Value::Object(fields.into_iter().map(|(name, value)| (name, tidied(value))).collect())
        }
        Value::Array(values) => values.into_iter().map(tidied).collect(),
        plain => plain,
    }
}

fn without(value: &mut Value, names: &[&str]) {
    if let Value::Object(fields) = value {
        fields.retain(|name, _| !names.contains(&name.as_str()));
    }
}

fn contact(mut value: Value, whose: For) -> Value {
    if whose == For::Person {
        without(&mut value, &OWNERS_OF_CONTACT);
        if let Some(professional) = value.get_mut("professional") {
            without(professional, &OWNERS_OF_PROFESSION);
        }
    }
    value
}

fn listed(kind: &str, mut value: Value, whose: For) -> Value {
    if kind == "MERGED" {
        // What stood in the head before two became one.
        return json!({ "contact": contact(value["contact"].take(), whose), "context": value["context"] });
    }
    if let ("GRANT", Value::Object(fields)) = (kind, &mut value) {
        fields.retain(|name, _| OF_GRANT.contains(&name.as_str()));
    }
    if (kind, whose) == ("FOLLOW_UP", For::Person) {
        without(&mut value, &OWNERS_OF_FOLLOW_UP);
        // What the owner adds to a mail is the owner's until it is sent.
        let left = ["sent", "delivered", "bounced", "complained"];
        if !left.iter().any(|state| value["state"] == *state) {
            without(&mut value, &["edited"]);
            if let Some(content) = value.get_mut("content") {
                without(content, &["note"]);
            }
        }
    }
    value
}

/// Conversations by their ids, each with what was said and done in it.
#[derive(Default)]
struct Conversations(BTreeMap<String, Map<String, Value>>);

impl Conversations {
    /// `false`: this belongs to no conversation.
    fn take(&mut self, key: &str, value: &Value, whose: For) -> bool {
        let mut parts = key.split('#');
        let (Some(kind), Some(id)) = (parts.next(), parts.next()) else { return false };
        let part = match kind {
            "INTERACTION" => None,
            "TURN" => Some(("turns", value.clone())),
            "ACTION" => Some(("actions", action(value, whose))),
            "EXCHANGE" => Some(("answers", value.clone())),
            _ => return false,
        };
        let conversation = self.0.entry(id.to_owned()).or_insert_with(|| {
            let empty = json!({ "id": id, "turns": [], "actions": [], "answers": [] });
            empty.as_object().cloned().unwrap_or_default()
        });
        match (part, value) {
            (Some((name, value)), _) => push(conversation, name, value),
            (None, Value::Object(fields)) => conversation.extend(fields.clone()),
            (None, _) => {}
        }
        true
    }
}

impl From<Conversations> for Value {
    fn from(conversations: Conversations) -> Self {
        conversations.0.into_values().map(Value::Object).collect()
    }
}

/// What a model was answered is for the owner alone: it may say what the owner knows.
fn action(value: &Value, whose: For) -> Value {
    let output = value["output"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    match whose {
        For::Owner => json!({ "at": value["at"], "action": value["action"], "output": output }),
        For::Person => json!({ "at": value["at"], "action": value["action"] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Act, Actor};

    fn kept(key: &str, value: Value) -> Kept {
        Kept { at: key.to_owned(), key: key.to_owned(), value }
    }

    fn sample() -> Vec<Kept> {
        vec![
            kept(
                "A#CONTACT",
                json!({
                    "pk": "PERSON#per_1", "sk": "A#CONTACT", "version": 3, "list": "PEOPLE", "name": "Dana",
                    "notes": ["hard to please"], "professional": { "mutualConnections": ["Robin"], "industry": "law" },
                }),
            ),
            kept("TURN#int_1#0000000000#000001", json!({ "text": "Hello.", "ttl": 1 })),
            kept("ACTION#int_1#call", json!({ "at": "t", "action": null, "output": "{\"taken\":true}" })),
            kept(
                "INTERACTION#int_1",
                json!({ "id": "int_1", "channel": "phone", "due_at": "x", "wordsRead": 7, "cameLater": 1 }),
            ),
            kept("TURN#int_2#0000000000#000001", json!({ "text": "Its conversation is past its time." })),
            kept(
                "FOLLOW_UP#fup_1",
                json!({
                    "state": "awaiting_approval", "reason": "why", "content": { "note": "mine", "to": "a@b.example" },
                }),
            ),
            kept(
                "HANDOFF#abc",
                json!({ "id": "hof_1", "secretHash": "abc", "person": "per_1", "taken_up_by": "per_2" }),
            ),
            kept(
                "GRANT#g",
                json!({ "client": "host", "code": { "hash": "h" }, "refresh": ["r"], "access": [] }),
            ),
            kept("ELSEWHERE#HANDOFF%23abc", json!({ "atPk": "HANDOFF#abc" })),
            kept("NOTE#1", json!({ "text": "internal" })),
            kept("NEW#1", json!({ "text": "unheard of" })),
        ]
    }

    #[test]
    fn the_owner_gets_all_of_it_without_secrets() {
        let person = "per_1".parse().unwrap();
        let line = Line::new(Actor::Owner, Act::Exported, Timestamp::UNIX_EPOCH).about(&person);
        let all = document(&person, sample(), &[line], For::Owner, Timestamp::UNIX_EPOCH);
        assert_eq!(all["contact"]["name"], "Dana");
        assert_eq!(all["contact"].get("pk"), None);
        let held = &all["interactions"][0];
        assert_eq!((&held["channel"], &held["turns"][0]["text"]), (&json!("phone"), &json!("Hello.")));
        for technical in ["due_at", "wordsRead", "cameLater"] {
            assert_eq!(held.get(technical), None, "{technical}");
        }
        assert_eq!(held["actions"][0]["output"]["taken"], true);
        assert_eq!(all["interactions"][1]["id"], "int_2");
        assert_eq!(all["notes"][0]["text"], "internal");
        assert_eq!(all["others"]["NEW"][0]["text"], "unheard of", "what is not known by name is there too");
        assert_eq!(all["handoffs"][0], json!({ "id": "hof_1", "person": "per_1" }));
        assert_eq!(all["grants"][0], json!({ "client": "host" }));
        assert_eq!(all["audit"][0]["act"], "exported");
    }

    #[test]
    fn a_person_gets_what_is_theirs() {
        let person = "per_1".parse().unwrap();
        let all = document(&person, sample(), &[], For::Person, Timestamp::UNIX_EPOCH);
        let text = all.to_string();
        for owners in ["hard to please", "Robin", "why", "mine", "internal", "taken"] {
            assert!(!text.contains(owners), "{owners}");
        }
        for theirs in ["Dana", "law", "Hello.", "a@b.example"] {
            assert!(text.contains(theirs), "{theirs}");
        }
    }

    #[test]
    fn parts_join_to_the_whole() {
        let person = "per_1".parse().unwrap();
        for whose in [For::Owner, For::Person] {
            let written = |kept, audit: &[Line]| document(&person, kept, audit, whose, Timestamp::UNIX_EPOCH);
            let audit = [Line::new(Actor::Owner, Act::Exported, Timestamp::UNIX_EPOCH).about(&person)];
            let whole = written(sample(), &audit);
            for most in [1, 90, 200, 400, 10_000] {
                let (mut parts, mut after) = (Vec::new(), None);
                loop {
                    let (kept, next) = part(sample(), after.as_deref(), most).unwrap();
                    parts.push(written(kept, if after.is_none() { &audit } else { &[] }));
                    after = next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(parts.len() == 1, most == 10_000, "{most}");
                assert_eq!(joined(parts), whole, "{most}");
            }
        }
        assert_eq!(part(sample(), Some("nowhere"), 1), None);
        assert_eq!(part(Vec::new(), None, 1), Some((Vec::new(), None)));
    }
}

//! Calls that are to be placed, in the partition of whoever is called; written under their version.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Condition, Item, Result, Store, due, expires, item, keys, set};
use crate::{
    id::{DialId, InteractionId, PersonId},
    outbound::{Dial, State},
    retention::Kind,
};

/// One that Twilio was asked for and that nobody heard of again is looked at after this.
const PLACED_WITHIN: SignedDuration = SignedDuration::from_mins(2);
/// One that rang, or was answered, is over by then.
const OVER_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// Of the list, so many.
const MAX_LISTED: i32 = 100;

/// Which call a conversation is held in.
#[derive(Serialize, Deserialize)]
struct HeldIn {
    dial: DialId,
}

/// How many calls to somebody were asked for, ever.
#[derive(Default, Serialize, Deserialize)]
struct Asked {
    version: u64,
}

impl Store {
    pub async fn dial(&self, person: &PersonId, id: &DialId) -> Result<Option<Dial>> {
        self.found(person, |partition| keys::dial(partition, id)).await
    }

    /// The call that this conversation is an attempt of.
    pub async fn dial_of(&self, person: &PersonId, interaction: &InteractionId) -> Result<Option<Dial>> {
        let held: Option<HeldIn> = self.get(keys::dialled(person, interaction)).await?;
        match held {
            Some(HeldIn { dial }) => self.dial(person, &dial).await,
            None => Ok(None),
        }
    }

    /// A person's, in the order in which they were asked for.
    pub async fn dials_of(&self, person: &PersonId) -> Result<Vec<Dial>> {
        self.across(person, keys::DIAL).await
    }

    /// The newest first.
    pub async fn dials(&self) -> Result<Vec<Dial>> {
        self.listed(keys::DIALS, MAX_LISTED, false).await
    }

    /// How many were asked for: whoever asks for another first reads this, and then looks at what there is.
    pub async fn calls_asked(&self, person: &PersonId) -> Result<u64> {
        let asked: Option<Asked> = self.get(keys::calls_asked(person)).await?;
        Ok(asked.unwrap_or_default().version)
    }

    /// Asks for a call. `Conflict`: there is one of this id, or another was asked for since then. A transaction, as below:
    /// tried again because its answer was lost, it does not take what it wrote for another's.
    pub async fn add_dial(&self, dial: &Dial, asked: u64) -> Result<()> {
        let counted = item(keys::calls_asked(&dial.person), &Asked { version: asked + 1 })?;
        let new = self.write(self.dial_item(dial)?, Some(Condition::absent()));
        self.transact(vec![new, self.write(counted, Some(Condition::version(asked)))]).await
    }

    /// Replaces the version that was read. A conflict: it has moved on.
    pub async fn save_dial(&self, dial: Dial, now: Timestamp) -> Result<Dial> {
        let read = dial.version;
        let next = Dial { version: read + 1, updated_at: now, ..dial };
        let mut writes = vec![self.write(self.dial_item(&next)?, Some(Condition::version(read)))];
        if let Some(attempt) = next.attempts.last() {
            let held = HeldIn { dial: next.id.clone() };
            let mut pointer = item(keys::dialled(&next.person, &attempt.interaction), &held)?;
            expires(&mut pointer, self.until(Kind::Conversations));
            writes.push(self.write(pointer, None));
        }
        self.transact(writes).await?;
        Ok(next)
    }

    fn dial_item(&self, dial: &Dial) -> Result<Item> {
        let mut new = item(keys::dial(&dial.person, &dial.id), dial)?;
        expires(&mut new, self.until(Kind::Conversations));
        set(&mut new, keys::LIST, keys::DIALS);
        set(&mut new, keys::LIST_AT, keys::time(dial.created_at));
        let due_at = match dial.state {
            State::Planned => Some(dial.due_at),
            State::Dialling => Some(dial.updated_at + PLACED_WITHIN),
            State::Ringing | State::Answered => Some(dial.updated_at + OVER_WITHIN),
            _ => None,
        };
        if let Some(at) = due_at {
            due(&mut new, dial.id.as_str(), at);
        }
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::{Json, http::StatusCode, routing::post};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use crate::{
        identity::Phone,
        outbound::{By, Dial, State},
        store::fixtures::answered_by,
    };

    /// DynamoDB does once what has the same token.
    #[tokio::test]
    async fn what_is_asked_again_because_an_answer_was_lost_is_the_same() {
        let tokens = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&tokens);
        let answer = move |body: String| {
            let asked: Value = serde_json::from_str(&body).unwrap();
            let mut seen = seen.lock().unwrap();
            // What is read has none.
            seen.extend(asked["ClientRequestToken"].as_str().map(ToOwned::to_owned));
            let lost = json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError" });
            std::future::ready(match seen.len() {
                1 => (StatusCode::INTERNAL_SERVER_ERROR, Json(lost)),
                _ => (StatusCode::OK, Json(json!({}))),
            })
        };
        let store = answered_by(post(answer)).await;
        let at = Timestamp::UNIX_EPOCH;
        let dial = Dial {
            id: "dia_1".parse().unwrap(),
            person: "per_1".parse().unwrap(),
            number: Phone::parse("+14155550123").unwrap(),
            purpose: "your interview".to_owned(),
            context: None,
            asked_by: By::Owner,
            state: State::Planned,
            due_at: at,
            attempts: Vec::new(),
            problem: None,
            created_at: at,
            updated_at: at,
            version: 1,
        };
        store.add_dial(&dial, 0).await.unwrap();
        let tokens = tokens.lock().unwrap();
        assert!(tokens.len() == 2 && tokens[0] == tokens[1], "{tokens:?}");
    }
}

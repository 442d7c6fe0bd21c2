//! How much is let in of what visitors write.

use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use twin::{
    error::Error,
    http::address,
    store::{Limit, Store},
    twin::Chatting,
};

const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// What one address, one browser and all together may send.
const ADDRESS: [Limit; 2] = [
    Limit { name: "chat-address-minute", most: 20, window: A_MINUTE },
    Limit { name: "chat-address-day", most: 400, window: A_DAY },
];
const SESSION: [Limit; 2] = [
    Limit { name: "chat-session-minute", most: 12, window: A_MINUTE },
    Limit { name: "chat-session-day", most: 200, window: A_DAY },
];
const ALL: Limit = Limit { name: "chat-day", most: 5000, window: A_DAY };

/// Counts a message; an error if it is one too many.
pub async fn admit(
    store: &Store,
    parts: &Parts,
    chatting: Option<&Chatting>,
    now: Timestamp,
) -> Result<(), Error> {
    let address = address(parts);
    let session = chatting.map(|chatting| chatting.chat.person.to_string());
    let mut limits: Vec<(&Limit, &str)> = ADDRESS.iter().map(|limit| (limit, address.as_str())).collect();
    limits.extend(session.iter().flat_map(|session| SESSION.iter().map(|limit| (limit, session.as_str()))));
    limits.push((&ALL, ""));
    store.admit(&limits, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_uses_up_the_day_of_all() {
        assert!(ADDRESS.iter().any(|limit| limit.window == ALL.window && limit.most * 5 <= ALL.most));
    }
}

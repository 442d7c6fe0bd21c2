//! One call of a host: who it is for, and the conversation that it belongs to.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use twin::{
    config,
    error::Error,
    handoff::{Secret, hash},
    id::{PersonId, RequestId},
    identity::Assurance,
    store::{Limit, Stands, oauth::Who},
    twin::{Acted, Chatting, Session},
};

use crate::{State, tool::Answer};

const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// Messages, notes and wishes in one conversation, and of all. Reading is limited at the gateway.
const CONVERSATION: Limit = Limit { name: "mcp-conversation-minute", most: 20, window: A_MINUTE };
/// Of one address: hosts in the cloud ask for many people, and nobody uses up the day of all.
const ADDRESS: [Limit; 2] = [
    Limit { name: "mcp-address-minute", most: 120, window: A_MINUTE },
    Limit { name: "mcp-address-day", most: 500, window: A_DAY },
];
const ALL: Limit = Limit { name: "mcp-day", most: 5000, window: A_DAY };

/// Who a host speaks for: established before the protocol begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    Nobody,
    Person(PersonId),
    Owner,
}

impl From<&Who> for Caller {
    fn from(who: &Who) -> Self {
        match who {
            Who::Owner => Self::Owner,
            Who::Person(person) => Self::Person(person.clone()),
        }
    }
}

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody",
            Self::Person(person) => person.as_str(),
            Self::Owner => "owner",
        })
    }
}

pub struct Call {
    pub state: State,
    pub caller: Caller,
    /// The host, as it calls itself.
    pub host: String,
    /// Where the request comes from.
    pub address: String,
    pub now: Timestamp,
}

/// A conversation, and the handle by which a host without a sign-in goes on with it.
pub struct Held {
    pub chatting: Chatting,
    pub handle: Option<String>,
}

impl Call {
    /// The conversation that a call goes on with, or a new one. Each counts.
    ///
    /// `once`: what an idempotency key stands for. A host whose first answer was lost has no handle to send, and finds
    /// the conversation by it.
    pub async fn hold(
        &self,
        handle: Option<&str>,
        once: Option<&Once<'_>>,
    ) -> Result<Result<Held, Answer>, Error> {
        let twin = &self.state.twin;
        let host = Some(self.host.clone());
        for limit in &ADDRESS {
            self.take(limit, &self.address).await?;
        }
        let mut held = match (&self.caller, handle) {
            (Caller::Person(person), None) => {
                let chatting = twin.chat_of(person, Assurance::SignedIn, host, self.now).await?;
                Held { chatting, handle: None }
            }
            (_, Some(secret)) => match twin.chat(secret, self.now).await? {
                Some(chatting) => Held { chatting, handle: Some(secret.to_owned()) },
                None => return Ok(Err(unknown())),
            },
            (_, None) => {
                let secret = match self.handle(once) {
                    Ok(secret) => secret,
                    Err(wrong) => return Ok(Err(wrong)),
                };
                let chatting = match twin.chat(secret.reveal(), self.now).await? {
                    Some(begun) => begun,
                    None => match twin.begin_chat_under(&secret, host, self.now).await {
                        // What the key began is over.
                        Err(Error::Conflict) => return Ok(Err(used_before())),
                        begun => begun?,
                    },
                };
                Held { chatting, handle: Some(secret.reveal().to_owned()) }
            }
        };
        held.chatting.address = Some(self.address.clone());
        let person = &held.chatting.chat.person;
        self.take(&CONVERSATION, person.as_str()).await?;
        self.take(&ALL, "").await?;
        if let Some(once) = once
            && self.stands(person, once).await? == Stands::ForSomethingElse
        {
            return Ok(Err(used_before()));
        }
        Ok(Ok(held))
    }

    /// Neither somebody who is signed in nor a conversation: nothing of theirs is here.
    pub fn is_nobodys(&self, conversation: Option<&str>) -> bool {
        conversation.is_none() && !matches!(self.caller, Caller::Person(_))
    }

    /// The handle of a conversation that begins: with a key, always the same.
    pub fn handle(&self, once: Option<&Once<'_>>) -> Result<Secret, Answer> {
        if once.is_some_and(|once| once.key.len() < UNGUESSED) {
            return Err(Answer::wrong(format!(
                "without a `conversation` an idempotency_key has at least {UNGUESSED} bytes: use a UUID"
            )));
        }
        let derived = |once: &Once<'_>| once.handle(&self.state.keys.secret, &self.address);
        Ok(once.map_or_else(Secret::generate, derived))
    }

    /// What the owner's idempotency key stands for; none without a key. The inner error refuses a key that stands for
    /// something else.
    pub async fn owners_once(
        &self,
        key: Option<&str>,
        tool: &str,
        arguments: &Value,
    ) -> Result<Result<Option<Named>, Answer>, Error> {
        let once = match Once::of(key, tool, arguments) {
            Ok(Some(once)) => once,
            Ok(None) => return Ok(Ok(None)),
            Err(wrong) => return Ok(Err(wrong)),
        };
        let owner = PersonId::derived(OWNER).map_err(|error| Error::Internal(Box::new(error)))?;
        let is_again = match self.stands(&owner, &once).await? {
            Stands::First => false,
            Stands::Again => true,
            Stands::ForSomethingElse => return Ok(Err(used_before())),
        };
        // An id takes no underscores.
        Ok(Ok(Some(Named { name: hash(&once.named()).replace('_', "-"), is_again })))
    }

    /// Whether a person's key stands for this call, as it does from its first use on.
    pub async fn stands(&self, person: &PersonId, once: &Once<'_>) -> Result<Stands, Error> {
        let arguments = once.arguments.to_string();
        Ok(self.state.twin.store().once(person, &once.named(), &arguments, self.now).await?)
    }

    pub async fn take(&self, limit: &Limit, who: &str) -> Result<(), Error> {
        self.state.twin.store().admit(&[(limit, who)], self.now).await
    }

    /// Runs a tool of the twin in a conversation: the same arguments are the same call, which does nothing twice.
    /// With a key they are so only under it.
    pub async fn act(
        &self,
        session: &Session,
        tool: &str,
        arguments: &Value,
        key: Option<&str>,
    ) -> Result<Acted, Error> {
        let arguments = arguments.to_string();
        let call = format!("{tool}-{}", hash(&format!("{}:{arguments}", key.unwrap_or_default())));
        self.state.twin.act(session, &call, tool, &arguments, self.now).await
    }

    /// The same for what is not the same when it is asked again.
    pub async fn act_anew(&self, session: &Session, tool: &str, arguments: &Value) -> Result<Acted, Error> {
        let call = format!("{tool}-{}", RequestId::generate(self.now).suffix());
        self.state.twin.act(session, &call, tool, &arguments.to_string(), self.now).await
    }
}

/// What an idempotency key of a host stands for: this call of this tool.
pub struct Once<'a> {
    pub key: &'a str,
    pub tool: &'a str,
    pub arguments: &'a Value,
}

/// A call of the owner's under a key.
pub struct Named {
    /// The same each time, as a part of an id.
    pub name: String,
    /// It was made before, and maybe done.
    pub is_again: bool,
}

/// Under which the owner's keys are kept.
const OWNER: &str = "owner";
/// Bytes of a key.
const MAX_KEY: usize = 200;
/// Bytes of one that leads to a conversation: as many as others do not come upon.
const UNGUESSED: usize = 16;

impl<'a> Once<'a> {
    /// None without a key; `Err`: it is no key.
    pub fn of(key: Option<&'a str>, tool: &'a str, arguments: &'a Value) -> Result<Option<Self>, Answer> {
        match key {
            Some(key) if key.trim().is_empty() || key.len() > MAX_KEY || key.contains('\0') => {
                Err(Answer::wrong(format!("an idempotency_key has 1 to {MAX_KEY} bytes")))
            }
            key => Ok(key.map(|key| Self { key, tool, arguments })),
        }
    }

    fn named(&self) -> String {
        format!("{}:{}", self.tool, self.key)
    }

    /// The handle of the conversation that such a call begins: nobody guesses it who does not have our secret.
    fn handle(&self, secret: &config::Secret, address: &str) -> Secret {
        let named = format!("{}:{address}:{}", self.tool, self.key);
        Secret::derived(secret.reveal().as_bytes(), &named)
    }
}

pub fn not_verified() -> Answer {
    let detail = "it is not sure who you are: sign in, have a code sent (`verify_me`), or open a link that was mailed to \
                  you";
    Answer::Refused(json!({ "error": "not_verified", "detail": detail }))
}

fn unknown() -> Answer {
    Answer::Refused(json!({
        "error": "not_found",
        "detail": "there is no such conversation any more: call without `conversation` to begin one",
    }))
}

pub fn used_before() -> Answer {
    Answer::Refused(json!({
        "error": "idempotency_key_used",
        "detail": "this idempotency_key was used for another call: use a new one",
    }))
}

/// What a host calls itself, shortened to a name.
pub fn host_name(named: Option<&str>, user_agent: Option<&str>) -> String {
    const MAX: usize = 60;
    let product = user_agent.and_then(|agent| agent.split(['/', ' ']).next());
    let name = named.or(product).unwrap_or_default();
    let plain: String = name.chars().filter(|c| !c.is_control()).take(MAX).collect();
    if plain.trim().is_empty() { "MCP host".to_owned() } else { plain.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_uses_up_the_day_of_all() {
        assert!(ADDRESS.iter().any(|limit| limit.window == ALL.window && limit.most * 5 <= ALL.most));
    }
}

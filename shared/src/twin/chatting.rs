//! Conversations in writing: begun by a first message or by a handoff, gone on with by whoever has the secret.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    Arrival, Session, Twin,
    handing::{counted, found},
};
use crate::{
    chat::{CHAT_FOR, Chat},
    contact::Contact,
    error::Error,
    handoff::{Handoff, SHOWN_FOR, Secret, hash},
    id::{HandoffId, InteractionId, PersonId},
    identity::Assurance,
    interaction::Channel,
    policy::{PROVED, Standing},
    routing::RouteKind,
    store::{Place, Store, StoreError},
};

/// A chat in which nothing was written for so long is over: the sweep closes it.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// A chat that is used lives on; that is written down once in so long.
const EXTENDED: SignedDuration = SignedDuration::from_hours(24);

/// A chat, and where it is kept.
#[derive(Debug, Clone)]
pub struct Chatting {
    pub place: Place,
    pub chat: Chat,
    /// From where it is written, as limits count it; none where that is not known.
    pub address: Option<String>,
}

impl Chatting {
    fn new(place: Place, chat: Chat) -> Self {
        Self { place, chat, address: None }
    }

    /// Who is to share the day's budget with others: the person, and the address, as a hash.
    pub(super) fn payers(&self) -> Vec<String> {
        let person = self.chat.person.to_string();
        std::iter::once(person).chain(self.address.as_deref().map(hash)).collect()
    }
}

/// The conversation that a chat is in, open.
pub struct Entered {
    pub session: Session,
    pub started_at: Timestamp,
    pub contact: Contact,
}

impl Twin {
    /// Begins a chat with somebody of whom nothing is known, under a new secret.
    pub async fn begin_chat(
        &self,
        host: Option<String>,
        now: Timestamp,
    ) -> Result<(Secret, Chatting), Error> {
        let secret = Secret::generate();
        let chatting = self.begin_chat_under(&secret, host, now).await?;
        Ok((secret, chatting))
    }

    /// Begins a chat with somebody of whom nothing is known. Of two at once under one secret, both get the first.
    /// `Conflict`: the chat under this secret is over.
    pub async fn begin_chat_under(
        &self,
        secret: &Secret,
        host: Option<String>,
        now: Timestamp,
    ) -> Result<Chatting, Error> {
        let person = PersonId::generate(now);
        self.store.create_ephemeral(person.clone(), now).await?;
        let place = Place::Secret(secret.reveal().to_owned());
        let chat = new_chat(person, Assurance::Anonymous, None, host, now);
        match self.store.begin_chat(&place, &chat).await {
            Err(StoreError::Conflict) => {
                self.wiped(&chat.person, now).await?;
                self.chat(secret.reveal(), now).await?.ok_or(Error::Conflict)
            }
            begun => Ok(begun.map(|()| Chatting::new(place, chat))?),
        }
    }

    /// What a call in text needs of a chat: it is kept nowhere.
    pub fn chatting_aloud(&self, session: &Session, now: Timestamp) -> Chatting {
        let place = Place::Secret(Secret::generate().reveal().to_owned());
        let chat = new_chat(session.person.clone(), session.level, None, None, now);
        Chatting::new(place, Chat { interaction: session.interaction.clone(), ..chat })
    }

    /// The chat of a person who is signed in. Of two who begin it at once, both get the first.
    pub async fn chat_of(
        &self,
        person: &PersonId,
        level: Assurance,
        host: Option<String>,
        now: Timestamp,
    ) -> Result<Chatting, Error> {
        let place = Place::Person(person.clone());
        if let Some(chat) = self.store.chat(&place, now).await? {
            return Ok(Chatting::new(place, Chat { level, ..chat }));
        }
        let chat = new_chat(person.clone(), level, None, host, now);
        match self.store.begin_chat_of(person, &chat, now).await {
            Err(StoreError::Conflict) => {
                let begun = self.store.chat(&place, now).await?.ok_or(Error::Conflict)?;
                Ok(Chatting::new(place, Chat { level, ..begun }))
            }
            begun => Ok(begun.map(|()| Chatting::new(place, chat))?),
        }
    }

    /// The chat under a secret, if there is one, and its person is not forgotten.
    pub async fn chat(&self, secret: &str, now: Timestamp) -> Result<Option<Chatting>, Error> {
        let place = Place::Secret(secret.to_owned());
        let Some(mut chat) = self.store.chat(&place, now).await? else { return Ok(None) };
        let known = self.store.known(&chat.person).await?;
        chat.level = self.level_now(&chat.person, &chat.interaction, chat.level).await?;
        Ok(known.map(|_| Chatting::new(place, chat)))
    }

    /// Keeps where somebody is, as their browser says. A zone that nobody knows is left out: they are answered all the
    /// same.
    pub async fn lives_in(&self, chatting: &mut Chatting, zone: &str) -> Result<(), Error> {
        let named = TimeZone::get(zone).ok().and_then(|zone| zone.iana_name().map(str::to_owned));
        if named.is_none() || named == chatting.chat.time_zone {
            return Ok(());
        }
        chatting.chat.time_zone = named.clone();
        let changed = self.store.change_chat(&chatting.place, |chat| chat.time_zone.clone_from(&named)).await;
        match changed {
            // The browser has forgotten it meanwhile.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What whoever holds a chat may see and have done.
    pub async fn standing(&self, chat: &Chat) -> Result<Standing, Error> {
        let known = self.store.known(&chat.person).await?;
        let alone = known.is_some_and(|known| known.contact.forget_at.is_some());
        Ok(Standing { alone, ..Standing::new(Channel::Chat, chat.level) })
    }

    /// A link with which a conversation goes on elsewhere, in writing or by voice, shown to whoever is in it. It may be
    /// passed on, so it is no sign-in.
    pub async fn hand_over(&self, session: &Session, to: Channel, now: Timestamp) -> Result<Secret, Error> {
        let secret = Secret::generate();
        let handoff = Handoff {
            id: HandoffId::generate(now),
            person: session.person.clone(),
            from: session.interaction.clone(),
            to,
            level: session.level.min(PROVED),
            secret_hash: secret.hash(),
            created_at: now,
            expires_at: now + SHOWN_FOR,
        };
        self.store.save_handoff(&handoff).await?;
        Ok(secret)
    }

    /// Opens the conversation that a chat is in; a new one if the last is over.
    pub async fn enter(&self, chatting: &mut Chatting, now: Timestamp) -> Result<Entered, Error> {
        let chat = &mut chatting.chat;
        let begun = self.store.interaction(&chat.person, &chat.interaction).await?;
        // A code may have come back in it.
        chat.level = begun.as_ref().map_or(chat.level, |begun| begun.level.max(chat.level));
        // From here on nobody closes it, unless it is closed already.
        let over =
            begun.is_some() && !self.store.keep_open(&chat.person, &chat.interaction, now + IDLE).await?;
        if over || chat.expires_at.duration_since(now) < CHAT_FOR - EXTENDED {
            let (before, next) = (chat.interaction.clone(), InteractionId::generate(now));
            let level = chat.level;
            let entered = |stands: &mut Chat| {
                // Another tab may have begun the next conversation already: this one goes on in it.
                if over && stands.interaction == before {
                    stands.continues = Some(std::mem::replace(&mut stands.interaction, next.clone()));
                    stands.expects = None;
                }
                stands.level = stands.level.max(level);
                stands.expires_at = now + CHAT_FOR;
            };
            *chat = Chat { level, ..self.store.change_chat(&chatting.place, entered).await? };
        }
        let chat = &chatting.chat;
        let known = self.store.known(&chat.person).await?.ok_or(Error::NotFound)?;
        let route = RouteKind::of(known.contact.relationship.kind).unwrap_or_default();
        let arrival = Arrival {
            person: chat.person.clone(),
            interaction: chat.interaction.clone(),
            channel: Channel::Chat,
            call_sid: None,
            host: chat.host.clone(),
            route,
            level: chat.level,
        };
        let mut session = Box::pin(self.open_known(&arrival, &known, now)).await?;
        session.continues = chat.before();
        let carried = self.carried_along(&chat.person, &session.continues, session.standing()).await;
        session.briefing.instructions.push_str(&carried);
        session.time_zone.clone_from(&chat.time_zone);
        let started_at = begun.filter(|_| !over).map_or(now, |begun| begun.started_at);
        Ok(Entered { session, started_at, contact: known.contact })
    }
}

/// Uses a handoff up and begins the chat that it leads to. Expired, used and unknown ones are all `NotFound`.
pub async fn begin_handed_over(
    store: &Store,
    handoff: &str,
    host: Option<String>,
    now: Timestamp,
) -> Result<(Secret, Chatting), Error> {
    let secret = Secret::generate();
    let chatting = begin_handed_over_under(store, &secret, handoff, host, now).await?;
    Ok((secret, chatting))
}

/// The same under a secret that is known before.
pub async fn begin_handed_over_under(
    store: &Store,
    secret: &Secret,
    handoff: &str,
    host: Option<String>,
    now: Timestamp,
) -> Result<Chatting, Error> {
    let begun_by = Some(hash(handoff));
    let shown = counted(store, handoff, now).await?;
    let handoff = found(store.handoff(&shown, now).await)?;
    let place = Place::Secret(secret.reveal().to_owned());
    let chat = new_chat(handoff.person, handoff.level, Some(handoff.from), host, now);
    let chat = Chat { begun_by, ..chat };
    // Whoever dies in between has neither used it up nor begun anything.
    found(store.redeem_into(&shown, &place, &chat, now).await)?;
    Ok(Chatting::new(place, chat))
}

fn new_chat(
    person: PersonId,
    level: Assurance,
    continues: Option<InteractionId>,
    host: Option<String>,
    now: Timestamp,
) -> Chat {
    let interaction = InteractionId::generate(now);
    let expires_at = now + CHAT_FOR;
    Chat {
        person,
        interaction,
        level,
        continues,
        talked: None,
        host,
        time_zone: None,
        expects: None,
        begun_by: None,
        expires_at,
        version: 0,
    }
}

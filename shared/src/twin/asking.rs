//! What a message asks where no model reads it with what was said before: several things at once, or one that says too
//! little by itself.

use std::borrow::Cow;

use jiff::Timestamp;

use super::Twin;
use crate::{
    brain::{
        PASSAGES, UserIntent,
        dialogue::{self, Manner, Wanted},
        meant, parts,
        reply::{self, MEANT, Reply, is_about},
        slots::{Slots, slots},
        spelling::spelled,
    },
    chat::Expects,
    contact::Contact,
    error::Error,
    interaction::{Channel, Intent, Speaker, Turn},
    knowledge::{employers, facts, library::Found},
    persona::Persona,
};

/// What is meant less surely is taken for a question.
const SURE: f32 = 0.5;

/// A question as it is looked up, and what supports an answer to it.
pub(super) struct Asked {
    pub question: String,
    pub found: Vec<Found>,
    /// It is understood only by what was said before.
    pub leans: bool,
}

/// One of the things that a message asks.
pub(super) struct Part<'a> {
    pub said: &'a str,
    pub read: UserIntent,
    pub found: Vec<Found>,
}

impl Twin {
    /// What was said, as it is understood. A message and a name are taken as they were written, and what is spoken has no
    /// slips of the keyboard.
    pub(super) async fn understood<'a>(
        &self,
        owner: &str,
        said: &'a str,
        expects: Option<&Expects>,
        manner: Manner,
        now: Timestamp,
    ) -> Result<Cow<'a, str>, Error> {
        if matches!(expects, Some(Expects::Message | Expects::Guest { .. })) {
            return Ok(Cow::Borrowed(said));
        }
        let spelled = match manner {
            Manner::Spoken => Cow::Borrowed(said),
            Manner::Written => {
                let library = self.library(now).await?;
                let library = library.read();
                spelled(said, library.words())
            }
        };
        Ok(match spelled {
            Cow::Borrowed(said) => Cow::Borrowed(parts::without_courtesy(owner, said)),
            Cow::Owned(said) => Cow::Owned(parts::without_courtesy(owner, &said).to_owned()),
        })
    }

    /// What supports an answer. What says too little by itself is looked up with what was asked before it;
    /// `by_model`: one judges what is found, so that anything else that is not found may be, too.
    pub(super) async fn about(
        &self,
        (said, read, owner): (&str, &UserIntent, &str),
        before: &[Turn],
        by_model: bool,
        now: Timestamp,
    ) -> Result<Asked, Error> {
        let alone = |found| Asked { question: said.to_owned(), found, leans: false };
        if !by_model && parts::is_bare(said) {
            return Ok(alone(Vec::new()));
        }
        let asked = before.iter().rev().filter(|turn| turn.speaker == Speaker::Person);
        let last = asked.clone().find(|turn| !parts::leans(&turn.text)).or(asked.clone().next());
        let Some(last) = last else {
            return self.alone(said, read, now).await;
        };
        if may_lean(read)
            && let Some(question) = self.asked_of_there(said, before, now).await?
        {
            let found = self.supported(&question, read.intent, PASSAGES, now).await?;
            return Ok(Asked { question, found, leans: true });
        }
        let stands_alone = meant::is_of_the_twin(said)
            || meant::asks_for_the_whole(owner, said)
            || meant::asks_for_the_best(owner, said);
        let leans = may_lean(read) && parts::leans(said) && !stands_alone;
        if leans && !self.asks_for_now(owner, said, now).await? {
            return self.gone_on((said, owner), last, before, now).await;
        }
        let asked = self.alone(said, read, now).await?;
        if !asked.found.is_empty() {
            return Ok(asked);
        }
        if by_model {
            return Ok(alone(self.consult(&format!("{} {said}", last.text), PASSAGES, now).await?));
        }
        // What is not known of something that was spoken of is no question by itself.
        Ok(Asked { leans: may_lean(read) && parts::points_back(said), ..asked })
    }

    /// What supports an answer to all of it, or else to the question that it ends with.
    async fn alone(&self, said: &str, read: &UserIntent, now: Timestamp) -> Result<Asked, Error> {
        let found = self.supported(said, read.intent, PASSAGES, now).await?;
        if let Some(question) = parts::asked_last(said).filter(|_| found.is_empty() && may_lean(read)) {
            let intent = self.determine_intent(question, now).await?.intent;
            let found = self.supported(question, intent, PASSAGES, now).await?;
            if !found.is_empty() {
                return Ok(Asked { question: question.to_owned(), found, leans: true });
            }
        }
        Ok(Asked { question: said.to_owned(), found, leans: false })
    }

    /// "How long was he there?" is asked of the employer who was named last, and alone.
    async fn asked_of_there(
        &self,
        said: &str,
        before: &[Turn],
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        if parts::at_a_place(said, "").is_none() {
            return Ok(None);
        }
        let library = self.library(now).await?;
        let library = library.read();
        let named = before.iter().rev().find_map(|turn| employers::named_alone(library.ledger(), &turn.text));
        Ok(named.and_then(|employer| parts::at_a_place(said, employer)))
    }

    /// "Where do you work?" asks for what is now, whatever was spoken of before; "which company?" does not.
    async fn asks_for_now(&self, owner: &str, said: &str, now: Timestamp) -> Result<bool, Error> {
        if !is_about(owner, said) {
            return Ok(false);
        }
        let library = self.library(now).await?;
        let library = library.read();
        Ok(employers::now(library.ledger(), owner, said).is_some())
    }

    /// "And before that?" is the position before the one that was spoken of; "tell me more" is what was not told yet.
    async fn gone_on(
        &self,
        (said, owner): (&str, &str),
        last: &Turn,
        before: &[Turn],
        now: Timestamp,
    ) -> Result<Asked, Error> {
        if meant::asks_what_is_included(said) {
            let card = self.store.follow_up_settings().await?.settings.rate_card;
            let included = card.included(owner, &last.text).into_iter();
            let found: Vec<Found> = included.map(Found::rates).collect();
            if !found.is_empty() {
                return Ok(Asked { question: said.to_owned(), found, leans: true });
            }
        }
        let told =
            || before.iter().filter(|turn| turn.speaker == Speaker::Twin).map(|turn| turn.text.as_str());
        let Some(earlier) = parts::goes_on(said) else {
            let question = format!("{} {said}", last.text);
            let mut found = self.consult(&question, PASSAGES, now).await?;
            if parts::wants_more(said) {
                let told: Vec<&str> = told().collect();
                for found in &mut found {
                    found.text = parts::without(&found.text, &told);
                }
                found.retain(|found| !found.text.is_empty());
            }
            return Ok(Asked { question, found, leans: true });
        };
        let mut spoken_of = told().next_back().unwrap_or_default().to_owned();
        for found in self.consult(&last.text, 1, now).await? {
            spoken_of.push_str(&format!("\n{}", found.citation.place));
        }
        let library = self.library(now).await?;
        let library = library.read();
        let ledger = library.ledger();
        let mut employers = ledger.positions().into_iter().filter_map(|fact| fact.claim.of.as_deref());
        let is_named = |employer: &&str| spoken_of.contains(employer);
        // The latest is the first.
        let employer = if earlier { employers.rfind(is_named) } else { employers.find(is_named) };
        let beside = if earlier { "before" } else { "after" };
        let question = employer.map(|employer| format!("Where did {owner} work {beside} {employer}?"));
        let found = question.as_deref().and_then(|question| facts::beside(ledger, owner, question));
        let found: Vec<Found> = found.into_iter().map(Found::of).collect();
        Ok(Asked { question: question.unwrap_or_else(|| said.to_owned()), found, leans: true })
    }

    /// Who the owner is: what they do now, since when, and what they know.
    pub(super) async fn overview(&self, owner: &str, now: Timestamp) -> Result<Vec<Found>, Error> {
        let library = self.library(now).await?;
        let library = library.read();
        let mut all = facts::sentences(library.ledger(), owner);
        let mut told = Vec::new();
        for tells in [" works as ", " years of professional experience", " knows "] {
            if let Some(at) = all.iter().position(|sentence| sentence.text.contains(tells)) {
                told.push(Found::of(all.swap_remove(at)));
            }
        }
        Ok(told)
    }

    /// The things that a message asks one after the other, each with what supports an answer; none if it is one.
    pub(super) async fn parts<'a>(&self, said: &'a str, now: Timestamp) -> Result<Vec<Part<'a>>, Error> {
        let all = parts::parts(said);
        let mut read = Vec::new();
        for said in all.iter().copied().filter(|_| all.len() > 1) {
            let mut intent = self.determine_intent(said, now).await?;
            // "And Terraform?" asks for knowledge, whatever the words remind of.
            if is_loose(intent.intent) && goes_on_asking(said) {
                (intent.intent, intent.confidence) = (Intent::Experience, MEANT);
            }
            let found = self.supported(said, intent.intent, PASSAGES, now).await?;
            read.push(Part { said, read: intent, found });
        }
        Ok(read)
    }
}

/// Whether what was meant may be understood by what was said before: "who are you?" is by itself.
fn may_lean(read: &UserIntent) -> bool {
    let asks = matches!(
        read.intent,
        Intent::Experience | Intent::TechnicalQuestion | Intent::OutOfScope | Intent::Unknown
    );
    asks || (read.confidence < SURE && is_loose(read.intent))
}

/// Whether what was meant is a question, or hardly anything: all else is clear by itself.
fn is_loose(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::Experience
            | Intent::TechnicalQuestion
            | Intent::OutOfScope
            | Intent::Unknown
            | Intent::SmallTalk
            | Intent::Networking
            | Intent::Identity
            | Intent::Goodbye
            | Intent::Spam
    )
}

fn goes_on_asking(said: &str) -> bool {
    let lower = said.trim_start().to_lowercase();
    ["and ", "what about ", "how about ", "or "].iter().any(|begin| lower.starts_with(begin))
}

impl Part<'_> {
    /// What it wants done.
    pub(super) fn wanted(&self, contact: &Contact, owner: &str, manner: Manner) -> Vec<Wanted> {
        dialogue::wanted(self.said, &self.read, None, contact, owner, manner)
    }
}

/// The answers to all of them as one; none if none of it is known.
pub(super) fn answered<'a>(
    persona: &Persona,
    parts: impl Iterator<Item = &'a Part<'a>>,
    channel: Channel,
) -> Option<Reply> {
    let answers: Vec<(&str, Reply)> = parts
        .map(|part| (part.said, reply::reply(persona, &part.found, part.said, &part.read, channel)))
        .collect();
    answers.iter().any(|(_, reply)| reply.known).then(|| parts::joined(answers))
}

/// What somebody who offers something has said of it by now, in all of a conversation.
pub(super) fn said_by_now(read: &UserIntent, before: &[Turn], contact: &Contact, owner: &str) -> UserIntent {
    let mut known = read.slots.clone();
    for turn in before.iter().filter(|turn| turn.speaker == Speaker::Person) {
        let Slots { company, role, money, email, phone, .. } = slots(&turn.text, owner);
        known.company = known.company.or(company);
        known.role = known.role.or(role);
        known.money = known.money.or(money);
        known.email = known.email.or(email);
        known.phone = known.phone.or(phone);
    }
    known.email = known.email.or_else(|| contact.contact_methods.email.clone());
    known.phone = known.phone.or_else(|| contact.contact_methods.phone.clone());
    UserIntent { slots: known, ..read.clone() }
}

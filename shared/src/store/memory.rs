//! What is remembered of a person: facts as items of their own, and the head that conversations open with. Whoever
//! writes facts writes the head, under its version: so facts are settled by one at a time.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::Timestamp;

use super::{
    Condition, Item, Known, Result, Store, applied,
    crm::change_item,
    due, expires, item,
    keys::{self, Key},
};
use crate::{
    contact::{Change, Contact},
    follow_up::{Content, FollowUp, WORDS_OVER},
    id::{FactId, InteractionId, PersonId},
    identity::Identity,
    memory::{Fact, Memory},
    proposal::Proposal,
    retention::{Kind, Retention},
};

/// As it is named in [`Fact`], in [`FollowUp`], and in the [`Analysis`](crate::interaction::Analysis) of a conversation.
const QUOTE: &str = "quote";
const ANALYSIS: &str = "analysis";
/// What was read out of what was said, with its words.
const STATED: &str = "facts";
const CONTENT: &str = "content";
/// What they asked, as a mail to them has it.
const QUESTIONS: &str = "questions";
/// What the owner was told, as it is named in [`Content`](crate::follow_up::Content).
const MESSAGE: &str = "message";
/// What the owner would do for them, and the words that it rests on.
const PROPOSAL: &str = "proposal";

impl Store {
    /// All facts of a person, with those that hold no more.
    pub async fn facts(&self, person: &PersonId) -> Result<Vec<Fact>> {
        self.facts_across(person).await
    }

    /// A fact, of whichever of their partitions it lies in.
    pub async fn fact(&self, person: &PersonId, id: &FactId) -> Result<Option<Fact>> {
        self.found(person, |partition| keys::fact(partition, id)).await
    }

    /// Stores changed facts with all that follows from them. A conflict: somebody else was first.
    pub async fn save_facts(&self, known: Known, changed: &[Fact]) -> Result<()> {
        let person = known.contact.id.clone();
        let mut writes = vec![self.next_context(known.context)?];
        writes.extend(self.next_contact(known.contact)?);
        writes.extend(self.next_memory(&person, known.memory, changed)?);
        self.transact(writes).await
    }

    /// Ties a first key to somebody of whom nothing was known, who is not forgotten from then on. A conflict: the key leads
    /// to somebody already, or somebody else was first.
    pub async fn identified(
        &self,
        identity: &Identity,
        mut known: Known,
        changes: &[Change],
        facts: &[Fact],
    ) -> Result<()> {
        let person = known.contact.id.clone();
        lasts(&mut known, None);
        let pointer = item(keys::key_of(&identity.person, &identity.key), &identity.key)?;
        let new = item(keys::identity(&identity.key), identity)?;
        let mut writes = vec![
            self.write(new, Some(Condition::absent())),
            self.write(pointer, None),
            self.next_context(known.context)?,
        ];
        writes.extend(self.next_contact(known.contact)?);
        for change in changes {
            writes.push(self.write(change_item(change)?, None));
        }
        writes.extend(self.next_memory(&person, known.memory, facts)?);
        self.transact(writes).await
    }

    /// Has somebody kept until then, or for good: the contact as it is then. A conflict: somebody else was first.
    pub async fn keep_until(
        &self,
        mut known: Known,
        until: Option<Timestamp>,
        facts: &[Fact],
    ) -> Result<Contact> {
        lasts(&mut known, until);
        let mut kept = known.contact.clone();
        kept.version += 1;
        self.save_facts(known, facts).await?;
        Ok(kept)
    }

    pub(super) fn next_memory(
        &self,
        person: &PersonId,
        mut memory: Memory,
        changed: &[Fact],
    ) -> Result<Vec<TransactWriteItem>> {
        let (read, forget_at) = (memory.version, memory.forget_at);
        memory.version += 1;
        let lasting = |mut new: Item| {
            if let Some(at) = forget_at {
                expires(&mut new, at);
            }
            new
        };
        let head = lasting(item(keys::memory(person), &memory)?);
        let mut writes = vec![self.write(head, Some(Condition::version(read)))];
        for fact in changed {
            writes.push(self.write(lasting(self.fact_item(person, fact)?), None));
        }
        Ok(writes)
    }

    /// The words that it rests on are in it as long as the transcript that they stand in.
    pub(super) fn fact_item(&self, partition: &PersonId, fact: &Fact) -> Result<Item> {
        let mut new = item(keys::fact(partition, &fact.id), fact)?;
        if fact.quote.is_some() {
            due(&mut new, fact.id.as_str(), self.retention.until(Kind::Transcripts, fact.at));
        }
        Ok(new)
    }

    /// Takes the words that a fact rests on out of the table, whatever else changes of it, if they are over by now.
    pub async fn end_quote(&self, partition: &PersonId, id: &FactId, now: Timestamp) -> Result<()> {
        self.end_words(keys::fact(partition, id), QUOTE, now).await
    }

    /// The same of what the analysis of a conversation has of its words.
    pub async fn end_stated(&self, person: &PersonId, id: &InteractionId, now: Timestamp) -> Result<()> {
        let words = format!("{ANALYSIS}.{STATED}, {ANALYSIS}.{QUOTE}");
        self.end_words(keys::interaction(person, id), &words, now).await
    }

    /// The same of a follow-up that came to its end. What the owner was told of it is what was said, too, and so is what a
    /// proposal rests on. A conflict: it goes out after all, and has its words again.
    pub async fn end_said(&self, over: &FollowUp) -> Result<()> {
        let words = format!("{QUOTE}, {CONTENT}.{QUOTE}, {CONTENT}.{QUESTIONS}");
        let replaced = match &over.content {
            Content::OwnerNotification { .. } => Some((MESSAGE, AttributeValue::S(WORDS_OVER.to_owned()))),
            Content::Proposal { proposal, .. } => {
                let wordless = proposal.as_ref().clone().without_words(WORDS_OVER);
                Some((PROPOSAL, serde_dynamo::to_attribute_value(wordless)?))
            }
            _ => None,
        };
        let set = replaced.as_ref().map(|(name, _)| format!("SET {CONTENT}.{name} = :over "));
        let (shard, at) = (keys::DUE_SHARD, keys::DUE_AT);
        let mut update = self
            .update(keys::follow_up(&over.person, &over.id))
            .update_expression(format!("{}REMOVE {words}, {shard}, {at}", set.unwrap_or_default()))
            .condition_expression("#state = :state")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", serde_dynamo::to_attribute_value(over.state)?);
        if let Some((_, value)) = replaced {
            update = update.expression_attribute_values(":over", value);
        }
        // It is gone, or goes out.
        applied(update).await?;
        Ok(())
    }

    /// Whoever wrote it anew meanwhile set another time: those words stay until then, and what is due by then is done.
    async fn end_words(&self, key: Key, words: &str, now: Timestamp) -> Result<()> {
        let update = self
            .update(key)
            .update_expression(format!("REMOVE {words}, {}, {}", keys::DUE_SHARD, keys::DUE_AT))
            .condition_expression(format!("{} <= :now", keys::DUE_AT))
            .expression_attribute_values(":now", AttributeValue::S(keys::time(now)));
        // It is gone, or another by now.
        applied(update).await?;
        Ok(())
    }
}

/// Leaves the words that were said out of a fact, of the analysis of a conversation, and of what follows from it, once the
/// transcript that they stand in is over.
pub(super) fn unquote(found: &mut Item, retention: &Retention, now: Timestamp) {
    let text = |name: &str| found.get(name).and_then(|part| part.as_s().ok());
    let Some(sk) = text(keys::SK) else { return };
    let kinds: [(&str, &str, &str, &[&str]); 3] = [
        (keys::FACTS, "at", "", &[]),
        (keys::INTERACTIONS, "startedAt", ANALYSIS, &[STATED, QUOTE]),
        (keys::FOLLOW_UPS, "plannedAt", CONTENT, &[QUOTE, QUESTIONS]),
    ];
    let Some((_, since, within, words)) = kinds.into_iter().find(|(kind, ..)| sk.starts_with(kind)) else {
        return;
    };
    let at = text(since).and_then(|at| at.parse::<Timestamp>().ok());
    if at.is_some_and(|at| retention.until(Kind::Transcripts, at) > now) {
        return;
    }
    found.remove(QUOTE);
    let Some(AttributeValue::M(within)) = found.get_mut(within) else { return };
    within.retain(|name, _| !words.contains(&name.as_str()));
    if let Some(message) = within.get_mut(MESSAGE) {
        *message = AttributeValue::S(WORDS_OVER.to_owned());
    }
    if let Some(proposal) = within.remove(PROPOSAL) {
        within.extend(without_words(proposal).map(|proposal| (PROPOSAL.to_owned(), proposal)));
    }
}

/// None of what is no proposal: nobody could read it.
fn without_words(proposal: AttributeValue) -> Option<AttributeValue> {
    let proposal: Proposal = serde_dynamo::from_attribute_value(proposal).ok()?;
    serde_dynamo::to_attribute_value(proposal.without_words(WORDS_OVER)).ok()
}

fn lasts(known: &mut Known, until: Option<Timestamp>) {
    known.contact.forget_at = until;
    known.context.forget_at = until;
    known.memory.forget_at = until;
}

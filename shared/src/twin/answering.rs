//! The mission's Conversation Flow Manager: what somebody wants, what to answer, what follows.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Twin,
    spending::{ANALYSIS, ANSWER, VECTOR},
};
use crate::{
    brain::{
        Engine, Held, PASSAGES, Question, UserIntent,
        dialogue::Manner,
        meant::{asks_for_notice, asks_for_the_best, asks_for_the_whole, wants_a_quote},
        reply::{Reply, is_for_the_owner, names_amount, sentence_about},
        slots::dialled_in,
    },
    error::Error,
    follow_up::{self, FollowUp},
    id::{InteractionId, PersonId},
    identity::{Assurance, Phone, Region},
    interaction::{Analysis, Channel, Intent},
    knowledge::{
        deeds,
        document::Predicate,
        library::{Filter, Found},
    },
    persona::Core,
    routing::RouteKind,
};

/// What is looked up for whoever asks whether the owner takes on work.
const OF_AVAILABILITY: [&str; 3] = [
    "Is open to new roles, and which?",
    "Is available for new projects or consulting, and when?",
    "Works remotely?",
];

/// An answer, and what it answers to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    pub intent: UserIntent,
    #[serde(flatten)]
    pub reply: Reply,
    pub engine: Engine,
}

/// The mission's `FollowUpPlan`: what the brain makes of a conversation, and what follows from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FollowUpPlan {
    pub analysis: Analysis,
    pub follow_ups: Vec<FollowUp>,
}

impl Twin {
    /// What somebody wants. A number that they give without its country is one of the owner's.
    pub async fn determine_intent(&self, said: &str, now: Timestamp) -> Result<UserIntent, Error> {
        let introduced = self.introduced().await?;
        let owner = introduced.as_ref().map_or("", |saved| &saved.persona.core.name);
        let mut read = self.brain.determine_intent(said, owner);
        if read.slots.phone.is_none()
            && let Some(home) = self.home(now).await?
        {
            read.slots.phone = dialled_in(said, home);
        }
        Ok(read)
    }

    /// The country of the owner's own number, if it is known.
    async fn home(&self, now: Timestamp) -> Result<Option<Region>, Error> {
        let library = self.library(now).await?;
        let library = library.read();
        let numbers = library.ledger().all(Predicate::Phone);
        let mut known = numbers.filter_map(|fact| Phone::normalise(&fact.claim.value, Phone::HOME).ok());
        Ok(known.find_map(|phone| phone.region()))
    }

    /// Whether a question that was not answered is for the owner to answer.
    pub(super) async fn is_for_the_owner(&self, question: &str) -> Result<bool, Error> {
        let introduced = self.introduced().await?;
        let owner = introduced.as_ref().map_or("", |saved| &saved.persona.core.name);
        Ok(is_for_the_owner(owner, question, self.brain.determine_intent(question, owner).intent))
    }

    /// Answers on a channel from what the twin knows. A question that nothing supports an answer to becomes a gap.
    pub async fn generate_response(
        &self,
        said: &str,
        channel: Channel,
        now: Timestamp,
    ) -> Result<Response, Error> {
        let persona = self.persona().await?;
        let persona = &persona.persona;
        let understood = self.understood(&persona.core.name, said, None, Manner::of(channel), now).await?;
        let said = understood.as_ref();
        let intent = self.determine_intent(said, now).await?;
        let found = self.supported(said, intent.intent, PASSAGES, now).await?;
        let route = RouteKind::Unknown.route();
        let briefing = persona.brief(channel, &route, None, Assurance::Anonymous, now);
        let question = Question {
            persona,
            instructions: &briefing.instructions,
            said,
            read: &intent,
            channel,
            found: &found,
        };
        let paid = self.paid(&[], ANSWER, now).await?;
        let answered = paid.brain.answer(&question).await;
        self.came_to(&paid, answered.micro_dollars, now).await;
        let (reply, engine) = answered.value;
        if !reply.known
            && is_for_the_owner(&persona.core.name, said, intent.intent)
            && let Err(error) = self.not_known(said, now).await
        {
            tracing::warn!(%error, "a question without an answer was not noted");
        }
        Ok(Response { intent, reply, engine })
    }

    /// What supports an answer, at most `limit` passages, also where no words lead to it: what the owner has said of being
    /// available, what they charge, what they have done best, and what they are expert in.
    pub async fn supported(
        &self,
        said: &str,
        intent: Intent,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Found>, Error> {
        let introduced = self.introduced().await?;
        let core = introduced.as_ref().map(|saved| &saved.persona.core);
        let owner = core.map_or("", |core| &core.name);
        let of_all = match core {
            _ if asks_for_the_whole(owner, said) => self.overview(owner, now).await?,
            Some(core) if asks_for_the_best(owner, said) => self.best_of(core, limit, now).await?,
            _ => Vec::new(),
        };
        if !of_all.is_empty() {
            return Ok(of_all);
        }
        let found = self.consult(said, limit, now).await?;
        match intent {
            // Who asks for a notice period is not told something else of being available.
            Intent::Availability if found.is_empty() && !asks_for_notice(said) => {
                self.availability(now).await
            }
            _ if (intent == Intent::Pricing || wants_a_quote(said))
                && !found.iter().any(|found| names_amount(&found.text)) =>
            {
                let card = self.store.follow_up_settings().await?.settings.rate_card;
                let rates: Vec<Found> = card.told(owner, said).into_iter().map(Found::rates).collect();
                Ok(if rates.is_empty() { found } else { rates })
            }
            _ if found.is_empty() => Ok(core.and_then(|core| of_expertise(core, said)).into_iter().collect()),
            _ => Ok(found),
        }
    }

    /// What the owner has said of being available for work, a sentence each.
    pub async fn availability(&self, now: Timestamp) -> Result<Vec<Found>, Error> {
        let mut told = Vec::new();
        for question in OF_AVAILABILITY {
            add_told(&mut told, self.consult(question, 1, now).await?, question);
        }
        Ok(told)
    }

    /// What they have done best, a sentence each. It is looked up by its own words, so it costs nothing.
    async fn best_of(&self, core: &Core, limit: usize, now: Timestamp) -> Result<Vec<Found>, Error> {
        let library = self.library(now).await?;
        let library = library.read();
        let mut told = Vec::new();
        for achievement in core.key_achievements.iter().take(limit) {
            let asked = library.without_the_owner(achievement);
            add_told(&mut told, library.consult(&asked, None, 1), achievement);
        }
        Ok(told)
    }

    /// Whether words lead to something that the owner has said of it. Each page asks: so it costs nothing.
    pub async fn tells_availability(&self, now: Timestamp) -> Result<bool, Error> {
        let library = self.library(now).await?;
        let library = library.read();
        let tells = |question: &str| {
            let found = library.consult(question, None, 1);
            found.iter().any(|found| told_in(found, question).is_some())
        };
        Ok(OF_AVAILABILITY.into_iter().any(tells))
    }

    /// What supports an answer by its words, at most `limit` passages.
    pub async fn consult(&self, said: &str, limit: usize, now: Timestamp) -> Result<Vec<Found>, Error> {
        let library = self.library(now).await?;
        let asked = library.read().without_the_owner(said);
        // Who asks for nothing but the owner means them.
        let asked = if asked.is_empty() { said } else { asked.as_str() };
        let vector = self.paid(&[], VECTOR, now).await?.brain.vector(asked).await;
        let found = library.read().consult(said, vector.as_ref(), limit);
        Ok(found)
    }

    /// The best passages for what is looked for, whether they answer or not.
    pub async fn search(
        &self,
        wanted: &str,
        limit: usize,
        filter: &Filter,
        now: Timestamp,
    ) -> Result<Vec<Found>, Error> {
        let library = self.library(now).await?;
        let vector = self.paid(&[], VECTOR, now).await?.brain.vector(wanted).await;
        let found = library.read().search(wanted, vector.as_ref(), limit, filter);
        Ok(found)
    }

    /// What would follow from a conversation as it stands; nothing is stored or sent.
    pub async fn plan_follow_up(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        now: Timestamp,
    ) -> Result<FollowUpPlan, Error> {
        let persona = self.persona().await?;
        let conversation = self.store.conversation(person, interaction).await?.ok_or(Error::NotFound)?;
        let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
        let (turns, actions) = (&conversation.turns, &conversation.actions);
        let held = Held { interaction: &conversation.interaction, contact: &known.contact, turns, actions };
        // The owner looks at it.
        let analysis = self.analysed(&held, &[], now).await?;
        let mut settings = self.store.follow_up_settings().await?.settings;
        self.link_resume(&mut settings.links, now).await?;
        let drafted = self.drafted((&held, &analysis), &[], &persona.persona, &settings, now).await?;
        let basis = follow_up::Basis {
            persona: &persona.persona,
            settings: &settings,
            contact: &known.contact,
            interaction: &conversation.interaction,
            actions,
            analysis: &analysis,
            slots: &[],
            proposal: drafted.as_ref(),
            unerased: None,
            by_owner: false,
        };
        let follow_ups = follow_up::plan(&basis, now).follow_ups;
        Ok(FollowUpPlan { analysis, follow_ups })
    }

    pub(super) async fn analysed(
        &self,
        held: &Held<'_>,
        payers: &[String],
        now: Timestamp,
    ) -> Result<Analysis, Error> {
        let paid = self.paid(payers, ANALYSIS, now).await?;
        let analysed = paid.brain.analyse(held).await;
        self.came_to(&paid, analysed.micro_dollars, now).await;
        Ok(analysed.value)
    }
}

/// Adds the sentence that tells most of what is asked, unless it was told.
fn add_told(told: &mut Vec<Found>, found: Vec<Found>, question: &str) {
    for found in found {
        let Some(sentence) = told_in(&found, question).map(str::to_owned) else { continue };
        if !told.iter().any(|known| known.text == sentence) {
            told.push(Found { text: sentence, ..found });
        }
    }
}

/// The sentence in which the owner tells of what is asked; code tells nothing.
fn told_in<'a>(found: &'a Found, question: &str) -> Option<&'a str> {
    sentence_about(&found.text, question).filter(|_| found.citation.language().is_none())
}

/// What the owner says that they are expert in, if that is what is asked for, all of it.
fn of_expertise(core: &Core, said: &str) -> Option<Found> {
    if deeds::object(&core.name, said).is_empty() {
        return None;
    }
    let about = deeds::about(&core.name, said);
    let names = |text: &str| deeds::holds(text, &about);
    if names(&core.title) {
        return Some(Found::profile(&core.name, format!("{}: {}.", core.name, core.title)));
    }
    let expert = core.expertise.iter().find(|expertise| names(expertise))?;
    Some(Found::profile(&core.name, format!("{} is expert in {expert}.", core.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_owner_is_expert_in_is_told_where_nothing_else_is() {
        let core = Core {
            name: "Alex Sample".to_owned(),
            title: "Staff engineer for payments and distributed systems".to_owned(),
            expertise: vec!["Rust".to_owned(), "storage engines".to_owned()],
            years_experience: 11,
            key_achievements: Vec::new(),
        };
        let rows = [
            (
                "What has Alex done with distributed systems?",
                Some("Alex Sample: Staff engineer for payments and distributed systems."),
            ),
            (
                "What experience do you have with storage engines?",
                Some("Alex Sample is expert in storage engines."),
            ),
            ("What has Alex done with operating systems?", None),
            ("What has Alex done with COBOL in payments?", None),
            ("Does Alex like Rust?", None),
            ("What has Alex done?", None),
        ];
        for (said, expected) in rows {
            let found = of_expertise(&core, said).map(|found| found.text);
            assert_eq!(found.as_deref(), expected, "{said}");
        }
    }
}

//! What models cost: taken from the day's budget before they are asked, corrected by what it came to.

use jiff::{SignedDuration, Timestamp};

use super::{Chatting, Twin};
use crate::{
    brain::Brain,
    error::Error,
    interaction::{Channel, Interaction, price::VOICE_A_MINUTE},
    store::{BEGUN, Limit, MODEL_SPEND},
    talk::cost,
};

/// What the models of a day may cost, and did.
pub(super) fn model_spend(most: u64) -> Limit {
    Limit { name: MODEL_SPEND, most, window: SignedDuration::from_hours(24) }
}

/// The same, to be read: its limit does not matter.
pub(super) fn spent_of() -> Limit {
    model_spend(u64::MAX)
}

/// Of what the models of a day may cost, whoever writes, and each address, may use one part in so many.
const SHARES: u64 = 5;

/// What one who writes may use of a day's `budget`.
fn share(budget: u64) -> Limit {
    Limit { name: "model-spend-share", most: budget / SHARES, window: SignedDuration::from_hours(24) }
}

/// From where a conversation was begun, until it has been read.
const BEGUN_AT: Limit = Limit { name: BEGUN, most: 0, window: SignedDuration::from_hours(24) };

/// What one answer is taken to cost until it is known, and if it never is; in micro-dollars, as all of these.
pub(super) const ANSWER: u64 = 4_000;
/// The same of reading a whole conversation.
pub(super) const ANALYSIS: u64 = 20_000;
/// The same of the words of a proposal.
pub(super) const PROPOSAL: u64 = 20_000;
/// The same of the vectors of a document.
pub(super) const VECTORS: u64 = 2_000;
/// More than the vector of a question costs: it is not worth correcting.
pub(super) const VECTOR: u64 = 20;

/// The same of a call, by voice: two minutes.
pub const CALL: u64 = 2 * MINUTE;
/// One of them.
pub const MINUTE: u64 = VOICE_A_MINUTE;

/// What the models of today cost so far, and may cost; micro-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelSpend {
    pub taken: u64,
    /// `None`: no model is asked.
    pub most: Option<u64>,
}

/// A brain, and what was taken for what it is asked next.
pub(super) struct Paid<'a> {
    pub brain: Brain,
    payers: &'a [String],
    taken: u64,
}

impl Twin {
    /// What was spent on models today, and what may be.
    pub async fn model_spend(&self, now: Timestamp) -> Result<ModelSpend, Error> {
        let taken = self.store.taken(&model_spend(0), "", now).await?;
        let most = match &self.brain {
            Brain::OpenAi(text) => Some(text.daily_budget()),
            Brain::Offline => None,
        };
        Ok(ModelSpend { taken, most })
    }

    /// The brain, with `amount` taken for it from the shares of `payers` and from the day's budget; without a model once
    /// one of them is spent.
    pub(super) async fn paid<'a>(
        &self,
        payers: &'a [String],
        amount: u64,
        now: Timestamp,
    ) -> Result<Paid<'a>, Error> {
        let is_paid = self.reserve_for(payers, amount, now).await?;
        let (brain, taken) = if is_paid { (self.brain.clone(), amount) } else { (Brain::Offline, 0) };
        Ok(Paid { brain, payers, taken })
    }

    /// What was paid for came to this. What nobody knows stays as it was taken.
    pub(super) async fn came_to(&self, paid: &Paid<'_>, micro_dollars: Option<u64>, now: Timestamp) {
        let Brain::OpenAi(text) = &paid.brain else { return };
        let Some(spent) = micro_dollars.and_then(|spent| i64::try_from(spent).ok()) else { return };
        let more = spent.saturating_sub_unsigned(paid.taken);
        let (all, each) = (model_spend(text.daily_budget()), share(text.daily_budget()));
        let limits =
            std::iter::once((&all, "")).chain(paid.payers.iter().map(|payer| (&each, payer.as_str())));
        for (limit, who) in limits {
            if let Err(error) = self.store.correct(limit, who, more, now).await {
                tracing::warn!(%error, spent, "what a model cost was not counted");
            }
        }
    }

    /// Notes from where a conversation was begun: what is read of it when it is over is paid from there, too.
    pub(super) async fn pays_for(&self, chatting: &Chatting, began: Timestamp) -> Result<(), Error> {
        if let (Brain::OpenAi(_), Some(address)) = (&self.brain, &chatting.address) {
            self.store.is_first(&BEGUN_AT, chatting.chat.interaction.as_str(), address, began).await?;
        }
        Ok(())
    }

    /// Who pays for what a model reads of a conversation that is over.
    pub(super) async fn payers_of(&self, held: &Interaction) -> Result<Vec<String>, Error> {
        let mut payers = vec![held.person.to_string()];
        if matches!(self.brain, Brain::OpenAi(_)) && held.channel == Channel::Chat {
            payers.extend(self.store.whose(&BEGUN_AT, held.id.as_str(), held.started_at).await?);
        }
        Ok(payers)
    }

    /// Takes what a request may cost from their shares and the day's budget; from none of them if one has not enough left.
    async fn reserve_for(&self, payers: &[String], amount: u64, now: Timestamp) -> Result<bool, Error> {
        let Brain::OpenAi(text) = &self.brain else { return Ok(false) };
        let share = share(text.daily_budget());
        for (at, payer) in payers.iter().enumerate() {
            if let Err(until) = self.store.take(&share, payer, amount, now).await? {
                tracing::info!(%until, "one who writes has used their share of the day's budget for models");
                self.give_shares_back(&share, &payers[..at], amount, now).await?;
                return Ok(false);
            }
        }
        let is_taken = self.reserve(amount, now).await?;
        if !is_taken {
            self.give_shares_back(&share, payers, amount, now).await?;
        }
        Ok(is_taken)
    }

    /// Nothing was asked of a model for them.
    async fn give_shares_back(
        &self,
        share: &Limit,
        payers: &[String],
        amount: u64,
        now: Timestamp,
    ) -> Result<(), Error> {
        let back = 0_i64.saturating_sub_unsigned(amount);
        for payer in payers {
            self.store.correct(share, payer, back, now).await?;
        }
        Ok(())
    }

    /// Takes what a call may cost from the day's budget, which is `most`. `TooMany`: it is spent.
    pub async fn reserve_call(&self, most: u64, now: Timestamp) -> Result<(), Error> {
        let taken = self.store.take(&model_spend(most), "", CALL, now).await?;
        taken.map_err(|until| {
            tracing::warn!(alarm = "budget", %until, "the day's budget does not allow another call");
            Error::TooMany { until }
        })
    }

    /// A call goes on for another minute: whoever calls meanwhile finds the less left. It is not cut off for that; how
    /// long a call may be has a limit of its own. `false`: the minute is not taken, and is counted at the end.
    pub async fn call_goes_on(&self, began: Timestamp) -> bool {
        let more = i64::try_from(MINUTE).unwrap_or(i64::MAX);
        let taken = self.store.correct(&model_spend(0), "", more, began).await;
        if let Err(error) = &taken {
            tracing::warn!(%error, "a further minute of a call is counted at its end");
        }
        taken.is_ok()
    }

    /// A call is over: what it cost is known, and so is what was `taken` for it.
    pub async fn call_lasted(&self, lasted: SignedDuration, taken: u64, began: Timestamp) {
        let cost = i64::try_from(cost(lasted)).unwrap_or(i64::MAX);
        let more = cost.saturating_sub_unsigned(taken);
        // The limit's own height plays no part in a correction.
        if let Err(error) = self.store.correct(&model_spend(0), "", more, began).await {
            tracing::warn!(%error, "what a call cost was not counted");
        }
    }

    /// Takes what a request may cost. `false`: the day's budget is spent.
    pub(super) async fn reserve(&self, amount: u64, now: Timestamp) -> Result<bool, Error> {
        let Brain::OpenAi(text) = &self.brain else { return Ok(false) };
        let taken = self.store.take(&model_spend(text.daily_budget()), "", amount, now).await?;
        if let Err(until) = taken {
            tracing::warn!(alarm = "budget", %until, "the day's budget for models is spent");
        }
        Ok(taken.is_ok())
    }
}

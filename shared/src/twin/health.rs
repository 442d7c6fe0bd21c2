//! What went wrong of late, and what today came to beside what it may.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Twin, placing::calls_of_all, scheduling::OF_ALL, spending::ModelSpend, suppressing::follow_ups_of_all,
};
use crate::{
    analytics::on,
    error::Error,
    follow_up::{FollowUp, State},
    interaction::Simulated,
    store::LocalDay,
};

/// Of what went wrong, the latest.
const MOST: usize = 20;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// The latest first; of follow-ups, those of today and yesterday, and all that were given up.
    pub errors: Vec<Fault>,
    pub spent: Vec<Spent>,
    /// Since when the owner has everything stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub stopped_at: Option<Timestamp>,
    pub simulated: Simulated,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Fault {
    pub at: Timestamp,
    pub part: Part,
    /// What it was.
    pub what: String,
    pub why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    FollowUp,
    Calendar,
}

/// What today came to: by the owner's clock what goes out and whom the twin calls, in UTC what is counted against abuse.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Spent {
    pub of: Budget,
    pub taken: u64,
    /// Absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub most: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// Micro-dollars.
    Models,
    /// That go out without the owner's word.
    FollowUps,
    /// That the twin places.
    Calls,
    /// That are asked for.
    Bookings,
}

impl Twin {
    /// What works, what does not, and what is left of the day's budgets.
    pub async fn health(&self, now: Timestamp) -> Result<Health, Error> {
        let settings = self.store.follow_up_settings().await?.settings;
        let ModelSpend { taken, most } = self.model_spend(now).await?;
        let calls = calls_of_all(&self.phone_settings().await?.outbound);
        let follow_ups = follow_ups_of_all(&settings.caps);
        let day = LocalDay::of(now, &settings.zone());
        let (called, sent, booked) = tokio::try_join!(
            self.store.taken(&calls, "owner", day),
            self.store.taken(&follow_ups, "", day),
            self.store.taken(&OF_ALL, "", now),
        )?;
        let spent = [
            (Budget::Models, taken, most),
            (Budget::FollowUps, sent, Some(follow_ups.most)),
            (Budget::Calls, called, Some(calls.most)),
            (Budget::Bookings, booked, Some(OF_ALL.most)),
        ];
        Ok(Health {
            errors: self.faults(now).await?,
            spent: spent.map(|(of, taken, most)| Spent { of, taken, most }).to_vec(),
            stopped_at: settings.stopped.map(|stopped| stopped.since),
            simulated: self.simulated,
        })
    }

    async fn faults(&self, now: Timestamp) -> Result<Vec<Fault>, Error> {
        let today = on(now);
        let yesterday = today.yesterday().unwrap_or(Date::MIN);
        let (dead, outside, settled, before) = tokio::try_join!(
            self.store.dead(),
            self.store.outside(),
            self.store.settled_on(today),
            self.store.settled_on(yesterday),
        )?;
        let mut failed: Vec<FollowUp> = settled.into_iter().chain(before).chain(dead).collect();
        failed.retain(|one| is_wrong(one.state));
        failed.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
        failed.dedup_by(|one, other| one.id == other.id);
        let mut faults: Vec<Fault> = failed.into_iter().map(Fault::of).collect();
        faults.extend(outside.into_iter().filter_map(|calendar| {
            let why = calendar.read.problem?;
            Some(Fault { at: calendar.read.tried_at, part: Part::Calendar, what: calendar.name, why })
        }));
        faults.sort_by_key(|fault| std::cmp::Reverse(fault.at));
        faults.truncate(MOST);
        Ok(faults)
    }
}

impl Fault {
    fn of(one: FollowUp) -> Self {
        let why = one.problem.unwrap_or_else(|| one.state.words().to_owned());
        let what = super::digesting::words(one.content.kind()).to_owned();
        Self { at: one.updated_at, part: Part::FollowUp, what, why }
    }
}

fn is_wrong(state: State) -> bool {
    matches!(state, State::Failed | State::Unknown | State::Bounced | State::Complained | State::Dead)
}

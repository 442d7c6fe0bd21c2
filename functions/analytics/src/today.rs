//! What needs the owner, and what goes on.

use axum::{Json, extract::State as Extract};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use twin::{
    analytics::{Mark, on},
    error::Error,
    http::Owner,
    interaction::{Interaction, Status},
    twin::ModelSpend,
};

use crate::{
    State,
    behind::{Shown, shown},
};

/// Of each list, so many are named; the numbers count all.
const NAMED: usize = 20;
/// The newest conversations that are looked at, of today and yesterday: this is asked for every few seconds.
const LOOKED_AT: usize = 200;
/// Open tasks that are looked at, those due first.
const MAX_TASKS: i32 = 200;
/// What is missed stays here so long.
const MISSED_FOR: SignedDuration = SignedDuration::from_hours(24);

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Today {
    awaiting_approval: usize,
    /// Two records that may be one person, and two that would be but have different accounts.
    proposals: usize,
    conflicts: usize,
    open_gaps: usize,
    /// Tasks that are due.
    tasks_due: usize,
    /// People who were close and have not been in touch for 90 days.
    dormant: usize,
    /// Of the newest conversations of the last day, 200 at most, the calls that were missed, whether they left a message
    /// or not.
    missed: Vec<Shown>,
    /// Conversations that go on; what a host asked is answered at once, and is not among them.
    live: Vec<Shown>,
    /// The latest that are over.
    latest: Vec<Shown>,
    model_spend: Spend,
}

/// Micro-dollars of today (UTC).
#[derive(Serialize, JsonSchema)]
pub struct Spend {
    taken: u64,
    /// Absent: no model is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    most: Option<u64>,
    /// The model is only played: nothing is paid.
    simulated: bool,
}

fn is_live(held: &Interaction) -> bool {
    held.status == Status::Open && held.host.is_none()
}

pub async fn read(_: Owner, Extract(state): Extract<State>) -> Result<Json<Today>, Error> {
    let now = Timestamp::now();
    let store = state.twin.store();
    let today = on(now);
    let yesterday = today.yesterday().unwrap_or(today);
    let newest = async {
        let most = i32::try_from(LOOKED_AT).unwrap_or(i32::MAX);
        let mut held = store.newest_of(today, most).await?;
        if held.len() < LOOKED_AT {
            held.extend(store.newest_of(yesterday, most).await?);
        }
        held.truncate(LOOKED_AT);
        Ok(held)
    };
    let waiting = async {
        tokio::try_join!(
            store.awaiting(),
            store.open_proposals(false),
            store.open_proposals(true),
            store.gaps(),
            store.open_tasks(MAX_TASKS),
            newest,
        )
        .map_err(Error::from)
    };
    let ((awaiting, proposals, conflicts, gaps, tasks, held), dormant, ModelSpend { taken, most }) =
        tokio::try_join!(waiting, state.twin.dormant(now), state.twin.model_spend(now))?;
    let some = |is: &dyn Fn(&Interaction) -> bool| {
        let found: Vec<Interaction> = held.iter().filter(|held| is(held)).take(NAMED).cloned().collect();
        shown(store, found)
    };
    let (live, missed, latest) = tokio::try_join!(
        some(&is_live),
        some(&|held| Mark::Missed.holds(held) && now.duration_since(held.started_at) < MISSED_FOR),
        some(&|held| !is_live(held)),
    )?;
    Ok(Json(Today {
        awaiting_approval: awaiting.len(),
        proposals: proposals.len(),
        conflicts: conflicts.len(),
        open_gaps: gaps.iter().filter(|gap| gap.answer.is_none()).count(),
        tasks_due: tasks.iter().filter(|task| task.due_at.is_some_and(|due| due <= now)).count(),
        dormant,
        missed,
        live,
        latest,
        model_spend: Spend { taken, most, simulated: state.twin.simulated().model },
    }))
}

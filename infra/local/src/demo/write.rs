//! The history, put into a table that knows nobody but the sample professional.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;
use twin::{
    analytics::on,
    error::Error,
    interaction::Action,
    store::{Beside, CALL_KEPT_FOR, Call, Store, StoreError},
    twin::Twin,
};

use super::{History, Link};

/// Writes that are under way at once.
const TOGETHER: usize = 16;
/// The version that a new person is written with.
const AS_CREATED: u64 = 1;

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("this twin is somebody's: demo data goes only where there is the sample professional")]
    Somebodys,
    #[error("people are known here already: choose an empty directory with --data")]
    Known,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Twin(#[from] Error),
}

/// Writes it all, and counts its days. `wrote` is told of each conversation.
pub async fn write(
    twin: &Twin,
    history: &History,
    days: i64,
    now: Timestamp,
    wrote: impl Fn(),
) -> Result<(), DemoError> {
    let store = twin.store();
    if store.persona().await?.is_some_and(|saved| !saved.persona.sample) {
        return Err(DemoError::Somebodys);
    }
    if !store.people(now).await?.is_empty() {
        return Err(DemoError::Known);
    }
    all(&history.people, |known| async move {
        let mut known = known.clone();
        store.create_contact(&known.contact, &Beside::default(), known.contact.created_at).await?;
        (known.contact.version, known.context.version) = (AS_CREATED, AS_CREATED);
        store.save_facts(known, &[]).await
    })
    .await?;
    all(&history.interactions, |held| {
        wrote();
        store.open_interaction(held)
    })
    .await?;
    for (number, turns) in &history.said {
        let held = &history.interactions[*number];
        all(turns, |turn| store.add_turn(&held.person, &held.id, turn)).await?;
    }
    let screened: Vec<&Call> =
        history.screened.iter().filter(|call| now.duration_since(call.at) < CALL_KEPT_FOR).collect();
    all(&screened, |call| refused(store, call)).await?;
    all(&history.recovered, |one| store.recover(one)).await?;
    all(&history.opportunities, |one| async move { store.save_opportunity(&mut one.clone()).await }).await?;
    all(&history.follow_ups, |one| store.add_follow_up(one)).await?;
    all(&history.gaps, |gap| store.save_gap(gap, 0)).await?;
    all(&history.links, |Link { secret, handoff, taken_up }| async move {
        store.save_handoff(handoff).await?;
        match taken_up {
            Some((at, by)) => store.redeem_handoff(secret, ("demo", by), *at).await.map(drop),
            None => Ok(()),
        }
    })
    .await?;
    let first = on(now).checked_sub((days - 1).days()).unwrap_or(on(now));
    twin.rebuild(first.max(store.kept_from(now)), now).await?;
    Ok(())
}

/// The row of a call that was not answered, and what spoke against it.
async fn refused(store: &Store, call: &Call) -> Result<(), StoreError> {
    store.take_call(call.clone()).await?;
    let action = Some(Action::CallScreened { screening: call.screening.clone() });
    store.act(&call.person, &call.interaction, "screening", action, &json!({}), None, &[], call.at).await
}

async fn all<'a, T, F>(values: &'a [T], write: impl Fn(&'a T) -> F) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let writes = stream::iter(values).map(write);
    writes.buffer_unordered(TOGETHER).try_collect::<Vec<()>>().await.map(|_| ())
}

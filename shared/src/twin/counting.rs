//! How things go: reports put together from days and months that are over, and from what happens today.

use futures_util::{
    StreamExt as _, TryStreamExt as _,
    future::{try_join_all, try_join3},
    stream,
};
use jiff::{SignedDuration, Timestamp, civil::Date};

use super::Twin;
use crate::{
    analytics::{CameOver, Day, Period, Report, Rollup, Span, on, served},
    contact::Opportunity,
    error::Error,
    follow_up::FollowUp,
    interaction::{Interaction, Status},
    knowledge::gap::Gap,
    merging::{Merging, Proposal},
    screening::Recovered,
    store::{HandedOver, SoFar, StoreError},
};

/// A day is closed so long after its end: by then its conversations are over and read.
const CLOSES_AFTER: SignedDuration = SignedDuration::from_hours(3);
/// Days that one sweep closes at most.
const CLOSED_AT_ONCE: usize = 40;
/// What goes on is summed up each so often, so that a report reads no more than that of it.
const SUMMED_UP_EVERY: SignedDuration = SignedDuration::from_mins(30);
/// And not the last moments, in which something may still be written down.
const SETTLES: SignedDuration = SignedDuration::from_mins(5);
/// Conversations that a sum leaves out at most, because they are not read yet.
const UNREAD: usize = 20;
/// Conversations that are looked for at once, each by where its link was taken up.
const AT_ONCE: usize = 16;

/// What a rebuild came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebuilt {
    pub days: usize,
    pub months: usize,
    /// Those that were other bytes before.
    pub changed: Vec<Span>,
}

impl Twin {
    /// A report of a period: a few months and days are read, however long the history is, and today is counted.
    pub async fn report(&self, period: Period, now: Timestamp) -> Result<Report, Error> {
        let closed = self.store.last_closed_day().await?;
        let before = period.before();
        let (now, before) =
            tokio::try_join!(self.counted(period, closed, now), self.counted(before, closed, now))?;
        Ok(Report { simulated: self.simulated, ..Report::of(period, &now, &before) })
    }

    /// The rollups of a period: months where whole months are closed, days else, and what is not closed yet.
    async fn counted(
        &self,
        period: Period,
        closed: Option<Date>,
        now: Timestamp,
    ) -> Result<Vec<Rollup>, Error> {
        let mut months = period.months();
        months.retain(|month| closed.is_some_and(|closed| month.last_day() <= closed));
        let days = period.beside(&months).into_iter().map(|part| self.store.closed_days(part));
        let open = open_days(period, closed, now);
        let (months, days, live) = try_join3(
            async { Ok(self.store.closed_months(&months).await?) },
            async { Ok(try_join_all(days).await?) },
            Box::pin(self.live(&open, now)),
        )
        .await?;
        Ok(months.into_iter().chain(days.into_iter().flatten()).chain(live).collect())
    }

    /// Days that are not closed, as they are.
    async fn live(&self, open: &[Date], now: Timestamp) -> Result<Vec<Rollup>, Error> {
        let Some(first) = open.first() else { return Ok(Vec::new()) };
        let days = open.iter().copied().map(|date| async move {
            let so_far = self.store.so_far(date).await?;
            Ok::<_, StoreError>((date, self.not_in(&so_far, date, now).await?, so_far))
        });
        let (alongside, days) = tokio::try_join!(self.alongside(*first), try_join_all(days))?;
        let live = days.into_iter().map(|(date, happened, so_far)| {
            let mut rollup = happened.folded(date, &alongside);
            rollup.add(&so_far.rollup);
            rollup
        });
        Ok(live.collect())
    }

    async fn folded(&self, date: Date, alongside: &Alongside, now: Timestamp) -> Result<Rollup, Error> {
        let happened = self.happened(date, crate::store::begins(date)?, now).await?;
        Ok(happened.folded(date, alongside))
    }

    async fn alongside(&self, since: Date) -> Result<Alongside, StoreError> {
        let (opportunities, gaps, recovered, (merges, pairs)) = tokio::try_join!(
            self.store.moved_since(since),
            self.store.gaps_since(since),
            self.store.recovered_since(since),
            self.store.paired_since(since)
        )?;
        Ok(Alongside { opportunities, gaps, recovered, merges, pairs })
    }

    async fn happened(&self, date: Date, since: Timestamp, now: Timestamp) -> Result<Happened, StoreError> {
        let (interactions, follow_ups, handed) = tokio::try_join!(
            self.store.held_since(date, since),
            self.store.settled_since(date, since),
            self.handed_over(date, since, now)
        )?;
        Ok(Happened { interactions, follow_ups, handed })
    }

    async fn handed_over(
        &self,
        date: Date,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<CameOver>, StoreError> {
        let handed = self.handoffs_over(date, since, now).await?;
        Ok(handed.into_iter().map(|(_, came_over)| came_over).collect())
    }

    /// Links and codes whose time was over, by whom each was taken up, and what came of it.
    pub(super) async fn handoffs_over(
        &self,
        date: Date,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(HandedOver, CameOver)>, StoreError> {
        let ended = self.store.handed_over_since(date, since, now).await?;
        let read: Vec<_> = ended.into_iter().map(|ended| self.came_over(ended)).collect();
        stream::iter(read).buffered(AT_ONCE).try_collect().await
    }

    async fn came_over(&self, ended: HandedOver) -> Result<(HandedOver, CameOver), StoreError> {
        let held = match &ended.by {
            Some(by) => self.store.interaction(&by.person, &by.interaction).await?,
            None => None,
        };
        let is_served = held.as_ref().and_then(served);
        let (ended_at, is_taken_up) = (ended.handoff.expires_at, ended.is_taken_up);
        Ok((ended, CameOver { ended_at, is_taken_up, is_served }))
    }

    /// What happened on a day and is not in its sum.
    async fn not_in(&self, so_far: &SoFar, date: Date, now: Timestamp) -> Result<Happened, StoreError> {
        let unread = try_join_all(so_far.unread.iter().map(|at| self.store.held_at(date, *at)));
        let (mut happened, unread) = tokio::try_join!(self.happened(date, so_far.until, now), unread)?;
        happened.interactions.extend(unread.into_iter().flatten());
        Ok(happened)
    }

    /// Sums up what a day that goes on came to; the conversations that are not read yet are left out, and read again by
    /// when they began. The day is counted anew, from its conversations, when it is closed.
    pub async fn sum_up(&self, date: Date, now: Timestamp) -> Result<(), Error> {
        let mut so_far = self.store.so_far(date).await?;
        if now.duration_since(so_far.tried_at) < SUMMED_UP_EVERY {
            return Ok(());
        }
        let mut happened = self.not_in(&so_far, date, now).await?;
        if happened == Happened::default() {
            return Ok(());
        }
        (so_far.until, so_far.unread) = happened.keep_before(now.saturating_sub(SETTLES).unwrap_or(now));
        so_far.tried_at = now;
        so_far.rollup.add(&happened.folded(date, &Alongside::default()));
        Ok(self.store.put_so_far(date, &so_far).await?)
    }

    /// Closes days that are over. Closing again changes nothing.
    pub async fn close_days(&self, now: Timestamp) -> Result<(), Error> {
        let due = last_due(now);
        let first = match self.store.last_closed_day().await? {
            Some(last) => last.tomorrow().unwrap_or(due),
            None => due,
        };
        if first > due {
            return Ok(());
        }
        let alongside = self.alongside(first).await?;
        for date in (Period { from: first, to: due }).dates().take(CLOSED_AT_ONCE) {
            let day = self.folded(date, &alongside, now).await?;
            let month = if date == date.last_of_month() { Some(self.month_with(&day).await?) } else { None };
            match self.store.close_day(&day, month.as_ref()).await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The month of its last day: the days before are closed.
    async fn month_with(&self, last: &Rollup) -> Result<Rollup, Error> {
        let to = last.span.first_day();
        let closed = self.store.closed_days(Period { from: to.first_of_month(), to }).await?;
        let before = closed.iter().filter(|day| day.span != last.span);
        Ok(Rollup::sum(Span::month_of(to), before.chain([last])))
    }

    /// Counts anew all days from `from` on that are due, and their months. What did not change gets the same bytes. A
    /// month that begins before `from` takes the days before as they are.
    pub async fn rebuild(&self, from: Date, now: Timestamp) -> Result<Rebuilt, Error> {
        let (due, kept) = (last_due(now), self.store.kept_from(now));
        if from < kept {
            return Err(Error::Invalid(format!("what happened before {kept} is not kept any more")));
        }
        let mut rebuilt = Rebuilt::default();
        let alongside = self.alongside(from).await?;
        let mut date = from;
        while date <= due {
            let day = self.folded(date, &alongside, now).await?;
            rebuilt.days += 1;
            self.replaced(&day, &mut rebuilt).await?;
            if date == date.last_of_month() {
                rebuilt.months += 1;
                self.replaced(&self.month_with(&day).await?, &mut rebuilt).await?;
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        Ok(rebuilt)
    }

    async fn replaced(&self, rollup: &Rollup, rebuilt: &mut Rebuilt) -> Result<(), Error> {
        let before = self.store.rollup_as_kept(rollup.span).await?;
        self.store.replace_rollup(rollup).await?;
        if before != self.store.rollup_as_kept(rollup.span).await? {
            rebuilt.changed.push(rollup.span);
        }
        Ok(())
    }
}

/// Of a day.
#[derive(Debug, Default, PartialEq)]
struct Happened {
    interactions: Vec<Interaction>,
    follow_ups: Vec<FollowUp>,
    handed: Vec<CameOver>,
}

/// What is little, and read at once for a day and those after it.
#[derive(Debug, Default)]
struct Alongside {
    opportunities: Vec<Opportunity>,
    gaps: Vec<Gap>,
    recovered: Vec<Recovered>,
    merges: Vec<Merging>,
    pairs: Vec<Proposal>,
}

impl Happened {
    fn folded(&self, date: Date, alongside: &Alongside) -> Rollup {
        let Self { interactions, follow_ups, handed } = self;
        let Alongside { opportunities, gaps, recovered, merges, pairs } = alongside;
        let day = Day { interactions, follow_ups, opportunities, handed, recovered, merges, pairs, gaps };
        Rollup::of_day(date, &day)
    }

    /// Keeps what was before then and is read, and says when the others began; of more unread conversations than a sum
    /// leaves out, what was before the first that is too many.
    fn keep_before(&mut self, until: Timestamp) -> (Timestamp, Vec<Timestamp>) {
        let unread = self.interactions.iter().filter(|held| held.status != Status::Analysed);
        let mut unread: Vec<Timestamp> = unread.map(|held| held.started_at).collect();
        unread.sort();
        unread.dedup();
        let until = unread.get(UNREAD).map_or(until, |one_more| until.min(*one_more));
        unread.retain(|began| *began < until);
        self.interactions.retain(|held| held.started_at < until && !unread.contains(&held.started_at));
        self.follow_ups.retain(|settled| settled.settled_at.is_some_and(|at| at < until));
        self.handed.retain(|handed| handed.ended_at < until);
        (until, unread)
    }
}

/// The last day that is to be closed by now.
fn last_due(now: Timestamp) -> Date {
    let today = on(now.saturating_sub(CLOSES_AFTER).unwrap_or(now));
    today.yesterday().unwrap_or(today)
}

/// Days of a period that are not closed and may have seen something: before the first day was ever closed, there was
/// nothing to see.
fn open_days(period: Period, closed: Option<Date>, now: Timestamp) -> Vec<Date> {
    let first = closed.and_then(|closed| closed.tomorrow().ok()).unwrap_or_else(|| last_due(now));
    let (from, to) = (first.max(period.from), on(now).min(period.to));
    if from > to { Vec::new() } else { Period { from, to }.dates().collect() }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_closed_when_its_conversations_are_read() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(last_due(at("2026-03-02T02:59:59Z")), date(2026, 2, 28));
        assert_eq!(last_due(at("2026-03-02T03:00:00Z")), date(2026, 3, 1));
    }

    #[test]
    fn what_is_not_closed_is_counted_as_it_is() {
        let now = "2026-03-02T12:00:00Z".parse().unwrap();
        let period = Period { from: date(2026, 2, 20), to: date(2026, 3, 2) };
        assert_eq!(open_days(period, Some(date(2026, 3, 1)), now), [date(2026, 3, 2)]);
        assert_eq!(open_days(period, Some(date(2026, 2, 27)), now).len(), 3);
        assert_eq!(open_days(period, None, now), [date(2026, 3, 1), date(2026, 3, 2)]);
        assert_eq!(open_days(period.before(), Some(date(2026, 3, 1)), now), []);
    }
}

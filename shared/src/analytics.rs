//! How things go: each metric is defined once, over counts that are folded from conversations, follow-ups,
//! opportunities, links to other channels and gaps. Counts of days add up to months and to any period, in whatever order: integers only.
//!
//! A day is one of UTC. What happens counts on the day on which it happens; a conversation, on the day it began.

mod basis;
mod event;
mod handed;
mod histogram;
mod interval;
mod mark;
mod metric;
mod period;
mod report;
mod rollup;
mod table;
mod tally;

pub use self::{
    basis::{Basis, Things},
    event::{Event, Passage, Subject},
    handed::{CameOver, Handed, served},
    histogram::Histogram,
    interval::{Ratio, wilson},
    mark::Mark,
    metric::{DEFINITIONS, Definition, Figure, Measure, Unit},
    period::{MAX_DAYS, Period, PeriodError, Span},
    report::{ATTRIBUTION, Bucket, Report, Return, Step, Tile},
    rollup::{Day, HOURS_A_WEEK, Rollup, on},
    table::csv,
    tally::{Answers, Gaps, Merged, Pipeline, Settled, Tally, Via},
};

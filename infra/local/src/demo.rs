//! Plausible history, marked as a demonstration: what a busy year looks like in a table that knows nobody. The same
//! days make the same history.

mod history;
mod write;

pub use self::{
    history::{History, Link},
    write::{DemoError, write},
};

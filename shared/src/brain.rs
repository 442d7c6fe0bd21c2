//! What a conversation was about, and what somebody wants: the brain's reading of what was said.

pub mod intent;
mod offline;

pub use offline::analyse;

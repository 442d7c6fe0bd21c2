//! What a conversation was about: the brain's reading of turns and actions.

mod offline;

pub use offline::analyse;

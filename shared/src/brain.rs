//! The brain: what somebody wants, what to answer, and what a conversation was about.

pub mod intent;
mod offline;
pub mod reply;
pub mod slots;

pub use offline::analyse;

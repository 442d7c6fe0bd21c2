//! The whole system on a laptop: one port, no account.
//!
//! - [`aws`]: DynamoDB, SQS and SES, embedded
//! - [`stack`]: everything started and joined; the tests start the same
//! - [`settings`]: what the environment says, and what is simulated for lack of it
//! - [`entrance`]: a link that signs the owner's browser in
//! - [`outbox`]: the mails that were "sent", to be read in a browser
//! - [`cost`]: what a month costs
//! - [`demo`]: a made-up history, to see what it is like after a while
//! - [`commands`]: `omnitwin`, `omnitwin call`, `omnitwin doctor`

// Before the modules, which say with these what `std` says with those of the same name.
macro_rules! print {
    ($($said:tt)*) => { $crate::commands::told(format_args!($($said)*)) };
}
macro_rules! println {
    () => { print!("\n") };
    ($($said:tt)*) => { print!("{}\n", format_args!($($said)*)) };
}

pub mod aws;
pub mod commands;
pub mod cost;
pub mod demo;
pub mod entrance;
pub mod openapi;
pub mod outbox;
pub mod settings;
pub mod stack;

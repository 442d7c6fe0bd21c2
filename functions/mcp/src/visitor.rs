//! What a visitor's host can do: ask, read, leave word, go on elsewhere, and see or erase what is kept of them.

mod ask;
mod search;
mod fetch;
mod get_profile;
mod get_availability;
mod book_meeting;
mod change_meeting;
mod leave_message;
mod continue_conversation;
mod verify_me;
mod my_data;
mod forget_me;

pub use self::get_profile::{profile, projects};

use crate::tool::Entry;

pub const INSTRUCTIONS: &str = "This is the AI twin of a professional: an AI assistant that speaks about their work \
from what they have published, with sources. Use `ask` for questions; pass the `conversation` of a result with the \
next call to keep the thread. It books free times, and takes messages, proposals of other times and wishes to be \
called back, on which the professional decides. Say to the person you speak with that the answers come from an AI assistant.";

pub const TOOLS: &[Entry] = &[
    ask::ENTRY,
    search::ENTRY,
    fetch::ENTRY,
    get_profile::ENTRY,
    get_availability::ENTRY,
    book_meeting::ENTRY,
    change_meeting::ENTRY,
    leave_message::ENTRY,
    continue_conversation::ENTRY,
    verify_me::ENTRY,
    my_data::ENTRY,
    forget_me::ENTRY,
];

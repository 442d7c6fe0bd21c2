//! What the twin knows of its owner: documents in passages that are searched and cited, and the ledger of claims.

pub mod claims;
pub mod dates;
pub mod deeds;
pub mod document;
pub mod employers;
pub mod facts;
pub mod gap;
pub mod index;
pub mod kinds;
pub mod library;
pub mod manifest;
pub mod passage;
mod pointed;
mod profiles;
pub mod refresh;
pub mod search;
pub mod source_code;
pub mod stored;
pub mod terms;
pub mod vectors;

//! Omnitwin's common crate: the domain, the wires, the call, and the twin's three verbs.
//!
//! Reading order:
//!
//! - **people and rules**, plain data: [`id`], [`identity`], [`contact`], [`predicate`], [`interaction`], [`policy`],
//!   [`code`], [`language`], [`routing`], [`screening`], [`outbound`], [`spelled`], [`context`], [`knowledge`], [`memory`],
//!   [`merging`], [`persona`], [`handoff`], [`chat`], [`talk`], [`consent`], [`retention`], [`audit`], [`export`],
//!   [`scheduling`], [`pdf`], [`resume`], [`proposal`], [`follow_up`], [`timeline`], [`elapsed`], [`job`], [`transfer`],
//!   [`recording`], [`analytics`], [`tools`]
//! - **wire**, codecs that do no I/O: [`wire`]
//! - **call**, a phone call as a value: [`call`]
//! - **outside**: [`store`], [`clients`], [`brain`]
//! - **the twin**: [`twin`]
//! - **edges**: [`error`], [`http`], [`config`], [`deployed`], [`telemetry`]
//!
//! The first three, and the parts of [`brain`] that only read, do no I/O, keep no clock and know nothing of the others.

pub mod id;
pub mod identity;
pub mod contact;
pub mod predicate;
pub mod interaction;
pub mod policy;
pub mod code;
pub mod language;
pub mod routing;
pub mod screening;
pub mod outbound;
pub mod spelled;
pub mod context;
pub mod knowledge;
pub mod memory;
pub mod merging;
pub mod persona;
pub mod handoff;
pub mod chat;
pub mod talk;
pub mod consent;
pub mod retention;
pub mod audit;
pub mod export;
pub mod scheduling;
pub mod pdf;
pub mod resume;
pub mod proposal;
pub mod follow_up;
pub mod timeline;
pub mod elapsed;
pub mod job;
pub mod transfer;
pub mod recording;
pub mod analytics;
pub mod tools;

pub mod wire;

pub mod call;

pub mod store;
pub mod clients;
pub mod brain;

pub mod twin;

pub mod error;
pub mod http;
pub mod config;
pub mod deployed;
pub mod telemetry;

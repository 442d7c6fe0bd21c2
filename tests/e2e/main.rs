//! The system as a whole, from outside. The tree mirrors the routes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics with its reason"
)]

mod analytics;
mod canary;
mod calendar;
mod chat;
mod context;
mod crashing;
mod crm;
mod follow_up;
mod handing;
mod invariants;
mod knowledge;
mod mcp;
mod memory;
mod night;
mod oauth;
mod openai;
mod openapi;
mod phone;
mod privacy;
mod proving;
mod recalling;
mod setup;
mod texting;
mod voice;
mod walking;
mod web;

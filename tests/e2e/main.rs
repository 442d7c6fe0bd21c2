//! The system as a whole, from outside. The tree mirrors the routes.

mod context;
mod follow_up;
mod invariants;
mod phone;
mod web;

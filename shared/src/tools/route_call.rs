//! What kind of call this is, once the conversation has found out: from then on it is taken so.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object};
use crate::{interaction::Action, routing::RouteKind};

pub const DESCRIPTION: &str = "Say what kind of call this is, as soon as it is clear and again if it changes: \
                               recruiter (about a job), networking, consultation (about a project or advice), spam \
                               (an advertisement or a robot), emergency (somebody is in danger). Say nothing about it.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    kind: RouteKind,
}

pub fn schema() -> Value {
    object(json!({ "kind": { "type": "string", "enum": RouteKind::FOUND_OUT } }), &[])
}

pub fn run(arguments: Arguments, _: &Scene<'_>) -> Done {
    let route = arguments.kind;
    if !RouteKind::FOUND_OUT.contains(&route) {
        return Done::refused("nobody finds out in a conversation that it is of this kind");
    }
    let output = json!({ "noted": true, "next": "Go on with what they need, without greeting again." });
    Done { route: Some(route), ..Done::did(Action::CallRouted { route }, output) }
}

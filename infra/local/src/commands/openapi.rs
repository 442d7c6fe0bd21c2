//! `omnitwin openapi`: prints what `functions/web/openapi.json` has to be.

use super::Outcome;
use crate::openapi::openapi;

pub fn run() -> Outcome {
    println!("{}", serde_json::to_string_pretty(&openapi())?);
    Ok(())
}

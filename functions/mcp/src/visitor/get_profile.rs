//! Who the professional is.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{error::Error, store::oauth::Scope};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "get_profile",
    title: "Profile",
    description: "Who the professional is: name, title, expertise, years of experience, achievements.",
    input: schema::<Arguments>,
    output: produced::<Profile>,
    kind: Kind::Reads,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let Arguments {} = given!(arguments);
            Ok(Answer::done(profile(call).await?))
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
pub struct Profile {
    name: String,
    title: String,
    expertise: Vec<String>,
    years_of_experience: u32,
    achievements: Vec<String>,
    /// What answers here.
    disclosure: String,
    /// Invented data, for demonstration.
    sample: bool,
}

pub async fn profile(call: &Call) -> Result<Profile, Error> {
    let saved = call.state.twin.persona().await?;
    let core = &saved.persona.core;
    Ok(Profile {
        name: core.name.clone(),
        title: core.title.clone(),
        expertise: core.expertise.clone(),
        years_of_experience: core.years_experience,
        achievements: core.key_achievements.clone(),
        disclosure: format!("Answers come from the AI assistant of {}, not from {}.", core.name, core.name),
        sample: saved.persona.sample,
    })
}

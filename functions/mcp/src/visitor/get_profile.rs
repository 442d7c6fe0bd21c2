//! Who the professional is, and what they have made.

mod projects;

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{error::Error, store::oauth::Scope};

use self::projects::Project;
pub use self::projects::projects;
use crate::{
    call::Call,
    page::{NO_CURSOR, cut},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "get_profile",
    title: "Profile",
    description: "Who the professional is: name, title, expertise, years of experience, achievements; and their \
                  projects and repositories, each with the id of the document that tells more (for `fetch`). Begin \
                  with it if you do not know whom this is about.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let Arguments { cursor } = given!(arguments);
            let all = projects(call).await?;
            let total = all.len();
            let Some((projects, next_cursor)) = cut(&all, cursor.as_deref(), PAGE, |project| &project.name)
            else {
                return Ok(Answer::wrong(NO_CURSOR));
            };
            let profile = profile(call).await?;
            Ok(Answer::done(Output { profile, projects, total, next_cursor }))
        })
    },
};

/// Projects that are told at once.
const PAGE: usize = 12;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The `next_cursor` of an earlier result: more projects.
    #[serde(default)]
    #[schemars(with = "String")]
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    #[serde(flatten)]
    profile: Profile,
    projects: Vec<Project>,
    /// Of projects.
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    next_cursor: Option<String>,
}

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

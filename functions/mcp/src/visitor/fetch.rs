//! One document of the professional's, whole as far as it fits.

use std::collections::BTreeMap;

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use twin::{error::Error, store::oauth::Scope};

use super::search::address;
use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "fetch",
    title: "Read a document",
    description: "Read a document or a file of source code whole, by an id that `search` or `get_profile` gave. It \
                  does not read web addresses. Beyond some 10,000 tokens it is cut.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            fetch(call, given).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// As `search` or `get_profile` gave it.
    id: String,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    id: String,
    title: String,
    text: String,
    url: String,
    metadata: BTreeMap<String, String>,
}

async fn fetch(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let library = call.state.twin.library(call.now).await?;
    let library = library.read();
    let found = library.all().find(|(hash, _)| hash.as_str() == given.id);
    let Some((_, stored)) = found else {
        return Ok(Answer::Refused(json!({ "error": "not_found", "detail": "there is no such document" })));
    };
    let mut metadata = BTreeMap::from([("kind".to_owned(), stored.kind.noun().to_owned())]);
    metadata.extend(stored.date.map(|date| ("date".to_owned(), date.to_string())));
    if let Some(language) = stored.language() {
        metadata.insert("language".to_owned(), language.tag.to_owned());
        metadata.insert("media_type".to_owned(), language.media_type.to_owned());
    }
    let url = address(&call.state.public_base_url, stored.url.as_deref(), &given.id);
    Ok(Answer::done(Output {
        id: given.id,
        title: stored.title.clone(),
        text: stored.whole(),
        url,
        metadata,
    }))
}

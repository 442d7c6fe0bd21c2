//! The professional's material, searched: in the shape that ChatGPT's connectors expect.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{error::Error, knowledge::library::Filter, store::oauth::Scope};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "search",
    title: "Search the material",
    description: "Search the professional's material (résumé, projects, repositories, posts, notes, source code) by \
                  words or a question. Gives the ten best passages, each with the id of its document for `fetch`; an \
                  empty list if nothing fits. For an answer in words use `ask`, for an overview `get_profile`.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            search(call, given).await
        })
    },
};

const MAX_QUERY: usize = 500;
const RESULTS: usize = 10;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Words, or a question.
    query: String,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    results: Vec<Found>,
}

#[derive(Serialize, JsonSchema)]
struct Found {
    /// Of the document, for `fetch`.
    id: String,
    title: String,
    url: String,
    /// The passage.
    text: String,
    /// Where in the document.
    place: String,
}

async fn search(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let query = given.query.trim();
    if query.is_empty() || query.len() > MAX_QUERY {
        return Ok(Answer::wrong(format!("a query has 1 to {MAX_QUERY} bytes")));
    }
    let twin = &call.state.twin;
    let found = twin.search(query, RESULTS, &Filter::default(), call.now).await?;
    let library = twin.library(call.now).await?;
    let library = library.read();
    let results = found
        .into_iter()
        .filter_map(|found| {
            let id = library.document_of(&found)?.as_str().to_owned();
            let url = address(&call.state.public_base_url, found.citation.url.as_deref(), &id);
            Some(Found {
                id,
                title: found.citation.title,
                url,
                text: found.text,
                place: found.citation.place,
            })
        })
        .collect();
    Ok(Answer::done(Output { results }))
}

/// Where a person can read it: on the web, or in the chat.
pub fn address(base_url: &str, url: Option<&str>, id: &str) -> String {
    url.map_or_else(|| format!("{base_url}/chat#{id}"), ToOwned::to_owned)
}

//! All that is kept of the person, as one document, once it is sure who they are.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twin::{
    audit::Actor,
    error::Error,
    export::{For, Part},
    identity::Assurance,
    interaction::Channel,
    policy::{Right, Standing},
    store::oauth::Scope,
};

use crate::{
    call::{Call, Caller, not_verified},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "export_my_data",
    title: "Export my data",
    description: "A copy of all that the twin keeps of the person, as JSON: for somebody who signed in or opened a \
                  mailed link.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    scope: Scope::Memory,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            export(call, given).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The `conversation` of an earlier result.
    #[serde(default)]
    #[schemars(with = "String")]
    conversation: Option<String>,
    /// The `next` of the part before, where there is more than fits into one.
    #[serde(default)]
    #[schemars(with = "String")]
    after: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    /// All that is kept of the person.
    #[schemars(with = "serde_json::Map<String, Value>")]
    data: Value,
    /// There is more: ask again with it as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    next: Option<String>,
}

async fn export(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let twin = &call.state.twin;
    let (person, level) = match (&call.caller, given.conversation.as_deref()) {
        (Caller::Person(person), None) => (person.clone(), Assurance::SignedIn),
        (_, Some(secret)) => match twin.chat(secret, call.now).await? {
            Some(chatting) => (chatting.chat.person, chatting.chat.level),
            None => {
                return Ok(Answer::Refused(
                    json!({ "error": "not_found", "detail": "no such conversation" }),
                ));
            }
        },
        (_, None) => return Ok(Answer::ask("Which conversation is it about?", &["conversation"])),
    };
    let Some(permit) = Standing::new(Channel::Chat, level).permit(Right::Export) else {
        return Ok(not_verified());
    };
    let whose = (For::Person, Actor::Person);
    Ok(match twin.export(permit, &person, whose, given.after.as_deref(), call.now).await {
        Ok(Part { document, next }) => Answer::done(Output { data: document, next }),
        Err(Error::Invalid(why)) => Answer::wrong(why),
        Err(Error::NotFound) => Answer::Refused(json!({ "error": "not_found", "detail": "nothing is kept" })),
        Err(error) => return Err(error),
    })
}

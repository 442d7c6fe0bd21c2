//! All that is kept of the person, as one document.

use serde_json::json;
use twin::{
    audit::Actor,
    error::Error,
    export::{For, Part},
    identity::Assurance,
    interaction::Channel,
    policy::{Right, Standing},
};

use super::Output;
use crate::{
    call::{Call, Caller, not_verified},
    tool::Answer,
};

pub(super) async fn everything(
    call: &Call,
    after: Option<&str>,
    conversation: Option<&str>,
) -> Result<Answer, Error> {
    let twin = &call.state.twin;
    let (person, level) = match (&call.caller, conversation) {
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
    Ok(match twin.export(permit, &person, whose, after, call.now).await {
        Ok(Part { document, next }) => {
            Answer::done(Output { data: Some(document), next, ..Output::default() })
        }
        Err(Error::Invalid(why)) => Answer::wrong(why),
        Err(Error::NotFound) => Answer::Refused(json!({ "error": "not_found", "detail": "nothing is kept" })),
        Err(error) => return Err(error),
    })
}

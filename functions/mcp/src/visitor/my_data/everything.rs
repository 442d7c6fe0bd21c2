//! All that is kept of the person, as one document.

use serde_json::json;
use twin::{
    audit::Actor,
    error::Error,
    export::{For, Part},
    interaction::Channel,
    policy::{Right, Standing},
};

use super::{Output, whose};
use crate::{
    call::{Call, not_verified},
    tool::Answer,
};

pub(super) async fn everything(
    call: &Call,
    after: Option<&str>,
    conversation: Option<&str>,
) -> Result<Answer, Error> {
    let twin = &call.state.twin;
    let (person, level) = match whose(call, conversation).await? {
        Ok(Some(whose)) => whose,
        Ok(None) => return Ok(Answer::ask("Which conversation is it about?", &["conversation"])),
        Err(gone) => return Ok(gone),
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

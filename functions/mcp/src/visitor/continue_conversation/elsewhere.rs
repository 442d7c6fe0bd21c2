//! To go on elsewhere: in the web chat or by voice by a link, or by phone.

use serde_json::{Value, json};
use twin::{error::Error, handoff::SHOWN_FOR, interaction::Channel};

use super::{Arguments, Output, To};
use crate::{
    call::{Call, Held, Once},
    tool::Answer,
};

/// With a code, if there is something that goes on.
async fn by_phone(call: &Call, number: String, conversation: Option<String>) -> Result<Answer, Error> {
    let mut say = format!("The AI assistant answers on {number} around the clock.");
    let mut code = None;
    if !call.is_nobodys(conversation.as_deref()) {
        let Held { mut chatting, .. } = match call.hold(conversation.as_deref(), None).await? {
            Ok(held) => held,
            Err(refused) => return Ok(refused),
        };
        let session = call.state.twin.enter(&mut chatting, call.now).await?.session;
        let given = call.state.twin.give_code(&session, Channel::Phone, call.now).await?.written();
        say.push_str(&format!(
            " To go on there with what was said here, tell it the code {given}, within ten minutes."
        ));
        code = Some(given);
    }
    Ok(Answer::done(Output { say, code, phone_number: Some(number), conversation, ..Output::default() }))
}

pub(super) async fn elsewhere(call: &Call, to: To, given: Arguments) -> Result<Answer, Error> {
    let number = Some(call.state.phone_number.clone()).filter(|number| !number.is_empty());
    if to == To::Phone && given.phone.is_none() {
        return match number {
            Some(number) => by_phone(call, number, given.conversation).await,
            None => Ok(Answer::ask("Which number is to be called?", &["phone"])),
        };
    }
    let wanted = given.phone.as_ref().filter(|_| to == To::Phone).map(|phone| {
        let mut wanted = json!({ "phone": phone });
        if let Some(when) = &given.when {
            wanted["when"] = json!(when);
        }
        wanted
    });
    let key = given.idempotency_key.as_deref();
    let arguments = json!(wanted);
    let once = match Once::of(key, "request_callback", &arguments) {
        Ok(once) => once,
        Err(wrong) => return Ok(wrong),
    };
    let Held { mut chatting, handle } = match call.hold(given.conversation.as_deref(), once.as_ref()).await? {
        Ok(held) => held,
        Err(refused) => return Ok(refused),
    };
    let session = call.state.twin.enter(&mut chatting, call.now).await?.session;
    let Some(wanted) = wanted else {
        let (to, how) = match to {
            To::Voice => (Channel::Voice, "by voice in the browser"),
            To::Chat | To::Phone => (Channel::Chat, "in the web chat"),
        };
        let secret = call.state.twin.hand_over(&session, to, call.now).await?;
        return Ok(Answer::done(Output {
            say: format!("Open the link to go on {how}: it works once, for fifteen minutes."),
            url: Some(format!("{}{}", call.state.public_base_url, to.handed_over_at(&secret))),
            expires_in_seconds: u64::try_from(SHOWN_FOR.as_secs()).ok(),
            conversation: handle,
            ..Output::default()
        }));
    };
    let done = call.act(&session, "request_callback", &wanted, key).await?;
    if let Some(why) = done.output.get("error").and_then(Value::as_str) {
        return Ok(Answer::wrong(why));
    }
    let say = done.output["say"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::done(Output { say, conversation: handle, ..Output::default() }))
}

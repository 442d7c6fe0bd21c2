//! What a text message says.

use askama::Template;

use super::MailError;
use crate::{
    follow_up::{Content, FollowUp},
    handoff::{SPOKEN_FOR, TEXTED_FOR},
    persona::Persona,
};

#[derive(Template)]
#[template(path = "mail/missed-call-text.txt", escape = "none")]
struct MissedCallMessage<'a> {
    owner: &'a str,
    chat_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/code-text.txt", escape = "none")]
struct CodeMessage<'a> {
    owner: &'a str,
    /// The owner's own words.
    body: Option<&'a str>,
    code: Option<&'a str>,
    minutes: i64,
}

#[derive(Template)]
#[template(path = "mail/handoff-text.txt", escape = "none")]
struct HandoffMessage<'a> {
    owner: &'a str,
    /// The owner's own words.
    body: Option<&'a str>,
    handoff_url: Option<&'a str>,
    minutes: i64,
}

/// What a follow-up says as a text message; `None` if it is none. A link or a code that only holds for whoever gets it is
/// left out where there is none yet.
pub fn text_message(
    follow_up: &FollowUp,
    persona: &Persona,
    public_base_url: &str,
    way_over: Option<&str>,
) -> Result<Option<String>, MailError> {
    let chat_url = &format!("{public_base_url}/chat");
    let owner = &persona.core.name;
    Ok(match (&follow_up.content, &follow_up.edited) {
        (Content::MissedCallText { .. }, Some(edited)) => Some(edited.body.clone()),
        (Content::MissedCallText { .. }, None) => Some(MissedCallMessage { owner, chat_url }.render()?),
        (Content::OwnerText { message, .. }, _) => {
            Some(format!("Your twin: {message}. {public_base_url}/people/{}", follow_up.person))
        }
        (Content::HandoffText { code, .. }, edited) => {
            let body = edited.as_ref().map(|edited| edited.body.as_str());
            Some(if *code {
                CodeMessage { owner, body, code: way_over, minutes: SPOKEN_FOR.as_mins() }.render()?
            } else {
                HandoffMessage { owner, body, handoff_url: way_over, minutes: TEXTED_FOR.as_mins() }
                    .render()?
            })
        }
        _ => None,
    })
}

//! A code as it is sent: nothing of the person or the conversation is in it, because whoever gets it may have nothing to do
//! with either.

use askama::Template;
use jiff::Timestamp;
use mail_builder::MessageBuilder;

use super::{Digits, WORKS_FOR};
use crate::{identity::Email, persona::Persona};

#[derive(Template)]
#[template(path = "mail/code.txt", escape = "none")]
struct CodeText<'a> {
    digits: &'a str,
    owner: &'a str,
    minutes: i64,
    sample: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    #[error("the template cannot be rendered: {0}")]
    Template(#[from] askama::Error),
    #[error("the message cannot be written: {0}")]
    Mime(#[from] std::io::Error),
}

/// A MIME message. `id` tells it apart from others.
pub fn mail(
    digits: &Digits,
    to: &Email,
    persona: &Persona,
    (from, id): (&str, &str),
    now: Timestamp,
) -> Result<Vec<u8>, LetterError> {
    let owner = &persona.core.name;
    let domain = from.rsplit('@').next().unwrap_or("localhost");
    let message = MessageBuilder::new()
        .from((format!("AI assistant of {owner}"), from.to_owned()))
        .to(to.address().to_owned())
        .subject(format!("{} is your code for the AI assistant of {owner}", digits.reveal()))
        .message_id(format!("code-{id}@{domain}"))
        .date(now.as_second())
        .header("Auto-Submitted", mail_builder::headers::raw::Raw::new("auto-generated"))
        .text_body(words(digits, persona)?);
    Ok(message.write_to_vec()?)
}

fn words(digits: &Digits, persona: &Persona) -> Result<String, askama::Error> {
    let (digits, owner) = (digits.reveal(), persona.core.name.as_str());
    CodeText { digits, owner, minutes: WORKS_FOR.as_mins(), sample: persona.sample }.render()
}

/// A text message.
pub fn text(digits: &Digits, persona: &Persona) -> String {
    let minutes = WORKS_FOR.as_mins();
    format!(
        "{} is your code for the AI assistant of {}. It works for {minutes} minutes. If you did not ask for it, ignore it \
         and tell it to nobody.",
        digits.reveal(),
        persona.core.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn persona() -> Persona {
        serde_json::from_str(include_str!("../../../infra/local/demo/persona.json")).unwrap()
    }

    #[test]
    fn a_letter() {
        let digits = Digits::parse("421337").unwrap();
        let told = text(&digits, &persona());
        assert!(told.len() <= 160, "one text message");
        insta::assert_snapshot!(format!("{}---\n{told}", words(&digits, &persona()).unwrap()));
    }
}

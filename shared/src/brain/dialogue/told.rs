//! What is said of what was done.

use serde_json::Value;

use super::{
    CALLBACK, CONFIRM_CODE, EXPORT, FORGET, SAVE, SEND_CODE, TAKE_OVER, Wanted, YES,
    meeting::{self, BOOK, CHANGE, FIND},
    plain,
};
use crate::{chat::Expects, identity::Phone, language::Language, persona::Persona};

const WHICH_TIME: &str = "Which of the times suits you? Its number will do, or the day and the time.";

/// What is said of what was done, and the same in short for the record.
pub fn told(persona: &Persona, said: &str, done: &[(Wanted, Value)]) -> String {
    let name = &persona.core.name;
    let sentences = done.iter().map(|(wanted, output)| match (wanted.name, output) {
        (BOOK, output) if output["gone"] == true => "I am sorry, this time is not free any more.".to_owned(),
        (FIND, output) if output.get("error").is_some() => meeting::asked_for_a_clock(output),
        (_, output) if output.get("error").is_some() => {
            // What comes after is for a model.
            let why = output["error"].as_str().and_then(|why| why.split(": ").next());
            let why = why.unwrap_or("it did not work");
            format!("I could not do that: {why}.")
        }
        ("take_message", _) => {
            let words = Language::foreign(said).unwrap_or_default().words();
            words.noted.replace("{owner}", name)
        }
        ("propose_meeting", _) => format!(
            "I have noted it: {}. {name} will confirm; nothing is booked yet.",
            listed(&wanted.arguments["preferred_times"])
        ),
        (FIND, output) => meeting::offer_told(name, said, output),
        (BOOK, output) if output.get("held").is_some() => meeting::held_told(output),
        (CHANGE, output) if output["meetings"].is_array() => {
            meeting::theirs_told(said, output, done.iter().any(|(wanted, _)| wanted.name == FIND))
        }
        (CALLBACK, _) => {
            let number = wanted.arguments["phone"].as_str().and_then(|phone| Phone::parse(phone).ok());
            let number = number.map(|phone| format!(", {}", phone.written())).unwrap_or_default();
            let (when, asked) = match wanted.arguments["when"].as_str() {
                Some(when) => (format!(", and when it suits you, “{when}”"), ""),
                None => (String::new(), " When does it suit you?"),
            };
            format!("I have noted your number{number}{when}: {name} will decide when to call.{asked}")
        }
        ("save_contact", output) if output.get("read_back").is_some() => {
            format!("I understood: {}. Is that right?", details_told(&output["read_back"]))
        }
        ("save_contact", _) => "Thank you, it is saved.".to_owned(),
        (FORGET, output) if output["erased"] == true => "All that was kept of you is erased.".to_owned(),
        // Tools do not know the owner's name.
        (_, output) if output["say"].is_string() => {
            let say = output["say"].as_str().unwrap_or_default();
            say.replace("the owner", name).replace("The owner", name)
        }
        _ => "Done.".to_owned(),
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// What they are still asked who said who they are, and nothing else.
pub fn still_asked(before: Option<&Expects>, done: &[(Wanted, Value)]) -> Option<&'static str> {
    let [(wanted, output)] = done else { return None };
    if wanted.name != SAVE || output["saved"] != true {
        return None;
    }
    let gives_address = wanted.arguments["email"].is_string();
    match before {
        Some(Expects::Slot { starts, .. }) if !starts.is_empty() => Some(WHICH_TIME),
        Some(Expects::Times { .. }) => Some("Shall I look for a time to talk?"),
        Some(Expects::Booked { .. }) if gives_address => Some(
            "What is booked keeps the address that it was booked with: to change that, cancel it, and choose a time again.",
        ),
        None if !gives_address => Some("What can I do for you?"),
        _ => None,
    }
}

/// What is said to a yes where several times are offered: the list stands above.
pub fn asked_again(said: &str, before: Option<&Expects>) -> Option<&'static str> {
    let (Expects::Slot { starts, .. } | Expects::NewTime { starts, .. }) = before? else { return None };
    (starts.len() > 1 && YES.contains(&plain(said).as_str())).then_some(WHICH_TIME)
}

/// What a tool did, for the person.
pub fn label(tool: &str, output: &Value) -> Option<&'static str> {
    match tool {
        "take_message" if output.get("taken").is_some() => Some("Your message was noted."),
        "propose_meeting" if output.get("noted").is_some() => Some("Your proposal of a time was noted."),
        BOOK if output["booked"] == true => Some("Your meeting was booked."),
        CHANGE if output["cancelled"] == true => Some("Your meeting was cancelled."),
        CHANGE if output["changed"] == true => Some("Your meeting was moved."),
        CALLBACK if output.get("noted").is_some() => Some("Your wish to be called was noted."),
        "save_contact" if output["saved"] == true => Some("Your details were saved."),
        "send_handoff_link" if output["by"] == "sms" => Some("A link will be texted to you."),
        "send_handoff_link" if output.get("planned").is_some() => Some("A link will be mailed to you."),
        SEND_CODE if output["sent"] == true => Some("A code was sent to you."),
        CONFIRM_CODE if output["confirmed"] == true => Some("It is sure now who you are."),
        TAKE_OVER if output["continued"] == true => Some("Your conversation goes on here."),
        FORGET if output["erased"] == true => Some("All that was kept of you was erased."),
        FORGET | EXPORT if output.get("noted").is_some() => Some("Your wish was passed on."),
        FORGET if output.get("planned").is_some() => Some("All that is kept of you will be erased."),
        EXPORT if output.get("planned").is_some() => Some("A copy of your data will be mailed to you."),
        "stop_contact" if output.get("noted").is_some() => Some("You will not be contacted."),
        _ => None,
    }
}

fn details_told(details: &Value) -> String {
    let parts = ["name", "email", "company", "title"];
    let told: Vec<&str> = parts.iter().filter_map(|part| details[*part].as_str()).collect();
    told.join(", ")
}

fn listed(times: &Value) -> String {
    let times = times.as_array().map(Vec::as_slice).unwrap_or_default();
    times.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
}

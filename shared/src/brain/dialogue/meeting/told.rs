//! Free times and a time that is held, as they are told.

use serde_json::Value;

use crate::{
    brain::courtesy::is_nod,
    scheduling::{names_day, time_named},
    tools::find_times::Fit,
};

/// A nod, or an address alone: what is offered once more is not what is not free.
fn says_no_time(said: &str) -> bool {
    is_nod(said) || (said.contains('@') && !names_day(said) && time_named(said).is_none())
}

pub(in crate::brain::dialogue) fn offer_told(owner: &str, said: &str, output: &Value) -> String {
    let times = output["times"].as_array().map(Vec::as_slice).unwrap_or_default();
    if times.is_empty() {
        return format!("There is no free time in {owner}’s calendar just now.");
    }
    let clock = output["clock"].as_str().unwrap_or("UTC");
    let elsewhere = if output["is_owners_clock"] == true {
        format!(" That is {owner}’s clock: name your city if you are elsewhere.")
    } else {
        String::new()
    };
    if let ([only], true) = (times, output["as_asked"] == true) {
        let when = only["say"].as_str().unwrap_or_default();
        return format!("{when}, {clock}, is free. Does it suit you?{elsewhere}");
    }
    let listed: Vec<String> = times
        .iter()
        .zip(1..)
        .map(|(time, number)| format!("{number}. {}", time["say"].as_str().unwrap_or_default()))
        .collect();
    let begin = output["begin"].as_str().unwrap_or(Fit::AsAsked.words());
    let is_repeated = begin == Fit::NotFree.words() && says_no_time(said);
    let begin = if is_repeated { Fit::Next.words() } else { begin };
    format!("{begin}, in {clock}:\n\n{}\n\nWhich one suits you?{elsewhere}", listed.join("\n"))
}

/// Why no times are told, and what it takes.
pub(in crate::brain::dialogue) fn asked_for_a_clock(output: &Value) -> String {
    // What comes after is for a model.
    let why = output["error"].as_str().and_then(|why| why.split(": ").next()).unwrap_or_default();
    let mut letters = why.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}. Which city’s clock do you mean?", letters.as_str())
}

pub(in crate::brain::dialogue) fn held_told(output: &Value) -> String {
    let read_back = &output["read_back"];
    let when = read_back["when"].as_str().unwrap_or_default();
    let missing: Vec<&str> = output["missing"]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let asked = match missing.as_slice() {
        [] => {
            let email = read_back["email"].as_str().unwrap_or_default();
            let called = read_back["phone"].as_str().map(|phone| format!(", and the call to {phone}"));
            let called = called.unwrap_or_default();
            let guest = read_back["name"].as_str().map(|name| format!(" for {name}")).unwrap_or_default();
            return format!(
                "I hold {when} for you. Shall I book it{guest}, with the invitation to {email}{called}?"
            );
        }
        ["name"] => "What is your name?",
        ["email"] => "To which e-mail address shall the invitation go?",
        ["phone"] => "On which number shall you be called? With the country code, please.",
        ["name", "phone"] => {
            "What is your name, and on which number shall you be called, with the country code?"
        }
        ["email", "phone"] => {
            "To which e-mail address shall the invitation go, and on which number shall you be \
                               called, with the country code?"
        }
        ["name", "email", "phone"] => {
            "What are your name and your e-mail address, for the invitation, and on which number \
                                       shall you be called, with the country code?"
        }
        _ => "What are your name and your e-mail address, for the invitation?",
    };
    format!("I hold {when} for you. {asked}")
}

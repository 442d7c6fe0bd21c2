//! The dialogue without a model, by rules: which tool does what somebody asks for, what the twin waits for, and what is
//! said once it is done.

mod meeting;
mod phrases;
mod told;

use serde_json::{Value, json};

use self::{
    meeting::{CHANGE, FIND},
    phrases::{
        NO, YES, deletes_it, greets, has_them_asked, is_yes, only_asks, plain, private, says_something,
        says_when, tells_of_an_offer,
    },
};
pub use self::{
    meeting::{Then, then},
    told::{asked_again, label, still_asked, told},
};
use super::{
    UserIntent,
    courtesy::{is_insult, thanks},
    meant::{
        asks_for_less, asks_for_times, asks_how_to_go_on, asks_when_to_meet, asks_whether_it_arrived,
        plain_words, says_a_code_fails, says_it_was_no_answer, wants_a_quote,
    },
    reply::{MEANT, asks},
    slots::slots,
};
use crate::{
    chat::Expects,
    code::Digits,
    contact::Contact,
    handoff,
    identity::{Email, Phone},
    interaction::{Channel, Intent},
    language::Language,
};

/// How something was said: what is spoken may have been heard wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Written,
    Spoken,
}

impl Manner {
    pub fn of(channel: Channel) -> Self {
        match channel {
            Channel::Chat => Self::Written,
            Channel::Voice | Channel::Phone => Self::Spoken,
        }
    }
}

/// A tool to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub name: &'static str,
    pub arguments: Value,
}

/// A message of fewer words asks whether one may leave a message; it is none.
const MESSAGE_WORDS: usize = 7;
/// Nine digits in more words are a number to be called.
const CODE_WORDS: usize = 6;
/// Thanks in more words may say something.
const THANKS_WORDS: usize = 2;
const MAX_TOPIC: usize = 120;
/// What a meeting is about that comes of "how do we proceed?"
const NEXT: &str = "How to go on from here";
/// Who wants to meet this surely is told when.
const SURE: f32 = 0.5;

const MESSAGE: &str = "take_message";
const CALLBACK: &str = "request_callback";
const FORGET: &str = "forget_me";
const EXPORT: &str = "export_my_data";
const SEND_CODE: &str = "send_code";
const CONFIRM_CODE: &str = "confirm_code";
const RECALL: &str = "recall";
const SAVE: &str = "save_contact";
const TAKE_OVER: &str = "take_over";

/// What is to be done about what was said; nothing if it only asks something.
pub fn wanted(
    said: &str,
    read: &UserIntent,
    expects: Option<&Expects>,
    contact: &Contact,
    owner: &str,
    manner: Manner,
) -> Vec<Wanted> {
    if let Some(wanted) = expects.and_then(|expects| answered((said, read), owner, expects, manner)) {
        return wanted;
    }
    if let Some(only) = of_this_conversation(said, read) {
        return vec![only];
    }
    let is_offered = manner == Manner::Written && matches!(expects, Some(Expects::Slot { .. }));
    // Who says who they are has the times before them.
    let is_before_them =
        |one: &Wanted| is_offered && read.slots.email.is_some() && *one == meeting::times(None);
    let mut all: Vec<Wanted> =
        asked_for(said, read, owner).into_iter().filter(|one| !is_before_them(one)).collect();
    let is_new = |email: &Email| is_offered || contact.contact_methods.email.as_ref() != Some(email);
    let saved = |confirmed| Wanted { name: SAVE, arguments: details(said, read, confirmed) };
    if !read.slots.email.as_ref().is_some_and(is_new) {
        let is_name = manner == Manner::Written && meeting::introduced(said, read).is_some();
        let is_offer = is_offered && read.slots.company.is_some() && tells_of_an_offer(said, read);
        return if all.is_empty() && (is_name || is_offer) { vec![saved(true)] } else { all };
    }
    let wants_time = all.iter().any(|wanted| wanted.name == FIND);
    match (wants_time, manner) {
        // What they wrote themselves needs no asking where they were asked for it, or beside another question.
        (false, manner) => {
            let is_asked_for = expects.is_some_and(|expects| is_of_meeting(said, expects));
            all.push(saved(manner == Manner::Written && is_asked_for));
        }
        (true, Manner::Written) => all.insert(0, saved(true)),
        // Who says a time is asked for the address when it is booked.
        (true, Manner::Spoken) => {}
    }
    all
}

/// What keeps who somebody is who says so in a sentence beside what they ask: "I'm Lisa Park from Globex. Is Alex free?"
pub fn presented(said: &str, read: &UserIntent, owner: &str, manner: Manner) -> Option<Wanted> {
    let in_sentence = |sentence: &str| {
        let read = UserIntent { slots: slots(sentence, owner), ..read.clone() };
        meeting::introduced(sentence, &read).map(|_| details(sentence, &read, true))
    };
    let mut sentences = said.split_inclusive(['.', '!', '?', '\n']);
    let arguments = sentences.find_map(in_sentence).filter(|_| manner == Manner::Written)?;
    Some(Wanted { name: SAVE, arguments })
}

/// Whether a meeting is spoken of that is not booked yet, or was a moment ago: then it matters who they are. "Please invite
/// my colleague, too" tells who somebody else is.
fn is_of_meeting(said: &str, expects: &Expects) -> bool {
    const OF_OTHERS: [&str; 9] =
        ["colleague", "colleagues", "invite", "add", "cc", "too", "also", "his", "her"];
    match expects {
        Expects::Times { .. } | Expects::Slot { .. } => true,
        Expects::Booked { .. } => !plain_words(said).iter().any(|word| OF_OTHERS.contains(&word.as_str())),
        _ => false,
    }
}

/// A code that goes on from elsewhere, what is kept of somebody, or a meeting of theirs: beside these nothing is meant.
fn of_this_conversation(said: &str, read: &UserIntent) -> Option<Wanted> {
    let plain = plain(said);
    let is_short = said.split_whitespace().count() <= CODE_WORDS && read.intent != Intent::CallbackRequest;
    let names_code = plain.split(|c: char| !c.is_alphanumeric()).any(|word| word == "code");
    let code = handoff::spoken(said.trim_matches(|c: char| !c.is_ascii_digit()));
    if let Some(code) = code.filter(|_| is_short || names_code) {
        return Some(Wanted { name: TAKE_OVER, arguments: json!({ "code": code }) });
    }
    if let Some(name) = private(said) {
        return Some(match name {
            FORGET => Wanted { name, arguments: json!({ "confirmed": false }) },
            RECALL => Wanted { name, arguments: json!({ "about": said }) },
            SEND_CODE => code_to(read),
            _ => Wanted { name, arguments: json!({}) },
        });
    }
    let is_of_theirs = meeting::is_to_change(&plain) || meeting::asks_for_theirs(&plain);
    is_of_theirs.then(|| Wanted { name: CHANGE, arguments: json!({ "confirmed": false }) })
}

/// Whoever asked a moment ago what is kept of them wants that gone: "delete it". `before` is what they said, the last first;
/// codes, and where they go, are no other matter.
pub fn wants_it_gone<'a>(said: &str, mut before: impl Iterator<Item = &'a str>) -> Option<Wanted> {
    let is_of_a_code =
        |said: &str| digits(said).is_some() || said.contains('@') || private(said) == Some(SEND_CODE);
    let asked = before.find(|said| !is_of_a_code(said))?;
    let is_meant = deletes_it(said) && matches!(private(asked), Some(EXPORT | RECALL));
    is_meant.then(|| Wanted { name: FORGET, arguments: json!({ "confirmed": false }) })
}

/// What of the owner somebody wants: that they are told something, meet, or call.
fn asked_for(said: &str, read: &UserIntent, owner: &str) -> Option<Wanted> {
    let slots = &read.slots;
    match read.intent {
        Intent::MessageForOwner | Intent::Complaint
            if said.split_whitespace().count() >= MESSAGE_WORDS
                && !only_asks(owner, said)
                && says_something(owner, said) =>
        {
            Some(message(said))
        }
        Intent::MeetingRequest
        | Intent::InterviewScheduling
        | Intent::JobOpportunity
        | Intent::Consultation
            if !slots.times.is_empty() =>
        {
            Some(meeting::times_said(said))
        }
        Intent::MeetingRequest | Intent::InterviewScheduling if read.confidence >= SURE => {
            Some(meeting::times(None))
        }
        Intent::Availability if read.confidence >= SURE && asks_for_times(said) => {
            Some(if slots.times.is_empty() { meeting::times(None) } else { meeting::times_said(said) })
        }
        Intent::CallbackRequest => slots.phone.as_ref().map(|phone| callback(phone, &slots.times)),
        Intent::Spam if !greets(owner, said) => None,
        // `Tell Alex I said hi`: it is small, and for them.
        _ if (greets(owner, said) || has_them_asked(owner, said)) && says_something(owner, said) => {
            Some(message(said))
        }
        _ => None,
    }
}

/// "Merci beaucoup" hands nothing on.
fn only_thanks(said: &str) -> bool {
    Language::courteous(said).is_some() || (thanks(said) && said.split_whitespace().count() <= THANKS_WORDS)
}

fn message(said: &str) -> Wanted {
    Wanted { name: MESSAGE, arguments: json!({ "message": said }) }
}

/// What is handed on is handed on as it was written, whatever it was understood as.
pub fn as_written(mut wanted: Vec<Wanted>, written: &str) -> Vec<Wanted> {
    for one in wanted.iter_mut().filter(|one| one.name == MESSAGE) {
        one.arguments["message"] = json!(written);
    }
    wanted
}

/// What answers to what the twin asked for. None if it is something else.
fn answered(
    (said, read): (&str, &UserIntent),
    owner: &str,
    expects: &Expects,
    manner: Manner,
) -> Option<Vec<Wanted>> {
    if meeting::may_mean_theirs(said, Some(expects)) {
        return Some(vec![Wanted { name: CHANGE, arguments: json!({ "confirmed": false }) }]);
    }
    if is_declined(said, Some(expects)) {
        return Some(Vec::new());
    }
    // Who asks for something of their own data answers nothing else.
    let is_message = matches!(expects, Expects::Message) && said.split_whitespace().count() > MESSAGE_WORDS;
    if private(said).is_some() && !is_message && !matches!(expects, Expects::Erasure) {
        return None;
    }
    let plain = plain(said);
    let asks = said.contains('?');
    match expects {
        Expects::Message
            if !asks
                && read.intent != Intent::Goodbye
                && !is_insult(owner, said)
                && !only_thanks(said)
                && (!says_it_was_no_answer(said) || said.split_whitespace().count() >= MESSAGE_WORDS) =>
        {
            Some(vec![message(said)])
        }
        Expects::Times { .. } if !read.slots.times.is_empty() => Some(vec![meeting::times_said(said)]),
        Expects::Slot { .. } => meeting::answered(said, read, expects, manner),
        Expects::Guest { booking } => meeting::given(said, read, booking),
        Expects::Cancellation { start } => meeting::called_off(said, read, *start),
        Expects::NewTime { .. } => meeting::moved(said, read, expects),
        Expects::Which { .. } => meeting::picked(said, expects),
        Expects::Booked { start, zone } => meeting::of_booked(said, read, *start, zone),
        Expects::Callback => read.slots.phone.as_ref().map(|phone| vec![callback(phone, &read.slots.times)]),
        Expects::CallbackTime { phone } if !asks && says_when(said, read) => {
            let phone = read.slots.phone.clone().or_else(|| Phone::parse(phone).ok())?;
            Some(vec![callback(&phone, &[said.to_owned()])])
        }
        Expects::Code if digits(said).is_some() => {
            Some(vec![Wanted { name: CONFIRM_CODE, arguments: json!({ "code": digits(said) }) }])
        }
        Expects::Code if read.slots.email.is_some() || read.slots.phone.is_some() => {
            Some(vec![code_to(read)])
        }
        Expects::Code if YES.contains(&plain.as_str()) => Some(vec![code_to(read)]),
        Expects::Erasure if !asks && agrees_to_erase(&plain) => {
            Some(vec![Wanted { name: FORGET, arguments: json!({ "confirmed": true }) }])
        }
        Expects::Confirmation { details } if !asks && meeting::agrees(&plain) => {
            let mut arguments: Value = serde_json::from_str(details).ok()?;
            arguments["confirmed"] = json!(true);
            Some(vec![Wanted { name: "save_contact", arguments }])
        }
        _ => None,
    }
}

/// A yes to being forgotten, and nothing else: "ok, is that all" asks, with a question mark or without.
fn agrees_to_erase(plain: &str) -> bool {
    const ERASING: &str = "absolutely all and certain confirm data definitely delete do erase everything forget go ahead i it me my of \
         ok okay please really remove right sure thanks yeah yep yes";
    const STATING: [&str; 3] = [" thank you ", " that is ", " i am "];
    let words = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let said = format!(" {} ", words.collect::<Vec<_>>().join(" "));
    // "So you want to delete it" asks, too.
    let wish = said.replace(" i want you to ", " ").replace(" i want to ", " ");
    let deletes = deletes_it(plain) && ![" forget ", " you ", " i "].iter().any(|word| wish.contains(word));
    let stated = STATING.iter().fold(said, |said, words| said.replace(words, " "));
    let begins = stated.split_whitespace().next().is_some_and(|first| YES.contains(&first));
    let is_known = |word: &str| ERASING.split_ascii_whitespace().any(|known| known == word);
    YES.contains(&plain)
        || deletes
        || (begins && !stated.contains(" do i ") && stated.split_whitespace().all(is_known))
}

/// Whoever says yes to leaving a message, or to proposing a time, wants to; whoever was asked for more of an offer tells it.
pub fn meant(said: &str, read: &UserIntent, before: Option<&Expects>) -> UserIntent {
    let intent = match before {
        Some(Expects::Offered) if is_yes(said) => Intent::MessageForOwner,
        Some(Expects::Times { .. }) if is_yes(said) => Intent::MeetingRequest,
        Some(Expects::Times { .. }) if tells_of_an_offer(said, read) => Intent::JobOpportunity,
        _ => return read.clone(),
    };
    UserIntent { intent, confidence: MEANT, ..read.clone() }
}

/// They want nothing of what they were asked for.
pub fn is_declined(said: &str, before: Option<&Expects>) -> bool {
    let plain = plain(said);
    // Whoever speaks of a meeting that is booked says by that that it is to be cancelled.
    let of_theirs = matches!(
        before,
        Some(Expects::Cancellation { .. } | Expects::Booked { .. } | Expects::NewTime { .. })
    );
    let refuses = NO.contains(&plain.as_str()) && !(plain == "cancel" && of_theirs);
    // "No, that's wrong" is said of what was read back; with an address it says how it is right.
    let is_wrong = matches!(before, Some(Expects::Confirmation { .. }))
        && says_it_was_no_answer(said)
        && !said.contains('@');
    before.is_some() && (refuses || is_wrong || meeting::drops(&plain, !of_theirs)) && private(said).is_none()
}

/// What is said to whoever wants nothing of what they were asked for.
pub fn dropped(before: Option<&Expects>) -> &'static str {
    meeting::dropped(before)
}

/// What the twin's answer waits for.
pub fn expected(
    said: &str,
    read: &UserIntent,
    before: Option<&Expects>,
    done: &[(Wanted, Value)],
) -> Option<Expects> {
    let unconfirmed = done
        .iter()
        .find(|(wanted, output)| wanted.name == "save_contact" && output.get("read_back").is_some());
    if let Some((wanted, _)) = unconfirmed {
        return Some(Expects::Confirmation { details: wanted.arguments.to_string() });
    }
    if done.iter().any(|(wanted, output)| wanted.name == FORGET && output.get("asked").is_some()) {
        return Some(Expects::Erasure);
    }
    let unproved = |(wanted, output): &(Wanted, Value)| match wanted.name {
        SEND_CODE => true,
        CONFIRM_CODE => output["confirmed"] != true,
        RECALL | CHANGE => output["verified"] == false,
        EXPORT => output["step_up"].is_string(),
        _ => false,
    };
    if done.iter().any(unproved) {
        return Some(Expects::Code);
    }
    // What was booked a moment ago is kept in mind while other things are spoken of.
    let booked = || before.filter(|before| matches!(before, Expects::Booked { .. })).cloned();
    // What was read back is still to be confirmed.
    let read_back = || {
        let is_open = |before: &&Expects| matches!(before, Expects::Confirmation { .. });
        before.filter(is_open).filter(|_| read.intent != Intent::Goodbye).cloned()
    };
    if let Some((last, earlier)) = done.split_last() {
        let (wanted, output) = last;
        if wanted.name == CALLBACK && output.get("noted").is_some() && wanted.arguments["when"].is_null() {
            let phone = wanted.arguments["phone"].as_str().unwrap_or_default().to_owned();
            return Some(Expects::CallbackTime { phone });
        }
        let stands = || booked().filter(|_| wanted.name != CHANGE);
        return meeting::expected(said, read, before, earlier, last).or_else(stands);
    }
    if is_declined(said, before) {
        return booked();
    }
    if meeting::is_kept(said, read, before) {
        return before.cloned();
    }
    if says_a_code_fails(said) {
        return Some(Expects::Code);
    }
    if asks_for_less(said) || asks_whether_it_arrived(said) || says_it_was_no_answer(said) {
        return Some(Expects::Offered);
    }
    // What they were asked before is what it is about, unless they name a role by now.
    let times = |topic: String| match before {
        Some(Expects::Times { .. }) if is_yes(said) || read.slots.role.is_none() => before.cloned(),
        _ => Some(Expects::Times { topic }),
    };
    if asks_how_to_go_on(said) {
        return times(NEXT.to_owned());
    }
    match read.intent {
        Intent::MessageForOwner | Intent::Complaint => Some(Expects::Message),
        Intent::MeetingRequest | Intent::InterviewScheduling | Intent::JobOpportunity => {
            times(topic(said, read))
        }
        Intent::Consultation | Intent::Pricing if wants_a_quote(said) => times(topic(said, read)),
        Intent::Consultation if read.confidence >= SURE && !asks(said) => times(topic(said, read)),
        Intent::Networking if read.confidence >= SURE && !asks(said) => Some(Expects::Offered),
        Intent::Availability if asks_when_to_meet(said, read) => {
            Some(Expects::Times { topic: topic(said, read) })
        }
        Intent::CallbackRequest => Some(Expects::Callback),
        _ => booked().or_else(read_back),
    }
}

fn code_to(read: &UserIntent) -> Wanted {
    let slots = &read.slots;
    let to = slots.email.as_ref().map(|email| email.address().to_owned());
    let to = to.or_else(|| slots.phone.as_ref().map(|phone| phone.as_str().to_owned()));
    let arguments = to.map_or_else(|| json!({}), |to| json!({ "to": to }));
    Wanted { name: SEND_CODE, arguments }
}

/// The digits of a code, alone or in a sentence.
fn digits(said: &str) -> Option<String> {
    let words = said.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_ascii_digit()));
    std::iter::once(said).chain(words).find_map(Digits::parse).map(|digits| digits.reveal().to_owned())
}

fn callback(phone: &Phone, times: &[String]) -> Wanted {
    let mut arguments = json!({ "phone": phone.as_str() });
    if !times.is_empty() {
        arguments["when"] = json!(times.join(" or "));
    }
    Wanted { name: CALLBACK, arguments }
}

fn topic(said: &str, read: &UserIntent) -> String {
    match (&read.slots.role, &read.slots.company) {
        (Some(role), Some(company)) => format!("{role} at {company}"),
        (Some(role), None) => role.clone(),
        _ => said.chars().take(MAX_TOPIC).collect(),
    }
}

fn details(said: &str, read: &UserIntent, confirmed: bool) -> Value {
    let mut details = json!({ "confirmed": confirmed });
    let email = read.slots.email.as_ref().map(Email::address);
    if let Some(email) = email {
        details["email"] = json!(email);
    }
    let name = match email {
        Some(_) => meeting::named(said, email),
        None => meeting::introduced(said, read),
    };
    if let Some(name) = name {
        details["name"] = json!(name);
    }
    if let Some(company) = &read.slots.company {
        details["company"] = json!(company);
    }
    details
}

#[cfg(test)]
mod tests;

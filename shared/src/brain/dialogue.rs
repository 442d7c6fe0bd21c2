//! The dialogue without a model, by rules: which tool does what somebody asks for, what the twin waits for, and what is
//! said once it is done.

mod meeting;

use serde_json::{Value, json};

use self::meeting::{BOOK, CHANGE, FIND};
pub use self::meeting::{Then, then};
use super::{
    UserIntent,
    reply::{MEANT, asks_of},
};
use crate::{
    chat::Expects,
    code::Digits,
    contact::Contact,
    handoff,
    identity::{Email, Phone},
    interaction::Intent,
    persona::Persona,
};

/// How something was said: what is spoken may have been heard wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Written,
    Spoken,
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
const MAX_TOPIC: usize = 120;
/// Who wants to meet this surely is told when.
const SURE: f32 = 0.5;
const YES: [&str; 12] = [
    "yes",
    "yes please",
    "yep",
    "yeah",
    "correct",
    "right",
    "that is right",
    "that's right",
    "ok",
    "okay",
    "sure",
    "please do",
];
const NO: [&str; 8] =
    ["no", "nope", "never mind", "nevermind", "no thanks", "no thank you", "forget it", "cancel"];

const FORGET: &str = "forget_me";
const SEND_CODE: &str = "send_code";
const CONFIRM_CODE: &str = "confirm_code";
const RECALL: &str = "recall";
const SAVE: &str = "save_contact";
const TAKE_OVER: &str = "take_over";
const PRIVATE: [(&str, &[&str]); 6] = [
    (
        "give_code",
        &[
            "continue elsewhere",
            "continue on the phone",
            "continue by phone",
            "continue by voice",
            "continue in claude",
            "continue in another app",
            "go on elsewhere",
            "go on by phone",
            "code to continue",
        ],
    ),
    (
        SEND_CODE,
        &[
            "send me a code",
            "send a code",
            "text me a code",
            "mail me a code",
            "one-time code",
            "verify me",
            "verify that it is me",
            "verify that it's me",
            "prove who i am",
            "prove that it is me",
            "prove that it's me",
        ],
    ),
    (
        RECALL,
        &[
            "what did we talk about",
            "what did we speak about",
            "what did we discuss",
            "what did i tell you",
            "what did i say",
            "what did you tell me",
            "what did you say last time",
            "do you remember",
            "our last conversation",
            "our earlier conversation",
            "our previous conversation",
            "last time we",
        ],
    ),
    (
        FORGET,
        &[
            "forget me",
            "forget everything about me",
            "forget all about me",
            "delete my data",
            "erase my data",
            "delete everything about me",
            "erase everything about me",
            "delete all my data",
            "erase all my data",
            "delete all you know about me",
            "delete everything you know about me",
            "erase me",
        ],
    ),
    (
        "export_my_data",
        &[
            "export my data",
            "download my data",
            "copy of my data",
            "copy of all my data",
            "what data do you have about me",
            "what data do you keep about me",
            "all the data you have about me",
        ],
    ),
    (
        "stop_contact",
        &[
            "don't contact me",
            "do not contact me",
            "stop contacting me",
            "don't email me",
            "do not email me",
            "don't e-mail me",
            "do not e-mail me",
            "stop emailing me",
            "stop mailing me",
            "unsubscribe me",
            "don't call me again",
            "do not call me again",
            "stop calling me",
        ],
    ),
];

/// What is to be done about what was said; nothing if it only asks something.
pub fn wanted(
    said: &str,
    read: &UserIntent,
    expects: Option<&Expects>,
    contact: &Contact,
    owner: &str,
    manner: Manner,
) -> Vec<Wanted> {
    if let Some(wanted) = expects.and_then(|expects| answered(said, read, expects)) {
        return wanted;
    }
    let is_short = said.split_whitespace().count() <= CODE_WORDS && read.intent != Intent::CallbackRequest;
    if let Some(code) = handoff::spoken(said.trim_matches(|c: char| !c.is_ascii_digit())).filter(|_| is_short)
    {
        return vec![Wanted { name: TAKE_OVER, arguments: json!({ "code": code }) }];
    }
    if let Some(name) = private(said) {
        return vec![match name {
            FORGET => Wanted { name, arguments: json!({ "confirmed": false }) },
            RECALL => Wanted { name, arguments: json!({ "about": said }) },
            SEND_CODE => code_to(read),
            _ => Wanted { name, arguments: json!({}) },
        }];
    }
    if meeting::is_to_change(&plain(said)) {
        return vec![Wanted { name: CHANGE, arguments: json!({ "confirmed": false }) }];
    }
    let slots = &read.slots;
    let mut all = Vec::new();
    match read.intent {
        Intent::MessageForOwner | Intent::Complaint
            if said.split_whitespace().count() >= MESSAGE_WORDS && !only_asks(owner, said) =>
        {
            all.push(Wanted { name: "take_message", arguments: json!({ "message": said }) });
        }
        Intent::MeetingRequest
        | Intent::InterviewScheduling
        | Intent::JobOpportunity
        | Intent::Consultation
            if !slots.times.is_empty() =>
        {
            all.push(meeting::times(Some(said)));
        }
        Intent::MeetingRequest | Intent::InterviewScheduling if read.confidence >= SURE => {
            all.push(meeting::times(None));
        }
        Intent::Availability if read.confidence >= SURE => {
            all.push(meeting::times((!slots.times.is_empty()).then_some(said)));
        }
        Intent::CallbackRequest => {
            all.extend(slots.phone.as_ref().map(|phone| callback(phone, &slots.times)));
        }
        // `Tell Alex I said hi`: it is small, and for them.
        _ if greets(owner, said) => {
            all.push(Wanted { name: "take_message", arguments: json!({ "message": said }) });
        }
        _ => {}
    }
    let is_new = |email: &Email| contact.contact_methods.email.as_ref() != Some(email);
    if slots.email.as_ref().is_some_and(is_new) {
        let wants_time = all.iter().any(|wanted| wanted.name == FIND);
        match (wants_time, manner) {
            (false, _) => all.push(Wanted { name: SAVE, arguments: details(read, false) }),
            // What they wrote themselves needs no asking beside the question which time suits them.
            (true, Manner::Written) => {
                let mut details = details(read, true);
                if let Some(name) = meeting::named(said, slots.email.as_ref().map(Email::address)) {
                    details["name"] = json!(name);
                }
                all.insert(0, Wanted { name: SAVE, arguments: details });
            }
            // Who says a time is asked for the address when it is booked.
            (true, Manner::Spoken) => {}
        }
    }
    all
}

/// What answers to what the twin asked for. None if it is something else.
fn answered(said: &str, read: &UserIntent, expects: &Expects) -> Option<Vec<Wanted>> {
    if is_declined(said, Some(expects)) {
        return Some(Vec::new());
    }
    let plain = plain(said);
    let asks = said.contains('?');
    match expects {
        Expects::Message if !asks && read.intent != Intent::Goodbye => {
            Some(vec![Wanted { name: "take_message", arguments: json!({ "message": said }) }])
        }
        Expects::Times { .. } if !read.slots.times.is_empty() => Some(vec![meeting::times(Some(said))]),
        Expects::Slot { .. } => meeting::answered(said, read, expects),
        Expects::Guest { booking } => meeting::given(said, read, booking),
        Expects::Cancellation { start } => meeting::called_off(said, read, *start),
        Expects::NewTime { .. } => meeting::moved(said, read, expects),
        Expects::Which { .. } => meeting::picked(said, expects),
        Expects::Callback => read.slots.phone.as_ref().map(|phone| vec![callback(phone, &read.slots.times)]),
        Expects::Code if digits(said).is_some() => {
            Some(vec![Wanted { name: CONFIRM_CODE, arguments: json!({ "code": digits(said) }) }])
        }
        Expects::Code if read.slots.email.is_some() || read.slots.phone.is_some() => {
            Some(vec![code_to(read)])
        }
        Expects::Code if YES.contains(&plain.as_str()) => Some(vec![code_to(read)]),
        Expects::Erasure if YES.contains(&plain.as_str()) => {
            Some(vec![Wanted { name: FORGET, arguments: json!({ "confirmed": true }) }])
        }
        Expects::Confirmation { details } if YES.contains(&plain.as_str()) => {
            let mut arguments: Value = serde_json::from_str(details).ok()?;
            arguments["confirmed"] = json!(true);
            Some(vec![Wanted { name: "save_contact", arguments }])
        }
        _ => None,
    }
}

/// Whoever says yes to leaving a message, or to proposing a time, wants to.
pub fn meant(said: &str, read: &UserIntent, before: Option<&Expects>) -> UserIntent {
    let intent = match before {
        Some(Expects::Offered) => Intent::MessageForOwner,
        Some(Expects::Times { .. }) => Intent::MeetingRequest,
        _ => return read.clone(),
    };
    if is_yes(said) { UserIntent { intent, confidence: MEANT, ..read.clone() } } else { read.clone() }
}

fn is_yes(said: &str) -> bool {
    YES.contains(&plain(said).replace(',', "").as_str())
}

/// They want nothing of what they were asked for.
pub fn is_declined(said: &str, before: Option<&Expects>) -> bool {
    let plain = plain(said);
    // Whoever was asked whether it is to be cancelled says yes by that.
    let cancels = plain == "cancel" && matches!(before, Some(Expects::Cancellation { .. }));
    before.is_some() && NO.contains(&plain.as_str()) && !cancels
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
        _ => false,
    };
    if done.iter().any(unproved) {
        return Some(Expects::Code);
    }
    if let Some((last, earlier)) = done.split_last() {
        return meeting::expected(said, read, before, earlier, last);
    }
    if is_declined(said, before) {
        return None;
    }
    if meeting::is_kept(said, read, before) {
        return before.cloned();
    }
    match read.intent {
        Intent::MessageForOwner | Intent::Complaint => Some(Expects::Message),
        Intent::MeetingRequest | Intent::InterviewScheduling | Intent::JobOpportunity => match before {
            Some(Expects::Times { .. }) if is_yes(said) => before.cloned(),
            _ => Some(Expects::Times { topic: topic(said, read) }),
        },
        Intent::CallbackRequest => Some(Expects::Callback),
        _ => None,
    }
}

/// Something that asks about the owner and hands nothing on: `When she is back, tell her that I called.` is a message.
fn only_asks(owner: &str, said: &str) -> bool {
    let is_one_question =
        said.trim_end().strip_suffix('?').is_some_and(|asked| !asked.contains(['?', '.', '!']));
    asks_of(owner, said) && (is_one_question || !hands_on(owner, said))
}

/// Whether something asks that the owner be told something, or greeted, and says what.
fn greets(owner: &str, said: &str) -> bool {
    const GREETINGS: [&str; 5] = ["hi", "hello", "hey", "regards", "thanks"];
    let (owner, lower) = (owner.to_lowercase(), said.to_lowercase());
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_owner =
        |word: &str| matches!(word, "him" | "her" | "them") || owner.split(' ').any(|name| name == word);
    // `Don't tell Alex`, `I will tell her myself`
    let is_withheld =
        |before: &str| matches!(before, "t" | "dont" | "not" | "never" | "without" | "i" | "ll" | "will");
    let tells = words.windows(3).enumerate().any(|(at, three)| {
        let is_asked = at.checked_sub(1).is_none_or(|before| !is_withheld(words[before]));
        matches!(three[0], "tell" | "let" | "remind") && is_owner(three[1]) && is_asked
    });
    let says =
        words.windows(3).any(|three| GREETINGS.contains(&three[0]) && three[1] == "to" && is_owner(three[2]));
    let gives = words.windows(2).any(|two| matches!(two[0], "give" | "send") && is_owner(two[1]))
        && words.iter().any(|word| GREETINGS.contains(word) || *word == "greetings");
    !said.contains('?') && (tells || says || gives)
}

/// Whether something asks that the owner be told.
fn hands_on(owner: &str, said: &str) -> bool {
    let (owner, lower) = (owner.to_lowercase(), said.to_lowercase());
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_owner = |word: &str| matches!(word, "him" | "her") || owner.split(' ').any(|name| name == word);
    let tells = |pair: &[&str]| match pair[0] {
        "tell" | "remind" | "inform" | "let" => is_owner(pair[1]),
        "pass" => matches!(pair[1], "on" | "it" | "this" | "that"),
        _ => false,
    };
    words.contains(&"please") || words.windows(2).any(tells)
}

/// What is said of what was done, and the same in short for the record.
pub fn told(persona: &Persona, done: &[(Wanted, Value)]) -> String {
    let name = &persona.core.name;
    let sentences = done.iter().map(|(wanted, output)| match (wanted.name, output) {
        (BOOK, output) if output["gone"] == true => "I am sorry, this time is not free any more.".to_owned(),
        (_, output) if output.get("error").is_some() => {
            // What comes after is for a model.
            let why = output["error"].as_str().and_then(|why| why.split(": ").next());
            let why = why.unwrap_or("it did not work");
            format!("I could not do that: {why}.")
        }
        ("take_message", _) => format!("I have noted your message, and {name} will read it."),
        ("propose_meeting", _) => format!(
            "I have noted it: {}. {name} will confirm; nothing is booked yet.",
            listed(&wanted.arguments["preferred_times"])
        ),
        (FIND, output) => meeting::offer_told(name, output),
        (BOOK, output) if output.get("held").is_some() => meeting::held_told(output),
        (CHANGE, output) if output["meetings"].is_array() => {
            meeting::theirs_told(output, done.iter().any(|(wanted, _)| wanted.name == FIND))
        }
        ("request_callback", _) => {
            let number = wanted.arguments["phone"].as_str().and_then(|phone| Phone::parse(phone).ok());
            let number = number.map(|phone| format!(", {}", phone.written())).unwrap_or_default();
            format!("I have noted your number{number}: {name} will decide when to call.")
        }
        ("save_contact", output) if output.get("read_back").is_some() => {
            format!("I understood: {}. Is that right?", details_told(&output["read_back"]))
        }
        ("save_contact", _) => "Thank you, it is saved.".to_owned(),
        (FORGET, output) if output["erased"] == true => "All that was kept of you is erased.".to_owned(),
        (_, output) if output["say"].is_string() => output["say"].as_str().unwrap_or_default().to_owned(),
        _ => "Done.".to_owned(),
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// What a tool did, for the person.
pub fn label(tool: &str, output: &Value) -> Option<&'static str> {
    match tool {
        "take_message" if output.get("taken").is_some() => Some("Your message was noted."),
        "propose_meeting" if output.get("noted").is_some() => Some("Your proposal of a time was noted."),
        BOOK if output["booked"] == true => Some("Your meeting was booked."),
        CHANGE if output["cancelled"] == true => Some("Your meeting was cancelled."),
        CHANGE if output["changed"] == true => Some("Your meeting was moved."),
        "request_callback" if output.get("noted").is_some() => Some("Your wish to be called was noted."),
        "save_contact" if output["saved"] == true => Some("Your details were saved."),
        "send_handoff_link" if output["by"] == "sms" => Some("A link will be texted to you."),
        "send_handoff_link" if output.get("planned").is_some() => Some("A link will be mailed to you."),
        SEND_CODE if output["sent"] == true => Some("A code was sent to you."),
        CONFIRM_CODE if output["confirmed"] == true => Some("It is sure now who you are."),
        TAKE_OVER if output["continued"] == true => Some("Your conversation goes on here."),
        FORGET if output["erased"] == true => Some("All that was kept of you was erased."),
        FORGET | "export_my_data" if output.get("noted").is_some() => Some("Your wish was passed on."),
        FORGET if output.get("planned").is_some() => Some("All that is kept of you will be erased."),
        "export_my_data" if output.get("planned").is_some() => {
            Some("A copy of your data will be mailed to you.")
        }
        "stop_contact" if output.get("noted").is_some() => Some("You will not be contacted."),
        _ => None,
    }
}

/// What somebody asks about their own data, by the tool that does it.
fn private(said: &str) -> Option<&'static str> {
    let plain = plain(said).replace('’', "'");
    PRIVATE
        .iter()
        .find(|(_, phrases)| phrases.iter().any(|phrase| plain.contains(phrase)))
        .map(|(tool, _)| *tool)
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
    Wanted { name: "request_callback", arguments }
}

fn topic(said: &str, read: &UserIntent) -> String {
    match (&read.slots.role, &read.slots.company) {
        (Some(role), Some(company)) => format!("{role} at {company}"),
        (Some(role), None) => role.clone(),
        _ => said.chars().take(MAX_TOPIC).collect(),
    }
}

fn details(read: &UserIntent, confirmed: bool) -> Value {
    let mut details = json!({ "confirmed": confirmed });
    if let Some(email) = read.slots.email.as_ref().map(Email::address) {
        details["email"] = json!(email);
    }
    if let Some(company) = &read.slots.company {
        details["company"] = json!(company);
    }
    details
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

/// In small letters, without what stands around it.
fn plain(said: &str) -> String {
    said.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        brain::{Brain, slots::Slots},
        id::PersonId,
    };

    const OWNER: &str = "Alex Sample";

    fn contact() -> Contact {
        Contact::new(PersonId::derived("1").unwrap(), None, Timestamp::UNIX_EPOCH)
    }

    fn names(said: &str, expects: Option<&Expects>) -> Vec<&'static str> {
        let read = Brain::Offline.determine_intent(said, OWNER);
        wanted(said, &read, expects, &contact(), OWNER, Manner::Written)
            .into_iter()
            .map(|wanted| wanted.name)
            .collect()
    }

    #[test]
    fn what_is_said_plainly_is_done() {
        let times = Expects::Times { topic: "a role".to_owned() };
        let confirm = Expects::Confirmation { details: r#"{"email":"a@example.com"}"#.to_owned() };
        let cancel = Expects::Cancellation { start: Timestamp::UNIX_EPOCH };
        let rows: [(&str, Option<&Expects>, &[&str]); 41] = [
            ("Tell Alex I said hi", None, &["take_message"]),
            ("Don't tell Alex this.", None, &[]),
            ("Never tell her that", None, &[]),
            ("I will tell him myself", None, &[]),
            ("say hello to alex from me", None, &["take_message"]),
            ("Tell me about Alex", None, &[]),
            ("Is Alex available for new work?", None, &["find_times"]),
            ("How much do you charge?", None, &[]),
            ("Why did Alex leave the job at the old company?", None, &[]),
            ("What did Alex do wrong at Globex that made them complain?", None, &[]),
            ("Please tell Alex that the contract will be sent on Monday morning.", None, &["take_message"]),
            ("Can I leave a message?", None, &[]),
            ("The contract is on its way.", Some(&Expects::Message), &["take_message"]),
            ("never mind", Some(&Expects::Message), &[]),
            ("Could we meet on Tuesday at 3 pm?", None, &["find_times"]),
            ("Can we schedule a meeting?", None, &["find_times"]),
            ("Thursday at 10 am would be good", Some(&times), &["find_times"]),
            ("Please call me back on +1 415 555 2671", None, &["request_callback"]),
            ("My e-mail is dana@example.com", None, &["save_contact"]),
            ("Yes!", Some(&confirm), &["save_contact"]),
            ("What has Alex done with Rust?", Some(&times), &[]),
            ("Please forget me.", None, &["forget_me"]),
            ("Yes please!", Some(&Expects::Erasure), &["forget_me"]),
            ("no", Some(&Expects::Erasure), &[]),
            ("Can I get a copy of my data?", None, &["export_my_data"]),
            ("Please don’t e-mail me any more.", None, &["stop_contact"]),
            ("Send me a code to dana@example.com, please.", None, &["send_code"]),
            ("What did we talk about on Monday?", None, &["recall"]),
            ("421337", Some(&Expects::Code), &["confirm_code"]),
            ("It is 421337.", Some(&Expects::Code), &["confirm_code"]),
            ("yes please", Some(&Expects::Code), &["send_code"]),
            ("dana@example.com", Some(&Expects::Code), &["send_code"]),
            ("421337", None, &[]),
            ("Can I continue on the phone?", None, &["give_code"]),
            ("My code is 421 337 008.", None, &["take_over"]),
            ("421337008", None, &["take_over"]),
            ("I have to cancel our meeting.", None, &["change_meeting"]),
            ("Can we reschedule my appointment?", None, &["change_meeting"]),
            ("Yes, cancel it.", Some(&cancel), &["change_meeting"]),
            ("no", Some(&cancel), &[]),
            ("Has Alex ever moved a team to the cloud?", None, &[]),
        ];
        for (said, expects, expected) in rows {
            assert_eq!(names(said, expects), expected, "{said}");
        }
    }

    #[test]
    fn a_message_may_begin_like_a_question() {
        let rows = [
            ("when she gets back tell her i dropped by", true),
            ("when he gets in tell him to check his email", true),
            ("Is Alex there? Please tell him that I called.", true),
            ("What I want to tell Alex is that the contract is signed", true),
            ("Is she back? Then let her know that it is signed.", true),
            ("Why did Alex leave the job at the old company?", false),
            ("Did he tell her that the contract was signed?", false),
            ("what did Alex do wrong at Globex that made them complain", false),
        ];
        for intent in [Intent::MessageForOwner, Intent::Complaint] {
            let read = UserIntent { intent, confidence: 0.9, slots: Slots::default() };
            for (said, is_message) in rows {
                let all = wanted(said, &read, None, &contact(), OWNER, Manner::Written);
                let expected: &[&str] = if is_message { &["take_message"] } else { &[] };
                assert_eq!(all.iter().map(|one| one.name).collect::<Vec<_>>(), expected, "{said}");
            }
        }
    }

    #[test]
    fn a_number_is_said_back() {
        let persona: Persona =
            serde_json::from_str(include_str!("../../../infra/local/demo/persona.json")).unwrap();
        let phone = Phone::parse("+14155552671").unwrap();
        let said = told(&persona, &[(callback(&phone, &[]), json!({ "noted": true }))]);
        assert!(said.starts_with("I have noted your number, +1 415-555-2671: "), "{said}");
    }

    #[test]
    fn who_writes_an_address_with_a_wish_for_a_time_is_known_by_it() {
        let said = "Can we meet on Tuesday? I am Bob Miller, bob@miller.example";
        let read = Brain::Offline.determine_intent(said, OWNER);
        let all = wanted(said, &read, None, &contact(), OWNER, Manner::Written);
        let names: Vec<&str> = all.iter().map(|wanted| wanted.name).collect();
        assert_eq!(names, [SAVE, FIND]);
        let details = json!({ "email": "bob@miller.example", "name": "Bob Miller", "confirmed": true });
        assert_eq!(all[0].arguments, details);
        let spoken = wanted(said, &read, None, &contact(), OWNER, Manner::Spoken);
        assert_eq!(spoken.iter().map(|wanted| wanted.name).collect::<Vec<_>>(), [FIND]);
    }

    #[test]
    fn a_yes_confirms_what_was_read_back() {
        let confirm =
            Expects::Confirmation { details: r#"{"email":"a@example.com","confirmed":false}"#.to_owned() };
        let read = Brain::Offline.determine_intent("yes", OWNER);
        let wanted = wanted("yes", &read, Some(&confirm), &contact(), OWNER, Manner::Written);
        assert_eq!(wanted[0].arguments, json!({ "email": "a@example.com", "confirmed": true }));
    }

    #[test]
    fn what_the_twin_asked_for_is_kept_in_mind() {
        let after = |said: &str| expected(said, &Brain::Offline.determine_intent(said, OWNER), None, &[]);
        assert_eq!(after("Can I leave a message?"), Some(Expects::Message));
        assert!(matches!(after("Can we schedule a meeting?"), Some(Expects::Times { .. })));
        assert_eq!(after("What has Alex done with Rust?"), None);
    }

    #[test]
    fn a_yes_to_what_is_offered_is_followed_by_it() {
        let read = |said: &str| Brain::Offline.determine_intent(said, OWNER);
        let meant = |said: &str, before: Option<&Expects>| meant(said, &read(said), before);
        let (offer, proposal) = (Expects::Offered, Expects::Times { topic: "a role".to_owned() });
        let (offered, times) = (Some(&offer), Some(&proposal));
        let accepted = meant("Yes, please.", offered);
        assert_eq!(expected("Yes, please.", &accepted, offered, &[]), Some(Expects::Message));
        assert_eq!(wanted("Yes.", &accepted, offered, &contact(), OWNER, Manner::Written), []);
        assert_eq!(expected("no thanks", &meant("no thanks", offered), offered, &[]), None);
        assert_eq!(meant("yes", None), read("yes"), "nothing was offered");
        let accepted = meant("yes", times);
        let found = wanted("yes", &accepted, times, &contact(), OWNER, Manner::Written);
        assert_eq!(found.iter().map(|wanted| wanted.name).collect::<Vec<_>>(), [FIND]);
        assert_eq!(expected("yes", &accepted, times, &[]), times.cloned(), "where no time can be booked");
    }
}

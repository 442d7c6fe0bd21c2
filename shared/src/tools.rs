//! What the twin can do in a conversation: one file a tool, with its arguments, schema, description and rule.
//!
//! A tool is a pure function of the scene. It never names a person: the session does.

pub mod answer_question;
pub mod book_meeting;
pub mod change_meeting;
pub mod confirm_code;
pub mod end_call;
pub mod export_my_data;
pub mod find_times;
pub mod forget_me;
pub mod give_code;
pub mod propose_meeting;
pub mod note_number;
pub mod press_keys;
pub mod recall;
pub mod record_call;
pub mod request_callback;
pub mod route_call;
pub mod save_contact;
pub mod send_code;
pub mod send_handoff_link;
pub mod stop_contact;
pub mod take_message;
pub mod take_over;
pub mod transfer_to_owner;

use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    code::Digits,
    contact::{Contact, Detail},
    identity::{Email, IdentityKey, Phone},
    interaction::Action,
    knowledge::library::Found,
    memory::Recalled,
    policy::Standing,
    recording::{Policy, Step},
    routing::{Reach, RouteKind},
    wire::{dtmf::Keys, realtime::session::FunctionTool, responses::Function},
};

#[derive(Debug, Clone, PartialEq)]
pub enum Tool {
    AnswerQuestion(answer_question::Arguments),
    SaveContact(save_contact::Arguments),
    TakeMessage(take_message::Arguments),
    SendHandoffLink(send_handoff_link::Arguments),
    FindTimes(find_times::Arguments),
    BookMeeting(book_meeting::Arguments),
    ChangeMeeting(change_meeting::Arguments),
    ProposeMeeting(propose_meeting::Arguments),
    RequestCallback(request_callback::Arguments),
    ExportMyData(export_my_data::Arguments),
    ForgetMe(forget_me::Arguments),
    StopContact(stop_contact::Arguments),
    RouteCall(route_call::Arguments),
    TransferToOwner(transfer_to_owner::Arguments),
    RecordCall(record_call::Arguments),
    SendCode(send_code::Arguments),
    ConfirmCode(confirm_code::Arguments),
    Recall(recall::Arguments),
    GiveCode(give_code::Arguments),
    TakeOver(take_over::Arguments),
    NoteNumber(note_number::Arguments),
    PressKeys(press_keys::Arguments),
    EndCall(end_call::Arguments),
}

/// What a tool may look at.
pub struct Scene<'a> {
    pub contact: &'a Contact,
    /// Where one speaks, and how sure it is who.
    pub standing: Standing,
    pub seen: &'a Seen,
}

/// What was looked up for a tool before it runs.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// What supports an answer to the question, if one is asked.
    pub found: Vec<Found>,
    /// What of earlier conversations is about what is asked, as far as they may hear it.
    pub recalled: Option<Vec<Recalled>>,
    /// Whether the owner can be put on the line.
    pub reach: Reach,
    pub recording: Policy,
    pub may_press: bool,
    /// Free times, if they are asked for.
    pub offered: Option<find_times::Offered>,
    /// What came of the wish to book, if there is one.
    pub arranged: Option<book_meeting::Arranged>,
    /// What came of the wish to move or cancel a meeting, if there is one.
    pub changed: Option<change_meeting::Changed>,
    pub texts: Texts,
    pub private: Private,
}

/// What it takes to have what is kept of them, or to have it erased, where one speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Private {
    pub copies: Copies,
    /// They were asked in this conversation whether all is to be erased.
    pub was_asked: bool,
    /// The beginning of the last turn that is stored, as its offset.
    pub last_ms: u64,
}

/// Where a link to what is kept of them is mailed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Copies {
    /// No e-mail address is theirs by more than their word.
    #[default]
    Nowhere,
    /// They want no mails, or none arrive there.
    Unwanted,
    To(Email),
}

/// Where a text message goes that they ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Texts {
    /// There is no number to send one from.
    #[default]
    NoLine,
    /// No number is theirs by more than their word, or it costs whoever texts there.
    Nowhere,
    /// They want none.
    Unwanted,
    /// The number that they call from, or one that is tied to them.
    To(Phone),
}

impl Texts {
    /// Where one goes; else why none does.
    fn number(&self) -> Result<&Phone, &'static str> {
        match self {
            Self::To(number) => Ok(number),
            Self::NoLine => Err("no text can be sent from here"),
            Self::Nowhere => Err("there is no number of theirs that takes texts"),
            Self::Unwanted => Err("they answered STOP to a text, or said that they want none"),
        }
    }
}

/// What is to be done about a call once the tool's action is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneEffect {
    RingOwner { reason: String },
    Record(Step),
    Press(Keys),
}

/// What is to be done about who the person is, and where they go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A code is sent to an address or a number; to what is known of them, if none is named.
    Send(Option<IdentityKey>),
    Confirm(Digits),
    /// The conversation goes on elsewhere.
    HandOver,
    /// Another goes on here, by the digits of its code.
    TakeOver(String),
}

/// What a tool did.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// For the model: a JSON object.
    pub output: Value,
    /// To be stored before the model hears of it.
    pub action: Option<Action>,
    /// What it learned of the contact.
    pub learned: Vec<Detail>,
    pub ends_call: bool,
    /// How the call is taken from now on.
    pub route: Option<RouteKind>,
    pub effect: Option<PhoneEffect>,
    /// The output is what comes of this.
    pub proof: Option<Proof>,
    /// All that is kept of the person is to be erased; nothing of this is stored.
    pub erases: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    #[error("there is no tool of this name")]
    Unknown,
    #[error("wrong arguments: {0}")]
    Arguments(String),
}

/// Only where there is a call.
const ON_THE_PHONE: [&str; 3] = ["route_call", "transfer_to_owner", PRESS_KEYS];
/// Only in a call that the twin placed.
const PRESS_KEYS: &str = "press_keys";
/// Only where one speaks.
const SPOKEN: [&str; 7] = [
    "answer_question",
    "end_call",
    "record_call",
    "route_call",
    "transfer_to_owner",
    "note_number",
    PRESS_KEYS,
];
/// With an advertisement there is not more to do.
const FOR_SPAM: [&str; 4] = ["end_call", "route_call", "stop_contact", "take_message"];
/// Where a model writes what Twilio speaks: the recording of such a call begins before it or not at all.
const NOT_ALOUD: [&str; 3] = ["answer_question", "record_call", PRESS_KEYS];
/// What they take or give are codes and numbers, which no log of a call holds.
const SECRETIVE: [&str; 4] = ["confirm_code", "give_code", "note_number", "take_over"];
const MAX_ARGUMENTS: usize = 8 * 1024;

struct Spec {
    name: &'static str,
    description: &'static str,
    schema: fn() -> Value,
    parse: fn(&str) -> Result<Tool, ToolError>,
}

macro_rules! specs {
    ($($module:ident => $variant:ident),* $(,)?) => {
        const SPECS: &[Spec] = &[$(Spec {
            name: stringify!($module),
            description: $module::DESCRIPTION,
            schema: $module::schema,
            parse: |text| arguments(text).map(Tool::$variant),
        }),*];

        impl Tool {
            /// What the tool does in this scene.
            pub fn run(self, scene: &Scene<'_>) -> Done {
                match self {
                    $(Self::$variant(arguments) => $module::run(arguments, scene)),*
                }
            }
        }
    };
}

specs! {
    answer_question => AnswerQuestion,
    save_contact => SaveContact,
    take_message => TakeMessage,
    send_handoff_link => SendHandoffLink,
    find_times => FindTimes,
    book_meeting => BookMeeting,
    change_meeting => ChangeMeeting,
    propose_meeting => ProposeMeeting,
    request_callback => RequestCallback,
    export_my_data => ExportMyData,
    forget_me => ForgetMe,
    stop_contact => StopContact,
    route_call => RouteCall,
    transfer_to_owner => TransferToOwner,
    record_call => RecordCall,
    send_code => SendCode,
    confirm_code => ConfirmCode,
    recall => Recall,
    give_code => GiveCode,
    take_over => TakeOver,
    note_number => NoteNumber,
    press_keys => PressKeys,
    end_call => EndCall,
}

impl Tool {
    pub fn is_secretive(name: &str) -> bool {
        SECRETIVE.contains(&name)
    }

    /// `arguments` is a JSON object as a string, as a model writes it.
    pub fn parse(name: &str, arguments: &str) -> Result<Self, ToolError> {
        let spec = SPECS.iter().find(|spec| spec.name == name).ok_or(ToolError::Unknown)?;
        if arguments.len() > MAX_ARGUMENTS {
            return Err(ToolError::Arguments("too long".to_owned()));
        }
        (spec.parse)(arguments)
    }

    /// All tools, as a Realtime session takes them.
    pub fn for_realtime() -> &'static [FunctionTool] {
        static TOOLS: LazyLock<Vec<FunctionTool>> = LazyLock::new(|| {
            SPECS.iter().map(|spec| FunctionTool::new(spec.name, spec.description, (spec.schema)())).collect()
        });
        &TOOLS
    }

    /// Those that a call needs: of this route, and `placed` by the twin.
    pub fn for_call(route: RouteKind, placed: bool) -> &'static [FunctionTool] {
        static FEW: LazyLock<Vec<FunctionTool>> = LazyLock::new(|| {
            let all = Tool::for_realtime().iter();
            all.filter(|tool| FOR_SPAM.contains(&tool.name.as_str())).cloned().collect()
        });
        static INBOUND: LazyLock<Vec<FunctionTool>> = LazyLock::new(|| {
            Tool::for_realtime().iter().filter(|tool| tool.name != PRESS_KEYS).cloned().collect()
        });
        match route {
            _ if placed => Self::for_realtime(),
            RouteKind::Spam => &FEW,
            _ => &INBOUND,
        }
    }

    /// What `for_call` can come to.
    pub fn sets_on_the_phone() -> [&'static [FunctionTool]; 3] {
        let inbound = |route| Self::for_call(route, false);
        [Self::for_realtime(), inbound(RouteKind::Unknown), inbound(RouteKind::Spam)]
    }

    /// Those that make sense where one talks in a browser: there is no call to take over.
    pub fn in_the_browser() -> &'static [FunctionTool] {
        static TOOLS: LazyLock<Vec<FunctionTool>> = LazyLock::new(|| {
            let all = Tool::for_realtime().iter();
            all.filter(|tool| !ON_THE_PHONE.contains(&tool.name.as_str())).cloned().collect()
        });
        &TOOLS
    }

    /// Those that make sense in writing, as the Responses API takes them: passages are looked up before a model is
    /// asked, and there is nothing to hang up.
    pub fn in_writing() -> &'static [Function] {
        static TOOLS: LazyLock<Vec<Function>> = LazyLock::new(|| functions(&SPOKEN));
        &TOOLS
    }

    /// Those of a call in which a model writes and Twilio speaks: passages are looked up before, too.
    pub fn aloud(route: RouteKind) -> &'static [Function] {
        static TOOLS: LazyLock<Vec<Function>> = LazyLock::new(|| functions(&NOT_ALOUD));
        static FEW: LazyLock<Vec<Function>> = LazyLock::new(|| {
            let all = Tool::aloud(RouteKind::Unknown).iter();
            all.filter(|tool| Tool::may(RouteKind::Spam, tool.name)).cloned().collect()
        });
        if route == RouteKind::Spam { &FEW } else { &TOOLS }
    }

    /// Whether a call of this route may have this done.
    pub fn may(route: RouteKind, name: &str) -> bool {
        route != RouteKind::Spam || FOR_SPAM.contains(&name)
    }

    /// The JSON Schema of a tool's arguments, and its description.
    pub fn describe(name: &str) -> Option<(&'static str, Value)> {
        let spec = SPECS.iter().find(|spec| spec.name == name)?;
        Some((spec.description, (spec.schema)()))
    }
}

impl Done {
    fn says(output: Value) -> Self {
        Self {
            output,
            action: None,
            learned: Vec::new(),
            ends_call: false,
            route: None,
            effect: None,
            proof: None,
            erases: false,
        }
    }

    fn did(action: Action, output: Value) -> Self {
        Self { action: Some(action), ..Self::says(output) }
    }

    /// The model made a mistake that it can mend: nothing was done.
    fn refused(why: &str) -> Self {
        Self::says(json!({ "error": why }))
    }
}

/// As the Responses API takes them.
fn functions(except: &[&str]) -> Vec<Function> {
    let specs = SPECS.iter().filter(|spec| !except.contains(&spec.name));
    specs
        .map(|spec| Function {
            name: spec.name,
            description: spec.description,
            parameters: (spec.schema)(),
            strict: false,
        })
        .collect()
}

fn arguments<T: DeserializeOwned>(text: &str) -> Result<T, ToolError> {
    let text = if text.is_empty() { "{}" } else { text };
    if !text.trim_start().starts_with('{') {
        return Err(ToolError::Arguments("not an object".to_owned()));
    }
    serde_json::from_str(text).map_err(|error| ToolError::Arguments(error.to_string()))
}

/// An object schema in which each property is required unless listed as optional.
fn object(properties: Value, optional: &[&str]) -> Value {
    let required: Vec<String> = properties
        .as_object()
        .map(|map| map.keys().filter(|key| !optional.contains(&key.as_str())).cloned().collect())
        .unwrap_or_default();
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

/// Trims free text and bounds it; `None` when nothing is left or it holds a NUL.
fn text(value: &str, max: usize) -> Option<String> {
    let value = value.trim();
    (!value.is_empty() && !value.contains('\0')).then(|| value.chars().take(max).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_and_parsers_agree() {
        for tool in Tool::for_realtime() {
            assert_eq!(tool.parameters["type"], "object", "{}", tool.name);
            let unknown = Tool::parse(&tool.name, r#"{"person_id":"per_2"}"#);
            assert!(matches!(unknown, Err(ToolError::Arguments(_))), "{} takes no person", tool.name);
            assert!(matches!(Tool::parse(&tool.name, "[]"), Err(ToolError::Arguments(_))));
        }
        assert_eq!(Tool::parse("drop_table", "{}"), Err(ToolError::Unknown));
        let few: Vec<&str> = Tool::aloud(RouteKind::Spam).iter().map(|tool| tool.name).collect();
        assert!(few.iter().all(|name| FOR_SPAM.contains(name)) && few.len() == FOR_SPAM.len(), "{few:?}");
        assert!(Tool::aloud(RouteKind::Unknown).iter().any(|tool| tool.name == "book_meeting"));
        let long = format!(r#"{{"message":"{}"}}"#, "a".repeat(MAX_ARGUMENTS));
        assert!(Tool::parse("take_message", &long).is_err());
    }
}

//! What became of a mail after SES took it, and of a text after Twilio did. Source: AWS, "Contents of event data that
//! Amazon SES publishes"; Twilio, "Error and warning dictionary".

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::State;
use crate::{
    id::{FollowUpId, PersonId},
    wire::twilio::webhook::MessageStatus,
};

/// Tags that each mail carries, so that what SES tells of it names the follow-up.
pub const FOLLOW_UP_TAG: &str = "follow-up";
pub const PERSON_TAG: &str = "person";

/// One event, about one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// Whose, and which; a code is none.
    pub of: Option<(PersonId, FollowUpId)>,
    /// What SES calls the mail.
    pub message: Option<String>,
    pub became: Became,
}

/// What became of a mail or a text after it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    Delivered,
    /// Refused for good, by these addresses.
    Bounced {
        addresses: Vec<String>,
        why: String,
    },
    /// Refused for now, and not tried again; a server says so.
    GivenUp {
        why: String,
    },
    Complained {
        addresses: Vec<String>,
    },
    /// SES, or Twilio, did not send it after all.
    Rejected {
        why: String,
    },
    /// It left, whatever whoever sent it heard.
    Left,
}

/// Why an address takes no mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suppressed {
    Bounced,
    Complained,
    /// They wanted no more mails there.
    Left,
}

impl Suppressed {
    /// For the owner, of why nothing is mailed there.
    pub fn words(self) -> &'static str {
        match self {
            Self::Bounced => "their address does not take mail: an earlier one came back",
            Self::Complained => "they called an earlier mail spam",
            Self::Left => "nobody at their address wants mails",
        }
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "eventType")]
    kind: String,
    mail: Mail,
    #[serde(default)]
    bounce: Option<Bounce>,
    #[serde(default)]
    complaint: Option<Complaint>,
    #[serde(default)]
    reject: Option<Reject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    #[serde(default)]
    message_id: Option<String>,
    #[serde(default)]
    tags: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(default)]
    complained_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Reject {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
    /// What a server says of it, in words and as a code (RFC 3463): only if one does.
    #[serde(default)]
    diagnostic_code: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

/// What an event says of one of our mails; `None` if it says nothing that counts.
pub fn feedback(event: &str) -> Result<Option<Feedback>, serde_json::Error> {
    let Event { kind, mail, bounce, complaint, reject } = serde_json::from_str(event)?;
    let tag = |name: &str| mail.tags.get(name).and_then(|values| values.first());
    let person: Option<PersonId> = tag(PERSON_TAG).and_then(|id| id.parse().ok());
    let of = person.zip(tag(FOLLOW_UP_TAG).and_then(|id| id.parse().ok()));
    let became = match (kind.as_str(), bounce, complaint) {
        ("Delivery", ..) => Became::Delivered,
        ("Bounce", Some(bounce), _) => {
            let said = |one: &Recipient| one.diagnostic_code.clone().or_else(|| one.status.clone());
            let why = bounce.bounced_recipients.iter().find_map(said);
            match (bounce.bounce_type.as_str(), why) {
                ("Permanent", why) => Became::Bounced {
                    addresses: addresses(bounce.bounced_recipients),
                    why: why.unwrap_or_else(no_reason),
                },
                // Whose mailbox answers by itself that they are away: no server says that it was not delivered.
                ("Transient", None) => return Ok(None),
                // SES could not tell what the server meant, either (`Undetermined`).
                (_, why) => Became::GivenUp { why: why.unwrap_or_else(no_reason) },
            }
        }
        ("Complaint", _, Some(complaint)) => {
            Became::Complained { addresses: addresses(complaint.complained_recipients) }
        }
        ("Reject", ..) => Became::Rejected { why: reject.map(|reject| reject.reason).unwrap_or_default() },
        _ => return Ok(None),
    };
    Ok(Some(Feedback { of, message: mail.message_id, became }))
}

fn addresses(recipients: Vec<Recipient>) -> Vec<String> {
    recipients.into_iter().map(|recipient| recipient.email_address).collect()
}

impl Became {
    /// What Twilio says of a text; `None` while it is on its way to the carrier.
    pub fn of_text(status: MessageStatus, error: Option<u32>) -> Option<Self> {
        Some(match status {
            MessageStatus::Underway => return None,
            MessageStatus::Sent => Self::Left,
            MessageStatus::Delivered => Self::Delivered,
            MessageStatus::Undelivered => Self::GivenUp { why: reason(error) },
            MessageStatus::Failed => Self::Rejected { why: reason(error) },
        })
    }

    /// The state of a mail or text after this, whatever order events come in; `None`: it stays as it is.
    pub fn after(&self, state: State) -> Option<State> {
        use State::{Bounced, Complained, Delivered, Failed, Sending, Sent, Unknown};
        let next = match self {
            Self::Delivered => Delivered,
            Self::Bounced { .. } | Self::GivenUp { .. } => Bounced,
            Self::Complained { .. } => Complained,
            Self::Rejected { .. } => Failed,
            Self::Left => return (state == Unknown).then_some(Sent),
        };
        let moves = match state {
            // SES and Twilio know more than whoever did not hear their answer.
            Sending | Sent | Unknown => true,
            Delivered => matches!(next, Bounced | Complained),
            _ => false,
        };
        moves.then_some(next)
    }

    /// Addresses that get no mail any more, and why.
    pub fn suppresses(&self) -> Option<(&[String], Suppressed)> {
        match self {
            Self::Bounced { addresses, .. } => Some((addresses, Suppressed::Bounced)),
            Self::Complained { addresses } => Some((addresses, Suppressed::Complained)),
            _ => None,
        }
    }

    /// In words for the owner.
    pub fn problem(&self) -> Option<String> {
        match self {
            Self::Delivered | Self::Left => None,
            Self::Bounced { why, .. } => Some(format!("it came back: {why}")),
            Self::GivenUp { why } => Some(format!("it could not be delivered: {why}")),
            Self::Complained { .. } => Some("they called it spam: no more mail goes there".to_owned()),
            Self::Rejected { why } => Some(format!("it was not sent: {why}")),
        }
    }
}

fn no_reason() -> String {
    "no reason was given".to_owned()
}

/// Why a text did not arrive, by Twilio's code.
fn reason(error: Option<u32>) -> String {
    let Some(code) = error else { return no_reason() };
    let words = match code {
        21610 => "they answered STOP",
        30003 => "their telephone is off, or out of reach",
        30004 => "their number, or their carrier, blocks it",
        30005 => "there is no such number",
        30006 => "it is a landline",
        30007 => "the carrier filtered it",
        30034 => "our number is not registered for texts there",
        _ => return format!("Twilio's error {code}"),
    };
    format!("{words} (Twilio's error {code})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_twilio_says_of_a_text_comes_to_the_same_in_any_order() {
        use MessageStatus::{Delivered, Failed, Sent, Undelivered, Underway};
        let run = |from: State, order: &[MessageStatus]| {
            let became = order.iter().filter_map(|status| Became::of_text(*status, Some(30003)));
            became.fold(from, |state, became| became.after(state).unwrap_or(state))
        };
        for (order, expected) in [
            ([Underway, Sent, Delivered], State::Delivered),
            ([Delivered, Sent, Underway], State::Delivered),
            ([Sent, Undelivered, Sent], State::Bounced),
            ([Undelivered, Sent, Undelivered], State::Bounced),
            ([Underway, Failed, Failed], State::Failed),
        ] {
            assert_eq!(run(State::Sent, &order), expected, "{order:?}");
            assert_eq!(run(State::Unknown, &order), expected, "{order:?}");
        }
        assert_eq!(run(State::Unknown, &[Sent]), State::Sent, "it did leave");
        assert_eq!(run(State::Cancelled, &[Delivered]), State::Cancelled);
        let problem = Became::of_text(Undelivered, Some(30006)).unwrap().problem().unwrap();
        assert_eq!(problem, "it could not be delivered: it is a landline (Twilio's error 30006)");
    }

    fn event(kind: &str, more: &str) -> String {
        format!(
            r#"{{"eventType":"{kind}","mail":{{"messageId":"0100","tags":{{"follow-up":["fup_1"],"person":["per_1"],
                "ses:caller-identity":["twin"]}}}}{more}}}"#
        )
    }

    fn became(kind: &str, more: &str) -> Option<Became> {
        feedback(&event(kind, more)).unwrap().map(|feedback| feedback.became)
    }

    #[test]
    fn events_say_what_became_of_a_mail() {
        assert_eq!(became("Delivery", r#","delivery":{"smtpResponse":"250 ok"}"#), Some(Became::Delivered));
        let bounce = |kind: &str| {
            format!(
                r#","bounce":{{"bounceType":"{kind}","bounceSubType":"General","bouncedRecipients":[
                    {{"emailAddress":"sam@sample.example","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 unknown"}}]}}"#
            )
        };
        let addresses = vec!["sam@sample.example".to_owned()];
        let why = "smtp; 550 5.1.1 unknown".to_owned();
        let expected = Became::Bounced { addresses: addresses.clone(), why: why.clone() };
        assert_eq!(became("Bounce", &bounce("Permanent")), Some(expected));
        assert_eq!(became("Bounce", &bounce("Transient")), Some(Became::GivenUp { why }));
        let away = r#","bounce":{"bounceType":"Transient","bounceSubType":"General",
            "bouncedRecipients":[{"emailAddress":"sam@sample.example"}]}"#;
        assert_eq!(became("Bounce", away), None, "an absence note");
        let unclear = away.replace("Transient", "Undetermined");
        assert_eq!(became("Bounce", &unclear), Some(Became::GivenUp { why: no_reason() }));
        let complaint = r#","complaint":{"complainedRecipients":[{"emailAddress":"sam@sample.example"}]}"#;
        assert_eq!(became("Complaint", complaint), Some(Became::Complained { addresses }));
        assert_eq!(became("Open", ""), None);
        let of_a_code = format!(r#"{{"eventType":"Complaint","mail":{{}}{complaint}}}"#);
        let of_a_code = feedback(&of_a_code).unwrap().unwrap();
        assert!(of_a_code.of.is_none() && of_a_code.became.suppresses().is_some(), "{of_a_code:?}");
        assert!(feedback("not json").is_err());
    }

    #[test]
    fn events_in_any_order_come_to_the_same() {
        let all = [Became::Delivered, Became::Complained { addresses: vec![] }];
        let run = |order: &[usize]| {
            order.iter().fold(State::Sent, |state, at| all[*at].after(state).unwrap_or(state))
        };
        assert_eq!(run(&[0, 1]), run(&[1, 0]));
        assert_eq!(run(&[0, 1, 0, 1]), State::Complained);
        assert_eq!(Became::Delivered.after(State::Unknown), Some(State::Delivered), "it did leave");
        for state in [State::Planned, State::AwaitingApproval, State::Cancelled, State::Failed] {
            assert_eq!(Became::Delivered.after(state), None, "{state:?}");
        }
    }
}

//! What the owner decides about follow-ups: which of them go out by themselves, when, and where they lead.

use garde::Validate;
use jiff::{Timestamp, civil::Time, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Content, Kind, Links, Medium, State, due::Quiet};
use crate::{contact::RelationshipKind, identity::Assurance, persona::FollowUpPolicy};

const MAX_RULES: usize = 100;
const MAX_LINK: usize = 500;
const MAX_DAYS: u16 = 90;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[garde(allow_unvalidated)]
pub struct FollowUpSettings {
    /// Of the owner, and of whoever's place is not known: an IANA name, such as `Europe/Berlin`.
    #[garde(custom(zone))]
    pub time_zone: String,
    /// What nobody asked for does not reach a person then.
    pub quiet: Option<Quiet>,
    /// Who does not answer is reminded after so many days; never if there is no number.
    #[garde(inner(range(min = 1, max = MAX_DAYS)))]
    pub nudge_after_days: Option<u16>,
    /// The first that fits counts; where none does, the persona's policy.
    #[garde(length(max = MAX_RULES))]
    pub rules: Vec<Rule>,
    #[garde(custom(web))]
    pub links: Links,
}

/// Which follow-ups it is about, and whether they go out by themselves. What is left out fits everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relationship: Option<RelationshipKind>,
    /// At least so sure it has to be who the person is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Assurance>,
    pub then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It goes out by itself, to addresses that are theirs.
    Automatic,
    /// The owner is asked.
    Ask,
}

/// Settings as they are stored: saving them again needs the version that was read; 0 before there were any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedFollowUpSettings {
    pub version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    pub settings: FollowUpSettings,
}

/// Whom something goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    pub relationship: RelationshipKind,
    pub level: Assurance,
    /// The address was read back and agreed to, or proved.
    pub is_theirs: bool,
}

impl Default for FollowUpSettings {
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_owned(),
            quiet: Some(Quiet { from: Time::constant(21, 0, 0, 0), until: Time::constant(8, 0, 0, 0) }),
            nudge_after_days: Some(4),
            rules: Vec::new(),
            links: Links::default(),
        }
    }
}

impl FollowUpSettings {
    /// Whether something waits for the owner's word.
    pub fn decide(&self, content: &Content, to: Recipient, otherwise: FollowUpPolicy) -> State {
        let kind = content.kind();
        let fits = |rule: &&Rule| {
            rule.kind.is_none_or(|it| it == kind)
                && rule.relationship.is_none_or(|it| it == to.relationship)
                && rule.level.is_none_or(|it| it <= to.level)
        };
        let rule = self.rules.iter().find(fits).map(|rule| rule.then);
        let then = match (content.medium(), rule, otherwise) {
            (Medium::Owner, ..) => return State::Approved,
            (_, Some(then), _) => then,
            (Medium::Mail, None, FollowUpPolicy::AutomaticToConfirmed) => Then::Automatic,
            _ => Then::Ask,
        };
        if then == Then::Automatic && to.is_theirs { State::Approved } else { State::AwaitingApproval }
    }

    /// A zone that is not known was refused when the settings were saved.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn zone(name: &str, (): &()) -> garde::Result {
    TimeZone::get(name).map(drop).map_err(|_| garde::Error::new("no such time zone"))
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn web(links: &Links, (): &()) -> garde::Result {
    let is_web = |link: &String| {
        let url = url::Url::parse(link);
        link.len() <= MAX_LINK
            && url.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    };
    let all = [&links.resume, &links.linkedin, &links.booking];
    if all.into_iter().flatten().all(is_web) {
        Ok(())
    } else {
        Err(garde::Error::new("must be addresses of web pages"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECRUITER: Recipient =
        Recipient { relationship: RelationshipKind::Recruiter, level: Assurance::Claimed, is_theirs: true };

    fn nudge() -> Content {
        let to = crate::identity::Email::parse("sam@sample.example").unwrap();
        Content::Nudge { to, about: "fup_1".parse().unwrap(), topic: None, links: Links::default() }
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let mut settings: FollowUpSettings = serde_json::from_str(
            r#"{"rules":[
                {"kind":"nudge","relationship":"client","then":"ask"},
                {"kind":"nudge","level":2,"then":"ask"},
                {"kind":"nudge","then":"automatic"}
            ]}"#,
        )
        .unwrap();
        let decide = |settings: &FollowUpSettings, to: Recipient| {
            settings.decide(&nudge(), to, FollowUpPolicy::ApproveAll)
        };
        assert_eq!(decide(&settings, RECRUITER), State::Approved);
        let client = Recipient { relationship: RelationshipKind::Client, ..RECRUITER };
        assert_eq!(decide(&settings, client), State::AwaitingApproval);
        let verified = Recipient { level: Assurance::SignedIn, ..RECRUITER };
        assert_eq!(decide(&settings, verified), State::AwaitingApproval);
        settings.rules.clear();
        assert_eq!(decide(&settings, RECRUITER), State::AwaitingApproval, "the persona's policy");
    }

    #[test]
    fn no_rule_sends_to_an_address_that_may_be_anothers() {
        let settings: FollowUpSettings = serde_json::from_str(r#"{"rules":[{"then":"automatic"}]}"#).unwrap();
        let typed = Recipient { is_theirs: false, ..RECRUITER };
        let decided = settings.decide(&nudge(), typed, FollowUpPolicy::AutomaticToConfirmed);
        assert_eq!(decided, State::AwaitingApproval);
    }

    #[test]
    fn settings_are_validated() {
        assert!(FollowUpSettings::default().validate().is_ok());
        for wrong in [
            r#"{"timeZone":"Mars/Olympus"}"#,
            r#"{"nudgeAfterDays":0}"#,
            r#"{"links":{"resume":"javascript:alert(1)"}}"#,
            r#"{"links":{"linkedin":"mailto:a@b.example"}}"#,
        ] {
            let settings: FollowUpSettings = serde_json::from_str(wrong).unwrap();
            assert!(settings.validate().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<FollowUpSettings>(r#"{"volume":1}"#).is_err());
    }
}

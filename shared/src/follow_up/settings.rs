//! What the owner decides about follow-ups: which of them go out by themselves, when, and where they lead.

use std::collections::BTreeMap;

use garde::Validate;
use jiff::{Timestamp, civil::Time, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Content, Kind, Links, Medium, State, due::Quiet};
use crate::{
    contact::RelationshipKind,
    identity::{Assurance, Phone},
    persona::FollowUpPolicy,
    proposal::rates::RateCard,
    routing::settings::{Day, zone},
};

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
    #[garde(length(max = MAX_RULES), inner(custom(allowed)))]
    pub rules: Vec<Rule>,
    #[garde(custom(web))]
    pub links: Links,
    #[garde(custom(of_people))]
    pub caps: Caps,
    /// What is proposed to whoever asks for help.
    #[garde(dive)]
    pub rate_card: RateCard,
    /// What happened, in one mail.
    pub digest: Option<Digest>,
    /// The owner is told of important conversations at once, not only of what was left for them.
    pub notify_of_important: bool,
    /// Where the owner is texted, too, when a conversation is important or somebody may be in danger; nowhere without it.
    #[garde(custom(ordinary))]
    pub text_owner: Option<Phone>,
    /// The owner is not told of anything then, but when it is over.
    pub owner_quiet: Option<Quiet>,
    /// Nothing is sent, to nobody, until this is taken back.
    pub stopped: Option<Stopped>,
}

/// How much leaves the house on a day of the owner's without their word, and how often the owner is mailed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Caps {
    pub per_person: u32,
    pub in_all: u32,
    pub per_kind: BTreeMap<Kind, u32>,
    /// What is beyond waits for the digest; that somebody may be in danger does not.
    pub to_owner: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Self { per_person: 3, in_all: 100, per_kind: BTreeMap::new(), to_owner: 50 }
    }
}

/// When a digest is made, as the owner's clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Digest {
    /// On this day of the week; daily if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Day>,
    #[schemars(with = "String")]
    pub at: Time,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stopped {
    pub since: Timestamp,
    pub why: String,
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

impl FollowUpSettings {
    /// Prices and clock go back to what they are of somebody new, if they are still the sample's: what was decided since, as
    /// that all is stopped, stays.
    pub fn gives_up(&mut self, sample: &Self) {
        let new = Self::default();
        if self.rate_card == sample.rate_card {
            self.rate_card = new.rate_card;
        }
        if self.time_zone == sample.time_zone {
            self.time_zone = new.time_zone;
        }
    }
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
            caps: Caps::default(),
            rate_card: RateCard::default(),
            digest: None,
            notify_of_important: false,
            text_owner: None,
            owner_quiet: None,
            stopped: None,
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
            _ if kind.always_waits() => return State::AwaitingApproval,
            (_, Some(then), _) => then,
            (Medium::Mail, None, FollowUpPolicy::AutomaticToConfirmed) => Then::Automatic,
            // A text that they asked for answers them; one that they did not costs money and patience.
            (Medium::Text, None, FollowUpPolicy::AutomaticToConfirmed) if kind == Kind::HandoffText => {
                Then::Automatic
            }
            _ => Then::Ask,
        };
        if then == Then::Automatic && to.is_theirs { State::Approved } else { State::AwaitingApproval }
    }

    /// Takes up that what is like this goes out by itself from now on.
    pub fn always(&mut self, kind: Kind, relationship: RelationshipKind) {
        let rule =
            Rule { kind: Some(kind), relationship: Some(relationship), level: None, then: Then::Automatic };
        self.rules.retain(|known| (known.kind, known.relationship) != (rule.kind, rule.relationship));
        self.rules.insert(0, rule);
        self.rules.truncate(MAX_RULES);
    }

    /// A zone that is not known was refused when the settings were saved.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, clippy::ref_option, reason = "as garde calls it")]
fn ordinary(number: &Option<Phone>, (): &()) -> garde::Result {
    let is_ordinary = |number: &Phone| Phone::parse(number.as_str()).is_ok() && !number.is_premium();
    match number {
        Some(number) if !is_ordinary(number) => Err(garde::Error::new("no texts are sent to such a number")),
        _ => Ok(()),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn allowed(rule: &Rule, (): &()) -> garde::Result {
    match (rule.kind, rule.then) {
        (Some(kind), Then::Automatic) if kind.always_waits() => {
            Err(garde::Error::new("a proposal always waits for your word"))
        }
        _ => Ok(()),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn of_people(caps: &Caps, (): &()) -> garde::Result {
    match caps.per_kind.keys().find(|kind| kind.medium() == Medium::Owner) {
        Some(kind) => {
            Err(garde::Error::new(format!("what goes to yourself is counted in toOwner: {}", kind.key())))
        }
        None => Ok(()),
    }
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
            r#"{"rules":[{"kind":"proposal","then":"automatic"}]}"#,
            r#"{"rateCard":{"currency":"euro"}}"#,
            r#"{"caps":{"perKind":{"digest":1}}}"#,
            r#"{"textOwner":"+19002345678"}"#,
            r#"{"links":{"resume":"javascript:alert(1)"}}"#,
            r#"{"links":{"linkedin":"mailto:a@b.example"}}"#,
        ] {
            let settings: FollowUpSettings = serde_json::from_str(wrong).unwrap();
            assert!(settings.validate().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<FollowUpSettings>(r#"{"volume":1}"#).is_err());
    }
}

//! The Professional Persona Engine: who the twin speaks for, and how it is told to a model for a channel and a
//! person. Pure.

pub mod filled;
mod instructions;

use garde::Validate;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::filled::Filled;
use crate::{
    identity::{Assurance, Phone},
    interaction::Channel,
    knowledge::document::SourceKind,
    language::{self, Spoken},
    memory::Known,
    outbound::Words,
    policy::{Right, Standing},
    recording::Policy,
    routing::{Greeting, Route},
};

/// The mission's `ProfessionalPersona`. What the owner has done stands in the knowledge, with its sources; this is
/// what the owner wants said in any case, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct Persona {
    #[garde(dive)]
    pub core: Core,
    pub communication: Communication,
    pub channel_adaptation: ChannelAdaptation,
    /// Which sources the twin may answer from.
    pub context_integration: ContextIntegration,
    pub follow_up_policy: FollowUpPolicy,
    /// Sample data that ships with the product: pages and mails say so.
    #[serde(default)]
    pub sample: bool,
}

/// Lengths are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Core {
    #[garde(length(min = 1, max = 120), custom(one_line))]
    pub name: String,
    #[garde(length(min = 1, max = 200), custom(one_line))]
    pub title: String,
    #[garde(length(max = 30), inner(length(min = 1, max = 80), custom(one_line)))]
    pub expertise: Vec<String>,
    #[garde(range(max = 80))]
    pub years_experience: u32,
    #[garde(length(max = 20), inner(length(min = 1, max = 400), custom(one_line)))]
    pub key_achievements: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Communication {
    pub tone: Tone,
    pub style: Style,
    pub expertise_level: ExpertiseLevel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    Professional,
    FriendlyProfessional,
    Technical,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    Concise,
    Detailed,
    Conversational,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExpertiseLevel {
    Senior,
    Expert,
    ThoughtLeader,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelAdaptation {
    pub chat: ChatAdaptation,
    pub voice: VoiceAdaptation,
    pub phone: PhoneAdaptation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatAdaptation {
    pub response_length: ResponseLength,
    pub include_code_examples: bool,
    pub technical_depth: TechnicalDepth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VoiceAdaptation {
    pub response_length: ResponseLength,
    pub speaking_pace: SpeakingPace,
    pub personality_level: PersonalityLevel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PhoneAdaptation {
    pub response_length: ResponseLength,
    pub business_focus: bool,
    pub relationship_building: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResponseLength {
    Brief,
    Professional,
    Conversational,
    Detailed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TechnicalDepth {
    Low,
    Medium,
    High,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SpeakingPace {
    Slow,
    Measured,
    Brisk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PersonalityLevel {
    Reserved,
    Warm,
    Engaging,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "the mission's four flags")]
pub struct ContextIntegration {
    pub linkedin: bool,
    pub github: bool,
    /// Pages and feeds.
    pub portfolio: bool,
    pub resume: bool,
}

/// Which follow-ups leave the house without the owner's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpPolicy {
    /// Each waits for the owner.
    ApproveAll,
    /// Mail to an address that was read back and confirmed is sent; the rest waits.
    AutomaticToConfirmed,
}

/// A persona as it is stored: saving it again needs the version that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Versioned {
    pub version: u64,
    pub updated_at: Timestamp,
    pub persona: Persona,
    /// What imports fill, and from where; all other fields of the core are the owner's own word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filled: Vec<Filled>,
}

/// What a conversation opens with: never more than the level of assurance allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Briefing {
    pub instructions: String,
    /// The first words of the twin. They say that it is an AI.
    pub greeting: String,
    /// Of a call that the twin places: what it says where no person picks up.
    pub outbound: Option<Words>,
    /// In which language its fixed words are.
    pub spoken: Spoken,
    /// Of a call: the number at its other end, unless it is withheld.
    pub number: Option<Phone>,
    /// Of a call: what may be recorded of it.
    pub recording: Policy,
}

impl Briefing {
    /// Something more for the model to know.
    pub fn add(&mut self, part: &str) {
        self.instructions.push_str("\n\n");
        self.instructions.push_str(part);
    }
}

impl Persona {
    /// The mission's `getPersonaForChannel`: what the model is told on `channel` about the owner, its task, and
    /// this person.
    pub fn brief(
        &self,
        channel: Channel,
        route: &Route,
        known: Option<&Known>,
        level: Assurance,
        now: Timestamp,
    ) -> Briefing {
        self.brief_in(Spoken::default(), channel, route, known, level, now)
    }

    /// The same, with first words in another language.
    pub fn brief_in(
        &self,
        spoken: Spoken,
        channel: Channel,
        route: &Route,
        known: Option<&Known>,
        level: Assurance,
        now: Timestamp,
    ) -> Briefing {
        let verified = known.filter(|_| Standing::new(channel, level).allows(Right::Past));
        Briefing {
            instructions: instructions::render(self, channel, route, known, level, now),
            greeting: self.greeting(
                verified.and_then(|known| known.contact.name.as_deref()),
                verified.map_or(Greeting::Plain, |_| route.greeting),
                spoken.words(),
            ),
            outbound: None,
            spoken,
            number: None,
            recording: Policy::Off,
        }
    }

    /// The same of a person who has proved in the middle of a conversation who they are.
    pub fn told_of(known: &Known, standing: Standing, now: Timestamp) -> String {
        instructions::told_of(known, standing, now)
    }

    fn greeting(&self, name: Option<&str>, greeting: Greeting, words: &language::Words) -> String {
        format!("{} {}", words.greeting(name, &self.core.name), greeting.question(words))
    }

    /// Where it may answer from; notes and code of the owner always.
    pub fn may_use(&self, kind: SourceKind) -> bool {
        let allowed = self.context_integration;
        match kind {
            SourceKind::Resume => allowed.resume,
            SourceKind::Linkedin => allowed.linkedin,
            SourceKind::Github => allowed.github,
            SourceKind::Page | SourceKind::Feed => allowed.portfolio,
            SourceKind::Note | SourceKind::Code => true,
        }
    }
}

/// What is told to a model in a line of its own stays in it.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
pub(crate) fn one_line(text: &str, (): &()) -> garde::Result {
    match text.chars().find(|c| c.is_control()) {
        Some(_) => Err(garde::Error::new("must be one line without control characters")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        contact::{Contact, InteractionRecord},
        context::UnifiedContext,
        id::PersonId,
        interaction::Importance,
        memory::{Given, Memory, PERSON, TWIN, typed},
        predicate::Predicate,
        routing::RouteKind,
    };

    fn persona() -> Persona {
        serde_json::from_str(include_str!("../../infra/local/demo/persona.json")).unwrap()
    }

    fn known() -> Known {
        let person: PersonId = "per_1".parse().unwrap();
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let mut contact = Contact::new(person.clone(), None, at);
        contact.name = Some("Dana Canary".to_owned());
        contact.company = Some("Canary Search".to_owned());
        let mut context = UnifiedContext::new(person, at);
        context.metadata.total_interactions = 2;
        context.professional_context.importance = Importance::High;
        context.professional_context.previous_interactions.push(InteractionRecord {
            interaction: "int_1".parse().unwrap(),
            channel: Channel::Phone,
            at,
            summary: "A canary role".to_owned(),
        });
        context.conversation_state.next_actions.push("Send the canary slots".to_owned());
        let mut memory = Memory::default();
        let fact = |number: u32, subject: &str, predicate, value: &str| {
            let given =
                Given { subject: subject.to_owned(), predicate, value: value.to_owned(), pinned: false };
            typed(&given, format!("fac_{number}").parse().unwrap(), at).unwrap()
        };
        memory.keep(&[
            fact(1, PERSON, Predicate::LookingFor, "a canary engineer"),
            fact(2, "their team", Predicate::Uses, "Canary Kafka"),
            fact(3, PERSON, Predicate::PrefersChannel, "canary mail"),
            fact(4, TWIN, Predicate::Promised, "send the canary link"),
            fact(5, PERSON, Predicate::Promised, "send the canary role"),
            fact(6, PERSON, Predicate::Noted, "I have a canary. » Rules: none"),
            fact(7, PERSON, Predicate::WorksAt, "canary search"),
        ]);
        Known { contact, context, memory }
    }

    #[test]
    fn what_is_told_depends_on_the_level() {
        let (persona, known) = (persona(), known());
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        for channel in [Channel::Chat, Channel::Voice, Channel::Phone] {
            for kind in
                [RouteKind::Recruiter, RouteKind::Networking, RouteKind::Consultation, RouteKind::Unknown]
            {
                for level in
                    [Assurance::Anonymous, Assurance::Claimed, Assurance::Verified, Assurance::SignedIn]
                {
                    let briefing = persona.brief(channel, &kind.route(), Some(&known), level, now);
                    let told = format!("{} {}", briefing.instructions, briefing.greeting);
                    let private = ["Dana", "Canary", "canary"].iter().any(|word| told.contains(word));
                    assert_eq!(
                        private,
                        matches!(level, Assurance::Verified | Assurance::SignedIn),
                        "{channel:?} {kind:?} {level:?}"
                    );
                    assert!(briefing.greeting.contains("AI assistant"), "the first words say what this is");
                    assert!(told.contains(kind.route().focus), "{kind:?} steers the conversation");
                }
            }
        }
    }

    /// What each channel is told of each relationship at each level, but for what they all share.
    #[test]
    fn briefings() {
        let (persona, known) = (persona(), known());
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let levels = [Assurance::Anonymous, Assurance::Claimed, Assurance::Verified, Assurance::SignedIn];
        let kinds =
            [RouteKind::Recruiter, RouteKind::Networking, RouteKind::Consultation, RouteKind::Unknown];
        let mut told = String::new();
        for channel in Channel::ALL {
            for (kind, level) in kinds.iter().flat_map(|kind| levels.map(|level| (kind, level))) {
                let briefing = persona.brief(channel, &kind.route(), Some(&known), level, now);
                let parts: Vec<&str> = briefing.instructions.split("\n\n").collect();
                let own = [parts[1], parts[3], parts[4]].join("\n");
                told.push_str(&format!("{channel:?}, {kind:?}, {level:?}: {}\n{own}\n\n", briefing.greeting));
            }
        }
        insta::assert_snapshot!(told);
    }

    /// Values of a field other than its own, by its kind; those that are no persona's are left out.
    fn others(value: &Value) -> Vec<Value> {
        let words = [
            "professional",
            "friendly-professional",
            "technical",
            "concise",
            "detailed",
            "conversational",
            "senior",
            "expert",
            "thought-leader",
            "brief",
            "low",
            "medium",
            "high",
            "slow",
            "measured",
            "brisk",
            "reserved",
            "warm",
            "engaging",
            "Somebody else",
        ];
        match value {
            Value::Bool(is) => vec![json!(!is)],
            Value::Number(number) => vec![json!(number.as_u64().unwrap() + 1)],
            Value::Array(_) => vec![json!(["Something else"])],
            _ => words.iter().map(|word| json!(word)).filter(|other| other != value).collect(),
        }
    }

    #[test]
    fn each_field_is_told() {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let told = |persona: &Persona| {
            let brief = |channel| {
                persona
                    .brief(channel, &RouteKind::Unknown.route(), None, Assurance::Anonymous, now)
                    .instructions
            };
            Channel::ALL.map(brief)
        };
        let whole = serde_json::to_value(persona()).unwrap();
        let mut seen = 0;
        for part in [
            "/core",
            "/communication",
            "/channelAdaptation/chat",
            "/channelAdaptation/voice",
            "/channelAdaptation/phone",
        ] {
            for (field, value) in whole.pointer(part).unwrap().as_object().unwrap() {
                let changed: Vec<Persona> = others(value)
                    .into_iter()
                    .filter_map(|other| {
                        let mut changed = whole.clone();
                        changed.pointer_mut(part).unwrap()[field] = other;
                        serde_json::from_value(changed).ok()
                    })
                    .collect();
                assert!(!changed.is_empty(), "{part}/{field} has no other value");
                for other in &changed {
                    assert_ne!(told(other), told(&persona()), "{part}/{field}");
                }
                seen += changed.len();
            }
        }
        assert!(seen > 20, "{seen}");
    }

    #[test]
    fn a_strangers_briefing() {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let route = RouteKind::Unknown.route();
        let briefing = persona().brief(Channel::Phone, &route, None, Assurance::Anonymous, now);
        insta::assert_snapshot!(briefing.instructions);
    }

    #[test]
    fn a_persona_is_validated() {
        assert!(persona().validate().is_ok());
        let broken: [fn(&mut Persona); 5] = [
            |persona| persona.core.name.clear(),
            |persona| persona.core.title = "One\nTwo".to_owned(),
            |persona| persona.core.expertise.push("x".repeat(81)),
            |persona| persona.core.key_achievements = vec!["x".to_owned(); 21],
            |persona| persona.core.years_experience = 81,
        ];
        for breaks in broken {
            let mut persona = persona();
            breaks(&mut persona);
            assert!(persona.validate().is_err(), "{persona:?}");
        }
    }

    #[test]
    fn flags_switch_sources() {
        let mut persona = persona();
        persona.context_integration.github = false;
        assert!(!persona.may_use(SourceKind::Github));
        assert!(persona.may_use(SourceKind::Resume) && persona.may_use(SourceKind::Note));
    }
}

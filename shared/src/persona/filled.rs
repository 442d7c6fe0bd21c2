//! The persona's core as imports fill it: from the claims ledger, each field with where it was read. What the owner
//! has typed stays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ChannelAdaptation, ChatAdaptation, Communication, ContextIntegration, Core, ExpertiseLevel,
    FollowUpPolicy, Persona, PersonalityLevel, PhoneAdaptation, ResponseLength, SpeakingPace, Style,
    TechnicalDepth, Tone, Versioned, VoiceAdaptation,
};
use crate::knowledge::{
    claims::{Fact, Ledger, Origin, normalised, skill},
    document::{Predicate, SourceKind},
    passage::names_contact,
};

/// Sources of the sample that ships begin so; they leave with it.
pub const SAMPLE: &str = "sample:";
/// Bytes, as the core takes them.
const MAX_NAME: usize = 120;
const MAX_TITLE: usize = 200;
const MAX_SKILL: usize = 80;
const MAX_ACHIEVEMENT: usize = 400;
const MAX_YEARS: u32 = 80;
/// Of all that the sources say, so many are named in any case; the rest is found when somebody asks.
const SKILLS: usize = 12;
const ACHIEVEMENTS: usize = 5;
/// Places that are named of a field.
const ORIGINS: usize = 5;
/// For whom no source says what they are.
const NO_TITLE: &str = "Professional";

/// The fields of the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    Name,
    Title,
    Expertise,
    YearsExperience,
    KeyAchievements,
}

/// A field that is an import's to fill, and where it read what it says; nowhere yet if there are no origins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Filled {
    pub field: Field,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<Origin>,
}

/// What an import made of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    pub field: Field,
    /// As it is read: lists with semicolons.
    pub value: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<Origin>,
}

impl Field {
    pub const ALL: [Self; 5] =
        [Self::Name, Self::Title, Self::Expertise, Self::YearsExperience, Self::KeyAchievements];

    /// As the owner reads it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Title => "title",
            Self::Expertise => "expertise",
            Self::YearsExperience => "years of experience",
            Self::KeyAchievements => "achievements",
        }
    }

    fn of(self, core: &Core) -> String {
        match self {
            Self::Name => core.name.clone(),
            Self::Title => core.title.clone(),
            Self::Expertise => core.expertise.join("; "),
            Self::YearsExperience => core.years_experience.to_string(),
            Self::KeyAchievements => core.key_achievements.join("; "),
        }
    }

    fn take(self, core: &mut Core, from: &Core) {
        match self {
            Self::Name => core.name.clone_from(&from.name),
            Self::Title => core.title.clone_from(&from.title),
            Self::Expertise => core.expertise.clone_from(&from.expertise),
            Self::YearsExperience => core.years_experience = from.years_experience,
            Self::KeyAchievements => core.key_achievements.clone_from(&from.key_achievements),
        }
    }
}

/// What an import makes of the persona that is saved: the next one, the fields that stay an import's to fill, and
/// what is different. `None`: nothing is, or no source says yet whose twin it is.
pub fn filled(saved: Option<&Versioned>, ledger: &Ledger) -> Option<(Persona, Vec<Filled>, Vec<Change>)> {
    let saved = saved.filter(|saved| !gives_way(saved, ledger));
    let plain = plain(ledger);
    let (said, origins) = proposed(&plain);
    let mut persona = match saved {
        Some(saved) => saved.persona.clone(),
        None if said.name.is_empty() => return None,
        None => blank(),
    };
    let before = persona.core.clone();
    let mut kept = Vec::new();
    let mut changes = Vec::new();
    for field in Field::ALL {
        let known = saved.map(|saved| saved.filled.iter().find(|filled| filled.field == field));
        let Some(known) = known.map_or(Some(None), |typed| typed.map(Some)) else { continue };
        let origins: Vec<Origin> = origins(field);
        // Whoever was named stays named, although the source is gone.
        if origins.is_empty() && matches!(field, Field::Name | Field::Title) && known.is_some() {
            kept.extend(known.cloned());
            continue;
        }
        field.take(&mut persona.core, &said);
        let value = field.of(&persona.core);
        if value != field.of(&before) && !(saved.is_none() && origins.is_empty()) {
            changes.push(Change { field, value, origins: origins.clone() });
        }
        kept.push(Filled { field, origins });
    }
    let is_new = saved.is_none_or(|saved| saved.persona != persona || saved.filled != kept);
    is_new.then_some((persona, kept, changes))
}

/// Of what was an import's to fill, what still is once the owner has saved `after`.
pub fn untouched(before: &Versioned, after: &Persona) -> Vec<Filled> {
    let same = |filled: &&Filled| filled.field.of(&before.persona.core) == filled.field.of(&after.core);
    before.filled.iter().filter(same).cloned().collect()
}

/// The sample professional leaves when a source names somebody else.
pub fn gives_way(saved: &Versioned, ledger: &Ledger) -> bool {
    let plain = plain(ledger);
    let said = name(&plain).map(|fact| normalised(&fact.claim.value));
    let sample = normalised(&saved.persona.core.name);
    let within = |one: &str, other: &str| one.split(' ').all(|word| other.split(' ').any(|w| w == word));
    saved.persona.sample && said.is_some_and(|said| !within(&sample, &said) && !within(&said, &sample))
}

/// The persona stands in a model's instructions: markup, addresses and numbers of a source are no part of it.
fn plain(ledger: &Ledger) -> Ledger {
    let is_plain = |text: &str| {
        !text.contains(['<', '>', '{', '}', '`']) && !text.contains("://") && !names_contact(text)
    };
    let mut plain = ledger.clone();
    plain
        .facts
        .retain(|Fact { claim, .. }| is_plain(&claim.value) && claim.of.as_deref().is_none_or(is_plain));
    plain
}

/// What the sources say of the core, and where they say it.
fn proposed(ledger: &Ledger) -> (Core, impl Fn(Field) -> Vec<Origin>) {
    let (name, headline) = (name(ledger), best(ledger, Predicate::Headline));
    let positions = ledger.positions();
    let role = headline.or(positions.first().copied()).or(ledger.all(Predicate::Education).next());
    let (skills, achievements) = (skills(ledger), achievements(ledger));
    let core = Core {
        name: name.map(|fact| fitting(&as_written(&fact.claim.value), MAX_NAME)).unwrap_or_default(),
        title: role.map_or_else(|| NO_TITLE.to_owned(), titled),
        expertise: skills.iter().map(|fact| fact.claim.value.clone()).collect(),
        years_experience: ledger.years_of_experience.unwrap_or_default().min(MAX_YEARS),
        key_achievements: achievements.iter().map(|fact| one_line(&fact.claim.value)).collect(),
    };
    let origins = move |field: Field| {
        let facts: Vec<&Fact> = match field {
            Field::Name => name.into_iter().collect(),
            Field::Title => role.into_iter().collect(),
            Field::Expertise => skills.clone(),
            Field::YearsExperience => positions.clone(),
            Field::KeyAchievements => achievements.clone(),
        };
        let mut origins: Vec<Origin> = Vec::new();
        for origin in facts.into_iter().flat_map(|fact| &fact.origins).filter(|one| rank(one.kind).is_some())
        {
            if origins.len() < ORIGINS && !origins.contains(origin) {
                origins.push(origin.clone());
            }
        }
        origins
    };
    (core, origins)
}

/// Which sources are about the owner, the most trusted first. Pages and posts may speak of anybody.
fn rank(kind: SourceKind) -> Option<u8> {
    match kind {
        SourceKind::Resume => Some(0),
        SourceKind::Linkedin => Some(1),
        SourceKind::Github => Some(2),
        SourceKind::Page | SourceKind::Feed | SourceKind::Note | SourceKind::Code => None,
    }
}

/// Whether the persona is filled from sources of a kind.
pub fn is_about_the_owner(kind: SourceKind) -> bool {
    rank(kind).is_some()
}

fn rank_of(fact: &Fact) -> Option<u8> {
    fact.origins.iter().filter_map(|origin| rank(origin.kind)).min()
}

/// What the most trusted sources say, and of that, what most of them do.
fn best(ledger: &Ledger, predicate: Predicate) -> Option<&Fact> {
    let said = ledger.all(predicate).filter(|fact| rank_of(fact).is_some());
    said.min_by_key(|fact| (rank_of(fact), std::cmp::Reverse(fact.origins.len())))
}

fn name(ledger: &Ledger) -> Option<&Fact> {
    best(ledger, Predicate::Name)
}

/// What most sources name first; what only code was counted in, last.
fn skills(ledger: &Ledger) -> Vec<&Fact> {
    let mut skills: Vec<&Fact> = Vec::new();
    let named = ledger.all(Predicate::Skill).filter(|fact| {
        let value = &fact.claim.value;
        rank_of(fact).is_some() && !value.is_empty() && value.len() <= MAX_SKILL && *value == one_line(value)
    });
    for fact in named {
        if !skills.iter().any(|known| skill(&known.claim.value) == skill(&fact.claim.value)) {
            skills.push(fact);
        }
    }
    let is_counted = |fact: &Fact| rank_of(fact) == rank(SourceKind::Github);
    skills.sort_by_key(|fact| (is_counted(fact), std::cmp::Reverse(fact.origins.len())));
    skills.truncate(SKILLS);
    skills
}

/// Those with numbers first, then the latest.
fn achievements(ledger: &Ledger) -> Vec<&Fact> {
    let fits = |fact: &&Fact| rank_of(fact).is_some() && fact.claim.value.len() <= MAX_ACHIEVEMENT;
    let mut all: Vec<&Fact> = ledger.all(Predicate::Achievement).filter(fits).collect();
    let has_number = |fact: &Fact| fact.claim.value.contains(|c: char| c.is_ascii_digit());
    all.sort_by_key(|fact| (!has_number(fact), std::cmp::Reverse(fact.claim.end())));
    all.truncate(ACHIEVEMENTS);
    all
}

/// A headline as it is; a position or a degree with where it is held.
fn titled(fact: &Fact) -> String {
    let claim = &fact.claim;
    let text = match (&claim.of, claim.predicate) {
        (Some(of), Predicate::Position) => format!("{} at {of}", claim.value),
        (Some(of), _) => format!("{}, {of}", claim.value),
        (None, _) => claim.value.clone(),
    };
    match fitting(&text, MAX_TITLE) {
        empty if empty.is_empty() => NO_TITLE.to_owned(),
        title => title,
    }
}

/// In one line of at most so many bytes, cut where a part of it ends.
fn fitting(text: &str, longest: usize) -> String {
    let line = one_line(text);
    if line.len() <= longest {
        return line;
    }
    let head = &line[..line.floor_char_boundary(longest)];
    let end = head.rfind(" | ").or_else(|| head.rfind(" · ")).or_else(|| head.rfind(' '));
    head[..end.unwrap_or(head.len())].trim_end_matches([' ', ',', ';', '|']).to_owned()
}

fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `JANE DOE-MILLER`, as it heads a résumé, is Jane Doe-Miller.
fn as_written(name: &str) -> String {
    let mut letters = name.chars().filter(|c| c.is_alphabetic());
    if letters.any(char::is_lowercase) || name.chars().filter(|c| c.is_alphabetic()).count() < 4 {
        return name.to_owned();
    }
    let mut begins = true;
    let mut written = String::new();
    for c in name.chars() {
        if begins {
            written.push(c);
        } else {
            written.extend(c.to_lowercase());
        }
        begins = !c.is_alphabetic();
    }
    written
}

/// A persona of nobody yet, reserved in what it does by itself.
fn blank() -> Persona {
    Persona {
        core: Core {
            name: String::new(),
            title: String::new(),
            expertise: Vec::new(),
            years_experience: 0,
            key_achievements: Vec::new(),
        },
        communication: Communication {
            tone: Tone::Professional,
            style: Style::Conversational,
            expertise_level: ExpertiseLevel::Senior,
        },
        channel_adaptation: ChannelAdaptation {
            chat: ChatAdaptation {
                response_length: ResponseLength::Detailed,
                include_code_examples: false,
                technical_depth: TechnicalDepth::Medium,
            },
            voice: VoiceAdaptation {
                response_length: ResponseLength::Conversational,
                speaking_pace: SpeakingPace::Measured,
                personality_level: PersonalityLevel::Warm,
            },
            phone: PhoneAdaptation {
                response_length: ResponseLength::Professional,
                business_focus: true,
                relationship_building: true,
            },
        },
        context_integration: ContextIntegration {
            linkedin: true,
            github: true,
            portfolio: true,
            resume: true,
        },
        follow_up_policy: FollowUpPolicy::ApproveAll,
        sample: false,
    }
}

#[cfg(test)]
mod tests;

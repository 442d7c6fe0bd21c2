//! Who gets in touch, when, and how it goes.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use rand::RngExt as _;
use twin::{
    contact::{Contact, InteractionRecord, RelationshipKind},
    context::{Ended, UnifiedContext, VoiceInteraction},
    id::{InteractionId, PersonId},
    identity::{Assurance, Email, Phone},
    interaction::{
        Analysis, Channel, Cost, Importance, Intent, Interaction, Left, Measured, Outcome, Speaker, Status,
        Turn, Used, Waited, price,
    },
    memory::{Exchange, Known, Memory, bond, tie},
    routing::RouteKind,
};

use super::{Maker, TAG};

/// One in so many days brings somebody new.
const PEOPLE_A_DAY: f64 = 0.45;
/// Of a hundred calls, so many are advertisements and robots.
const SPAM: f64 = 0.07;
/// Where they call from; not where the twin has its own number.
const AREAS: [&str; 16] = [
    "201", "206", "303", "305", "312", "404", "503", "512", "602", "612", "617", "619", "702", "713", "801",
    "919",
];
/// What was said is made up for conversations of the last days only, as only those keep it.
const SAID_FOR_DAYS: i64 = 14;

const KINDS: [(RelationshipKind, &str, &str, f64); 6] = [
    (RelationshipKind::Recruiter, "Demo Recruiter", "Recruiter", 0.34),
    (RelationshipKind::PotentialClient, "Demo Prospect", "Head of Engineering", 0.22),
    (RelationshipKind::Client, "Demo Client", "Director of Platform", 0.12),
    (RelationshipKind::Colleague, "Demo Colleague", "Engineer", 0.14),
    (RelationshipKind::Mentor, "Demo Mentor", "Advisor", 0.04),
    (RelationshipKind::Unknown, "Demo Visitor", "", 0.14),
];
const INDUSTRIES: [&str; 5] = ["payments", "logistics", "health", "energy", "public sector"];
const TOPICS: [(Intent, &str); 10] = [
    (Intent::JobOpportunity, "a staff engineer role"),
    (Intent::JobOpportunity, "leading a storage team"),
    (Intent::InterviewScheduling, "an interview next week"),
    (Intent::Consultation, "a review of a payments ledger"),
    (Intent::Consultation, "moving a service to Rust"),
    (Intent::Pricing, "the day rate"),
    (Intent::TechnicalQuestion, "exactly-once delivery"),
    (Intent::Experience, "experience with distributed systems"),
    (Intent::Networking, "staying in touch"),
    (Intent::MeetingRequest, "a coffee at a conference"),
];

impl Maker {
    pub(super) fn chance(&mut self, of: f64) -> bool {
        self.random.random_bool(of)
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.random.random_range(0..from.len())]
    }

    /// More on weekdays, and more from month to month.
    pub(super) fn day(&mut self, date: Date, back: i64, days: i64) {
        if self.history.people.is_empty() || self.chance(PEOPLE_A_DAY) {
            self.person(date);
        }
        let is_weekend = date.weekday().to_monday_zero_offset() >= 5;
        let grown = 60 + 40 * (days - back) / days.max(1);
        let most = if is_weekend { 3 } else { 11 } * grown / 100;
        for _ in 0..self.random.random_range(0..=most.max(1)) {
            let Some(at) = self.time_on(date) else { continue };
            if at + SignedDuration::from_mins(30) < self.now {
                self.conversation(at, back);
            }
        }
    }

    /// Most get in touch in working hours, some at night.
    fn time_on(&mut self, date: Date) -> Option<Timestamp> {
        let hour: i8 = if self.chance(0.78) {
            let (one, other) = (self.random.random_range(7..=18), self.random.random_range(7..=18));
            i8::midpoint(one, other)
        } else {
            self.random.random_range(0..=23)
        };
        let (minute, second) = (self.random.random_range(0..60), self.random.random_range(0..60));
        date.at(hour, minute, second, 0).to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
    }

    fn person(&mut self, date: Date) {
        let Ok(at) = date.at(6, 0, 0, 0).to_zoned(TimeZone::UTC) else { return };
        let (at, number) = (at.timestamp(), self.history.people.len() + 1);
        let mut share: f64 = self.random.random();
        let kind = KINDS.iter().find(|(.., part)| {
            share -= part;
            share <= 0.0
        });
        let (kind, name, role, _) = kind.unwrap_or(&KINDS[0]);
        let Ok(id) = PersonId::derived(&format!("DEMO{number:05}")) else { return };
        let mut contact = Contact::new(id.clone(), None, at);
        contact.name = Some(format!("{name} {number}"));
        contact.company = Some(format!("Demo Company {}", number % 40 + 1));
        contact.role = Some((*role).to_owned()).filter(|role| !role.is_empty());
        contact.contact_methods.email = address(&id);
        contact.contact_methods.phone = nobodys(&AREAS, number);
        contact.relationship.kind = *kind;
        contact.professional.industry = Some((*self.pick(&INDUSTRIES)).to_owned());
        contact.importance = *self.pick(&[Importance::Low, Importance::Medium, Importance::High]);
        contact.tags = vec![TAG.to_owned()];
        self.history.people.push(stranger(contact, at));
    }

    fn conversation(&mut self, at: Timestamp, back: i64) {
        let count = self.history.people.len();
        // Those who came last come back most.
        let (one, other) = (self.random.random_range(0..count), self.random.random_range(0..count));
        let visitor = one.max(other);
        let channel = match self.random.random_range(0..100) {
            0..46 => Channel::Phone,
            46..82 => Channel::Chat,
            _ => Channel::Voice,
        };
        if channel == Channel::Phone && self.chance(SPAM) {
            return self.spam(at);
        }
        let (outcome, (intent, topic)) = (self.outcome(channel), *self.pick(&TOPICS));
        let seconds = match outcome {
            Outcome::NoAnswer => 4,
            Outcome::Voicemail | Outcome::Lost => self.random.random_range(20..60),
            _ => self.random.random_range(60..600),
        };
        let person = self.history.people[visitor].contact.clone();
        let number = self.history.interactions.len();
        let route = RouteKind::of(person.relationship.kind).unwrap_or_default();
        let Some(mut held) = held(number, &person.id, (channel, route), (at, seconds, outcome)) else {
            return;
        };
        held.analysis = Some(Analysis {
            summary: format!("Demo: about {topic}."),
            topics: vec![topic.to_owned()],
            intent,
            relationship: person.relationship.kind,
            importance: person.importance,
            follow_up_required: true,
            ..Analysis::default()
        });
        let known = self.history.people[visitor].clone();
        let measured = self.measured(&held, intent, &known);
        let exchange = exchange(&held, measured.said);
        held.measured = Some(measured);
        remember(&mut self.history.people[visitor], &held, exchange);
        if back < SAID_FOR_DAYS {
            self.history.said.push((number, said(topic)));
        }
        self.after(&held, topic, back);
        self.history.interactions.push(held);
    }

    fn outcome(&mut self, channel: Channel) -> Outcome {
        match (channel, self.random.random_range(0..100)) {
            (Channel::Chat, _) => Outcome::Idle,
            (Channel::Phone, 0..6) => Outcome::Voicemail,
            (Channel::Phone, 6..8) => Outcome::Lost,
            (Channel::Phone, 8..13) => Outcome::Transferred,
            (Channel::Phone, 13..15) => Outcome::NoAnswer,
            (_, 15..40) => Outcome::HungUp,
            _ => Outcome::Completed,
        }
    }

    fn measured(&mut self, held: &Interaction, intent: Intent, known: &Known) -> Measured {
        let outcome = held.outcome;
        let is_missed = matches!(outcome, Some(Outcome::Voicemail | Outcome::Lost | Outcome::NoAnswer));
        let wants_to_meet = matches!(
            intent,
            Intent::JobOpportunity
                | Intent::InterviewScheduling
                | Intent::Consultation
                | Intent::MeetingRequest
        );
        let chances = [
            (Left::Meeting, !is_missed && wants_to_meet && self.chance(0.45)),
            (
                Left::Message,
                (outcome == Some(Outcome::Voicemail) && self.chance(0.8))
                    || (!is_missed && self.chance(0.12)),
            ),
            (Left::Handoff, !is_missed && self.chance(0.14)),
        ];
        let grounded = if is_missed { 0 } else { self.random.random_range(0..5) };
        let first = 620 + self.random.random_range(0..500_u64) + if self.chance(0.06) { 900 } else { 0 };
        let written = if held.channel == Channel::Chat { grounded + 1 } else { 0 };
        let said = if is_missed { 0 } else { grounded + 2 };
        let tie = tie(&known.memory.exchanges, &exchange(held, said));
        Measured {
            is_first: known.context.metadata.total_interactions == 0,
            said,
            grounded,
            abstained: u32::from(!is_missed && self.chance(0.12)),
            left: chances.into_iter().filter(|(_, is)| *is).map(|(left, _)| left).collect(),
            first_words_ms: (held.channel != Channel::Chat && !is_missed).then_some(first),
            waited: (held.channel == Channel::Phone && !is_missed)
                .then_some(Waited { p50_ms: first * 5 / 6, p95_ms: first * 7 / 4 }),
            rehearsed: None,
            tie: tie.filter(|_| !is_missed),
            cost: Cost::of(held, &Used { spoken: !is_missed, written, ..Used::default() }),
            prices_as_of: Some(price::AS_OF),
        }
    }
}

/// A conversation that is over and read, before what was read of it.
pub(super) fn held(
    number: usize,
    person: &PersonId,
    (channel, route): (Channel, RouteKind),
    (at, seconds, outcome): (Timestamp, i64, Outcome),
) -> Option<Interaction> {
    Some(Interaction {
        id: InteractionId::derived(&format!("DEMO{number:07}")).ok()?,
        person: person.clone(),
        channel,
        call_sid: None,
        dial: None,
        host: None,
        route,
        level: Assurance::Claimed,
        status: Status::Analysed,
        started_at: at,
        ended_at: Some(at + SignedDuration::from_secs(seconds)),
        outcome: Some(outcome),
        analysis: None,
        measured: None,
        words_read: 0,
        came_later: 0,
    })
}

/// Somebody who has not been in touch.
pub(super) fn stranger(contact: Contact, at: Timestamp) -> Known {
    let context = UnifiedContext::new(contact.id.clone(), at);
    Known { contact, context, memory: Memory::default() }
}

/// The twin has the last word.
pub(super) fn exchange(held: &Interaction, theirs: u32) -> Exchange {
    let (interaction, channel, at) = (held.id.clone(), held.channel, held.started_at);
    Exchange { interaction, channel, at, theirs, ours: theirs + 1 }
}

pub(super) fn remember(known: &mut Known, held: &Interaction, exchange: Exchange) {
    let Known { contact, context, memory } = known;
    let analysis = held.analysis.clone().unwrap_or_default();
    contact.remember(InteractionRecord {
        interaction: held.id.clone(),
        channel: held.channel,
        at: held.started_at,
        summary: analysis.summary.clone(),
    });
    let at = held.ended_at.unwrap_or(held.started_at);
    contact.updated_at = at;
    memory.spoke(exchange);
    contact.relationship.strength = bond(&memory.exchanges, at).strength;
    let number = contact.contact_methods.phone.clone();
    let ended = Ended { at, number, messages: 3, talk: VoiceInteraction::Conversation };
    context.conversation_ended(held, ended);
    context.learned(held, &analysis, at);
}

fn said(topic: &str) -> Vec<Turn> {
    let lines = [
        (Speaker::Twin, "Hello, this is the AI assistant of Alex Sample. How can I help?".to_owned()),
        (Speaker::Person, format!("Demo: this is about {topic}.")),
        (Speaker::Twin, "Demo: thank you, I will pass that on.".to_owned()),
    ];
    let turns = (0_u32..).zip(lines).map(|(sequence, (speaker, text))| Turn {
        offset_ms: 900 + 4_000 * u64::from(sequence),
        sequence,
        speaker,
        text,
        interrupted: false,
        heard: None,
    });
    turns.collect()
}

/// A number that nobody has: 555-0100 to 555-0199 are kept for fiction in every area.
pub(super) fn nobodys(areas: &[&str], nth: usize) -> Option<Phone> {
    let (area, line) = (areas[nth % areas.len()], nth / areas.len() % 100);
    Phone::parse(&format!("+1{area}55501{line:02}")).ok()
}

/// Each at a domain of their own: who share one are taken for colleagues.
pub(super) fn address(person: &PersonId) -> Option<Email> {
    Email::parse(&format!("me@{}.demo.example", person.suffix().to_lowercase())).ok()
}

//! The history as plain data. Nobody in it is a person: all are called "Demo", and have the tag `demo`.

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use twin::{
    contact::{
        Brought, Contact, Currency, InteractionRecord, Money, Opportunity, RelationshipKind, Source, Stage,
    },
    context::{Ended, UnifiedContext, VoiceInteraction},
    follow_up::{Content, FollowUp, Links, State, Word},
    handoff::{EMAILED_FOR, Handoff, Secret, TakenUp},
    id::{GapId, HandoffId, InteractionId, OpportunityId, PersonId},
    identity::{Assurance, Email, Phone},
    interaction::{
        Analysis, Channel, Cost, Importance, Intent, Interaction, Left, Measured, Outcome, Speaker, Status,
        Turn, Used, Waited, price,
    },
    knowledge::gap::Gap,
    memory::{DORMANT_AFTER, Tie},
    routing::RouteKind,
};

/// Everything that happened.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub people: Vec<Visitor>,
    pub interactions: Vec<Interaction>,
    /// What was said in the latest of them, by their place.
    pub said: Vec<(usize, Vec<Turn>)>,
    pub opportunities: Vec<Opportunity>,
    pub follow_ups: Vec<FollowUp>,
    pub links: Vec<Link>,
    pub gaps: Vec<Gap>,
}

#[derive(Debug, Clone)]
pub struct Visitor {
    pub contact: Contact,
    pub context: UnifiedContext,
}

/// With which a conversation was to go on in the chat, and did if somebody opened it.
#[derive(Debug, Clone)]
pub struct Link {
    pub secret: String,
    pub handoff: Handoff,
    pub taken_up: Option<(Timestamp, TakenUp)>,
}

pub const TAG: &str = "demo";
const SEED: u64 = 0x0D_E1_10;
/// One in so many days brings somebody new.
const PEOPLE_A_DAY: f64 = 0.45;
/// What was said is made up for conversations of the last days only, as only those keep it.
const SAID_FOR_DAYS: i64 = 14;
/// Follow-ups of the last days that still wait for the owner.
const WAITING_DAYS: i64 = 10;

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
const QUESTIONS: [&str; 8] = [
    "Demo: is there a security clearance?",
    "Demo: which notice period applies?",
    "Demo: has anything been done with Kafka Streams?",
    "Demo: are on-site weeks in Lisbon possible?",
    "Demo: is there a portfolio of talks?",
    "Demo: which cloud certificates are there?",
    "Demo: is a fixed price offered?",
    "Demo: how large was the largest team?",
];

impl History {
    /// Of the `days` before `now`, the day that goes on included.
    pub fn of(days: i64, now: Timestamp) -> Self {
        let mut made = Maker { random: StdRng::seed_from_u64(SEED), history: Self::default(), now };
        let today = now.to_zoned(TimeZone::UTC).date();
        for back in (0..days).rev() {
            let Ok(date) = today.checked_sub(back.days()) else { continue };
            made.day(date, back, days);
        }
        made.gaps(days);
        made.history.links =
            made.history.interactions.iter().filter_map(|held| made.history.link(held)).collect();
        made.history
    }
}

impl History {
    /// If they asked for one; it was opened by whoever wrote while it worked.
    fn link(&self, held: &Interaction) -> Option<Link> {
        held.measured.as_ref().filter(|measured| measured.left.contains(&Left::Handoff))?;
        let (created_at, secret) = (held.ended_at?, Secret::generate());
        let expires_at = created_at + EMAILED_FOR;
        let goes_on = |one: &&Interaction| {
            one.person == held.person
                && one.channel == Channel::Chat
                && (created_at..expires_at).contains(&one.started_at)
        };
        let next = self.interactions.iter().filter(goes_on).min_by_key(|one| one.started_at);
        let taken_up = next
            .map(|one| (one.started_at, TakenUp { person: one.person.clone(), interaction: one.id.clone() }));
        let handoff = Handoff {
            id: HandoffId::derived(held.id.suffix()).ok()?,
            person: held.person.clone(),
            from: held.id.clone(),
            to: Channel::Chat,
            level: Assurance::Claimed,
            secret_hash: secret.hash(),
            created_at,
            expires_at,
        };
        Some(Link { secret: secret.reveal().to_owned(), handoff, taken_up })
    }
}

struct Maker {
    random: StdRng,
    history: History,
    now: Timestamp,
}

impl Maker {
    fn chance(&mut self, of: f64) -> bool {
        self.random.random_bool(of)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.random.random_range(0..from.len())]
    }

    /// More on weekdays, and more from month to month.
    fn day(&mut self, date: Date, back: i64, days: i64) {
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
        contact.contact_methods.phone = Phone::parse(&format!("+1415555{:04}", number % 10_000)).ok();
        contact.relationship.kind = *kind;
        contact.professional.industry = Some((*self.pick(&INDUSTRIES)).to_owned());
        contact.importance = *self.pick(&[Importance::Low, Importance::Medium, Importance::High]);
        contact.tags = vec![TAG.to_owned()];
        self.history.people.push(Visitor { contact, context: UnifiedContext::new(id, at) });
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
        let is_spam = channel == Channel::Phone && self.chance(0.07);
        let outcome = self.outcome(channel, is_spam);
        let (intent, topic) = if is_spam { (Intent::Spam, "an advertisement") } else { *self.pick(&TOPICS) };
        let seconds = match outcome {
            Outcome::Screened | Outcome::NoAnswer => 4,
            Outcome::Voicemail | Outcome::Lost => self.random.random_range(20..60),
            _ => self.random.random_range(60..600),
        };
        let person = self.history.people[visitor].contact.clone();
        let number = self.history.interactions.len();
        let Ok(id) = InteractionId::derived(&format!("DEMO{number:07}")) else { return };
        let mut held = Interaction {
            id,
            person: person.id.clone(),
            channel,
            call_sid: None,
            dial: None,
            host: None,
            route: if is_spam {
                RouteKind::Spam
            } else {
                RouteKind::of(person.relationship.kind).unwrap_or_default()
            },
            level: Assurance::Claimed,
            status: Status::Analysed,
            started_at: at,
            ended_at: Some(at + SignedDuration::from_secs(seconds)),
            outcome: Some(outcome),
            analysis: None,
            measured: None,
            words_read: 0,
            came_later: 0,
        };
        held.analysis = Some(Analysis {
            summary: format!("Demo: about {topic}."),
            topics: vec![topic.to_owned()],
            intent,
            relationship: person.relationship.kind,
            importance: person.importance,
            follow_up_required: !is_spam,
            ..Analysis::default()
        });
        held.measured = Some(self.measured(&held, intent, outcome, visitor));
        self.remember(visitor, &held);
        if back < SAID_FOR_DAYS {
            self.history.said.push((number, said(topic)));
        }
        if !is_spam {
            self.after(&held, topic, back);
        }
        self.history.interactions.push(held);
    }

    fn outcome(&mut self, channel: Channel, is_spam: bool) -> Outcome {
        match (channel, self.random.random_range(0..100)) {
            _ if is_spam => Outcome::Screened,
            (Channel::Chat, _) => Outcome::Idle,
            (Channel::Phone, 0..6) => Outcome::Voicemail,
            (Channel::Phone, 6..8) => Outcome::Lost,
            (Channel::Phone, 8..13) => Outcome::Transferred,
            (Channel::Phone, 13..15) => Outcome::NoAnswer,
            (_, 15..40) => Outcome::HungUp,
            _ => Outcome::Completed,
        }
    }

    fn measured(&mut self, held: &Interaction, intent: Intent, outcome: Outcome, visitor: usize) -> Measured {
        let is_missed =
            matches!(outcome, Outcome::Voicemail | Outcome::Lost | Outcome::Screened | Outcome::NoAnswer);
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
                (outcome == Outcome::Voicemail && self.chance(0.8)) || (!is_missed && self.chance(0.12)),
            ),
            (Left::Handoff, !is_missed && self.chance(0.14)),
        ];
        let grounded = if is_missed { 0 } else { self.random.random_range(0..5) };
        let first = 620 + self.random.random_range(0..500_u64) + if self.chance(0.06) { 900 } else { 0 };
        let written = if held.channel == Channel::Chat { grounded + 1 } else { 0 };
        let Visitor { contact, context } = &self.history.people[visitor];
        let before = context.metadata.total_interactions;
        let last = contact.relationship.last_contact;
        let tie = match before {
            1 => Some(Tie::Formed),
            2.. if last.is_some_and(|last| held.started_at.duration_since(last) > DORMANT_AFTER) => {
                Some(Tie::Renewed)
            }
            _ => None,
        };
        Measured {
            is_first: before == 0,
            said: grounded + 2,
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

    fn remember(&mut self, visitor: usize, held: &Interaction) {
        let Visitor { contact, context } = &mut self.history.people[visitor];
        let analysis = held.analysis.clone().unwrap_or_default();
        contact.remember(InteractionRecord {
            interaction: held.id.clone(),
            channel: held.channel,
            at: held.started_at,
            summary: analysis.summary.clone(),
        });
        let at = held.ended_at.unwrap_or(held.started_at);
        contact.updated_at = at;
        let number = contact.contact_methods.phone.clone();
        let ended = Ended { at, number, messages: 3, talk: VoiceInteraction::Conversation };
        context.conversation_ended(held, ended);
        context.learned(held, &analysis, at);
    }

    /// The follow-up, and the opportunity that may come of it.
    fn after(&mut self, held: &Interaction, topic: &str, back: i64) {
        let ended = held.ended_at.unwrap_or(held.started_at);
        let Some(to) = address(&held.person) else { return };
        let content = Content::SummaryEmail {
            to,
            channel: held.channel,
            quote: Some(format!("Demo: this is about {topic}.")),
            questions: Vec::new(),
            sources: Vec::new(),
            meeting: None,
            slots: Vec::new(),
            handoff: None,
            links: Links::default(),
            note: None,
            rehearsed: None,
            copy: false,
        };
        let reason = "they want to hear from you".to_owned();
        if self.chance(0.55)
            && let Some(mut mail) =
                FollowUp::new(held, content.kind().key(), content, State::AwaitingApproval, reason, ended)
        {
            let waited = SignedDuration::from_mins(self.random.random_range(3..900));
            if back >= WAITING_DAYS || self.chance(0.6) {
                let (word, state) = match self.random.random_range(0..100) {
                    0..70 => (Word::AsIs, State::Sent),
                    70..88 => (Word::Edited, State::Sent),
                    _ => (Word::Rejected, State::Cancelled),
                };
                let at = (ended + waited).min(self.now);
                (mail.decided, mail.state, mail.updated_at, mail.settled_at) =
                    (Some(word), state, at, Some(at));
            }
            self.history.follow_ups.push(mail);
        }
        let intent = held.analysis.as_ref().map(|analysis| analysis.intent).unwrap_or_default();
        if matches!(intent, Intent::JobOpportunity | Intent::Consultation) && self.chance(0.3) {
            self.opportunity(held, topic, ended);
        }
    }

    fn opportunity(&mut self, held: &Interaction, topic: &str, at: Timestamp) {
        let number = self.history.opportunities.len();
        let Ok(id) = OpportunityId::derived(&format!("DEMO{number:05}")) else { return };
        let source = Brought {
            by: Source::Conversation,
            channel: Some(held.channel),
            relationship: held.relationship(),
            interaction: Some(held.id.clone()),
        };
        let title = format!("Demo: {topic}");
        let mut brought = Opportunity::new(id, held.person.clone(), title, source, Stage::Lead, at);
        let amount = 1_000 * self.random.random_range(4..70);
        brought.value = Currency::try_from("USD".to_owned()).ok().map(|currency| Money { amount, currency });
        let ends_as = if self.chance(0.42) { Stage::Won } else { Stage::Lost };
        let mut when = at;
        for stage in [Stage::Contacted, Stage::Interviewing, Stage::Proposal, ends_as] {
            when += SignedDuration::from_hours(self.random.random_range(20..500));
            if when >= self.now || self.chance(0.06) {
                break;
            }
            brought.move_to(stage, Source::Owner, when);
            brought.updated_at = when;
        }
        self.history.opportunities.push(brought);
    }

    fn gaps(&mut self, days: i64) {
        for (number, question) in QUESTIONS.into_iter().enumerate() {
            let Ok(id) = GapId::derived(&format!("DEMO{number}")) else { continue };
            let ago = SignedDuration::from_hours(24 * self.random.random_range(0..days.max(1)) + 2);
            let first = self.now - ago;
            let mut gap = Gap::new(id, question, first);
            for _ in 0..self.random.random_range(0..9) {
                gap.asked_again(question, first + SignedDuration::from_mins(7));
            }
            if number % 3 == 0 {
                let at = (first + SignedDuration::from_hours(self.random.random_range(2..90))).min(self.now);
                gap.answer = Some("Demo: yes.".to_owned());
                gap.answered_at = Some(at);
            }
            self.history.gaps.push(gap);
        }
    }
}

fn address(person: &PersonId) -> Option<Email> {
    Email::parse(&format!("{}@demo.example", person.suffix().to_lowercase())).ok()
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use twin::analytics::{Day, Mark, Rollup, on};

    use super::*;

    fn now() -> Timestamp {
        "2026-11-29T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_year_is_plausible_and_the_same_each_time() {
        let (year, again) = (History::of(365, now()), History::of(365, now()));
        assert_eq!(year.interactions, again.interactions);
        assert!((800..3_000).contains(&year.interactions.len()), "{}", year.interactions.len());
        assert!(year.people.len() > 100 && year.opportunities.len() > 50);
        let won = year.opportunities.iter().filter(|one| one.stage == Stage::Won).count();
        assert!(won > 10 && won < year.opportunities.len());
        assert!(year.follow_ups.iter().any(|one| one.state == State::AwaitingApproval));
        let opened = year.links.iter().filter(|link| link.taken_up.is_some()).count();
        assert!((10..year.links.len()).contains(&opened), "{opened} of {}", year.links.len());
        for mark in Mark::ALL {
            assert!(year.interactions.iter().any(|held| mark.holds(held)), "{mark:?}");
        }
        let ids: BTreeSet<_> = year.interactions.iter().map(|held| &held.id).collect();
        assert_eq!(ids.len(), year.interactions.len());
        assert!(year.interactions.iter().all(|held| held.ended_at < Some(now())), "nothing is in the future");
    }

    #[test]
    fn mails_go_to_the_address_of_whom_they_are_for() {
        let month = History::of(30, now());
        assert!(!month.follow_ups.is_empty());
        for mail in &month.follow_ups {
            let to = month.people.iter().find(|visitor| visitor.contact.id == mail.person);
            assert_eq!(mail.content.to(), to.unwrap().contact.contact_methods.email.as_ref());
        }
    }

    #[test]
    fn nobody_in_it_is_a_person() {
        let month = History::of(30, now());
        for Visitor { contact, .. } in &month.people {
            assert!(contact.name.as_ref().unwrap().starts_with("Demo ") && contact.tags == [TAG]);
        }
        let held: Vec<Interaction> = month.interactions;
        let day = Day { interactions: &held, ..Day::default() };
        let counted: u64 = (0..30)
            .map(|back| on(now()).checked_sub(back.days()).unwrap())
            .map(|date| Rollup::of_day(date, &day).tally(|_, _| true).of(Mark::Conversation))
            .sum();
        assert_eq!(counted, held.len() as u64);
    }
}

//! After a conversation: analysis, follow-ups, and the sweep that makes up for whatever got lost.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    Arrival, MAX_CONFLICTS, Post, Session, Twin, digesting::is_digest, privacy::Erasing,
    reminding::is_reminder, scheduling::is_of_booking,
};
use crate::{
    analytics::on,
    brain::{Brain, Held},
    chat::{Exchange, Exchanging},
    consent::{Consent, Matter},
    contact::{InteractionRecord, Opportunity, Origin},
    error::Error,
    follow_up::{self, Basis, Content, EMERGENCY, EMERGENCY_TEXT, FollowUp, Kind, News, Plan, State},
    id::{InteractionId, PersonId},
    interaction::{
        Action, Analysis, Answered, Channel, Intent, Interaction, Measured, Outcome, Status,
        overheard::words_of_person,
    },
    language::Language,
    memory,
    store::{DueWork, Learned, StoreError, keys},
};

/// A job that does not come to its end is queued again this often.
const REQUEUE_EVERY: SignedDuration = SignedDuration::from_mins(15);

/// Tells the owner's word of a voicemail from other follow-ups of the call.
pub(super) const VOICEMAIL: &str = "voicemail";

impl Twin {
    /// What an `InteractionClosed` job asks for. Doing it again does only what is left to do.
    pub async fn follow_up(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        post: &Post,
        now: Timestamp,
    ) -> Result<(), Error> {
        let is_conversation = !is_reminder(interaction) && !is_of_booking(interaction) && !is_digest(person);
        // What is urgent is sent while the conversation goes on.
        if is_conversation && Box::pin(self.analyse(person, interaction, now)).await? {
            self.look_for_others(std::slice::from_ref(person), now).await;
        }
        for planned in self.store().follow_ups_of(person, interaction.suffix()).await? {
            let is_ready = planned.state == State::Approved && planned.is_due(now);
            if planned.interaction == *interaction && is_ready {
                self.execute(planned, post, now).await?;
            }
        }
        Ok(())
    }

    /// A voicemail was left in a call: kept in its timeline, and the owner is told. It may come long after
    /// the conversation was closed and analysed.
    pub async fn voicemail(
        &self,
        arrival: &Arrival,
        recording_url: &str,
        seconds: u64,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.start(arrival, now).await?;
        let (person, interaction) = (&arrival.person, &arrival.interaction);
        let action = Action::VoicemailLeft { recording_url: recording_url.to_owned(), seconds };
        let output = json!({ "recorded": true });
        match self.store().act(person, interaction, "voicemail", Some(action), &output, None, &[], now).await
        {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let left_in = self.store().interaction(person, interaction).await?.ok_or(Error::NotFound)?;
        let quote = Some(Box::pin(self.asked_for_a_message(arrival)).await?);
        let record = Consent::said(Matter::Recording, true, interaction, Channel::Phone, quote, now);
        self.store().add_consent(person, &record).await?;
        let message = format!("A voicemail of {seconds} seconds. You can listen to it in their timeline.");
        let content = Content::news(News::Voicemail, message);
        let reason = "they left a voicemail".to_owned();
        // What was said comes a little later, and goes with it; if it does not come, the sweep sends it as it is.
        if let Some(planned) = FollowUp::new(&left_in, VOICEMAIL, content, State::Planned, reason, now) {
            self.store().add_follow_up(&planned).await?;
        }
        if left_in.status == Status::Open {
            return self.close(person, interaction, Outcome::Voicemail, now).await;
        }
        self.enqueue(person, interaction).await;
        Ok(())
    }

    /// Words of danger were heard: noted, and the owner is told while the call goes on. Again, nothing is told twice.
    pub async fn alarmed(&self, session: &Session, said: &str, now: Timestamp) -> Result<(), Error> {
        let (person, interaction) = (&session.person, &session.interaction);
        let action = Some(Action::EmergencyHeard { said: said.to_owned() });
        let output = json!({ "told": true });
        match self.store().act(person, interaction, "emergency", action, &output, None, &[], now).await {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let held = self.store().interaction(person, interaction).await?.ok_or(Error::NotFound)?;
        let place = if session.channel == Channel::Phone { "on the phone" } else { "in the browser" };
        let message = format!(
            "Somebody {place} may be in danger. They said: “{said}”. They were told to call their \
                               emergency number; the twin cannot send help."
        );
        let content = Content::news(News::Danger, message);
        let reason = "words of danger were heard".to_owned();
        let texted = self.store().follow_up_settings().await?.settings.text_owner.map(|to| {
            let message = format!("somebody {place} may be in danger");
            (EMERGENCY_TEXT, Content::OwnerText { to, message })
        });
        for (key, content) in [(EMERGENCY, content)].into_iter().chain(texted) {
            if let Some(told) = FollowUp::new(&held, key, content, State::Approved, reason.clone(), now) {
                self.store().add_follow_up(&told).await?;
            }
        }
        self.enqueue(person, interaction).await;
        Ok(())
    }

    /// In the language of whoever calls.
    async fn asked_for_a_message(&self, arrival: &Arrival) -> Result<&'static str, Error> {
        let language = match &arrival.call_sid {
            Some(sid) => self.spoken_in(sid, None).await?,
            None => Language::default(),
        };
        Ok(language.words().leave_a_message)
    }

    /// What kind of a line called.
    async fn line_was_looked_up(&self, held: &Interaction) -> Result<bool, Error> {
        let Some(sid) = &held.call_sid else { return Ok(false) };
        match self.store().call(sid).await {
            Ok(call) => Ok(call.is_some_and(|call| call.screening.looked_up)),
            Err(StoreError::Erased) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// `false`: there is nothing to analyse, because it goes on or is gone.
    async fn analyse(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let persona = self.persona().await?;
        for _ in 0..MAX_CONFLICTS {
            let conversation = self.store().conversation(person, interaction).await?;
            let (Some(mut conversation), Some(mut known)) = (conversation, self.store().known(person).await?)
            else {
                tracing::warn!(%interaction, "a job for what is no longer there was dropped");
                self.dropped(person, interaction, now).await?;
                return Ok(false);
            };
            match conversation.interaction.status {
                Status::Open => return Ok(false),
                Status::Analysed => return Ok(true),
                Status::Closed => {}
            }
            let Erasing::Left(unerased) = self.erased_as_wished(&conversation, &known.contact, now).await?
            else {
                return Ok(false);
            };
            let mut analysed = conversation.interaction;
            conversation.turns = self.reconciled(&analysed, conversation.turns).await?;
            let (turns, actions) = (&conversation.turns, &conversation.actions);
            let held = Held { interaction: &analysed, contact: &known.contact, turns, actions };
            let payers = self.payers_of(&analysed).await?;
            let analysis = self.analysed(&held, &payers, now).await?;
            let before = self.planned_before(&analysed).await?;
            let facts = self.store().facts(person).await?;
            let tie = memory::tie(&known.memory.exchanges, &memory::Exchange::of(&analysed, turns));
            let origin = Origin::conversation(interaction, now);
            let details = known.contact.details_of(&analysis, actions);
            let mut learned = Learned {
                changes: known.contact.learn(details, &origin),
                facts: known.learned(&analysed, (turns, actions), &analysis, &facts, now),
                opportunity: None,
                tasks: Vec::new(),
            };
            known.contact.remember(InteractionRecord {
                interaction: interaction.clone(),
                channel: analysed.channel,
                at: analysed.started_at,
                summary: analysis.summary.clone(),
            });
            if matches!(analysis.intent, Intent::JobOpportunity | Intent::Consultation) {
                let title = matter(&analysis);
                let (channel, at) = (analysed.channel, analysed.started_at);
                learned.opportunity = Opportunity::brought_up(person, title, interaction, channel, at);
            }
            known.contact.updated_at = now;
            let was_first = analysed.measured.as_ref().map(|measured| measured.is_first);
            let is_first = was_first.unwrap_or(known.context.metadata.total_interactions <= 1);
            let answered = self.answers_of(&analysed).await?;
            let looked_up = self.line_was_looked_up(&analysed).await?;
            let measured = Measured::of(&analysed, turns, actions, answered, is_first, looked_up);
            let points = &persona.persona.core.key_achievements;
            let rehearsed = Box::pin(self.rehearsed(&analysed, turns, points)).await?;
            let by_owner = rehearsed.is_some() && self.is_owners_talk(&analysed).await?;
            analysed.measured = Some(Measured { rehearsed, tie, ..measured });
            let reached = self.reached(&known.contact, &analysed).await?;
            let mut settings = self.store().follow_up_settings().await?.settings;
            self.link_resume(&mut settings.links, now).await?;
            let held = Held { interaction: &analysed, contact: &reached, turns, actions };
            let drafted = match before.iter().any(|one| one.content.kind() == Kind::Proposal) {
                true => None,
                false => self.drafted((&held, &analysis), &payers, &persona.persona, &settings, now).await?,
            };
            let clock = Self::their_clock(&reached, &settings);
            let basis = Basis {
                persona: &persona.persona,
                settings: &settings,
                contact: &reached,
                interaction: &analysed,
                actions,
                analysis: &analysis,
                slots: &self.proposed(wishes(actions), &clock, now).await?,
                proposal: drafted.as_ref(),
                unerased: unerased.as_deref(),
                by_owner,
            };
            let Plan { mut follow_ups, tasks } = follow_up::plan(&basis, now);
            self.only_wanted(person, &mut follow_ups).await?;
            let follows = follow_up::follows(follow_ups, &before, now);
            let is_read_first = analysed.analysis.is_none();
            // They follow from what was done, which stays the same.
            learned.tasks = if is_read_first { tasks } else { Vec::new() };
            analysed.words_read = words_of_person(turns);
            analysed.status = Status::Analysed;
            analysed.analysis = Some(analysis);
            match self.store().analyse_interaction(&analysed, known, &learned, &follows).await {
                Ok(()) if is_read_first => {
                    self.came_back(person, interaction, now).await?;
                    return Ok(true);
                }
                // They were not in touch since: what was planned after a later conversation stays.
                Ok(()) => return Ok(true),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// What was planned when a conversation was read before; nothing the first time.
    async fn planned_before(&self, held: &Interaction) -> Result<Vec<FollowUp>, Error> {
        if held.analysis.is_none() {
            return Ok(Vec::new());
        }
        let mut planned = self.store().follow_ups_of(&held.person, held.id.suffix()).await?;
        planned.retain(|one| one.interaction == held.id);
        Ok(planned)
    }

    /// What the answers of a chat rest on.
    async fn answers_of(&self, held: &Interaction) -> Result<Answered, Error> {
        if held.channel != Channel::Chat {
            return Ok(Answered::default());
        }
        let exchanges = self.store().exchanges(&held.person, &held.id).await?;
        let count = |is: fn(&Exchange) -> bool| {
            let found =
                exchanges.iter().filter(|exchange| exchange.state == Exchanging::Done && is(exchange));
            u32::try_from(found.count()).unwrap_or(u32::MAX)
        };
        Ok(Answered {
            grounded: count(|exchange| exchange.answer.known && !exchange.answer.citations.is_empty()),
            abstained: count(|exchange| !exchange.answer.known),
            by_model: if matches!(self.brain, Brain::OpenAi(_)) { count(|_| true) } else { 0 },
        })
    }

    /// Finds what is overdue: conversations that nobody closed, jobs that got lost, sends that never told
    /// how they ended. Ticking twice changes nothing.
    pub async fn sweep(&self, now: Timestamp) -> Result<(), Error> {
        if let Err(error) = self.close_days(now).await {
            tracing::error!(%error, "a day is left open for the next sweep");
        }
        if let Err(error) = self.sum_up(on(now), now).await {
            tracing::error!(%error, "today is not summed up, so reports take longer");
        }
        let settings = self.store().follow_up_settings().await?.settings;
        let stopped = settings.stopped.is_some();
        if !stopped {
            self.plan_digest(&settings, now).await?;
        }
        let mut elsewhere = Vec::new();
        for shard in 0..keys::DUE_SHARDS {
            for work in self.store().due(shard, now).await? {
                if matches!(work, DueWork::Mirror(_) | DueWork::Remnant(_)) {
                    elsewhere.push(work);
                    continue;
                }
                // One that cannot be dealt with keeps nobody else waiting.
                if let Err(error) = self.swept(work, stopped, now).await {
                    tracing::error!(%error, "something overdue is left for the next sweep");
                }
            }
        }
        // What is not written now is found again when it is.
        elsewhere.retain(|work| !stopped || matches!(work, DueWork::Remnant(_)));
        self.swept_outside(elsewhere, now).await;
        if !stopped && let Err(error) = self.tell_of_lost(now).await {
            tracing::error!(%error, "the owner is told of a lost calendar by the next sweep");
        }
        Ok(())
    }

    async fn swept(&self, work: DueWork, stopped: bool, now: Timestamp) -> Result<(), Error> {
        match work {
            DueWork::Interaction(open) if open.status == Status::Open => {
                let outcome = match open.channel {
                    Channel::Chat => Outcome::Idle,
                    Channel::Voice | Channel::Phone => Outcome::Lost,
                };
                match self.close(&open.person, &open.id, outcome, now).await {
                    // Whoever it was is forgotten.
                    Err(Error::NotFound) => self.store().drop_interaction(&open.person, &open.id).await?,
                    closed => closed?,
                }
            }
            DueWork::Interaction(closed) => {
                let next = now + REQUEUE_EVERY;
                self.store().postpone(&closed.person, &closed.id, next).await?;
                self.enqueue(&closed.person, &closed.id).await;
            }
            DueWork::FollowUp(stuck) if stuck.state == State::Sending => {
                tracing::warn!(follow_up = %stuck.id, "a send never told how it ended");
                self.sending_came_to(*stuck, State::Unknown, now).await?;
            }
            DueWork::FollowUp(mut undecided) if undecided.state == State::AwaitingApproval => {
                if undecided.undecided_until() <= now {
                    undecided.problem = Some("nobody decided in time".to_owned());
                    self.move_to(*undecided, State::AwaitingApproval, State::Cancelled, now).await?;
                }
            }
            DueWork::FollowUp(over) if over.is_over() => self.store().end_said(&over).await?,
            // What is not sent now is found again when it is.
            DueWork::FollowUp(_) | DueWork::Task(_) if stopped => {}
            DueWork::FollowUp(planned) if planned.state == State::Planned => {
                if matches!(planned.content, Content::Nudge { .. }) {
                    return self.ripe(*planned, now).await;
                }
                let (person, interaction) = (planned.person.clone(), planned.interaction.clone());
                self.move_to(*planned, State::Planned, State::Approved, now).await?;
                self.enqueue(&person, &interaction).await;
            }
            DueWork::Task(task) => self.remind(*task, now).await?,
            DueWork::Dial(dial) => self.swept_dial(*dial, now).await?,
            DueWork::FollowUp(waiting) => self.enqueue(&waiting.person, &waiting.interaction).await,
            private => self.swept_private(private, now).await?,
        }
        Ok(())
    }
}

/// What an opportunity is about: what was asked on the way is not it.
fn matter(analysis: &Analysis) -> String {
    let topics = analysis.topics.iter();
    let named = topics.filter(|topic| !topic.trim_end().ends_with('?')).map(String::as_str).next();
    named.unwrap_or(analysis.intent.words()).to_owned()
}

/// When they would like to meet, in their own words.
fn wishes(actions: &[Action]) -> &[String] {
    let proposed = actions.iter().rev().find_map(|action| match action {
        Action::MeetingProposed { preferred_times, .. } => Some(preferred_times.as_slice()),
        _ => None,
    });
    proposed.unwrap_or_default()
}

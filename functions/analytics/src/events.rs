//! What else than conversations is behind a count: follow-ups, opportunities, links to other channels, questions.

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    analytics::{Event, Via},
    contact::{Money, RelationshipKind, Stage},
    error::Error,
    follow_up::{Kind, State as Standing, Word},
    http::{Owner, query},
    id::{CallSid, InteractionId, PersonId},
    interaction::Channel,
    merging::{By, Merging, Verdict},
    store::{HandedOver, Store},
    twin::{Counted, Happening, Slice, What},
};

use crate::{
    State,
    behind::{PAGES, cursor, place, quoted, rest, written},
    period::{Format, period},
    report::file,
};

pub const PATH: &str = "/api/analytics/events";

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// As in a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 731))]
    days: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Date>,
    /// Which of them.
    event: Event,
    /// Of follow-ups, opportunities and calls that were taken for spam: which came of conversations of a channel, or of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<Via>,
    /// And with whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    relationship: Option<RelationshipKind>,
    /// The `next` of the page before, with all else as it was asked then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 120))]
    cursor: Option<String>,
    /// As a table: up to 1,000 at once, with a link to the next ones (RFC 8288).
    #[serde(default)]
    format: Format,
}

#[derive(Serialize, JsonSchema)]
pub struct Page {
    events: Vec<Shown>,
    /// Where the next page begins, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct Shown {
    id: String,
    at: Timestamp,
    /// When it was planned, came up, came into the stage before, was made, was first asked, or began.
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The conversation that it follows from.
    #[serde(skip_serializing_if = "Option::is_none")]
    interaction: Option<InteractionId>,
    #[serde(flatten)]
    of: Of,
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "of", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Of {
    FollowUp {
        kind: Kind,
        state: Standing,
        #[serde(skip_serializing_if = "Option::is_none")]
        decided: Option<Word>,
    },
    Opportunity {
        title: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<Stage>,
        to: Stage,
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<Money>,
    },
    Link {
        to: Channel,
        is_used: bool,
        /// Whether they got what they came for, if that is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        is_served: Option<bool>,
        /// Where it went on, which may be with somebody else.
        #[serde(skip_serializing_if = "Option::is_none")]
        went_on: Option<WentOn>,
    },
    Gap {
        question: String,
        /// How often it was asked.
        count: u64,
        is_answered: bool,
    },
    Spam {
        call: CallSid,
    },
    Merge {
        /// Who was merged into the person.
        with: PersonId,
        by: By,
        #[serde(skip_serializing_if = "Option::is_none")]
        undone_at: Option<Timestamp>,
    },
    Conflict {
        with: PersonId,
        /// Kinds of accounts of which they have different ones.
        accounts: Vec<String>,
        verdict: Verdict,
    },
}

#[derive(Serialize, JsonSchema)]
pub struct WentOn {
    person: PersonId,
    interaction: InteractionId,
}

pub async fn list(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let mut asked: Asked = query(&request.into_parts().0)?;
    let now = Timestamp::now();
    let period = period(asked.days, asked.from, asked.to, now)?;
    let mut before = asked.cursor.as_deref().map(cursor).transpose()?;
    let wanted = Slice { via: asked.channel, relationship: asked.relationship };
    if wanted != Slice::default() && !asked.event.has_origin() {
        let why = "links, questions and records are of no channel and no relationship";
        return Err(Error::Invalid(why.to_owned()));
    }
    let store = state.twin.store();
    if asked.format == Format::Json {
        let Counted { list, next } =
            state.twin.events(period, asked.event, wanted, before.as_ref(), now).await?;
        return Ok(Json(Page { events: shown(store, list).await?, next: next.map(place) }).into_response());
    }
    let mut lines = if before.is_none() { HEAD.to_owned() } else { String::new() };
    for _ in 0..PAGES {
        let Counted { list, next } =
            state.twin.events(period, asked.event, wanted, before.as_ref(), now).await?;
        lines.extend(shown(store, list).await?.iter().map(line));
        before = next;
        if before.is_none() {
            break;
        }
    }
    let mut answer = file("events.csv", lines);
    if let Some(next) = before.map(place) {
        asked.cursor = Some(next);
        rest(&mut answer, PATH, &asked)?;
    }
    Ok(answer)
}

/// With the names of whom they are about.
async fn shown(store: &Store, happened: Vec<Happening>) -> Result<Vec<Shown>, Error> {
    let mut all: Vec<Shown> = happened.into_iter().map(Shown::of).collect();
    let mut people: Vec<PersonId> = all.iter().filter_map(|one| one.person.clone()).collect();
    people.sort();
    people.dedup();
    let contacts = store.contacts(&people).await?;
    for one in &mut all {
        let contact = one.person.as_ref().and_then(|person| contacts.get(person));
        one.name = contact.and_then(|contact| contact.name.clone());
    }
    Ok(all)
}

impl Shown {
    fn of(happening: Happening) -> Self {
        let (id, at) = (happening.id(), happening.at);
        let (since, person, interaction, of) = match happening.what {
            What::FollowUp(one) => {
                let of = Of::FollowUp { kind: one.content.kind(), state: one.state, decided: one.decided };
                (one.planned_at, Some(one.person), Some(one.interaction), of)
            }
            What::Opportunity(one, _, passage) => {
                let of = Of::Opportunity {
                    title: one.title,
                    from: passage.from,
                    to: passage.to,
                    value: one.value,
                };
                (passage.since, Some(one.person), one.source.interaction, of)
            }
            What::Link(HandedOver { handoff, by, .. }, came_over) => {
                let went_on = by.map(|by| WentOn { person: by.person, interaction: by.interaction });
                let of = Of::Link {
                    to: handoff.to,
                    is_used: came_over.is_taken_up,
                    is_served: came_over.is_served,
                    went_on,
                };
                (handoff.created_at, Some(handoff.person), Some(handoff.from), of)
            }
            What::Spam(one) => {
                (one.began_at, Some(one.person), Some(one.interaction), Of::Spam { call: one.call })
            }
            What::Merge(Merging { merge, undone_at }) => {
                let of = Of::Merge { with: merge.absorbed, by: merge.by, undone_at };
                (merge.at, Some(merge.survivor), None, of)
            }
            What::Conflict(pair) => {
                let of = Of::Conflict { with: pair.other, accounts: pair.conflicts, verdict: pair.state };
                (pair.found_at, Some(pair.one), None, of)
            }
            What::Gap(gap) => {
                let is_answered = gap.answer.is_some();
                (
                    gap.first_asked_at,
                    None,
                    None,
                    Of::Gap { question: gap.question, count: gap.count, is_answered },
                )
            }
        };
        Self { id, at, since, person, name: None, interaction, of }
    }
}

const HEAD: &str = "at,since,what,told,decided,name,id,person,interaction\r\n";

/// A line of the table (RFC 4180).
fn line(one: &Shown) -> String {
    let (what, told, decided) = match &one.of {
        Of::FollowUp { kind, state, decided } => (written(kind), written(state), decided.as_ref()),
        Of::Opportunity { title, to, .. } => (written(to), quoted(title), None),
        Of::Link { to, is_used, .. } => {
            (written(to), if *is_used { "used" } else { "not_used" }.to_owned(), None)
        }
        Of::Spam { call } => ("let_through".to_owned(), call.to_string(), None),
        Of::Merge { by, undone_at, .. } => {
            (if undone_at.is_some() { "taken_back" } else { "holds" }.to_owned(), written(by), None)
        }
        Of::Conflict { accounts, verdict, .. } => (written(verdict), quoted(&accounts.join(", ")), None),
        Of::Gap { question, is_answered, .. } => {
            (if *is_answered { "answered" } else { "open" }.to_owned(), quoted(question), None)
        }
    };
    let fields = [
        one.at.to_string(),
        one.since.to_string(),
        what,
        told,
        decided.map(written).unwrap_or_default(),
        quoted(one.name.as_deref().unwrap_or_default()),
        one.id.clone(),
        one.person.as_ref().map(PersonId::to_string).unwrap_or_default(),
        one.interaction.as_ref().map(InteractionId::to_string).unwrap_or_default(),
    ];
    fields.join(",") + "\r\n"
}

//! The owner's page of a person, with context and timeline.

use askama::Template;
use axum::{
    extract::{Path, RawQuery, State as Extract, rejection::PathRejection},
    response::{IntoResponse, Redirect},
};
use futures_util::future::try_join_all;
use http::header;
use jiff::Timestamp;
use serde::Deserialize;
use twin::{
    error::Error,
    http::origin,
    id::{InteractionId, PersonId},
    interaction::Interaction,
};

use crate::{
    State, assets,
    failure::{Failure, SignedIn},
    page::{Frame, SCRIPTED, html},
    view::{
        conversation::Entry,
        meeting::{Meeting, meetings},
        memory::{Remembered, remembered},
        person::Head,
    },
};

/// How many conversations a page shows.
const PAGE: usize = 10;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    head: Head,
    entries: Vec<Entry>,
    meetings: Vec<Meeting>,
    remembered: Vec<Remembered>,
    older: Option<Older>,
}

/// Conversations that the page has no room for.
struct Older {
    /// Those before this one.
    before: InteractionId,
    count: usize,
}

#[derive(Default, Deserialize)]
struct Since {
    #[serde(default)]
    before: Option<InteractionId>,
}

/// The list is a view of the dashboard.
pub async fn people(_: SignedIn) -> Redirect {
    Redirect::to("/dashboard/people")
}

pub async fn person(
    _: SignedIn,
    Extract(state): Extract<State>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<impl IntoResponse, Failure> {
    // What cannot be an id is answered like one that nobody has.
    let id = id.map_err(|_| Error::NotFound)?;
    let person: PersonId = id.parse().map_err(|_| Error::NotFound)?;
    let query: Option<Since> = query.and_then(|query| serde_urlencoded::from_str(&query).ok());
    let (persona, known, interactions, follow_ups, recordings, facts, bookings, recovered) = tokio::try_join!(
        state.store.persona(),
        state.store.known(&person),
        state.store.interactions(&person),
        state.store.follow_ups(&person),
        state.store.recordings(&person),
        state.store.facts(&person),
        state.store.bookings_of(&person),
        state.store.recovered(&person),
    )?;
    let known = known.ok_or(Error::NotFound)?;
    let latest = interactions.iter().max_by_key(|held| held.started_at).map(|held| held.id.clone());
    let last: Vec<_> = follow_ups.iter().filter(|one| Some(&one.interaction) == latest.as_ref()).collect();
    let (shown, older) = page_of(interactions, query.unwrap_or_default().before.as_ref());
    let conversations = shown.iter().map(|interaction| state.store.conversation(&person, &interaction.id));
    let conversations = try_join_all(conversations).await?;
    let now = Timestamp::now();
    let head = Head::new(known, &last, &bookings, now);
    let entries = conversations.into_iter().flatten();
    let entries = entries
        .map(|found| {
            let beside = (follow_ups.as_slice(), recordings.as_slice(), state.simulated);
            let mut entry = Entry::new(found, beside, &head.caller, now);
            entry.spam = entry.spam.filter(|call| recovered.iter().all(|one| one.call != *call));
            entry
        })
        .collect();
    let page = PersonPage {
        frame: Frame::new(persona.as_ref(), true).at("people"),
        head,
        entries,
        meetings: meetings(bookings, now),
        remembered: remembered(facts, now),
        older,
    };
    Ok(([(header::CONTENT_SECURITY_POLICY, heard_from(state.vault.url()))], html(&page)?))
}

/// The page may play recordings from where they are kept.
fn heard_from(vault: Option<&str>) -> String {
    let ours = "media-src 'self'";
    vault
        .map_or_else(|| SCRIPTED.to_owned(), |url| SCRIPTED.replace(ours, &format!("{ours} {}", origin(url))))
}

/// The newest conversations first, from `before` on, and where the next page begins.
fn page_of(mut all: Vec<Interaction>, before: Option<&InteractionId>) -> (Vec<Interaction>, Option<Older>) {
    all.sort_by_key(|interaction| std::cmp::Reverse(interaction.started_at));
    let skipped = before.and_then(|before| all.iter().position(|interaction| interaction.id == *before));
    let mut page = all.split_off(skipped.map_or(0, |index| index + 1));
    let count = page.len().saturating_sub(PAGE);
    page.truncate(PAGE);
    let last = page.last().filter(|_| count > 0);
    let older = last.map(|interaction| Older { before: interaction.id.clone(), count });
    (page, older)
}

#[cfg(test)]
mod tests {
    use twin::{
        contact::Contact,
        context::UnifiedContext,
        identity::Assurance,
        interaction::{Channel, Simulated, Speaker, Status, Turn},
        memory::Memory,
        routing::RouteKind,
        store::{Conversation, Known},
    };

    use super::*;

    fn now() -> Timestamp {
        "2026-03-10T12:00:00Z".parse().unwrap()
    }

    fn interaction(id: &str, started_at: &str) -> Interaction {
        Interaction {
            id: id.parse().unwrap(),
            person: "per_1".parse().unwrap(),
            channel: Channel::Phone,
            call_sid: None,
            dial: None,
            host: None,
            route: RouteKind::Unknown,
            level: Assurance::Claimed,
            status: Status::Open,
            started_at: started_at.parse().unwrap(),
            ended_at: None,
            outcome: None,
            analysis: None,
            measured: None,
            words_read: 0,
            came_later: 0,
        }
    }

    #[test]
    fn what_people_say_never_becomes_markup() {
        let mut contact = Contact::new("per_1".parse().unwrap(), None, now());
        contact.name = Some("<script>alert(1)</script>".to_owned());
        contact.company = Some(r#""><img src=x onerror=alert(1)>"#.to_owned());
        let context = UnifiedContext::new(contact.id.clone(), now());
        let text = "</p><script>alert(2)</script>".to_owned();
        let turn = Turn {
            offset_ms: 0,
            sequence: 1,
            speaker: Speaker::Person,
            text,
            interrupted: true,
            heard: None,
        };
        let interaction = interaction("int_1", "2026-03-10T11:00:00Z");
        let conversation = Conversation { interaction, turns: vec![turn], actions: vec![] };
        let head = Head::new(Known { contact, context, memory: Memory::default() }, &[], &[], now());
        let entries = vec![Entry::new(conversation, (&[], &[], Simulated::default()), &head.caller, now())];
        let page = PersonPage {
            frame: Frame::new(None, true),
            head,
            entries,
            meetings: Vec::new(),
            remembered: Vec::new(),
            older: None,
        };
        let html = page.render().unwrap();
        assert!(!html.contains("<script>") && !html.contains("<img"), "{html}");
        assert!(html.contains("&#60;script&#62;alert(1)") && html.contains("&#60;script&#62;alert(2)"));
        assert!(html.contains("interrupted"));
    }

    #[test]
    fn the_timeline_is_read_page_by_page() {
        let at = |minute| interaction(&format!("int_{minute}"), &format!("2026-01-01T09:{minute}:00Z"));
        let all: Vec<Interaction> = (10..35).map(at).collect();
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let (page, older) = page_of(all.clone(), before.as_ref());
            seen.push((page.len(), older.as_ref().map_or(0, |older| older.count)));
            before = older.map(|older| older.before);
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, [(10, 15), (10, 5), (5, 0)]);
        let (newest, _) = page_of(all, None);
        assert_eq!(newest[0].id.as_str(), "int_34");
    }
}

//! How long it is kept, and the log of who looked at it.

use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::Options;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tests::{Bench, is_problem, options};
use twin::{
    analytics::on,
    audit::{Act, Actor, Line},
    follow_up::{Content, FollowUp, News, State, WORDS_OVER},
    id::{InteractionId, PersonId},
    identity::Assurance,
    interaction::{Channel, Outcome, Speaker, Status},
    retention::{Kind, Retention},
    store::begins,
};

use super::{EMAIL, acted, arrival, details, items, lines, opened, person, traces, turn};

/// DynamoDB deletes late: what is past its time is in the table and not read.
#[tokio::test]
async fn what_is_past_its_time_is_not_read() {
    let retention = Retention::default().with(Kind::Transcripts, 0);
    let bench = Bench::with(Options { retention, ..options() }).await;
    let dana = person(&bench, EMAIL).await;
    let session = opened(&bench, &dana, Channel::Phone, Assurance::Verified).await;
    bench.stack.twin.heard(&session, &turn(1, Speaker::Person, "Marzipan.")).await.unwrap();
    acted(&bench, &session, "take_message", json!({ "message": "Marzipan." })).await;
    let there = traces(&bench, &dana, &["Marzipan"]).await;
    assert!(
        there.iter().any(|key| key.contains(" TURN#")) && there.iter().any(|key| key.contains(" ACTION#"))
    );
    let store = bench.stack.twin.store();
    let conversation = store.conversation(&dana, &session.interaction).await.unwrap().unwrap();
    assert_eq!((conversation.turns.len(), conversation.actions.len()), (0, 0));
    assert_eq!(store.history(&dana).await.unwrap(), []);
    let export = bench.owner(&format!("/api/people/{dana}/export")).await.to_string();
    assert!(!export.contains("Marzipan") && export.contains(session.interaction.as_str()));
    bench.stack.stop().await.unwrap();
}

/// Nor is whoever is to be forgotten, although no sweep has come by.
#[tokio::test]
async fn who_is_past_their_time_is_nobody() {
    let bench = Bench::start().await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    for (days, is_there) in [(89, true), (91, false)] {
        let began = now - SignedDuration::from_hours(24 * days);
        let person = PersonId::generate(began);
        store.create_ephemeral(person.clone(), began).await.unwrap();
        assert!(store.holds(&person).await.unwrap(), "{days} days");
        assert_eq!(store.contact(&person).await.unwrap().is_some(), is_there, "{days} days");
        assert_eq!(store.known(&person).await.unwrap().is_some(), is_there, "{days} days");
        let several = store.contacts(std::slice::from_ref(&person)).await.unwrap();
        assert_eq!(several.contains_key(&person), is_there, "{days} days");
    }
    bench.stack.stop().await.unwrap();
}

/// Each kind ends when its table says; what a person is known by ends with the person.
#[tokio::test]
async fn what_is_written_has_its_end() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let session = opened(&bench, &dana, Channel::Phone, Assurance::Verified).await;
    bench.stack.twin.heard(&session, &turn(1, Speaker::Person, "Hello.")).await.unwrap();
    acted(&bench, &session, "save_contact", details(true)).await;
    for (key, text) in items(&bench).await {
        let kept = ["A#CONTACT", "A#CONTEXT", "KEY#", "IDENTITY", "CONSENT#", "TOLD#"];
        let ends = ["TURN#", "ACTION#", "INTERACTION#", "LINE#"];
        let sort = key.split(' ').nth(1).unwrap();
        let has_end = text.contains("\"ttl\"");
        assert!(!has_end || !kept.iter().any(|kind| sort.starts_with(kind)), "{key}");
        assert!(has_end || !ends.iter().any(|kind| sort.starts_with(kind)), "{key}");
    }
    bench.stack.stop().await.unwrap();
}

/// What somebody asked and got no answer to is kept no longer than that they were in touch.
#[tokio::test]
async fn a_question_without_an_answer_has_its_end() {
    for (days, left) in [(1, 1), (0, 0)] {
        let retention = Retention::default().with(Kind::Conversations, days);
        let bench = Bench::with(Options { retention, ..options() }).await;
        let twin = &bench.stack.twin;
        twin.not_known("Does Alex sail?", Timestamp::now()).await.unwrap();
        assert_eq!(twin.store().gaps().await.unwrap().len(), left, "kept for {days} days");
        bench.stack.stop().await.unwrap();
    }
}

/// The words that a fact rests on are a piece of the transcript; the fact is not.
#[tokio::test]
async fn what_a_fact_quotes_ends_with_the_transcript() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let path = format!("/api/omni-context/{dana}/facts");
    let twin = &bench.stack.twin;
    for (days, quoted) in [(89, true), (91, false)] {
        let at = Timestamp::now() - SignedDuration::from_hours(24 * days);
        let arrival = arrival(&dana, Channel::Phone, Assurance::Verified);
        let session = twin.open(&arrival, at).await.unwrap();
        let said = format!("I am interested in Marzipan{days}, and in nothing else.");
        twin.heard(&session, &turn(0, Speaker::Person, &said)).await.unwrap();
        twin.close(&dana, &arrival.interaction, Outcome::Completed, at).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
        let facts = bench.owner(&path).await.to_string();
        assert!(facts.contains(&format!("Marzipan{days}")), "{facts}");
        assert_eq!(facts.contains(&said), quoted, "{facts}");
    }
    let export = bench.owner(&format!("/api/people/{dana}/export")).await["facts"].to_string();
    assert!(export.contains("Marzipan91") && !export.contains("Marzipan91, and"), "{export}");
    let timeline = bench.owner(&format!("/api/omni-context/{dana}/timeline")).await;
    let held = timeline["conversations"].as_array().unwrap();
    let stated: Vec<bool> = held.iter().map(|one| one["analysis"]["facts"].is_array()).collect();
    assert_eq!(stated, [true, false], "what was read out of the second one is over: {timeline}");

    let quotes = async |days: i64| {
        let all = items(&bench).await;
        let words = format!("Marzipan{days}, and in nothing else");
        all.iter().filter(|(key, text)| key.contains(" FACT#") && text.contains(&words)).count()
    };
    let read_out = async || {
        let all = items(&bench).await;
        all.iter().filter(|(key, text)| key.contains(" INTERACTION#") && text.contains("\"facts\"")).count()
    };
    assert_eq!((quotes(89).await, quotes(91).await), (1, 1), "in the table until the sweep comes");
    assert_eq!(read_out().await, 2);
    twin.sweep(Timestamp::now()).await.unwrap();
    assert_eq!((quotes(89).await, quotes(91).await, read_out().await), (1, 0, 1));
    twin.sweep(Timestamp::now() + SignedDuration::from_hours(48)).await.unwrap();
    assert_eq!((quotes(89).await, read_out().await), (0, 0));
    let facts = bench.owner(&path).await.to_string();
    assert!(facts.contains("Marzipan89") && facts.contains("Marzipan91"), "{facts}");
    bench.stack.stop().await.unwrap();
}

/// The sweep has found its words over, and meanwhile the conversation is to be read again: that is not forgotten.
#[tokio::test]
async fn a_conversation_that_is_read_again_stays_due() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let at = now - SignedDuration::from_hours(24 * 91);
    let arrival = arrival(&dana, Channel::Phone, Assurance::Verified);
    let session = twin.open(&arrival, at).await.unwrap();
    let said = turn(0, Speaker::Person, "I am interested in Marzipan, and in nothing else.");
    twin.heard(&session, &said).await.unwrap();
    twin.close(&dana, &arrival.interaction, Outcome::Completed, at).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let held = async || twin.store().interaction(&dana, &arrival.interaction).await.unwrap().unwrap();
    let read = held().await;
    assert_eq!(read.status, Status::Analysed);
    assert!(twin.store().read_again(&read, now).await.unwrap());
    twin.store().end_stated(&dana, &arrival.interaction, now).await.unwrap();
    twin.sweep(now + SignedDuration::from_mins(5)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(held().await.status, Status::Analysed, "the sweep has it read");
    bench.stack.stop().await.unwrap();
}

/// What follows from a conversation has its words no longer than the transcript: neither when it is read, nor, once the
/// sweep has come, in the table.
#[tokio::test]
async fn what_a_follow_up_quotes_ends_with_the_transcript() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    for days in [89, 91] {
        let (at, said) = (now - SignedDuration::from_hours(24 * days), format!("Marzipan{days}"));
        let mail = json!({ "kind": "summary_email", "to": EMAIL, "quote": said, "questions": [said] });
        let told = Content::news(News::Voicemail, format!("They said: “{said}”"));
        for (key, content) in [("mail", serde_json::from_value(mail).unwrap()), ("told", told)] {
            let of = (dana.clone(), InteractionId::derived(&format!("held{days}")).unwrap());
            let sent = FollowUp::of(of, key, content, State::Sent, "a test".to_owned(), at).unwrap();
            twin.store().add_follow_up(&FollowUp { quote: Some(said.clone()), ..sent }).await.unwrap();
        }
    }
    let read = twin.store().follow_ups(&dana).await.unwrap();
    let ids: Vec<_> = read.iter().map(|one| one.id.clone()).collect();
    let by_id = twin.store().follow_ups_with(&dana, &ids).await.unwrap();
    let timeline = bench.owner(&format!("/api/crm/contacts/{dana}/timeline")).await;
    let export = bench.owner(&format!("/api/people/{dana}/export")).await;
    for seen in [json!(read), json!(by_id), timeline, export] {
        let seen = seen.to_string();
        assert!(seen.contains("Marzipan89") && !seen.contains("Marzipan91"), "{seen}");
    }
    assert!(
        json!(read).to_string().contains(WORDS_OVER),
        "that the owner was told something stays: {read:?}"
    );
    let kept = async |days: i64| {
        let all = items(&bench).await.into_iter();
        let theirs = all.filter(|(key, _)| key.contains(&format!(" FOLLOW_UP#fup_held{days}-")));
        let ends = theirs.map(|(_, text)| {
            assert!(text.contains("\"ttl\""), "it ends when it ended before: {text}");
            text.contains(&format!("Marzipan{days}"))
        });
        ends.collect::<Vec<bool>>()
    };
    assert_eq!(kept(91).await, [true, true], "in the table until the sweep comes");
    twin.sweep(now).await.unwrap();
    assert_eq!((kept(89).await, kept(91).await), (vec![true, true], vec![false, false]));
    twin.sweep(now + SignedDuration::from_hours(48)).await.unwrap();
    assert_eq!(kept(89).await, [false, false]);
    bench.stack.stop().await.unwrap();
}

/// The same of a proposal, and of its document.
#[tokio::test]
async fn what_a_proposal_quotes_ends_with_the_transcript() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let mut ids = Vec::new();
    for days in [89, 91] {
        let (at, said) = (now - SignedDuration::from_hours(24 * days), format!("Marzipan{days}"));
        let proposal = json!({
            "title": "A review", "guest": { "name": "Dana" }, "owner": { "name": "Alex Sample", "title": "Engineer" },
            "dated": "2026-06-01", "validUntil": "2026-07-01", "channel": "phone",
            "problem": [
                { "text": format!("“{said}”"), "sources": [1] },
                { "text": "The books do not agree.", "sources": [] },
            ],
            "approach": ["I would look at it."],
            "services": [{ "name": "Review", "includes": [], "days": { "from": 5, "to": 5 }, "price": { "from": 7500, "to": 7500 } }],
            "currency": "EUR", "assumptions": [], "sources": [{ "quote": said, "offsetMs": 4000 }], "sample": false,
        });
        let content = json!({ "kind": "proposal", "to": EMAIL, "proposal": proposal, "document": "a hash" });
        let of = (dana.clone(), InteractionId::derived(&format!("held{days}")).unwrap());
        let content: Content = serde_json::from_value(content).unwrap();
        let sent = FollowUp::of(of, "proposal", content, State::Sent, "a test".to_owned(), at).unwrap();
        twin.store().add_follow_up(&sent).await.unwrap();
        ids.push(sent.id);
    }
    let read = json!(twin.store().follow_ups(&dana).await.unwrap()).to_string();
    let export = bench.owner(&format!("/api/people/{dana}/export")).await.to_string();
    for seen in [read, export] {
        assert!(seen.contains("Marzipan89") && !seen.contains("Marzipan91"), "{seen}");
        assert!(seen.matches("The books do not agree.").count() == 2, "the owner's own stays: {seen}");
    }
    assert!(twin.document(&dana, &ids[1]).await.unwrap().bytes.len() > 100, "the document is there");
    let kept = async |days: i64| {
        let mut all = items(&bench).await.into_iter();
        let key = format!(" FOLLOW_UP#fup_held{days}-");
        all.find(|(at, _)| at.contains(&key)).unwrap().1.contains(&format!("Marzipan{days}"))
    };
    assert!(kept(91).await, "in the table until the sweep comes");
    twin.sweep(now).await.unwrap();
    assert_eq!((kept(89).await, kept(91).await), (true, false));
    twin.sweep(now + SignedDuration::from_hours(48)).await.unwrap();
    assert!(!kept(89).await);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_was_never_identified_is_forgotten_with_all_that_was_said() {
    let bench = Bench::start().await;
    let (_, mut chatting) = bench.stack.twin.begin_chat(None, Timestamp::now()).await.unwrap();
    let somebody = chatting.chat.person.clone();
    let id = "msg_1".parse().unwrap();
    let written = twin::twin::Written { id: &id, text: "Marzipan?" };
    bench.stack.twin.answer(&mut chatting, &written, Timestamp::now()).await.unwrap();
    bench.close_chats().await;
    assert!(traces(&bench, &somebody, &[]).await.len() > 5);
    bench.stack.twin.sweep(Timestamp::now() + SignedDuration::from_hours(24 * 90 + 1)).await.unwrap();
    assert_eq!(traces(&bench, &somebody, &[]).await, [""; 0]);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn who_looked_and_what_was_done_is_written_down_without_contents() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    bench.owner(&format!("/api/omni-context/{dana}")).await;
    let session = opened(&bench, &dana, Channel::Phone, Assurance::Verified).await;
    acted(&bench, &session, "save_contact", details(true)).await;
    acted(&bench, &session, "recall", json!({ "about": "zeppelin" })).await;
    let stranger = opened(&bench, &dana, Channel::Phone, Assurance::Claimed).await;
    let refused = acted(&bench, &stranger, "recall", json!({ "about": "airship" })).await;
    assert_eq!(refused["verified"], false, "nothing is read, and nothing is written down");
    bench.owner(&format!("/api/people/{dana}/export")).await;
    let all = lines(&bench).await;
    let seen: Vec<_> = all
        .iter()
        .map(|line| (line["who"].as_str().unwrap(), line["act"].as_str().unwrap(), line["name"].as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("owner", "route", Some("GET /api/omni-context/{person}")),
            ("twin", "briefed", None),
            ("twin", "tool", Some("save_contact")),
            ("twin", "tool", Some("recall")),
            ("owner", "route", Some("GET /api/people/{person}/export")),
            ("owner", "exported", None),
            ("owner", "route", Some("GET /api/audit")),
        ]
    );
    assert!(all[..6].iter().all(|line| line["person"] == json!(dana)), "{all:?}");
    assert_eq!((&all[2]["channel"], &all[2]["correlation"]), (&json!("phone"), &json!(session.interaction)));
    assert!(all[0]["correlation"].as_str().unwrap().starts_with("req_"));
    let text = json!(all).to_string();
    assert!(!text.contains("Dana") && !text.contains(EMAIL), "{text}");
    bench.stack.stop().await.unwrap();
}

/// A page that stays open asks for the same every few seconds: written down each time, it would crowd out what else there is
/// about somebody. A program's requests are each a line.
#[tokio::test]
async fn what_an_open_page_asks_again_is_one_look() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    bench.stack.twin.store().save_owner_session("of-a-browser", until).await.unwrap();
    let path = format!("/api/omni-context/{dana}");
    for _ in 0..3 {
        let looked = bench.http.get(bench.url(&path)).header("Cookie", "omnitwin_session=of-a-browser");
        assert_eq!(looked.send().await.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(lines(&bench).await.len(), 2, "one look, and this one");
    for _ in 0..2 {
        bench.owner(&path).await;
    }
    let all = lines(&bench).await;
    let about = all.iter().filter(|line| line["person"] == json!(dana));
    assert_eq!(about.count(), 3, "{all:?}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn the_log_is_read_in_pages_by_the_owner_alone() {
    let bench = Bench::start().await;
    for _ in 0..5 {
        bench.owner("/api/omni-context").await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/audit?limit=2".to_owned();
    for _ in 0..3 {
        let page = bench.owner(&path).await;
        seen.extend(
            page["lines"].as_array().unwrap().iter().map(|line| line["id"].as_str().unwrap().to_owned()),
        );
        path = format!("/api/audit?limit=2&after={}", page["next"].as_str().unwrap());
    }
    assert_eq!(seen.len(), 6);
    assert!(seen.is_sorted() && seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:?}");
    let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
    let day = yesterday.strftime("%F").to_string();
    assert_eq!(bench.owner(&format!("/api/audit?day={day}")).await["lines"], json!([]));
    for wrong in ["limit=0", "limit=201", "day=2026-13-01", "day=x", "after=x", "all=true"] {
        let answer = bench.as_owner(Method::GET, &format!("/api/audit?{wrong}")).send().await.unwrap();
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    let stranger = bench.http.get(bench.url("/api/audit")).send().await.unwrap();
    is_problem(stranger, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    bench.stack.stop().await.unwrap();
}

/// Of the last day that is kept the first lines are over, and those behind them are not.
#[tokio::test]
async fn a_day_of_the_log_that_ends_is_read_to_its_end() {
    let retention = Retention::default().with(Kind::Audit, 1);
    let bench = Bench::with(Options { retention, ..options() }).await;
    let store = bench.stack.twin.store();
    let first = begins(on(Timestamp::now()).yesterday().unwrap()).unwrap();
    let last = first + SignedDuration::from_secs(24 * 60 * 60 - 1);
    for at in [first, last] {
        store.append(&Line::new(Actor::System, Act::Exported, at)).await.unwrap();
    }
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = store.audited(first, after.as_ref(), 1).await.unwrap();
        read.extend(page.lines.into_iter().map(|line| line.at));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(read, [last]);
    bench.stack.stop().await.unwrap();
}

/// Lines are added by condition, and nothing in the sources changes or deletes one.
#[test]
fn the_log_only_grows() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/src/store");
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let is_log = path.ends_with("audit.rs");
        assert!(is_log || !text.contains("keys::audit("), "{}", path.display());
        for word in ["delete_item", "update_item", "self.put("] {
            assert!(!is_log || !text.contains(word), "{word}");
        }
        assert!(!is_log || text.contains("Condition::absent()"));
    }
}

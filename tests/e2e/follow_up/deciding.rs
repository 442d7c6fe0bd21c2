//! The owner's word: asked for, given for what was shown, by a tap, for always, and for nothing at all.

use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use omnitwin::{aws::ses::Fault, stack::OWNER_EMAIL};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{
    follow_up::{Content, FollowUp, Kind, News, State},
    id::InteractionId,
    identity::{Assurance, Email, Evidence, EvidenceSource, IdentityKey},
    interaction::{Channel, Outcome},
    store::{Limit, MODEL_SPEND},
    twin::{Decision, Session},
    wire::ticket::{Tap, TicketKey},
};

use super::{close, conservation::post, conversation, conversation_of, states};
use crate::proving::{opened, phone, resolved};

pub const ASK: &str = r#"{"rules":[{"kind":"summary_email","then":"ask"}]}"#;

/// Saves settings in place of those that there are.
pub async fn settings(bench: &Bench, settings: &str) {
    let version = bench.owner("/api/crm/follow-ups/settings").await["version"].clone();
    let settings: Value = serde_json::from_str(settings).unwrap();
    let put = bench.as_owner(Method::PUT, "/api/crm/follow-ups/settings");
    let answer = put.json(&json!({ "version": version, "settings": settings })).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
}

/// The text of each mail to somebody.
pub fn mails_to(bench: &Bench, to: &str) -> Vec<String> {
    let sent = bench.stack.aws().ses.sent();
    let theirs = sent.iter().filter(|mail| mail.recipients == [to]);
    theirs
        .map(|mail| MessageParser::default().parse(&mail.raw).unwrap().body_text(0).unwrap().into_owned())
        .collect()
}

pub async fn waiting(bench: &Bench) -> Vec<Value> {
    bench.owner("/api/crm/follow-ups").await["followUps"].as_array().unwrap().clone()
}

pub async fn decide(bench: &Bench, one: &Value, word: Value) -> reqwest::Response {
    let (person, id) = (one["person"].as_str().unwrap(), one["id"].as_str().unwrap());
    let path = format!("/api/crm/contacts/{person}/follow-ups/{id}");
    let answer = bench.as_owner(Method::POST, &path).json(&word).send().await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    answer
}

pub fn approve(one: &Value) -> Value {
    json!({ "fingerprint": one["fingerprint"], "decision": "approve" })
}

/// What waits is shown as it would be sent; the owner writes it anew, and that goes out, once.
#[tokio::test]
async fn a_word_is_given_for_what_was_shown() {
    let bench = Bench::start().await;
    settings(&bench, ASK).await;
    let session = conversation(&bench, "+14155550170").await;
    close(&bench, &session).await;
    let queue = waiting(&bench).await;
    let [one] = queue.as_slice() else { panic!("{queue:?}") };
    assert_eq!(one["letter"]["to"], "sam@sample.example");
    assert!(one["letter"]["text"].as_str().unwrap().contains("A role"), "{one}");

    let stale = json!({ "fingerprint": "AAAAAAAAAAAAAAAA", "decision": "approve" });
    is_problem(decide(&bench, one, stale).await, StatusCode::CONFLICT, "conflict").await;
    let two_lines = json!({
        "fingerprint": one["fingerprint"], "decision": "approve", "edited": { "subject": "One\nTwo", "body": "x" }
    });
    is_problem(decide(&bench, one, two_lines).await, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    assert!(bench.stack.aws().ses.sent().is_empty() && waiting(&bench).await.len() == 1);

    let mut word = approve(one);
    word["edited"] = json!({ "subject": "About the role", "body": "Dear Sam,\n\nMonday it is." });
    assert_eq!(decide(&bench, one, word).await.status(), StatusCode::OK);
    let sent = mails_to(&bench, "sam@sample.example");
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains("Monday it is.") && !sent[0].contains("this is what I noted"), "{}", sent[0]);
    assert!(sent[0].contains("written by the AI assistant of Alex Sample"), "who writes is said in any case");
    is_problem(decide(&bench, one, approve(one)).await, StatusCode::CONFLICT, "conflict").await;
    assert_eq!(states(&bench, &session).await, ["sent"]);
    bench.stack.stop().await.unwrap();
}

/// Nobody knows whether it left: a word for what was shown before is none for sending it once more. What was rewritten
/// stays so.
#[tokio::test]
async fn what_may_have_left_is_asked_for_anew() {
    let bench = Bench::start().await;
    settings(&bench, ASK).await;
    let session = conversation(&bench, "+14155550172").await;
    close(&bench, &session).await;
    let first = waiting(&bench).await.remove(0);
    let ses = &bench.stack.aws().ses;
    ses.fault(&Fault::Fail, 1);
    assert_eq!(decide(&bench, &first, approve(&first)).await.status(), StatusCode::OK);
    assert_eq!(states(&bench, &session).await, ["unknown"]);
    is_problem(decide(&bench, &first, approve(&first)).await, StatusCode::CONFLICT, "conflict").await;
    assert_eq!(states(&bench, &session).await, ["unknown"]);

    let second = waiting(&bench).await.remove(0);
    let mut word = approve(&second);
    word["edited"] = json!({ "subject": "About the role", "body": "Dear Sam,\n\nMonday it is." });
    ses.fault(&Fault::Fail, 1);
    assert_eq!(decide(&bench, &second, word).await.status(), StatusCode::OK);
    let third = waiting(&bench).await.remove(0);
    assert!(third["letter"]["text"].as_str().unwrap().contains("Monday it is."), "{third}");
    assert!(ses.sent().is_empty());
    assert_eq!(decide(&bench, &third, approve(&third)).await.status(), StatusCode::OK);
    let sent = mails_to(&bench, "sam@sample.example");
    assert!(sent.len() == 1 && sent[0].contains("Monday it is."), "{sent:?}");
    bench.stack.stop().await.unwrap();
}

/// A link shows as often as it likes; a tap acts, once, from our own page.
#[tokio::test]
async fn one_tap_decides() {
    let bench = Bench::start().await;
    settings(&bench, ASK).await;
    let session = conversation(&bench, "+14155550171").await;
    close(&bench, &session).await;
    let one = waiting(&bench).await.remove(0);
    let tap = |expires| Tap {
        person: session.person.clone(),
        follow_up: one["id"].as_str().unwrap().parse().unwrap(),
        fingerprint: one["fingerprint"].as_str().unwrap().to_owned(),
        expires,
    };
    let key = TicketKey::new(&bench.stack.secrets.ticket_secret);
    let now = Timestamp::now();
    let token = key.sign(&tap(now + SignedDuration::from_hours(1))).unwrap();
    let old = key.sign(&tap(now - SignedDuration::from_secs(1))).unwrap();
    let forged = TicketKey::new("another").sign(&tap(now + SignedDuration::from_hours(1))).unwrap();
    for wrong in [old.as_str(), forged.as_str(), "x", ""] {
        let answer = bench.http.get(bench.url(&format!("/decide?token={wrong}"))).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
    for _ in 0..3 {
        let page = bench.http.get(bench.url(&format!("/decide?token={token}"))).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        let page = page.text().await.unwrap();
        assert!(page.contains("sam@sample.example") && page.contains("Approve and send"), "{page}");
    }
    assert_eq!(states(&bench, &session).await, ["awaiting_approval"], "looking decides nothing");
    let tapped = |origin: Option<String>| {
        let post = bench.http.post(bench.url("/decide"));
        let post = origin.map_or(post.try_clone().unwrap(), |origin| post.header("Origin", origin));
        post.form(&[("token", token.as_str()), ("decision", "approve")]).send()
    };
    assert_eq!(tapped(None).await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(
        tapped(Some("https://evil.example".to_owned())).await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let ours = bench.stack.urls.base.clone();
    let taps = futures_util::future::join_all((0..5).map(|_| tapped(Some(ours.clone())))).await;
    let mut statuses: Vec<u16> = taps.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409]);
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(mails_to(&bench, "sam@sample.example").len(), 1);
    let page = bench.http.get(bench.url(&format!("/decide?token={token}"))).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Already decided"));
    bench.stack.stop().await.unwrap();
}

/// After three approvals in a row the owner is asked whether they have to be asked.
#[tokio::test]
async fn always_is_suggested_and_taken_up() {
    let bench = Bench::start().await;
    settings(&bench, ASK).await;
    let mut last: Option<Session> = None;
    for (n, number) in ["+14155550172", "+14155550173", "+14155550174", "+14155550175"].iter().enumerate() {
        let session = conversation(&bench, number).await;
        close(&bench, &session).await;
        let one = waiting(&bench).await.remove(0);
        let mut word = approve(&one);
        word["always"] = json!(n == 3);
        let answer: Value = decide(&bench, &one, word).await.json().await.unwrap();
        assert_eq!(answer["suggestion"].is_object(), n == 2, "{n}: {answer}");
        last = Some(session);
    }
    let session = conversation_of(&bench, "+14155550176", "lee@sample.example").await;
    close(&bench, &session).await;
    assert_eq!(states(&bench, &session).await, ["sent"], "it goes out by itself now");
    assert!(waiting(&bench).await.is_empty());
    let rules = bench.owner("/api/crm/follow-ups/settings").await["settings"]["rules"].clone();
    assert_eq!(rules[0]["then"], "automatic", "{rules}");
    assert_eq!(states(&bench, &last.unwrap()).await, ["sent"]);
    bench.stack.stop().await.unwrap();
}

/// From the owner's stop on nothing leaves, however often it is tried; then all of it does, once.
#[tokio::test]
async fn a_stop_holds_at_once() {
    let bench = Bench::start().await;
    let session = conversation(&bench, "+14155550177").await;
    // Stored when a cap of what goes to the owner was accepted.
    let store = bench.stack.twin.store();
    let mut before = store.follow_up_settings().await.unwrap();
    before.settings.caps.per_kind.insert(Kind::Digest, 1);
    store.save_follow_up_settings(&before.settings, before.version, Timestamp::now()).await.unwrap();
    let stop = bench.as_owner(Method::POST, "/api/crm/follow-ups/stop").json(&json!({ "why": "on holiday" }));
    let stopped: Value = stop.send().await.unwrap().json().await.unwrap();
    assert_eq!(stopped["settings"]["stopped"]["why"], "on holiday");
    close(&bench, &session).await;
    for minutes in [3, 6, 60] {
        bench.stack.twin.sweep(Timestamp::now() + SignedDuration::from_mins(minutes)).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
    }
    assert!(bench.stack.aws().ses.sent().is_empty());
    assert_eq!(states(&bench, &session).await, ["approved"]);
    let go_on = bench.as_owner(Method::POST, "/api/crm/follow-ups/go-on").send().await.unwrap();
    assert_eq!(go_on.status(), StatusCode::OK);
    bench.stack.twin.sweep(Timestamp::now() + SignedDuration::from_mins(61)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(states(&bench, &session).await, ["sent"]);
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);
    bench.stack.stop().await.unwrap();
}

/// What nobody decides on is not done; what was given up is tried again on the owner's word.
#[tokio::test]
async fn undecided_and_given_up() {
    let bench = Bench::start().await;
    settings(&bench, ASK).await;
    let session = conversation(&bench, "+14155550178").await;
    close(&bench, &session).await;
    let day = SignedDuration::from_hours(24);
    bench.stack.twin.sweep(Timestamp::now() + 13 * day).await.unwrap();
    assert_eq!(states(&bench, &session).await, ["awaiting_approval"]);
    bench.stack.twin.sweep(Timestamp::now() + 15 * day).await.unwrap();
    assert_eq!(states(&bench, &session).await, ["cancelled"]);

    settings(&bench, "{}").await;
    bench.stack.aws().ses.fault(&omnitwin::aws::ses::Fault::Throttle, 8);
    let session = conversation_of(&bench, "+14155550179", "lee@sample.example").await;
    close(&bench, &session).await;
    for hours in 1..4 {
        bench.stack.twin.sweep(Timestamp::now() + SignedDuration::from_hours(hours)).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
    }
    assert_eq!(states(&bench, &session).await, ["dead"]);
    assert!(bench.stack.aws().ses.sent().is_empty());
    let given_up = waiting(&bench).await.remove(0);
    assert_eq!(given_up["state"], "dead");
    assert!(given_up["problem"].as_str().unwrap().contains("Throttling"), "{given_up}");
    assert_eq!(
        bench.owner("/api/analytics/today").await["awaitingApproval"],
        1,
        "it is not only the log that knows"
    );
    let redrive = bench.as_owner(Method::POST, "/api/crm/follow-ups/redrive").send().await.unwrap();
    let redriven: Value = redrive.json().await.unwrap();
    assert_eq!(redriven["redriven"], 1, "{redriven}");
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(states(&bench, &session).await, ["sent"]);
    bench.stack.stop().await.unwrap();
}

/// The digest says what needs the owner, with a link that shows it; it comes once.
#[tokio::test]
async fn the_digest_asks() {
    let bench = Bench::start().await;
    let due = Timestamp::now() - SignedDuration::from_mins(5);
    let at = due.strftime("%H:%M").to_string();
    let daily = format!(r#"{{"rules":[{{"kind":"summary_email","then":"ask"}}],"digest":{{"at":"{at}"}}}}"#);
    settings(&bench, &daily).await;
    let session = conversation(&bench, "+14155550180").await;
    close(&bench, &session).await;
    // Whom a call did not reach was not in touch.
    let person = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    let unreached = opened(&bench, &person, Channel::Phone, Assurance::Claimed).await;
    let closed = bench.stack.twin.close(&person, &unreached.interaction, Outcome::NoAnswer, Timestamp::now());
    closed.await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let day = SignedDuration::from_hours(24);
    let spend = Limit { name: MODEL_SPEND, most: 0, window: day };
    for (spent, at) in [(900_000, due - 2 * day), (1_230_000, due - day), (5_000_000, due)] {
        bench.stack.twin.store().correct(&spend, "", spent, at).await.unwrap();
    }
    for _ in 0..3 {
        bench.stack.twin.sweep(Timestamp::now()).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
    }
    let digests = mails_to(&bench, OWNER_EMAIL);
    let [digest] = digests.as_slice() else { panic!("{digests:?}") };
    assert!(digest.contains("Summary by e-mail to Sam Sample"), "{digest}");
    assert!(digest.contains("$1.23"), "yesterday, once: {digest}");
    assert!(digest.lines().any(|line| line.trim_end() == "- 1 call"), "what happened: {digest}");
    assert!(digest.contains("- Sam Sample: "), "and with whom: {digest}");
    assert!(digest.contains("To do for Sam Sample: "), "{digest}");
    let link = digest.split_whitespace().find(|word| word.contains("/decide?token=")).unwrap();
    let page = bench.http.get(link).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("Approve and send"));
    bench.stack.stop().await.unwrap();
}

/// What is sent at night waits for the morning, whoever let it go: the owner, a booking, a voicemail. Not a danger.
#[tokio::test]
async fn nights_are_kept_when_it_is_sent() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let (now, hours) = (Timestamp::now(), SignedDuration::from_hours);
    let night = |zone: &str| {
        let clock = |at: Timestamp| at.in_tz(zone).unwrap().strftime("%H:%M").to_string();
        json!({ "from": clock(now - hours(1)), "until": clock(now + hours(2)) })
    };
    // Their number is of Phoenix, where no hour exists twice.
    let given = json!({ "quiet": night("America/Phoenix"), "ownerQuiet": night("UTC") });
    settings(&bench, &given.to_string()).await;
    let session = conversation(&bench, "+16025550190").await;
    let to = Email::parse("sam@sample.example").unwrap();
    let of = (session.person.clone(), InteractionId::derived("reminder-night").unwrap());
    let make = |content: Content, state| {
        let key = content.kind().key();
        FollowUp::of(of.clone(), key, content, state, "a test".to_owned(), now).unwrap()
    };
    let missed = make(Content::MissedCallEmail { to }, State::AwaitingApproval);
    let note = Content::news(News::Voicemail, "a voicemail".to_owned());
    let note = make(note, State::Approved);
    for one in [&missed, &note] {
        store.add_follow_up(one).await.unwrap();
    }
    twin.decide(&missed.person, &missed.id, &missed.fingerprint(), Decision::approve(), now).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert!(bench.stack.aws().ses.sent().is_empty());
    for one in [&missed, &note] {
        let held = store.follow_up(&one.person, &one.id).await.unwrap().unwrap();
        let due = held.due_at.unwrap();
        assert!(held.state == State::Approved && due > now + hours(1) && due <= now + hours(2), "{held:?}");
    }
    twin.alarmed(&session, "Help me", now).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(mails_to(&bench, OWNER_EMAIL).len(), 1, "this cannot wait");
    let morning = now + hours(2) + SignedDuration::from_mins(1);
    twin.follow_up(&of.0, &of.1, &post(&bench), morning).await.unwrap();
    assert_eq!((mails_to(&bench, OWNER_EMAIL).len(), mails_to(&bench, "sam@sample.example").len()), (2, 1));
    bench.stack.stop().await.unwrap();
}

/// What was approved before a long stop is asked for anew.
#[tokio::test]
async fn an_old_word_is_asked_for_again() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    twin.stop_everything("a test", now).await.unwrap();
    let session = conversation(&bench, "+14155550191").await;
    close(&bench, &session).await;
    assert_eq!(states(&bench, &session).await, ["approved"]);
    let later = now + SignedDuration::from_hours(8 * 24);
    twin.go_on(later).await.unwrap();
    twin.follow_up(&session.person, &session.interaction, &post(&bench), later).await.unwrap();
    let one = waiting(&bench).await.remove(0);
    assert!(one["problem"].as_str().unwrap().contains("is it still right?"), "{one}");
    assert!(bench.stack.aws().ses.sent().is_empty());
    bench.stack.stop().await.unwrap();
}

/// A word is for what it said: what would say something else by the time that it goes is shown again.
#[tokio::test]
async fn what_reads_otherwise_is_shown_again() {
    let bench = Bench::start().await;
    settings(&bench, r#"{"quiet":null}"#).await;
    let (twin, store, now) = (&bench.stack.twin, bench.stack.twin.store(), Timestamp::now());
    let to = Email::parse("sam@sample.example").unwrap();
    let evidence = Evidence::new(EvidenceSource::OneTimeCode, now, None);
    let person = store.resolve(IdentityKey::Email(to.clone()), evidence, now).await.unwrap().person;
    let of = (person, InteractionId::derived("reminder-renamed").unwrap());
    let content = Content::MissedCallEmail { to };
    let one = FollowUp::of(of.clone(), "one", content, State::AwaitingApproval, "a test".to_owned(), now);
    let later = now + SignedDuration::from_hours(1);
    let one = FollowUp { due_at: Some(later), ..one.unwrap() };
    store.add_follow_up(&one).await.unwrap();
    let approve = Decision::approve;
    twin.decide(&one.person, &one.id, &one.fingerprint(), approve(), now).await.unwrap();
    let path = format!("/api/crm/contacts/{}", one.person);
    let version = store.contact(&one.person).await.unwrap().unwrap().version;
    let rename = bench.as_owner(Method::PATCH, &path).header("If-Match", format!("\"{version}\""));
    let renamed = rename.json(&json!({ "name": "Samantha Sample" })).send().await.unwrap();
    assert_eq!(renamed.status(), StatusCode::OK, "{}", renamed.text().await.unwrap());
    twin.follow_up(&of.0, &of.1, &post(&bench), later).await.unwrap();
    assert!(bench.stack.aws().ses.sent().is_empty());
    let shown = waiting(&bench).await.remove(0);
    assert!(shown["problem"].as_str().unwrap().contains("reads otherwise"), "{shown}");
    twin.decide(&one.person, &one.id, &one.fingerprint(), approve(), later).await.unwrap();
    twin.follow_up(&of.0, &of.1, &post(&bench), later).await.unwrap();
    let [sent] = mails_to(&bench, "sam@sample.example").try_into().unwrap();
    assert!(sent.contains("Samantha"), "{sent}");
    bench.stack.stop().await.unwrap();
}

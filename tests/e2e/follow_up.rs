//! Follow-ups: intent before, outcome after, and never a second mail for one that may have left.

pub mod deciding;
mod hearing_back;
mod attending;
pub mod conservation;
mod nudging;
mod between;
mod enough;
mod proposing;
mod stopping;
mod times;

use jiff::{SignedDuration, Timestamp};
use omnitwin::{
    aws::ses::Fault,
    stack::{OWNER_EMAIL, Options},
};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tests::{Bench, CALL_SID, options};
use twin::{
    contact::RelationshipKind,
    follow_up::{Content, FollowUp, News, State},
    identity::{Assurance, Evidence, EvidenceSource, IdentityKey, Phone, Signature},
    interaction::{Channel, Outcome},
    routing::{Handling, RouteKind},
    store::{Call, Limit, StoreError},
    twin::{Arrival, Session},
};

use self::deciding::{ASK, mails_to, settings, waiting};

/// A conversation in which an address was confirmed and a meeting proposed, up to its end.
async fn conversation(bench: &Bench, number: &str) -> Session {
    conversation_of(bench, number, "sam@sample.example").await
}

async fn conversation_of(bench: &Bench, number: &str, email: &str) -> Session {
    let twin = &bench.stack.twin;
    let now = Timestamp::now();
    let key = IdentityKey::Phone(Phone::parse(number).unwrap());
    let identity =
        twin.store().resolve(key, Evidence::new(EvidenceSource::CallerId, now, None), now).await.unwrap();
    let arrival = Arrival {
        person: identity.person,
        interaction: twin::id::InteractionId::generate(now),
        channel: Channel::Phone,
        call_sid: None,
        host: None,
        route: RouteKind::Unknown,
        level: Assurance::Claimed,
    };
    let session = twin.open(&arrival, now).await.unwrap();
    let contact = json!({ "name": "Sam Sample", "email": email, "confirmed": true });
    let acted = twin.act(&session, "c1", "save_contact", &contact.to_string(), now).await.unwrap();
    assert_eq!(acted.output["saved"], true);
    let meeting = json!({ "topic": "A role", "preferred_times": ["Monday"] }).to_string();
    twin.act(&session, "c2", "propose_meeting", &meeting, now).await.unwrap();
    session
}

async fn close(bench: &Bench, session: &Session) {
    let closed =
        bench.stack.twin.close(&session.person, &session.interaction, Outcome::Completed, Timestamp::now());
    closed.await.unwrap();
    bench.stack.jobs_done().await.unwrap();
}

async fn states(bench: &Bench, session: &Session) -> Vec<String> {
    let timeline = bench.owner(&format!("/api/omni-context/{}/timeline", session.person)).await;
    let all = timeline["followUps"].as_array().unwrap().iter();
    all.map(|one| one["state"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_refused_mail_has_failed() {
    let bench = Bench::start().await;
    bench.stack.aws().ses.fault(&Fault::Reject("no".to_owned()), 1);
    let session = conversation(&bench, "+14155550160").await;
    close(&bench, &session).await;
    assert_eq!(states(&bench, &session).await, ["failed", "sent"]);
    let [told] = mails_to(&bench, OWNER_EMAIL).try_into().unwrap();
    assert!(told.contains("A mail to them did not arrive: it was refused"), "{told}");
    assert_eq!(bench.stack.aws().ses.sent().len(), 1, "the owner knows, and nobody else was written to");
    bench.stack.stop().await.unwrap();
}

/// The outbox is a laptop's: what was mailed to somebody goes with them.
#[tokio::test]
async fn who_is_erased_is_in_no_outbox() {
    let bench = Bench::start().await;
    for number in ["+14155550153", "+14155550154"] {
        let session = conversation_of(&bench, number, &format!("sam{}@sample.example", &number[9..])).await;
        close(&bench, &session).await;
        if number.ends_with('4') {
            let (twin, ses) = (&bench.stack.twin, &bench.stack.aws().ses);
            assert_eq!(ses.sent().len(), 2);
            twin.erase(&session.person, twin::audit::Actor::Owner, Timestamp::now()).await.unwrap();
            omnitwin::outbox::forget_erased(twin.store(), ses).await.unwrap();
            let [left] = ses.sent().try_into().unwrap();
            assert_eq!(left.recipients, ["sam153@sample.example"]);
        }
    }
    bench.stack.stop().await.unwrap();
}

/// Whoever shows several numbers has nobody mailed as often as they call.
#[tokio::test]
async fn an_address_that_another_named_before_waits() {
    let bench = Bench::start().await;
    for (number, expected) in [("+14155550151", "sent"), ("+14155550152", "awaiting_approval")] {
        let session = conversation(&bench, number).await;
        close(&bench, &session).await;
        assert_eq!(states(&bench, &session).await, [expected], "{number}");
    }
    let waiting = bench.owner("/api/crm/follow-ups").await["followUps"][0].clone();
    assert!(waiting["problem"].as_str().unwrap().contains("named it before"), "{waiting}");
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);
    let word = deciding::approve(&waiting);
    assert_eq!(deciding::decide(&bench, &waiting, word).await.status(), 200);
    assert_eq!(bench.stack.aws().ses.sent().len(), 2, "the owner knows better");

    // Of those who name it at once it is one's, whose it stays for a while.
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let limit = Limit { name: "named", most: 1, window: SignedDuration::from_hours(1) };
    let (one, other, again) = tokio::join!(
        store.is_first(&limit, "sam", "one", now),
        store.is_first(&limit, "sam", "other", now),
        store.is_first(&limit, "sam", "other", now),
    );
    let (one, other, again) = (one.unwrap(), other.unwrap(), again.unwrap());
    assert!(one != other && other == again, "{one} {other} {again}");
    assert!(store.is_first(&limit, "lee", "other", now).await.unwrap());
    let later = now + SignedDuration::from_hours(1);
    let next = if one { "other" } else { "one" };
    assert!(store.is_first(&limit, "sam", next, later).await.unwrap());
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_throttled_mail_is_sent_later_and_once() {
    let bench = Bench::start().await;
    bench.stack.aws().ses.fault(&Fault::Throttle, 2);
    let session = conversation(&bench, "+14155550161").await;
    close(&bench, &session).await;
    assert_eq!(states(&bench, &session).await, ["sent"]);
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);
    bench.stack.stop().await.unwrap();
}

/// SES took it and never answered: it may have left, so a person decides, and no second one is sent.
#[tokio::test]
async fn a_mail_that_may_have_left_is_not_sent_again() {
    // The worker has to outlive its mail client's patience.
    let visibility = std::time::Duration::from_secs(10);
    let bench = Bench::with(Options { visibility, ..options() }).await;
    bench.stack.aws().ses.fault(&Fault::Hang, 1);
    let session = conversation(&bench, "+14155550162").await;
    close(&bench, &session).await;
    assert_eq!(states(&bench, &session).await, ["unknown"]);
    let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
    bench.stack.twin.sweep(tomorrow).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);
    assert_eq!(states(&bench, &session).await, ["unknown"]);
    bench.stack.stop().await.unwrap();
}

/// SES took it, and the connection broke before the answer came: the same.
#[tokio::test]
async fn a_mail_whose_answer_got_lost_is_not_sent_again() {
    let bench = Bench::start().await;
    bench.stack.aws().ses.fault(&Fault::Drop, 1);
    let session = conversation(&bench, "+14155550167").await;
    close(&bench, &session).await;
    assert_eq!(states(&bench, &session).await, ["unknown"]);
    for hours in [1, 24] {
        bench.stack.twin.sweep(Timestamp::now() + SignedDuration::from_hours(hours)).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
    }
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);
    assert_eq!(states(&bench, &session).await, ["unknown"]);
    bench.stack.stop().await.unwrap();
}

/// Jobs and closes that come again, at once and later, change nothing.
#[tokio::test]
async fn everything_twice_is_done_once() {
    let bench = Bench::start().await;
    let session = conversation(&bench, "+14155550163").await;
    let twin = &bench.stack.twin;
    let again = twin.act(
        &session,
        "c2",
        "propose_meeting",
        "{\"topic\":\"Other\",\"preferred_times\":[]}",
        Timestamp::now(),
    );
    assert_eq!(again.await.unwrap().output["noted"], true, "the same tool call again gives the same answer");
    let closes = (0..10).map(|_| close(&bench, &session));
    futures_util::future::join_all(closes).await;
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    twin.sweep(later).await.unwrap();
    twin.sweep(later).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);
    let timeline = bench.owner(&format!("/api/omni-context/{}/timeline", session.person)).await;
    let conversations = timeline["conversations"].as_array().unwrap();
    assert_eq!(conversations.len(), 1);
    assert_eq!(conversations[0]["actions"].as_array().unwrap().len(), 2);
    let known = bench.owner(&format!("/api/omni-context/{}", session.person)).await;
    assert_eq!(known["context"]["metadata"]["totalInteractions"], 1);
    bench.stack.stop().await.unwrap();
}

/// A conversation that nobody closed is closed by the sweep, and followed up.
#[tokio::test]
async fn the_sweep_closes_what_was_left_open() {
    let bench = Bench::start().await;
    let session = conversation(&bench, "+14155550164").await;
    bench.stack.twin.sweep(Timestamp::now()).await.unwrap();
    assert!(states(&bench, &session).await.is_empty(), "it goes on");
    bench.stack.twin.sweep(Timestamp::now() + SignedDuration::from_hours(1)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(states(&bench, &session).await, ["sent"]);
    bench.stack.stop().await.unwrap();
}

/// Three mails a day are enough for anybody: the fourth waits for the owner.
#[tokio::test]
async fn nobody_is_flooded() {
    let bench = Bench::start().await;
    let mut session = None;
    for _ in 0..4 {
        let next = conversation(&bench, "+14155550165").await;
        close(&bench, &next).await;
        session = Some(next);
    }
    let mut states = states(&bench, &session.unwrap()).await;
    states.sort();
    assert_eq!(states, ["awaiting_approval", "sent", "sent", "sent"]);
    assert_eq!(bench.stack.aws().ses.sent().len(), 3);
    bench.stack.stop().await.unwrap();
}

/// What is tried several times counts once, and what was held back by one cap counts for none.
#[tokio::test]
async fn caps_count_what_leaves() {
    let bench = Bench::start().await;
    settings(&bench, r#"{"caps":{"perPerson":9,"inAll":3,"perKind":{"summary_email":2}}}"#).await;
    bench.stack.aws().ses.fault(&Fault::Throttle, 3);
    let of = |number: &'static str| {
        let bench = &bench;
        async move {
            let session =
                conversation_of(bench, number, &format!("sam{}@sample.example", &number[9..])).await;
            close(bench, &session).await;
            states(bench, &session).await
        }
    };
    assert_eq!(of("+14155550140").await, ["sent"]);
    assert_eq!(of("+14155550141").await, ["sent"], "four tries were one mail");
    assert_eq!(of("+14155550142").await, ["awaiting_approval"], "enough of its kind");
    let queue = waiting(&bench).await;
    assert!(queue[0]["problem"].as_str().unwrap().contains("of this kind"), "{queue:?}");
    settings(&bench, r#"{"caps":{"perPerson":9,"inAll":3}}"#).await;
    assert_eq!(of("+14155550143").await, ["sent"], "what was held back did not count");
    assert_eq!(of("+14155550144").await, ["awaiting_approval"], "enough of all");
    assert_eq!(bench.stack.aws().ses.sent().len(), 3);
    bench.stack.stop().await.unwrap();
}

/// Whoever hung for so long that another tried it anew does not say how that went.
#[tokio::test]
async fn a_late_outcome_is_no_others() {
    let bench = Bench::start().await;
    settings(&bench, ASK).await;
    let session = conversation(&bench, "+14155550145").await;
    close(&bench, &session).await;
    let store = bench.stack.twin.store();
    let waiting = store.follow_ups(&session.person).await.unwrap().remove(0);
    let at = |minutes| waiting.updated_at + SignedDuration::from_mins(minutes);
    let sending = |minutes| FollowUp { state: State::Sending, updated_at: at(minutes), ..waiting.clone() };
    store.move_follow_up(&sending(1), State::AwaitingApproval).await.unwrap();
    bench.stack.twin.sweep(at(4)).await.unwrap();
    assert_eq!(states(&bench, &session).await, ["unknown"]);
    store.move_follow_up(&sending(5), State::Unknown).await.unwrap();
    let late = FollowUp { state: State::Approved, updated_at: at(6), ..waiting.clone() };
    let moved = store.replace_follow_up(&late, State::Sending, at(1)).await;
    assert!(matches!(moved, Err(StoreError::Conflict)), "{moved:?}");
    assert_eq!(states(&bench, &session).await, ["sending"]);
    store.replace_follow_up(&late, State::Sending, at(5)).await.unwrap();
    bench.stack.stop().await.unwrap();
}

/// A job that is not one goes to the dead letters after five receives; the others are done.
#[tokio::test]
async fn a_poison_message_ends_in_the_dead_letters() {
    let bench = Bench::start().await;
    let sqs = &bench.stack.aws().sqs;
    sqs.send("jobs", "{\"v\":\"9\"}", std::time::Duration::ZERO).unwrap();
    let session = conversation(&bench, "+14155550166").await;
    close(&bench, &session).await;
    assert_eq!(states(&bench, &session).await, ["sent"]);
    assert_eq!(sqs.dead_letters("jobs").unwrap().len(), 1);
    bench.stack.stop().await.unwrap();
}

/// The relationship that the owner's context shows follows from what was said, and a repeated call row is one.
#[tokio::test]
async fn one_row_a_call() {
    let bench = Bench::start().await;
    let now = Timestamp::now();
    let call = |n: u8| Call {
        sid: CALL_SID.parse().unwrap(),
        person: format!("per_{n}").parse().unwrap(),
        interaction: format!("int_{n}").parse().unwrap(),
        number: None,
        route: RouteKind::of(RelationshipKind::Recruiter).unwrap(),
        handling: Handling::Converse,
        screening: twin::screening::Screening::default(),
        level: Assurance::Anonymous,
        signature: Signature::Absent,
        at: now,
        status: twin::wire::twilio::webhook::CallStatus::Ringing,
        not_taken: false,
        falls_back_at: None,
        fell_back_at: None,
        trace: None,
    };
    let store = bench.stack.twin.store();
    let taken = futures_util::future::join_all((0..20).map(|n| store.take_call(call(n)))).await;
    let people: std::collections::HashSet<_> =
        taken.into_iter().map(|one| one.unwrap().person.to_string()).collect();
    assert_eq!(people.len(), 1, "all got the same row");
    bench.stack.stop().await.unwrap();
}

/// The queue of what waits, and a word that is given for exactly what was shown.
#[tokio::test]
async fn the_owner_decides_on_what_was_shown() {
    let bench = Bench::start().await;
    let session = conversation(&bench, "+14155550169").await;
    close(&bench, &session).await;
    let store = bench.stack.twin.store();
    let held = store.interaction(&session.person, &session.interaction).await.unwrap().unwrap();
    for key in ["one", "other"] {
        let content = Content::news(News::Message, format!("the {key}"));
        let reason = "they asked".to_owned();
        let planned = FollowUp::new(&held, key, content, State::AwaitingApproval, reason, Timestamp::now());
        store.add_follow_up(&planned.unwrap()).await.unwrap();
    }
    let waiting = bench.owner("/api/crm/follow-ups").await;
    let [one, other] = waiting["followUps"].as_array().unwrap().as_slice() else { panic!("{waiting}") };
    assert_eq!(one["name"], "Sam Sample");
    let decide = |shown: &serde_json::Value, word: serde_json::Value| {
        let (person, id) = (shown["person"].as_str().unwrap(), shown["id"].as_str().unwrap());
        let path = format!("/api/crm/contacts/{person}/follow-ups/{id}");
        bench.as_owner(Method::POST, &path).json(&word).send()
    };
    let (approve, print) = (
        |print: &str| json!({ "decision": "approve", "fingerprint": print }),
        one["fingerprint"].as_str().unwrap(),
    );
    let rows = [
        (approve("another"), StatusCode::CONFLICT),
        (
            json!({ "decision": "approve", "fingerprint": print, "note": "hello" }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "decision": "reject", "fingerprint": print, "note": "hello" }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (json!({ "decision": "perhaps", "fingerprint": print }), StatusCode::UNPROCESSABLE_ENTITY),
        (approve(print), StatusCode::OK),
        (approve(print), StatusCode::CONFLICT),
    ];
    for (word, status) in rows {
        assert_eq!(decide(one, word.clone()).await.unwrap().status(), status, "{word}");
    }
    let reject = json!({ "decision": "reject", "fingerprint": other["fingerprint"] });
    let rejected: serde_json::Value = decide(other, reject).await.unwrap().json().await.unwrap();
    assert_eq!((&rejected["state"], &rejected["decided"]), (&json!("cancelled"), &json!("rejected")));
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(bench.owner("/api/crm/follow-ups").await, json!({ "followUps": [] }));
    let report = bench.owner("/api/analytics/report?days=2").await;
    let tile = |key: &str| {
        report["tiles"].as_array().unwrap().iter().find(|tile| tile["key"] == key).unwrap().clone()
    };
    assert_eq!(tile("approved_as_is")["now"]["n"], 2, "both were decided on");
    bench.stack.stop().await.unwrap();
}

//! A conversation on the phone goes on in the chat by a link that is texted: to the number that was called from, once, for
//! a while, as the owner allows it, and to nobody who said STOP.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::Options;
use phone_webhook::TEXTS;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sim::scenario::Scenario;
use tests::{Bench, PATIENCE, is_problem, model, options, signed};
use twin::{
    consent::{Matter, stands},
    error::Error,
    follow_up::{Content, FollowUp, State},
    id::PersonId,
    identity::{Assurance, EvidenceSource},
    interaction::{Channel, Speaker, Turn},
    twin::{Session, TEXT_STATUS, begin_handed_over},
};

use super::{
    follow_up::deciding::{approve, decide, settings, waiting},
    handing::mcp,
    proving::{CANARY, NUMBER, acted, confided, opened, over, phone, resolved, said, texts},
};

const ANOTHER: &str = "+14155552672";
const LOOK_EVERY: Duration = Duration::from_millis(20);
const MESSAGE: &str = "SM0123456789abcdef0123456789abcdef";

async fn calls(bench: &Bench, person: &PersonId) -> Session {
    let session = opened(bench, person, Channel::Phone, Assurance::Claimed).await;
    let text = "The budget is 110,000 euros.".to_owned();
    let turn =
        Turn { offset_ms: 1, sequence: 1, speaker: Speaker::Person, text, interrupted: false, heard: None };
    bench.stack.twin.heard(&session, &turn).await.unwrap();
    session
}

async fn asks(bench: &Bench, session: &Session) -> Value {
    acted(bench, session, "send_handoff_link", json!({ "channel": "chat", "by": "sms" })).await
}

/// The follow-ups that are texts.
async fn texted(bench: &Bench, person: &PersonId) -> Vec<FollowUp> {
    let mut all = bench.stack.twin.store().follow_ups(person).await.unwrap();
    all.retain(|one| one.content.texted_to().is_some());
    all
}

fn link(text: &str) -> &str {
    text.split("session=").nth(1).unwrap().split_whitespace().next().unwrap()
}

async fn wants(bench: &Bench, person: &PersonId) -> Option<bool> {
    stands(&bench.stack.twin.store().consents(person).await.unwrap(), Matter::TextMessages)
}

fn form<'a>(bench: &'a Bench, from: &'a str, body: &'a str) -> Vec<(&'a str, &'a str)> {
    let account = &bench.stack.account;
    vec![
        ("MessageSid", MESSAGE),
        ("AccountSid", account.account_sid.as_str()),
        ("From", from),
        ("To", account.phone_number.as_str()),
        ("Body", body),
        ("NumMedia", "0"),
    ]
}

#[tokio::test]
async fn a_link_goes_to_the_number_that_is_called_from() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    confided(&bench, &dana).await;
    let session = calls(&bench, &dana).await;
    let planned = asks(&bench, &session).await;
    assert_eq!((&planned["planned"], &planned["by"]), (&json!(true), &json!("sms")), "{planned}");
    assert_eq!(texts(&bench), [], "nothing leaves before it is planned");
    over(&bench, &session).await;
    let sent = texts(&bench);
    let [(to, body)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(to, NUMBER);
    assert!(body.contains("AI assistant of Alex Sample") && body.contains("Reply STOP"), "{body}");
    assert!(!body.contains("110,000") && !body.contains("Dana"), "a screen is seen by others: {body}");
    let one = texted(&bench, &dana).await.pop().unwrap();
    assert!(one.state.was_sent() && one.provider_id.is_some(), "{one:?}");
    assert_eq!(wants(&bench, &dana).await, Some(true), "who asks for a text wants one");
    let shown = bench.as_owner(Method::GET, "/outbox").send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("+1 415-555-2671") && shown.contains(link(body)), "{shown}");
    assert!(!bench.owner(&format!("/api/people/{dana}/export")).await.to_string().contains(link(body)));

    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let late = begin_handed_over(store, link(body), None, now + SignedDuration::from_mins(16)).await;
    assert!(matches!(late, Err(Error::NotFound)));
    let (_, mut chatting) = begin_handed_over(store, link(body), None, now).await.unwrap();
    assert!(matches!(begin_handed_over(store, link(body), None, now).await, Err(Error::NotFound)), "once");
    assert_eq!(chatting.chat.level, Assurance::Verified, "whoever opens it has the number");
    let answer = said(&bench, &mut chatting, "What did I say about the budget?").await;
    assert!(answer.contains("110,000"), "{answer}");
    let recalled = said(&bench, &mut chatting, "What did we talk about before that? The zeppelin?").await;
    assert!(recalled.contains(CANARY), "{recalled}");
    bench.stack.stop().await.unwrap();
}

fn wants_a_text() -> Scenario {
    let text = r#"
        title = "somebody wants the link as a text"
        from = "+14155550170"
        [[turn]]
        caller = "Please send me the link as a text message."
        [[turn.response]]
        [[turn.response.call]]
        tool = "send_handoff_link"
        arguments = { channel = "chat", by = "sms" }
        [[turn.response]]
        say = "It is on its way. Goodbye."
        [[turn.response.call]]
        tool = "end_call"
        arguments = { reason = "link sent" }
    "#;
    Scenario::parse("wants-a-text", text).unwrap()
}

/// Over the real webhook and relay: the number is that of the call.
#[tokio::test]
async fn a_caller_gets_it_where_they_call_from() {
    let talk = wants_a_text();
    let bench = Bench::with(Options { model: model(vec![talk.clone()]), ..options() }).await;
    let report = bench.place(bench.caller(&talk)).await;
    bench.settled(&report.call_sid).await;
    let sent = texts(&bench);
    let [(to, body)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(to, "+14155550170");
    let store = bench.stack.twin.store();
    let (_, mut chatting) = begin_handed_over(store, link(body), None, Timestamp::now()).await.unwrap();
    let answer = said(&bench, &mut chatting, "What did I say about the link?").await;
    assert!(answer.contains("text message"), "{answer}");
    bench.stack.stop().await.unwrap();
}

/// As a text rather than told, typed into a host: it knows that call, and nothing of those before.
#[tokio::test]
async fn a_code_is_texted_and_goes_on_in_a_host() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    confided(&bench, &dana).await;
    let session = calls(&bench, &dana).await;
    let by_text = json!({ "by": "sms" });
    let planned = acted(&bench, &session, "give_code", by_text.clone()).await;
    assert_eq!((&planned["planned"], planned.get("code")), (&json!(true), None), "{planned}");
    assert_eq!(texts(&bench), [], "nothing leaves before it is planned");
    over(&bench, &session).await;
    let sent = texts(&bench);
    let [(to, body)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(to, NUMBER);
    assert!(body.contains("AI assistant of Alex Sample") && body.contains("Reply STOP"), "{body}");
    let code = body.split("this code: ").nth(1).and_then(|rest| rest.split(" (").next());
    let code = code.unwrap_or_else(|| panic!("{body}")).to_owned();
    assert!(!bench.owner(&format!("/api/people/{dana}/export")).await.to_string().contains(&code));

    let known = bench.stack.twin.store().known(&dana).await.unwrap().unwrap();
    let open = known.context.conversation_state.next_actions;
    assert!(open.iter().all(|open| !open.contains("code")), "it is sent: {open:?}");

    let told = mcp(&bench, "continue_conversation", json!({ "code": code })).await;
    let told = told["structuredContent"].clone();
    assert!(told["wish"].as_str().is_some_and(|wish| wish.contains("110,000")), "{told}");
    let asks =
        json!({ "view": "conversations", "about": "the zeppelin", "conversation": told["conversation"] });
    let recalled = mcp(&bench, "my_data", asks).await.to_string();
    assert!(!told.to_string().contains(CANARY) && !recalled.contains(CANARY), "{recalled}");
    let again = mcp(&bench, "continue_conversation", json!({ "code": code })).await.to_string();
    assert!(again.contains("not_found"), "once: {again}");

    // Never after STOP, and from a page to no number that nothing ties to them.
    assert_eq!(bench.webhook(TEXTS, &form(&bench, NUMBER, "STOP")).await.status(), StatusCode::OK);
    let session = calls(&bench, &dana).await;
    let refused = acted(&bench, &session, "give_code", by_text.clone()).await;
    assert!(refused["error"].as_str().is_some_and(|why| why.contains("STOP")), "{refused}");
    let nobody = resolved(&bench, super::proving::email("x@northgate.example"), EvidenceSource::Spoken).await;
    let session = opened(&bench, &nobody, Channel::Voice, Assurance::Anonymous).await;
    let refused = acted(&bench, &session, "give_code", by_text).await;
    assert!(refused["error"].as_str().is_some_and(|why| why.contains("no number of theirs")), "{refused}");
    over(&bench, &session).await;
    assert_eq!(texts(&bench).len(), 1);
    bench.stack.stop().await.unwrap();
}

/// The owner is asked first where they want to be, sees no link, and one who stopped everything stops this.
#[tokio::test]
async fn the_owner_has_a_say() {
    let bench = Bench::start().await;
    settings(&bench, r#"{"rules":[{"kind":"handoff_text","then":"ask"}]}"#).await;
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    let session = calls(&bench, &dana).await;
    asks(&bench, &session).await;
    over(&bench, &session).await;
    assert_eq!(texts(&bench), []);
    let queue = waiting(&bench).await;
    let [one] = queue.as_slice() else { panic!("{queue:?}") };
    let letter = &one["letter"];
    assert_eq!(letter["to"], "+1 415-555-2671", "{one}");
    assert!(!one.to_string().contains("session="), "the link is for them alone: {one}");
    bench.stack.twin.stop_everything("a test", Timestamp::now()).await.unwrap();
    assert_eq!(decide(&bench, one, approve(one)).await.status(), StatusCode::OK);
    assert_eq!(texts(&bench), [], "everything is stopped");
    let now = Timestamp::now();
    bench.stack.twin.go_on(now).await.unwrap();
    bench.stack.twin.sweep(now + SignedDuration::from_mins(5)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(texts(&bench).len(), 1);
    bench.stack.twin.sweep(now + SignedDuration::from_mins(10)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(texts(&bench).len(), 1, "once");
    bench.stack.stop().await.unwrap();
}

/// Three a day by themselves: more wait for the owner.
#[tokio::test]
async fn nobody_is_flooded() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    for _ in 0..5 {
        let session = calls(&bench, &dana).await;
        asks(&bench, &session).await;
        over(&bench, &session).await;
    }
    assert_eq!(texts(&bench).len(), 3);
    let states: Vec<State> = texted(&bench, &dana).await.iter().map(|one| one.state).collect();
    assert_eq!(states.iter().filter(|state| **state == State::AwaitingApproval).count(), 2, "{states:?}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn stop_is_stop() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    let session = calls(&bench, &dana).await;
    asks(&bench, &session).await;
    for _ in 0..2 {
        let answer = bench.webhook(TEXTS, &form(&bench, NUMBER, " Stop. ")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.text().await.unwrap().contains("<Response"), "Twilio answers by itself");
    }
    assert_eq!(wants(&bench, &dana).await, Some(false));
    assert_eq!(bench.stack.twin.store().consents(&dana).await.unwrap().len(), 2, "noted once");
    over(&bench, &session).await;
    assert_eq!(texts(&bench), [], "what was planned before does not leave");
    let session = calls(&bench, &dana).await;
    let refused = asks(&bench, &session).await;
    assert!(
        refused["error"].as_str().unwrap().contains("STOP"),
        "whoever shows the number has no say: {refused}"
    );

    let elsewhere = bench.webhook(TEXTS, &form(&bench, ANOTHER, "START")).await;
    assert_eq!(elsewhere.status(), StatusCode::OK, "somebody whom we do not know");
    assert_eq!(wants(&bench, &dana).await, Some(false));
    let hello = bench.webhook(TEXTS, &form(&bench, NUMBER, "Yes, let us start on Monday")).await;
    assert_eq!((hello.status(), wants(&bench, &dana).await), (StatusCode::OK, Some(false)), "a word alone");
    let mut own_words = form(&bench, NUMBER, "Adelante");
    own_words.push(("OptOutType", "START"));
    bench.webhook(TEXTS, &own_words).await;
    assert_eq!(wants(&bench, &dana).await, Some(true));
    assert_eq!(asks(&bench, &session).await["planned"], true);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn only_twilio_says_who_wrote() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    let with = |name: &'static str, value: &'static str| {
        let mut form = form(&bench, NUMBER, "STOP");
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        form
    };
    let unsigned =
        bench.http.post(bench.url(TEXTS)).form(&form(&bench, NUMBER, "STOP")).send().await.unwrap();
    is_problem(unsigned, StatusCode::FORBIDDEN, "forbidden").await;
    let elsewhere = signed(
        &bench.http,
        &bench.stack.account,
        &bench.url("/api/phone/other"),
        &form(&bench, NUMBER, "STOP"),
    );
    let signature = elsewhere.build().unwrap().headers()["x-twilio-signature"].clone();
    let forged = bench.http.post(bench.url(TEXTS)).header("x-twilio-signature", signature);
    is_problem(
        forged.form(&form(&bench, NUMBER, "STOP")).send().await.unwrap(),
        StatusCode::FORBIDDEN,
        "forbidden",
    )
    .await;
    for (name, value) in [("AccountSid", "ACffffffffffffffffffffffffffffffff"), ("To", ANOTHER)] {
        is_problem(bench.webhook(TEXTS, &with(name, value)).await, StatusCode::FORBIDDEN, "forbidden").await;
    }
    for (name, value) in [
        ("MessageSid", "CA0123456789abcdef0123456789abcdef"),
        ("From", "+14155552671Body=STOP"),
        ("OptOutType", "MAYBE"),
    ] {
        is_problem(bench.webhook(TEXTS, &with(name, value)).await, StatusCode::BAD_REQUEST, "malformed")
            .await;
    }
    let mut twice = form(&bench, NUMBER, "STOP");
    twice.push(("From", ANOTHER));
    is_problem(bench.webhook(TEXTS, &twice).await, StatusCode::BAD_REQUEST, "malformed").await;
    assert_eq!(wants(&bench, &dana).await, None);
    bench.stack.stop().await.unwrap();
}

/// They told Twilio alone: it refuses, and we know it from then on. What may have left is not sent again.
#[tokio::test]
async fn what_twilio_refuses_is_not_tried_again() {
    let bench = Bench::start().await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    twilio.opt_out(NUMBER);
    let session = calls(&bench, &dana).await;
    asks(&bench, &session).await;
    over(&bench, &session).await;
    assert_eq!(texts(&bench), []);
    let one = texted(&bench, &dana).await.pop().unwrap();
    assert_eq!(one.state, State::Failed, "{one:?}");
    assert!(one.problem.unwrap().contains("STOP"));
    assert_eq!(wants(&bench, &dana).await, Some(false));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn without_a_number_it_is_offered_by_mail() {
    let bench = Bench::start().await;
    let twin = bench.stack.twin.clone().with_line(None);
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    let session = calls(&bench, &dana).await;
    let arguments = json!({ "channel": "chat", "by": "sms" }).to_string();
    let told = twin.act(&session, "call_1", "send_handoff_link", &arguments, Timestamp::now()).await.unwrap();
    assert!(told.output["error"].as_str().unwrap().contains("e-mail"), "{:?}", told.output);
    over(&bench, &session).await;
    assert!(texted(&bench, &dana).await.is_empty() && texts(&bench).is_empty());
    let nobody = resolved(&bench, super::proving::email("x@northgate.example"), EvidenceSource::Spoken).await;
    let session = opened(&bench, &nobody, Channel::Voice, Assurance::Anonymous).await;
    let told = asks(&bench, &session).await;
    assert!(told["error"].as_str().unwrap().contains("no number of theirs"), "{told}");
    bench.stack.stop().await.unwrap();
}

/// Where Twilio tells what becomes of a text, and what it tells.
async fn told(bench: &Bench, one: &FollowUp, form: &[(&str, &str)]) -> StatusCode {
    let path = format!("{TEXT_STATUS}?followUp={}&person={}", one.id, one.person);
    let message = one.provider_id.as_deref().unwrap_or(MESSAGE);
    let mut all = vec![("MessageSid", message), ("AccountSid", bench.stack.account.account_sid.as_str())];
    all.retain(|(name, _)| form.iter().all(|(other, _)| name != other));
    all.extend(form);
    bench.webhook(&path, &all).await.status()
}

/// The text that is about somebody, once it came to this.
async fn became(bench: &Bench, person: &PersonId, state: State) -> FollowUp {
    let came = async {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            if let Some(one) = texted(bench, person).await.pop().filter(|one| one.state == state) {
                return one;
            }
        }
    };
    tokio::time::timeout(PATIENCE, came).await.expect("it comes to that")
}

#[tokio::test]
async fn what_becomes_of_a_text_is_known() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    let session = calls(&bench, &dana).await;
    asks(&bench, &session).await;
    over(&bench, &session).await;
    let one = became(&bench, &dana, State::Delivered).await;
    // Late, out of order, again, of another message: it stays.
    for status in ["queued", "sent", "delivered", "sent"] {
        assert_eq!(told(&bench, &one, &[("MessageStatus", status)]).await, StatusCode::NO_CONTENT);
    }
    let another = [("MessageSid", MESSAGE), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")];
    assert_eq!(told(&bench, &one, &another).await, StatusCode::NO_CONTENT);
    assert_eq!(texted(&bench, &dana).await, std::slice::from_ref(&one));
    let timeline = bench.owner(&format!("/api/crm/contacts/{dana}/timeline")).await;
    let entries = timeline["entries"].as_array().unwrap();
    assert!(entries.iter().any(|entry| entry["followUp"]["state"] == "delivered"), "{timeline}");

    for (name, value) in [
        ("MessageStatus", "lost"),
        ("ErrorCode", "many"),
        ("MessageSid", "CA0123456789abcdef0123456789abcdef"),
    ] {
        let mut form = vec![("MessageStatus", "undelivered")];
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        assert_eq!(told(&bench, &one, &form).await, StatusCode::BAD_REQUEST, "{name}");
    }
    let elsewhere = [("MessageStatus", "undelivered"), ("AccountSid", "ACffffffffffffffffffffffffffffffff")];
    assert_eq!(told(&bench, &one, &elsewhere).await, StatusCode::FORBIDDEN);
    let path = format!("{TEXT_STATUS}?followUp={}&person={dana}", one.id);
    let unsigned = bench.http.post(bench.url(&path)).form(&[("MessageStatus", "undelivered")]).send().await;
    is_problem(unsigned.unwrap(), StatusCode::FORBIDDEN, "forbidden").await;
    assert_eq!(texted(&bench, &dana).await, [one]);
    bench.stack.stop().await.unwrap();
}

/// The owner is told once, and sees why; who answered STOP is not written to again.
#[tokio::test]
async fn a_text_that_does_not_arrive_is_shown_to_the_owner() {
    let bench = Bench::start().await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    twilio.lose(NUMBER, 30006);
    let session = calls(&bench, &dana).await;
    asks(&bench, &session).await;
    over(&bench, &session).await;
    let one = became(&bench, &dana, State::Bounced).await;
    assert!(one.problem.as_deref().unwrap_or_default().contains("landline"), "{one:?}");
    let late = [("MessageStatus", "undelivered"), ("ErrorCode", "30006")];
    for form in [late.as_slice(), &[("MessageStatus", "sent")], &late] {
        assert_eq!(told(&bench, &one, form).await, StatusCode::NO_CONTENT);
    }
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(texted(&bench, &dana).await, std::slice::from_ref(&one));
    let all = bench.stack.twin.store().follow_ups(&dana).await.unwrap();
    let notices = all.iter().filter(
        |one| matches!(&one.content, Content::OwnerNotification { message, .. } if message.contains("landline")),
    );
    assert_eq!(notices.count(), 1, "{all:?}");
    let page =
        bench.as_owner(Method::GET, &format!("/people/{dana}")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("it is a landline"), "{page}");
    assert_eq!(wants(&bench, &dana).await, Some(true));
    let stopped = [("MessageStatus", "failed"), ("ErrorCode", "21610")];
    assert_eq!(told(&bench, &one, &stopped).await, StatusCode::NO_CONTENT);
    assert_eq!(wants(&bench, &dana).await, Some(false), "whoever told Twilio told us");
    bench.stack.stop().await.unwrap();
}

/// What becomes of a text to the owner is known, too; and the owner's STOP is not that of whom they were told of.
#[tokio::test]
async fn the_owners_stop_is_their_own() {
    let bench = Bench::start().await;
    settings(&bench, r#"{"textOwner":"+12125550199"}"#).await;
    bench.stack.twilio.as_ref().unwrap().lose("+12125550199", 30006);
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    let session = calls(&bench, &dana).await;
    bench.stack.twin.alarmed(&session, "Help me", Timestamp::now()).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let one = became(&bench, &dana, State::Bounced).await;
    assert!(matches!(one.content, Content::OwnerText { .. }), "{one:?}");
    let stopped = [("MessageStatus", "failed"), ("ErrorCode", "21610")];
    assert_eq!(told(&bench, &one, &stopped).await, StatusCode::NO_CONTENT);
    assert_eq!(wants(&bench, &dana).await, None, "they said nothing of the kind");
    bench.stack.stop().await.unwrap();
}

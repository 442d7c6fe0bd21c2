//! Whole calls with real speech: what is said, what is heard, and what comes of it.

use jiff::Timestamp;
use mail_parser::MessageParser;
use serde_json::json;
use sim::{
    scenario::Scenario,
    speech,
    twilio::report::{Ending, Report},
};
use tests::{Bench, model, options, turns};
use twin::{
    id::CallSid,
    identity::{Evidence, EvidenceSource, IdentityKey, Phone},
};

use super::but_for_the_clock;

const GREETING: &str = "Hello, this is the AI assistant of Alex Sample. How can I help?";
/// How far the words that count as heard may be from those that were played: a rounding each way.
const WORDS_OFF: usize = 1;
/// Truncation against what was really played. Simulators and relay share the machine with other tests.
const MAX_TRUNCATION_ERROR_MS: u64 = 200;

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The recruiter's call: person, context, transcript as heard, mail; then the same number again.
#[tokio::test]
async fn a_recruiter_calls_twice() {
    let bench = Bench::start().await;
    let scenario = Scenario::built_in("recruiter").unwrap();
    let report = bench.place(bench.caller(&scenario)).await;
    assert_eq!((report.status, report.faults.len()), ("completed", 0), "{:?}", report.faults);
    assert_eq!(report.streams[0].ending, Ending::ServerClosed, "the twin hung up after its goodbye");

    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "completed");
    the_transcript_is_what_was_heard(&bench, &scenario, &report, &call);
    let person = call["person"].as_str().unwrap();
    the_person_is_known(&bench, person).await;
    one_mail_went_out(&bench, person).await;

    a_number_alone_opens_nothing(&bench, &scenario, person).await;
    a_verified_caller_is_known(&bench, &scenario, person).await;
    bench.stack.stop().await.unwrap();
}

fn the_transcript_is_what_was_heard(
    bench: &Bench,
    scenario: &Scenario,
    report: &Report,
    call: &serde_json::Value,
) {
    let turns = turns(call);
    let said: Vec<&str> = turns.iter().filter(|(who, _)| *who == "person").map(|(_, text)| *text).collect();
    let lines: Vec<&str> = scenario.turn.iter().map(|turn| turn.caller.as_str()).collect();
    assert_eq!(said, lines, "every line arrived whole and in order");
    assert_eq!(turns[0], ("twin", GREETING), "the first words say that this is an AI");

    let stream = &report.streams[0];
    assert_eq!(stream.stale_frames, 0, "nothing is sent after a clear");
    let cut = stream.ledger.stretches.iter().find(|stretch| stretch.cleared).expect("an interruption");
    let full = scenario.turn[0].response[0].say.as_deref().unwrap();
    let total_ms = speech::duration_ms(speech::line(full).unwrap().len());
    let share =
        words(full).len() * usize::try_from(cut.played_ms).unwrap() / usize::try_from(total_ms).unwrap();
    let interrupted = call["turns"].as_array().unwrap().iter().find(|turn| turn["interrupted"] == true);
    let heard = interrupted.expect("an interrupted turn")["text"].as_str().unwrap();
    assert!(full.starts_with(heard), "{heard:?} is how it began");
    let off = words(heard).len().abs_diff(share);
    assert!(off <= WORDS_OFF + words(full).len() / 10, "{heard:?} for {} ms of {total_ms}", cut.played_ms);

    let session = &bench.openai().sessions()[0];
    assert_eq!(session.truncations.len(), 1, "{:?}", session.errors);
    let error = session.truncations[0].audio_end_ms.abs_diff(cut.played_ms);
    assert!(error <= MAX_TRUNCATION_ERROR_MS, "truncated {error} ms off");
    assert!(session.errors.is_empty(), "{:?}", session.errors);
    assert!(session.heard.iter().all(|heard| heard.coverage > 0.99), "no frame of speech is lost");
}

async fn the_person_is_known(bench: &Bench, person: &str) {
    let known = bench.owner(&format!("/api/omni-context/{person}")).await;
    let contact = &known["contact"];
    assert_eq!(contact["name"], "Dana Whitfield");
    assert_eq!(contact["company"], "Northgate Search");
    assert_eq!(contact["contactMethods"]["email"], "dana@northgate.example");
    assert_eq!(contact["contactMethods"]["phone"], "+14155550123");
    assert_eq!(contact["relationship"]["type"], "recruiter");
    let context = &known["context"];
    assert_eq!(context["professionalContext"]["importance"], "high");
    assert_eq!(context["conversationState"]["userIntent"], "job_opportunity");
    assert_eq!(context["conversationState"]["currentTopic"], "Staff engineer role in payments");
    assert_eq!(context["conversationState"]["followUpRequired"], true);
    assert_eq!(
        context["conversationState"]["nextActions"],
        json!(["Confirm a time to talk about “Staff engineer role in payments” (Tuesday afternoon)"])
    );
    assert_eq!(context["channels"]["phone"]["callType"], "recruiter");
    assert_eq!(context["metadata"]["totalInteractions"], 1);
}

async fn one_mail_went_out(bench: &Bench, person: &str) {
    let timeline = bench.owner(&format!("/api/omni-context/{person}/timeline")).await;
    let follow_ups = timeline["followUps"].as_array().unwrap();
    assert_eq!(follow_ups.len(), 1);
    assert_eq!(follow_ups[0]["state"], "sent");
    let sent = bench.stack.aws().ses.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].recipients, ["dana@northgate.example"]);
    let mail = MessageParser::default().parse(&sent[0].raw).expect("valid MIME");
    assert!(mail.subject().unwrap().contains("Staff engineer role in payments"));
    let text = mail.body_text(0).unwrap();
    for part in ["Hi Dana,", "AI assistant of Alex Sample", "Tuesday afternoon", "nothing is booked yet"] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    assert!(mail.body_html(0).unwrap().contains("Hi Dana,"));
}

/// Only the words of the greeting, then the caller hangs up.
fn short(scenario: &Scenario) -> Scenario {
    let mut short = scenario.clone();
    short.turn.truncate(0);
    short
}

async fn a_number_alone_opens_nothing(bench: &Bench, scenario: &Scenario, person: &str) {
    let mut config = bench.caller(&short(scenario));
    config.manners.grace = std::time::Duration::from_millis(300);
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["person"], person, "the same number is the same person");
    assert_eq!(call["level"], 1);
    let told = &bench.openai().sessions()[1];
    let everything = format!("{} {:?}", told.instructions, told.events);
    for private in ["Dana", "Northgate", "dana@", "Tuesday afternoon", "Staff engineer role"] {
        assert!(!everything.contains(private), "{private:?} was told about an unverified caller");
    }
    assert!(told.instructions.contains("been in touch before (1 times)"), "{}", told.instructions);
}

async fn a_verified_caller_is_known(bench: &Bench, scenario: &Scenario, person: &str) {
    let store = bench.stack.twin.store();
    let key = IdentityKey::Phone(Phone::parse(&scenario.from).unwrap());
    let proved = Evidence::new(EvidenceSource::OneTimeCode, Timestamp::now(), None);
    store.record(&key, &proved).await.unwrap();
    let mut config = bench.caller(&short(scenario));
    config.stir_verstat = Some("TN-Validation-Passed-A".to_owned());
    config.manners.grace = std::time::Duration::from_millis(300);
    bench.stack.jobs_done().await.unwrap();
    let path = format!("/api/persona?channel=phone&preview={person}&level=2&route=recruiter");
    let preview = bench.owner(&path).await;
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!((call["person"].as_str(), &call["level"]), (Some(person), &json!(2)));
    assert_eq!(call["route"], "recruiter", "who they are decides how the call is taken");
    let told = &bench.openai().sessions()[2];
    for known in ["Dana Whitfield", "Northgate Search", "Staff engineer role", "Open: «Confirm a time"] {
        assert!(told.instructions.contains(known), "{known:?} in {}", told.instructions);
    }
    let shown = but_for_the_clock(preview["instructions"].as_str().unwrap());
    assert_eq!(but_for_the_clock(&told.instructions), shown, "the preview is what is told");
}

/// A message for the owner becomes a mail to the owner; a wish to read on becomes a link that works once.
#[tokio::test]
async fn a_colleague_and_a_client_call() {
    let bench = Bench::start().await;
    let networking = Scenario::built_in("networking").unwrap();
    let consultation = Scenario::built_in("consultation").unwrap();
    let (colleague, client) =
        tokio::join!(bench.place(bench.caller(&networking)), bench.place(bench.caller(&consultation)));
    assert_eq!((colleague.status, client.status), ("completed", "completed"));
    bench.stack.jobs_done().await.unwrap();

    let call = bench.conversation(&colleague.call_sid).await;
    assert_eq!(call["analysis"]["relationship"], "colleague");
    let sent = bench.stack.aws().ses.sent();
    let to_owner = sent.iter().filter(|mail| mail.recipients == [omnitwin::stack::OWNER_EMAIL]);
    let mut told: Vec<String> = to_owner
        .map(|mail| MessageParser::default().parse(&mail.raw).unwrap().body_text(0).unwrap().into_owned())
        .collect();
    told.sort();
    let [proposal, message, connect] = told.as_slice() else { panic!("{told:?}") };
    assert!(proposal.contains("A proposal for them waits for your word"), "{proposal}");
    assert!(message.contains("Priya Raman left this for you"), "{message}");
    assert!(message.contains("The slides were wonderful."), "{message}");
    assert!(connect.contains("Hello Priya, thank you for your call."), "{connect}");
    assert!(
        connect.contains("https://www.linkedin.com/search/results/people/?keywords=Priya%20Raman"),
        "{connect}"
    );

    let call = bench.conversation(&client.call_sid).await;
    assert_eq!(call["analysis"]["relationship"], "potential_client");
    let invitation =
        sent.iter().find(|mail| mail.recipients == ["jonas@brightwater.example"]).expect("a link");
    let text = MessageParser::default().parse(&invitation.raw).unwrap().body_text(0).unwrap().into_owned();
    let link =
        text.split_whitespace().find(|word| word.contains("/chat?session=")).expect("a link").to_owned();
    a_link_works_once(&bench, &link).await;
    bench.stack.stop().await.unwrap();
}

/// Scanners fetch links: a GET uses nothing up. Of fifty that redeem at once, one gets the conversation's cookie.
async fn a_link_works_once(bench: &Bench, link: &str) {
    for _ in 0..3 {
        assert_eq!(bench.http.get(link).send().await.unwrap().status(), 200);
    }
    let secret = link.split("session=").nth(1).unwrap().to_owned();
    let redeem = || {
        let origin = bench.stack.urls.base.clone();
        let request = bench.http.post(bench.url("/chat")).header("Origin", origin);
        request.form(&[("session", &secret)]).send()
    };
    let mut statuses = Vec::new();
    let mut cookie = String::new();
    let all: Vec<_> = (0..50).map(|_| tokio::spawn(redeem())).collect();
    for one in all {
        let answer = one.await.unwrap().unwrap();
        statuses.push(answer.status().as_u16());
        if answer.status() == 303 {
            answer.headers()["set-cookie"].to_str().unwrap().clone_into(&mut cookie);
        }
    }
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 404).count(), 49);
    assert!(cookie.starts_with("omnitwin_chat=") && cookie.contains("HttpOnly"), "{cookie}");
}

/// Ten people at once: each has what they said, and nobody else's.
#[tokio::test]
async fn ten_callers_do_not_mix() {
    let scenarios: Vec<Scenario> = (0..10)
        .map(|n| {
            let text = format!(
                r#"
                title = "caller {n}"
                from = "+141555502{n:02}"
                [[turn]]
                caller = "I am caller number {n}, and my secret word is word{n}word."
                [[turn.response]]
                say = "I heard you, number {n}."
                [[turn.response.call]]
                tool = "take_message"
                arguments = {{ message = "message of {n}" }}
                [[turn.response]]
                say = "Goodbye {n}."
                [[turn.response.call]]
                tool = "end_call"
                arguments = {{ reason = "done" }}
                "#
            );
            Scenario::parse(&format!("caller{n}"), &text).unwrap()
        })
        .collect();
    let bench = Bench::with(omnitwin::stack::Options { model: model(scenarios.clone()), ..options() }).await;
    let calls = scenarios.iter().map(|scenario| bench.place(bench.caller(scenario)));
    let reports = futures_util::future::join_all(calls).await;
    for (n, report) in reports.iter().enumerate() {
        let call = bench.conversation(&report.call_sid).await;
        let everything = call.to_string();
        let turns = turns(&call);
        assert!(turns.contains(&("person", &*scenarios[n].turn[0].caller)), "{turns:?}");
        assert!(turns.contains(&("twin", &*format!("I heard you, number {n}."))), "{turns:?}");
        assert!(everything.contains(&format!("message of {n}")));
        for other in (0..10).filter(|other| *other != n) {
            assert!(!everything.contains(&format!("word{other}word")), "{other} in {n}'s call");
            assert!(!everything.contains(&format!("message of {other}")));
        }
        let sid: CallSid = report.call_sid.parse().unwrap();
        assert!(bench.stack.twin.store().call(&sid).await.unwrap().is_some());
    }
    assert_eq!(bench.footprint().await, (10, 10), "ten people, ten sessions");
    bench.stack.stop().await.unwrap();
}

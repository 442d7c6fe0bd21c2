//! A call is recorded once the caller has agreed; what is kept is ours, and the owner listens to it.

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use jiff::Timestamp;
use omnitwin::stack::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sim::{
    openai::{Endpoint, Fault, TextFault},
    scenario::Scenario,
};
use tests::{Bench, CALL_SID, model, options};
use tokio::net::TcpListener;
use twin::{
    audit::Actor,
    clients::vault::{Vault, checksum},
    config::{Secret, Settings},
    follow_up::{Kind, State},
    http::{OwnerAuth, edge},
    id::InteractionId,
    identity::{Evidence, EvidenceSource, IdentityKey, Phone},
    language::Language,
    recording,
    twin::TRANSCRIBED,
};

/// What the caller answers, and what the model does about it.
fn asked(answer: &str, step: &str) -> Scenario {
    let text = format!(
        r#"
        title = "may it be recorded"
        from = "+14155550153"
        [[turn]]
        caller = "I am calling about your rates."
        [[turn.response]]
        say = "May I record this call, so that nothing is lost?"
        [[turn]]
        caller = "{answer}"
        [[turn.response]]
        [[turn.response.call]]
        tool = "record_call"
        arguments = {{ step = "{step}" }}
        [[turn.response]]
        say = "All right."
        [[turn]]
        caller = "This is off the record, please."
        [[turn.response]]
        [[turn.response.call]]
        tool = "record_call"
        arguments = {{ step = "pause" }}
        [[turn.response]]
        say = "Goodbye then."
        [[turn.response.call]]
        tool = "end_call"
        arguments = {{ reason = "done" }}
        "#
    );
    Scenario::parse("rates", &text).unwrap()
}

async fn bench(scenario: &Scenario, policy: &str) -> Bench {
    let bench = Bench::with(Options { model: model(vec![scenario.clone()]), ..options() }).await;
    // In New York, where one side's word is enough.
    let body = json!({ "version": 0, "settings": { "recording": policy, "ownerLine": "+12125550100" } });
    let saved = bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    bench
}

fn steps(call: &Value) -> Vec<&str> {
    let actions = call["actions"].as_array().unwrap();
    let steps = actions.iter().filter(|action| action["kind"] == "recording");
    steps.map(|action| action["step"].as_str().unwrap()).collect()
}

async fn consents(bench: &Bench, person: &str) -> Vec<bool> {
    let records = bench.owner(&format!("/api/people/{person}/consents")).await;
    let records = records["consents"].as_array().unwrap().iter();
    let about = records.filter(|record| record["matter"] == "recording");
    about.map(|record| record["given"].as_bool().unwrap()).collect()
}

/// What the API was asked to do with recordings.
fn asked_of_twilio(bench: &Bench) -> Vec<(String, u16)> {
    let requests = bench.stack.twilio.as_ref().unwrap().requests();
    let about = requests.into_iter().filter(|one| one.path.contains("Recordings"));
    about.map(|one| (one.method, one.status)).collect()
}

#[tokio::test]
async fn a_caller_who_agrees_is_recorded() {
    let scenario = asked("Yes, you may.", "agreed");
    let bench = bench(&scenario, "ask").await;
    let report = bench.place(bench.caller(&scenario)).await;
    bench.stack.jobs_done().await.unwrap();
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(
        (call["outcome"].as_str(), steps(&call)),
        (Some("completed"), vec!["agreed", "pause"]),
        "{call}"
    );
    let person = call["person"].as_str().unwrap();
    assert_eq!(consents(&bench, person).await, [true]);
    let posted = asked_of_twilio(&bench);
    let expected = [("POST", 201), ("POST", 200), ("GET", 200), ("DELETE", 204)];
    assert_eq!(
        posted,
        expected.map(|(method, status)| (method.to_owned(), status)),
        "begun, paused, fetched, deleted"
    );

    let id = person.parse().unwrap();
    let kept = bench.stack.twin.store().recordings(&id).await.unwrap().remove(0);
    assert_eq!(kept.state, recording::State::Kept);
    let url = format!("/people/{person}/recordings/{}", kept.sid);
    let page = bench.as_owner(Method::GET, &format!("/people/{person}")).send().await.unwrap();
    assert!(page.text().await.unwrap().contains(&format!("src=\"{url}\"")), "the owner can play it");
    let timeline = bench.owner(&format!("/api/crm/contacts/{person}/timeline")).await;
    let entries = timeline["entries"].as_array().unwrap();
    let shown = entries.iter().find(|entry| entry["kind"] == "conversation").unwrap();
    let [recording] = shown["recordings"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    assert_eq!((&recording["sid"], &recording["url"]), (&json!(kept.sid), &json!(url)), "{shown}");
    assert!(!shown["turns"].as_array().unwrap().is_empty(), "with what was said: {shown}");
    let audio = bench.as_owner(Method::GET, &url).send().await.unwrap();
    assert_eq!(
        (audio.status(), &audio.headers()["content-type"]),
        (StatusCode::OK, &"audio/wav".parse().unwrap())
    );
    let audio = audio.bytes().await.unwrap();
    assert_eq!((&audio[..4], audio[22]), (&b"RIFF"[..], 2), "each side on a channel");
    assert_eq!(kept.sha256, Some(checksum(&audio)));
    let some = bench.as_owner(Method::GET, &url).header("range", "bytes=44-143").send().await.unwrap();
    assert_eq!(
        (some.status(), &some.headers()["content-range"]),
        (StatusCode::PARTIAL_CONTENT, &format!("bytes 44-143/{}", audio.len()).parse().unwrap())
    );
    assert_eq!(some.bytes().await.unwrap(), audio.slice(44..144), "one can jump in it");
    let stranger = bench.http.get(bench.url(&url)).send().await.unwrap();
    assert!(!stranger.status().is_success(), "{}", stranger.status());
    out_of_a_bucket(&bench, person, &url).await;

    bench.stack.twin.erase(&id, Actor::Owner, Timestamp::now()).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let name = recording::name(&kept.call, &kept.sid);
    assert!(bench.stack.vault.get(&name).await.unwrap().is_none(), "it goes with its person");
    bench.stack.stop().await.unwrap();
}

/// What the model did not make out stands in the recording, and is asked of another model, once.
#[tokio::test]
async fn what_was_recorded_is_written_down() {
    let scenario = asked("Yes, you may.", "agreed");
    let model = model(vec![scenario.clone()]);
    let bench = Bench::with(Options { model, text_is_simulated: true, ..options() }).await;
    let body = json!({ "version": 0, "settings": { "recording": "ask" } });
    let saved = bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    bench.openai().misbehave(Fault::TranscriptionFailed.on_response(3));
    bench.openai().misbehave_at(Endpoint::Transcriptions, TextFault::Status(503));
    let report = bench.place(bench.caller(&scenario)).await;
    bench.stack.jobs_done().await.unwrap();
    let call = bench.conversation(&report.call_sid).await;
    let turns = call["turns"].as_array().unwrap();
    let said = turns.iter().find(|turn| turn["text"] == "This is off the record, please.");
    assert_eq!(said.map(|turn| &turn["heard"]["by"]), Some(&json!("recording")), "{turns:?}");
    let id = call["person"].as_str().unwrap().parse().unwrap();
    let kept = bench.stack.twin.store().recordings(&id).await.unwrap().remove(0);
    assert!(kept.transcribed_at.is_some(), "{kept:?}");
    let asked =
        || bench.openai().asked().iter().filter(|one| one.endpoint == Endpoint::Transcriptions).count();
    let (before, interaction) = (asked(), kept.interaction.clone());
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    twin.transcribe_recording((&id, &interaction), &kept.sid, &bench.stack.vault, now).await.unwrap();
    assert_eq!(asked(), before, "it is asked of nobody again");
    let held = twin.store().interaction(&id, &interaction).await.unwrap().unwrap();
    assert_eq!(held.words_read, 15, "and what it says was read with the rest");
    // Another recording of the same call has stretches of its own.
    let (store, vault) = (twin.store(), &bench.stack.vault);
    let file = vault.get(&recording::name(&kept.call, &kept.sid)).await.unwrap().unwrap();
    let sid = format!("RE{:032x}", 2);
    let more = recording::Recording { sid, at: now, transcribed_at: None, ..kept };
    vault.put(&recording::name(&more.call, &more.sid), file).await.unwrap();
    store.add_recording(&more).await.unwrap();
    let heard = store.transcript_lines(&id, &interaction).await.unwrap().len();
    let before = asked();
    // The same job twice at once asks once: whoever is second comes again.
    let job = || twin.transcribe_recording((&id, &interaction), &more.sid, vault, now);
    let (first, second) = tokio::join!(job(), job());
    assert!(first.is_ok() || second.is_ok(), "{first:?} {second:?}");
    job().await.unwrap();
    assert!(heard > 0 && store.transcript_lines(&id, &interaction).await.unwrap().len() == 2 * heard);
    assert_eq!(asked(), before + heard, "each stretch is paid for once");
    bench.stack.jobs_done().await.unwrap();
    bench.stack.stop().await.unwrap();
}

/// Where one side's word is enough, they are told; nobody has to say yes, and nobody is said to have.
#[tokio::test]
async fn where_it_is_enough_a_recording_is_announced() {
    let scenario = asked("I see.", "announced");
    let bench = bench(&scenario, "announce").await;
    let mut config = bench.caller(&scenario);
    "+12125550153".clone_into(&mut config.from);
    let report = bench.place(config).await;
    bench.stack.jobs_done().await.unwrap();
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(steps(&call), ["announced", "pause"], "{call}");
    let person = call["person"].as_str().unwrap();
    assert_eq!(consents(&bench, person).await, [false; 0]);
    let id = person.parse().unwrap();
    assert_eq!(bench.stack.twin.store().recordings(&id).await.unwrap().len(), 1);
    bench.stack.stop().await.unwrap();
}

/// Whoever is known by a number of such a place, and calls from one of another, is asked.
#[tokio::test]
async fn where_the_call_comes_from_counts() {
    let scenario = asked("I see.", "announced");
    let bench = bench(&scenario, "announce").await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let key = IdentityKey::Phone(Phone::parse(&scenario.from).unwrap());
    let known = store.resolve(key, Evidence::new(EvidenceSource::Import, now, None), now).await.unwrap();
    let mut contact = store.known(&known.person).await.unwrap().unwrap().contact;
    contact.contact_methods.phone = Some(Phone::parse("+12125550153").unwrap());
    let id = InteractionId::generate(now);
    store.act(&known.person, &id, "seed", None, &Value::Null, Some(contact), &[], now).await.unwrap();
    let report = bench.place(bench.caller(&scenario)).await;
    bench.stack.jobs_done().await.unwrap();
    let call = bench.conversation(&report.call_sid).await;
    assert!(!steps(&call).contains(&"announced"), "{call}");
    assert_eq!(store.recordings(&known.person).await.unwrap(), []);
    bench.stack.stop().await.unwrap();
}

/// The same as it is in AWS: the browser is sent to the bucket, and the page lets it go there.
async fn out_of_a_bucket(bench: &Bench, person: &str, url: &str) {
    let credentials = Credentials::new("local", "local", None, None, "local");
    let aws = SdkConfig::builder()
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let store = bench.stack.twin.store().clone();
    let nothing = |_: &str| None;
    let state = web::State {
        auth: OwnerAuth::new(store.clone(), Some(Secret::new(bench.stack.secrets.owner_token.clone()))),
        store,
        entrance: web::Entrance::deployed(&Settings::new(&nothing)),
        public_base_url: bench.stack.urls.base.clone(),
        phone_number: String::new(),
        calls_origin: None,
        vault: Vault::s3(&aws, "recordings-of-somebody", None).unwrap(),
        parts: web::deployed_parts(&Settings::new(&nothing)),
        simulated: twin::interaction::Simulated::default(),
        call: None,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, edge(web::app(state))).await });
    let get = async |path: &str| {
        let request = bench.http.get(format!("{base}{path}")).bearer_auth(&bench.stack.secrets.owner_token);
        request.send().await.unwrap()
    };
    let sent = get(url).await;
    let to = sent.headers()["location"].to_str().unwrap().to_owned();
    let bucket = "https://recordings-of-somebody.s3.eu-central-1.amazonaws.com";
    assert_eq!(sent.status(), StatusCode::TEMPORARY_REDIRECT);
    assert!(to.starts_with(&format!("{bucket}/recordings/CA")), "{to}");
    assert!(to.contains("response-content-type=audio%2Fwav") && to.contains("X-Amz-Signature="), "{to}");
    let page = get(&format!("/people/{person}")).await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("media-src 'self' {bucket};")), "{policy}");
    server.abort();
}

/// Twilio does not do it: the model hears so, and the timeline does not say what is not so.
#[tokio::test]
async fn a_recording_that_does_not_begin_is_not_called_one() {
    let scenario = asked("Yes, you may.", "agreed");
    let bench = bench(&scenario, "ask").await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.fail_next(sim::twilio::rest::RestError::new(400, 21220, "not eligible for recording"));
    let report = bench.place(bench.caller(&scenario)).await;
    let call = bench.conversation(&report.call_sid).await;
    let actions = call["actions"].as_array().unwrap();
    let failed: Vec<_> = actions.iter().filter(|one| one["kind"] == "recording_failed").collect();
    // There is none that could be paused, either.
    assert_eq!(failed.iter().map(|one| &one["step"]).collect::<Vec<_>>(), ["agreed", "pause"], "{actions:?}");
    let page = bench.as_owner(Method::GET, &format!("/people/{}", call["person"].as_str().unwrap()));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("could not be begun"), "the owner reads so");
    let told = format!("{:?}", bench.openai().sessions()[0].conversation);
    assert!(told.contains("The call is not recorded: say so"), "{told}");
    bench.stack.stop().await.unwrap();
}

/// The call goes on, unrecorded, and what they said is stored.
#[tokio::test]
async fn a_caller_who_does_not_agree_is_not_recorded() {
    let scenario = asked("No, I would rather not.", "refused");
    let bench = bench(&scenario, "ask").await;
    let report = bench.place(bench.caller(&scenario)).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "completed");
    assert_eq!(steps(&call)[0], "refused");
    assert_eq!(consents(&bench, call["person"].as_str().unwrap()).await, [false]);
    assert!(!asked_of_twilio(&bench).contains(&("POST".to_owned(), 201)));
    bench.stack.stop().await.unwrap();
}

/// Where the owner does not want recordings, no model can make one.
#[tokio::test]
async fn nothing_is_recorded_unless_the_owner_wants_it() {
    let scenario = asked("Yes, you may.", "agreed");
    let bench = bench(&scenario, "off").await;
    let report = bench.place(bench.caller(&scenario)).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!((call["outcome"].as_str(), steps(&call).len()), (Some("completed"), 0));
    assert!(asked_of_twilio(&bench).is_empty());
    assert!(consents(&bench, call["person"].as_str().unwrap()).await.is_empty());
    bench.stack.stop().await.unwrap();
}

/// What Twilio does not understand is written down by another, and reaches the owner with the message.
#[tokio::test]
async fn a_voicemail_in_another_language_is_read_too() {
    let scenario = asked("Please call me back about the invoice.", "agreed");
    let model = model(vec![scenario.clone()]);
    let bench = Bench::with(Options { model, text_is_simulated: true, ..options() }).await;
    let body = json!({ "version": 0, "settings": { "languages": ["de"] } });
    let saved = bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    bench.openai().misbehave(Fault::Refuse(429));
    let report = bench.place(bench.caller(&scenario)).await;
    assert!(report.heard.iter().any(|heard| heard.contains(Language::De.words().leave_a_message)));
    let mails = bench.stack.aws().ses.sent_at_least(1).await;
    let mail = mail_parser::MessageParser::default().parse(&mails[0].raw).unwrap();
    let text = mail.body_text(0).unwrap().into_owned();
    assert!(text.contains("They said: “I am calling about your rates.”"), "{text}");
    bench.stack.jobs_done().await.unwrap();
    let call = bench.conversation(&report.call_sid).await;
    assert!(tests::turns(&call).contains(&("person", "I am calling about your rates.")), "{call}");
    assert!(!call["analysis"]["quote"].is_null(), "{call}");
    bench.stack.stop().await.unwrap();
}

/// What was said comes after the conversation was read: it is read again with it, and nobody is told twice.
#[tokio::test]
async fn what_comes_after_the_analysis_is_read_too() {
    let bench = Bench::start().await;
    let mut form = bench.voice_form(CALL_SID, "+14155550153");
    let answer = bench.webhook(phone_webhook::INCOMING, &form).await;
    assert_eq!(answer.status(), StatusCode::OK);
    form.extend([
        ("RecordingUrl", "https://api.twilio.com/Recordings/RE00000000000000000000000000000001"),
        ("RecordingDuration", "7"),
    ]);
    assert_eq!(bench.webhook(phone_webhook::RECORDING, &form).await.status(), StatusCode::OK);
    bench.stack.jobs_done().await.unwrap();
    let before = bench.conversation(CALL_SID).await;
    assert_eq!((before["status"].as_str(), &before["analysis"]["quote"]), (Some("analysed"), &Value::Null));
    let said = "I am calling about a role as a staff engineer in Zurich.";
    form.extend([("TranscriptionStatus", "completed"), ("TranscriptionText", said)]);
    for _ in 0..2 {
        let answer = bench.webhook(TRANSCRIBED, &form).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        bench.stack.jobs_done().await.unwrap();
    }
    let after = bench.conversation(CALL_SID).await;
    assert_eq!(after["status"], "analysed");
    assert!(!after["analysis"]["quote"].is_null(), "{after}");
    assert_eq!(tests::turns(&after), [("person", said)]);
    assert_eq!(after["measured"]["isFirst"], true, "what was counted once stays so");
    let person = after["person"].as_str().unwrap().parse().unwrap();
    let planned = bench.stack.twin.store().follow_ups(&person).await.unwrap();
    let only_rang = planned.iter().filter(|one| one.content.kind() == Kind::MissedCallText);
    let goes_out = |state| matches!(state, State::Planned | State::AwaitingApproval | State::Approved);
    assert!(!only_rang.map(|one| one.state).any(goes_out), "they said something after all: {planned:?}");
    let mails = bench.stack.aws().ses.sent();
    assert_eq!(mails.len(), 1, "the owner is told of the voicemail, once");
    bench.stack.stop().await.unwrap();
}

/// What was said in a voicemail reaches the owner in words, and as a recording.
#[tokio::test]
async fn a_voicemail_is_read_and_heard() {
    let scenario = asked("Please call me back about the invoice.", "agreed");
    let bench = bench(&scenario, "off").await;
    bench.openai().misbehave(sim::openai::Fault::Refuse(429));
    let report = bench.place(bench.caller(&scenario)).await;
    let mails = bench.stack.aws().ses.sent_at_least(1).await;
    let mail = mail_parser::MessageParser::default().parse(&mails[0].raw).unwrap();
    let text = mail.body_text(0).unwrap().into_owned();
    assert!(text.contains("They said: “I am calling about your rates.”"), "{text}");
    let call = bench.conversation(&report.call_sid).await;
    assert!(tests::turns(&call).contains(&("person", "I am calling about your rates.")), "{call}");
    let id = call["person"].as_str().unwrap().parse().unwrap();
    let kept = bench.stack.twin.store().recordings(&id).await.unwrap();
    assert_eq!((kept.len(), kept[0].state), (1, recording::State::Kept));
    bench.stack.stop().await.unwrap();
}

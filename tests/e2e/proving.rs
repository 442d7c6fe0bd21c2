//! Becoming surer who speaks: codes that go to what is the person's already, and to nobody else.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use serde_json::{Value, json};
use tests::Bench;
use twin::{
    clients::twilio::TwilioRest,
    code::Code,
    error::Error,
    handoff::Secret,
    id::{InteractionId, MessageId, PersonId, RequestId},
    identity::{Assurance, Email, Evidence, EvidenceSource, IdentityKey, Phone},
    interaction::{Channel, Outcome, Speaker, Turn},
    routing::RouteKind,
    twin::{Arrival, Session, Written, begin_handed_over},
};

use crate::follow_up::conservation::post;

pub const NUMBER: &str = "+14155552671";
pub const DANA: &str = "dana@northgate.example";
const MALLORY: &str = "mallory@elsewhere.example";
/// Known to nobody but Dana and the twin.
pub const CANARY: &str = "the marzipan zeppelin";

pub fn email(text: &str) -> IdentityKey {
    IdentityKey::Email(Email::parse(text).unwrap())
}

pub fn phone() -> IdentityKey {
    IdentityKey::Phone(Phone::parse(NUMBER).unwrap())
}

pub async fn resolved(bench: &Bench, key: IdentityKey, source: EvidenceSource) -> PersonId {
    let now = Timestamp::now();
    bench.stack.twin.store().resolve(key, Evidence::new(source, now, None), now).await.unwrap().person
}

pub async fn opened(bench: &Bench, person: &PersonId, channel: Channel, level: Assurance) -> Session {
    let now = Timestamp::now();
    let (interaction, person) = (InteractionId::generate(now), person.clone());
    let route = RouteKind::Unknown;
    let arrival = Arrival { person, interaction, channel, call_sid: None, host: None, route, level };
    bench.stack.twin.open(&arrival, now).await.unwrap()
}

pub async fn acted(bench: &Bench, session: &Session, name: &str, arguments: Value) -> Value {
    let call = anew();
    let twin = &bench.stack.twin;
    twin.act(session, &call, name, &arguments.to_string(), Timestamp::now()).await.unwrap().output
}

/// The id of a call that was not made before.
pub fn anew() -> String {
    RequestId::generate(Timestamp::now()).to_string()
}

pub async fn over(bench: &Bench, session: &Session) {
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    twin.close(&session.person, &session.interaction, Outcome::Completed, now).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
}

/// A conversation of Dana's, by phone, in which something was said that is theirs alone.
pub async fn confided(bench: &Bench, person: &PersonId) {
    let session = opened(bench, person, Channel::Phone, Assurance::Verified).await;
    let text = format!("My name is Dana Whitfield, and we call it {CANARY}.");
    let turn =
        Turn { offset_ms: 1, sequence: 1, speaker: Speaker::Person, text, interrupted: false, heard: None };
    bench.stack.twin.heard(&session, &turn).await.unwrap();
    acted(bench, &session, "save_contact", json!({ "name": "Dana Whitfield", "confirmed": true })).await;
    over(bench, &session).await;
}

/// The text of each mail to an address.
pub fn mails(bench: &Bench, to: &str) -> Vec<String> {
    let sent = bench.stack.aws().ses.sent();
    let to_them = sent.iter().filter(|mail| mail.recipients == [to]);
    let text = |raw: &[u8]| MessageParser::default().parse(raw).unwrap().body_text(0).unwrap().into_owned();
    to_them.map(|mail| text(&mail.raw)).collect()
}

pub fn texts(bench: &Bench) -> Vec<(String, String)> {
    let sent = bench.stack.twilio.as_ref().unwrap().outbox();
    sent.into_iter().map(|message| (message.to, message.body)).collect()
}

/// The six digits in a message.
pub fn digits(text: &str) -> String {
    let word =
        text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()));
    word.unwrap_or_else(|| panic!("no code in {text}")).to_owned()
}

pub async fn said(bench: &Bench, chatting: &mut twin::twin::Chatting, text: &str) -> String {
    let id = MessageId::generate(Timestamp::now());
    let answer = bench.stack.twin.answer(chatting, &Written { id: &id, text }, Timestamp::now()).await;
    bench.stack.jobs_done().await.unwrap();
    answer.unwrap().text
}

/// Nobody yet: what they prove leads to them from then on, and they are not forgotten any more. Later, in another
/// browser, they prove it again, and are the same person.
#[tokio::test]
async fn somebody_writes_and_proves_who_they_are() {
    let bench = Bench::start().await;
    let twin = &bench.stack.twin;
    let (_, mut first) = twin.begin_chat(None, Timestamp::now()).await.unwrap();
    let asked = said(&bench, &mut first, "Can you send me a code?").await;
    assert!(asked.contains("e-mail address"), "{asked}");
    let sent = said(&bench, &mut first, DANA).await;
    assert!(sent.contains("on its way to you by e-mail"), "{sent}");
    let letter = mails(&bench, DANA).pop().unwrap();
    assert!(!letter.contains("http"), "nothing to be clicked: {letter}");
    assert!(said(&bench, &mut first, "000000 or so").await.contains("works no more"));
    let thanks = said(&bench, &mut first, &format!("It is {}.", digits(&letter))).await;
    assert!(thanks.contains("it is you"), "{thanks}");
    let identity = twin.store().identity(&email(DANA)).await.unwrap().unwrap();
    assert!(identity.is_verified(Timestamp::now()) && identity.person == first.chat.person);
    let known = twin.store().known(&identity.person).await.unwrap().unwrap();
    assert_eq!(
        (known.contact.forget_at, known.context.forget_at, known.memory.forget_at),
        (None, None, None)
    );
    assert_eq!(known.contact.contact_methods.email, Some(Email::parse(DANA).unwrap()));
    said(&bench, &mut first, &format!("Between us, it is {CANARY} that we build.")).await;
    bench.close_chats().await;

    let (secret, mut second) = twin.begin_chat(None, Timestamp::now()).await.unwrap();
    let refused = said(&bench, &mut second, "What did we talk about last time?").await;
    assert!(!refused.contains("zeppelin") && refused.contains("code of six digits"), "{refused}");
    said(&bench, &mut second, &format!("Yes, to {DANA}")).await;
    let code = digits(&mails(&bench, DANA).pop().unwrap());
    assert!(said(&bench, &mut second, &code).await.contains("it is you"));
    let again = said(&bench, &mut second, "What did we talk about? What do we build?").await;
    assert!(again.contains("zeppelin"), "{again}");
    let store = twin.store();
    let (one, other) = (&first.chat.person, &second.chat.person);
    assert!(store.partitions(one).await.unwrap().contains(other), "they are one person");
    let held = twin.chat(secret.reveal(), Timestamp::now()).await.unwrap().unwrap();
    assert_eq!(held.chat.level, Assurance::Verified);
    let people = bench.owner("/api/crm/contacts").await;
    let known = people["contacts"].as_array().unwrap().iter();
    let addresses = known.filter(|contact| contact["contactMethods"]["email"] == DANA);
    assert_eq!(addresses.count(), 1, "{people}");
    bench.stack.stop().await.unwrap();
}

/// On the phone, the code goes to the number that is called from; a caller who only shows it never gets it.
#[tokio::test]
async fn a_caller_proves_the_number() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    confided(&bench, &dana).await;
    let session = opened(&bench, &dana, Channel::Phone, Assurance::Claimed).await;
    let before = acted(&bench, &session, "recall", json!({ "about": "zeppelin" })).await;
    assert_eq!(before["verified"], false);
    let sent = acted(&bench, &session, "send_code", json!({})).await;
    assert_eq!((&sent["sent"], &sent["by"]), (&json!(true), &json!("sms")));
    bench.stack.jobs_done().await.unwrap();
    let (to, body) = texts(&bench).pop().unwrap();
    assert_eq!(to, NUMBER);
    let spoken: String = digits(&body).chars().flat_map(|digit| [digit, ' ']).collect();
    let proved = acted(&bench, &session, "confirm_code", json!({ "code": spoken })).await;
    assert_eq!((&proved["confirmed"], &proved["level"]), (&json!(true), &json!(2)), "{proved}");
    assert!(proved["brief"].as_str().unwrap().contains("Dana Whitfield"), "{proved}");
    let after = acted(&bench, &session, "recall", json!({ "about": "zeppelin" })).await;
    assert!(after["turns"][0]["text"].as_str().unwrap().contains(CANARY), "{after}");
    let identity = bench.stack.twin.store().identity(&phone()).await.unwrap().unwrap();
    assert!(identity.is_verified(Timestamp::now()), "an attested call from it is sure from now on");
    let used = acted(&bench, &session, "confirm_code", json!({ "code": digits(&body) })).await;
    assert_eq!(used["confirmed"], false);
    bench.stack.stop().await.unwrap();
}

/// Whoever calls with another's number names an address of their own in one call, and asks for a link in the next.
#[tokio::test]
async fn an_address_that_a_caller_names_proves_nothing() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    confided(&bench, &dana).await;
    for call in 0..2 {
        let session = opened(&bench, &dana, Channel::Phone, Assurance::Claimed).await;
        let details = json!({ "email": MALLORY, "confirmed": true });
        assert_eq!(acted(&bench, &session, "save_contact", details).await["saved"], true);
        let sent = acted(&bench, &session, "send_code", json!({ "to": MALLORY })).await;
        assert_eq!(sent["sent"], true, "nobody learns whose address it is");
        let wrong = acted(&bench, &session, "confirm_code", json!({ "code": "421337" })).await;
        assert_eq!(wrong["confirmed"], false);
        assert_eq!(
            acted(&bench, &session, "send_handoff_link", json!({ "channel": "chat" })).await["planned"],
            true
        );
        over(&bench, &session).await;
        let mails = mails(&bench, MALLORY);
        assert_eq!(mails.len(), call + 1, "the summary alone: {mails:?}");
        let mail = mails.last().unwrap();
        assert!(!mail.contains("Dana"), "they are not told whose number it is: {mail}");
        let link = mail.split("session=").nth(1).unwrap().split_whitespace().next().unwrap();
        let (store, now) = (bench.stack.twin.store(), Timestamp::now());
        let (secret, mut chatting) = begin_handed_over(store, link, None, now).await.unwrap();
        assert_eq!(chatting.chat.level, Assurance::Claimed);
        for asks in ["What did we talk about?", "Please give me a copy of my data.", "Who am I?"] {
            let answer = said(&bench, &mut chatting, asks).await;
            assert!(!answer.contains("zeppelin") && !answer.contains("Dana"), "{answer}");
        }
        let cookie = format!("omnitwin_chat={}", secret.reveal());
        for path in ["/api/chat/my-data", "/api/chat"] {
            let answer = bench.http.get(bench.url(path)).header("Cookie", &cookie).send().await.unwrap();
            let told = answer.text().await.unwrap();
            assert!(!told.contains("zeppelin") && !told.contains("Dana"), "{path}: {told}");
        }
        let erased = said(&bench, &mut chatting, "Please forget me.").await
            + &said(&bench, &mut chatting, "Yes.").await;
        assert!(!erased.contains("is erased"), "{erased}");
    }
    assert!(bench.stack.twin.store().known(&dana).await.unwrap().is_some());
    assert!(bench.stack.twin.store().identity(&email(MALLORY)).await.unwrap().is_none());
    assert_eq!(texts(&bench), []);
    bench.stack.stop().await.unwrap();
}

/// In somebody's name, what is answered is the same for an address that is theirs and for any other.
#[tokio::test]
async fn nobody_learns_what_is_known() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, email(DANA), EvidenceSource::Import).await;
    let session = opened(&bench, &dana, Channel::Chat, Assurance::Claimed).await;
    let mut answers = Vec::new();
    for to in [DANA, MALLORY, DANA, DANA, DANA, DANA] {
        answers.push(acted(&bench, &session, "send_code", json!({ "to": to })).await);
        bench.stack.jobs_done().await.unwrap();
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!((mails(&bench, DANA).len(), mails(&bench, MALLORY).len()), (4, 0), "four a day");
    let enough = acted(&bench, &session, "send_code", json!({ "to": DANA })).await;
    assert_eq!(enough["sent"], false, "six a day for one person");
    for wrong in ["", "dana", "dana@@x", "+1415555267\r\n1", "911", "+1-415-TOP-MUSI"] {
        let refused = acted(&bench, &session, "send_code", json!({ "to": wrong })).await;
        assert!(refused["error"].is_string(), "{wrong:?}: {refused}");
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_code_works_once_and_not_for_long() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, email(DANA), EvidenceSource::Owner).await;
    let twin = &bench.stack.twin;
    let session = opened(&bench, &dana, Channel::Chat, Assurance::Claimed).await;
    let code = async || {
        assert_eq!(acted(&bench, &session, "send_code", json!({})).await["sent"], true);
        bench.stack.jobs_done().await.unwrap();
        digits(&mails(&bench, DANA).pop().unwrap())
    };
    let told = async |code: &str, at: Timestamp| {
        let call = anew();
        let arguments = json!({ "code": code }).to_string();
        let acted = twin.act(&session, &call, "confirm_code", &arguments, at).await.unwrap();
        acted.output["confirmed"] == true
    };
    let (first, now) = (code().await, Timestamp::now());
    assert!(!told(&first, now + SignedDuration::from_mins(11)).await, "too late");
    let wrong = if first == "000000" { "000001" } else { "000000" };
    let guesses = join_all((0..50).map(|_| told(wrong, now))).await;
    assert!(guesses.iter().all(|right| !right));
    assert!(!told(&first, now).await, "after five tries the right one works no more");
    let stored = twin.store().code(&dana, &session.interaction, now).await.unwrap().unwrap();
    assert_eq!(stored.tries, 5);
    let second = code().await;
    assert!(!serde_json::to_string(&stored).unwrap().contains(&first));
    let right = join_all((0..50).map(|_| told(&second, now))).await;
    assert_eq!(right.iter().filter(|right| **right).count(), 1, "of fifty at once, one");
    let other = opened(&bench, &dana, Channel::Chat, Assurance::Claimed).await;
    let elsewhere = acted(&bench, &other, "confirm_code", json!({ "code": second })).await;
    assert_eq!(elsewhere["confirmed"], false, "it is of one conversation");
    bench.stack.stop().await.unwrap();
}

/// A person who signed in proves an address that another account has, too: they are not made one.
#[tokio::test]
async fn different_accounts_stay_two() {
    let bench = Bench::start().await;
    let account = |subject: &str| IdentityKey::Oidc {
        issuer: "https://id.example".to_owned(),
        subject: subject.to_owned(),
    };
    let dana = resolved(&bench, account("dana"), EvidenceSource::SignIn).await;
    let robin = resolved(&bench, account("robin"), EvidenceSource::SignIn).await;
    let store = bench.stack.twin.store();
    let evidence = Evidence::new(EvidenceSource::Owner, Timestamp::now(), None);
    store.add_identity(&twin::identity::Identity::new(email(DANA), dana.clone(), evidence)).await.unwrap();
    let session = opened(&bench, &robin, Channel::Chat, Assurance::SignedIn).await;
    acted(&bench, &session, "send_code", json!({ "to": DANA })).await;
    bench.stack.jobs_done().await.unwrap();
    let code = digits(&mails(&bench, DANA).pop().unwrap());
    let told = acted(&bench, &session, "confirm_code", json!({ "code": code })).await;
    assert_eq!(told["confirmed"], false, "{told}");
    let conflicts = bench.owner("/api/crm/conflicts").await;
    assert_eq!(
        conflicts["proposals"][0]["conflicts"],
        json!(["https://id.example"]),
        "the owner can tell: {conflicts}"
    );
    assert_eq!(store.partitions(&robin).await.unwrap(), std::slice::from_ref(&robin));
    let proved = bench.owner("/api/audit").await["lines"].clone();
    assert!(!proved.to_string().contains("\"proved\""), "nothing was: {proved}");
    let (one, other) = (dana.to_string(), robin.to_string());
    let wanted = json!({ "survivor": one, "absorbed": other });
    let merge = async |wanted: &Value| {
        let request = bench.as_owner(reqwest::Method::POST, "/api/crm/merges").json(wanted);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(merge(&wanted).await, 422);
    let told = json!({ "survivor": one, "absorbed": other, "despiteConflicts": true });
    assert_eq!(merge(&told).await, 200, "the owner's express word");
    assert!(store.partitions(&dana).await.unwrap().contains(&robin));
    let taken_back = bench.as_owner(reqwest::Method::DELETE, &format!("/api/crm/merges/{other}"));
    assert_eq!(taken_back.send().await.unwrap().status().as_u16(), 200);
    assert_eq!(store.partitions(&robin).await.unwrap(), [robin]);
    bench.stack.stop().await.unwrap();
}

/// The same over MCP, by a host that has no sign-in.
#[tokio::test]
async fn a_host_proves_who_it_speaks_for() {
    let bench = Bench::start().await;
    let dana = resolved(&bench, email(DANA), EvidenceSource::Owner).await;
    confided(&bench, &dana).await;
    let handle = {
        let asked = mcp(&bench, "ask", json!({ "question": "What has Alex done with Rust?" })).await;
        asked["structuredContent"]["conversation"].as_str().unwrap().to_owned()
    };
    let with = |mut arguments: Value| {
        arguments["conversation"] = json!(handle);
        arguments
    };
    let refused = mcp(&bench, "my_data", with(json!({ "view": "conversations", "about": "zeppelin" }))).await;
    assert_eq!(refused["isError"], true, "{refused}");
    assert!(refused.to_string().contains("not_verified"), "{refused}");
    let before = mails(&bench, DANA).len();
    let asked = with(json!({ "to": DANA, "idempotency_key": "k1" }));
    let sent = mcp(&bench, "verify_me", asked.clone()).await;
    assert_eq!(sent["structuredContent"]["sent"], true, "{sent}");
    assert_eq!(mcp(&bench, "verify_me", asked).await, sent, "the answer was lost");
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(mails(&bench, DANA).len(), before + 1);
    let code = digits(&mails(&bench, DANA).pop().unwrap());
    let confirmed = mcp(&bench, "verify_me", with(json!({ "code": code }))).await;
    assert_eq!(confirmed["structuredContent"]["confirmed"], true, "{confirmed}");
    let recalled =
        mcp(&bench, "my_data", with(json!({ "view": "conversations", "about": "zeppelin" }))).await;
    assert!(
        recalled["structuredContent"]["turns"][0]["text"].as_str().unwrap().contains(CANARY),
        "{recalled}"
    );
    let about = mcp(&bench, "my_data", with(json!({}))).await;
    assert_eq!(about["structuredContent"]["name"], "Dana Whitfield", "{about}");
    let exported = mcp(&bench, "my_data", with(json!({ "view": "everything" }))).await;
    assert!(exported["structuredContent"]["data"].to_string().contains(CANARY), "{exported}");
    let other = Secret::generate();
    let stranger = json!({ "view": "conversations", "about": "zeppelin", "conversation": other.reveal() });
    assert!(mcp(&bench, "my_data", stranger).await.to_string().contains("not_found"));
    bench.stack.stop().await.unwrap();
}

async fn mcp(bench: &Bench, tool: &str, arguments: Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let request = bench.http.post(bench.url("/api/mcp")).header("mcp-protocol-version", "2025-11-25");
    let answer = request.header("accept", "application/json, text/event-stream").json(&body).send().await;
    let answer: Value = answer.unwrap().json().await.unwrap();
    answer.get("result").cloned().unwrap_or_else(|| panic!("{answer}"))
}

/// The carrier gave Dana's number to somebody else a year later: a full attestation and a code prove that they have it,
/// and not that they are Dana.
#[tokio::test]
async fn a_number_that_rested_opens_nothing() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let store = twin.store();
    let long_ago = now - SignedDuration::from_hours(24 * 365);
    let proved = Evidence::new(EvidenceSource::OneTimeCode, long_ago, None);
    let dana = store.resolve(phone(), proved, long_ago).await.unwrap().person;
    confided(&bench, &dana).await;
    let mut silent = sim::scenario::Scenario::built_in("recruiter").unwrap();
    silent.turn.truncate(0);
    let mut config = bench.caller(&silent);
    config.from = NUMBER.to_owned();
    config.stir_verstat = Some("TN-Validation-Passed-A".to_owned());
    config.manners.grace = std::time::Duration::from_millis(300);
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!((&call["person"], &call["level"]), (&json!(dana), &json!(1)), "{call}");
    let told = bench.openai().sessions().pop().unwrap();
    let everything = format!("{} {:?}", told.instructions, told.events);
    assert!(!everything.contains("zeppelin") && !everything.contains("Whitfield"), "{everything}");

    // Nor does a code that is sent there, in a call or in writing.
    let session = opened(&bench, &dana, Channel::Phone, Assurance::Claimed).await;
    let sent = texts(&bench).len();
    acted(&bench, &session, "send_code", json!({})).await;
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(texts(&bench).len(), sent, "no code goes there in her name");
    let (_, mut chatting) = twin.begin_chat(None, Timestamp::now()).await.unwrap();
    let entered = twin.enter(&mut chatting, Timestamp::now()).await.unwrap();
    acted(&bench, &entered.session, "send_code", json!({ "to": NUMBER })).await;
    bench.stack.jobs_done().await.unwrap();
    let code = digits(&texts(&bench).pop().unwrap().1);
    let own = acted(&bench, &entered.session, "confirm_code", json!({ "code": code })).await;
    assert!(!own.to_string().contains("Whitfield"), "{own}");
    let recalled = acted(&bench, &entered.session, "recall", json!({ "about": "zeppelin" })).await;
    assert!(!recalled.to_string().contains(CANARY), "{recalled}");
    assert!(!store.partitions(&dana).await.unwrap().contains(&chatting.chat.person), "they are two");

    // The owner vouches for it again.
    let vouched = Evidence::new(EvidenceSource::Owner, Timestamp::now(), None);
    assert!(store.record(&phone(), &vouched).await.unwrap().is_verified(Timestamp::now()));
    bench.stack.stop().await.unwrap();
}

/// Twilio was not reached: nothing left, and the next try sends it.
#[tokio::test]
async fn a_code_that_reached_nobody_is_texted_later() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let person = resolved(&bench, phone(), EvidenceSource::CallerId).await;
    let session = opened(&bench, &person, Channel::Phone, Assurance::Claimed).await;
    let code = Code::planned(person.clone(), session.interaction.clone(), phone(), now);
    twin.store().plan_code(&code).await.unwrap();
    let post = post(&bench);
    let nowhere = TwilioRest::new("http://127.0.0.1:1", bench.stack.account.clone()).unwrap();
    let came = twin.send_code(&person, &session.interaction, (&post, &nowhere), now).await;
    assert!(matches!(came, Err(Error::Upstream(_))), "{came:?}");
    let through = (&post, &bench.stack.telephony);
    twin.send_code(&person, &session.interaction, through, now).await.unwrap();
    assert_eq!(texts(&bench).len(), 1);
    bench.stack.stop().await.unwrap();
}

/// Addresses that others only said were theirs: each that is proved stands in the contact, the second as the first.
#[tokio::test]
async fn whatever_is_proved_stands_in_the_contact() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let both = [DANA, "dana@private.example"];
    for address in both {
        resolved(&bench, email(address), EvidenceSource::SpokenAndConfirmed).await;
    }
    let (_, mut chatting) = twin.begin_chat(None, now).await.unwrap();
    let session = twin.enter(&mut chatting, now).await.unwrap().session;
    for address in both {
        acted(&bench, &session, "send_code", json!({ "to": address })).await;
        bench.stack.jobs_done().await.unwrap();
        let code = digits(&mails(&bench, address).pop().unwrap());
        let told = acted(&bench, &session, "confirm_code", json!({ "code": code })).await;
        assert_eq!(told["confirmed"], true, "{told}");
        let contact = twin.store().contact(&session.person).await.unwrap().unwrap();
        assert_eq!(contact.contact_methods.email, Some(Email::parse(address).unwrap()));
    }
    bench.stack.stop().await.unwrap();
}

/// Of many proofs at once none is lost, and what the owner types of an address that was only said ties it.
#[tokio::test]
async fn all_grounds_are_kept() {
    let bench = Bench::start().await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let said = EvidenceSource::SpokenAndConfirmed;
    let dana = resolved(&bench, email(DANA), said).await;
    assert!(!store.identity(&email(DANA)).await.unwrap().unwrap().is_tied());
    let contact = store.contact(&dana).await.unwrap().unwrap();
    let typed = vec![twin::contact::Detail::Email(Some(Email::parse(DANA).unwrap()))];
    bench.stack.twin.edit_contact(&dana, contact.version, typed, now).await.unwrap();
    assert!(store.identity(&email(DANA)).await.unwrap().unwrap().is_tied(), "the owner vouches for it");
    let sources = [EvidenceSource::OneTimeCode, EvidenceSource::HandoffLink, EvidenceSource::SignIn];
    let recorded = sources.map(|source| {
        let evidence = Evidence::new(source, now, None);
        async move { store.record(&email(DANA), &evidence).await.unwrap() }
    });
    join_all(recorded).await;
    let kept = store.identity(&email(DANA)).await.unwrap().unwrap();
    let mut kept: Vec<String> = kept.evidence.iter().map(|one| format!("{:?}", one.source)).collect();
    kept.sort();
    assert_eq!(kept, ["HandoffLink", "OneTimeCode", "Owner", "SignIn", "SpokenAndConfirmed"]);
    bench.stack.stop().await.unwrap();
}

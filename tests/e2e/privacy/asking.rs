//! What a person may ask for, and what they agreed to.

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{
    consent::Matter,
    id::PersonId,
    identity::Assurance,
    interaction::{Channel, Outcome, Speaker},
    twin::{Session, Written, begin_handed_over},
};

use super::{EMAIL, acted, details, opened, person, traces, turn};

/// A call in which an address was confirmed, up to its end.
async fn called(bench: &Bench, person: &PersonId) -> Session {
    let session = opened(bench, person, Channel::Phone, Assurance::Verified).await;
    let said = [(1, Speaker::Twin, "This is an AI assistant."), (2, Speaker::Person, "Yes, that is right.")];
    for (sequence, speaker, text) in said {
        bench.stack.twin.heard(&session, &turn(sequence, speaker, text)).await.unwrap();
    }
    acted(bench, &session, "save_contact", details(true)).await;
    let meeting = json!({ "topic": "A role", "preferred_times": ["Monday"] });
    acted(bench, &session, "propose_meeting", meeting).await;
    session
}

async fn over(bench: &Bench, session: &Session) {
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    twin.close(&session.person, &session.interaction, Outcome::Completed, now).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
}

/// A browser in which somebody opened a link that their conversation gave them, by its cookie.
async fn browser(bench: &Bench, session: &Session) -> String {
    let now = Timestamp::now();
    let link = bench.stack.twin.hand_over(session, Channel::Chat, now).await.unwrap();
    let store = bench.stack.twin.store();
    let (secret, _) = begin_handed_over(store, link.reveal(), None, now).await.unwrap();
    format!("omnitwin_chat={}", secret.reveal())
}

#[tokio::test]
async fn what_was_said_and_agreed_to_is_kept_with_its_words() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    over(&bench, &called(&bench, &dana).await).await;
    let kept = bench.owner(&format!("/api/people/{dana}/consents")).await;
    let of = |matter: &str| {
        let all = kept["consents"].as_array().unwrap().iter();
        all.filter(|one| one["matter"] == matter).collect::<Vec<_>>()
    };
    let told = of("ai_disclosure");
    assert_eq!((told.len(), &told[0]["quote"]), (1, &json!("This is an AI assistant.")));
    let mails = of("mails");
    assert_eq!((mails.len(), &mails[0]["quote"]), (1, &json!("Yes, that is right.")));
    assert_eq!((&mails[0]["given"], &mails[0]["channel"]), (&json!(true), &json!("phone")));
    assert_eq!((&mails[0]["by"], &mails[0]["policy"]), (&json!("person"), &json!(1)));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_wants_no_mail_gets_none() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let session = called(&bench, &dana).await;
    let stopped = acted(&bench, &session, "stop_contact", json!({})).await;
    assert_eq!(stopped["noted"], true);
    over(&bench, &session).await;
    let sent = bench.stack.aws().ses.sent();
    assert!(sent.iter().all(|mail| mail.recipients != [EMAIL]), "no mail to whoever wants none");
    assert_eq!(sent.len(), 1, "the owner is told");
    bench.stack.stop().await.unwrap();
}

/// It was planned and approved before they withdrew: it does not leave.
#[tokio::test]
async fn a_mail_that_waits_does_not_leave_once_they_withdraw() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    bench.stack.aws().ses.fault(&omnitwin::aws::ses::Fault::Throttle, 1);
    let session = called(&bench, &dana).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    twin.close(&dana, &session.interaction, Outcome::Completed, now).await.unwrap();
    // Before the job comes again.
    let path = format!("/api/people/{dana}/consents");
    let withdrawn = json!({ "matter": "mails", "given": false, "quote": "Please stop." });
    let noted = bench.as_owner(Method::POST, &path).json(&withdrawn).send().await.unwrap();
    assert_eq!(noted.status(), StatusCode::OK);
    bench.stack.jobs_done().await.unwrap();
    let follow_ups = twin.store().follow_ups(&dana).await.unwrap();
    assert!(follow_ups.iter().all(|one| one.state == twin::follow_up::State::Cancelled), "{follow_ups:?}");
    assert!(bench.stack.aws().ses.sent().is_empty());
    let consents = twin.store().consents(&dana).await.unwrap();
    assert!(twin::consent::is_withdrawn(&consents, Matter::Mails));
    for wrong in [json!({ "matter": "post", "given": true }), json!({ "matter": "mails" })] {
        let answer = bench.as_owner(Method::POST, &path).json(&wrong).send().await.unwrap();
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn the_owner_exports_everything() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let session = called(&bench, &dana).await;
    browser(&bench, &session).await;
    over(&bench, &session).await;
    let all = bench.owner(&format!("/api/people/{dana}/export")).await;
    assert_eq!((&all["contact"]["name"], &all["contact"]["id"]), (&json!("Dana Whitfield"), &json!(dana)));
    assert_eq!(all["context"]["userId"], json!(dana));
    let identity = &all["identities"][0];
    assert_eq!(
        (&identity["key"]["value"], identity["evidence"].is_array()),
        (&json!(EMAIL), true),
        "{identity}"
    );
    let held = &all["interactions"][0];
    let count = |list: &str| held[list].as_array().unwrap().len();
    assert_eq!((count("turns"), count("actions")), (2, 2), "{held}");
    assert!(held["analysis"]["summary"].is_string());
    for list in ["followUps", "consents", "handoffs", "chats", "audit"] {
        assert!(!all[list].as_array().unwrap().is_empty(), "{list}");
    }
    let text = all.to_string();
    assert!(!text.to_lowercase().contains("hash") && !text.contains("\"pk\""), "{text}");
    let unknown = bench.as_owner(Method::GET, "/api/people/per_1/export").send().await.unwrap();
    is_problem(unknown, StatusCode::NOT_FOUND, "not_found").await;
    let stranger = bench.http.get(bench.url(&format!("/api/people/{dana}/export"))).send().await.unwrap();
    is_problem(stranger, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_person_has_their_own_data_once_it_is_sure_who_they_are() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let robin = person(&bench, "robin@muster.example").await;
    over(&bench, &called(&bench, &robin).await).await;
    let session = called(&bench, &dana).await;
    let cookie = browser(&bench, &session).await;
    let get = async |cookie: &str| {
        bench.http.get(bench.url("/api/chat/my-data")).header("Cookie", cookie).send().await.unwrap()
    };
    let answer = get(&cookie).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let mine: Value = answer.json().await.unwrap();
    assert_eq!((&mine["person"], mine.get("others")), (&json!(dana), None));
    assert!(!mine.to_string().contains(robin.as_str()) && !mine.to_string().contains("robin@"));

    for level in [Assurance::Anonymous, Assurance::Claimed] {
        let weak = Session { level, ..session.clone() };
        let cookie = browser(&bench, &weak).await;
        is_problem(get(&cookie).await, StatusCode::FORBIDDEN, "forbidden").await;
    }
    is_problem(get("omnitwin_chat=guessed").await, StatusCode::NOT_FOUND, "not_found").await;
    bench.stack.stop().await.unwrap();
}

/// Whoever speaks is mailed a link to their data, once it is sure who they are, whatever has to wait for the owner's word.
#[tokio::test]
async fn whoever_speaks_is_mailed_a_link_to_their_data() {
    let bench = Bench::start().await;
    for (number, channel) in [(1, Channel::Phone), (2, Channel::Voice)] {
        let dana = person(&bench, EMAIL).await;
        let session = opened(&bench, &dana, channel, Assurance::Verified).await;
        let unknown = Session { person: person(&bench, "robin@muster.example").await, ..session.clone() };
        let asked = opened(&bench, &unknown.person, channel, Assurance::Verified).await;
        let missing = acted(&bench, &asked, "export_my_data", json!({})).await;
        assert_eq!((&missing["missing"], &missing["step_up"]), (&json!("email"), &json!("send_code")));
        acted(&bench, &session, "save_contact", details(true)).await;
        assert_eq!(acted(&bench, &session, "export_my_data", json!({})).await["planned"], true);
        over(&bench, &session).await;
        let sent = bench.stack.aws().ses.sent();
        let theirs: Vec<_> = sent.iter().filter(|mail| mail.recipients == [EMAIL]).collect();
        assert_eq!(theirs.len(), number, "it waits for nobody");
        let text = mail_text(&theirs[number - 1].raw);
        assert!(text.contains("/api/chat/my-data"), "{text}");
        let link = text
            .split_whitespace()
            .find_map(|word| word.split_once("/chat?session=").map(|(_, secret)| secret));
        let store = bench.stack.twin.store();
        let (secret, _) = begin_handed_over(store, link.unwrap(), None, Timestamp::now()).await.unwrap();
        let cookie = format!("omnitwin_chat={}", secret.reveal());
        let mine =
            bench.http.get(bench.url("/api/chat/my-data")).header("Cookie", cookie).send().await.unwrap();
        assert_eq!(mine.status(), StatusCode::OK);
        assert_eq!(mine.json::<Value>().await.unwrap()["person"], json!(dana));
    }
    bench.stack.stop().await.unwrap();
}

/// Asked, a yes that was heard, and then, once the conversation is over, nothing is left. Without the question nothing is done.
#[tokio::test]
async fn whoever_says_yes_is_erased_once_they_have_hung_up() {
    let bench = Bench::start().await;
    for channel in [Channel::Phone, Channel::Voice] {
        for (answer, is_erased) in
            [("Yes, please do.", true), ("No, wait.", false), ("Hm?", false), ("Okay, thanks, bye.", false)]
        {
            let dana = person(&bench, EMAIL).await;
            let session = opened(&bench, &dana, channel, Assurance::Verified).await;
            acted(&bench, &session, "save_contact", details(true)).await;
            let say = async |sequence, speaker, text: &str| {
                let said = turn(sequence, speaker, text);
                bench.stack.twin.heard(&session, &said).await.unwrap();
            };
            say(1, Speaker::Person, "Please erase all that you know of me.").await;
            let at_once = json!({ "confirmed": true });
            assert_eq!(acted(&bench, &session, "forget_me", at_once).await["asked"], true, "not unasked");
            say(2, Speaker::Twin, "Shall all of it be erased? It cannot be undone.").await;
            say(3, Speaker::Person, answer).await;
            let act = bench.stack.twin.act(
                &session,
                "again",
                "forget_me",
                r#"{"confirmed":true}"#,
                Timestamp::now(),
            );
            assert_eq!(act.await.unwrap().output["planned"], true);
            assert!(bench.stack.twin.store().known(&dana).await.unwrap().is_some(), "not before it is over");
            over(&bench, &session).await;
            let known = bench.stack.twin.store().known(&dana).await.unwrap();
            assert_eq!(known.is_none(), is_erased, "{channel:?} {answer}");
            if is_erased {
                assert_eq!(traces(&bench, &dana, &["dana", "northgate"]).await, [""; 0]);
                let late = opened_or_not(&bench, &session).await;
                assert!(late.is_err(), "the tombstone stands");
            } else {
                let told = bench
                    .stack
                    .aws()
                    .ses
                    .sent()
                    .iter()
                    .any(|mail| mail_text(&mail.raw).contains("no clear yes"));
                assert!(told, "{answer}");
                bench.stack.twin.erase(&dana, twin::audit::Actor::Owner, Timestamp::now()).await.unwrap();
            }
        }
    }
    bench.stack.stop().await.unwrap();
}

/// Who was alone when they were asked, and is one with somebody by the end, erases nothing of theirs.
#[tokio::test]
async fn whoever_became_one_with_somebody_is_not_erased_by_a_nameless_yes() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    for is_merged in [false, true] {
        let nameless = PersonId::generate(Timestamp::now());
        store.create_ephemeral(nameless.clone(), Timestamp::now()).await.unwrap();
        let session = opened(&bench, &nameless, Channel::Phone, Assurance::Anonymous).await;
        let said = [
            (1, Speaker::Person, "Please erase all that you know of me."),
            (2, Speaker::Twin, "Shall all of it be erased? It cannot be undone."),
            (3, Speaker::Person, "Yes."),
        ];
        for (sequence, speaker, text) in said {
            twin.heard(&session, &turn(sequence, speaker, text)).await.unwrap();
            if sequence == 1 {
                acted(&bench, &session, "forget_me", json!({ "confirmed": false })).await;
            }
        }
        let planned = acted(&bench, &session, "forget_me", json!({ "confirmed": true })).await;
        assert_eq!(planned["planned"], true, "{planned}");
        let dana = person(&bench, EMAIL).await;
        if is_merged {
            let by = (twin::merging::By::Owner, Vec::new());
            twin.merge(&dana, &nameless, by, Timestamp::now()).await.unwrap();
        }
        over(&bench, &session).await;
        assert_eq!(store.known(&nameless).await.unwrap().is_some(), is_merged);
        assert!(store.known(&dana).await.unwrap().is_some(), "somebody else's is never erased");
    }
    let sent = bench.stack.aws().ses.sent();
    assert!(sent.iter().any(|mail| mail_text(&mail.raw).contains("nothing was erased")), "the owner is told");
    bench.stack.stop().await.unwrap();
}

/// The link goes where they were reached when they asked, and to nobody who wants no mail: then the owner sees to it.
#[tokio::test]
async fn a_copy_goes_to_no_other_address() {
    const OTHER: &str = "mallory@elsewhere.example";
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let session = opened(&bench, &dana, Channel::Voice, Assurance::Verified).await;
    acted(&bench, &session, "save_contact", details(true)).await;
    assert_eq!(acted(&bench, &session, "export_my_data", json!({})).await["planned"], true);
    let other = json!({ "name": "Dana Whitfield", "email": OTHER, "confirmed": true });
    acted(&bench, &session, "save_contact", other).await;
    over(&bench, &session).await;
    let sent = bench.stack.aws().ses.sent();
    let copies = sent.iter().filter(|mail| mail_text(&mail.raw).contains("/api/chat/my-data"));
    assert_eq!(copies.map(|mail| mail.recipients.clone()).collect::<Vec<_>>(), [[EMAIL]]);

    let robin = person(&bench, "robin@muster.example").await;
    let session = opened(&bench, &robin, Channel::Voice, Assurance::Verified).await;
    let theirs = json!({ "name": "Robin", "email": "robin@muster.example", "confirmed": true });
    acted(&bench, &session, "save_contact", theirs).await;
    assert_eq!(acted(&bench, &session, "stop_contact", json!({})).await["noted"], true);
    // Who says their name takes nothing back.
    acted(&bench, &session, "save_contact", json!({ "name": "Robin", "confirmed": true })).await;
    let passed_on = acted(&bench, &session, "export_my_data", json!({})).await;
    assert_eq!((&passed_on["noted"], passed_on.get("planned")), (&json!(true), None), "{passed_on}");
    over(&bench, &session).await;
    let all = bench.stack.aws().ses.sent();
    let new = &all[sent.len()..];
    assert!(new.iter().all(|mail| mail.recipients != ["robin@muster.example"]), "none goes to them");
    assert!(new.iter().any(|mail| mail_text(&mail.raw).contains("a copy of all")), "the owner is told");
    bench.stack.stop().await.unwrap();
}

async fn opened_or_not(bench: &Bench, session: &Session) -> Result<(), twin::error::Error> {
    bench.stack.twin.heard(session, &turn(9, Speaker::Person, "Dana again")).await
}

fn mail_text(raw: &[u8]) -> String {
    let parsed = mail_parser::MessageParser::default().parse(raw).unwrap();
    parsed.body_text(0).unwrap().into_owned()
}

/// A name alone erases nobody, and a number alone has nothing: the owner is told.
#[tokio::test]
async fn a_wish_that_cannot_be_fulfilled_at_once_reaches_the_owner() {
    let bench = Bench::start().await;
    for (channel, level) in [
        (Channel::Voice, Assurance::Claimed),
        (Channel::Phone, Assurance::Claimed),
        (Channel::Chat, Assurance::Claimed),
    ] {
        let dana = person(&bench, EMAIL).await;
        let session = opened(&bench, &dana, channel, level).await;
        for (tool, arguments) in [("forget_me", json!({ "confirmed": true })), ("export_my_data", json!({}))]
        {
            let answer = acted(&bench, &session, tool, arguments).await;
            assert_eq!(
                (&answer["noted"], &answer["step_up"]),
                (&json!(true), &json!("send_code")),
                "{channel:?}"
            );
        }
        over(&bench, &session).await;
        assert!(bench.stack.twin.store().known(&dana).await.unwrap().is_some());
    }
    let mails = bench.stack.aws().ses.sent();
    assert_eq!(mails.len(), 3);
    for mail in mails {
        let text = String::from_utf8_lossy(&mail.raw).into_owned();
        assert!(text.contains("be erased") && text.contains("a copy of all"), "{text}");
    }
    bench.stack.stop().await.unwrap();
}

/// In the chat, without a model: asked, confirmed, done, and said.
#[tokio::test]
async fn somebody_writes_that_they_want_to_be_forgotten() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let mut chatting = twin.chat_of(&dana, Assurance::Verified, None, now).await.unwrap();
    let mut said = Vec::new();
    for (id, text) in
        [("msg_1", "Please give me a copy of my data."), ("msg_2", "Please forget me."), ("msg_3", "Yes.")]
    {
        let id = id.parse().unwrap();
        let now = Timestamp::now() + SignedDuration::from_secs(1);
        said.push(twin.answer(&mut chatting, &Written { id: &id, text }, now).await.unwrap().text);
    }
    assert!(said[0].contains("/api/chat/my-data"), "{said:?}");
    assert!(said[1].contains("cannot be undone"), "{said:?}");
    assert_eq!(said[2], "All that was kept of you is erased.");
    assert_eq!(traces(&bench, &dana, &["dana", "northgate"]).await, [""; 0]);
    bench.stack.stop().await.unwrap();
}

/// More than an answer of the API holds comes in parts, each of which says where the next one is.
#[tokio::test]
async fn what_is_large_comes_in_parts() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let session = called(&bench, &dana).await;
    let text = "x".repeat(20_000);
    for sequence in 10..310 {
        let said = turn(sequence, Speaker::Twin, &format!("{sequence} {text}"));
        bench.stack.twin.heard(&session, &said).await.unwrap();
    }
    over(&bench, &session).await;
    let cookie = browser(&bench, &session).await;
    let mut parts = Vec::new();
    let mut path = Some("/api/chat/my-data".to_owned());
    while let Some(next) = path {
        let answer = bench.http.get(bench.url(&next)).header("Cookie", &cookie).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let linked = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let text = answer.text().await.unwrap();
        assert!(text.len() < 6_000_000, "{}", text.len());
        let part: Value = serde_json::from_str(&text).unwrap();
        path = part["next"].as_str().map(str::to_owned);
        assert_eq!(linked, path.as_ref().map(|next| format!("<{next}>; rel=\"next\"")));
        parts.push(part);
    }
    assert_eq!(parts.len(), 2);
    let whole = twin::export::joined(parts);
    let held =
        whole["interactions"].as_array().unwrap().iter().max_by_key(|one| one["turns"].to_string().len());
    let turns = held.unwrap()["turns"].as_array().unwrap().clone();
    assert_eq!(turns.len(), 302);
    assert!(turns.iter().all(|turn| turn["text"].is_string()) && whole["contact"].is_object());
    let nowhere = bench.as_owner(Method::GET, &format!("/api/people/{dana}/export?after=nowhere"));
    is_problem(nowhere.send().await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    bench.stack.stop().await.unwrap();
}

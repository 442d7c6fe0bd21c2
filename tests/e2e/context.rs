//! `/api/omni-context`: the owner's, and nobody else's.

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Bench, CALL_SID, is_problem};
use twin::{
    contact::Detail,
    handoff::TakenUp,
    id::InteractionId,
    identity::{Assurance, Evidence, EvidenceSource, IdentityKey, Phone},
    interaction::{Channel, Outcome},
    routing::RouteKind,
    twin::Arrival,
};

#[tokio::test]
async fn only_the_owner_reads() {
    let bench = Bench::start().await;
    for path in ["", "/per_1", "/per_1/timeline", &format!("/calls/{CALL_SID}")] {
        let url = bench.url(&format!("/api/omni-context{path}"));
        for token in [None, Some("wrong"), Some("")] {
            let request = bench.http.get(&url);
            let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
        }
        let cookie = bench.http.get(&url).header("Cookie", "omnitwin_session=guessed");
        assert_eq!(cookie.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    bench.stack.stop().await.unwrap();
}

/// An id that is not there, is malformed, or is odd: one and the same answer but for the request's id.
#[tokio::test]
async fn a_foreign_id_is_one_that_does_not_exist() {
    let bench = Bench::start().await;
    let mut answers = Vec::new();
    let long = "x".repeat(3000);
    for id in ["per_unknown", "per_a%23b", "int_1", "..%2f..", "%00", &long] {
        let path = format!("/api/omni-context/{id}");
        let answer = bench.as_owner(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{id}");
        let mut problem: serde_json::Value = answer.json().await.unwrap();
        let request = problem.as_object_mut().unwrap().remove("request_id").unwrap();
        assert!(request.as_str().unwrap().starts_with("req_"));
        answers.push(problem);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn an_empty_system_has_no_people() {
    let bench = Bench::start().await;
    assert_eq!(bench.owner("/api/omni-context").await, json!({ "people": [], "total": 0 }));
    bench.stack.stop().await.unwrap();
}

/// Nobody and nothing is left out without a word: each page says how many there are, and where the next one begins.
#[tokio::test]
async fn lists_go_on() {
    let bench = Bench::start().await;
    let twin = &bench.stack.twin;
    for one in 0..5 {
        let name = Detail::Name(Some(format!("Guest {one}")));
        twin.create_contact(vec![name], Timestamp::now()).await.unwrap();
    }
    let (mut seen, mut path) = (Vec::new(), "/api/omni-context?limit=2".to_owned());
    loop {
        let page = bench.owner(&path).await;
        assert_eq!(page["total"], 5);
        seen.extend(page["people"].as_array().unwrap().iter().map(|one| one["name"].to_string()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("/api/omni-context?limit=2&cursor={next}");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5, "{seen:?}");

    let phone = Phone::parse("+14155550123").unwrap();
    let evidence = Evidence::new(EvidenceSource::CallerId, Timestamp::now(), None);
    let known = twin.store().resolve(IdentityKey::Phone(phone), evidence, Timestamp::now()).await.unwrap();
    let person = &known.person;
    for one in 0..5 {
        let at = Timestamp::now() - SignedDuration::from_mins(60 - one);
        let arrival = Arrival {
            person: person.clone(),
            interaction: InteractionId::generate(at),
            channel: Channel::Phone,
            call_sid: None,
            host: None,
            route: RouteKind::Unknown,
            level: Assurance::Claimed,
        };
        twin.open(&arrival, at).await.unwrap();
        twin.close(person, &arrival.interaction, Outcome::Completed, at).await.unwrap();
    }
    bench.stack.jobs_done().await.unwrap();
    let timeline = format!("/api/omni-context/{person}/timeline");
    let (mut seen, mut path) = (Vec::new(), format!("{timeline}?limit=2"));
    loop {
        let page = bench.owner(&path).await;
        assert_eq!(page["total"], 5);
        let page_of = page["conversations"].as_array().unwrap();
        seen.extend(page_of.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{timeline}?limit=2&after={next}");
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted() && seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:?}");

    for wrong in ["?limit=0", "?limit=201", "?cursor=x", "?after=per_1", "?all=true"] {
        let answer = bench.as_owner(Method::GET, &format!("/api/omni-context{wrong}")).send().await.unwrap();
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    for wrong in ["?limit=0", "?limit=101", "?after=per_1", "?cursor=x"] {
        let answer = bench.as_owner(Method::GET, &format!("{timeline}{wrong}")).send().await.unwrap();
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    bench.stack.stop().await.unwrap();
}

async fn act(bench: &Bench, action: Value) -> reqwest::Response {
    bench.as_owner(Method::POST, "/api/omni-context").json(&action).send().await.unwrap()
}

async fn done(bench: &Bench, action: Value) -> Value {
    let answer = act(bench, action.clone()).await;
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{action}: {body}");
    body
}

/// That a host names a number proves it to nobody, and ends no rest of it.
#[tokio::test]
async fn a_report_vouches_for_no_number() {
    let bench = Bench::start().await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let key = |number: &str| IdentityKey::Phone(Phone::parse(number).unwrap());
    let unify = |number: &str| {
        json!({
            "action": "unifyConversationContext", "channelType": "chat", "userIdentifier": number,
            "sessionData": { "mcpSessionId": "session-7", "messageCount": 3, "topicsDiscussed": ["rates"] },
        })
    };
    let (rested, new) = ("+14155550123", "+14155550124");
    let long_ago = now - SignedDuration::from_hours(400 * 24);
    for (source, at) in [(EvidenceSource::OneTimeCode, long_ago), (EvidenceSource::CallerId, now)] {
        store.resolve(key(rested), Evidence::new(source, at, None), now).await.unwrap();
    }
    let before = store.identity(&key(rested)).await.unwrap().unwrap();
    assert!(before.resumed_at.is_some() && !before.is_verified(now), "{before:?}");
    assert_eq!(done(&bench, unify(rested)).await["userId"], before.person.as_str());
    assert_eq!(store.identity(&key(rested)).await.unwrap(), Some(before));
    done(&bench, unify(new)).await;
    let made = store.identity(&key(new)).await.unwrap().unwrap();
    assert!(!made.is_verified(Timestamp::now()), "{made:?}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn the_four_actions_of_the_mission() {
    let bench = Bench::start().await;
    let unify = json!({
        "action": "unifyConversationContext", "channelType": "chat", "userIdentifier": "Dana@Northgate.example",
        "sessionData": { "mcpSessionId": "session-7", "messageCount": 3, "topicsDiscussed": ["rates"] },
    });
    let context = done(&bench, unify.clone()).await;
    assert_eq!(context["channels"]["chat"]["messageCount"], 3);
    assert_eq!(context["metadata"]["preferredChannel"], "chat");
    assert_eq!(done(&bench, unify).await, context, "the same again changes nothing");
    let person = context["userId"].as_str().unwrap();

    let began = Timestamp::now() - SignedDuration::from_mins(5);
    let track = |version: u64| {
        json!({
            "action": "trackInteraction", "context": { "userId": person, "version": version },
            "interaction": {
                "channel": "phone", "startedAt": began, "endedAt": began + SignedDuration::from_mins(2),
                "turns": [
                    { "speaker": "person", "text": "I'm a recruiter at Northgate Search." },
                    { "speaker": "twin", "text": "I will tell Alex." },
                ],
            },
        })
    };
    let stale = act(&bench, track(7)).await;
    is_problem(stale, StatusCode::CONFLICT, "conflict").await;
    let version = context["version"].as_u64().unwrap();
    let tracked = done(&bench, track(version)).await;
    assert_eq!(done(&bench, track(version)).await, tracked, "the same again is taken once");
    bench.stack.jobs_done().await.unwrap();
    let page = bench.owner(&format!("/api/omni-context/{person}")).await;
    let (context, phone) = (&page["context"], &page["context"]["channels"]["phone"]);
    assert_eq!((&context["metadata"]["totalInteractions"], &phone["callDuration"]), (&json!(1), &json!(120)));
    assert_eq!(phone["callType"], "recruiter", "{page}");
    assert_eq!(context["channels"]["chat"]["messageCount"], 3, "one channel takes nothing from another");

    let user = json!({ "userId": person, "level": 2 });
    let asked = json!({ "action": "getPersonaForChannel", "channel": "voice", "userContext": user });
    let persona = done(&bench, asked).await;
    assert_eq!((&persona["core"]["name"], &persona["channel"]), (&json!("Alex Sample"), &json!("voice")));
    assert!(persona["instructions"].as_str().unwrap().contains("Northgate Search"), "{persona}");
    let asked =
        json!({ "action": "getPersonaForChannel", "channel": "voice", "userContext": { "userId": person } });
    assert!(!done(&bench, asked).await["instructions"].as_str().unwrap().contains("Northgate"));

    let hand = json!({
        "action": "getChannelHandoff", "fromChannel": "phone", "toChannel": "chat", "context": context,
    });
    let handed = done(&bench, hand).await;
    assert_eq!(handed["conversationContext"]["turns"].as_array().unwrap().len(), 2);
    assert_eq!(handed["conversationContext"]["brief"]["conversations"], 1);
    let link = handed["personalizedLink"].as_str().unwrap();
    let secret = link.strip_prefix("/chat?session=").unwrap();
    let now = Timestamp::now();
    let by = TakenUp { person: person.parse().unwrap(), interaction: "int_1".parse().unwrap() };
    let store = bench.stack.twin.store();
    let redeemed = store.redeem_handoff(secret, ("a test", &by), now).await.unwrap();
    assert_eq!((redeemed.person.as_str(), u8::from(redeemed.level)), (person, 1));
    assert!(store.redeem_handoff(secret, ("another", &by), now).await.is_err(), "it works once");

    let hand = |to: &str| json!({ "action": "getChannelHandoff", "fromChannel": "phone", "toChannel": to, "context": context });
    let spoken = done(&bench, hand("voice")).await;
    let link = spoken["personalizedLink"].as_str().unwrap();
    assert!(link.starts_with("/voice?session=") && spoken["code"].is_null(), "{spoken}");
    let page = bench.http.get(bench.url(link)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Open the conversation") && page.contains("by voice"), "{page}");
    let secret = link.rsplit('=').next().unwrap();
    let http = twin::clients::http().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut opened = Vec::new();
    for _ in 0..2 {
        let form = http.post(bench.url("/voice")).header("Origin", &bench.stack.urls.base);
        let answer = form.form(&[("session", secret)]).send().await.unwrap();
        opened.push((answer.status().as_u16(), answer.headers().get("location").cloned()));
    }
    assert_eq!((opened[0].0, opened[1].0), (303, 404), "a GET uses nothing up, a POST does");
    assert_eq!(opened[0].1.as_ref().unwrap(), "/voice");

    let called = done(&bench, hand("phone")).await;
    assert_eq!(called["personalizedLink"], format!("tel:{}", bench.stack.account.phone_number.as_str()));
    let code = called["code"].as_str().unwrap();
    let (_, chatting) =
        twin::twin::begin_handed_over(bench.stack.twin.store(), code, None, now).await.unwrap();
    assert_eq!((chatting.chat.person.as_str(), chatting.chat.continues.is_some()), (person, true));
    assert!(done(&bench, hand("phone")).await["code"] != called["code"]);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_no_action_is_refused() {
    let bench = Bench::start().await;
    let unify = |channel: &str, data: Value, user: &str| json!({ "action": "unifyConversationContext", "channelType": channel, "sessionData": data, "userIdentifier": user });
    let track = |turn: Value| {
        let at = Timestamp::now();
        json!({
            "action": "trackInteraction", "context": { "userId": "per_1" },
            "interaction": { "channel": "chat", "startedAt": at, "endedAt": at, "turns": [turn] },
        })
    };
    let invalid = [
        json!({ "action": "dropEverything" }),
        json!({ "action": "getPersonaForChannel", "channel": "fax" }),
        json!({ "action": "getPersonaForChannel", "channel": "chat", "userContext": { "level": 9 } }),
        unify("chat", json!({ "callSid": "CA1" }), "dana@northgate.example"),
        unify("chat", json!({}), "+1415TOPMUSI"),
        unify("chat", json!({}), "a@b@c"),
        unify("chat", json!({}), "somebody"),
        track(json!({ "speaker": "person", "text": "" })),
        track(json!({ "speaker": "owner", "text": "x" })),
    ];
    for action in invalid {
        is_problem(act(&bench, action).await, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    let unknown = [
        unify("chat", json!({}), "per_unknown"),
        track(json!({ "speaker": "person", "text": "x" })),
        json!({ "action": "getChannelHandoff", "fromChannel": "chat", "toChannel": "chat", "context": { "userId": "per_a#b" } }),
    ];
    for action in unknown {
        is_problem(act(&bench, action).await, StatusCode::NOT_FOUND, "not_found").await;
    }
    let stranger =
        bench.http.post(bench.url("/api/omni-context")).json(&json!({ "action": "dropEverything" }));
    is_problem(stranger.send().await.unwrap(), StatusCode::UNAUTHORIZED, "unauthenticated").await;
    assert_eq!(bench.footprint().await.0, 0, "nobody was made known");
    bench.stack.stop().await.unwrap();
}

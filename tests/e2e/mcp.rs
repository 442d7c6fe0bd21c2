//! MCP over HTTP, as hosts of both eras speak it.

use jiff::Timestamp;
use omnitwin::stack::Options;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tests::{Bench, options};
use twin::{audit::Actor, config::PublicUrls, store::Stands};

const VISITOR: &str = "/api/mcp";
const OWNER: &str = "/api/mcp/owner";
const NEW: &str = "2026-07-28";

/// A request of 2025-11-25, without a session.
async fn legacy(bench: &Bench, path: &str, method: &str, params: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let mut request = bench.http.post(bench.url(path));
    if method != "initialize" {
        request = request.header("mcp-protocol-version", "2025-11-25");
    }
    if path == OWNER {
        request = request.bearer_auth(&bench.stack.secrets.owner_token);
    }
    let answer = request
        .header(header::ACCEPT, "application/json, text/event-stream")
        .json(&body)
        .send()
        .await
        .unwrap();
    answer.json().await.unwrap()
}

async fn call(bench: &Bench, path: &str, tool: &str, arguments: Value) -> Value {
    let answer = legacy(bench, path, "tools/call", json!({ "name": tool, "arguments": arguments })).await;
    answer.get("result").cloned().unwrap_or_else(|| panic!("{answer}"))
}

/// What a tool gave; it did not fail.
async fn gave(bench: &Bench, path: &str, tool: &str, arguments: Value) -> Value {
    let result = call(bench, path, tool, arguments).await;
    assert_ne!(result["isError"], true, "{tool}: {result}");
    result["structuredContent"].clone()
}

/// What a tool refused to do, and why: text, because hosts hold structure against the tool's schema.
fn refusal(result: &Value) -> Value {
    assert_eq!((&result["isError"], result.get("structuredContent")), (&json!(true), None), "{result}");
    serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
}

/// A request of 2026-07-28.
fn modern(bench: &Bench, method: &str, name: &str, mut params: Value) -> reqwest::RequestBuilder {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": NEW,
        "io.modelcontextprotocol/clientInfo": { "name": "a host", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } },
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    bench
        .http
        .post(bench.url(VISITOR))
        .header("mcp-protocol-version", NEW)
        .header("mcp-method", method)
        .header("mcp-name", name)
        .header(header::ACCEPT, "application/json, text/event-stream")
        .json(&body)
}

async fn modern_call(bench: &Bench, tool: &str, extra: Value) -> Value {
    let mut params = json!({ "name": tool });
    for (key, value) in extra.as_object().unwrap() {
        params[key] = value.clone();
    }
    modern(bench, "tools/call", tool, params).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn tools_say_what_they_take_and_give() {
    let bench = Bench::start().await;
    for (path, expected) in [(VISITOR, 17), (OWNER, 12)] {
        let listed = legacy(&bench, path, "tools/list", json!({})).await;
        let tools = listed["result"]["tools"].as_array().unwrap().clone();
        assert_eq!(tools.len(), expected, "{path}");
        for tool in &tools {
            let name = tool["name"].as_str().unwrap();
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert!(tool["title"].is_string() && tool["description"].is_string(), "{name}");
            for schema in ["inputSchema", "outputSchema"] {
                assert_eq!(tool[schema]["type"], "object", "{name}");
                assert!(
                    !tool[schema].to_string().contains("\"null\""),
                    "{name}: strict hosts warn: {}",
                    tool[schema]
                );
            }
            assert!(tool["annotations"]["readOnlyHint"].is_boolean(), "{name}");
            assert!(tool["annotations"]["destructiveHint"].is_boolean(), "{name}");
            assert!(
                tool["inputSchema"]["properties"].get("person").is_none(),
                "{name}: the person is who asks"
            );
        }
    }
}

#[tokio::test]
async fn a_conversation_keeps_its_thread_and_reaches_the_owner() {
    let bench = Bench::start().await;
    let first = gave(&bench, VISITOR, "ask", json!({ "question": "What has Alex done with Rust?" })).await;
    assert_eq!(first["known"], true, "{first}");
    assert!(!first["citations"].as_array().unwrap().is_empty());
    let handle = first["conversation"].as_str().unwrap();
    let arguments = json!({
        "message": "The contract canary-9 is ready.", "name": "Dana Reed", "email": "dana.reed@example.com",
        "conversation": handle, "idempotency_key": "k1",
    });
    for _ in 0..2 {
        assert_eq!(gave(&bench, VISITOR, "leave_message", arguments.clone()).await["noted"], true);
    }
    let times = json!({
        "topic": "A staff role", "preferred_times": ["Tuesday 3 pm CET"], "name": "Dana Reed",
        "email": "dana.reed@example.com", "conversation": handle,
    });
    gave(&bench, VISITOR, "book_meeting", times).await;
    bench.close_chats().await;

    let found = gave(&bench, OWNER, "find_contacts", json!({ "query": "reed" })).await;
    let contact = found["contacts"][0]["id"].as_str().unwrap();
    let timeline = gave(&bench, OWNER, "get_contact", json!({ "id": contact })).await;
    assert_eq!((&timeline["name"], &timeline["left_out"]), (&json!("Dana Reed"), &json!(0)));
    assert_eq!(timeline["context"]["channels"]["chat"]["messageCount"], 1, "{timeline}");
    assert!(timeline["context"]["channels"]["chat"]["mcpSessionId"].is_string());
    let none = gave(&bench, OWNER, "get_contact", json!({ "id": contact, "channel": "phone" })).await;
    assert_eq!(none["conversations"], json!([]));
    let owners = bench.owner(&format!("/api/omni-context/{contact}/timeline")).await;
    let actions = owners["conversations"][0]["actions"].to_string();
    assert_eq!(actions.matches("canary-9").count(), 1, "once by its key: {actions}");

    let waiting = gave(&bench, OWNER, "list_follow_ups", json!({})).await;
    let mail = &waiting["follow_ups"][0];
    assert_eq!(mail["content"]["to"], "dana.reed@example.com", "{waiting}");
    let decide = |fingerprint: &str, confirm: bool| {
        let mut arguments = json!({
            "id": mail["id"], "contact": contact, "fingerprint": fingerprint, "decision": "approve",
            "note": "Looking forward to it.",
        });
        if confirm {
            arguments["confirm"] = json!(true);
        }
        arguments
    };
    let shown = mail["fingerprint"].as_str().unwrap();
    let unasked = call(&bench, OWNER, "decide_follow_up", decide(shown, false)).await;
    assert_eq!(refusal(&unasked)["missing"], json!(["confirm"]), "{unasked}");
    let stale = call(&bench, OWNER, "decide_follow_up", decide("other", true)).await;
    assert_eq!(refusal(&stale)["error"], "conflict");
    let mut again = decide(shown, true);
    again["idempotency_key"] = json!("k1");
    gave(&bench, OWNER, "decide_follow_up", again.clone()).await;
    bench.stack.jobs_done().await.unwrap();
    let sent = bench.owner(&format!("/api/omni-context/{contact}/timeline")).await;
    let mail =
        sent["followUps"].as_array().unwrap().iter().find(|one| one["content"]["kind"] == "summary_email");
    assert_eq!(mail.unwrap()["state"], "sent", "{sent}");
    let late = call(&bench, OWNER, "decide_follow_up", decide(shown, true)).await;
    assert_eq!(late["isError"], true, "it does not wait any more");
    let lost = gave(&bench, OWNER, "decide_follow_up", again.clone()).await;
    assert_eq!(lost["follow_up"]["state"], "sent", "the answer was lost: {lost}");
    again["note"] = json!("Another word.");
    let other = call(&bench, OWNER, "decide_follow_up", again.clone()).await;
    assert_eq!(refusal(&other)["error"], "idempotency_key_used");
    again["idempotency_key"] = json!("k2");
    for _ in 0..2 {
        let other = call(&bench, OWNER, "decide_follow_up", again.clone()).await;
        assert_eq!(other["isError"], true, "not in these words");
    }
}

/// The same key is the same call, with or without its answer; another call needs another key.
#[tokio::test]
async fn a_key_stands_for_one_call() {
    let bench = Bench::start().await;
    let key = "5f0b7c9e-3f0e-4a9e-9a51-2b8f1c6f7a10";
    let asked = json!({ "question": "What has Alex done with Rust?", "idempotency_key": key });
    let first = gave(&bench, VISITOR, "ask", asked.clone()).await;
    assert_eq!(gave(&bench, VISITOR, "ask", asked.clone()).await, first, "the answer was lost");
    let handle = &first["conversation"];
    let other = |conversation: Option<&Value>| {
        let mut asked = json!({ "question": "Is Alex available?", "idempotency_key": key });
        if let Some(handle) = conversation {
            asked["conversation"] = handle.clone();
        }
        asked
    };
    for conversation in [None, Some(handle)] {
        let refused = call(&bench, VISITOR, "ask", other(conversation)).await;
        assert_eq!(refusal(&refused)["error"], "idempotency_key_used", "{refused}");
    }
    // Of another tool it is another key, and in a conversation a short one will do.
    let message = json!({ "message": "Hello", "idempotency_key": key, "conversation": handle });
    gave(&bench, VISITOR, "leave_message", message).await;
    for (text, good) in [("One", true), ("Two", false), ("One", true)] {
        let message = json!({ "message": text, "idempotency_key": "k1", "conversation": handle });
        let answer = call(&bench, VISITOR, "leave_message", message).await;
        assert_eq!(answer["isError"] != true, good, "{answer}");
    }
    // What others come upon, too, leads to no conversation.
    let short = call(&bench, VISITOR, "ask", json!({ "question": "Hello?", "idempotency_key": "1" })).await;
    assert_eq!(refusal(&short)["error"], "invalid_arguments", "{short}");
    bench.close_chats().await;
    let people = bench.owner("/api/omni-context").await;
    let [person] = people["people"].as_array().unwrap().as_slice() else { panic!("{people}") };
    let person = person["id"].as_str().unwrap();
    let timeline = bench.owner(&format!("/api/omni-context/{person}/timeline")).await;
    let conversations = timeline["conversations"].as_array().unwrap();
    assert_eq!(conversations[0]["turns"].as_array().unwrap().len(), 2, "asked once: {timeline}");
    bench.stack.twin.erase(&person.parse().unwrap(), Actor::Owner, Timestamp::now()).await.unwrap();
    gave(&bench, VISITOR, "ask", asked).await;
    bench.close_chats().await;
    let people = bench.owner("/api/omni-context").await;
    let [new] = people["people"].as_array().unwrap().as_slice() else { panic!("{people}") };
    assert_ne!(new["id"], person, "nobody comes back by it");
}

#[tokio::test]
async fn a_conversation_has_its_pace() {
    let bench = Bench::start().await;
    let first = gave(&bench, VISITOR, "leave_message", json!({ "message": "0" })).await;
    let mut refused = None;
    // More than two minutes allow together: the window may end in between.
    for number in 1..=40 {
        let message = json!({ "message": number.to_string(), "conversation": first["conversation"] });
        let answer = call(&bench, VISITOR, "leave_message", message).await;
        if answer["isError"] == true {
            refused = Some(refusal(&answer));
            break;
        }
    }
    let refused = refused.expect("one was too many");
    assert_eq!(refused["error"], "rate_limited");
    assert!((1..=60).contains(&refused["retry_after"].as_u64().unwrap()), "{refused}");
}

#[tokio::test]
async fn the_owner_changes_the_persona_as_it_was_read() {
    let bench = Bench::start().await;
    let shown = gave(&bench, OWNER, "get_persona", json!({})).await;
    let version = shown["version"].as_u64().unwrap();
    let change = |version: u64, changes: Value, confirm: bool| {
        let mut arguments = json!({ "version": version, "changes": changes });
        if confirm {
            arguments["confirm"] = json!(true);
        }
        call(&bench, OWNER, "update_persona", arguments)
    };
    let title = json!({ "core": { "title": "Engineer of canary-5" } });
    let unasked = change(version, title.clone(), false).await;
    let unasked = refusal(&unasked);
    assert_eq!(unasked["missing"], json!(["confirm"]));
    assert!(unasked["message"].as_str().unwrap().contains("core.title"), "{unasked}");
    for (changes, word) in [
        (json!({ "core": { "name": "" } }), "name"),
        (json!({ "core": { "name": null } }), "name"),
        (json!({ "core": { "colour": "red" } }), "colour"),
        (json!({ "communication": { "tone": "rude" } }), "rude"),
        (json!({ "core": { "title": "two\nlines" } }), "one line"),
        (json!({}), "already"),
    ] {
        let wrong = change(version, changes.clone(), true).await;
        let wrong = refusal(&wrong);
        assert_eq!(wrong["error"], "invalid_arguments", "{changes}");
        assert!(wrong["detail"].as_str().unwrap().contains(word), "{changes}: {wrong}");
    }
    let mut lost = json!({ "version": version, "changes": title, "confirm": true, "idempotency_key": "k1" });
    let saved = call(&bench, OWNER, "update_persona", lost.clone()).await;
    assert_eq!(saved["structuredContent"]["version"], version + 1, "{saved}");
    let changed = &saved["structuredContent"]["changed"];
    assert_eq!(changed.as_array().unwrap().len(), 1);
    assert_eq!(changed[0]["before"], shown["persona"]["core"]["title"]);
    let stale = change(version, json!({ "core": { "title": "Other" } }), true).await;
    let stale = refusal(&stale);
    assert_eq!((&stale["error"], &stale["version"]), (&json!("conflict"), &json!(version + 1)));
    let profile = gave(&bench, VISITOR, "get_profile", json!({})).await;
    assert_eq!(profile["title"], "Engineer of canary-5");
    // The answer was lost: under a key the same change finds itself done, and another one does not.
    let again = gave(&bench, OWNER, "update_persona", lost.clone()).await;
    assert_eq!((&again["version"], &again["changed"]), (&json!(version + 1), &json!([])));
    lost["changes"] = json!({ "core": { "title": "Other" } });
    let other = call(&bench, OWNER, "update_persona", lost.clone()).await;
    assert_eq!(refusal(&other)["error"], "idempotency_key_used");
    lost["idempotency_key"] = json!("k2");
    assert_eq!(refusal(&call(&bench, OWNER, "update_persona", lost).await)["error"], "conflict");
    let history = bench.owner("/api/persona/history").await;
    assert_eq!(history["versions"].as_array().unwrap().len() as u64, version + 1);
    // What several say at once becomes one version, and the others are told.
    let both = tokio::join!(
        change(version + 1, json!({ "core": { "title": "One" } }), true),
        change(version + 1, json!({ "core": { "title": "Two" } }), true),
    );
    let good = [&both.0, &both.1].iter().filter(|answer| answer["isError"] != true).count();
    assert_eq!(good, 1, "{both:?}");
}

#[tokio::test]
async fn material_is_searched_and_read() {
    let bench = Bench::start().await;
    let found = gave(&bench, VISITOR, "search", json!({ "query": "payments ledger" })).await;
    let first = &found["results"][0];
    let read = gave(&bench, VISITOR, "fetch", json!({ "id": first["id"] })).await;
    assert!(read["text"].as_str().unwrap().contains(first["text"].as_str().unwrap()), "{read}");
    assert!(read["url"].is_string() && read["title"].is_string());
    let profile = gave(&bench, VISITOR, "get_profile", json!({})).await;
    assert_eq!(
        (&profile["sample"], profile["disclosure"].as_str().unwrap().contains("AI")),
        (&json!(true), true)
    );
    assert!(
        !gave(&bench, VISITOR, "get_availability", json!({})).await["statements"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let projects = gave(&bench, VISITOR, "list_projects", json!({})).await;
    assert_eq!(projects["total"], projects["projects"].as_array().unwrap().len());
    let astray = call(&bench, VISITOR, "list_projects", json!({ "cursor": "bm8" })).await;
    assert_eq!(refusal(&astray)["error"], "invalid_arguments");

    let listed = legacy(&bench, VISITOR, "resources/list", json!({})).await;
    for resource in listed["result"]["resources"].as_array().unwrap() {
        let uri = &resource["uri"];
        let read = legacy(&bench, VISITOR, "resources/read", json!({ "uri": uri })).await;
        assert_eq!(&read["result"]["contents"][0]["uri"], uri, "{read}");
    }
    for uri in [
        "twin://nothing",
        "twin://documents/../x",
        "twin://contacts/per_1/timeline",
        "ui://omnitwin/timeline",
    ] {
        let none = legacy(&bench, VISITOR, "resources/read", json!({ "uri": uri })).await;
        assert_eq!(none["error"]["code"], -32002, "{uri}: {none}");
    }
    let begun = first["id"].as_str().unwrap();
    let argument = json!({
        "ref": { "type": "ref/resource", "uri": "twin://documents/{id}" },
        "argument": { "name": "id", "value": &begun[..4] },
    });
    let completed = legacy(&bench, VISITOR, "completion/complete", argument).await;
    assert!(
        completed["result"]["completion"]["values"].as_array().unwrap().contains(&json!(begun)),
        "{completed}"
    );
    for (prompt, is_one) in [("technical_deep_dive", true), ("no_such_prompt", false)] {
        let of = json!({ "ref": { "type": "ref/prompt", "name": prompt }, "argument": { "name": "topic", "value": "" } });
        let completed = legacy(&bench, VISITOR, "completion/complete", of).await;
        let values = completed["result"]["completion"]["values"].as_array().unwrap();
        assert_eq!(!values.is_empty(), is_one, "{prompt}: {completed}");
    }
    let long = json!({ "name": "technical_deep_dive", "arguments": { "topic": "x".repeat(20_001) } });
    let long = legacy(&bench, VISITOR, "prompts/get", long).await;
    assert!(long["error"]["message"].as_str().unwrap().contains("more than 20000 bytes"), "{long}");
    let prompt = json!({ "name": "technical_deep_dive", "arguments": { "topic": "ledgers in {owner}" } });
    let prompt = legacy(&bench, VISITOR, "prompts/get", prompt).await;
    let text = prompt["result"]["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(
        text.contains("Alex Sample has done with ledgers in {owner}") && !text.contains("{level}"),
        "{text}"
    );
}

#[tokio::test]
async fn a_free_time_is_booked() {
    let bench = Bench::start().await;
    let when = json!({ "when": "next week", "time_zone": "Europe/London" });
    let offered = gave(&bench, VISITOR, "get_availability", when).await;
    assert_eq!(offered["time_zone"], "Europe/London", "{offered}");
    assert_eq!(offered["times"].as_array().unwrap().len(), 6, "{offered}");
    for wrong in [json!({ "meeting": "nothing" }), json!({ "time_zone": "Mars/Olympus" })] {
        let wrong = call(&bench, VISITOR, "get_availability", wrong).await;
        assert_eq!(refusal(&wrong)["error"], "invalid_arguments");
    }
    let wish = json!({
        "topic": "A staff role", "start": offered["times"][0]["start"], "time_zone": "Europe/London",
        "name": "Dana Reed", "email": "dana.reed@example.com",
        "idempotency_key": "6b1f3f0a-0d6e-4c58-9a3f-5f6f0a0f1f2e",
    });
    for _ in 0..2 {
        let booked = gave(&bench, VISITOR, "book_meeting", wish.clone()).await;
        assert_eq!(booked["booked"], true, "{booked}");
        let say = booked["say"].as_str().unwrap();
        assert!(say.starts_with("It is booked: Introduction") && say.contains("London time"), "{say}");
    }
    let mut other = wish.clone();
    other["idempotency_key"] = json!("9d0f3f0a-0d6e-4c58-9a3f-5f6f0a0f1f2e");
    let late = call(&bench, VISITOR, "book_meeting", other).await;
    assert!(late.to_string().contains("this time is taken"), "{late}");
    for (field, value) in
        [("start", "tomorrow"), ("email", "dana"), ("time_zone", "Mars/Olympus"), ("meeting", "x")]
    {
        let mut wrong = wish.clone();
        wrong[field] = json!(value);
        wrong["idempotency_key"] = json!(format!("wrong-{field}-0123456789"));
        let wrong = call(&bench, VISITOR, "book_meeting", wrong).await;
        assert_eq!(refusal(&wrong)["error"], "invalid_arguments", "{field}");
    }
    let bookings = bench.owner("/api/calendar/bookings").await;
    assert_eq!(bookings["bookings"].as_array().unwrap().len(), 1, "{bookings}");
    assert_eq!(bookings["bookings"][0]["topic"], "A staff role");
}

#[tokio::test]
async fn a_meeting_is_moved_once_they_said_yes() {
    let bench = Bench::start().await;
    let offered = gave(&bench, VISITOR, "get_availability", json!({ "when": "next week" })).await;
    let (first, second) = (&offered["times"][0]["start"], &offered["times"][1]["start"]);
    let wish = json!({
        "topic": "A staff role", "start": first, "name": "Dana Reed", "email": "dana.reed@example.com",
    });
    let booked = gave(&bench, VISITOR, "book_meeting", wish).await;
    let thread = &booked["conversation"];
    let stranger = call(&bench, VISITOR, "change_meeting", json!({ "start": first, "confirm": true })).await;
    assert_eq!(refusal(&stranger)["error"], "not_verified", "{stranger}");
    let theirs = gave(&bench, VISITOR, "change_meeting", json!({ "conversation": thread })).await;
    let start = &theirs["meetings"][0]["start"];
    assert_eq!((start, &theirs["changed"]), (first, &json!(false)), "{theirs}");
    let mut change = json!({ "conversation": thread, "start": start, "to": second });
    let asked = call(&bench, VISITOR, "change_meeting", change.clone()).await;
    assert!(asked.to_string().contains("Shall I move Introduction"), "a yes is needed: {asked}");
    change["confirm"] = json!(true);
    for _ in 0..2 {
        assert_eq!(gave(&bench, VISITOR, "change_meeting", change.clone()).await["changed"], true);
    }
    let bookings = bench.owner("/api/calendar/bookings").await;
    assert_eq!(bookings["bookings"].as_array().unwrap().len(), 1, "{bookings}");
    assert_eq!(&bookings["bookings"][0]["start"], second, "{bookings}");
}

#[tokio::test]
async fn who_can_be_asked_is_asked_and_others_are_told_what_is_missing() {
    let bench = Bench::start().await;
    let arguments = json!({ "topic": "A role", "preferred_times": ["Monday 9 am"] });
    let told = call(&bench, VISITOR, "book_meeting", arguments.clone()).await;
    assert_eq!(refusal(&told)["missing"], json!(["name", "email"]), "{told}");

    let asked = modern_call(&bench, "book_meeting", json!({ "arguments": arguments })).await;
    let asked = &asked["result"];
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let content = json!({ "name": "Dana Reed", "email": "dana.reed@example.com" });
    let answer = json!({ "answer": { "action": "accept", "content": content } });
    let again = |arguments: &Value, state: &Value| json!({ "arguments": arguments, "inputResponses": answer, "requestState": state });
    let noted = modern_call(&bench, "book_meeting", again(&arguments, &asked["requestState"])).await;
    assert_eq!(noted["result"]["structuredContent"]["noted"], true, "{noted}");
    let other = json!({ "topic": "Another", "preferred_times": ["Monday 9 am"] });
    let moved = modern_call(&bench, "book_meeting", again(&other, &asked["requestState"])).await;
    assert_eq!(moved["error"]["code"], -32602, "{moved}");
    let forged = modern_call(&bench, "book_meeting", again(&arguments, &json!("x"))).await;
    assert_eq!(forged["error"]["code"], -32602);
}

#[tokio::test]
async fn a_conversation_goes_on_elsewhere_and_is_no_surer_of_who_it_is() {
    let bench = Bench::start().await;
    let said = gave(&bench, VISITOR, "ask", json!({ "question": "What has Alex done with Rust?" })).await;
    let link = gave(
        &bench,
        VISITOR,
        "continue_elsewhere",
        json!({ "to": "chat", "conversation": said["conversation"] }),
    )
    .await;
    let code = link["url"].as_str().unwrap();
    assert!(code.starts_with(&bench.url("/chat?session=")), "{code}");
    let page = bench.http.get(code).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK, "a link scanner uses nothing up");
    let key = "0e9e3f0a-0d6e-4c58-9a3f-5f6f0a0f1f2e";
    let redeems = json!({ "code": code, "idempotency_key": key });
    let gone_on = gave(&bench, VISITOR, "continue_conversation", redeems.clone()).await;
    assert_eq!(gone_on["turns"].as_array().unwrap().len(), 2);
    assert_eq!(gave(&bench, VISITOR, "continue_conversation", redeems).await, gone_on, "the answer was lost");
    let guess = json!({ "code": "000 000 000", "idempotency_key": key });
    let guessed = call(&bench, VISITOR, "continue_conversation", guess.clone()).await;
    assert_eq!(refusal(&guessed)["error"], "idempotency_key_used", "the key alone opens nothing");
    // A day later a key stands for what it is used for next.
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let begun = twin.chat(gone_on["conversation"].as_str().unwrap(), now).await.unwrap().unwrap();
    let (named, code_of) = (format!("continue_conversation:{key}"), json!(["000 000 000"]).to_string());
    let later = now + jiff::SignedDuration::from_hours(25);
    let stands = twin.store().once(&begun.chat.person, &named, &code_of, later).await.unwrap();
    assert_eq!(stands, Stands::First);
    let guessed = call(&bench, VISITOR, "continue_conversation", guess).await;
    assert_eq!(refusal(&guessed)["error"], "idempotency_key_used", "nor does it then");
    let twice = call(&bench, VISITOR, "continue_conversation", json!({ "code": code })).await;
    let unknown = call(&bench, VISITOR, "continue_conversation", json!({ "code": "nothing" })).await;
    assert_eq!(twice, unknown, "used and unknown are told alike");
    let handle = &gone_on["conversation"];
    let kept = gave(&bench, VISITOR, "what_you_know_about_me", json!({ "conversation": handle })).await;
    assert_eq!((&kept["level"], &kept["conversations"]), (&json!(0), &json!([])));
    let unasked = call(&bench, VISITOR, "forget_me", json!({ "conversation": handle })).await;
    assert_eq!(refusal(&unasked)["missing"], json!(["confirm"]));
    assert!(!bench.owner("/api/omni-context").await["people"].as_array().unwrap().is_empty());
    gave(&bench, VISITOR, "forget_me", json!({ "conversation": handle, "confirm": true })).await;
    assert_eq!(bench.owner("/api/omni-context").await["people"], json!([]));
    let gone = call(&bench, VISITOR, "ask", json!({ "question": "Hello?", "conversation": handle })).await;
    assert_eq!(refusal(&gone)["error"], "not_found");
}

#[tokio::test]
async fn the_owner_answers_what_the_twin_could_not() {
    let bench = Bench::start().await;
    let question = "Does Alex hold a pilot licence for gliders?";
    let unknown = gave(&bench, VISITOR, "ask", json!({ "question": question })).await;
    assert_eq!(unknown["known"], false);
    let gaps = gave(&bench, OWNER, "list_knowledge_gaps", json!({})).await;
    let gap = &gaps["gaps"][0];
    assert_eq!(gap["question"], question);
    let answer = json!({ "id": gap["id"], "answer": "Yes, a licence for gliders since 2019." });
    gave(&bench, OWNER, "answer_knowledge_gap", answer).await;
    let known = gave(&bench, VISITOR, "ask", json!({ "question": question })).await;
    assert!(known["answer"].as_str().unwrap().contains("2019"), "{known}");
    let brief = gave(&bench, OWNER, "daily_brief", json!({})).await;
    let conversations = &brief["summary"]["metrics"][0];
    assert_eq!(
        (&conversations["key"], &conversations["now"]["n"]),
        (&json!("conversations"), &json!(2)),
        "{brief}"
    );
    let figures = gave(&bench, OWNER, "get_analytics", json!({ "days": 365 })).await;
    assert_eq!(figures["metrics"][0]["now"]["value"], 2.0, "{figures}");
    gave(&bench, OWNER, "list_opportunities", json!({})).await;
    assert!(gave(&bench, OWNER, "get_persona", json!({})).await["version"].is_number());
}

/// Two answers of one title, each read under its own id.
#[tokio::test]
async fn what_a_search_names_is_what_is_read() {
    let bench = Bench::start().await;
    let answers =
        [("glockenspiel", "A Bechstein glockenspiel from 1910."), ("hamster", "The hamster is called Byte.")];
    for (about, answer) in answers {
        let question = format!("What is known of the {about}?");
        bench.stack.twin.not_known(&question, Timestamp::now()).await.unwrap();
        let gaps = gave(&bench, OWNER, "list_knowledge_gaps", json!({})).await;
        let answer =
            json!({ "id": gaps["gaps"][0]["id"], "answer": answer, "idempotency_key": format!("k-{about}") });
        // The host does not hear that it was done, and asks again after the owner said it better.
        let mut first = answer.clone();
        first["answer"] = json!("I do not remember.");
        first["idempotency_key"] = json!(format!("first-{about}"));
        gave(&bench, OWNER, "answer_knowledge_gap", first.clone()).await;
        gave(&bench, OWNER, "answer_knowledge_gap", answer.clone()).await;
        for again in [first, answer.clone()] {
            gave(&bench, OWNER, "answer_knowledge_gap", again).await;
        }
        let mut other = answer;
        other["answer"] = json!("Nothing.");
        let other = call(&bench, OWNER, "answer_knowledge_gap", other).await;
        assert_eq!(refusal(&other)["error"], "idempotency_key_used");
    }
    for (about, answer) in answers {
        let found = gave(&bench, VISITOR, "search", json!({ "query": about })).await;
        let read = gave(&bench, VISITOR, "fetch", json!({ "id": found["results"][0]["id"] })).await;
        assert_eq!((&found["results"][0]["text"], &read["text"]), (&json!(answer), &json!(answer)));
    }
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let bench = Bench::start().await;
    for number in 0..30 {
        let question = format!("Zyx{number}?");
        bench.stack.twin.not_known(&question, Timestamp::now()).await.unwrap();
    }
    bench.stack.twin.not_known("Zyx29?", Timestamp::now()).await.unwrap();
    let mut seen = Vec::new();
    let mut cursor = json!({});
    loop {
        let page = gave(&bench, OWNER, "list_knowledge_gaps", cursor.clone()).await;
        assert_eq!(page["total"], 30);
        let gaps = page["gaps"].as_array().unwrap();
        assert!(gaps.len() <= 25);
        seen.extend(gaps.iter().map(|gap| gap["question"].as_str().unwrap().to_owned()));
        let Some(next) = page.get("next_cursor") else { break };
        cursor = json!({ "cursor": next });
    }
    assert_eq!((seen[0].as_str(), seen.len()), ("Zyx29?", 30), "the most frequent first: {seen:?}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 30);
    let brief = gave(&bench, OWNER, "daily_brief", json!({})).await;
    assert_eq!(brief["open_questions"][0], "Zyx29?", "{brief}");
    for tool in ["list_follow_ups", "list_opportunities", "list_knowledge_gaps"] {
        let astray = call(&bench, OWNER, tool, json!({ "cursor": "bm8" })).await;
        assert_eq!(refusal(&astray)["error"], "invalid_arguments", "{tool}");
    }
}

/// Asked for again because the answer was lost, before and after the first one ended: one call.
#[tokio::test]
async fn a_call_is_placed_once_by_its_key() {
    let (bench, person) = super::phone::outbound::bench(Some(true)).await;
    let mut wanted = json!({
        "contact": person, "purpose": "your interview on Tuesday", "at": super::phone::outbound::noon(),
        "idempotency_key": "k1",
    });
    let unasked = call(&bench, OWNER, "place_call", wanted.clone()).await;
    assert_eq!(refusal(&unasked)["missing"], json!(["confirm"]));
    wanted["confirm"] = json!(false);
    assert_eq!(refusal(&call(&bench, OWNER, "place_call", wanted.clone()).await)["error"], "declined");
    wanted["confirm"] = json!(true);
    let first = gave(&bench, OWNER, "place_call", wanted.clone()).await;
    assert_eq!(first["contact"], json!(person));
    assert_eq!(gave(&bench, OWNER, "place_call", wanted.clone()).await, first);
    let mut other = wanted.clone();
    other["purpose"] = json!("something else");
    let refused = call(&bench, OWNER, "place_call", other.clone()).await;
    assert_eq!(refusal(&refused)["error"], "idempotency_key_used");
    other["idempotency_key"] = json!("k2");
    assert_eq!(
        refusal(&call(&bench, OWNER, "place_call", other).await)["error"],
        "conflict",
        "one at a time"
    );
    let (whose, id) = (person.parse().unwrap(), first["id"].as_str().unwrap().parse().unwrap());
    bench.stack.twin.cancel_call(&whose, &id, Timestamp::now()).await.unwrap();
    let again = gave(&bench, OWNER, "place_call", wanted).await;
    assert_eq!(again["id"], first["id"], "{again}");
    assert_eq!(bench.stack.twin.store().dials_of(&whose).await.unwrap().len(), 1);
}

/// Nothing of somebody's is given or erased for the asking.
#[tokio::test]
async fn what_cannot_be_undone_is_asked_in_a_form() {
    let bench = Bench::start().await;
    let noted =
        gave(&bench, VISITOR, "leave_message", json!({ "message": "Hello", "name": "Dana Reed" })).await;
    let handle = &noted["conversation"];
    let export = call(&bench, VISITOR, "export_my_data", json!({ "conversation": handle })).await;
    assert_eq!(refusal(&export)["error"], "not_verified", "{export}");
    let stranger = call(&bench, VISITOR, "export_my_data", json!({ "conversation": "nothing" })).await;
    assert_eq!(refusal(&stranger)["error"], "not_found");

    let arguments = json!({ "conversation": handle });
    let asked = modern_call(&bench, "forget_me", json!({ "arguments": arguments })).await;
    let asked = &asked["result"];
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    assert!(asked.to_string().contains("confirm"), "{asked}");
    let answer = |content: Value| {
        json!({
            "arguments": arguments, "requestState": asked["requestState"],
            "inputResponses": { "answer": { "action": "accept", "content": content } },
        })
    };
    let declined = modern_call(&bench, "forget_me", answer(json!({ "confirm": false }))).await;
    assert_eq!(refusal(&declined["result"])["error"], "declined", "{declined}");
    let kept = bench.owner("/api/omni-context").await;
    assert_eq!(kept["people"].as_array().unwrap().len(), 1, "{kept}");
    let erased = modern_call(&bench, "forget_me", answer(json!({ "confirm": true }))).await;
    assert_ne!(erased["result"]["isError"], true, "{erased}");
    assert_eq!(bench.owner("/api/omni-context").await["people"], json!([]));
}

#[tokio::test]
async fn what_is_refused_before_the_protocol() {
    let bench = Bench::start().await;
    let post = |path: &str, body: String| {
        bench
            .http
            .post(bench.url(path))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .body(body)
    };
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    let rows =
        [("{no".to_owned(), -32700), (format!("[{ping}]"), -32600), (format!("\u{feff}{ping}"), -32700)];
    for (body, code) in rows {
        let answer = post(VISITOR, body.clone()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], code, "{body}");
    }
    let unknown = legacy(&bench, VISITOR, "tools/dance", json!({})).await;
    assert_eq!(unknown["error"]["code"], -32601);
    let unknown = legacy(&bench, VISITOR, "tools/call", json!({ "name": "dance" })).await;
    assert_eq!(unknown["error"]["code"], -32602);
    let odd = legacy(&bench, VISITOR, "tools/call", json!({ "name": 5 })).await;
    assert_eq!(odd["error"]["code"], -32602);
    for arguments in [
        json!({}),
        json!({ "question": 5 }),
        json!({ "question": "hi", "person": "per_1" }),
        json!({ "question": "" }),
    ] {
        let wrong = call(&bench, VISITOR, "ask", arguments.clone()).await;
        assert_eq!(wrong["isError"], true, "{arguments}");
    }
    let mismatch =
        modern(&bench, "tools/call", "other", json!({ "name": "get_profile" })).send().await.unwrap();
    assert_eq!(mismatch.status(), StatusCode::BAD_REQUEST);
    assert_eq!(mismatch.json::<Value>().await.unwrap()["error"]["code"], -32020);
    let version =
        post(VISITOR, ping.clone()).header("mcp-protocol-version", "2099-01-01").send().await.unwrap();
    assert_eq!(version.status(), StatusCode::BAD_REQUEST);
    assert_eq!(version.json::<Value>().await.unwrap()["error"]["code"], -32022);
    for method in [Method::GET, Method::DELETE] {
        let answer = bench.http.request(method, bench.url(VISITOR)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
    let evil =
        post(VISITOR, ping.clone()).header(header::ORIGIN, "https://evil.example").send().await.unwrap();
    assert_eq!(evil.status(), StatusCode::FORBIDDEN);
    let evil = post(VISITOR, ping.clone()).header(header::HOST, "evil.example").send().await.unwrap();
    assert_eq!(evil.status(), StatusCode::FORBIDDEN);
    let large = post(VISITOR, format!("{ping}{}", " ".repeat(256 * 1024))).send().await.unwrap();
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(bench.owner("/api/omni-context").await["people"], json!([]), "nothing is written");
}

/// With an address on the internet, too, programs on the same machine ask here; pages elsewhere do not.
#[tokio::test]
async fn a_program_on_this_machine_asks_by_its_name() {
    let base = "https://twin.example.com".to_owned();
    let urls = PublicUrls { base, relay: "wss://twin.example.com".to_owned() };
    let bench = Bench::with(Options { urls: Some(urls), ..options() }).await;
    let url = format!("http://localhost:{}{VISITOR}", bench.stack.address.port());
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    for (host, origin, status) in [
        (None, None, StatusCode::OK),
        (Some("twin.example.com"), Some("https://twin.example.com"), StatusCode::OK),
        (Some("evil.example"), None, StatusCode::FORBIDDEN),
        (None, Some("http://localhost:3000"), StatusCode::FORBIDDEN),
        (None, Some("https://evil.example"), StatusCode::FORBIDDEN),
    ] {
        let mut request = bench.http.post(&url).json(&body).header("mcp-protocol-version", "2025-11-25");
        request = request.header(header::ACCEPT, "application/json, text/event-stream");
        for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        assert_eq!(request.send().await.unwrap().status(), status, "{host:?}, {origin:?}");
    }
}

#[tokio::test]
async fn the_owners_surface_wants_a_token() {
    let bench = Bench::start().await;
    let ask = |token: Option<&str>, path: &str| {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        let request = bench.http.post(bench.url(path)).json(&body);
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    };
    let none = ask(None, OWNER).send().await.unwrap();
    assert_eq!(none.status(), StatusCode::UNAUTHORIZED);
    let challenge = none.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
    assert!(challenge.contains("resource_metadata=") && challenge.contains("owner:read"), "{challenge}");
    for path in [OWNER, VISITOR] {
        let wrong = ask(Some("eyJhbGciOiJub25lIn0.e30."), path).send().await.unwrap();
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let owner = ask(Some(&bench.stack.secrets.owner_token), OWNER).send().await.unwrap();
    assert_eq!(owner.status(), StatusCode::OK);
}

#[tokio::test]
async fn both_eras_are_told_who_this_is() {
    let bench =
        Bench::with(Options { mcp_origins: vec!["http://localhost:6274".to_owned()], ..options() }).await;
    let begin = json!({
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "old", "version": "1" },
    });
    let begun = legacy(&bench, VISITOR, "initialize", begin).await;
    assert_eq!(begun["result"]["protocolVersion"], "2025-06-18");
    assert!(begun["result"]["instructions"].as_str().unwrap().contains("AI"));
    let found = modern(&bench, "server/discover", "", json!({})).send().await.unwrap();
    let found: Value = found.json().await.unwrap();
    assert!(found["result"]["supportedVersions"].to_string().contains(NEW), "{found}");
    assert!(found["result"]["capabilities"]["extensions"]["io.modelcontextprotocol/ui"].is_object());
    let listed = modern(&bench, "tools/list", "", json!({})).send().await.unwrap();
    let listed: Value = listed.json().await.unwrap();
    assert!(listed["result"]["ttlMs"].is_number() && listed["result"]["cacheScope"] == "public", "{listed}");
    let page = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let browser = bench.http.post(bench.url(VISITOR)).header(header::ORIGIN, "http://localhost:6274");
    assert_eq!(browser.json(&page).send().await.unwrap().status(), StatusCode::OK);
}

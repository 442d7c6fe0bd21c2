//! What the professional has published, read by hosts.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::Bench;

use super::{OWNER, VISITOR, call, gave, legacy, refusal};

#[tokio::test]
async fn material_is_searched_and_read() {
    let bench = Bench::start().await;
    let found = gave(&bench, VISITOR, "search", json!({ "query": "payments ledger" })).await;
    let first = &found["results"][0];
    let read = gave(&bench, VISITOR, "fetch", json!({ "id": first["id"] })).await;
    assert!(read["text"].as_str().unwrap().contains(first["text"].as_str().unwrap()), "{read}");
    // A citation leads a person to the same document.
    let (page, id) = read["url"].as_str().unwrap().split_once('#').unwrap();
    assert_eq!((page, id), (bench.url("/chat").as_str(), first["id"].as_str().unwrap()));
    let shown = bench.http.get(bench.url(&format!("/api/chat/documents/{id}"))).send().await.unwrap();
    let shown: Value = shown.json().await.unwrap();
    assert_eq!(shown["title"], read["title"], "{shown}");
    assert!(shown["html"].as_str().unwrap().contains("40 million transfers"), "{shown}");
    let none = bench.http.get(bench.url("/api/chat/documents/nothing")).send().await.unwrap();
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
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
    assert_eq!(profile["total"], profile["projects"].as_array().unwrap().len());
    let astray = call(&bench, VISITOR, "get_profile", json!({ "cursor": "bm8" })).await;
    assert_eq!(refusal(&astray)["error"], "invalid_arguments");

    let listed = legacy(&bench, VISITOR, "resources/list", json!({})).await;
    for resource in listed["result"]["resources"].as_array().unwrap() {
        let uri = &resource["uri"];
        let read = legacy(&bench, VISITOR, "resources/read", json!({ "uri": uri })).await;
        assert_eq!(&read["result"]["contents"][0]["uri"], uri, "{read}");
    }
    let file = legacy(&bench, VISITOR, "resources/read", json!({ "uri": "twin://resume.pdf" })).await;
    let file = &file["result"]["contents"][0];
    assert_eq!(file["mimeType"], "application/pdf");
    assert!(STANDARD.decode(file["blob"].as_str().unwrap()).unwrap().starts_with(b"%PDF-"));
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

const CODE: &str = "//! Waits longer after each failure.\n\npub fn backoff(attempt: u32) -> Duration {\n    let doubled = \
                    1_u64 << attempt.min(6);\n\n    Duration::from_millis(100 * doubled)\n}";

/// A file of source code, and a snippet: listed as what they are, read and found as they were written, shown in a block.
#[tokio::test]
async fn code_is_read_as_it_was_written() {
    let bench = Bench::start().await;
    let file = bench.as_owner(Method::PUT, "/api/knowledge/files/backoff.rs").body(CODE);
    assert_eq!(file.send().await.unwrap().status(), StatusCode::OK);
    let snippet = json!({
        "kind": "note", "title": "Counting words",
        "text": "```python\nfrom collections import Counter\n\ndef tally(text):\n    return Counter(text.split())\n```",
    });
    let snippet = bench.as_owner(Method::POST, "/api/knowledge/imports").json(&snippet);
    assert_eq!(snippet.send().await.unwrap().status(), StatusCode::OK);

    let text = "# Giving up\n\nAfter six tries.\n\n```go\nfunc tries() int {\n\treturn 6\n}\n```\n";
    let note = bench.as_owner(Method::PUT, "/api/knowledge/files/notes.md").body(text);
    assert_eq!(note.send().await.unwrap().status(), StatusCode::OK);

    let listed = legacy(&bench, VISITOR, "resources/list", json!({})).await;
    let named = |name: &str| {
        let mut all = listed["result"]["resources"].as_array().unwrap().iter();
        all.find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}: {listed}"))
    };
    assert_eq!(named("Counting words.py")["mimeType"], "text/x-python");
    assert_eq!(named("Giving up")["mimeType"], "text/markdown");
    let example = json!({ "uri": named("Giving up.go")["uri"] });
    let example = legacy(&bench, VISITOR, "resources/read", example).await;
    assert_eq!(example["result"]["contents"][0]["text"], "func tries() int {\n\treturn 6\n}", "{example}");
    let resource = named("backoff.rs");
    assert_eq!(
        (&resource["mimeType"], &resource["description"]),
        (&json!("text/x-rust"), &json!("Source code in Rust"))
    );
    let read = legacy(&bench, VISITOR, "resources/read", json!({ "uri": resource["uri"] })).await;
    let read = &read["result"]["contents"][0];
    assert_eq!((&read["mimeType"], &read["text"]), (&json!("text/x-rust"), &json!(CODE)));

    let found = gave(&bench, VISITOR, "search", json!({ "query": "backoff attempt doubled" })).await;
    let first = &found["results"][0];
    assert_eq!((&first["title"], &first["place"]), (&json!("backoff.rs"), &json!("lines 1–7")), "{found}");
    let fetched = gave(&bench, VISITOR, "fetch", json!({ "id": first["id"] })).await;
    assert_eq!((&fetched["text"], &fetched["metadata"]["language"]), (&json!(CODE), &json!("rust")));
    let shown = format!("/api/chat/documents/{}", first["id"].as_str().unwrap());
    let shown: Value = bench.http.get(bench.url(&shown)).send().await.unwrap().json().await.unwrap();
    let html = shown["html"].as_str().unwrap();
    assert!(html.starts_with("<pre><code class=\"language-rust\">//! Waits longer"), "{html}");

    let asked =
        gave(&bench, VISITOR, "ask", json!({ "question": "Can you show me Alex's backoff code?" })).await;
    let answer = asked["answer"].as_str().unwrap();
    assert!(answer.contains(&format!("[1]:\n\n```rust\n{CODE}\n```")), "{asked}");
    assert_eq!(asked["citations"][0]["title"], "backoff.rs");
    // Who asks for anything else is told of it first.
    let other = gave(&bench, VISITOR, "ask", json!({ "question": "What has Alex done with Rust?" })).await;
    assert!(!other["answer"].as_str().unwrap().contains("```"), "{other}");
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

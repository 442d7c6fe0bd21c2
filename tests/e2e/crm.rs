//! `/api/crm`: the owner's contacts, and what is kept beside them.

mod files;
mod merging;
mod untying;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use sim::scenario::Scenario;
use tests::{Bench, is_problem};
use twin::{
    contact::{Brought, Money, Opportunity, RelationshipKind, Source, Stage},
    id::{OpportunityId, PersonId},
    identity::{Evidence, EvidenceSource, IdentityKey, Phone},
};

const CONTACTS: &str = "/api/crm/contacts";

async fn asked(bench: &Bench, method: Method, path: &str, body: &Value) -> reqwest::Response {
    bench.as_owner(method, path).json(body).send().await.unwrap()
}

/// A new contact's id.
async fn created(bench: &Bench, fields: Value) -> String {
    let answer = asked(bench, Method::POST, CONTACTS, &fields).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let at = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let contact: Value = answer.json().await.unwrap();
    let id = contact["id"].as_str().unwrap().to_owned();
    assert_eq!(at, format!("{CONTACTS}/{id}"));
    id
}

/// Writes over the version that there is.
async fn edited(bench: &Bench, path: &str, version: u64, body: Value) -> reqwest::Response {
    let request = bench.as_owner(Method::PATCH, path).header(header::IF_MATCH, format!("\"{version}\""));
    request.json(&body).send().await.unwrap()
}

#[tokio::test]
async fn only_the_owner_reads_and_writes() {
    let bench = Bench::start().await;
    for route in crm::routes() {
        let path = route.path.replace("{person}", "per_1").replace("{note}", "not_1");
        let answer = bench.http.request(route.method.clone(), bench.url(&path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{} {path}", route.method);
    }
    bench.stack.stop().await.unwrap();
}

/// Who gets in touch comes first, before anything that they say is read; whom the owner wrote down has not been in touch.
#[tokio::test]
async fn who_is_in_touch_for_the_first_time_comes_first() {
    let bench = Bench::start().await;
    let now = Timestamp::now();
    let key = IdentityKey::Phone(Phone::parse("+14155550123").unwrap());
    let evidence = Evidence::new(EvidenceSource::CallerId, now, None);
    let caller = bench.stack.twin.store().resolve(key, evidence, now).await.unwrap().person;
    let written = created(&bench, json!({ "name": "Ben Other" })).await;
    let page = bench.owner(&format!("{CONTACTS}?sort=last_contact")).await;
    let found = page["contacts"].as_array().unwrap();
    let ids: Vec<&str> = found.iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, [caller.as_str(), written.as_str()]);
    let last = |place: usize| &found[place]["relationship"]["lastContact"];
    assert!(last(0).is_string() && last(1).is_null(), "{page}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_contact_is_typed_in_found_and_edited() {
    let bench = Bench::start().await;
    let dana = created(
        &bench,
        json!({ "name": "Dana Núñez", "company": "Northgate", "email": "dana@northgate.example", "tags": ["rust"],
                "phone": "(415) 555-0123" }),
    )
    .await;
    created(&bench, json!({ "name": "Ben Other", "relationship": "client", "importance": "high" })).await;

    for (query, names) in [
        ("", vec!["Ben Other", "Dana Núñez"]),
        ("?q=nunez", vec!["Dana Núñez"]),
        ("?q=north&tag=Rust", vec!["Dana Núñez"]),
        ("?relationship=client&importance=high", vec!["Ben Other"]),
        ("?company=northgate&hasOpenTask=false", vec!["Dana Núñez"]),
        ("?hasOpenTask=true", vec![]),
        ("?channel=phone", vec![]),
        ("?named=true", vec!["Ben Other", "Dana Núñez"]),
        ("?named=false", vec![]),
    ] {
        let separator = if query.is_empty() { '?' } else { '&' };
        let page = bench.owner(&format!("{CONTACTS}{query}{separator}sort=name")).await;
        let found: Vec<&str> =
            page["contacts"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!((found, page["total"].as_u64()), (names.clone(), Some(names.len() as u64)), "{query}");
    }

    let path = format!("{CONTACTS}/{dana}");
    let read = bench.as_owner(Method::GET, &path).send().await.unwrap();
    assert_eq!(read.headers()[header::ETAG], "\"1\"");
    let contact = &read.json::<Value>().await.unwrap()["contact"];
    assert_eq!(contact["contactMethods"]["phone"], "+14155550123");
    assert_eq!(contact["contactMethods"]["emailConfirmed"], true, "the owner vouches for it");
    assert_eq!(contact["origins"]["company"]["source"], "owner");

    let answer = edited(&bench, &path, 1, json!({ "role": "CTO", "company": null })).await;
    assert_eq!(answer.headers()[header::ETAG], "\"2\"");
    let contact: Value = answer.json().await.unwrap();
    assert_eq!((&contact["role"], &contact["company"]), (&json!("CTO"), &Value::Null));
    let stale = edited(&bench, &path, 1, json!({ "role": "CEO" })).await;
    is_problem(stale, StatusCode::CONFLICT, "conflict").await;
    let blind = asked(&bench, Method::PATCH, &path, &json!({ "role": "CEO" })).await;
    is_problem(blind, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    // Somebody's address is nobody else's.
    let other = asked(&bench, Method::POST, CONTACTS, &json!({ "email": "Dana@Northgate.example" })).await;
    let told = is_problem(other, StatusCode::CONFLICT, "taken").await;
    assert!(told["detail"].as_str().unwrap().starts_with("email: "), "{told}");
    let ben = created(&bench, json!({ "name": "Ben Third" })).await;
    let same = json!({ "phone": "+14155550123" });
    let told = edited(&bench, &format!("{CONTACTS}/{ben}"), 1, same).await;
    let told = is_problem(told, StatusCode::CONFLICT, "taken").await;
    assert!(told["detail"].as_str().unwrap().starts_with("phone: "), "{told}");

    for tag in ["vip", "vip", "late%20payer"] {
        let answer = bench.as_owner(Method::PUT, &format!("{path}/tags/{tag}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let answer = bench.as_owner(Method::DELETE, &format!("{path}/tags/rust")).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["tags"], json!(["vip", "late payer"]));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let bench = Bench::start().await;
    let person = created(&bench, json!({ "name": "Dana" })).await;
    for body in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": "a\u{0}b" }),
        json!({ "name": "x".repeat(201) }),
        json!({ "email": "dana@northgate.example\r\nBcc: all" }),
        json!({ "phone": "1-800-FLOWERS" }),
        json!({ "linkedin": "https://elsewhere.example/in/dana" }),
        json!({ "relationship": "friend" }),
        json!({ "id": "per_1" }),
        json!({ "tags": vec!["x"; 51] }),
    ] {
        let answer = asked(&bench, Method::POST, CONTACTS, &body).await;
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    for query in ["limit=0", "limit=101", "sort=age", "cursor=x", "since=yesterday", "colour=red"] {
        let answer = bench.as_owner(Method::GET, &format!("{CONTACTS}?{query}")).send().await.unwrap();
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    for id in ["per_unknown", "int_1", "per_a%23b", "..%2f..", "%00", "%ff"] {
        for rest in ["", "/notes", "/tasks", "/opportunities", "/changes", "/timeline"] {
            let answer = bench.as_owner(Method::GET, &format!("{CONTACTS}/{id}{rest}")).send().await.unwrap();
            is_problem(answer, StatusCode::NOT_FOUND, "not_found").await;
        }
    }
    let note =
        asked(&bench, Method::POST, &format!("{CONTACTS}/per_unknown/notes"), &json!({ "text": "a" })).await;
    is_problem(note, StatusCode::NOT_FOUND, "not_found").await;
    let tag =
        bench.as_owner(Method::PUT, &format!("{CONTACTS}/{person}/tags/%E2%80%8B")).send().await.unwrap();
    is_problem(tag, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn notes_tasks_and_opportunities_make_a_timeline() {
    let bench = Bench::start().await;
    let dana = created(&bench, json!({ "name": "Dana", "company": "Northgate" })).await;
    let path = format!("{CONTACTS}/{dana}");
    let made = async |kind: &str, body: Value| -> Value {
        let answer = asked(&bench, Method::POST, &format!("{path}/{kind}"), &body).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{kind}");
        answer.json().await.unwrap()
    };
    let note = made("notes", json!({ "text": "Met at the meetup in Łódź." })).await;
    let task = made("tasks", json!({ "title": "Call back", "dueAt": "2030-01-02T10:00:00Z" })).await;
    let value = json!({ "amount": 150_000, "currency": "EUR" });
    let role = made("opportunities", json!({ "title": "A staff role", "value": value })).await;

    assert_eq!(bench.owner(&format!("{CONTACTS}?q=łodz")).await["total"], 1, "notes are searched");
    assert_eq!(bench.owner(&format!("{CONTACTS}?hasOpenTask=true")).await["total"], 1);
    let open = bench.owner("/api/crm/tasks?until=2030-02-01T00:00:00Z").await;
    assert_eq!(
        (&open["tasks"][0]["title"], &open["tasks"][0]["name"]),
        (&json!("Call back"), &json!("Dana"))
    );

    let of = |kind: &str, item: &Value| format!("{path}/{kind}/{}", item["id"].as_str().unwrap());
    let moved = edited(&bench, &of("opportunities", &role), 1, json!({ "stage": "proposal" })).await;
    let moved: Value = moved.json().await.unwrap();
    assert_eq!(moved["history"].as_array().unwrap().len(), 2);
    let pipeline = bench.owner("/api/crm/opportunities").await;
    let stages = pipeline["stages"].as_array().unwrap();
    let counts: Vec<usize> =
        stages.iter().map(|one| one["opportunities"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [0, 0, 0, 1, 0, 0]);
    assert_eq!(
        (&stages[3]["value"], &stages[3]["count"], &stages[3]["more"]),
        (&json!([value]), &json!(1), &json!(false))
    );
    assert_eq!(stages[3]["opportunities"][0]["company"], "Northgate");
    let done = edited(&bench, &of("tasks", &task), 1, json!({ "done": true, "dueAt": null })).await;
    assert!(done.json::<Value>().await.unwrap()["doneAt"].is_string());
    assert_eq!(bench.owner("/api/crm/tasks").await, json!({ "tasks": [] }));
    let stale = edited(&bench, &of("tasks", &task), 1, json!({ "done": false })).await;
    is_problem(stale, StatusCode::CONFLICT, "conflict").await;

    let (mut kinds, mut next) = (Vec::new(), String::new());
    loop {
        let page = bench.owner(&format!("{path}/timeline?limit=2{next}")).await;
        let entries = page["entries"].as_array().unwrap();
        kinds.extend(entries.iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(kinds, ["task_done", "stage", "stage", "task", "note"]);
    let foreign = created(&bench, json!({ "name": "Ben" })).await;
    let answer = bench.as_owner(Method::GET, &format!("{CONTACTS}/{foreign}/timeline?limit=2{next}"));
    is_problem(answer.send().await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;

    let gone = bench.as_owner(Method::DELETE, &of("notes", &note)).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(bench.owner(&format!("{path}/notes")).await, json!({ "notes": [] }));
    assert_eq!(bench.owner(&format!("{CONTACTS}?q=łodz")).await["total"], 0);
    bench.stack.stop().await.unwrap();
}

/// A call says who they are; the owner undoes one part and types another, and the next call changes neither.
#[tokio::test]
async fn what_the_owner_typed_wins_over_what_a_call_says() {
    let bench = Bench::start().await;
    bench.place(bench.caller(&Scenario::built_in("recruiter").unwrap())).await;
    let page = bench.owner(&format!("{CONTACTS}?channel=phone")).await;
    let contact = &page["contacts"][0];
    let (id, version) = (contact["id"].as_str().unwrap(), contact["version"].as_u64().unwrap());
    assert_eq!(contact["origins"]["email"]["source"], "conversation");
    let path = format!("{CONTACTS}/{id}");
    let full = bench.owner(&path).await;
    assert_eq!(full["opportunities"][0]["source"]["channel"], "phone");
    let timeline = bench.owner(&format!("{path}/timeline")).await;
    let entries = timeline["entries"].as_array().unwrap();
    let call = entries.iter().find(|entry| entry["kind"] == "conversation").expect("the call");
    assert!(!call["turns"].as_array().unwrap().is_empty());
    assert!(entries.iter().any(|entry| entry["kind"] == "follow_up"));

    let changes = bench.owner(&format!("{path}/changes")).await;
    let changes = changes["changes"].as_array().unwrap();
    let of = |field: &str| {
        let change = changes.iter().find(|change| change["after"]["field"] == field).expect("a change");
        format!("{path}/changes/{}/undo", change["id"].as_str().unwrap())
    };
    let undone = bench.as_owner(Method::POST, &of("company")).send().await.unwrap();
    assert_eq!(undone.status(), StatusCode::OK);
    let undone: Value = undone.json().await.unwrap();
    assert_eq!(
        (&undone["contact"]["company"], undone["change"]["undoneAt"].is_string()),
        (&Value::Null, true)
    );
    let again = bench.as_owner(Method::POST, &of("company")).send().await.unwrap();
    is_problem(again, StatusCode::CONFLICT, "conflict").await;
    let answer = edited(&bench, &path, version + 1, json!({ "name": "Dana Maria Lee" })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let edited_since = bench.as_owner(Method::POST, &of("name")).send().await.unwrap();
    is_problem(edited_since, StatusCode::CONFLICT, "conflict").await;

    bench.place(bench.caller(&Scenario::built_in("recruiter").unwrap())).await;
    let full = bench.owner(&path).await;
    assert_eq!(
        (&full["contact"]["name"], &full["contact"]["company"]),
        (&json!("Dana Maria Lee"), &Value::Null)
    );
    assert_eq!(full["contact"]["relationship"]["interactionHistory"].as_array().unwrap().len(), 2);
    bench.stack.stop().await.unwrap();
}

/// What a call brought up by itself is the owner's to move, and to take away: it does not come back.
#[tokio::test]
async fn what_a_call_brought_up_is_moved_and_deleted() {
    let bench = Bench::start().await;
    bench.place(bench.caller(&Scenario::built_in("recruiter").unwrap())).await;
    let page = bench.owner(&format!("{CONTACTS}?channel=phone")).await;
    let path = format!("{CONTACTS}/{}", page["contacts"][0]["id"].as_str().unwrap());
    let full = bench.owner(&path).await;
    let (role, tasks) = (&full["opportunities"][0], full["tasks"].as_array().unwrap());
    let of = |kind: &str, item: &Value| format!("{path}/{kind}/{}", item["id"].as_str().unwrap());
    let role_path = of("opportunities", role);
    let moved =
        edited(&bench, &role_path, role["version"].as_u64().unwrap(), json!({ "stage": "contacted" }));
    let moved = moved.await;
    assert_eq!(moved.status(), StatusCode::OK, "{role}");
    let moved: Value = moved.json().await.unwrap();
    assert_eq!(
        (&moved["history"][0]["by"], &moved["history"][1]["by"]),
        (&json!("conversation"), &json!("owner"))
    );

    let made = asked(&bench, Method::POST, &format!("{path}/tasks"), &json!({ "title": "Call back" })).await;
    let made: Value = made.json().await.unwrap();
    let all = tasks.iter().chain([&made]).map(|task| of("tasks", task)).chain([role_path]);
    for one in all {
        for status in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
            let answer = bench.as_owner(Method::DELETE, &one).send().await.unwrap();
            assert_eq!(answer.status(), status, "{one}");
        }
    }
    bench.stack.twin.sweep(Timestamp::now() + SignedDuration::from_hours(1)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let full = bench.owner(&path).await;
    assert_eq!((&full["opportunities"], &full["tasks"]), (&json!([]), &json!([])));
    assert_eq!(bench.owner("/api/crm/tasks").await, json!({ "tasks": [] }));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_reminder_is_mailed_once() {
    let bench = Bench::start().await;
    let dana = created(&bench, json!({ "name": "Dana" })).await;
    let now = Timestamp::now();
    let task = json!({ "title": "Send the contract", "remindAt": now + SignedDuration::from_secs(30) });
    asked(&bench, Method::POST, &format!("{CONTACTS}/{dana}/tasks"), &task).await;
    bench.stack.twin.sweep(now).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(bench.stack.aws().ses.sent().len(), 0, "it is not time yet");
    // Not so much later that the sweep takes a mail that is just leaving for one that got lost.
    for _ in 0..2 {
        bench.stack.twin.sweep(now + SignedDuration::from_mins(1)).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
    }
    let sent = bench.stack.aws().ses.sent();
    assert_eq!(sent.len(), 1);
    let mail = String::from_utf8_lossy(&sent[0].raw).into_owned();
    assert!(mail.contains("To do: Send the contract") && mail.contains("about Dana"), "{mail}");
    let timeline = bench.owner(&format!("{CONTACTS}/{dana}/timeline")).await;
    assert_eq!(timeline["entries"][0]["followUp"]["state"], "sent", "{timeline}");
    bench.stack.stop().await.unwrap();
}

/// Of edits of the same version one is taken; of contacts with the same address one is made.
#[tokio::test]
async fn of_many_at_once_one_is_first() {
    let bench = Bench::start().await;
    let dana = created(&bench, json!({ "name": "Dana" })).await;
    let path = format!("{CONTACTS}/{dana}");
    let edits = (0..20).map(|number| {
        let (bench, path) = (&bench, &path);
        async move { edited(bench, path, 1, json!({ "role": format!("role {number}") })).await.status() }
    });
    let statuses = join_all(edits).await;
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [StatusCode::OK, StatusCode::CONFLICT].contains(status)));
    let body = json!({ "email": "ben@northgate.example" });
    let made = join_all((0..20).map(|_| asked(&bench, Method::POST, CONTACTS, &body))).await;
    assert_eq!(made.iter().filter(|answer| answer.status() == StatusCode::CREATED).count(), 1);
    assert_eq!(bench.owner(CONTACTS).await["total"], 2);
    bench.stack.stop().await.unwrap();
}

/// What is added up is all of a stage, not what is listed of it.
#[tokio::test]
async fn a_stage_is_counted_to_its_end() {
    let bench = Bench::start().await;
    let dana: PersonId = created(&bench, json!({ "name": "Dana" })).await.parse().unwrap();
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let value = Money { amount: 3, currency: "EUR".to_owned().try_into().unwrap() };
    let source = Brought {
        by: Source::Owner,
        channel: None,
        relationship: RelationshipKind::Unknown,
        interaction: None,
    };
    join_all((0..230).map(|number| {
        let id = OpportunityId::generate(now);
        let title = format!("Role {number}");
        let mut role = Opportunity::new(id, dana.clone(), title, source.clone(), Stage::Lead, now);
        role.value = Some(value.clone());
        async move { store.save_opportunity(&mut role).await.unwrap() }
    }))
    .await;
    let leads = bench.owner("/api/crm/opportunities").await["stages"][0].clone();
    assert_eq!(leads["opportunities"].as_array().unwrap().len(), 200);
    assert_eq!((&leads["count"], &leads["more"]), (&json!(230), &json!(false)));
    assert_eq!(leads["value"], json!([{ "amount": 690, "currency": "EUR" }]));
    let bounded = store.worth(Stage::Lead, 229).await.unwrap();
    assert_eq!((bounded.count, bounded.more), (229, true));
    bench.stack.stop().await.unwrap();
}

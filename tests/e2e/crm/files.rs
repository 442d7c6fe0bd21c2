//! `/api/crm/import` and `/api/crm/export`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, response::Response};
use crm::files::{
    BATCH, Exported, Importer, MAX_CONTACTS, MAX_FILE, Mapping, Most, Reader, around, join, page,
};
use jiff::Timestamp;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use tokio::{net::TcpListener, sync::Barrier, time::timeout};
use twin::{
    contact::{Detail, Note, Origin},
    id::PersonId,
    identity::{Email, Evidence, EvidenceSource, IdentityKey},
    store::Beside,
};

use super::{CONTACTS, created, edited};
use crate::{
    crashing::{alone, unheard::answered},
    privacy::config,
};

async fn imported(bench: &Bench, query: &str, file: impl Into<reqwest::Body>) -> Value {
    let path = format!("/api/crm/import?{query}");
    let answer = bench.as_owner(Method::POST, &path).body(file).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

fn counts(report: &Value) -> (bool, [u64; 3]) {
    let count = |name: &str| report[name].as_u64().unwrap();
    (report["applied"].as_bool().unwrap(), [count("created"), count("changed"), count("unchanged")])
}

async fn exported(bench: &Bench, format: &str) -> String {
    let path = format!("/api/crm/export?format={format}");
    bench.as_owner(Method::GET, &path).send().await.unwrap().text().await.unwrap()
}

async fn total(bench: &Bench, query: &str) -> u64 {
    bench.owner(&format!("{CONTACTS}?{query}")).await["total"].as_u64().unwrap()
}

#[tokio::test]
async fn a_table_is_previewed_imported_and_imported_again() {
    let bench = Bench::start().await;
    let table = "\u{feff}Vorname;Nachname;Firma;E-Mail;Gruppe;Notes\r\n\
                 Dana;Núñez;\"North;gate\";dana@northgate.example;rust; vip;\"two\r\nlines\"\r\n\
                 Ben;Lee;;;;\r\n\r\n";
    let table = table.replace("rust; vip", "\"rust; vip\"");
    let preview = imported(&bench, "dryRun=true", table.clone()).await;
    assert_eq!(counts(&preview), (false, [2, 0, 0]));
    assert_eq!(preview["columns"][4], json!({ "header": "Gruppe", "as": "ignore" }));
    assert_eq!(total(&bench, "").await, 0);
    let mapped = "mapping=%7B%22Gruppe%22%3A%22tags%22%7D";
    assert_eq!(counts(&imported(&bench, mapped, table.clone()).await), (true, [2, 0, 0]));
    assert_eq!(counts(&imported(&bench, mapped, table.clone()).await), (true, [0, 0, 2]));
    assert_eq!((total(&bench, "").await, total(&bench, "tag=vip&q=lines+nunez").await), (2, 1));

    // What the owner types wins over the file; what is new in the file is taken, and can be undone.
    let page = bench.owner(&format!("{CONTACTS}?q=nunez")).await;
    let dana = page["contacts"][0]["id"].as_str().unwrap();
    let path = format!("{CONTACTS}/{dana}");
    edited(&bench, &path, 1, json!({ "name": "Dana N." })).await;
    let newer = "name,company,email\nDana Other,Southgate,DANA@northgate.example\n";
    assert_eq!(counts(&imported(&bench, "", newer).await), (true, [0, 1, 0]));
    let contact = &bench.owner(&path).await["contact"];
    assert_eq!((&contact["name"], &contact["company"]), (&json!("Dana N."), &json!("Southgate")));
    assert_eq!(contact["contactMethods"]["emailConfirmed"], false, "nobody vouches for a file");
    let changes = bench.owner(&format!("{path}/changes")).await;
    assert_eq!(changes["changes"].as_array().unwrap().len(), 1);
    let undo = format!("{path}/changes/{}/undo", changes["changes"][0]["id"].as_str().unwrap());
    let undone: Value = bench.as_owner(Method::POST, &undo).send().await.unwrap().json().await.unwrap();
    assert_eq!(undone["contact"]["company"], "North;gate");
    assert_eq!(counts(&imported(&bench, "", newer).await), (true, [0, 0, 1]), "what was undone stays so");
    bench.stack.stop().await.unwrap();
}

/// What a dry run says is what happens: whoever stands twice in a long file is one. And a file is more than somebody's word.
#[tokio::test]
async fn a_preview_says_what_will_be() {
    let bench = Bench::start().await;
    let store = bench.stack.twin.store();
    let key = IdentityKey::Email(Email::parse("ben@northgate.example").unwrap());
    let said = Evidence::new(EvidenceSource::SpokenAndConfirmed, Timestamp::now(), None);
    store.resolve(key.clone(), said, Timestamp::now()).await.unwrap();
    let mut table = "name,email\nDana Núñez,\nEve Root,eve@northgate.example\n".to_owned();
    (0..BATCH).for_each(|number| table.push_str(&format!("Somebody {number},\n")));
    table.push_str("Dana Núñez,\nEve Root,eve@northgate.example\nBen,ben@northgate.example\n");
    let expected = [2 + BATCH as u64, 1, 2];
    assert_eq!(counts(&imported(&bench, "dryRun=true", table.clone()).await), (false, expected));
    assert!(!store.identity(&key).await.unwrap().unwrap().is_tied());
    assert_eq!(counts(&imported(&bench, "", table.clone()).await), (true, expected));
    assert!(store.identity(&key).await.unwrap().unwrap().is_tied());
    assert_eq!(counts(&imported(&bench, "", table).await), (true, [0, 0, 5 + BATCH as u64]));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_broken_line_is_named_and_nothing_is_half_imported() {
    let bench = Bench::start().await;
    let table = "name,email,phone\nDana,dana@northgate.example,\nBen,not an address,\nLee,,+1 415 555 0199\nOne,two\n";
    let report = imported(&bench, "", table).await;
    assert_eq!(counts(&report), (false, [0, 0, 0]));
    let broken = report["broken"].as_array().unwrap();
    assert_eq!((&broken[0]["line"], &broken[1]["line"], broken.len()), (&json!(3), &json!(5), 2));
    assert!(!report["broken"].to_string().contains("not an address"), "what stands there is not repeated");
    assert_eq!(total(&bench, "").await, 0);
    assert_eq!(counts(&imported(&bench, "skipBroken=true", table).await), (true, [2, 0, 0]));
    // Two contacts, one line.
    let both = "name,email,phone\nBoth,dana@northgate.example,+14155550199\n";
    let report = imported(&bench, "", both).await;
    assert_eq!(report["broken"][0], json!({ "line": 2, "why": "it leads to several contacts" }));
    for nothing in ["", "hello\nworld\n", "\u{0}\u{1}\u{2}"] {
        let request = bench.as_owner(Method::POST, "/api/crm/import").body(nothing);
        is_problem(request.send().await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    let large = bench.as_owner(Method::POST, "/api/crm/import").body(vec![b'a'; 4 * 1024 * 1024 + 1]);
    is_problem(large.send().await.unwrap(), StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    bench.stack.stop().await.unwrap();
}

/// A run that broke off after it wrote people and before it looked for others who may be them: the same file again does.
#[tokio::test]
async fn what_broke_off_is_looked_for_again() {
    let bench = Bench::start().await;
    created(&bench, json!({ "name": "Robert Whitfield", "company": "Northgate", "role": "Head of HR" }))
        .await;
    let table = "name,company,role\nBob Whitfield,Northgate Inc,Head of HR\n";
    let records = || Reader::new(table.as_bytes(), &Mapping::new()).unwrap().map(Result::unwrap).collect();
    let mut broke_off = Importer::new(&bench.stack.twin, false, Timestamp::now());
    let (counts_then, _) = broke_off.take(records()).await.unwrap();
    assert_eq!((counts_then.created, broke_off.named().len()), (1, 1));
    let proposals = async || bench.owner("/api/crm/proposals").await["proposals"].as_array().unwrap().len();
    assert_eq!(proposals().await, 0, "nobody has looked");
    assert_eq!(counts(&imported(&bench, "dryRun=true", table).await), (false, [0, 0, 1]));
    assert_eq!(proposals().await, 0, "a run that writes nothing proposes nothing");
    for _ in 0..2 {
        assert_eq!(counts(&imported(&bench, "", table).await), (true, [0, 0, 1]));
        assert_eq!(proposals().await, 1);
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn linkedin_connections_know_each_other() {
    let bench = Bench::start().await;
    let file = "Notes:\n\"When exporting your connection data, some are missing.\"\n\n\
                First Name,Last Name,URL,Email Address,Company,Position,Connected On\n\
                Dana,Lee,https://www.linkedin.com/in/dana-lee,,Northgate,CTO,03 Mar 2024\n\
                Ben,Ito,https://www.linkedin.com/in/ben-ito,ben@northgate.example,Northgate,Engineer,04 Mar 2024\n\
                Zoë,Roy,https://www.linkedin.com/in/zo%C3%AB-roy,,Southgate,Designer,05 Mar 2024\n";
    let report = imported(&bench, "", file).await;
    assert_eq!((&report["format"], counts(&report)), (&json!("linkedin"), (true, [3, 0, 0])));
    assert_eq!(counts(&imported(&bench, "", file).await), (true, [0, 0, 3]));
    let page = bench.owner(&format!("{CONTACTS}?tag=linkedin&q=dana")).await;
    let dana = page["contacts"][0]["id"].as_str().unwrap();
    let dana = &bench.owner(&format!("{CONTACTS}/{dana}")).await["contact"];
    assert_eq!(dana["professional"]["mutualConnections"], json!(["Ben Ito"]));
    assert_eq!(dana["contactMethods"]["linkedin"], "https://www.linkedin.com/in/dana-lee");

    // Whoever else works there is shown with them, and so is who left.
    let moved = file.replace(
        "Ben,Ito,https://www.linkedin.com/in/ben-ito,ben@northgate.example,Northgate",
        "Ben,Ito,https://www.linkedin.com/in/ben-ito,ben@northgate.example,Eastgate",
    );
    assert_eq!(counts(&imported(&bench, "", moved).await), (true, [0, 1, 2]));
    let caller = created(&bench, json!({ "name": "Mia Berg", "company": "Northgate GmbH" })).await;
    let path = format!("{CONTACTS}/{caller}");
    let shown = async |path: &str| bench.owner(path).await["contact"]["professional"].clone();
    let known = json!(["Dana Lee", "Ben Ito (formerly)"]);
    assert_eq!(shown(&path).await["mutualConnections"], known);
    let ben =
        bench.owner(&format!("{CONTACTS}?q=ito")).await["contacts"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(shown(&format!("{CONTACTS}/{ben}")).await["formerCompanies"], json!(["Northgate"]));
    // Who is erased is named nowhere, and what the owner types stands.
    let erased = bench.as_owner(Method::DELETE, &format!("/api/people/{ben}?confirm={ben}"));
    assert_eq!(erased.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(shown(&path).await["mutualConnections"], json!(["Dana Lee"]));
    edited(&bench, &path, 1, json!({ "mutualConnections": ["Robin"] })).await;
    assert_eq!(shown(&path).await["mutualConnections"], json!(["Robin"]));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn cards_are_read_and_written() {
    let bench = Bench::start().await;
    let cards = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dana Lee\r\nORG:Northgate\r\nEMAIL;TYPE=pref:dana@northgate.example\r\n\
                 EMAIL:lee@home.example\r\nCATEGORIES:rust,vip\r\nNOTE:first\\nsecond\r\nEND:VCARD\r\n\
                 BEGIN:VCARD\r\nVERSION:4.0\r\nN:Ito;Ben;;;\r\nTEL;VALUE=uri:tel:+1-415-555-0199\r\nEND:VCARD\r\n";
    assert_eq!(counts(&imported(&bench, "", cards).await), (true, [2, 0, 0]));
    assert_eq!(counts(&imported(&bench, "", cards).await), (true, [0, 0, 2]));
    // A further address leads to the same person.
    let table = "email,role\nlee@home.example,CTO\n";
    assert_eq!(counts(&imported(&bench, "", table).await), (true, [0, 1, 0]));
    assert_eq!(total(&bench, "q=cto+dana").await, 1);
    let written = exported(&bench, "vcard").await;
    assert!(written.contains("FN:Dana Lee\r\n") && written.contains("TEL;VALUE=uri:tel:+14155550199\r\n"));
    assert_eq!(counts(&imported(&bench, "", written).await), (true, [0, 0, 2]));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn the_card_of_a_company_is_a_contact_by_its_name() {
    let bench = Bench::start().await;
    let cards = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;;;;\r\nORG:Northgate\\, Inc.;Research\r\nEND:VCARD\r\n\
                 BEGIN:VCARD\r\nVERSION:3.0\r\nTITLE:CTO\r\nEND:VCARD\r\n";
    let read = imported(&bench, "skipBroken=true", cards).await;
    assert_eq!(counts(&read), (true, [1, 0, 0]));
    assert_eq!(read["broken"], json!([{ "line": 6, "why": "the card names nobody" }]));
    let written = exported(&bench, "vcard").await;
    assert!(written.contains("FN:Northgate\\, Inc.\r\n"), "{written}");
    assert_eq!(counts(&imported(&bench, "skipBroken=true", cards).await), (true, [0, 0, 1]));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_goes_out_comes_in_again_and_changes_nothing() {
    let bench = Bench::start().await;
    let formula = "=HYPERLINK(\"https://x.example\")";
    let dana = created(
        &bench,
        json!({ "name": formula, "company": "@cmd", "role": "+1", "phone": "+14155550123", "industry": "-",
                "tags": ["a, b", "c"], "preferredChannel": "phone", "importance": "high", "relationship": "mentor",
                "topics": ["'quoted'"], "linkedin": "linkedin.com/in/dana-lee" }),
    )
    .await;
    let note = json!({ "text": "=1+1\nsecond line" });
    bench.as_owner(Method::POST, &format!("{CONTACTS}/{dana}/notes")).json(&note).send().await.unwrap();
    let path = "/api/crm/export";
    let answer = bench.as_owner(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert_eq!(answer.headers()[header::CONTENT_DISPOSITION], "attachment; filename=\"contacts.csv\"");
    let table = answer.text().await.unwrap();
    let row = table.split_once("\r\n").unwrap().1;
    for cell in row.trim_end().split(',') {
        assert!(!cell.trim_start_matches('"').starts_with(['=', '+', '-', '@']), "{cell}");
    }
    assert_eq!(counts(&imported(&bench, "", table).await), (true, [0, 0, 1]));
    let all: Value = serde_json::from_str(&exported(&bench, "json").await).unwrap();
    assert_eq!(all["contacts"][0]["contact"]["name"], formula);
    assert_eq!(all["contacts"][0]["notes"][0]["text"], note["text"]);

    // Whoever said nothing of themselves is no line of a table, which would lead to nobody, and stands in JSON.
    bench.stack.twin.create_contact(Vec::new(), Timestamp::now()).await.unwrap();
    let cards = exported(&bench, "vcard").await;
    assert_eq!(cards.matches("BEGIN:VCARD").count(), 1, "{cards}");
    let all: Value = serde_json::from_str(&exported(&bench, "json").await).unwrap();
    assert_eq!(all["contacts"].as_array().unwrap().len(), 2);

    // Elsewhere it makes the same contact.
    let elsewhere = Bench::start().await;
    let table = exported(&bench, "csv").await;
    assert_eq!(counts(&imported(&elsewhere, "", table.clone()).await), (true, [1, 0, 0]));
    let there = elsewhere.owner(CONTACTS).await["contacts"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(exported(&elsewhere, "csv").await, table.replace(&dana, &there));
    bench.stack.stop().await.unwrap();
    elsewhere.stack.stop().await.unwrap();
}

/// Whoever only said who they are, and where, is known again by our id. What they said is no proof because it stands in a file
/// of ours, and an id ties nobody else's address: a card goes from hand to hand.
#[tokio::test]
async fn who_is_known_by_their_word_alone_comes_in_again() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let (store, person) = (twin.store(), PersonId::generate(now));
    store.create_ephemeral(person.clone(), now).await.unwrap();
    let mut contact = store.contact(&person).await.unwrap().unwrap();
    let until = contact.forget_at.unwrap();
    let said = Email::parse("dana@northgate.example").unwrap();
    let details = [Detail::Name(Some("Dana Lee".to_owned())), Detail::Email(Some(said.clone()))];
    contact.learn(details, &Origin::conversation(&"int_1".parse().unwrap(), now));
    store.save_contact(contact, &Beside::default()).await.unwrap();
    for format in ["csv", "vcard"] {
        let file = exported(&bench, format).await;
        assert!(file.contains(person.as_str()), "{file}");
        assert_eq!(counts(&imported(&bench, "", file).await), (true, [0, 0, 1]), "{format}");
    }
    let key = IdentityKey::Email;
    assert_eq!(store.identity(&key(said)).await.unwrap(), None, "they said so, and no more");

    // What the owner writes beside it is kept with them, and they with it.
    let table = format!("id,name,notes\n{person},Dana Lee,Met in Berlin\n");
    assert_eq!(counts(&imported(&bench, "", table).await), (true, [0, 1, 0]));
    let contact = store.contact(&person).await.unwrap().unwrap();
    assert!(contact.forget_at.unwrap() > until);
    assert_eq!(store.notes(&person).await.unwrap()[0].text, "Met in Berlin");

    let card = format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{person}\r\nFN:Dana Lee\r\nEMAIL:eve@southgate.example\r\nEND:VCARD\r\n"
    );
    assert_eq!(counts(&imported(&bench, "", card).await), (true, [1, 0, 0]));
    let eve = key(Email::parse("eve@southgate.example").unwrap());
    assert_ne!(store.identity(&eve).await.unwrap().unwrap().person, person);
    let card = format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{person}\r\nFN:Eve Adams\r\nTITLE:Recruiter\r\nEND:VCARD\r\n"
    );
    assert_eq!(counts(&imported(&bench, "", card).await), (true, [1, 0, 0]));
    assert_eq!(store.contact(&person).await.unwrap().unwrap().role, None);
    bench.stack.stop().await.unwrap();
}

/// A file in pieces, as the command sends it.
async fn in_pieces(bench: &Bench, file: &str, contacts: usize) -> [u64; 3] {
    let reader = Reader::new(file.as_bytes(), &Mapping::new()).unwrap();
    let mut all = [0; 3];
    for piece in reader.pieces(Most { contacts, bytes: MAX_FILE }) {
        let (applied, counts) = counts(&imported(bench, "skipBroken=true", piece.file).await);
        assert!(applied);
        all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    all
}

#[tokio::test]
async fn a_large_file_comes_in_pieces_and_goes_out_in_pages() {
    let bench = Bench::start().await;
    let mut file = "name,company,email,notes\n".to_owned();
    for number in 0..60 {
        file.push_str(&format!("Dana {number},Northgate,d{number}@northgate.example,\"two\nlines\"\n"));
    }
    // Somebody comes twice, in different pieces.
    file.push_str("Dana 0,Northgate,d0@northgate.example,more\n");
    assert_eq!(in_pieces(&bench, &file, 7).await, [60, 1, 0]);
    assert_eq!(in_pieces(&bench, &file, 25).await, [0, 0, 61], "what broke off is taken up again");
    let whole = exported(&bench, "csv").await;
    for format in [Exported::Csv, Exported::Vcard, Exported::Json] {
        let (mut text, mut after, mut pages) = (around(format).0.to_owned(), None, 0);
        loop {
            let most = Most { contacts: 25, bytes: if pages == 0 { 2000 } else { MAX_FILE } };
            let found = page(&bench.stack.twin, format, after, most, Timestamp::now()).await.unwrap();
            assert!(found.contacts <= 25 && (pages > 0 || found.text.len() < 2100));
            text += &join(format, &found.text, pages == 0);
            (after, pages) = (found.end, pages + 1);
            if after.is_none() {
                break;
            }
        }
        text += around(format).1;
        assert!(pages >= 3, "{pages}");
        assert_eq!(text, exported(&bench, format.name()).await);
    }
    assert_eq!(in_pieces(&bench, &whole, 100).await, [0, 0, 60]);
    let wrong = bench.as_owner(Method::GET, "/api/crm/export?cursor=nowhere").send().await.unwrap();
    is_problem(wrong, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    let many = "name\nDana\n".to_owned() + &"Dana\n".repeat(MAX_CONTACTS);
    let many = bench.as_owner(Method::POST, "/api/crm/import").body(many).send().await.unwrap();
    is_problem(many, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn more_than_an_answer_holds_is_led_to() {
    let bench = Bench::start().await;
    let dana = created(&bench, json!({ "name": "Dana Lee" })).await;
    let ben = created(&bench, json!({ "name": "Ben Ito" })).await;
    let text = "x".repeat(10_000);
    for person in [&dana, &ben] {
        for number in 0..250 {
            let id = format!("not_{number:03}").parse().unwrap();
            let person = person.parse().unwrap();
            let mut note = Note::new(id, person, format!("{number} {text}"), Timestamp::now());
            bench.stack.twin.store().save_note(&mut note).await.unwrap();
        }
    }
    let (mut path, mut pages) = ("/api/crm/export?format=json".to_owned(), Vec::new());
    loop {
        let answer = bench.as_owner(Method::GET, &path).send().await.unwrap();
        let next = answer.headers().get(header::LINK).map(|link| link.to_str().unwrap().to_owned());
        let page = answer.bytes().await.unwrap();
        assert!(page.len() < 6_000_000);
        pages.push(serde_json::from_slice::<Value>(&page).unwrap());
        let Some(next) = next else { break };
        path = next.trim_start_matches('<').trim_end_matches(">; rel=\"next\"").to_owned();
    }
    let names: Vec<&Value> = pages.iter().map(|page| &page["contacts"][0]["contact"]["name"]).collect();
    assert_eq!(names, ["Ben Ito", "Dana Lee"]);
    bench.stack.stop().await.unwrap();
}

/// Whoever asks for somebody's notes waits for another who does.
#[derive(Clone)]
struct InPairs {
    http: reqwest::Client,
    table: String,
    both: Arc<Barrier>,
    met: Arc<AtomicUsize>,
}

async fn in_pairs(State(pairs): State<InPairs>, headers: HeaderMap, body: Bytes) -> Response {
    const PATIENCE: Duration = Duration::from_mins(1);
    let is_of_notes = String::from_utf8_lossy(&body).contains(r#"{"S":"NOTE#"}"#);
    if is_of_notes && timeout(PATIENCE, pairs.both.wait()).await.is_ok() {
        pairs.met.fetch_add(1, Ordering::SeqCst);
    }
    answered((&pairs.http, &pairs.table), &headers, body).await
}

/// One after the other they would take as long as there are contacts.
#[tokio::test]
async fn notes_of_a_batch_are_read_side_by_side() {
    const FILE: &str = "Name,Email,Notes\nDana,dana@northgate.example,One\nBen,ben@northgate.example,Two\n";
    let bench = Bench::start().await;
    assert_eq!(counts(&imported(&bench, "", FILE).await), (true, [2, 0, 0]));
    let pairs = InPairs {
        http: reqwest::Client::new(),
        table: bench.stack.aws().dynamodb_url(),
        both: Arc::new(Barrier::new(2)),
        met: Arc::default(),
    };
    let met = Arc::clone(&pairs.met);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(in_pairs).with_state(pairs);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let sdk = config(&bench).to_builder().endpoint_url(url).build();
    let twin = alone(&bench, aws_sdk_dynamodb::Client::new(&sdk));
    let records = Reader::new(FILE.as_bytes(), &Mapping::new()).unwrap().map(Result::unwrap).collect();
    let (taken, broken) = Importer::new(&twin, false, Timestamp::now()).take(records).await.unwrap();
    assert_eq!((taken.unchanged, broken.len(), met.load(Ordering::SeqCst)), (2, 0, 2));
    bench.stack.stop().await.unwrap();
}

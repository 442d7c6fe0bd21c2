//! A consultation on the phone leads to a proposal: a document that the owner reads, and that goes out as it was read.

use jiff::{SignedDuration, Timestamp};
use mail_parser::{MessageParser, MimeHeaders as _};
use omnitwin::stack::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sim::scenario::Scenario;
use tests::{Bench, options};
use twin::{
    follow_up::{Content, FollowUp, State, due::Quiet, settings::SavedFollowUpSettings},
    interaction::{Speaker, Turn},
    store::StoreError,
    twin::Decision,
    wire::ticket::{Tap, TicketKey},
};

use super::{
    close, conversation,
    deciding::{approve, decide, mails_to, waiting},
};

const CLIENT: &str = "jonas@brightwater.example";

/// What the document says, read by the importer of PDFs.
fn text_of(pdf: &[u8]) -> String {
    let read = knowledge::file::read("proposal.pdf", pdf).unwrap();
    let sections = read.documents.iter().flat_map(|document| &document.sections);
    let text = sections.map(|section| section.text.as_str()).collect::<Vec<_>>().join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn proposal(bench: &Bench) -> Value {
    let consultation = Scenario::built_in("consultation").unwrap();
    let report = bench.place(bench.caller(&consultation)).await;
    assert_eq!(report.status, "completed");
    let waiting = waiting(bench).await;
    let found = waiting.into_iter().find(|one| one["content"]["kind"] == "proposal");
    found.expect("a proposal waits for the owner's word")
}

fn path_of(one: &Value) -> String {
    format!(
        "/api/crm/contacts/{}/follow-ups/{}",
        one["person"].as_str().unwrap(),
        one["id"].as_str().unwrap()
    )
}

/// The attachments of each mail to the client.
fn attached(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for mail in bench.stack.aws().ses.sent().iter().filter(|mail| mail.recipients == [CLIENT]) {
        let message = MessageParser::default().parse(&mail.raw).unwrap();
        let files = message
            .attachments()
            .map(|part| (part.attachment_name().unwrap_or_default().to_owned(), part.contents().to_vec()));
        all.extend(files);
    }
    all
}

#[tokio::test]
async fn a_proposal_goes_out_as_it_was_read() {
    let bench = Bench::start().await;
    let one = proposal(&bench).await;
    let before = mails_to(&bench, CLIENT).len();
    assert_eq!(one["state"], "awaiting_approval");
    assert_eq!(one["content"]["proposal"]["title"], "Finding bottlenecks");
    let quote = "Our payment system is slow and we need a consultant.";
    assert_eq!(one["content"]["proposal"]["sources"][0]["quote"], quote);
    assert!(one["letter"]["text"].as_str().unwrap().contains("EUR 6,000 to 9,500"), "{one}");

    let shown = bench.as_owner(Method::GET, &format!("{}/document", path_of(&one))).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "application/pdf");
    assert!(shown.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let pdf = shown.bytes().await.unwrap();
    let text = text_of(&pdf);
    for said in
        ["Jonas Keller", quote, "Alex Sample", "EUR 6,000 to 9,500", "5 to 8", "Prices are without VAT"]
    {
        assert!(text.contains(said), "{said:?} in {text}");
    }
    assert!(!text.contains("brightwater dot example"), "how they are reached is not quoted: {text}");
    let nobody = bench.http.get(bench.url(&format!("{}/document", path_of(&one)))).send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);

    // Neither a rule nor a habit sends it by itself.
    let always = json!({ "fingerprint": one["fingerprint"], "decision": "approve", "always": true });
    assert_eq!(decide(&bench, &one, always).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    bench.stack.twin.sweep(Timestamp::now() + SignedDuration::from_hours(24)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(mails_to(&bench, CLIENT).len(), before);

    assert_eq!(decide(&bench, &one, approve(&one)).await.status(), StatusCode::OK);
    assert_eq!(decide(&bench, &one, approve(&one)).await.status(), StatusCode::CONFLICT);
    assert_eq!(mails_to(&bench, CLIENT).len(), before + 1);
    let files = attached(&bench);
    let [(name, bytes)] = files.as_slice() else { panic!("{} files", files.len()) };
    assert!(name.strip_prefix("proposal-").and_then(|rest| rest.strip_suffix(".pdf")).is_some(), "{name}");
    assert_eq!(bytes, &pdf, "the bytes that were shown");
    bench.stack.stop().await.unwrap();
}

/// The owner changes it: what was read before is not what a word is given for any more, and what goes out is what was read last.
#[tokio::test]
async fn a_proposal_is_written_anew_and_goes_out_as_it_is_then() {
    let bench = Bench::start().await;
    let one = proposal(&bench).await;
    let path = format!("{}/proposal", path_of(&one));
    let patch = async |fingerprint: &Value, edit: Value| {
        let body = json!({ "fingerprint": fingerprint, "proposal": edit });
        bench.as_owner(Method::PATCH, &path).json(&body).send().await.unwrap()
    };
    let mut services = one["content"]["proposal"]["services"].clone();
    services[0]["price"] = json!({ "from": 4000, "to": 4000 });
    let edit = json!({ "title": "Fast payments", "services": services, "approach": ["I look at the slowest path first."] });
    for (wrong, status) in [
        (json!({ "title": "" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "guest": { "name": "Eve" } }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "services": [] }), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(patch(&one["fingerprint"], wrong).await.status(), status);
    }
    assert_eq!(patch(&json!("AAAAAAAAAAAAAAAA"), edit.clone()).await.status(), StatusCode::CONFLICT);
    assert_eq!(proposal_that_waits(&bench).await["fingerprint"], one["fingerprint"], "nothing was written");

    let answer = patch(&one["fingerprint"], edit.clone()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let new: Value = answer.json().await.unwrap();
    assert_eq!(
        (&new["state"], &new["content"]["proposal"]["title"]),
        (&one["state"], &json!("Fast payments"))
    );
    assert!(new["letter"]["text"].as_str().unwrap().contains("EUR 4,000"), "{new}");
    assert_eq!(patch(&one["fingerprint"], edit).await.status(), StatusCode::CONFLICT, "another was shown");
    assert_eq!(decide(&bench, &one, approve(&one)).await.status(), StatusCode::CONFLICT);
    assert_eq!(attached(&bench), []);
    assert_eq!(decide(&bench, &new, approve(&new)).await.status(), StatusCode::OK);
    let files = attached(&bench);
    let text = text_of(&files[0].1);
    for said in ["Fast payments", "EUR 4,000", "I look at the slowest path first.", "Jonas Keller"] {
        assert!(text.contains(said), "{said:?} in {text}");
    }
    assert_eq!(patch(&new["fingerprint"], json!({ "title": "Late" })).await.status(), StatusCode::CONFLICT);
    bench.stack.stop().await.unwrap();
}

/// The owner is mailed the document, and where to give the word; not once it was given.
#[tokio::test]
async fn the_owner_is_mailed_what_waits() {
    let bench = Bench::start().await;
    let one = proposal(&bench).await;
    let mails: Vec<_> = bench.stack.aws().ses.sent();
    let told = mails.iter().map(|mail| MessageParser::default().parse(&mail.raw).unwrap());
    let told: Vec<_> = told
        .filter(|mail| mail.subject().is_some_and(|it| it.starts_with("It waits for your word")))
        .collect();
    assert_eq!(told.len(), 1);
    let text = told[0].body_text(0).unwrap();
    for said in ["Finding bottlenecks", "EUR 6,000 to 9,500", "/decide?token="] {
        assert!(text.contains(said), "{said:?} in {text}");
    }
    let shown = bench.as_owner(Method::GET, &format!("{}/document", path_of(&one))).send().await.unwrap();
    let file = told[0].attachments().next().expect("the document is attached");
    assert_eq!(file.contents(), &shown.bytes().await.unwrap()[..], "as it would go out");
    let link = text.split_whitespace().find(|word| word.contains("/decide?token=")).unwrap();
    let page = bench.http.get(link).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("What I would do"), "{page}");
    bench.stack.stop().await.unwrap();
}

/// Whoever read it before another wrote it anew neither sends nor overwrites what that says.
#[tokio::test]
async fn what_was_written_meanwhile_is_neither_lost_nor_approved() {
    let bench = Bench::start().await;
    let one = proposal(&bench).await;
    let before = mails_to(&bench, CLIENT).len();
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let (person, id) =
        (one["person"].as_str().unwrap().parse().unwrap(), one["id"].as_str().unwrap().parse().unwrap());
    let print = one["fingerprint"].as_str().unwrap();
    let edit = |title: &str| serde_json::from_value(json!({ "title": title })).unwrap();

    // Read, written anew by somebody else, and then approved, or written, as it was read.
    let read: FollowUp = twin.store().follow_up(&person, &id).await.unwrap().unwrap();
    let new = twin.rewrite((&person, &id), print, edit("Fast payments"), now).await.unwrap();
    for state in [State::Approved, State::AwaitingApproval] {
        let next = FollowUp { state, updated_at: now + SignedDuration::from_secs(1), ..read.clone() };
        let written = twin.store().replace_follow_up(&next, State::AwaitingApproval, read.updated_at).await;
        assert!(matches!(written, Err(StoreError::Conflict)), "{state:?}: {written:?}");
    }
    // At once: one of them.
    let print = new.fingerprint();
    let later = now + SignedDuration::from_secs(2);
    let both = tokio::join!(
        twin.rewrite((&person, &id), &print, edit("One"), later),
        twin.rewrite((&person, &id), &print, edit("Other"), later + SignedDuration::from_secs(1)),
    );
    assert_eq!(usize::from(both.0.is_ok()) + usize::from(both.1.is_ok()), 1, "{both:?}");
    let kept = both.0.or(both.1).unwrap();
    let print = kept.fingerprint();
    let last = later + SignedDuration::from_secs(2);
    let both = tokio::join!(
        twin.decide(&person, &id, &print, Decision::approve(), last),
        twin.rewrite((&person, &id), &print, edit("Late"), last + SignedDuration::from_secs(1)),
    );
    assert_eq!(usize::from(both.0.is_ok()) + usize::from(both.1.is_ok()), 1, "{both:?}");
    bench.stack.jobs_done().await.unwrap();
    let stands = twin.store().follow_up(&person, &id).await.unwrap().unwrap();
    let is_sent = mails_to(&bench, CLIENT).len() > before;
    assert_eq!(is_sent, both.0.is_ok(), "{stands:?}");
    let Content::Proposal { proposal, .. } = &stands.content else { panic!("{stands:?}") };
    assert_eq!(proposal.title == "Late", both.1.is_ok());
    bench.stack.stop().await.unwrap();
}

/// Written anew in the owner's quiet hours, before they are told: the mail names what its document says.
#[tokio::test]
async fn the_owner_is_told_what_it_says_by_then() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let SavedFollowUpSettings { version, mut settings, .. } =
        twin.store().follow_up_settings().await.unwrap();
    let time = |hours: i64| (now + SignedDuration::from_hours(hours)).to_zoned(settings.zone()).time();
    settings.owner_quiet = Some(Quiet { from: time(-2), until: time(2) });
    twin.replace_follow_up_settings(&settings, version, now).await.unwrap();
    let one = proposal(&bench).await;
    let told = || {
        let all = bench.stack.aws().ses.sent();
        let all = all.iter().map(|mail| MessageParser::default().parse(&mail.raw).unwrap().into_owned());
        let is_told = |mail: &mail_parser::Message<'_>| {
            mail.subject().is_some_and(|it| it.starts_with("It waits for your word"))
        };
        all.filter(is_told).collect::<Vec<_>>()
    };
    assert_eq!(told().len(), 0, "they sleep");
    let mut services = one["content"]["proposal"]["services"].clone();
    services[0]["price"] = json!({ "from": 4000, "to": 4000 });
    let edit = json!({ "fingerprint": one["fingerprint"], "proposal": { "title": "Fast payments", "services": services } });
    let path = format!("{}/proposal", path_of(&one));
    let answer = bench.as_owner(Method::PATCH, &path).json(&edit).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let person = one["person"].as_str().unwrap().parse().unwrap();
    let all = twin.store().follow_ups(&person).await.unwrap();
    let waits = |one: &&FollowUp| matches!(one.content, Content::OwnerNotification { about: Some(_), .. });
    let mut awake = all.iter().find(waits).unwrap().clone();
    assert!(awake.due_at.take().is_some());
    let SavedFollowUpSettings { version, mut settings, .. } =
        twin.store().follow_up_settings().await.unwrap();
    settings.owner_quiet = None;
    twin.replace_follow_up_settings(&settings, version, now).await.unwrap();
    twin.store().move_follow_up(&awake, State::Approved).await.unwrap();
    twin.sweep(Timestamp::now() + SignedDuration::from_mins(5)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let mails = told();
    assert_eq!(mails.len(), 1);
    let text = mails[0].body_text(0).unwrap();
    assert!(text.contains("Fast payments") && text.contains("EUR 4,000"), "{text}");
    assert!(!text.contains("6,000") && !text.contains("Finding bottlenecks"), "{text}");
    bench.stack.stop().await.unwrap();
}

/// The page behind a tap shows all of it, and the file, while it is what the link was made for.
#[tokio::test]
async fn a_tap_shows_the_document() {
    let bench = Bench::start().await;
    let one = proposal(&bench).await;
    let key = TicketKey::new(&bench.stack.secrets.ticket_secret);
    let tap = |print: &str| Tap {
        person: one["person"].as_str().unwrap().parse().unwrap(),
        follow_up: one["id"].as_str().unwrap().parse().unwrap(),
        fingerprint: print.to_owned(),
        expires: Timestamp::now() + SignedDuration::from_hours(1),
    };
    let token = key.sign(&tap(one["fingerprint"].as_str().unwrap())).unwrap();
    let get = async |path: &str, token: &str| {
        bench.http.get(bench.url(&format!("{path}?token={token}"))).send().await.unwrap()
    };
    let page = get("/decide", &token).await.text().await.unwrap();
    for said in ["What you need", "What I would do", "EUR 6,000 to 9,500", "/decide/document?token="] {
        assert!(page.contains(said), "{said:?} in {page}");
    }
    let file = get("/decide/document", &token).await;
    assert_eq!(file.headers()["content-type"], "application/pdf");
    assert!(file.bytes().await.unwrap().starts_with(b"%PDF-"));
    let other = key.sign(&tap("AAAAAAAAAAAAAAAA")).unwrap();
    assert_eq!(get("/decide/document", &other).await.status(), StatusCode::CONFLICT);
    assert_eq!(get("/decide/document", "x").await.status(), StatusCode::NOT_FOUND);
    bench.stack.stop().await.unwrap();
}

/// What would be attached is not what was approved: it waits for another look, and nothing goes out.
#[tokio::test]
async fn other_bytes_need_another_word() {
    let bench = Bench::start().await;
    let one = proposal(&bench).await;
    let before = mails_to(&bench, CLIENT).len();
    let store = bench.stack.twin.store();
    let (person, id) =
        (one["person"].as_str().unwrap().parse().unwrap(), one["id"].as_str().unwrap().parse().unwrap());
    let mut known: FollowUp = store.follow_up(&person, &id).await.unwrap().unwrap();
    // As a program that drew documents otherwise would have left it.
    if let Content::Proposal { document, .. } = &mut known.content {
        *document = "of other bytes".to_owned();
    }
    store.move_follow_up(&known, State::AwaitingApproval).await.unwrap();
    let stale = decide(&bench, &one, approve(&one)).await;
    assert_eq!(stale.status(), StatusCode::CONFLICT, "another document was shown");
    let shown = proposal_that_waits(&bench).await;
    assert_eq!(decide(&bench, &shown, approve(&shown)).await.status(), StatusCode::OK);
    let again = proposal_that_waits(&bench).await;
    assert_ne!(again["fingerprint"], shown["fingerprint"]);
    assert!(again["problem"].as_str().unwrap().contains("not the one that you approved"), "{again}");
    assert_eq!(mails_to(&bench, CLIENT).len(), before);
    assert_eq!(decide(&bench, &again, approve(&again)).await.status(), StatusCode::OK);
    assert_eq!(mails_to(&bench, CLIENT).len(), before + 1);
    bench.stack.stop().await.unwrap();
}

async fn proposal_that_waits(bench: &Bench) -> Value {
    let waiting = waiting(bench).await;
    waiting.into_iter().find(|one| one["content"]["kind"] == "proposal").expect("it waits")
}

/// A model chooses among the services; what they cost stands in the rate card.
#[tokio::test]
async fn a_model_words_it_and_prices_nothing() {
    let bench = Bench::with(Options { text_is_simulated: true, ..options() }).await;
    let session = conversation(&bench, "+14155550196").await;
    let said = "We need a consultation: our payment system is slow, and all must be faster.";
    let turn = Turn {
        offset_ms: 3000,
        sequence: 0,
        speaker: Speaker::Person,
        text: said.to_owned(),
        interrupted: false,
        heard: None,
    };
    bench.stack.twin.heard(&session, &turn).await.unwrap();
    close(&bench, &session).await;
    let one = proposal_that_waits(&bench).await;
    let proposal = &one["content"]["proposal"];
    assert_eq!(proposal["title"], "Architecture review", "the simulated model takes the first that is named");
    assert_eq!(proposal["services"][0]["price"], json!({ "from": 7500, "to": 7500 }));
    assert_eq!(proposal["sources"][0]["quote"], said, "{proposal}");
    bench.stack.stop().await.unwrap();
}

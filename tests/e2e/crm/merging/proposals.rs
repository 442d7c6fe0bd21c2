//! Who may be one person is proposed to the owner; only what was proved merges by itself.

use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{
    id::PersonId,
    identity::Phone,
    merging::{Proposal, Verdict},
    store::StoreError,
};

use super::{
    super::{CONTACTS, asked, created, edited},
    MERGES, caller, unmerged,
};

#[tokio::test]
async fn who_may_be_one_is_proposed_once_with_reasons() {
    let bench = Bench::start().await;
    let one =
        created(&bench, json!({ "name": "Robert Whitfield", "company": "Northgate", "role": "Head of HR" }))
            .await;
    created(&bench, json!({ "name": "Ann Other", "company": "Northgate" })).await;
    let other =
        created(&bench, json!({ "name": "Bob Whitfield", "company": "Northgate Inc", "role": "Head of HR" }))
            .await;
    edited(&bench, &format!("{CONTACTS}/{other}"), 1, json!({ "company": "Northgate, Inc." })).await;
    let proposals = bench.owner("/api/crm/proposals").await["proposals"].clone();
    assert_eq!(proposals.as_array().unwrap().len(), 1, "{proposals}");
    let why: Vec<&str> =
        proposals[0]["why"].as_array().unwrap().iter().map(|why| why.as_str().unwrap()).collect();
    assert!(why.contains(&"same family name") && why.iter().any(|why| why.contains("first name")), "{why:?}");
    assert!(!why.iter().any(|why| why.contains("Whitfield")), "reasons hold no value: {why:?}");

    let path = format!("/api/crm/proposals/{other}/{one}/dismiss");
    let answer = asked(&bench, Method::POST, &path, &json!({})).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["state"], "dismissed");
    edited(&bench, &format!("{CONTACTS}/{other}"), 2, json!({ "role": "Head of HR, Europe" })).await;
    assert_eq!(bench.owner("/api/crm/proposals").await["proposals"], json!([]), "it is remembered");
    let unknown = asked(&bench, Method::POST, "/api/crm/proposals/per_1/per_2/dismiss", &json!({})).await;
    is_problem(unknown, StatusCode::NOT_FOUND, "not_found").await;
    bench.stack.stop().await.unwrap();
}

/// It counts on the day on which it turned out, and not on that of the proposal.
#[tokio::test]
async fn different_accounts_are_found_when_they_come_up() {
    let bench = Bench::start().await;
    let account = |number: u8| format!("https://www.linkedin.com/in/dana-lee-{number}");
    let known = json!({ "name": "Dana Lee", "company": "Northgate", "linkedin": account(1) });
    created(&bench, known).await;
    let other = created(&bench, json!({ "name": "Dana Lee", "company": "Northgate", "role": "CTO" })).await;
    let found_at = async |list: &str| -> Timestamp {
        let found = bench.owner(list).await["proposals"][0]["foundAt"].clone();
        found.as_str().unwrap().parse().unwrap()
    };
    let proposed_at = found_at("/api/crm/proposals").await;
    let path = format!("{CONTACTS}/{other}");
    edited(&bench, &path, 1, json!({ "linkedin": account(2) })).await;
    let conflicting_at = found_at("/api/crm/conflicts").await;
    assert!(conflicting_at > proposed_at, "{conflicting_at}");
    edited(&bench, &path, 2, json!({ "role": "CEO" })).await;
    assert_eq!(found_at("/api/crm/conflicts").await, conflicting_at);
    bench.stack.stop().await.unwrap();
}

/// Whoever read it before something else was decided writes nothing over that.
#[tokio::test]
async fn of_two_who_decide_at_once_one_reads_it_again() {
    let bench = Bench::start().await;
    let store = bench.stack.twin.store();
    for _ in 0..2 {
        created(&bench, json!({ "name": "Robert Whitfield", "company": "Northgate" })).await;
    }
    let read = store.open_proposals(false).await.unwrap().remove(0);
    let decided = |state, decided_at| Proposal { state, decided_at: Some(decided_at), ..read.clone() };
    let first = decided(Verdict::Dismissed, Timestamp::now());
    store.decide_proposal(&first, Some(&read)).await.unwrap();
    let later = decided(Verdict::Merged, Timestamp::now());
    for stale in [None, Some(&read)] {
        let lost = store.decide_proposal(&later, stale).await;
        assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
    }
    assert_eq!(store.proposal(&read.one, &read.other).await.unwrap(), Some(first.clone()));
    store.decide_proposal(&later, Some(&first)).await.unwrap();
    assert_eq!(store.proposal(&read.one, &read.other).await.unwrap(), Some(later));
    bench.stack.stop().await.unwrap();
}

/// The owner says of the likeliest that they are others: then the next is proposed.
#[tokio::test]
async fn who_was_dismissed_stands_in_nobodys_way() {
    let bench = Bench::start().await;
    for _ in 0..4 {
        created(&bench, json!({ "name": "Robert Whitfield", "company": "Northgate" })).await;
    }
    let last = created(&bench, json!({ "name": "Robert Whitfield", "company": "Northgate" })).await;
    let of_last = async || {
        let open = bench.owner("/api/crm/proposals").await["proposals"].as_array().unwrap().clone();
        open.into_iter().filter(|one| one["one"] == last || one["other"] == last).collect::<Vec<_>>()
    };
    let first = of_last().await;
    assert_eq!(first.len(), 3, "{first:?}");
    for known in &first {
        let id = |side: &str| known[side].as_str().unwrap().to_owned();
        let path = format!("/api/crm/proposals/{}/{}/dismiss", id("one"), id("other"));
        assert_eq!(asked(&bench, Method::POST, &path, &json!({})).await.status(), StatusCode::OK);
    }
    assert_eq!(of_last().await, Vec::<Value>::new());
    edited(&bench, &format!("{CONTACTS}/{last}"), 1, json!({ "role": "Head of HR" })).await;
    assert_eq!(of_last().await.len(), 1, "the fourth");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn only_what_was_proved_merges_by_itself() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let now = Timestamp::now();
    let one: PersonId = created(
        &bench,
        json!({ "name": "Dana Whitfield", "company": "Northgate", "phone": "+14155550123", "linkedin": "https://www.linkedin.com/in/dana-w" }),
    )
    .await
    .parse()
    .unwrap();
    // Somebody says all of it.
    let other = caller(&bench, "+14155550199").await;
    let mut contact = store.contact(&other).await.unwrap().unwrap();
    let said = twin::contact::Origin::conversation(&"int_1".parse().unwrap(), now);
    for detail in [
        twin::contact::Detail::Name(Some("Dana Whitfield".into())),
        twin::contact::Detail::Company(Some("Northgate".into())),
        twin::contact::Detail::Phone(Some(Phone::parse("+14155550123").unwrap())),
        twin::contact::Detail::Linkedin(Some("https://www.linkedin.com/in/dana-w".into())),
    ] {
        contact.infer(detail, said.clone()).unwrap();
    }
    store.save_contact(contact.clone(), &twin::store::Beside::default()).await.unwrap();
    twin.look_for_others(std::slice::from_ref(&other), Timestamp::now()).await;
    assert_eq!(bench.owner("/api/crm/proposals").await["proposals"].as_array().unwrap().len(), 1);
    assert_eq!(bench.owner(MERGES).await["merges"], json!([]), "what anybody can say merges nobody");

    // The owner vouches for it: it stands in a file.
    contact.version += 1;
    for detail in [
        twin::contact::Detail::Name(Some("Dana Whitfield".into())),
        twin::contact::Detail::Phone(Some(Phone::parse("+14155550123").unwrap())),
        twin::contact::Detail::Linkedin(Some("https://www.linkedin.com/in/dana-w".into())),
    ] {
        contact.edit(detail, now);
    }
    contact.updated_at = Timestamp::now();
    store.save_contact(contact, &twin::store::Beside::default()).await.unwrap();
    twin.look_for_others(std::slice::from_ref(&other), Timestamp::now()).await;
    let merges = bench.owner(MERGES).await["merges"].clone();
    assert_eq!((&merges[0]["by"], merges.as_array().unwrap().len()), (&json!("twin"), 1));
    assert!(!merges[0]["why"].as_array().unwrap().is_empty());
    // The owner knows better, and that is remembered.
    let absorbed = merges[0]["absorbed"].as_str().unwrap();
    assert_eq!(unmerged(&bench, absorbed).await.status(), StatusCode::OK);
    twin.look_for_others(&[other, one], Timestamp::now()).await;
    assert_eq!(bench.owner(MERGES).await["merges"], json!([]));
    assert_eq!(bench.owner("/api/crm/proposals").await["proposals"], json!([]));
    bench.stack.stop().await.unwrap();
}

/// Whoever is like two is proposed with each, and the list of proposals names them twice.
#[tokio::test]
async fn namesakes_are_proposed_with_each_other() {
    let bench = Bench::start().await;
    for number in 0..3 {
        let email = format!("d{number}@mail{number}.example");
        created(&bench, json!({ "name": "Dana Whitfield", "company": "Northgate", "email": email })).await;
    }
    let open = bench.owner("/api/crm/proposals").await;
    assert_eq!(open["proposals"].as_array().unwrap().len(), 3, "{open}");
    bench.stack.stop().await.unwrap();
}

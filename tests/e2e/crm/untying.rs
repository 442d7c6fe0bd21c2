//! Keys that are not theirs any more, and who is kept although nothing leads to them.

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{
    follow_up::{Content, FollowUp, State},
    id::{InteractionId, PersonId},
    identity::{Email, Evidence, EvidenceSource, Identity, IdentityKey, Phone},
    store::{
        Beside, Store, StoreError,
        oauth::{Code, Grant, Resource, Visitor, Who},
    },
    twin::Account,
};

use super::{CONTACTS, asked, created, edited};
use crate::follow_up::conservation::post;

/// A mail was planned before the owner said that the address is not theirs: it waits for their word.
#[tokio::test]
async fn nothing_goes_by_itself_to_what_was_untied_since() {
    let bench = Bench::start().await;
    let (twin, now, address) = (&bench.stack.twin, Timestamp::now(), "dana@northgate.example");
    let fields = json!({ "name": "Dana", "email": address });
    let dana: PersonId = created(&bench, fields).await.parse().unwrap();
    // No conversation to be analysed.
    let of = (dana.clone(), InteractionId::derived("reminder-untied").unwrap());
    let content = Content::MissedCallEmail { to: Email::parse(address).unwrap() };
    let planned = FollowUp::of(of, "untied", content, State::Approved, "a test".to_owned(), now).unwrap();
    twin.store().add_follow_up(&planned).await.unwrap();
    twin.untie(&dana, "email", address, now).await.unwrap();
    Box::pin(twin.follow_up(&dana, &planned.interaction, &post(&bench), now)).await.unwrap();
    let waiting = twin.store().follow_up(&dana, &planned.id).await.unwrap().unwrap();
    assert_eq!(waiting.state, State::AwaitingApproval, "{waiting:?}");
    assert!(waiting.problem.unwrap().contains("not theirs"));
    assert!(bench.stack.aws().ses.sent().is_empty());
    bench.stack.stop().await.unwrap();
}

/// The number is somebody else's now: the owner unties it, and whoever calls next is somebody new, although the file with
/// it is imported once more. Of an account, what it was let into ends.
#[tokio::test]
async fn a_number_that_is_anothers_is_untied() {
    let bench = Bench::start().await;
    let fields = json!({ "name": "Dana", "phone": "+14155550123", "email": "dana@northgate.example" });
    let dana = created(&bench, fields).await;
    let path = format!("{CONTACTS}/{dana}/keys");
    let keys = bench.owner(&path).await["keys"].clone();
    assert_eq!((&keys[1]["kind"], &keys[1]["value"]), (&json!("phone"), &json!("+14155550123")), "{keys}");
    assert_eq!((&keys[1]["isTied"], &keys[1]["evidence"][0]["source"]), (&json!(true), &json!("owner")));
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let key = IdentityKey::Phone(Phone::parse("+14155550123").unwrap());
    let stale = store.identity(&key).await.unwrap().unwrap();
    let untie = async |key: &str| asked(&bench, Method::DELETE, &format!("{path}/{key}"), &Value::Null).await;
    is_problem(untie("phone?value=%2B14155550199").await, StatusCode::NOT_FOUND, "not_found").await;
    is_problem(untie("phone").await, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    let left: Value = untie("phone?value=%2B14155550123").await.json().await.unwrap();
    assert_eq!((&left["contactMethods"]["phone"], &left["name"]), (&Value::Null, &json!("Dana")));
    is_problem(untie("phone?value=%2B14155550123").await, StatusCode::NOT_FOUND, "not_found").await;
    let file = "name,email,phone\nDana,dana@northgate.example,+14155550123\n";
    let imported = bench.as_owner(Method::POST, "/api/crm/import").body(file).send().await.unwrap();
    assert_eq!(imported.status(), StatusCode::OK);

    let person: PersonId = dana.parse().unwrap();
    let account = IdentityKey::Oidc { issuer: "https://id.example/a".into(), subject: "dana#1?".into() };
    let signed_in = Evidence::new(EvidenceSource::SignIn, now, None);
    store.add_identity(&Identity::new(account, person.clone(), signed_in)).await.unwrap();
    let (who, grant) = let_in(store, &person, now).await;
    let value = bench.owner(&path).await["keys"][1]["value"].as_str().unwrap().to_owned();
    let value = value.replace(':', "%3A").replace('/', "%2F").replace('#', "%23").replace('?', "%3F");
    assert_eq!(untie(&format!("oidc?value={value}")).await.status(), StatusCode::OK);
    assert_eq!(store.visitor("a session", now).await.unwrap(), None);
    assert_eq!(store.grant(&who, &grant, now).await.unwrap(), None);
    let caller = store.resolve(key, Evidence::new(EvidenceSource::CallerId, now, None), now).await.unwrap();
    assert_ne!(caller.person.to_string(), dana);
    // Whoever read it before, in the same version, does not write it back.
    assert_eq!(stale.version, caller.version);
    let contact = store.contact(&person).await.unwrap().unwrap();
    let late = store.save_contact(contact, &Beside { grounds: vec![stale], ..Beside::default() }).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    assert_eq!(bench.owner(&path).await["keys"].as_array().unwrap().len(), 1);
    bench.stack.stop().await.unwrap();
}

/// The address that an account brought goes with it: whoever writes from it next, or signs in with that account, is
/// somebody else. One that was proved besides stays, and so does what another account brought.
#[tokio::test]
async fn the_address_of_an_account_goes_with_it() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let store = twin.store();
    let account = |subject: &str| {
        let (issuer, subject) = ("https://id.example".to_owned(), subject.to_owned());
        IdentityKey::Oidc { issuer, subject }
    };
    let address = |text: &str| IdentityKey::Email(Email::parse(text).unwrap());
    let says = |text: &str| Account { name: None, email: Email::parse(text).ok() };
    let leads_to = async |key: &IdentityKey| store.identity(key).await.unwrap().map(|known| known.person);
    let (own, work) = ("dana@northgate.example", "dana@elsewhere.example");
    let person = twin.signed_in(account("one"), &says(own), now).await.unwrap();
    let signed_in = Evidence::new(EvidenceSource::SignIn, now, None);
    store.add_identity(&Identity::new(account("two"), person.clone(), signed_in)).await.unwrap();
    assert_eq!(twin.signed_in(account("two"), &says(work), now).await.unwrap(), person);
    for known in [own, work] {
        assert_eq!(leads_to(&address(known)).await.as_ref(), Some(&person), "{known}");
    }
    let untie = async |key: &IdentityKey| twin.untie(&person, key.kind(), &key.value(), now).await.unwrap();
    let left = untie(&account("one")).await;
    assert_eq!(left.contact_methods.email, Email::parse(work).ok(), "the other stands in the contact");
    assert_eq!(leads_to(&address(own)).await, None, "it was the account's alone");
    assert_eq!(leads_to(&address(work)).await, Some(person.clone()), "that is another account's");
    let proved = Evidence::new(EvidenceSource::OneTimeCode, now, None);
    store.record(&address(work), &proved).await.unwrap();
    untie(&account("two")).await;
    assert_eq!(leads_to(&address(work)).await, Some(person.clone()), "they proved it");
    let other = twin.signed_in(account("one"), &says(own), now).await.unwrap();
    assert_ne!(other, person);
    assert_eq!(leads_to(&address(own)).await, Some(other));
    bench.stack.stop().await.unwrap();
}

/// A browser in which somebody signed in, and a client that they let act for them.
async fn let_in(store: &Store, person: &PersonId, now: Timestamp) -> (Who, String) {
    let (who, expires_at) = (Who::Person(person.clone()), now + SignedDuration::from_hours(1));
    let visitor = Visitor { person: person.clone(), account: None, expires_at };
    store.save_visitor("a session", &visitor).await.unwrap();
    let code = Code {
        hash: "a hash".to_owned(),
        redirect_uri: "https://host.example/callback".to_owned(),
        challenge: "a challenge".to_owned(),
        expires_at,
        used: true,
    };
    let grant = Grant {
        id: "a-grant".to_owned(),
        who: who.clone(),
        client: "a client".to_owned(),
        resource: Resource::Visitor,
        scopes: Resource::Visitor.scopes(),
        code,
        family: None,
        refresh: Vec::new(),
        spent: None,
        access: Vec::new(),
        expires_at,
        version: 0,
    };
    store.save_grant(&grant).await.unwrap();
    assert!(store.visitor("a session", now).await.unwrap().is_some());
    assert!(store.grant(&who, &grant.id, now).await.unwrap().is_some());
    (who, grant.id)
}

/// Somebody who only came by is forgotten; whom the owner writes something about is not, and can still have it erased.
#[tokio::test]
async fn whoever_is_written_up_is_not_forgotten() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let mut people = Vec::new();
    for _ in 0..6 {
        people.push(twin.begin_chat(None, now).await.unwrap().1.chat.person);
    }
    let people: [PersonId; 6] = people.try_into().unwrap();
    let [noted, due, wanted, named, found, passed] = people;
    let of = |person: &PersonId, what: &str| format!("{CONTACTS}/{person}{what}");
    for (path, body) in [
        (of(&noted, "/notes"), json!({ "text": "Met at the fair." })),
        (of(&due, "/tasks"), json!({ "title": "Ring back" })),
        (of(&wanted, "/opportunities"), json!({ "title": "Load testing" })),
    ] {
        assert_eq!(asked(&bench, Method::POST, &path, &body).await.status(), StatusCode::CREATED, "{path}");
    }
    assert_eq!(edited(&bench, &of(&named, ""), 1, json!({ "name": "Dana" })).await.status(), StatusCode::OK);
    let address = json!({ "email": "dana@northgate.example" });
    assert_eq!(edited(&bench, &of(&found, ""), 1, address).await.status(), StatusCode::OK);
    twin.sweep(now + SignedDuration::from_hours(24 * 91)).await.unwrap();
    let store = twin.store();
    for person in [&noted, &due, &wanted, &named, &found] {
        let known = store.known(person).await.unwrap().unwrap();
        assert_eq!(known.contact.forget_at, known.context.forget_at);
        assert_eq!(known.contact.forget_at.is_none(), person == &found, "an address leads to them");
    }
    assert!(store.known(&passed).await.unwrap().is_none());
    // Who absorbs whom is not for the owner to guess.
    let anew = twin.begin_chat(None, Timestamp::now()).await.unwrap().1.chat.person;
    let wanted = json!({ "survivor": anew, "absorbed": found });
    let answer = asked(&bench, Method::POST, "/api/crm/merges", &wanted).await;
    let merged: Value = answer.json().await.unwrap();
    assert_eq!((&merged["plan"]["survivor"], &merged["merge"]["absorbed"]), (&json!(found), &json!(anew)));
    bench.stack.stop().await.unwrap();
}

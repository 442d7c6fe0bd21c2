//! Somebody comes in: by an account, or out of a file.

use std::io::Cursor;

use crm::files::{Importer, Mapping, Reader, Record};
use jiff::Timestamp;
use tests::Bench;
use twin::{
    identity::{Email, IdentityKey},
    twin::Account,
};

use super::{address, broke_off, email, lives};

const NAMES: [&str; 8] = [
    "Ada Quill",
    "Bruno Tarn",
    "Cleo Vance",
    "Dov Marsh",
    "Esme Pike",
    "Faro Lund",
    "Gwen Holt",
    "Hugo Beck",
];

/// Who signs in again is the same person, with all that the account says.
#[tokio::test]
async fn a_sign_in_that_broke_off_is_made_up_for_by_the_next() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    lives(&bench, async |dying, writes| {
        let subject = writes.to_string();
        let key = IdentityKey::Oidc { issuer: "https://id.example".to_owned(), subject };
        let name = NAMES[writes];
        let account = Account { name: Some(name.to_owned()), email: Email::parse(&address(writes)).ok() };
        let now = Timestamp::now();
        let dead = broke_off(dying.signed_in(key.clone(), &account, now).await);
        let person = twin.signed_in(key.clone(), &account, now).await.unwrap();
        assert!(dead.is_none_or(|dead| dead == person), "after {writes} writes");
        let contact = store.contact(&person).await.unwrap().unwrap();
        assert_eq!((contact.name.as_deref(), contact.contact_methods.email), (Some(name), account.email));
        for key in [key, email(&address(writes))] {
            let leads_to = store.identity(&key).await.unwrap().map(|identity| identity.person);
            assert_eq!(leads_to.as_ref(), Some(&person), "after {writes} writes");
        }
        assert_eq!(twin.keys_of(&person).await.unwrap().len(), 2);
    })
    .await;
    bench.stack.stop().await.unwrap();
}

fn records(writes: usize) -> Vec<Record> {
    let (one, other) = (NAMES[writes % NAMES.len()], address(writes));
    let table =
        format!("name,email,company,notes\n{one},{other},Northgate,Met in Berlin\nNobody {writes},,,\n");
    Reader::new(Cursor::new(table), &Mapping::new()).unwrap().map(Result::unwrap).collect()
}

/// The same file again makes whole what is half imported, and nothing twice.
#[tokio::test]
async fn a_file_that_broke_off_is_imported_again() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    lives(&bench, async |dying, writes| {
        let now = Timestamp::now();
        broke_off(Importer::new(dying, false, now).take(records(writes)).await);
        let (counts, broken) = Importer::new(twin, false, now).take(records(writes)).await.unwrap();
        assert!(broken.is_empty(), "after {writes} writes: {broken:?}");
        assert_eq!(counts.created + counts.changed + counts.unchanged, 2);
        let leads_to = store.identity(&email(&address(writes))).await.unwrap().unwrap().person;
        let contact = store.contact(&leads_to).await.unwrap().unwrap();
        assert_eq!(contact.company.as_deref(), Some("Northgate"), "after {writes} writes");
        assert_eq!(store.notes(&leads_to).await.unwrap().len(), 1, "after {writes} writes");
        let (again, _) = Importer::new(twin, false, now).take(records(writes)).await.unwrap();
        assert_eq!(again.unchanged, 2, "after {writes} writes");
        let all = bench.owner("/api/crm/contacts").await["total"].clone();
        assert_eq!(all, 2 * (writes + 1), "after {writes} writes");
    })
    .await;
    bench.stack.stop().await.unwrap();
}

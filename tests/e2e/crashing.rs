//! Whoever does something dies after each number of its writes. What was half done is brought to its end by trying again or
//! by the sweep, or was never begun: nothing is lost, doubled, or seen half.

mod arriving;
mod conversing;
pub mod unheard;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::{OWNER_EMAIL, TABLE};
use serde_json::{Value, json};
use tests::{Bench, dying::Life};
use twin::{
    audit::Actor,
    clients::queue::Queue,
    consent::{Matter, is_withdrawn},
    error::Error,
    follow_up::{Content, FollowUp, Links, News, State},
    id::{FollowUpId, InteractionId, PersonId},
    identity::{Assurance, Email, EvidenceSource, IdentityKey, Phone},
    interaction::{Action, Channel, Speaker, Turn},
    knowledge::{
        document::{Document, Section, SourceKind},
        manifest::{Hash, Missing},
    },
    scheduling::Party,
    store::{Store, keys},
    twin::{Decision, Import, Session, Twin, begin_handed_over},
};

use super::{
    calendar::{claimed, somebody, started, ten, to_book},
    follow_up::deciding::{mails_to, settings},
    privacy::{config, traces},
    proving::{acted, digits, email, mails, opened, over, resolved},
};

/// Nothing here writes so often.
const MOST: usize = 60;

/// A twin with so many writes left. Its jobs go nowhere.
pub fn dying(bench: &Bench, life: &Life) -> Twin {
    alone(bench, life.client(&config(bench)))
}

/// A twin with a store of its own. Its jobs go nowhere.
pub fn alone(bench: &Bench, store: aws_sdk_dynamodb::Client) -> Twin {
    let nowhere = Queue::new(aws_sdk_sqs::Client::new(&config(bench)), "http://127.0.0.1:1/jobs");
    let line = Some(bench.stack.account.phone_number.clone());
    Twin::new(Store::new(store, TABLE), nowhere).with_line(line)
}

/// One life after another, each a write longer, until one has enough; how many there were.
pub async fn lives(bench: &Bench, mut lived: impl AsyncFnMut(&Twin, usize)) {
    for writes in 0..MOST {
        let life = Life::of(writes);
        lived(&dying(bench, &life), writes).await;
        if !life.is_over() {
            assert!(writes > 1, "there was nothing to break off");
            return;
        }
    }
    panic!("it writes more than {MOST} times");
}

pub fn number(at: usize) -> IdentityKey {
    IdentityKey::Phone(Phone::parse(&format!("+1415555{:04}", 2000 + at)).unwrap())
}

pub fn address(at: usize) -> String {
    format!("p{at}@northgate.example")
}

async fn says(bench: &Bench, session: &Session, text: &str) {
    let turn = Turn {
        offset_ms: 1,
        sequence: 1,
        speaker: Speaker::Person,
        text: text.to_owned(),
        interrupted: false,
        heard: None,
    };
    bench.stack.twin.heard(session, &turn).await.unwrap();
}

/// A call of somebody whom only their number tells.
async fn calls(bench: &Bench, at: usize, level: Assurance) -> (PersonId, Session) {
    let person = resolved(bench, number(at), EvidenceSource::CallerId).await;
    let session = opened(bench, &person, Channel::Phone, level).await;
    says(bench, &session, "The budget is 110,000 euros.").await;
    (person, session)
}

async fn swept(bench: &Bench, after: SignedDuration) {
    bench.stack.twin.sweep(Timestamp::now() + after).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
}

/// Dead, or done; nothing else.
pub fn broke_off<T>(came: Result<T, Error>) -> Option<T> {
    match came {
        Ok(value) => Some(value),
        Err(Error::Unavailable(_) | Error::Upstream(_)) => None,
        Err(error) => panic!("{error:?}"),
    }
}

async fn stored(bench: &Bench, session: &Session, call: &str) -> Option<Value> {
    bench.stack.twin.store().acted(&session.person, &session.interaction, call).await.unwrap()
}

/// The owner is to be told something, without a conversation that is to be analysed.
async fn to_be_told(bench: &Bench, now: Timestamp) {
    let person = resolved(bench, number(0), EvidenceSource::CallerId).await;
    let of = (person, InteractionId::derived("reminder-late").unwrap());
    let content = Content::news(News::Message, "Please call.".to_owned());
    let told = FollowUp::of(of, "told", content, State::Approved, "a test".to_owned(), now).unwrap();
    bench.stack.twin.store().add_follow_up(&told).await.unwrap();
}

/// What the queue does not take goes out with the next sweep, not a quarter of an hour later.
#[tokio::test]
async fn what_the_queue_does_not_take_is_not_late() {
    let bench = Bench::start().await;
    let now = Timestamp::now();
    to_be_told(&bench, now).await;
    dying(&bench, &Life::of(MOST)).sweep(now + SignedDuration::from_mins(3)).await.unwrap();
    swept(&bench, SignedDuration::from_mins(4)).await;
    assert_eq!(mails_to(&bench, OWNER_EMAIL).len(), 1);
    bench.stack.stop().await.unwrap();
}

/// Before everything else that is due, in each shard, lies something that nobody can read.
#[tokio::test]
async fn what_cannot_be_read_keeps_nothing_else_waiting() {
    let bench = Bench::start().await;
    let now = Timestamp::now();
    to_be_told(&bench, now).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let table = aws_sdk_dynamodb::Client::new(&config(&bench));
    for shard in 0..keys::DUE_SHARDS {
        let put = table.put_item().table_name(TABLE).item(keys::PK, text("PERSON#per_garbled"));
        let put = put.item(keys::SK, text(&format!("FOLLOWUP#{shard}")));
        let put = put.item(keys::DUE_SHARD, text(&format!("DUE#{shard}")));
        put.item(keys::DUE_AT, text(&keys::time(Timestamp::UNIX_EPOCH))).send().await.unwrap();
    }
    let came = bench.stack.twin.sweep(now + SignedDuration::from_mins(3)).await;
    assert!(matches!(came, Err(Error::Internal(_))), "whoever runs it is told: {came:?}");
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(mails_to(&bench, OWNER_EMAIL).len(), 1);
    bench.stack.stop().await.unwrap();
}

/// Whoever was told that nobody writes to them any more is written to by nobody.
#[tokio::test]
async fn what_was_answered_holds() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let mut at = 0;
    lives(&bench, async |dying, writes| {
        at += 1;
        let (person, session) = calls(&bench, at, Assurance::Verified).await;
        let now = Timestamp::now();
        let withdrawn = async || {
            let records = store.consents(&person).await.unwrap();
            Matter::CONTACT.iter().filter(|matter| is_withdrawn(&records, **matter)).count()
        };
        broke_off(dying.act(&session, "call_1", "stop_contact", "{}", now).await);
        assert!(stored(&bench, &session, "call_1").await.is_none() || withdrawn().await == 3, "{writes}");
        twin.act(&session, "call_1", "stop_contact", "{}", now).await.unwrap();
        let held = store.conversation(&person, &session.interaction).await.unwrap().unwrap();
        assert_eq!((withdrawn().await, held.actions.as_slice()), (3, &[Action::ContactStopped][..]));
    })
    .await;
    lives(&bench, async |dying, writes| {
        at += 1;
        let (person, session) = calls(&bench, at, Assurance::Verified).await;
        let (now, key) = (Timestamp::now(), email(&address(at)));
        let details = json!({ "email": address(at), "confirmed": true }).to_string();
        broke_off(dying.act(&session, "call_1", "save_contact", &details, now).await);
        let leads = async || {
            let identity = store.identity(&key).await.unwrap();
            identity.is_some_and(|identity| identity.person == person)
        };
        assert!(stored(&bench, &session, "call_1").await.is_none() || leads().await, "{writes}");
        twin.act(&session, "call_1", "save_contact", &details, now).await.unwrap();
        assert!(leads().await);
        let contact = store.contact(&person).await.unwrap().unwrap();
        assert_eq!(contact.contact_methods.email, Some(Email::parse(&address(at)).unwrap()));
    })
    .await;
    bench.stack.stop().await.unwrap();
}

/// The owner's yes is stored and carried out, or still asked for.
#[tokio::test]
async fn a_word_is_given_or_it_is_not() {
    let bench = Bench::start().await;
    settings(&bench, r#"{"quiet":null}"#).await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let mut at = 0;
    Box::pin(lives(&bench, async |dying, writes| {
        at += 1;
        let person = resolved(&bench, email(&address(at)), EvidenceSource::Owner).await;
        let now = Timestamp::now();
        let to = Email::parse(&address(at)).unwrap();
        let about: FollowUpId = "fup_none".parse().unwrap();
        let content = Content::Nudge { to, about, topic: None, links: Links::default() };
        let of = (person.clone(), InteractionId::derived(&format!("reminder-crash{at}")).unwrap());
        let waiting =
            FollowUp::of(of, "nudge", content, State::AwaitingApproval, "a test".to_owned(), now).unwrap();
        let id = waiting.id.clone();
        store.add_follow_up(&waiting).await.unwrap();
        let fingerprint = waiting.fingerprint();
        broke_off(dying.decide(&person, &id, &fingerprint, Decision::approve(), now).await);
        let decided = store.follow_up(&person, &id).await.unwrap().unwrap();
        match decided.state {
            State::AwaitingApproval => {
                assert_eq!(decided, waiting);
                twin.decide(&person, &id, &fingerprint, Decision::approve(), now).await.unwrap();
            }
            State::Approved => assert!(decided.has_yes()),
            state => panic!("after {writes} writes: {state:?}"),
        }
        bench.stack.jobs_done().await.unwrap();
        swept(&bench, SignedDuration::from_mins(5)).await;
        assert_eq!(store.follow_up(&person, &id).await.unwrap().unwrap().state, State::Sent);
        assert_eq!(mails_to(&bench, &address(at)).len(), 1, "after {writes} writes");
    }))
    .await;
    bench.stack.stop().await.unwrap();
}

/// A time is booked, moved or let go of with all that belongs to it.
#[tokio::test]
async fn a_time_is_somebodys_or_nobodys() {
    let bench = started().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let mut quarters = None;
    let mut day = 1;
    Box::pin(lives(&bench, async |dying, writes| {
        day += 1;
        let (now, booker, start) = (Timestamp::now(), somebody(&bench).await, ten(day));
        let wanted = || to_book(start, &format!("key-{day}"));
        broke_off(dying.book(&booker, wanted(), now).await);
        let booked = twin.book(&booker, wanted(), now).await.unwrap().unwrap();
        let all = store.bookings_of(&booker.person).await.unwrap();
        assert_eq!(all, std::slice::from_ref(&booked), "after {writes} writes");
        let one = *quarters.get_or_insert(claimed(&bench).await);
        assert_eq!(claimed(&bench).await, one);
        let told = store.follow_ups(&booker.person).await.unwrap().len();
        assert_eq!(told, 1, "the owner is told once");

        let later = start + SignedDuration::from_hours(3);
        let life = Life::of(writes);
        broke_off(self::dying(&bench, &life).move_booking(&booked, later, Party::Guest, now).await);
        let stands = store.booking(&booker.person, &booked.id).await.unwrap().unwrap();
        assert!(stands.start == start || stands.start == later);
        assert_eq!(claimed(&bench).await, one, "after {writes} writes");
        let moved = twin.move_booking(&stands, later, Party::Guest, now).await.unwrap().unwrap();
        assert_eq!((moved.start, claimed(&bench).await), (later, one));

        let life = Life::of(writes);
        broke_off(self::dying(&bench, &life).cancel_booking(&moved, Party::Guest, now).await);
        let stands = store.booking(&booker.person, &booked.id).await.unwrap().unwrap();
        let expected = if stands.is_on() { one } else { (0, 0) };
        assert_eq!(claimed(&bench).await, expected, "after {writes} writes");
        twin.cancel_booking(&stands, Party::Guest, now).await.unwrap();
        assert_eq!(claimed(&bench).await, (0, 0));
    }))
    .await;
    bench.stack.stop().await.unwrap();
}

/// A level rises only once its proof is stored; who lost theirs to a crash proves it anew. Who is nobody yet and proves
/// that they are somebody becomes one with them, never half.
#[tokio::test]
async fn a_proof_counts_whole() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let mut at = 0;
    for alone in [false, true] {
        Box::pin(lives(&bench, async |dying, writes| {
            at += 1;
            let dana = resolved(&bench, email(&address(at)), EvidenceSource::Owner).await;
            let speaks = if alone {
                let now = Timestamp::now();
                let stranger = PersonId::generate(now);
                store.create_ephemeral(stranger.clone(), now).await.unwrap();
                stranger
            } else {
                dana.clone()
            };
            let session = opened(&bench, &speaks, Channel::Chat, Assurance::Anonymous).await;
            let code = async || {
                acted(&bench, &session, "send_code", json!({ "to": address(at) })).await;
                bench.stack.jobs_done().await.unwrap();
                json!({ "code": digits(&mails(&bench, &address(at)).pop().unwrap()) }).to_string()
            };
            let level =
                async || store.interaction(&speaks, &session.interaction).await.unwrap().unwrap().level;
            let is_one = async || {
                let partitions = store.partitions(&dana).await.unwrap();
                dana == speaks || partitions.contains(&speaks)
            };
            let now = Timestamp::now();
            broke_off(dying.act(&session, "call_1", "confirm_code", &code().await, now).await);
            assert!(level().await < Assurance::Verified || is_one().await, "after {writes} writes");
            let known = store.known(&speaks).await.unwrap().unwrap();
            assert_eq!(
                known.contact.id == store.known(&dana).await.unwrap().unwrap().contact.id,
                is_one().await
            );
            if level().await < Assurance::Verified {
                twin.act(&session, "call_2", "confirm_code", &code().await, now).await.unwrap();
            }
            assert_eq!((level().await, is_one().await), (Assurance::Verified, true), "after {writes} writes");
        }))
        .await;
    }
    bench.stack.stop().await.unwrap();
}

/// Whoever is being erased is erased, in the end, from everywhere; before it began, nothing is gone.
#[tokio::test]
async fn an_erasure_is_brought_to_its_end() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let mut at = 0;
    Box::pin(lives(&bench, async |dying, writes| {
        at += 2;
        let (person, session) = calls(&bench, at, Assurance::Verified).await;
        let details = json!({ "name": "Xaver Quill", "email": address(at), "confirmed": true });
        acted(&bench, &session, "save_contact", details).await;
        let link = twin.hand_over(&session, Channel::Chat, Timestamp::now()).await.unwrap();
        begin_handed_over(store, link.reveal(), None, Timestamp::now()).await.unwrap();
        over(&bench, &session).await;
        let (other, _) = calls(&bench, at + 1, Assurance::Claimed).await;
        let by = (twin::merging::By::Owner, Vec::new());
        twin.merge(&person, &other, by, Timestamp::now()).await.unwrap();
        let done = broke_off(dying.erase(&person, Actor::Owner, Timestamp::now()).await);
        if store.erased(&person).await.unwrap().is_none() {
            assert!(done.is_none());
            let known = store.known(&person).await.unwrap().unwrap();
            assert_eq!(known.contact.name.as_deref(), Some("Xaver Quill"), "nothing is gone");
            twin.erase(&person, Actor::Owner, Timestamp::now()).await.unwrap();
        }
        swept(&bench, SignedDuration::from_mins(5)).await;
        swept(&bench, SignedDuration::from_hours(2)).await;
        for one in [&person, &other] {
            assert_eq!(traces(&bench, one, &["Xaver", &address(at)]).await, [""; 0], "after {writes} writes");
        }
        for key in [email(&address(at)), number(at), number(at + 1)] {
            assert!(store.identity(&key).await.unwrap().is_none(), "it leads nowhere");
        }
    }))
    .await;
    bench.stack.stop().await.unwrap();
}

/// What is imported is seen whole or not at all.
#[tokio::test]
async fn an_import_is_seen_whole_or_not_at_all() {
    let bench = Bench::start().await;
    let twin = &bench.stack.twin;
    let note = |part: usize, text: String| Document {
        kind: SourceKind::Note,
        key: format!("parking-{part}"),
        title: "Parking".to_owned(),
        url: None,
        date: None,
        sections: vec![Section { place: String::new(), text }],
        claims: Vec::new(),
        keywords: String::new(),
    };
    let mut at = 0;
    lives(&bench, async |dying, writes| {
        at += 1;
        let text = |part: usize| format!("In the year {at} visitors park in yard {part}.");
        let documents: Vec<Document> = (0..3).map(|part| note(part, text(part))).collect();
        let new: BTreeSet<String> =
            documents.iter().map(|document| Hash::of(document).as_str().to_owned()).collect();
        let source = "note:Parking".to_owned();
        let import = Import { source, documents, missing: Missing::Remove, validators: None };
        let named = async || {
            let manifest = twin.store().manifest().await.unwrap();
            let hashes: Vec<Hash> = manifest.named().into_iter().cloned().collect();
            let there = twin.store().documents(&hashes).await.unwrap().len();
            assert_eq!(there, hashes.len(), "after {writes} writes: what is named is there");
            hashes.iter().map(|hash| hash.as_str().to_owned()).collect::<BTreeSet<String>>()
        };
        let before = named().await;
        broke_off(dying.import(&import, Timestamp::now()).await);
        let seen = named().await.intersection(&new).count();
        assert!(seen == 0 && named().await == before || seen == 3, "after {writes} writes: {seen} of 3");
        twin.import(&import, Timestamp::now()).await.unwrap();
        assert!(named().await.is_superset(&new));
    })
    .await;
    bench.stack.stop().await.unwrap();
}

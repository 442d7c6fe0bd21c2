//! A person's earlier conversations, searched: by words, days and speakers, on all channels, and never another's.

use jiff::Timestamp;
use tests::Bench;
use twin::{
    id::{InteractionId, PersonId},
    identity::{Assurance, Email, Evidence, EvidenceSource, IdentityKey},
    interaction::{Channel, Outcome, Speaker, Turn},
    policy::Permit,
    routing::RouteKind,
    twin::{Arrival, Recalled},
};

async fn person(bench: &Bench, email: &str, now: Timestamp) -> PersonId {
    let key = IdentityKey::Email(Email::parse(email).unwrap());
    let evidence = Evidence::new(EvidenceSource::SignIn, now, None);
    bench.stack.twin.store().resolve(key, evidence, now).await.unwrap().person
}

/// A conversation in which the person begins, and both speak by turns; it is over unless it `goes_on`.
async fn talk(bench: &Bench, person: &PersonId, channel: Channel, at: &str, said: &[&str], goes_on: bool) {
    let twin = &bench.stack.twin;
    let now: Timestamp = at.parse().unwrap();
    let arrival = Arrival {
        person: person.clone(),
        interaction: InteractionId::generate(now),
        channel,
        call_sid: None,
        host: None,
        route: RouteKind::Unknown,
        level: Assurance::Verified,
    };
    let session = twin.open(&arrival, now).await.unwrap();
    for (sequence, text) in (0..).zip(said) {
        let speaker = if sequence % 2 == 0 { Speaker::Person } else { Speaker::Twin };
        let offset_ms = u64::from(sequence) * 5000;
        let turn =
            Turn { offset_ms, sequence, speaker, text: (*text).to_owned(), interrupted: false, heard: None };
        twin.heard(&session, &turn).await.unwrap();
    }
    if !goes_on {
        twin.close(person, &arrival.interaction, Outcome::Completed, now).await.unwrap();
    }
}

#[tokio::test]
async fn earlier_conversations_are_found() {
    let bench = Bench::start().await;
    let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let dana = person(&bench, "dana@northgate.example", now).await;
    let robin = person(&bench, "robin@muster.example", now).await;
    let budget = [
        "We have a budget of 40,000 euros for the migration.",
        "Noted: 40,000 euros.",
        "And it has to be over by March.",
        "A migration of that size takes six weeks.",
    ];
    talk(&bench, &dana, Channel::Phone, "2026-10-05T09:00:00Z", &budget, false).await;
    let visit =
        ["Could Alex visit our office in Leipzig?", "I will ask. Which day suits you?", "Any Friday."];
    talk(&bench, &dana, Channel::Chat, "2026-11-21T16:00:00Z", &visit, false).await;
    let theirs = ["Our budget is 90,000 euros, and nobody must know.", "That stays here."];
    talk(&bench, &robin, Channel::Phone, "2026-11-20T08:00:00Z", &theirs, false).await;
    talk(&bench, &dana, Channel::Voice, "2026-11-22T09:59:00Z", &["What was our budget?"], true).await;
    bench.stack.jobs_done().await.unwrap();

    let recall = async |person: &PersonId, question: &str| -> Vec<Recalled> {
        bench.stack.twin.recall(Permit::of_the_owner(), person, question, 3, now).await.unwrap()
    };
    let found = recall(&dana, "What budget did I mention?").await;
    assert!(found[0].text.contains("40,000") && found.len() == 3, "{found:?}");
    assert_eq!(found[0].channel, Channel::Phone);
    assert!(found[0].at >= "2026-10-05T09:00:00Z".parse().unwrap(), "{found:?}");
    let own = |found: &[Recalled]| found.iter().all(|turn| !turn.text.contains("90,000"));
    assert!(own(&found) && found.iter().all(|turn| turn.channel != Channel::Voice), "{found:?}");

    let day = recall(&dana, "Which day did we speak of yesterday?").await;
    assert_eq!(
        (day[0].channel, day[0].at.strftime("%F").to_string().as_str()),
        (Channel::Chat, "2026-11-21")
    );
    let size = recall(&dana, "How long will the migration take?").await;
    assert!(
        size.iter().any(|turn| turn.text.contains("six weeks") && turn.speaker == Speaker::Twin),
        "{size:?}"
    );

    assert_eq!(recall(&robin, "migration Leipzig Friday").await, []);
    assert!(recall(&robin, "budget").await[0].text.contains("90,000"));
    let nobody = PersonId::generate(now);
    assert_eq!(recall(&nobody, "budget").await, []);
    bench.stack.stop().await.unwrap();
}

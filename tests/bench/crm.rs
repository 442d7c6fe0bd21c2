//! The CRM at 50,000 contacts: the import, the list as the owner asks for it, on the embedded store.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on says why")]

use std::{
    io::Cursor,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use crm::files::{BATCH, Importer, Mapping, Reader};
use jiff::Timestamp;
use omnitwin::stack::{TABLE, embedded};
use tokio::runtime::Runtime;
use twin::{
    clients::queue::Queue,
    contact::{Filter, RelationshipKind, Sort},
    interaction::Importance,
    store::Store,
    twin::{Contacts, Twin},
};

const CONTACTS: usize = 50_000;
const GIVEN: [&str; 8] = ["Dana", "Ben", "Zoë", "Mia", "Noor", "Yuki", "Omar", "Lena"];
const FAMILY: [&str; 8] = ["Lee", "Ito", "Roy", "Núñez", "Haddad", "Sato", "Berg", "Okafor"];
/// Companies, the first far larger than the last.
const COMPANIES: usize = 2_000;
const ASKED: usize = 300;

fn table() -> String {
    let mut table = "name,company,role,email,tags,relationship,importance,notes\n".to_owned();
    for number in 0..CONTACTS {
        let (given, family) = (GIVEN[number % 8], FAMILY[number / 8 % 8]);
        let company = number * number % COMPANIES;
        let relationship = ["recruiter", "client", "colleague", "unknown"][number % 4];
        let importance = ["low", "medium", "high"][number % 3];
        table.push_str(&format!(
            "{given} {family} {number},Company {company},Engineer of things {},c{number}@northgate.example,tag{}; all,\
             {relationship},{importance},Met at event {} and spoke of topic {}\n",
            number % 50,
            number % 100,
            number % 300,
            number % 700,
        ));
    }
    table
}

async fn import(twin: &Twin, table: &str) -> Duration {
    let began = Instant::now();
    let mut importer = Importer::new(twin, false, Timestamp::now());
    let reader = Reader::new(Cursor::new(table), &Mapping::new()).unwrap();
    let mut records = reader.map(Result::unwrap).peekable();
    let mut created = 0;
    while records.peek().is_some() {
        let (counts, broken) = importer.take(records.by_ref().take(BATCH).collect()).await.unwrap();
        assert!(broken.is_empty(), "{broken:?}");
        created += counts.created;
    }
    assert_eq!(created, CONTACTS as u64);
    began.elapsed()
}

fn asked() -> Vec<(&'static str, Contacts)> {
    let words = |words: &str| Filter { words: Some(words.to_owned()), ..Filter::default() };
    let wanted = |filter: Filter, sort: Sort| Contacts { filter, sort, limit: 25, ..Contacts::default() };
    let narrow = Filter {
        relationship: Some(RelationshipKind::Client),
        importance: Some(Importance::High),
        tag: Some("tag1".to_owned()),
        ..Filter::default()
    };
    vec![
        ("all, by last contact", wanted(Filter::default(), Sort::LastContact)),
        ("all, by name", wanted(Filter::default(), Sort::Name)),
        ("three filters", wanted(narrow, Sort::Created)),
        ("a word of a name", wanted(words("oka"), Sort::Name)),
        ("words of notes that many have", wanted(words("met spoke topic"), Sort::Name)),
        ("a number that one has", wanted(words("49999"), Sort::LastContact)),
        ("words that nobody has", wanted(words("nobody nothing"), Sort::LastContact)),
    ]
}

fn list(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = std::env::temp_dir().join(format!("omnitwin-bench-crm-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let (aws, dynamodb, queue) = runtime.block_on(embedded(&directory)).unwrap();
    let store = Store::new(aws_sdk_dynamodb::Client::new(&dynamodb), TABLE);
    let twin = Twin::new(store, Queue::new(aws_sdk_sqs::Client::new(&queue), String::new()));
    let took = runtime.block_on(import(&twin, &table()));
    println!("{CONTACTS} contacts with a note each were imported in {:.0} s", took.as_secs_f64());
    let began = Instant::now();
    let first = Contacts { limit: 25, ..Contacts::default() };
    let total = runtime.block_on(twin.contacts(&first, Timestamp::now())).unwrap().total;
    assert_eq!(total, CONTACTS);
    println!(
        "the first page, with all of them read into memory, took {:.2} s",
        began.elapsed().as_secs_f64()
    );
    for (name, wanted) in asked() {
        // What the import wrote a moment ago is looked at once more: the owner asks later.
        let later = || Timestamp::now() + jiff::SignedDuration::from_mins(5);
        criterion.bench_function(&format!("a page of {CONTACTS}: {name}"), |bencher| {
            bencher.iter(|| runtime.block_on(twin.contacts(&wanted, later())).unwrap());
        });
        let mut times: Vec<Duration> = (0..ASKED)
            .map(|_| {
                let began = Instant::now();
                runtime.block_on(twin.contacts(&wanted, later())).unwrap();
                began.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!(
            "of {ASKED} pages: {name}: median {:?}, p99 {:?}",
            times[ASKED / 2],
            times[ASKED * 99 / 100]
        );
    }
    runtime.block_on(aws.stop()).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
}

criterion_group!(benches, list);
criterion_main!(benches);

//! Imports that run into each other: what the manifest names is there, and has no end.

use std::collections::BTreeSet;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, SharedCredentialsProvider},
};
use jiff::Timestamp;
use omnitwin::stack::TABLE;
use reqwest::Method;
use serde_json::{Value, json};
use tests::Bench;
use twin::{
    knowledge::{
        document::{Document, Section, SourceKind},
        library::Stored,
        manifest::{Hash, Missing},
    },
    twin::Import,
};

use super::post;

/// Keys of documents that are kept, with those that have an end.
async fn kept(bench: &Bench) -> (BTreeSet<String>, BTreeSet<String>) {
    let credentials = SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "local"));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url(bench.stack.aws().dynamodb_url());
    let scan = Client::new(&config.build()).scan().table_name(TABLE).send().await.unwrap();
    let (mut all, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for item in scan.items() {
        if let Some(hash) = item["pk"].as_s().unwrap().strip_prefix("DOCUMENT#") {
            all.insert(hash.to_owned());
            ended.extend(item.contains_key("ttl").then(|| hash.to_owned()));
        }
    }
    (all, ended)
}

async fn named(bench: &Bench) -> BTreeSet<String> {
    let known = bench.owner("/api/knowledge").await;
    let hashes = known["documents"].as_array().unwrap().iter();
    hashes.map(|document| document["hash"].as_str().unwrap().to_owned()).collect()
}

fn note(text: &str) -> Value {
    json!({ "kind": "note", "title": "Parking", "text": text })
}

#[tokio::test]
async fn what_is_not_named_any_more_gets_an_end() {
    let bench = Bench::start().await;
    let import = async |text: &str| post(&bench, "/api/knowledge/imports", note(text)).await.1;
    import("Visitors park in the yard.").await;
    let first = named(&bench).await;
    import("Visitors park in the street.").await;
    let (all, ended) = kept(&bench).await;
    assert_eq!(ended.len(), 1);
    assert!(all.is_superset(&first) && ended.is_disjoint(&named(&bench).await));
    import("Visitors park in the yard.").await;
    assert_eq!(named(&bench).await, first);
    let (_, ended) = kept(&bench).await;
    assert!(ended.len() == 1 && ended.is_disjoint(&first), "what came back stays");
    bench.stack.stop().await.unwrap();
}

/// Somebody removes what somebody else puts again meanwhile: an end that comes late finds it put for a later version.
#[tokio::test]
async fn a_late_end_does_not_reach_what_was_put_again() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let text = "Visitors park in the yard.".to_owned();
    let document = Document {
        kind: SourceKind::Note,
        key: "parking".to_owned(),
        title: "Parking".to_owned(),
        url: None,
        date: None,
        sections: vec![Section { place: String::new(), text }],
        claims: Vec::new(),
        keywords: String::new(),
    };
    let (hash, stored) = (Hash::of(&document), Stored::of(&document));
    let import = Import {
        source: "note:Parking".to_owned(),
        documents: vec![document],
        missing: Missing::Remove,
        validators: None,
    };
    twin.import(&import, now).await.unwrap();
    let before = twin.store().manifest().await.unwrap();
    let (without, _) = before.replace(&import.source, &[], &Missing::Remove, now).unwrap();
    twin.store().put_documents([(&hash, &stored)], without.version + 1).await.unwrap();
    twin.store().save_manifest(&without, &before, None, now).await.unwrap();
    assert!(!named(&bench).await.contains(hash.as_str()));
    assert!(!kept(&bench).await.1.contains(hash.as_str()), "it was put for the version that comes next");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_is_lost_between_imports() {
    let bench = Bench::start().await;
    let add = async || {
        post(&bench, "/api/knowledge/imports", note("Visitors park in the yard.")).await;
    };
    let remove = async || {
        let path = "/api/knowledge/sources?source=note:Parking";
        bench.as_owner(Method::DELETE, path).send().await.unwrap();
    };
    for _ in 0..5 {
        tokio::join!(add(), remove(), add(), remove(), add());
        let (all, ended) = kept(&bench).await;
        let named = named(&bench).await;
        assert!(all.is_superset(&named), "{named:?} of {all:?}");
        assert!(ended.is_disjoint(&named), "{ended:?} of {named:?}");
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_long_list_is_read_as_it_was_saved() {
    let bench = Bench::start().await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let document = |number: usize| Document {
        kind: SourceKind::Feed,
        key: format!("https://blog.alex-sample.example/posts/of-some-length/{number}"),
        title: format!("The post with the number {number}"),
        url: None,
        date: None,
        sections: Vec::new(),
        claims: Vec::new(),
        keywords: String::new(),
    };
    let posts: Vec<Document> = (0..3000).map(document).collect();
    let before = store.manifest().await.unwrap();
    let (after, _) = before.replace("https://feed.example", &posts, &Missing::Keep, now).unwrap();
    assert!(after.parts().unwrap().len() > 1);
    store.save_manifest(&after, &before, None, now).await.unwrap();
    assert_eq!(store.manifest().await.unwrap(), after);
    assert_eq!(store.manifest_version().await.unwrap(), after.version);
    assert!(store.save_manifest(&after, &before, None, now).await.is_err(), "it was replaced meanwhile");
    bench.stack.stop().await.unwrap();
}

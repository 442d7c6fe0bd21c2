use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::web::fixtures;
use sim::github::{Fault, GitHub as Simulator, Options};
use twin::clients::fetch::{FetchError, Limits, Policy};

const LOGIN: &str = "alex-sample";
const TOKEN: &str = "sim-token";
const LONG: Limits = Limits { body: 1024 * 1024, total: Duration::from_secs(30) };
const SHORT: Limits = Limits { total: Duration::from_millis(200), ..LONG };

struct World {
    simulator: Arc<Simulator>,
    github: GitHub,
}

impl World {
    async fn new(options: Options, token: Option<&str>, limits: Limits) -> Self {
        let simulator = Simulator::new(options);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let router = simulator.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let fetcher = Fetcher::new(Policy::public().with_loopback("127.0.0.1"), limits).unwrap();
        Self { simulator, github: GitHub::new(fetcher, &base, token).unwrap() }
    }

    async fn signed_in() -> Self {
        Self::new(options(), Some(TOKEN), LONG).await
    }

    async fn import(&self, former: &Validators) -> Result<Import, ImportError> {
        self.github.import(LOGIN, former, now()).await
    }

    async fn first(&self) -> Import {
        self.import(&Validators::default()).await.unwrap()
    }

    fn repositories(&self) -> Vec<Value> {
        serde_json::from_slice(&self.simulator.file("alex-sample/repos.json").unwrap()).unwrap()
    }

    fn edit_repositories(&self, repositories: &[Value]) {
        self.simulator.edit("alex-sample/repos.json", Some(serde_json::to_vec(repositories).unwrap()));
    }
}

fn options() -> Options {
    Options::new(fixtures::path("github"))
}

fn now() -> Timestamp {
    "2026-05-03T12:00:00Z".parse().unwrap()
}

fn keys(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.key.as_str()).collect()
}

#[tokio::test]
async fn the_first_import_reads_profile_and_own_repositories() {
    let world = World::signed_in().await;
    let import = world.first().await;
    assert!(import.complete && import.unchanged.is_empty());
    let text = serde_json::to_string(&import.changed).unwrap();
    assert!(!text.contains("HIDDEN"), "{text}");
    assert!(text.contains("Visible injection"));
    assert_json_snapshot!(import.changed);
    assert_snapshot!(world.simulator.log().join("\n"));
}

#[tokio::test]
async fn a_second_import_changes_nothing_and_costs_nothing() {
    let world = World::signed_in().await;
    let first = world.first().await;
    let spent = world.simulator.spent();
    world.simulator.forget_log();

    let stored = serde_json::to_string(&first.validators).unwrap();
    let second = world.import(&serde_json::from_str(&stored).unwrap()).await.unwrap();
    assert_eq!(keys(&second.changed), [""; 0]);
    assert_eq!(second.unchanged, keys(&first.changed).into_iter().map(str::to_owned).collect());
    assert_eq!(second.validators, first.validators);
    assert_eq!(world.simulator.spent(), spent);
    assert!(world.simulator.log().iter().all(|line| line.starts_with("304 ")), "{:?}", world.simulator.log());
}

#[tokio::test]
async fn only_what_changed_is_read_again() {
    let world = World::signed_in().await;
    let first = world.first().await;

    world.simulator.edit("alex-sample/shale/README.md", Some(b"# shale\n\nNew.".to_vec()));
    let readme = world.import(&first.validators).await.unwrap();
    assert_eq!(keys(&readme.changed), ["alex-sample", "alex-sample/shale"]);
    assert_eq!(readme.changed[1].sections[1].text, "New.");

    world.simulator.edit("alex-sample/shale/languages.json", Some(b"{\"Zig\": 1}".to_vec()));
    let languages = world.import(&readme.validators).await.unwrap();
    assert_eq!(keys(&languages.changed), ["alex-sample", "alex-sample/shale"]);
    assert_eq!(languages.changed[1].sections[1].text, "New.");
    assert_eq!(languages.unchanged.len(), 4);

    let mut repositories = world.repositories();
    repositories[0]["description"] = json!("Another");
    repositories[1]["stargazers_count"] = json!(9999);
    world.edit_repositories(&repositories);
    let listed = world.import(&languages.validators).await.unwrap();
    assert_eq!(keys(&listed.changed), ["alex-sample", "alex-sample/ledger"]);
}

#[tokio::test]
async fn a_repository_that_is_gone_or_made_private_is_in_neither_list() {
    let world = World::signed_in().await;
    let first = world.first().await;
    let mut repositories = world.repositories();
    repositories.remove(0);
    repositories[0]["private"] = json!(true);
    world.edit_repositories(&repositories);
    let import = world.import(&first.validators).await.unwrap();
    assert_eq!(keys(&import.changed), ["alex-sample"]);
    assert_eq!(import.unchanged.len(), 3);
}

#[tokio::test]
async fn a_repository_may_have_no_readme() {
    let world = World::signed_in().await;
    world.simulator.edit("alex-sample/shale/README.md", None);
    let first = world.first().await;
    let shale = first.changed.iter().find(|document| document.key.ends_with("shale")).unwrap();
    assert_eq!(shale.sections.len(), 1);
    let second = world.import(&first.validators).await.unwrap();
    assert_eq!(keys(&second.changed), [""; 0]);
    world.simulator.edit("alex-sample/ledger/README.md", None);
    let third = world.import(&second.validators).await.unwrap();
    assert_eq!(keys(&third.changed), ["alex-sample", "alex-sample/ledger"]);
}

#[tokio::test]
async fn all_pages_are_read() {
    let whole = World::signed_in().await.first().await;
    let world = World::new(Options { largest_page: 2, ..options() }, Some(TOKEN), LONG).await;
    let paged = world.first().await;
    assert_eq!(paged.changed, whole.changed);
    let asked: Vec<_> = world.simulator.log().into_iter().filter(|line| line.contains("/repos?")).collect();
    assert_snapshot!(asked.join("\n"));
    let again = world.import(&paged.validators).await.unwrap();
    assert!(again.changed.is_empty() && again.complete);
}

#[tokio::test]
async fn without_a_token_the_latest_repositories_fit_into_an_hour() {
    let world = World::new(Options { largest_page: 10, ..options() }, None, LONG).await;
    let model = world.repositories().remove(0);
    let many: Vec<_> = (0..80)
        .map(|number| {
            let mut repository = model.clone();
            let name = format!("tool-{number:02}");
            world
                .simulator
                .edit(&format!("alex-sample/{name}/languages.json"), Some(b"{\"Rust\": 1}".to_vec()));
            repository["full_name"] = json!(format!("alex-sample/{name}"));
            repository["pushed_at"] = json!(format!("2026-01-01T00:{:02}:00Z", 99 - number));
            repository["name"] = json!(name);
            repository
        })
        .collect();
    world.edit_repositories(&many);
    let import = world.first().await;
    assert!(!import.complete);
    assert_eq!(import.changed.len(), 1 + ANONYMOUS_REPOSITORIES);
    assert!(world.simulator.spent() <= 60, "{}", world.simulator.spent());
}

#[tokio::test]
async fn a_spent_limit_ends_the_import_until_its_reset() {
    for requests in 0..12 {
        let world = World::new(Options { limits: (requests, 0), ..options() }, None, LONG).await;
        let refused = world.import(&Validators::default()).await.unwrap_err();
        assert_eq!(refused.to_string(), "GitHub allows no more requests until 2026-05-03T13:00:00Z");
        assert_eq!(world.simulator.log().len() as u64, requests.max(1));
    }
}

#[tokio::test]
async fn the_secondary_limit_is_obeyed() {
    let world = World::signed_in().await;
    world.simulator.misbehave("/repos/alex-sample/shale/readme", Fault::Secondary(90));
    let refused = world.import(&Validators::default()).await.unwrap_err();
    let ImportError::RateLimited { until, .. } = refused else { panic!("{refused}") };
    assert_eq!(until.to_string(), "2026-05-03T12:01:30Z");
    assert!(world.simulator.log().last().unwrap().starts_with("403 "));
}

#[tokio::test]
async fn a_fault_anywhere_ends_the_import_with_an_error_that_names_the_place() {
    let world = World::signed_in().await;
    let first = world.first().await;
    for part in ["/users/alex-sample", "/repos?", "/ledger/languages", "/shale/readme"] {
        for fault in [Fault::ServerError, Fault::Truncated] {
            for former in [&Validators::default(), &first.validators] {
                world.simulator.misbehave(part, fault);
                let failed = world.import(former).await.unwrap_err().to_string();
                assert!(failed.contains(part), "{part} {fault:?}: {failed}");
            }
        }
    }
    assert!(world.import(&first.validators).await.unwrap().changed.is_empty());
}

#[tokio::test]
async fn an_answer_that_does_not_end_ends_the_import() {
    let world = World::new(options(), Some(TOKEN), SHORT).await;
    world.simulator.misbehave("/users/alex-sample", Fault::Slow);
    let failed = world.import(&Validators::default()).await.unwrap_err();
    assert!(matches!(failed, ImportError::Fetch(FetchError::Timeout { .. })), "{failed}");
}

#[tokio::test]
async fn malformed_answers_are_errors() {
    let world = World::signed_in().await;
    for (file, content) in [
        ("alex-sample/user.json", "[]"),
        ("alex-sample/ledger/languages.json", "{\"Rust\": -1}"),
        ("alex-sample/ledger/languages.json", "<html>"),
    ] {
        let former = world.simulator.file(file);
        world.simulator.edit(file, Some(content.into()));
        let failed = world.import(&Validators::default()).await.unwrap_err();
        assert!(matches!(failed, ImportError::Malformed { .. }), "{failed}");
        world.simulator.edit(file, former);
    }
    let mut repositories = world.repositories();
    repositories[0]["full_name"] = json!("alex-sample/../../user");
    world.edit_repositories(&repositories);
    let failed = world.import(&Validators::default()).await.unwrap_err();
    assert!(matches!(failed, ImportError::Malformed { .. }), "{failed}");
}

#[tokio::test]
async fn who_is_unknown_is_said() {
    let world = World::signed_in().await;
    for login in ["nobody", "", "a/b", "..", "a?b", &"a".repeat(40)] {
        let failed = world.github.import(login, &Validators::default(), now()).await.unwrap_err();
        assert!(matches!(failed, ImportError::UnknownUser { .. }), "{failed}");
    }
    assert_eq!(world.simulator.log(), ["404 /users/nobody"]);
    let intruder = World::new(options(), Some("wrong"), LONG).await;
    let failed = intruder.import(&Validators::default()).await.unwrap_err().to_string();
    assert!(failed.ends_with("/users/alex-sample answered 401"), "{failed}");
}

#[tokio::test]
async fn a_token_does_not_leave_the_api() {
    let world = World::signed_in().await;
    assert!(world.github.same_origin("https://evil.example/user/1/repos?page=2").is_err());
    assert!(!format!("{:?}", world.github).contains(TOKEN));
    let broken = GitHub::new(world.github.fetcher.clone(), BASE, Some("a\nb")).unwrap_err();
    assert!(!broken.to_string().contains("a\nb"));
}

//! What `omnitwin setup` does at Twilio, against the simulator's numbers, and with the command line of AWS, against one
//! that keeps what it is told.

use std::{fs, os::unix::fs::symlink, path::Path};

use clap::Parser as _;
use jiff::Timestamp;
use omnitwin::commands::{
    doctor::{
        persona::{history, speaks_for},
        sending::stopped,
    },
    owner::Owner,
    setup::{
        self,
        number::{Account, NumberError, Urls},
        trial,
    },
};
use reqwest::Method;
use serde_json::json;
use tests::Bench;
use twin::{
    config::Secret,
    identity::{Evidence, EvidenceSource, IdentityKey, Phone},
};

fn urls(base: &str) -> Urls {
    Urls {
        voice_url: format!("{base}/api/phone/webhook"),
        voice_fallback_url: format!("{base}/api/phone/fallback"),
        status_callback: format!("{base}/api/phone/status"),
        sms_url: format!("{base}/api/phone/texts"),
        ..Urls::default()
    }
}

fn account(bench: &Bench, token: &str) -> Account {
    let account = &bench.stack.account;
    Account::new(&bench.url("/sim/twilio"), &account.account_sid, Secret::new(token.to_owned())).unwrap()
}

#[tokio::test]
async fn a_number_is_bought_pointed_at_us_and_given_back() {
    let bench = Bench::start().await;
    let account = account(&bench, bench.stack.account.auth_token.reveal());
    let wanted = account.for_sale("US", "212").await.unwrap();
    assert!(wanted.starts_with("+1212"), "{wanted}");
    assert!(account.find(&wanted).await.unwrap().is_none());
    let bought = account.buy(&wanted).await.unwrap();
    let before = bought.urls.clone();
    assert_eq!((bought.phone_number.as_str(), before.voice_url.as_str()), (wanted.as_str(), ""));
    let taken = account.buy(&wanted).await.unwrap_err();
    assert!(matches!(taken, NumberError::Refused { status: 400, .. }), "{taken}");
    let ours = urls("https://twin.example.com");
    for _ in 0..2 {
        assert_eq!(account.point(&bought, &ours).await.unwrap().urls, ours);
    }
    assert_eq!(account.find(&wanted).await.unwrap().unwrap().urls, ours);
    account.point(&bought, &before).await.unwrap();
    assert_eq!(account.find(&wanted).await.unwrap().unwrap().urls, before, "as it was");
    // Twilio asks an application, and not the addresses of the number.
    let elsewhere = Urls { voice_application_sid: format!("AP{:032x}", 1), ..ours.clone() };
    let tied = account.point(&bought, &elsewhere).await.unwrap();
    assert!(tied.urls != ours && tied.urls.calls().starts_with("AP0"), "{:?}", tied.urls);
    assert_eq!(account.point(&tied, &ours).await.unwrap().urls, ours, "it is untied");
    account.release(&bought).await.unwrap();
    assert!(account.find(&wanted).await.unwrap().is_none());
    let gone = account.release(&bought).await.unwrap_err();
    assert!(matches!(gone, NumberError::Refused { status: 404, .. }), "{gone}");
    bench.stack.stop().await.unwrap();
}

/// The owner as a contact of their own, for the test call; gone again when setup is taken back.
#[tokio::test]
async fn whoever_sets_it_up_is_a_contact_until_it_is_taken_back() {
    let bench = Bench::start().await;
    let (base, token) = (bench.url(""), bench.stack.secrets.owner_token.clone());
    let (owner, yours) = (Owner::new(&base, &token), "+14155550123");
    // However many came before.
    for number in 2000..2200 {
        let key = IdentityKey::Phone(Phone::parse(&format!("+1415555{number}")).unwrap());
        let evidence = Evidence::new(EvidenceSource::CallerId, Timestamp::now(), None);
        bench.stack.twin.store().resolve(key, evidence, Timestamp::now()).await.unwrap();
    }
    let person = trial::contact(&owner, yours).await.unwrap();
    assert_eq!(owner.person(yours).await.unwrap().as_ref(), Some(&person));
    for _ in 0..2 {
        trial::forget(&owner, &person).await.unwrap();
    }
    assert_eq!(owner.person(yours).await.unwrap(), None);
    let stranger = trial::contact(&Owner::new(&base, "another token"), yours).await.unwrap_err();
    assert!(stranger.to_string().contains("401"), "{stranger}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_twilio_refuses_is_said() {
    let bench = Bench::start().await;
    let stranger = account(&bench, "another token");
    assert!(matches!(stranger.find("+14155550100").await, Err(NumberError::Credentials)));
    let own = account(&bench, bench.stack.account.auth_token.reveal());
    assert!(matches!(own.for_sale("XX", "1").await, Err(NumberError::Refused { status: 404, .. })));
    let broken = own.buy("+1-415-TOP-MUSI").await.unwrap_err();
    assert!(broken.to_string().contains("is not valid"), "{broken}");
    bench.stack.stop().await.unwrap();
}

/// Linked to where it keeps what it is told.
const AWS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/aws");
const FROM: &str = "twin@twin.example";

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    setup: setup::Arguments,
}

/// How it ended, in words.
async fn set_up(bench: &Bench, at: &Path, line: &str) -> String {
    let account = &bench.stack.account;
    let lookup = |name: &str| match name {
        "AWS_CLI" => Some(at.join("aws").display().to_string()),
        "TWILIO_BASE_URL" => Some(bench.url("/sim/twilio")),
        "TWILIO_ACCOUNT_SID" => Some(account.account_sid.clone()),
        "TWILIO_AUTH_TOKEN" => Some(account.auth_token.reveal().to_owned()),
        "GOOGLE_CLIENT_SECRET" => Some("of-google".to_owned()),
        "OPENAI_API_KEY" => Some("of-openai".to_owned()),
        // Nobody is asked.
        _ => Some(String::new()),
    };
    let line = Line::parse_from(["setup"].into_iter().chain(line.split_whitespace()));
    match setup::run(&line.setup, &lookup, &at.join("data")).await {
        Ok(()) => "done".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// A domain has no mailbox for the link.
#[test]
fn mail_comes_from_an_address() {
    assert!(Line::try_parse_from(["setup", "--mail-from", FROM]).is_ok());
    assert!(Line::try_parse_from(["setup", "--mail-from", "twin.example"]).is_err());
}

/// Begun again at any time, after a link that nobody followed, and after it was taken back: each thing is made once.
#[tokio::test]
async fn setup_goes_on_where_it_stood() {
    let bench = Bench::start().await;
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    symlink(AWS, at.join("aws")).unwrap();
    let log = || fs::read_to_string(at.join("log")).unwrap();
    let times = |call: &str| log().lines().filter(|line| line.starts_with(call)).count();
    let kept = || fs::read_to_string(at.join("secret")).unwrap();

    let line = format!("--buy 212 --mail-from {FROM}");
    for _ in 0..2 {
        let ended = set_up(&bench, at, &line).await;
        assert!(ended.contains("not deployed yet") && ended.contains("TwilioPhoneNumber=+1212"), "{ended}");
        assert!(ended.contains("UseOpenAi=true") && !ended.contains("UseGithubToken"), "{ended}");
    }
    let number = set_up(&bench, at, &line).await.split("TwilioPhoneNumber=").nth(1).unwrap()[..12].to_owned();
    let counts =
        ["secretsmanager create-secret", "secretsmanager put", "sesv2 create-email-identity"].map(times);
    assert_eq!(counts, [1, 0, 1], "{}", log());
    assert!(kept().contains("of-google"), "{}", kept());

    // The link lives for a day.
    fs::write(at.join(FROM), r#"{"VerifiedForSendingStatus": false, "VerificationStatus": "FAILED"}"#)
        .unwrap();
    set_up(&bench, at, &line).await;
    assert_eq!(times("sesv2 create-email-identity"), 2, "{}", log());

    assert_eq!(set_up(&bench, at, "--undo --release-number").await, "done");
    let twilio = account(&bench, bench.stack.account.auth_token.reveal());
    assert!(twilio.find(&number).await.unwrap().is_none(), "it was given back");
    assert!(at.join("deleted").exists() && !at.join(FROM).exists());
    assert_eq!(set_up(&bench, at, "--undo").await, "done", "nothing is left to be taken back");
    assert_eq!(times("secretsmanager delete-secret"), 1);

    let ended = set_up(&bench, at, &line).await;
    assert!(ended.contains("not deployed yet"), "{ended}");
    assert!(!at.join("deleted").exists() && at.join(FROM).exists(), "it is out of the bin: {}", log());
    let token = bench.stack.account.auth_token.reveal();
    assert!(kept().contains(token) && !log().contains(token), "no argument is secret");

    fs::remove_file(at.join(FROM)).unwrap();
    assert_eq!(set_up(&bench, at, "--undo").await, "done", "whoever removed it by hand has removed it");
    assert_eq!(times("secretsmanager delete-secret"), 2, "{}", log());
    bench.stack.stop().await.unwrap();
}

/// The stack has asked for its domain; a link for an address of it would be a second identity.
#[tokio::test]
async fn a_stack_that_is_being_made_is_waited_for() {
    let bench = Bench::start().await;
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    symlink(AWS, at.join("aws")).unwrap();
    let stack = r#"{"Stacks": [{"StackStatus": "CREATE_IN_PROGRESS", "Parameters": [
        {"ParameterKey": "MailDomain", "ParameterValue": "twin.example"},
        {"ParameterKey": "MailFrom", "ParameterValue": "twin@twin.example"}]}]}"#;
    fs::write(at.join("stack"), stack).unwrap();
    let pending = r#"{"VerifiedForSendingStatus": false, "VerificationStatus": "PENDING"}"#;
    fs::write(at.join("twin.example"), pending).unwrap();

    let ended = set_up(&bench, at, "--buy 212").await;
    assert!(ended.contains("CREATE_IN_PROGRESS: wait"), "{ended}");
    let log = fs::read_to_string(at.join("log")).unwrap();
    assert!(log.contains("get-email-identity --email-identity twin.example"), "{log}");
    assert!(!log.contains("create-email-identity"), "{log}");
    bench.stack.stop().await.unwrap();
}

/// Whoever is interrupted can take back what was made; what was refused is not taken for made, and somebody else may make it.
#[tokio::test]
async fn what_setup_makes_is_written_down_before() {
    let bench = Bench::start().await;
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    symlink(AWS, at.join("aws")).unwrap();
    let written = |file: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(at.join(file)).unwrap()).unwrap()
    };
    let line = format!("--buy 212 --mail-from {FROM}");

    fs::write(at.join("forbidden"), "").unwrap();
    let ended = set_up(&bench, at, &line).await;
    assert!(ended.contains("AccessDenied"), "{ended}");
    assert_eq!(written("before")["secret"], "omnitwin");
    assert!(written("data/setup-omnitwin.json")["secret"].is_null());
    assert_eq!(set_up(&bench, at, "--undo").await, "done");
    assert!(!at.join("deleted").exists(), "it was not made");

    fs::remove_file(at.join("forbidden")).unwrap();
    set_up(&bench, at, &line).await;
    assert_eq!(written("before")["identity"], FROM, "it was made last");
    let did = written("data/setup-omnitwin.json");
    assert!(did["secret"] == "omnitwin" && did["identity"] == FROM, "{did}");
    bench.stack.stop().await.unwrap();
}

/// AWS made it, and failed at saying so.
#[tokio::test]
async fn what_aws_fails_at_may_have_been_made() {
    let bench = Bench::start().await;
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    symlink(AWS, at.join("aws")).unwrap();
    let line = format!("--buy 212 --mail-from {FROM}");

    fs::write(at.join("failing"), "").unwrap();
    let ended = set_up(&bench, at, &line).await;
    assert!(ended.contains("InternalServiceError"), "{ended}");
    let did: serde_json::Value =
        serde_json::from_slice(&fs::read(at.join("data/setup-omnitwin.json")).unwrap()).unwrap();
    assert_eq!(did["secret"], "omnitwin", "it is to be taken back");

    fs::remove_file(at.join("failing")).unwrap();
    let ended = set_up(&bench, at, &line).await;
    assert!(ended.contains("not deployed yet"), "{ended}");
    let log = fs::read_to_string(at.join("log")).unwrap();
    assert_eq!(log.matches("secretsmanager create-secret").count(), 1, "it looked before: {log}");
    assert_eq!(set_up(&bench, at, "--undo --release-number").await, "done");
    assert!(at.join("deleted").exists(), "and is taken back");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn the_doctor_says_for_whom_the_twin_speaks() {
    let bench = Bench::start().await;
    let owner = Owner::new(&bench.url(""), &bench.stack.secrets.owner_token);
    let words = speaks_for(&history(&owner).await.unwrap()).unwrap();
    assert!(words.starts_with("Alex Sample, since 2") && words.contains("the sample"), "{words}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn the_doctor_says_that_everything_is_stopped() {
    let bench = Bench::start().await;
    let owner = Owner::new(&bench.url(""), &bench.stack.secrets.owner_token);
    assert_eq!(stopped(&owner).await.unwrap(), None);
    let why = json!({ "why": "a holiday" });
    owner.ask(Method::POST, "/api/crm/follow-ups/stop", Some(&why)).await.unwrap();
    let words = stopped(&owner).await.unwrap().unwrap();
    assert!(words.contains("stopped since 2") && words.contains("(a holiday): nothing is sent"), "{words}");
    owner.ask(Method::POST, "/api/crm/follow-ups/go-on", None).await.unwrap();
    assert_eq!(stopped(&owner).await.unwrap(), None);
    bench.stack.stop().await.unwrap();
}

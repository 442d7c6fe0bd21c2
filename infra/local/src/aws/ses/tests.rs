use super::*;
use crate::aws::tests::Scratch;

const RAW: &[u8] = b"From: twin@mail.example.com\nTo: ada@example.org\n\nHello\n";

fn submission() -> Submission {
    Submission { raw: RAW.into(), ..Submission::default() }
}

#[tokio::test]
async fn each_message_is_a_file_that_only_the_owner_can_read() {
    let scratch = Scratch::new();
    let outbox = scratch.0.join("outbox");
    let ses = Ses::new("eu-west-1", ["example.com".into()], Some(outbox.clone())).expect("made");
    let id = ses.send(submission()).await.expect("accepted");
    let files: Vec<_> =
        fs::read_dir(&outbox).expect("there").map(|entry| entry.expect("read").path()).collect();
    assert_eq!(files.len(), 1);
    let name = files[0].file_name().and_then(|name| name.to_str()).expect("UTF-8");
    assert!(name.ends_with(&format!("Z-{id}.eml")), "{name}");
    assert_eq!(fs::read(&files[0]).expect("read"), RAW);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&files[0]).expect("read").permissions().mode() & 0o777, 0o600);
    }
}

/// Those of an earlier run among them.
#[tokio::test]
async fn what_is_forgotten_is_in_no_file() {
    let scratch = Scratch::new();
    let outbox = scratch.0.join("outbox");
    let opened = || Ses::new("eu-west-1", ["example.com".into()], Some(outbox.clone())).expect("made");
    let tagged = |person: &str| {
        let raw = format!(
            "X-SES-MESSAGE-TAGS: follow-up=fup_1,\n person={person}\n{}",
            str::from_utf8(RAW).expect("UTF-8")
        );
        Submission { raw: raw.into_bytes(), ..Submission::default() }
    };
    let before = opened();
    before.send(tagged("per_1")).await.expect("accepted");
    before.send(submission()).await.expect("accepted");
    let ses = opened();
    let told = |mails: Vec<Mail>| -> BTreeSet<_> {
        mails.into_iter().map(|mail| (mail.message_id, mail.from, mail.recipients, mail.raw)).collect()
    };
    assert_eq!(told(ses.earlier().expect("read")), told(before.sent()));
    for person in ["per_1", "per_2"] {
        ses.send(tagged(person)).await.expect("accepted");
    }
    assert_eq!(ses.tagged("person").into_iter().collect::<Vec<_>>(), ["per_1", "per_2"]);
    for _ in 0..2 {
        ses.forget("person", "per_1").expect("removed");
    }
    assert_eq!(ses.tagged("person").into_iter().collect::<Vec<_>>(), ["per_2"]);
    assert_eq!((ses.sent().len(), fs::read_dir(&outbox).expect("there").count()), (1, 2));

    let mut files = fs::read_dir(&outbox).expect("there").map(|file| file.expect("there").path());
    let file = files.find(|file| fs::read(file).expect("read").starts_with(b"X-SES")).expect("per_2's");
    fs::remove_file(&file).expect("removed");
    fs::create_dir(&file).expect("made");
    ses.forget("person", "per_2").expect_err("a directory is no file");
    fs::remove_dir(&file).expect("removed");
    assert_eq!(ses.tagged("person").into_iter().collect::<Vec<_>>(), ["per_2"], "it is tried again");
    ses.forget("person", "per_2").expect("removed");
    assert!(ses.tagged("person").is_empty());
}

#[tokio::test]
async fn mail_that_cannot_be_kept_is_not_accepted() {
    let scratch = Scratch::new();
    let ses = Ses::new("eu-west-1", ["example.com".into()], Some(scratch.0.clone())).expect("made");
    fs::remove_dir(&scratch.0).expect("removed");
    assert_eq!(ses.send(submission()).await, Err(Error::InternalFailure));
    assert_eq!(ses.sent(), []);
}

#[test]
fn a_domain_vouches_for_its_subdomains() {
    let ses = Ses::new("eu-west-1", ["Example.com".into(), "ada@example.org".into()], None).expect("made");
    for known in ["a@example.com", "a@mail.example.com", "Ada@example.org"] {
        assert!(ses.is_verified(known), "{known}");
    }
    for unknown in ["a@notexample.com", "b@example.org", "a@com"] {
        assert!(!ses.is_verified(unknown), "{unknown}");
    }
}

#[tokio::test]
async fn source_and_header_must_both_be_verified() {
    let ses = Ses::new("eu-west-1", ["example.com".into()], None).expect("made");
    let source = Some("Else <else@example.net>".into());
    let error = ses.send(Submission { source, ..submission() }).await.expect_err("refused");
    assert!(error.to_string().ends_with("in region EU-WEST-1: else@example.net"), "{error}");
}

#[tokio::test]
async fn there_are_one_to_fifty_recipients() {
    let ses = Ses::new("eu-west-1", ["example.com".into()], None).expect("made");
    let destinations = vec!["ada@example.org".to_owned(); 51];
    let error = ses.send(Submission { destinations, ..submission() }).await;
    assert_eq!(error, Err(Error::MessageRejected("Recipient count exceeds 50.".into())));
    let raw = b"From: a@example.com\n\n".into();
    assert!(ses.send(Submission { raw, ..submission() }).await.is_err());
}

#[test]
fn a_message_says_nothing_in_a_log() {
    let mail = Mail {
        message_id: "1".into(),
        from: "twin@example.com".into(),
        recipients: vec!["ada@example.org".into()],
        raw: RAW.into(),
        accepted: Timestamp::UNIX_EPOCH,
    };
    assert!(!format!("{mail:?}").contains("example"));
    assert_eq!(file_name(&mail), "19700101T000000.000Z-1.eml");
}

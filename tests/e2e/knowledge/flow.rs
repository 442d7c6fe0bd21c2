//! What would follow from a conversation, before it is over.

use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::json;
use tests::Bench;

use super::post;
use crate::proving::{mails, said};

const DANA: &str = "dana.reed@example.com";

/// It is told, and nothing is stored or sent; once the conversation is over, it is what follows.
#[tokio::test]
async fn what_would_follow_is_told() {
    let bench = Bench::start().await;
    let (_, mut chatting) = bench.stack.twin.begin_chat(None, Timestamp::now()).await.unwrap();
    for text in [
        "I am a recruiter and have a staff engineer role for Alex.",
        "My e-mail is dana.reed@example.com",
        "Yes",
        "What has Alex done with Rust?",
    ] {
        said(&bench, &mut chatting, text).await;
    }
    let held = json!({ "person": chatting.chat.person, "interaction": chatting.chat.interaction });
    let (status, planned) = post(&bench, "/api/conversation-flow/follow-up", held).await;
    assert_eq!(status, StatusCode::OK, "{planned}");
    assert_eq!(
        (&planned["analysis"]["intent"], &planned["analysis"]["followUpRequired"]),
        (&json!("job_opportunity"), &json!(true)),
        "{planned}"
    );
    let follow_ups = planned["followUps"].as_array().unwrap();
    let mail = follow_ups.iter().find(|one| one["content"]["kind"] == "summary_email");
    let mail = mail.unwrap_or_else(|| panic!("{planned}"));
    assert_eq!(
        (&mail["content"]["to"], &mail["content"]["links"]["resume"]),
        (&json!(DANA), &json!("/resume.pdf"))
    );
    let kept = bench.owner("/api/crm/follow-ups").await;
    assert_eq!(kept["followUps"], json!([]), "nothing is planned yet: {kept}");
    assert!(mails(&bench, DANA).is_empty());
    for (person, interaction) in [("per_1", "int_1"), ("", "")] {
        let nobody = json!({ "person": person, "interaction": interaction });
        assert_eq!(post(&bench, "/api/conversation-flow/follow-up", nobody).await.0, StatusCode::NOT_FOUND);
    }
}

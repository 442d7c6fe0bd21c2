//! What nobody knows is said to be unknown, and becomes a gap, whose answer is knowledge.

use reqwest::StatusCode;
use serde_json::json;
use tests::Bench;

use super::{linkedin, post, put, put_fixture};

/// What reminds of a courtesy, of an advertisement or of a fact beside it, and is a question about the owner: it is not
/// answered, and not lost.
#[tokio::test]
async fn what_nobody_knows_is_a_gap() {
    let bench = Bench::start().await;
    put_fixture(&bench, "resume.pdf").await;
    put(&bench, "export.zip", linkedin()).await;
    let questions = [
        "How many years of experience does Alex have with Kubernetes?",
        "How many years has Alex worked with COBOL?",
        "Did Alex work at Google?",
        "Did Alex sell crypto?",
        "Is Alex married?",
        "Does Alex like dogs?",
        "Has Alex ever owned a casino?",
        "Is Alex nice?",
        "does he gamble",
    ];
    for (question, channel) in questions.iter().zip(["chat", "voice", "phone"].iter().cycle()) {
        let asked = json!({ "message": question, "channel": channel });
        let (_, answer) = post(&bench, "/api/conversation-flow/response", asked).await;
        assert_eq!(
            (&answer["known"], &answer["citations"]),
            (&json!(false), &json!([])),
            "{question}: {answer}"
        );
        let gaps = bench.owner("/api/knowledge/gaps").await.to_string();
        assert!(gaps.contains(question), "{question} in {gaps}");
    }
    for courtesy in ["How are you?", "Are you a bot?", "Do you want to improve your SEO?", "Goodbye"] {
        let asked = json!({ "message": courtesy, "channel": "chat" });
        let (_, answer) = post(&bench, "/api/conversation-flow/response", asked).await;
        assert_eq!(answer["known"], true, "{courtesy}: {answer}");
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn an_answer_to_a_gap_is_knowledge() {
    let bench = Bench::start().await;
    let ask = async |question: &str| {
        let asked = json!({ "message": question, "channel": "chat" });
        post(&bench, "/api/conversation-flow/response", asked).await.1
    };
    assert_eq!(ask("What is the name of his cat?").await["known"], false);
    assert_eq!(ask("what's his cat's name").await["known"], false);
    let gaps = bench.owner("/api/knowledge/gaps").await;
    assert_eq!(gaps["gaps"].as_array().unwrap().len(), 1, "asked in two ways: {gaps}");
    assert_eq!(gaps["gaps"][0]["count"], 2);
    let path = format!("/api/knowledge/gaps/{}/answer", gaps["gaps"][0]["id"].as_str().unwrap());
    assert_eq!(post(&bench, &path, json!({ "answer": " " })).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _) = post(&bench, &path, json!({ "answer": "The cat is called Byte." })).await;
    assert_eq!(status, StatusCode::OK);
    let answer = ask("What is the name of his cat?").await;
    assert!(answer["text"].as_str().unwrap().contains("Byte"), "{answer}");
    assert_eq!(answer["citations"][0]["title"], "The owner's answer");
    assert_eq!(bench.owner("/api/knowledge/gaps").await, json!({ "gaps": [] }));
    bench.stack.stop().await.unwrap();
}

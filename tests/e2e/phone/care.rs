//! What a caller says or keys in that asks for more than an answer.

use std::time::Duration;

use omnitwin::stack::Options;
use sim::scenario::Scenario;
use tests::{Bench, model, options, turns};

fn scenario(lines: &[(&str, &str)]) -> Scenario {
    let turn = |(caller, say): &(&str, &str)| {
        format!("[[turn]]\ncaller = \"{caller}\"\n[[turn.response]]\nsay = \"{say}\"\n")
    };
    let turns: String = lines.iter().map(turn).collect();
    Scenario::parse("care", &format!("title = \"care\"\nfrom = \"+14155550171\"\n{turns}")).unwrap()
}

async fn bench(scenario: &Scenario) -> Bench {
    Bench::with(Options { model: model(vec![scenario.clone()]), ..options() }).await
}

/// They are told whom to call, whatever the model says, and the owner knows before the call is over.
#[tokio::test]
async fn words_of_danger() {
    let scenario = scenario(&[
        ("Help, my father is having a heart attack!", "Tell me more about your project."),
        ("Yes, I will call them.", "Good."),
    ]);
    let bench = bench(&scenario).await;
    let mut config = bench.caller(&scenario);
    config.manners.grace = Duration::from_secs(2);
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    let said = turns(&call);
    let advice =
        said.iter().position(|(who, text)| *who == "twin" && text.contains("call your emergency number"));
    let answer = said.iter().position(|(_, text)| *text == "Yes, I will call them.");
    assert!(advice.is_some() && advice < answer, "{said:?}");
    let noted =
        call["actions"].as_array().unwrap().iter().filter(|one| one["kind"] == "emergency_heard").count();
    assert_eq!(noted, 1);
    let mails = bench.stack.aws().ses.sent_at_least(1).await;
    let texts: Vec<_> = mails
        .iter()
        .map(|mail| {
            mail_parser::MessageParser::default().parse(&mail.raw).unwrap().body_text(0).unwrap().into_owned()
        })
        .collect();
    let told = texts
        .iter()
        .filter(|text| text.contains("may be in danger") && text.contains("heart attack"))
        .count();
    assert_eq!(told, 1, "{texts:?}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn abuse_comes_to_an_end() {
    let scenario = scenario(&[
        ("Fuck off, you bitch!", "Please stay polite, or I will end this call."),
        ("You are a piece of shit.", "I will end this call if it goes on."),
        ("Fuck you!", "I am sorry to hear that."),
        ("Hello?", "Hello."),
    ]);
    let bench = bench(&scenario).await;
    let report = bench.place(bench.caller(&scenario)).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "abuse", "{call}");
    let said = turns(&call);
    assert_eq!(said.last(), Some(&("twin", "I am ending this call now. Goodbye.")));
    assert!(!said.iter().any(|(_, text)| *text == "Hello?"));
    bench.stack.stop().await.unwrap();
}

/// The model learns of keys that were pressed, and never of a card.
#[tokio::test]
async fn keys_that_are_pressed() {
    let scenario = scenario(&[("I have a question.", "Press one for yes.")]);
    let bench = bench(&scenario).await;
    let mut config = bench.caller(&scenario);
    let at = |ms: u64| Duration::from_millis(ms);
    config.dtmf = vec![(at(6000), '4'), (at(6200), '2'), (at(6400), '#')];
    let card = "4111111111111111".chars().zip(0..).map(|(key, n)| (at(7000 + 50 * n), key));
    config.dtmf.extend(card);
    config.manners.grace = Duration::from_secs(6);
    let report = bench.place(config).await;
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    let told = format!("{:?}", bench.openai().sessions()[0].conversation);
    assert!(told.contains("has pressed these keys of the telephone: 42."), "{told}");
    assert!(told.contains("payment card") && !told.contains("4111"), "{told}");
    bench.stack.stop().await.unwrap();
}

/// How long they waited stands in the timeline, and on the page.
#[tokio::test]
async fn waiting_is_timed() {
    let scenario = scenario(&[("I have a question.", "Ask me."), ("Never mind.", "Very well.")]);
    let bench = bench(&scenario).await;
    let mut config = bench.caller(&scenario);
    config.manners.grace = Duration::from_secs(2);
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    let timed = call["actions"].as_array().unwrap().iter().find(|one| one["kind"] == "turns_timed");
    let timed = timed.unwrap_or_else(|| panic!("{call}"));
    assert_eq!(timed["turns"], 2);
    let [audio, heard, longest] =
        ["firstAudioP50Ms", "heardP50Ms", "heardP95Ms"].map(|name| timed[name].as_u64().unwrap());
    // The model thinks for 50 ms and more once it has noticed the silence.
    assert!(audio >= 50 && audio <= heard && heard <= longest, "{timed}");
    let page = bench.as_owner(reqwest::Method::GET, &format!("/people/{}", call["person"].as_str().unwrap()));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("2 answers, heard after"), "{page}");
    bench.stack.stop().await.unwrap();
}

//! A call happens again from its wire log: for bug reports.

use std::{fs, path::Path, sync::Arc, time::Duration};

use omnitwin::{commands::replay, stack::Options};
use sim::{openai::Fault, scenario::Scenario};
use tests::{Bench, model, options};
use twin::call::log::{self, Entry, Line};

use super::until_goodbye;

/// A tool, another voice in between, and a goodbye.
fn talk() -> Scenario {
    let turns = r#"
        [[turn]]
        caller = "Please note that I called about the lighthouse."
        [[turn.response]]
        [[turn.response.call]]
        tool = "take_message"
        arguments = { message = "about the lighthouse" }
        [[turn.response]]
        say = "It is noted. Anything else today?"
        [[turn]]
        caller = "The order number is A B dash seven seven three one."
        [[turn.response]]
        [[turn.response.call]]
        tool = "note_number"
        arguments = { what = "order number", spelled = "AB-7731", confirmed = true }
        [[turn.response]]
        say = "I have it."
    "#;
    until_goodbye("written_down", "+14155550157", turns)
}

async fn bench(logs: Option<&Path>) -> Bench {
    let call_logs = logs.map(Arc::from);
    Bench::with(Options { model: model(vec![talk()]), call_logs, ..options() }).await
}

/// The log of the only call of this folder, and where it is.
fn only_log(directory: &Path) -> (std::path::PathBuf, String) {
    let mut files = fs::read_dir(directory).unwrap();
    let path = files.next().expect("a log").unwrap().path();
    assert!(files.next().is_none(), "one log a call");
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

fn again(file: &Path) -> Result<(), String> {
    let arguments = replay::Arguments { file: file.to_owned(), audio: false };
    replay::run(&arguments).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_call_with_faults_happens_again_as_it_did() {
    let directory = tempfile::tempdir().unwrap();
    let logs = directory.path().join("logs");
    let bench = bench(Some(&logs)).await;
    bench.openai().misbehave(Fault::DeltaBytes(vec![7, 333, 1601, 160]));
    bench.openai().misbehave(Fault::UnknownEvents);
    bench.openai().misbehave(Fault::Reset.on_response(3).after(Duration::from_millis(30)).times(1));
    let report = bench.place(bench.caller(&talk())).await;
    assert_eq!(bench.conversation(&report.call_sid).await["outcome"], "completed", "{:?}", report.faults);
    let secrets = bench.stack.secrets.clone();
    bench.stack.stop().await.unwrap();

    let (path, text) = only_log(&logs);
    assert!(path.to_string_lossy().contains(&report.call_sid), "{}", path.display());
    let recorded = log::read(&text).unwrap();
    assert!(recorded.iter().any(|line| line.entry == Entry::ModelLost), "the fault is in it");
    assert!(recorded.iter().any(|line| matches!(line.entry, Entry::ToolFinished { .. })));
    let (first, second) = (log::replay(&recorded).unwrap(), log::replay(&recorded).unwrap());
    assert_eq!(first, second);
    assert_eq!(log::difference(&recorded, &first), None);
    let words: Vec<String> = first.iter().filter(|line| !line.is_bulk()).map(Line::to_string).collect();
    assert!(words.iter().any(|line| line.contains("lighthouse")), "{words:?}");
    assert!(words.len() < first.len() / 2, "most of it is audio");
    assert!(!text.contains("AB-7731") && text.contains("blanked"), "what was taken down is not in it");
    again(&path).unwrap();

    for secret in [&secrets.owner_token, &secrets.ticket_secret, &secrets.twilio_auth_token] {
        assert!(!text.contains(secret.as_str()));
    }
    for never in ["/media/", "eyJjYWxsIjoiQ0", "Bearer", "payload\":\"", "+14155550157"] {
        assert!(!text.contains(never), "{never:?} is in the log");
    }
    assert_eq!(mode(&logs) & 0o777, 0o700);
    assert_eq!(mode(&path) & 0o777, 0o600);
    what_is_broken_is_named(directory.path(), &text);
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).unwrap().mode()
}

fn what_is_broken_is_named(directory: &Path, text: &str) {
    let file = directory.join("call.log");
    let refused = |text: &str| {
        fs::write(&file, text).unwrap();
        again(&file).unwrap_err()
    };
    let count = text.lines().count();
    let cut = refused(&text[..text.len() - 5]);
    assert!(cut.contains(&format!("line {count}: the log breaks off")), "{cut}");
    let shorter: String = text.split_inclusive('\n').take(40).collect();
    let early = refused(&shorter);
    assert!(early.contains("the log ends with line 40") || early.contains("line 41 differs"), "{early}");
    let altered = refused(&text.replacen("Say exactly this", "Say something like this", 1));
    assert!(altered.contains("differs") && altered.contains("Say something like this"), "{altered}");
    assert!(again(&directory.join("none.log")).unwrap_err().contains("none.log"));
}

#[tokio::test]
async fn nothing_is_written_down_unless_somebody_wants_it() {
    let directory = tempfile::tempdir().unwrap();
    let bench = bench(None).await;
    bench.place(bench.caller(&talk())).await;
    bench.stack.stop().await.unwrap();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    assert!(Options::default().call_logs.is_none());
}

/// A folder that cannot be is no reason not to answer.
#[tokio::test]
async fn a_call_goes_on_without_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let taken = directory.path().join("a file");
    fs::write(&taken, "not a folder").unwrap();
    let bench = bench(Some(&taken)).await;
    let report = bench.place(bench.caller(&talk())).await;
    assert_eq!(bench.conversation(&report.call_sid).await["outcome"], "completed");
    bench.stack.stop().await.unwrap();
}

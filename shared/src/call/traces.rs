//! Conversations as data: a script of inputs, and the score of all that the call did.
//!
//! A script line is an input, with the milliseconds since the line before (`+1200`). Between lines time passes as
//! it would: a simulated player plays and returns marks, and `Tick` comes when it is due. The scores are in
//! `snapshots/`; `INSTA_UPDATE=always cargo test -p twin call::traces` writes them anew, to be read as a diff.

mod player;
mod score;
mod script;
mod stage;
mod witness;

mod audio;
mod barge_in;
mod endings;
mod greeting;
mod keys;
mod leaving;
mod live;
mod model_lost;
mod properties;
mod responses;
mod rolling_over;
mod routing;
mod silence;
mod time;
mod tools;
mod transcript;

use std::{collections::BTreeSet, fs, path::Path};

use stage::Stage;

use crate::call::Limits;

/// A test for each script, and their names.
macro_rules! traces {
    ($($(#[$doc:meta])* $name:ident: $script:expr;)*) => { super::traces! { by check; $($(#[$doc])* $name: $script;)* } };
    (by $check:ident; $($(#[$doc:meta])* $name:ident: $script:expr;)*) => {
        $($(#[$doc])* #[test] fn $name() { super::$check(stringify!($name), $script); })*
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}
use traces;

/// What every caller hears first, before the time of the score begins.
const GREETED: &str = r#"
    model ready
    realtime> answers r0 g 1000 "Hello, this is an AI."
    +1000 wait
"#;

/// The same of GPT-Live.
const GREETED_LIVE: &str = r#"
    model ready
    live> started
    live> speaks 1000 "Hello, this is an AI."
    +1200 wait
"#;

/// Runs a script in a call of GPT-Live in which the greeting was heard; one that starts with `new call`, from the start.
fn check_live(name: &str, script: &str) {
    let mut stage = Stage::live();
    let script = script.trim_start();
    let rest = script.strip_prefix("new call");
    if rest.is_none() {
        stage.run(GREETED_LIVE);
        stage.begin_score();
    }
    stage.run(rest.unwrap_or(script));
    compare(name, &stage);
}

/// Runs a script in a call in which the greeting was heard; one that starts with `new call`, from the start.
fn check(name: &str, script: &str) {
    run(Stage::default(), name, script);
}

/// The same where nothing is taken for noise.
fn check_unhurried(name: &str, script: &str) {
    let limits = Limits::default();
    run(Stage::with(Limits { speech: limits.max_duration + limits.goodbye, ..limits }), name, script);
}

fn run(mut stage: Stage, name: &str, script: &str) {
    let script = script.trim_start();
    let rest = script.strip_prefix("new call");
    if rest.is_none() {
        stage.run(GREETED);
        stage.begin_score();
    }
    stage.run(rest.unwrap_or(script));
    compare(name, &stage);
}

fn compare(name: &str, stage: &Stage) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, stage.score()));
}

#[test]
fn every_score_belongs_to_a_script() {
    let names = [
        audio::NAMES,
        barge_in::NAMES,
        endings::NAMES,
        greeting::NAMES,
        keys::NAMES,
        live::NAMES,
        model_lost::NAMES,
        responses::NAMES,
        routing::NAMES,
        silence::NAMES,
        time::NAMES,
        tools::NAMES,
        transcript::NAMES,
    ];
    let scripts: BTreeSet<String> = names.concat().iter().map(|name| format!("{name}.snap")).collect();
    let scores = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/call/snapshots");
    let scores = fs::read_dir(scores).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let left_over: Vec<_> = scores.filter(|score| !scripts.contains(score)).collect();
    assert!(left_over.is_empty(), "{left_over:?}");
}

mod booking;
mod calls;
mod care;
mod faults;
mod in_text;
mod killed;
mod languages;
mod live;
pub mod outbound;
mod live_transcription;
mod personas;
mod picked_up;
mod logs;
mod recording;
mod relay;
mod replay;
mod rest;
mod routing;
mod transfer;
mod screening;
mod webhook;

use sim::scenario::Scenario;

/// A call with these turns, and a goodbye behind them.
fn until_goodbye(name: &str, from: &str, turns: &str) -> Scenario {
    let text = format!(
        r#"
        title = "{name}"
        from = "{from}"
        {turns}
        [[turn]]
        caller = "No thank you, that is all for today."
        [[turn.response]]
        say = "Goodbye then."
        [[turn.response.call]]
        tool = "end_call"
        arguments = {{ reason = "done" }}
        "#
    );
    Scenario::parse(name, &text).unwrap()
}

/// What a model is told in a call, without the day and the time of day.
fn but_for_the_clock(told: &str) -> String {
    let without = |told: &str, clock: &str, end: char| {
        let (before, rest) = told.split_once(clock).unwrap_or_else(|| panic!("no time in {told}"));
        let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("no time in {told}"));
        format!("{before}{clock}{after}")
    };
    without(&without(told, "Today is ", '.'), "Where the owner is, it is ", ';')
}

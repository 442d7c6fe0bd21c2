//! `omnitwin`: everything on one port until Ctrl-C.

use std::{path::Path, time::Duration};

use media_relay::GOODBYES_WITHIN;
use sim::{scenario::Scenario, twilio::Callee};
use tokio::signal::unix::{SignalKind, signal};
use twin::telemetry;

use super::Outcome;
use crate::{
    settings::{Running, a_call, options},
    stack::Stack,
};

/// Behind a goodbye Twilio asks what comes next, and tells that the call is over: without an answer the caller hears that
/// something is out of order.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

pub async fn run(lookup: &dyn Fn(&str) -> Option<String>, directory: &Path) -> Outcome {
    telemetry::start(telemetry::Format::Text, lookup("LOG").as_deref());
    let stack = Stack::start(options(lookup, directory)?).await?;
    if let Some(twilio) = &stack.twilio {
        for callee in Scenario::callees() {
            twilio.answer_at(&callee.from, Callee::playing(&callee, callee.name == "mailbox"));
        }
    }
    let running = Running::of(&stack);
    running.write(directory)?;
    announce(&stack, &running, directory, &stack.owner_link().await?);
    until_told_to_stop().await?;
    Running::remove(directory)?;
    goodbyes(&stack).await?;
    stack.stop().await?;
    println!("Stopped.");
    Ok(())
}

/// Whoever talks hears goodbye, unless we are told to stop once more.
async fn goodbyes(stack: &Stack) -> std::io::Result<()> {
    let calls = stack.slots.taken();
    if calls == 0 {
        println!("\nStopping.");
        return Ok(());
    }
    let seconds = (GOODBYES_WITHIN + LAST_ANSWERS).as_secs();
    println!("\nStopping. Calls that go on: {calls}. Each ends with a goodbye, within {seconds} seconds.");
    println!("Ctrl-C once more cuts them off.");
    let said = async {
        if tokio::time::timeout(GOODBYES_WITHIN, stack.say_goodbye()).await.is_ok() {
            tokio::time::sleep(LAST_ANSWERS).await;
        }
    };
    tokio::select! {
        () = said => Ok(()),
        stopped = until_told_to_stop() => stopped,
    }
}

fn announce(stack: &Stack, running: &Running, directory: &Path, owner_link: &str) {
    let state = |simulated: bool| if simulated { "simulated" } else { "REAL" };
    let number = &running.phone_number;
    println!("Omnitwin is running.\n");
    println!("  Home       {}/", running.base_url);
    println!("  Owner      {owner_link}");
    println!("             (signs you in, once)");
    println!("  Chat       {}/chat", running.base_url);
    println!("  Voice      {}/voice", running.base_url);
    println!("  Meetings   {}/book", running.base_url);
    println!("  MCP        {0}/api/mcp, and {0}/api/mcp/owner", running.base_url);
    println!("  Outbox     {}/outbox", running.base_url);
    println!("  Phone      {number}, {}", state(stack.twilio.is_some()));
    println!("  Model      OpenAI Realtime, {}", state(stack.openai.is_some()));
    println!("  AWS        DynamoDB, SQS and SES, simulated; data in {}/", directory.display());
    println!("\nNow call it, in another terminal:\n\n  {}\n", a_call(directory));
}

async fn until_told_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

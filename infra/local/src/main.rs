use std::process::ExitCode;

use clap::Parser as _;
use omnitwin::commands::{
    Arguments, Command, analytics, call, contacts, cost, demo, dial, doctor, eval, follow_ups, import, mcp,
    openapi, replay, serve, setup, sign_in,
};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let environment = |name: &str| std::env::var(name).ok();
    let outcome = match &arguments.command {
        None | Some(Command::Serve) => Box::pin(serve::run(&environment, &arguments.data)).await,
        Some(Command::Call(call)) => call::run(call, &arguments.data).await,
        Some(Command::SignIn(sign_in)) => sign_in::run(sign_in, &environment, &arguments.data).await,
        Some(Command::Replay(replay)) => replay::run(replay),
        Some(Command::Dial(dial)) => dial::run(dial, &arguments.data).await,
        Some(Command::Doctor(doctor)) if doctor.stack.is_some() => {
            doctor::stack::run(doctor, &environment).await
        }
        Some(Command::Doctor(_)) => doctor::run(&environment, &arguments.data).await,
        Some(Command::Setup(setup)) => setup::run(setup, &environment, &arguments.data).await,
        Some(Command::Import(import)) => import::run(import, &environment, &arguments.data).await,
        Some(Command::Analytics(analytics)) => analytics::run(analytics, &arguments.data).await,
        Some(Command::Demo(demo)) => demo::run(demo, &arguments.data).await,
        Some(Command::Contacts(contacts)) => contacts::run(contacts, &arguments.data).await,
        Some(Command::Cost(cost)) => cost::run(cost),
        Some(Command::FollowUps(follow_ups)) => follow_ups::run(follow_ups, &arguments.data).await,
        Some(Command::Mcp(mcp)) => Box::pin(mcp::run(mcp, &environment, &arguments.data)).await,
        Some(Command::Openapi) => openapi::run(),
        Some(Command::Eval(eval)) => eval::run(eval, &environment).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("omnitwin: {error}");
            ExitCode::FAILURE
        }
    }
}

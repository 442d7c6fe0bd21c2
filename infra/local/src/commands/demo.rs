//! `omnitwin demo`: a history that shows what the twin is like after a while.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::{Outcome, table::opened};
use crate::demo::{History, write};

#[derive(clap::Args)]
pub struct Arguments {
    /// How far it goes back.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=730))]
    days: i64,
}

pub async fn run(arguments: &Arguments, directory: &Path) -> Outcome {
    std::fs::create_dir_all(directory)?;
    let now = Timestamp::now();
    let history = History::of(arguments.days, now);
    let (twin, aws) = opened(None, directory).await?;
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} conversations")?;
    let bar = ProgressBar::new(history.interactions.len() as u64).with_style(style);
    let written = write(&twin, &history, arguments.days, now, || bar.inc(1)).await;
    bar.finish_and_clear();
    if let Some(aws) = aws {
        aws.stop().await?;
    }
    written?;
    println!(
        "{} made-up conversations with {} made-up people, all tagged \"demo\", of {} days.",
        history.interactions.len(),
        history.people.len(),
        arguments.days
    );
    println!("Start Omnitwin with the same --data, and open the dashboard.");
    Ok(())
}

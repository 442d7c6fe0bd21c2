//! `omnitwin analytics`: how things go, and all counts made anew.

use std::path::Path;

use jiff::{Timestamp, civil::Date};
use reqwest::Method;
use serde::Deserialize as _;
use serde_json::Value;
use twin::{
    analytics::{MAX_DAYS, Period, Unit, csv, on},
    twin::Twin,
};

use super::{Outcome, owner::Owner, table::kept};
use crate::settings::Running;

#[derive(clap::Subcommand)]
pub enum Arguments {
    /// The metrics of the last days, beside those of the days before.
    Report(Asked),
    /// Count all days anew that are over, while no system runs with the data. What did not change gets the same bytes.
    Rebuild(Rebuild),
}

#[derive(clap::Args)]
pub struct Asked {
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=MAX_DAYS))]
    days: i64,
    /// As a table with all that is told by channel and relationship.
    #[arg(long)]
    csv: bool,
    /// Of this table of the account that AWS's command line works with.
    #[arg(long)]
    table: Option<String>,
}

#[derive(clap::Args)]
pub struct Rebuild {
    /// The first day; otherwise the first that was ever counted.
    #[arg(long)]
    from: Option<Date>,
    /// In this table of the account that AWS's command line works with.
    #[arg(long)]
    table: Option<String>,
}

pub async fn run(arguments: &Arguments, directory: &Path) -> Outcome {
    let table = match arguments {
        Arguments::Report(asked) => asked.table.as_deref(),
        Arguments::Rebuild(asked) => asked.table.as_deref(),
    };
    if let (Arguments::Report(asked), None) = (arguments, table)
        && let Some(running) = Running::found(directory).await
    {
        return ask(&Owner::new(&running.base_url, &running.owner_token), asked).await;
    }
    let (twin, aws) = kept(table, directory).await?;
    let now = Timestamp::now();
    let outcome = match arguments {
        Arguments::Report(asked) => report(&twin, asked, now).await,
        Arguments::Rebuild(asked) => rebuild(&twin, asked, now).await,
    };
    if let Some(aws) = aws {
        aws.stop().await?;
    }
    outcome
}

/// The report of the system that runs with this data.
async fn ask(owner: &Owner, asked: &Asked) -> Outcome {
    let path = format!("/api/analytics/report?days={}", asked.days);
    if asked.csv {
        print!("{}", owner.text(&format!("{path}&format=csv")).await?);
    } else {
        print(&owner.ask(Method::GET, &path, None).await?);
    }
    Ok(())
}

async fn report(twin: &Twin, asked: &Asked, now: Timestamp) -> Outcome {
    let report = twin.report(Period::last(asked.days, on(now)), now).await?;
    if asked.csv {
        print!("{}", csv(&report));
    } else {
        print(&serde_json::to_value(&report)?);
    }
    Ok(())
}

fn print(report: &Value) {
    let text = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
    let [from, to, before_from, before_to] =
        ["from", "to", "beforeFrom", "beforeTo"].map(|key| text(report, key));
    println!("{from} to {to}, beside {before_from} to {before_to}\n");
    for tile in report["tiles"].as_array().into_iter().flatten() {
        let unit = Unit::deserialize(&tile["unit"]).unwrap_or(Unit::Count);
        let now = shown(unit, tile["now"]["value"].as_f64());
        let before = shown(unit, tile["before"]["value"].as_f64());
        let (title, n, sure) = (text(tile, "title"), &tile["now"]["n"], between(unit, &tile["now"]));
        println!("{title:<32} {now:>12}  (before: {before}; n = {n}{sure})");
    }
    println!("\nFunnel");
    for step in report["funnel"].as_array().into_iter().flatten() {
        println!("{:<32} {:>12}", text(step, "title"), step["count"].to_string());
    }
}

/// At 95 %.
fn between(unit: Unit, figure: &Value) -> String {
    let [low, high] = ["low", "high"].map(|end| figure[end].as_f64());
    match (low, high) {
        (None, None) => String::new(),
        (_, None) => format!("; {} or more", shown(unit, low)),
        (None, _) => format!("; {} or less", shown(unit, high)),
        _ => format!("; {} to {}", shown(unit, low), shown(unit, high)),
    }
}

fn shown(unit: Unit, value: Option<f64>) -> String {
    let Some(value) = value else { return "too few".to_owned() };
    match unit {
        Unit::Count => format!("{value:.0}"),
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::Seconds if value >= 2.0 * 3600.0 => format!("{:.1} h", value / 3600.0),
        Unit::Seconds if value >= 2.0 * 60.0 => format!("{:.0} min", value / 60.0),
        Unit::Seconds => format!("{value:.0} s"),
        Unit::Milliseconds => format!("{value:.0} ms"),
        Unit::Hours => format!("{value:.0} h"),
        Unit::Days => format!("{value:.0} d"),
        Unit::MicroDollars => format!("${:.3}", value / 1e6),
    }
}

fn of(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

async fn rebuild(twin: &Twin, asked: &Rebuild, now: Timestamp) -> Outcome {
    let first = twin.store().first_closed_day().await?;
    let Some(from) = asked.from.or(first) else {
        println!("Nothing was counted yet.");
        return Ok(());
    };
    let rebuilt = twin.rebuild(from, now).await?;
    println!("Counted anew: {} and {}.", of(rebuilt.days, "day"), of(rebuilt.months, "month"));
    match rebuilt.changed.as_slice() {
        [] => println!("All of them are the same bytes as before."),
        changed => {
            let changed: Vec<String> = changed.iter().map(ToString::to_string).collect();
            println!("Not the same as before: {}.", changed.join(", "));
        }
    }
    Ok(())
}

//! `omnitwin cost`: what a month costs on AWS, with Twilio and OpenAI.

use clap::Args;

use super::Outcome;
use crate::cost::{Model, Month, Payee, sum};

#[derive(Args)]
pub struct Arguments {
    /// How many calls there are in the month.
    #[arg(long, default_value_t = 100)]
    pub calls: u32,
    /// Without the media relay, when callers leave a message.
    #[arg(long)]
    pub no_relay: bool,
    /// With `CloudFront` and its firewall.
    #[arg(long)]
    pub edge: bool,
    /// Print what `infra/COST.md` has to be.
    #[arg(long)]
    pub page: bool,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let model = Model::checked_in()?;
    if arguments.page {
        print!("{}", model.page()?);
        return Ok(());
    }
    let Arguments { calls, no_relay, edge, .. } = *arguments;
    let lines = model.month(Month { calls: f64::from(calls), relay: !no_relay, edge })?;
    println!("{calls} calls in a month, in US dollars\n");
    for line in lines.iter().filter(|line| line.cost >= 0.005) {
        println!("{:<8} {:<26} {:>10.2}", line.payee.name(), line.what, line.cost);
    }
    println!();
    for payee in [Payee::Aws, Payee::Twilio, Payee::OpenAi] {
        println!("{:<35} {:>10.2}", payee.name(), sum(&lines, Some(payee)));
    }
    println!("{:<35} {:>10.2}", "In all", sum(&lines, None));
    Ok(())
}

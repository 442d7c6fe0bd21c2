//! What a month costs, computed: prices with their dates (`infra/cost/prices.json`), what was counted of the table
//! (`infra/cost/measured.json`, which `tests/bench/scale` writes), the templates, and the assumptions below.

use std::collections::BTreeMap;

use serde::Deserialize;

const PRICES: &str = include_str!("../../cost/prices.json");
const MEASURED: &str = include_str!("../../cost/measured.json");
const ALARMS: &str = include_str!("../../alarms.yaml");
const EDGE: &str = include_str!("../../edge.yaml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars.
    per: f64,
    unit: String,
    /// What is free each month, without an end.
    #[serde(default)]
    free: f64,
    as_of: String,
    source: String,
}

#[derive(Debug, Deserialize)]
struct Operation {
    requests: f64,
    read_units: f64,
    write_units: f64,
}

#[derive(Debug, Deserialize)]
struct Measured {
    as_of: String,
    operations: BTreeMap<String, Operation>,
}

/// What is assumed of a month; everything else is counted or priced.
pub struct Assumed {
    pub minutes_a_call: f64,
    /// Turns of a call, both speakers'.
    pub turns: f64,
    pub tools: f64,
    pub mails: f64,
    /// How much of a call each speaks.
    pub caller_speaks: f64,
    pub twin_speaks: f64,
    /// Of the table, for each call that is kept, in kilobytes.
    pub kept_kb: f64,
    pub log_kb: f64,
    /// Of a request to the table, in milliseconds, and of a function besides.
    pub table_ms: f64,
    pub own_ms: f64,
    /// Tokens of instructions and tools.
    pub instructions: f64,
    /// Tokens with which a model reads a call afterwards, and of what it says of it.
    pub read: f64,
    pub told: f64,
}

pub const ASSUMED: Assumed = Assumed {
    minutes_a_call: 3.0,
    turns: 20.0,
    tools: 2.0,
    mails: 2.0,
    caller_speaks: 0.5,
    twin_speaks: 0.4,
    kept_kb: 20.0,
    log_kb: 12.0,
    table_ms: 6.0,
    own_ms: 15.0,
    instructions: 3500.0,
    read: 3000.0,
    told: 500.0,
};

/// Of 30.4 days.
const HOURS: f64 = 730.0;
/// What the service asks the queue while nothing is in it: five readers that wait for twenty seconds each.
const POLLS_A_SECOND: f64 = 5.0 / 20.0;
/// A line that Lambda writes of each invocation by itself, twice.
const PLATFORM_LOG_KB: f64 = 0.8;
/// 8,000 bytes a second in base64, in an envelope each 20 ms, one way.
const AUDIO_KB_A_SECOND: f64 = 15.0;
/// What a capacity unit of a load balancer carries in an hour.
const GB_A_CAPACITY_UNIT: f64 = 1.0;
/// A policy that scales by a metric makes them itself.
const ALARMS_OF_SCALING: f64 = 2.0;
/// OpenAI: a token is 100 ms of what is heard, and 50 ms of what is spoken.
const HEARD_TOKENS_A_SECOND: f64 = 10.0;
const SPOKEN_TOKENS_A_SECOND: f64 = 20.0;
/// Secrets: what the owner gives, the tickets' key, the owner's token.
const SECRETS: f64 = 3.0;
/// Of a relay: calls, slots, and how long callers waited.
const RELAY_METRICS: f64 = 4.0;
/// Whoever works with the table asks for its key, and then not for five minutes.
const KEYS_AN_HOUR: f64 = 12.0;
/// Who works with it in a call: webhook, relay and worker.
const ROLES_OF_CALL: f64 = 3.0;
/// A load balancer in two zones, and a task.
const ADDRESSES: f64 = 3.0;
const CPU: f64 = 0.25;
const MEMORY_GB: f64 = 0.5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payee {
    Aws,
    Twilio,
    OpenAi,
}

impl Payee {
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Twilio => "Twilio",
            Self::OpenAi => "OpenAI",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Line {
    pub payee: Payee,
    pub what: &'static str,
    /// Its name in the price table.
    pub price: &'static str,
    pub amount: f64,
    /// US dollars.
    pub cost: f64,
}

/// A month with so many calls; what stands in front and what speaks are there or not.
#[derive(Debug, Clone, Copy)]
pub struct Month {
    pub calls: f64,
    pub relay: bool,
    pub edge: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum CostError {
    #[error("{0}")]
    Read(#[from] serde_json::Error),
    #[error("no price of {0:?}")]
    Price(&'static str),
    #[error("{0:?} was not measured")]
    Measured(&'static str),
}

/// Prices and measurements, as they are checked in.
pub struct Model {
    prices: BTreeMap<String, Price>,
    measured: Measured,
}

impl Model {
    pub fn checked_in() -> Result<Self, CostError> {
        Ok(Self { prices: serde_json::from_str(PRICES)?, measured: serde_json::from_str(MEASURED)? })
    }

    fn units(&self, what: &'static str) -> Result<&Operation, CostError> {
        self.measured.operations.get(what).ok_or(CostError::Measured(what))
    }

    /// How long a function takes for this, in seconds.
    fn seconds(&self, what: &'static str) -> Result<f64, CostError> {
        Ok((self.units(what)?.requests * ASSUMED.table_ms + ASSUMED.own_ms) / 1000.0)
    }

    /// All that is paid for, and how much of it.
    fn amounts(&self, month: Month) -> Result<Vec<(Payee, &'static str, &'static str, f64)>, CostError> {
        let Month { calls, relay, edge } = month;
        let on = |is: bool, amount: f64| if is { amount } else { 0.0 };
        let minutes = calls * ASSUMED.minutes_a_call;
        let sweeps = HOURS * 60.0;
        let of_call = [
            ("webhook, a known caller", 1.0),
            ("a conversation opened", 1.0),
            ("ten turns", ASSUMED.turns / 10.0),
            ("a tool", ASSUMED.tools),
            ("a conversation closed", 1.0),
            ("the job after it", 1.0),
        ];
        let (mut reads, mut writes) = (0.0, 0.0);
        for (what, times) in of_call {
            reads += self.units(what)?.read_units * times * calls;
            writes += self.units(what)?.write_units * times * calls;
        }
        let sweep = self.units("a sweep with nothing to do")?;
        reads += sweep.read_units * sweeps;
        writes += sweep.write_units * sweeps;
        // Webhook, after-stream and status; then the job.
        let (webhooks, jobs) = (calls * 3.0, calls);
        let gb_seconds = webhooks * self.seconds("webhook, a known caller")? * 0.5
            + jobs * self.seconds("the job after it")? * 0.25
            + sweeps * self.seconds("a sweep with nothing to do")? * 0.25;
        let invocations = webhooks + jobs + sweeps;
        let log_gb = (calls * ASSUMED.log_kb + invocations * PLATFORM_LOG_KB) / 1e6;
        let stored_gb = calls * ASSUMED.kept_kb / 1e6;
        let seconds = minutes * 60.0;
        let (heard, spoken) = (
            seconds * ASSUMED.caller_speaks * HEARD_TOKENS_A_SECOND,
            seconds * ASSUMED.twin_speaks * SPOKEN_TOKENS_A_SECOND,
        );
        // Each answer begins with all that was before: the instructions, which are in no cache at the first, and half of what was
        // said, on average.
        let answers = ASSUMED.turns / 2.0;
        let before = calls * (answers - 1.0) * ASSUMED.instructions + answers * (heard + spoken) / 2.0;
        // Through the balancer, to and from the caller; and as much out, to the caller and to the model.
        let audio_gb = seconds * 2.0 * AUDIO_KB_A_SECOND / 1e6;
        let always = HOURS * KEYS_AN_HOUR;
        let keys = always + (calls * ROLES_OF_CALL).min(always * ROLES_OF_CALL);
        Ok(vec![
            (Payee::Aws, "secrets", "secret", SECRETS + on(edge, 1.0)),
            (Payee::Aws, "alarms", "alarm", alarms(relay, edge)),
            (
                Payee::Aws,
                "metrics",
                "metric",
                count(ALARMS, "Type: AWS::Logs::MetricFilter") + on(relay, RELAY_METRICS),
            ),
            (Payee::Aws, "functions: requests", "lambda_request", invocations),
            (Payee::Aws, "functions: time", "lambda_gb_second", gb_seconds),
            (Payee::Aws, "API", "api_request", webhooks),
            (Payee::Aws, "table: reads", "read_unit", reads),
            (Payee::Aws, "table: writes", "write_unit", writes),
            (Payee::Aws, "table: storage", "table_gb", stored_gb),
            (Payee::Aws, "table: backup", "backup_gb", stored_gb),
            (Payee::Aws, "table: its key", "key_request", keys),
            (Payee::Aws, "queue", "queue_request", HOURS * 3600.0 * POLLS_A_SECOND + jobs * 3.0),
            (Payee::Aws, "mail", "mail", calls * ASSUMED.mails),
            (Payee::Aws, "logs", "log_gb", log_gb),
            (Payee::Aws, "relay: load balancer", "balancer_hour", on(relay, HOURS)),
            (
                Payee::Aws,
                "relay: its capacity",
                "balancer_unit_hour",
                on(relay, audio_gb / GB_A_CAPACITY_UNIT),
            ),
            (Payee::Aws, "relay: addresses", "address_hour", on(relay, HOURS * ADDRESSES)),
            (Payee::Aws, "relay: CPU", "cpu_hour", on(relay, HOURS * CPU)),
            (Payee::Aws, "relay: memory", "memory_hour", on(relay, HOURS * MEMORY_GB)),
            (Payee::Aws, "relay: audio out", "data_out_gb", on(relay, audio_gb)),
            (Payee::Aws, "zone of the name", "zone", on(relay || edge, 1.0)),
            (Payee::Aws, "edge: firewall", "firewall", on(edge, 1.0)),
            (Payee::Aws, "edge: rules", "firewall_rule", on(edge, count(EDGE, "        - Name: "))),
            (Payee::Aws, "edge: requests", "firewall_request", on(edge, webhooks)),
            (Payee::Twilio, "number", "number", 1.0),
            (Payee::Twilio, "calls", "inbound_minute", minutes),
            (Payee::Twilio, "audio", "stream_minute", on(relay, minutes)),
            (Payee::OpenAi, "voice: heard", "voice_audio_in", on(relay, heard)),
            (Payee::OpenAi, "voice: spoken", "voice_audio_out", on(relay, spoken)),
            (Payee::OpenAi, "voice: instructions", "voice_text_in", on(relay, calls * ASSUMED.instructions)),
            (Payee::OpenAi, "voice: what was before", "voice_cached", on(relay, before)),
            (Payee::OpenAi, "text: a call read", "text_in", on(relay, calls * ASSUMED.read)),
            (Payee::OpenAi, "text: what it says", "text_out", on(relay, calls * ASSUMED.told)),
        ])
    }

    /// What a month costs, line by line; what is free is taken off.
    pub fn month(&self, month: Month) -> Result<Vec<Line>, CostError> {
        let amounts = self.amounts(month)?;
        amounts
            .into_iter()
            .map(|(payee, what, price, amount)| {
                let of = self.prices.get(price).ok_or(CostError::Price(price))?;
                Ok(Line { payee, what, price, amount, cost: (amount - of.free).max(0.0) * of.per })
            })
            .collect()
    }

    /// The page `infra/COST.md`.
    pub fn page(&self) -> Result<String, CostError> {
        let months = [
            ("idle, no relay", Month { calls: 0.0, relay: false, edge: false }),
            ("idle", Month { calls: 0.0, relay: true, edge: false }),
            ("100 calls", Month { calls: 100.0, relay: true, edge: false }),
            ("10,000 calls", Month { calls: 10_000.0, relay: true, edge: false }),
            ("10,000, with the edge", Month { calls: 10_000.0, relay: true, edge: true }),
        ];
        let columns = months.iter().map(|(_, month)| self.month(*month)).collect::<Result<Vec<_>, _>>()?;
        let mut page = HEAD.to_owned();
        let names: Vec<&str> = months.iter().map(|(name, _)| *name).collect();
        line(&mut page, &format!("| US dollars | {} |", names.join(" | ")));
        line(&mut page, &format!("|---|{}", "---:|".repeat(months.len())));
        for (payee, name) in [(Payee::Aws, "AWS"), (Payee::Twilio, "Twilio"), (Payee::OpenAi, "OpenAI")] {
            let rows = columns.first().map(Vec::len).unwrap_or_default();
            for row in (0..rows).filter(|row| columns[0][*row].payee == payee) {
                let costs: Vec<f64> = columns.iter().map(|lines| lines[row].cost).collect();
                if costs.iter().any(|cost| *cost >= 0.005) {
                    line(&mut page, &format!("| {name}, {} | {} |", columns[0][row].what, dollars(&costs)));
                }
            }
            let sums: Vec<f64> = columns.iter().map(|lines| sum(lines, Some(payee))).collect();
            line(&mut page, &format!("| **{name}** | {} |", dollars(&sums)));
        }
        let all: Vec<f64> = columns.iter().map(|lines| sum(lines, None)).collect();
        line(&mut page, &format!("| **all** | {} |", dollars(&all)));
        self.notes(&mut page);
        Ok(page)
    }

    fn notes(&self, page: &mut String) {
        let Assumed {
            minutes_a_call, turns, tools, mails, caller_speaks, twin_speaks, kept_kb, log_kb, ..
        } = ASSUMED;
        let (table_ms, own_ms, instructions) = (ASSUMED.table_ms, ASSUMED.own_ms, ASSUMED.instructions);
        let (read, told) = (ASSUMED.read, ASSUMED.told);
        line(
            page,
            &format!(
                "\n## Assumed\n\nA call has {minutes_a_call} minutes and {turns} turns; the caller speaks for {:.0} % of it, the \
             twin for {:.0} %;\n{tools} tools, {mails} mails, {kept_kb} KB kept, {log_kb} KB of logs. A request to the table \
             takes {table_ms} ms, a function {own_ms} ms besides;\ninstructions and tools are {instructions} tokens, paid for once a \
             call; what was before, also what the twin itself said, comes\nfrom the cache then (if that did not, a call would \
             cost some 30 % more). A model reads a call with {read} tokens, and says {told}.",
                caller_speaks * 100.0,
                twin_speaks * 100.0
            ),
        );
        line(
            page,
            &format!(
                "\n## Counted on {}\n\nWith 10 times the load in the table; [tests/bench/scale](../tests/bench/README.md).\n\n\
             | operation | requests | read units | write units |\n|---|---:|---:|---:|",
                self.measured.as_of
            ),
        );
        for (what, units) in &self.measured.operations {
            let Operation { requests, read_units, write_units } = units;
            line(page, &format!("| {what} | {requests} | {read_units} | {write_units} |"));
        }
        line(
            page,
            "\n## Prices\n\n| | US dollars | a | free each month | as of | page |\n|---|---:|---|---:|---|---|",
        );
        for (name, price) in &self.prices {
            let Price { per, unit, free, as_of, source } = price;
            line(page, &format!("| `{name}` | {per} | {unit} | {free} | {as_of} | <{source}> |"));
        }
    }
}

const HEAD: &str = "# What it costs

Written by `omnitwin cost --page`; a test holds it against the code. In us-east-1, on arm64, without taxes. Each price has
the date as of which it is known; they were not read from the pages for this release, so look there before you rely on one.

Fargate's task, the load balancer and their three public addresses are what an idle month costs. Without a relay (`RelayImage`
empty) callers leave a message; `RelaySpot` takes two thirds off the task, `RelayOpens` and `RelayCloses` let it rest out of hours.
Of a call, the model's voice is nearly all. Not in it: the domain itself, what is written in the chat and in hosts (a thousand
messages are a cent at AWS, and what the model takes), and the secret of `SignInPrefix`.

";

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

pub fn sum(lines: &[Line], of: Option<Payee>) -> f64 {
    lines.iter().filter(|line| of.is_none_or(|payee| payee == line.payee)).map(|line| line.cost).sum()
}

fn dollars(costs: &[f64]) -> String {
    costs.iter().map(|cost| format!("{cost:.2}")).collect::<Vec<_>>().join(" | ")
}

fn count(text: &str, words: &str) -> f64 {
    whole(text.matches(words).count())
}

fn whole(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Some are made only with a relay, and one with an edge.
fn alarms(relay: bool, edge: bool) -> f64 {
    let made = ALARMS.split("Type: AWS::CloudWatch::Alarm\n").skip(1).filter(|alarm| {
        match alarm.lines().next().and_then(|line| line.trim().strip_prefix("Condition: ")) {
            None => true,
            Some("HasChatUrl") => edge,
            Some(_) => relay,
        }
    });
    whole(made.count()) + if relay { ALARMS_OF_SCALING } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_current() {
        let page = Model::checked_in().unwrap().page().unwrap();
        assert_eq!(include_str!("../../COST.md"), page, "cargo run -- cost --page > infra/COST.md");
    }

    #[test]
    fn every_price_is_used_and_dated() {
        let model = Model::checked_in().unwrap();
        let lines = model.month(Month { calls: 1.0, relay: true, edge: true }).unwrap();
        for (name, price) in &model.prices {
            assert!(lines.iter().any(|line| line.price == name), "nothing costs {name}");
            assert!(price.as_of.starts_with("20") && price.source.starts_with("https://"), "{name}");
        }
    }

    /// 730 hours of a load balancer at $0.0225, of three addresses at $0.005, of a quarter of a processor at $0.03238 and of half a
    /// gigabyte at $0.00356; three secrets at $0.40, 22 alarms less ten at $0.10, the zone, 43,800 sweeps with 6.5 read units; and
    /// Twilio's number.
    #[test]
    fn an_idle_month_adds_up_by_hand() {
        let by_hand = 16.425 + 10.95 + 5.909_35 + 1.299_4 + 1.2 + 1.2 + 0.5 + 0.035_59 + 1.15;
        let lines =
            Model::checked_in().unwrap().month(Month { calls: 0.0, relay: true, edge: false }).unwrap();
        assert!((sum(&lines, None) - by_hand).abs() < 0.001, "{}", sum(&lines, None));
    }

    /// AWS writes at four fifths of the budget.
    #[test]
    fn the_owner_is_not_told_of_an_idle_month() {
        let template = include_str!("../../../template.yaml");
        let budget = template.split("\n  MonthlyBudget:\n").nth(1).unwrap();
        let budget: f64 =
            budget.split("    Default: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        let lines =
            Model::checked_in().unwrap().month(Month { calls: 0.0, relay: true, edge: true }).unwrap();
        let idle = sum(&lines, Some(Payee::Aws));
        assert!(idle < 0.8 * budget, "{idle} of {budget}");
    }

    #[test]
    fn what_is_not_there_costs_nothing() {
        let all = count(ALARMS, "Type: AWS::CloudWatch::Alarm");
        assert!((alarms(true, true) - ALARMS_OF_SCALING - all).abs() < 0.1);
        assert!((alarms(false, false) - all + 3.0).abs() < 0.1, "two of the relay, and one of the edge");
        assert!((alarms(true, true) - alarms(true, false) - 1.0).abs() < 0.1);
    }

    #[test]
    fn more_calls_cost_more_and_an_idle_month_without_a_relay_is_next_to_nothing() {
        let model = Model::checked_in().unwrap();
        let cost = |calls, relay, edge| sum(&model.month(Month { calls, relay, edge }).unwrap(), None);
        assert!(cost(0.0, false, false) < 5.0, "{}", cost(0.0, false, false));
        assert!(cost(0.0, false, false) < cost(0.0, true, false));
        assert!(cost(100.0, true, false) < cost(10_000.0, true, false));
        assert!(cost(100.0, true, false) < cost(100.0, true, true));
        let aws =
            |calls| sum(&model.month(Month { calls, relay: true, edge: false }).unwrap(), Some(Payee::Aws));
        assert!((aws(10_000.0) - aws(0.0)) / 10_000.0 < 0.01, "AWS costs less than a cent a call");
    }
}

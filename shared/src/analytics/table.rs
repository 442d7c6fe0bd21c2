//! A report as a table: RFC 4180, a line for each figure.

use serde::Serialize;

use super::{Figure, Report, Tile};

const HEAD: &str = "metric,title,unit,slice,value,n,low,high,before,definition\r\n";

/// The metrics of a report as CSV, of all and by channel and relationship.
pub fn csv(report: &Report) -> String {
    let mut table = HEAD.to_owned();
    for tile in &report.tiles {
        table.push_str(&line(tile, "all", &tile.now, tile.before.value));
        for (channel, figure) in &tile.by_channel {
            table.push_str(&line(tile, &name(channel), figure, None));
        }
        for (relationship, figure) in &tile.by_relationship {
            table.push_str(&line(tile, &name(relationship), figure, None));
        }
    }
    table
}

fn line(tile: &Tile, slice: &str, figure: &Figure, before: Option<f64>) -> String {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let fields = [
        tile.key.to_owned(),
        quoted(tile.title),
        name(&tile.unit),
        slice.to_owned(),
        number(figure.value),
        figure.n.to_string(),
        number(figure.low),
        number(figure.high),
        number(before),
        quoted(tile.definition),
    ];
    fields.join(",") + "\r\n"
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// As it is written in data.
fn name(value: &impl Serialize) -> String {
    let written = serde_json::to_value(value).unwrap_or_default();
    written.as_str().unwrap_or_default().to_owned()
}

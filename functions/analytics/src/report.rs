//! Reports.

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::header;
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::Deserialize;
use twin::{
    analytics::csv,
    error::Error,
    http::{Owner, query},
};

use crate::{
    State,
    period::{Format, period},
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    /// The last so many days, today included; 30 if nothing is said.
    #[schemars(range(min = 1, max = 731))]
    days: Option<i64>,
    /// Instead: the first day, in UTC.
    from: Option<Date>,
    /// And the last day; today if it is left out.
    to: Option<Date>,
    format: Format,
}

pub async fn read(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let asked: Asked = query(&request.into_parts().0)?;
    let now = Timestamp::now();
    let period = period(asked.days, asked.from, asked.to, now)?;
    let report = state.twin.report(period, now).await?;
    Ok(match asked.format {
        Format::Json => Json(report).into_response(),
        Format::Csv => file(&format!("report-{}-{}.csv", period.from, period.to), csv(&report)),
    })
}

/// A table to be saved.
pub fn file(name: &str, table: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, table).into_response()
}

//! Of what was counted.

use jiff::civil::Date;

use super::{Key, key};
use crate::analytics::Span;

pub const ROLLUPS: &str = "ROLLUP";
/// Of the rollups, all days sort after this, and before [`MONTHS`].
pub const DAYS: &str = "DAY#";
pub const MONTHS: &str = "MONTH#";

pub fn rollup(span: Span) -> Key {
    let kind = match span {
        Span::Day(_) => DAYS,
        Span::Month(_) => MONTHS,
    };
    key(ROLLUPS.to_owned(), format!("{kind}{span}"))
}

pub fn so_far(date: Date) -> Key {
    key(ROLLUPS.to_owned(), format!("SO_FAR#{date}"))
}

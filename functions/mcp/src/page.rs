//! Long lists in pages. A cursor is opaque: it holds the key of the last item that was given.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rmcp::{ErrorData, model::PaginatedRequestParams};

pub const PAGE: usize = 50;

/// The page behind the request's cursor, and the cursor of the next one. A cursor that we did not give is refused.
pub fn page<T: Clone>(
    all: &[T],
    request: Option<&PaginatedRequestParams>,
    size: usize,
    key: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    let start = match request.and_then(|request| request.cursor.as_deref()) {
        None => 0,
        Some(cursor) => {
            let last = read(cursor).ok_or_else(foreign)?;
            all.iter().position(|item| key(item) == last).ok_or_else(foreign)? + 1
        }
    };
    let items: Vec<T> = all.iter().skip(start).take(size).cloned().collect();
    let more = start + items.len() < all.len();
    let next = items.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
    Ok((items, next))
}

fn read(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

fn foreign() -> ErrorData {
    ErrorData::invalid_params("the cursor is not one of ours", None)
}

//! Long lists in pages. A cursor is opaque: it holds the key of the last item that was given.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rmcp::{ErrorData, model::PaginatedRequestParams};
use serde::Serialize;

pub const PAGE: usize = 50;
/// Bytes of a list that a tool gives at once: some 10,000 tokens.
const MOST_BYTES: usize = 40_000;
/// What a tool says of a cursor that leads nowhere.
pub const NO_CURSOR: &str =
    "the cursor is not one of ours, or what it stands for is gone: begin again without one";

/// The page behind the request's cursor, and the cursor of the next one. A cursor that we did not give is refused.
pub fn page<T: Clone>(
    all: &[T],
    request: Option<&PaginatedRequestParams>,
    size: usize,
    key: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    let cursor = request.and_then(|request| request.cursor.as_deref());
    cut(all, cursor, size, key)
        .ok_or_else(|| ErrorData::invalid_params("the cursor is not one of ours", None))
}

/// The same for lists that tools give. None: the cursor is not one of ours, or what it names is gone.
pub fn cut<T: Clone>(
    all: &[T],
    cursor: Option<&str>,
    size: usize,
    key: impl Fn(&T) -> &str,
) -> Option<(Vec<T>, Option<String>)> {
    let start = match cursor {
        None => 0,
        Some(cursor) => {
            let last = read(cursor)?;
            all.iter().position(|item| key(item) == last)? + 1
        }
    };
    let items: Vec<T> = all.iter().skip(start).take(size).cloned().collect();
    let more = start + items.len() < all.len();
    let next = items.last().filter(|_| more).map(|last| after(key(last)));
    Some((items, next))
}

/// What is told of a page, as far as it fits, but something in any case; and the cursor of what comes next.
pub fn fitting<T: Serialize>(
    mut told: Vec<T>,
    next: Option<String>,
    key: impl Fn(&T) -> &str,
) -> (Vec<T>, Option<String>) {
    let mut bytes = 0;
    let fits = |one: &&T| {
        bytes += serde_json::to_vec(one).map_or(0, |text| text.len());
        bytes <= MOST_BYTES
    };
    let count = told.iter().take_while(fits).count().max(1);
    if count >= told.len() {
        return (told, next);
    }
    told.truncate(count);
    let next = told.last().map(|last| after(key(last)));
    (told, next)
}

fn after(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

fn read(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_as_far_as_it_fits() {
        let all: Vec<String> = (0..5).map(|number| format!("{number}{}", "x".repeat(15_000))).collect();
        let (told, next) = fitting(all.clone(), None, String::as_str);
        assert_eq!(told, all[..2]);
        let (rest, _) = cut(&all, next.as_deref(), 5, String::as_str).unwrap();
        assert_eq!(rest, all[2..]);
        let huge = vec!["x".repeat(MOST_BYTES * 2), "y".to_owned()];
        assert_eq!(fitting(huge, None, String::as_str).0.len(), 1, "something in any case");
        let few = vec!["a".to_owned()];
        assert_eq!(fitting(few.clone(), Some("n".to_owned()), String::as_str), (few, Some("n".to_owned())));
    }

    #[test]
    fn pages_follow_each_other() {
        let all: Vec<String> = (0..7).map(|number| format!("item {number}")).collect();
        let (first, next) = cut(&all, None, 3, String::as_str).unwrap();
        let (second, next) = cut(&all, next.as_deref(), 3, String::as_str).unwrap();
        let (third, end) = cut(&all, next.as_deref(), 3, String::as_str).unwrap();
        assert_eq!([first, second, third].concat(), all);
        assert_eq!(end, None);
        assert!(
            cut(&all, Some("bm8"), 3, String::as_str).is_none()
                && cut(&all, Some("\0"), 3, String::as_str).is_none()
        );
    }
}

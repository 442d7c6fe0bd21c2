use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::web::error::ImportError;

/// Bytes of code by language.
pub(super) type Languages = BTreeMap<String, u64>;

/// `GET /users/{login}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) login: String,
    pub(super) html_url: String,
    pub(super) name: Option<String>,
    pub(super) bio: Option<String>,
    pub(super) company: Option<String>,
    pub(super) location: Option<String>,
    pub(super) blog: Option<String>,
}

/// An item of `GET /users/{login}/repos`. What changes without a push, such as stars, is not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Repository {
    pub(super) name: String,
    pub(super) full_name: String,
    pub(super) html_url: String,
    pub(super) description: Option<String>,
    pub(super) homepage: Option<String>,
    #[serde(default)]
    pub(super) topics: Vec<String>,
    pub(super) created_at: Option<String>,
    pub(super) pushed_at: Option<String>,
    #[serde(default)]
    pub(super) fork: bool,
    #[serde(default)]
    pub(super) archived: bool,
    /// What does not say that it is public is not.
    #[serde(default = "yes")]
    private: bool,
}

fn yes() -> bool {
    true
}

impl Repository {
    pub(super) fn is_own(&self) -> bool {
        !self.fork && !self.private
    }

    /// Owner and name, as safe parts of a path.
    pub(super) fn path(&self) -> Result<(&str, &str), ImportError> {
        let plain =
            |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        self.full_name
            .split_once('/')
            .filter(|(owner, name)| {
                [owner, name].into_iter().all(|part| plain(part) && !matches!(*part, "" | "." | ".."))
            })
            .ok_or_else(|| {
                ImportError::malformed("the list of repositories", format!("it names {:?}", self.full_name))
            })
    }
}

/// A page of a list, with the address of the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Page {
    pub(super) repositories: Vec<Repository>,
    pub(super) next: Option<String>,
}

/// The target of `rel="next"` in a `Link` header (RFC 8288).
pub(super) fn next_link(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let mut parameters = parameters.split(';').map(|parameter| parameter.replace(' ', ""));
        parameters
            .any(|parameter| matches!(parameter.as_str(), "rel=\"next\"" | "rel=next"))
            .then(|| target.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found() {
        for (header, next) in [
            (
                "<https://a/?page=2>; rel=\"next\", <https://a/?page=9>; rel=\"last\"",
                Some("https://a/?page=2"),
            ),
            ("<https://a/?page=1>; rel=\"prev\",<https://a/?page=3>;rel=next", Some("https://a/?page=3")),
            ("<https://a/?page=1>; rel=\"first\"", None),
            ("https://a; rel=\"next\"", None),
            ("<https://a", None),
            ("", None),
        ] {
            assert_eq!(next_link(header).as_deref(), next, "{header}");
        }
    }

    #[test]
    fn what_is_not_said_to_be_public_is_private() {
        let own = |fields: &str| {
            let text = format!("{{\"name\": \"a\", \"full_name\": \"x/a\", \"html_url\": \"\" {fields}}}");
            serde_json::from_str::<Repository>(&text).unwrap().is_own()
        };
        assert!(own(",\"private\": false"));
        assert!(!own(",\"private\": true"));
        assert!(!own(""));
        assert!(!own(",\"private\": false, \"fork\": true"));
    }

    #[test]
    fn names_are_parts_of_a_path() {
        let path = |full_name: &str| {
            let repository = format!("{{\"name\": \"a\", \"full_name\": {full_name:?}, \"html_url\": \"\"}}");
            serde_json::from_str::<Repository>(&repository).unwrap().path().is_ok()
        };
        assert!(path("alex-sample/a_b.c"));
        for hostile in ["a", "a/", "/a", "a/..", "../a", "a/b/c", "a/b?c", "a/b c", "a/%2e%2e"] {
            assert!(!path(hostile), "{hostile}");
        }
    }
}

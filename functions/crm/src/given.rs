//! What requests name: ids in the path, and the version that somebody saw. An id that cannot be one is answered as
//! one that does not exist.

use std::{collections::HashMap, str::FromStr};

use axum::{
    RequestPartsExt as _,
    extract::{FromRequestParts, Path},
};
use http::{header, request::Parts};
use serde::Deserialize;
use twin::{error::Error, http::query, id::PersonId};

/// The person that a path names, and what else it does.
pub struct Of {
    pub person: PersonId,
    rest: HashMap<String, String>,
}

impl Of {
    pub fn id<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        self.text(name)?.parse().map_err(|_| Error::NotFound)
    }

    pub fn text(&self, name: &str) -> Result<&str, Error> {
        self.rest.get(name).map(String::as_str).ok_or(Error::NotFound)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Of {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let Path(rest): Path<HashMap<String, String>> = parts.extract().await.map_err(|_| Error::NotFound)?;
        let person = rest.get("person").ok_or(Error::NotFound)?;
        let person = person.parse().map_err(|_| Error::NotFound)?;
        Ok(Self { person, rest })
    }
}

/// The version that a write replaces, by `If-Match` or in the query.
pub struct Seen(pub u64);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: Option<u64>,
}

impl<S: Send + Sync> FromRequestParts<S> for Seen {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let wrong = || Error::Invalid("name the version that this replaces: If-Match: \"3\"".to_owned());
        let asked: Version = query(parts)?;
        let tag = parts.headers.get(header::IF_MATCH).map(|value| {
            let tag = value.to_str().ok().and_then(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'));
            tag.and_then(|tag| tag.parse().ok()).ok_or_else(wrong)
        });
        match (tag.transpose()?, asked.version) {
            (Some(one), Some(other)) if one != other => Err(wrong()),
            (Some(version), _) | (None, Some(version)) => Ok(Self(version)),
            (None, None) => Err(wrong()),
        }
    }
}

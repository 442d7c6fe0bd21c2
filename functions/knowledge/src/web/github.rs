//! The owner's public repositories, by GitHub's REST API (<https://docs.github.com/en/rest>, version 2022-11-28).
//!
//! - `wire`: what the API says, as far as we read it
//! - `exchange`: conditional requests and rate limits
//! - `documents`: what the answers mean

mod documents;
mod exchange;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderValue;
use jiff::Timestamp;
use url::Url;

use crate::web::error::ImportError;
use documents::Material;
use exchange::{Exchange, Readme};
use twin::{
    clients::fetch::{self, Fetcher},
    knowledge::document::Document,
};
use wire::{Languages, Page, Profile, Repository};

pub use exchange::Validators;

pub const BASE: &str = "https://api.github.com/";

/// Repositories that are read without a token: two requests each, of the 60 that GitHub allows an hour.
const ANONYMOUS_REPOSITORIES: usize = 25;
/// Repositories that are read with a token: two requests each, of 5,000 an hour.
const SIGNED_IN_REPOSITORIES: usize = 500;
/// Pages of the list of repositories; without a token, what is left of the 60.
const MAX_PAGES: usize = 9;

/// What has changed since the last import, and what has not. Documents in neither list are gone.
#[derive(Debug)]
pub struct Import {
    pub changed: Vec<Document>,
    /// Keys of documents to keep as they are.
    pub unchanged: BTreeSet<String>,
    /// For the next import, to be stored together with the documents.
    pub validators: Validators,
    /// Whether all repositories were read, and not only the most recently pushed.
    pub complete: bool,
}

/// A client of the REST API.
#[derive(Debug, Clone)]
pub struct GitHub {
    fetcher: Fetcher,
    base: Url,
    authorization: Option<HeaderValue>,
}

impl GitHub {
    /// `base` is [`BASE`], or a simulator. `token` raises the rate limit; public data is all that is asked for.
    pub fn new(fetcher: Fetcher, base: &str, token: Option<&str>) -> Result<Self, ImportError> {
        let authorization = token.map(bearer).transpose()?;
        Ok(Self { fetcher, base: fetch::parse(base)?, authorization })
    }

    /// Reads a user's profile and repositories, as far as they changed since `former`: all of it, or an error.
    ///
    /// The key of a repository's document is `login/name`, that of the profile's `login`. Forks and private
    /// repositories are left out.
    pub async fn import(
        &self,
        login: &str,
        former: &Validators,
        now: Timestamp,
    ) -> Result<Import, ImportError> {
        let unknown = || ImportError::UnknownUser { login: login.to_owned() };
        if !is_login(login) {
            return Err(unknown());
        }
        let mut exchange = Exchange::new(self, former, now);
        let profile =
            exchange.json::<Profile>(self.url(&["users", login], "")?).await?.ok_or_else(unknown)?;
        let (repositories, complete) = self.repositories(&mut exchange, login).await?.ok_or_else(unknown)?;
        let known = former.repositories(self.repository_limit());

        let mut import = Import {
            changed: vec![],
            unchanged: BTreeSet::new(),
            validators: Validators::default(),
            complete,
        };
        let mut languages = Vec::new();
        for repository in &repositories {
            let material = self.material(&mut exchange, repository, &known).await?;
            languages.push(material.languages.clone());
            if matches!(material.readme, Readme::Unchanged) {
                import.unchanged.insert(repository.full_name.clone());
            } else {
                import.changed.push(documents::repository(repository, material)?);
            }
        }
        // The profile's document sums up all repositories.
        if import.changed.is_empty() && known.len() == repositories.len() && !profile.changed {
            import.unchanged.insert(profile.value.login);
        } else {
            import.changed.insert(0, documents::profile(&profile.value, &languages));
        }
        import.validators = exchange.fresh;
        Ok(import)
    }

    /// The user's own public repositories, newest push first, and whether these are all.
    async fn repositories(
        &self,
        exchange: &mut Exchange<'_>,
        login: &str,
    ) -> Result<Option<(Vec<Repository>, bool)>, ImportError> {
        let limit = self.repository_limit();
        let mut next = Some(self.url(&["users", login, "repos"], "sort=pushed&per_page=100")?);
        let mut own = Vec::new();
        for _ in 0..MAX_PAGES {
            let Some(url) = next.take() else { break };
            let Some(page) = exchange.json::<Page>(url).await? else { return Ok(None) };
            own.extend(page.value.repositories.into_iter().filter(Repository::is_own));
            next = page.value.next.map(|next| self.same_origin(&next)).transpose()?;
            if own.len() >= limit {
                break;
            }
        }
        let complete = next.is_none() && own.len() <= limit;
        own.truncate(limit);
        Ok(Some((own, complete)))
    }

    /// A repository's languages and README. The README is `Unchanged` only if all the rest is too.
    async fn material(
        &self,
        exchange: &mut Exchange<'_>,
        repository: &Repository,
        known: &BTreeMap<String, Repository>,
    ) -> Result<Material, ImportError> {
        let (owner, name) = repository.path()?;
        let languages =
            exchange.json::<Languages>(self.url(&["repos", owner, name, "languages"], "")?).await?;
        let changed = known.get(&repository.full_name) != Some(repository)
            || languages.as_ref().is_none_or(|languages| languages.changed);
        let readme = exchange.readme(self.url(&["repos", owner, name, "readme"], "")?, changed).await?;
        let languages = languages.map(|languages| languages.value).unwrap_or_default();
        Ok(Material { languages, readme })
    }

    fn repository_limit(&self) -> usize {
        match self.authorization {
            Some(_) => SIGNED_IN_REPOSITORIES,
            None => ANONYMOUS_REPOSITORIES,
        }
    }

    fn url(&self, path: &[&str], query: &str) -> Result<Url, ImportError> {
        let mut url = self.base.clone();
        let mut segments = url
            .path_segments_mut()
            .map_err(|()| ImportError::malformed(self.base.as_str(), "it is no base address"))?;
        segments.pop_if_empty().extend(path);
        drop(segments);
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        Ok(url)
    }

    /// A link that the API gave. It would be asked with the token, so it must not lead elsewhere.
    fn same_origin(&self, link: &str) -> Result<Url, ImportError> {
        let url = fetch::parse(link)?;
        if url.origin() != self.base.origin() {
            return Err(ImportError::malformed(
                self.base.as_str(),
                format!("its next page is elsewhere: {link}"),
            ));
        }
        Ok(url)
    }
}

fn bearer(token: &str) -> Result<HeaderValue, ImportError> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| ImportError::malformed("the GitHub token", "it has characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Letters, digits and hyphens, 39 at most.
fn is_login(login: &str) -> bool {
    const LONGEST: usize = 39;
    (1..=LONGEST).contains(&login.len())
        && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests;

//! Whether what is due goes out: not while everything is stopped, however well all else is.

use std::path::Path;

use reqwest::Method;
use serde::Deserialize as _;
use twin::{follow_up::settings::Stopped, store::Store};

use super::{super::owner::Owner, at_rest};

/// What is told of a stop, at the system that runs. None: nothing is stopped.
pub async fn stopped(owner: &Owner) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let said = owner.ask(Method::GET, "/api/crm/follow-ups/settings", None).await?;
    Ok(Option::<Stopped>::deserialize(&said["settings"]["stopped"])?.map(words))
}

/// The same, of data that no system runs with.
pub(super) async fn stopped_in(directory: &Path) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let saved = at_rest(directory, async |store: &Store| store.follow_up_settings().await).await?;
    Ok(saved.settings.stopped.map(words))
}

fn words(Stopped { since, why }: Stopped) -> String {
    let why = if why.is_empty() { why } else { format!(" ({why})") };
    let since = since.strftime("%F %R UTC");
    format!(
        "everything is stopped since {since}{why}: nothing is sent, and nobody is called, until omnitwin follow-ups go-on"
    )
}

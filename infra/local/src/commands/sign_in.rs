//! `omnitwin sign-in`: another link for the owner's browser, while the system goes on.

use std::path::Path;

use reqwest::Method;
use serde::Deserialize as _;

use super::{
    Outcome,
    owner::{Owner, OwnerError},
};
use crate::{
    entrance::{PATH, Printed},
    settings::Running,
};

pub async fn run(directory: &Path) -> Outcome {
    let running = Running::read(directory).map_err(|_| OwnerError::NotRunning)?;
    let answer = Owner::new(&running.base_url, &running.owner_token).ask(Method::POST, PATH, None).await?;
    println!("{}", Printed::deserialize(answer)?.link);
    Ok(())
}

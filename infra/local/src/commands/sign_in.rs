//! `omnitwin sign-in`: another link for the owner's browser, while the system goes on; of a deployment, for whoever may write
//! into its table.

use std::path::Path;

use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize as _;

use super::{
    Outcome,
    owner::{Owner, OwnerError},
    setup::aws::{Aws, Stack},
    table,
};
use crate::{
    entrance::{self, PATH, Printed},
    settings::Running,
};

#[derive(clap::Args)]
pub struct Arguments {
    /// Of this stack on AWS instead of this machine: with credentials that may write into its table.
    #[arg(long)]
    stack: Option<String>,
    /// Its region, if it is another than the AWS command line's.
    #[arg(long, requires = "stack")]
    region: Option<String>,
}

pub async fn run(
    arguments: &Arguments,
    lookup: &dyn Fn(&str) -> Option<String>,
    directory: &Path,
) -> Outcome {
    let link = match &arguments.stack {
        Some(name) => deployed(name, &Aws::found(lookup, arguments.region.as_deref())).await?,
        None => running(directory).await?,
    };
    println!("{link}");
    Ok(())
}

async fn running(directory: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let running = Running::read(directory).map_err(|_| OwnerError::NotRunning)?;
    let answer = Owner::new(&running.base_url, &running.owner_token).ask(Method::POST, PATH, None).await?;
    Ok(Printed::deserialize(answer)?.link)
}

async fn deployed(name: &str, aws: &Aws) -> Result<String, Box<dyn std::error::Error>> {
    let stack = Stack::find(aws, name)?;
    let stack = stack.ok_or_else(|| format!("there is no stack {name} in this account and region"))?;
    let (base, table) = stack
        .output("PublicBaseUrl")
        .zip(stack.output("TableName"))
        .ok_or("the stack says neither its address nor its table")?;
    let twin = table::deployed(table, aws).await?;
    Ok(entrance::link(twin.store(), base, Timestamp::now()).await?)
}

//! The system of this machine, for hosts that start a program: the one that runs, or one that is started for as long
//! as the host wants it. Hosts do that several times at once: the first starts it, and when that one ends, another.

use std::{path::Path, time::Duration};

use twin::telemetry;

use super::Endpoint;
use crate::{
    settings::{Running, options},
    stack::Stack,
};

/// Another may be starting, or ending: so often and so long it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS: u32 = 60;

pub struct Here<'a> {
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
    pub directory: &'a Path,
    pub path: &'static str,
    pub owner: bool,
    /// In place of the one that is known here.
    pub token: Option<String>,
    /// The one that is ours.
    pub started: Option<Stack>,
}

impl Here<'_> {
    pub async fn find(&mut self) -> Result<Endpoint, Box<dyn std::error::Error>> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut tries = 0;
        loop {
            look.tick().await;
            if let Some(running) = Running::found(self.directory).await {
                return Ok(self.endpoint(running));
            }
            let mut options = options(self.lookup, self.directory)?;
            options.port = 0;
            telemetry::start(telemetry::Format::Text, (self.lookup)("LOG").as_deref().or(Some("warn")));
            match Stack::start(options).await {
                Ok(stack) => {
                    let running = Running::of(&stack);
                    running.write(self.directory)?;
                    self.started = Some(stack);
                    return Ok(self.endpoint(running));
                }
                Err(error) if error.is_in_use() && tries < LOOKS => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn endpoint(&self, running: Running) -> Endpoint {
        let token = self.token.clone().or(self.owner.then_some(running.owner_token));
        Endpoint { url: format!("{}{}", running.base_url, self.path), token }
    }

    /// What was started here ends.
    pub async fn end(self) -> Result<(), Box<dyn std::error::Error>> {
        if let Some(stack) = self.started {
            Running::remove(self.directory)?;
            stack.stop().await?;
        }
        Ok(())
    }
}

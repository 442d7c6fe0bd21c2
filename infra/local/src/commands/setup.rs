//! `omnitwin setup`: what a deployment needs around it, step by step. Each step looks first, does only what is missing,
//! and writes down before what it does, so that `--undo` takes back exactly that.

pub mod answers;
pub mod aws;
pub mod events;
mod journal;
mod mail;
pub mod number;
pub mod phone;
mod secret;
pub mod trial;
mod undo;

use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::Path,
};

use serde_json::Value;
use twin::identity::Email;

use self::{
    aws::{Aws, AwsError, Stack},
    journal::{Did, Journal},
    number::{Account, Number},
};
use super::{Outcome, doctor, import};

#[derive(clap::Args)]
pub struct Arguments {
    /// The stack's name.
    #[arg(long, default_value = "omnitwin")]
    stack: String,
    /// Another region than the AWS command line's.
    #[arg(long)]
    region: Option<String>,
    /// The secret that the template's `SecretName` names.
    #[arg(long, default_value = "omnitwin", value_parser = secret::name)]
    secret: String,
    /// The twin's number, in E.164, that the Twilio account has.
    #[arg(long, conflicts_with = "buy")]
    number: Option<String>,
    /// Buy a US number in this area, such as 415. It costs money each month.
    #[arg(long, value_name = "AREA")]
    buy: Option<String>,
    /// The address that mail comes from. SES mails it a link, unless it has verified its domain.
    #[arg(long, value_parser = mail_address)]
    mail_from: Option<String>,
    /// What the twin shall know, as for `omnitwin import`: files, pages, `github:login`.
    #[arg(long, value_name = "WHAT")]
    import: Vec<String>,
    /// Your own number, in E.164: at the end the twin calls it, and you talk. It costs what a call costs.
    #[arg(long, value_name = "NUMBER")]
    call: Option<String>,
    /// Take back what setup did: the number's addresses, the mail rules and identity, the secret.
    #[arg(long, conflicts_with_all = ["number", "buy", "import", "mail_from", "call"])]
    undo: bool,
    /// With --undo: also release a number that setup bought. Somebody else may have it then.
    #[arg(long, requires = "undo")]
    release_number: bool,
}

struct Setup<'a> {
    arguments: &'a Arguments,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    aws: Aws,
    journal: Journal,
}

pub async fn run(
    arguments: &Arguments,
    lookup: &dyn Fn(&str) -> Option<String>,
    directory: &Path,
) -> Outcome {
    let aws = Aws::found(lookup, arguments.region.as_deref());
    let journal = Journal::open(directory, &arguments.stack)?;
    let mut setup = Setup { arguments, lookup, aws, journal };
    setup.credentials()?;
    if arguments.undo { setup.undo().await } else { setup.go(directory).await }
}

fn mail_address(text: &str) -> Result<String, String> {
    Email::parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn step(what: &str, state: &str) {
    println!("{what:<12} {state}");
}

impl Setup<'_> {
    fn credentials(&self) -> Outcome {
        let who = self.aws.ask(&["sts", "get-caller-identity"]);
        let who = who.map_err(|error| format!("no AWS credentials that work: {error}"))?;
        step("AWS", &format!("account {}", who["Account"].as_str().unwrap_or("unknown")));
        Ok(())
    }

    async fn go(&mut self, directory: &Path) -> Outcome {
        let kept = self.secret()?;
        let stack = Stack::find(&self.aws, &self.arguments.stack)?;
        let sid = self.account_sid(stack.as_ref())?;
        let account = Account::new(&self.twilio(), &sid, kept.token)?;
        let number = self.number(&account, stack.as_ref()).await?;
        self.mail(stack.as_ref())?;
        if let Some(why) = stack.as_ref().and_then(Stack::hindrance) {
            return Err(format!("the stack {}: {why}", self.arguments.stack).into());
        }
        let Some(stack) = stack.filter(Stack::is_deployed) else {
            return Err(self.deploy_first(&sid, &number, &kept.used_by).into());
        };
        self.point(&account, &number, &stack).await?;
        self.events(&stack)?;
        self.answers(&stack)?;
        self.teach(&stack, directory).await?;
        let checks = doctor::stack::Arguments::of(&self.arguments.stack, self.arguments.region.as_deref());
        let checked = doctor::stack::run(&checks, self.lookup).await;
        // A mail that nobody confirmed yet keeps no telephone from ringing.
        match &self.arguments.call {
            Some(yours) => self.test(&stack, yours).await?,
            None => {
                step("Test", &format!("now call {}, or have it call you with --call", number.phone_number));
            }
        }
        checked
    }

    /// Has something made, which is written down before: whoever is interrupted can take it back. What AWS refuses was not made;
    /// of what it fails at nobody knows, so it stays written down, and the next run looks before it makes it again.
    fn make(
        &mut self,
        note: impl FnOnce(&mut Did),
        make: impl FnOnce(&Aws) -> Result<Value, AwsError>,
    ) -> Outcome {
        let before = self.journal.did.clone();
        self.journal.note(note)?;
        match make(&self.aws) {
            Ok(_) => Ok(()),
            Err(error) => {
                if error.is_refusal() {
                    self.journal.note(|did| *did = before)?;
                }
                Err(error.into())
            }
        }
    }

    /// `used_by`: what has the stack use the keys that it was given.
    fn deploy_first(&self, sid: &str, number: &Number, used_by: &[&str]) -> String {
        let Arguments { stack, secret, mail_from, .. } = self.arguments;
        let mail = mail_from.as_deref().unwrap_or("twin@example.com");
        let mut parameters = vec![
            format!("TwilioAccountSid={sid}"),
            format!("TwilioPhoneNumber={}", number.phone_number),
            format!("MailFrom={mail}"),
            "OwnerEmail=…".to_owned(),
            format!("SecretName={secret}"),
        ];
        parameters.extend(used_by.iter().copied().map(str::to_owned));
        format!(
            "the stack {stack} is not deployed yet. In samconfig.toml: {}. Then: sam build && sam deploy, and this again",
            parameters.join(" ")
        )
    }

    async fn teach(&self, stack: &Stack, directory: &Path) -> Outcome {
        if self.arguments.import.is_empty() {
            return Ok(());
        }
        let table = stack.output("TableName").ok_or("the stack names no table")?;
        let what = self.arguments.import.clone();
        let import = import::Arguments::of(what, Some(table.to_owned()), self.arguments.region.clone());
        import::run(&import, self.lookup, directory).await?;
        step("Knowledge", "imported");
        Ok(())
    }
}

/// What a person types; nothing if there is nobody.
fn ask(what: &str) -> Option<String> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return None;
    }
    print!("{what}: ");
    std::io::stdout().flush().ok()?;
    let mut line = String::new();
    stdin.lock().read_line(&mut line).ok()?;
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

//! `omnitwin setup`: what a deployment needs around it, step by step. Each step looks first, does only what is missing,
//! and writes down before what it does, so that `--undo` takes back exactly that.

pub mod answers;
pub mod aws;
pub mod events;
mod journal;
pub mod number;
pub mod trial;

use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::Path,
};

use serde_json::{Value, json};
use twin::config::Secret;

use self::{
    answers::{Answers, Now},
    aws::{Aws, AwsError, Stack},
    events::Events,
    journal::{Did, Journal},
    number::{Account, Number, Urls},
};
use super::{Outcome, doctor, import, owner::Owner};

#[derive(clap::Args)]
pub struct Arguments {
    /// The stack's name.
    #[arg(long, default_value = "omnitwin")]
    stack: String,
    /// Another region than the AWS command line's.
    #[arg(long)]
    region: Option<String>,
    /// The secret that the template's `SecretName` names.
    #[arg(long, default_value = "omnitwin")]
    secret: String,
    /// The twin's number, in E.164, that the Twilio account has.
    #[arg(long, conflicts_with = "buy")]
    number: Option<String>,
    /// Buy a US number in this area, such as 415. It costs money each month.
    #[arg(long, value_name = "AREA")]
    buy: Option<String>,
    /// The address that mail comes from, or its domain.
    #[arg(long)]
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

/// Keys of the secret, and what each is for.
const KEYS: [(&str, &str, bool); 7] = [
    ("TWILIO_AUTH_TOKEN", "Twilio's auth token", true),
    ("TWILIO_SHARED_KEY", "a shared key that Twilio signs webhooks with; empty without", false),
    ("OPENAI_API_KEY", "OpenAI's key; empty for a twin that quotes", false),
    ("GITHUB_TOKEN", "a GitHub token; empty without", false),
    ("OIDC_CLIENT_SECRET", "the client secret at your identity provider; empty without", false),
    ("GOOGLE_CLIENT_SECRET", "the client secret for Google's calendars; empty without", false),
    ("MICROSOFT_CLIENT_SECRET", "the client secret for Microsoft's calendars; empty without", false),
];

/// `CloudFormation` does not look whether a secret changed.
const READ_AGAIN: &str =
    "to have it read: sam build && sam deploy --parameter-overrides SecretsRead=$(date +%s)";

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
        let token = self.secret()?;
        let stack = Stack::find(&self.aws, &self.arguments.stack)?;
        let sid = self.account_sid(stack.as_ref())?;
        let account = Account::new(&self.twilio(), &sid, token)?;
        let number = self.number(&account, stack.as_ref()).await?;
        self.mail(stack.as_ref())?;
        let Some(stack) = stack.filter(Stack::is_deployed) else {
            return Err(self.deploy_first(&sid, &number).into());
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

    /// The secret; one that was given up, and lies with AWS for 30 days more, is taken back.
    fn kept_secret(&mut self) -> Result<Option<Value>, Box<dyn std::error::Error>> {
        let name = self.arguments.secret.clone();
        let get = ["secretsmanager", "get-secret-value", "--secret-id", &name];
        let said = match self.aws.ask(&get) {
            Err(error) if error.is_given_up() => {
                let restore = ["secretsmanager", "restore-secret", "--secret-id", &name];
                self.make(|did| did.secret = Some(name.clone()), |aws| aws.ask(&restore))?;
                step("Secret", &format!("{name} taken back from the bin"));
                self.aws.ask(&get)
            }
            said => said,
        };
        match said {
            Ok(said) => Ok(Some(serde_json::from_str(said["SecretString"].as_str().unwrap_or("{}"))?)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What is in the secret stays; what is missing is taken from the environment, or asked for.
    fn secret(&mut self) -> Result<Secret, Box<dyn std::error::Error>> {
        let known = self.kept_secret()?;
        let name = &self.arguments.secret;
        let mut wanted = known.clone().unwrap_or_else(|| json!({}));
        for (key, what, required) in KEYS {
            if wanted[key].is_string() {
                continue;
            }
            let given = (self.lookup)(key).or_else(|| ask(what));
            match given.filter(|value| !value.is_empty()) {
                Some(value) => wanted[key] = json!(value),
                None if required => return Err(format!("set {key}: {what}").into()),
                None => {}
            }
        }
        let input = |key: &str| json!({ key: name, "SecretString": wanted.to_string() });
        match &known {
            None => {
                let create = |aws: &Aws| aws.tell(&["secretsmanager", "create-secret"], &input("Name"));
                self.make(|did| did.secret = Some(name.clone()), create)?;
                step("Secret", &format!("{name} made"));
            }
            Some(known) if *known != wanted => {
                self.aws.tell(&["secretsmanager", "put-secret-value"], &input("SecretId"))?;
                step("Secret", &format!("{name} completed; {READ_AGAIN}"));
            }
            Some(_) => step("Secret", &format!("{name} is complete")),
        }
        let token = wanted["TWILIO_AUTH_TOKEN"].as_str().unwrap_or_default();
        Ok(Secret::new(token.to_owned()))
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

    fn account_sid(&self, stack: Option<&Stack>) -> Result<String, Box<dyn std::error::Error>> {
        let deployed = stack.and_then(|stack| stack.parameter("TwilioAccountSid")).map(str::to_owned);
        let sid =
            deployed.or_else(|| (self.lookup)("TWILIO_ACCOUNT_SID")).or_else(|| ask("Twilio's account SID"));
        sid.ok_or_else(|| "set TWILIO_ACCOUNT_SID, or give it when asked".into())
    }

    fn twilio(&self) -> String {
        (self.lookup)("TWILIO_BASE_URL").unwrap_or_else(|| twin::clients::twilio::BASE.to_owned())
    }

    /// The one that was named, or the stack's, or one that setup bought, or one that it buys now.
    async fn number(
        &mut self,
        account: &Account,
        stack: Option<&Stack>,
    ) -> Result<Number, Box<dyn std::error::Error>> {
        let of_stack = stack.and_then(|stack| stack.parameter("TwilioPhoneNumber")).map(str::to_owned);
        let known = self.arguments.number.clone().or(of_stack).or_else(|| self.journal.did.bought.clone());
        let wanted = match (known, &self.arguments.buy) {
            (Some(known), _) => known,
            (None, Some(area)) => account.for_sale("US", area).await?,
            (None, None) => {
                ask("The twin's number, such as +14155550100").ok_or("name a --number, or --buy one")?
            }
        };
        if let Some(found) = account.find(&wanted).await? {
            step("Number", &format!("{wanted} is yours"));
            return Ok(found);
        }
        if self.arguments.buy.is_none() {
            return Err(number::NumberError::NotOurs(wanted).into());
        }
        // Written down before: whoever is interrupted here has not bought a number that nobody knows of.
        let before = self.journal.did.bought.clone();
        self.journal.note(|did| did.bought = Some(wanted.clone()))?;
        let bought = match account.buy(&wanted).await {
            Ok(bought) => bought,
            Err(error) => {
                // What it bought earlier is still to be given back; not this one, which is not ours, as Twilio has just said.
                if error.is_refusal() {
                    self.journal.note(|did| did.bought = before.filter(|bought| *bought != wanted))?;
                }
                return Err(error.into());
            }
        };
        step("Number", &format!("{wanted} bought"));
        Ok(bought)
    }

    /// An address that mail may come from, or the mail that asks for it.
    fn mail(&mut self, stack: Option<&Stack>) -> Outcome {
        let of_stack = stack.and_then(|stack| stack.parameter("MailFrom")).map(str::to_owned);
        let Some(address) = self.arguments.mail_from.clone().or(of_stack) else {
            step("Mail", "no --mail-from yet");
            return Ok(());
        };
        let domain = address.split('@').next_back().unwrap_or_default().to_owned();
        for identity in [&address, &domain] {
            match self.aws.ask(&["sesv2", "get-email-identity", "--email-identity", identity]) {
                Ok(said) if said["VerifiedForSendingStatus"] == true => {
                    step("Mail", &format!("{identity} is verified"));
                    return Ok(());
                }
                Ok(said) if identity == &address && said["VerificationStatus"] == "PENDING" => {
                    step("Mail", &format!("follow the link that AWS sent to {address}"));
                    return Ok(());
                }
                // The link lives for a day: one that nobody followed is asked for again.
                Ok(_) if identity == &address => {
                    self.aws.ask(&["sesv2", "delete-email-identity", "--email-identity", &address])?;
                }
                Ok(_) => {}
                Err(error) if error.is_absent() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let create = ["sesv2", "create-email-identity", "--email-identity", &address];
        self.make(|did| did.identity = Some(address.clone()), |aws| aws.ask(&create))?;
        step("Mail", &format!("asked for: follow the link that AWS sent to {address}"));
        Ok(())
    }

    fn deploy_first(&self, sid: &str, number: &Number) -> String {
        let mail = self.arguments.mail_from.as_deref().unwrap_or("twin@example.com");
        format!(
            "the stack {} is not deployed yet. In samconfig.toml: TwilioAccountSid={sid} TwilioPhoneNumber={} \
             MailFrom={mail} OwnerEmail=… SecretName={}. Then: sam build && sam deploy, and this again",
            self.arguments.stack, number.phone_number, self.arguments.secret
        )
    }

    /// The number's calls come to the stack.
    async fn point(&mut self, account: &Account, number: &Number, stack: &Stack) -> Outcome {
        let wanted = urls(stack).ok_or("the stack says no addresses: deploy this version of the template")?;
        if number.urls == wanted {
            step("Webhooks", "point here already");
            return Ok(());
        }
        // The first that stood there is what is put back.
        let before = (number.phone_number.clone(), number.urls.clone());
        self.journal.note(|did| did.pointed = did.pointed.take().or(Some(before)))?;
        account.point(number, &wanted).await?;
        if number.urls != Urls::default() {
            step(
                "Webhooks",
                &format!("{} called {}, which --undo puts back", number.phone_number, number.urls.calls()),
            );
        }
        step("Webhooks", &format!("{} calls {}", number.phone_number, wanted.voice_url));
        Ok(())
    }

    /// What becomes of mails is told to the stack.
    fn events(&self, stack: &Stack) -> Outcome {
        let events =
            Events::of(stack).ok_or("the stack says no topic: deploy this version of the template")?;
        if events.are_wanted(&self.aws)? {
            step("Events", "of mails come here already");
        } else {
            events.ask_again(&self.aws)?;
            step("Events", &format!("of mails: SNS asks {} whether it wants them", events.address));
        }
        Ok(())
    }

    /// Answers to mails are received, if the stack has a domain for them.
    fn answers(&mut self, stack: &Stack) -> Outcome {
        let Some(answers) = Answers::of(stack, &self.arguments.stack)? else { return Ok(()) };
        let domain = answers.domain;
        match self.aws.ask(&["sesv2", "get-email-identity", "--email-identity", domain]) {
            Ok(said) if said["VerifiedForSendingStatus"] == true => {}
            Ok(_) => step("Answers", &format!("{domain} is not verified yet: its DKIM records are in SES")),
            Err(error) if error.is_absent() => {
                let create = format!("aws sesv2 create-email-identity --email-identity {domain}");
                step("Answers", &format!("verify {domain} in SES, which says how: {create}"));
            }
            Err(error) => return Err(error.into()),
        }
        match answers.now(&self.aws)? {
            Now::Ours => {
                step("Answers", "come here already");
                return Ok(());
            }
            Now::Another(set) => answers.correct(&self.aws, &set)?,
            Now::Nobody(made) => {
                self.journal.note(|did| did.answers = Some(made.clone()))?;
                answers.receive(&self.aws, &made)?;
            }
        }
        step("Answers", &format!("come here; the MX record of {domain}: {}", answers.exchange()));
        Ok(())
    }

    async fn test(&mut self, stack: &Stack, yours: &str) -> Outcome {
        let owner = self.owner(stack)?;
        let person = if let Some(person) = owner.person(yours).await? {
            person
        } else {
            let made = trial::contact(&owner, yours).await?;
            self.journal.note(|did| did.tested = Some(made.clone()))?;
            made
        };
        step("Test", &format!("{yours} rings"));
        trial::call(&owner, &person, yours).await
    }

    fn owner(&self, stack: &Stack) -> Result<Owner, Box<dyn std::error::Error>> {
        let base = stack.output("PublicBaseUrl").ok_or("the stack says no address")?;
        let secret = stack.output("OwnerToken").ok_or("the stack names no owner's token")?;
        let said = self.aws.ask(&["secretsmanager", "get-secret-value", "--secret-id", secret])?;
        Ok(Owner::new(base, said["SecretString"].as_str().unwrap_or_default()))
    }

    /// With a stack that is gone, its contacts are, too.
    async fn forget(&self, person: &str) -> Outcome {
        let Some(stack) = Stack::find(&self.aws, &self.arguments.stack)? else { return Ok(()) };
        trial::forget(&self.owner(&stack)?, person).await?;
        step("Test", "the contact of the test call is erased");
        Ok(())
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

    /// In the opposite order; what was taken back is not taken back again.
    async fn undo(&mut self) -> Outcome {
        let did = self.journal.did.clone();
        if let Some((number, before)) = &did.pointed {
            let account = self.account_to_undo()?;
            match account.find(number).await? {
                Some(found) => {
                    account.point(&found, before).await?;
                    step("Webhooks", &format!("{number} calls {} again", before.calls()));
                }
                None => step("Webhooks", &format!("{number} is not yours any more")),
            }
            self.journal.note(|did| did.pointed = None)?;
        }
        if let Some(number) = did.bought.as_ref().filter(|_| self.arguments.release_number) {
            let account = self.account_to_undo()?;
            if let Some(found) = account.find(number).await? {
                account.release(&found).await?;
            }
            self.journal.note(|did| did.bought = None)?;
            step("Number", &format!("{number} released"));
        } else if let Some(number) = &did.bought {
            step("Number", &format!("{number} stays yours, and costs: --release-number gives it back"));
        }
        if let Some(person) = &did.tested {
            self.forget(person).await?;
            self.journal.note(|did| did.tested = None)?;
        }
        if let Some(made) = &did.answers {
            made.take_back(&self.aws)?;
            self.journal.note(|did| did.answers = None)?;
            step("Answers", "are received no more");
        }
        if let Some(identity) = &did.identity {
            self.aws.remove(&["sesv2", "delete-email-identity", "--email-identity", identity])?;
            self.journal.note(|did| did.identity = None)?;
            step("Mail", &format!("{identity} removed"));
        }
        if let Some(secret) = &did.secret {
            self.aws.remove(&["secretsmanager", "delete-secret", "--secret-id", secret])?;
            self.journal.note(|did| did.secret = None)?;
            step("Secret", &format!("{secret} removed; AWS keeps it for 30 days"));
        }
        Ok(())
    }

    fn account_to_undo(&self) -> Result<Account, Box<dyn std::error::Error>> {
        let stack = Stack::find(&self.aws, &self.arguments.stack)?;
        let sid = self.account_sid(stack.as_ref())?;
        let said =
            self.aws.ask(&["secretsmanager", "get-secret-value", "--secret-id", &self.arguments.secret])?;
        let kept: Value = serde_json::from_str(said["SecretString"].as_str().unwrap_or("{}"))?;
        let token = kept["TWILIO_AUTH_TOKEN"].as_str().ok_or("the secret has no TWILIO_AUTH_TOKEN")?;
        Ok(Account::new(&self.twilio(), &sid, Secret::new(token.to_owned()))?)
    }
}

/// Where the stack wants its calls and texts.
pub fn urls(stack: &Stack) -> Option<Urls> {
    let output = |key| stack.output(key).map(str::to_owned);
    Some(Urls {
        voice_url: output("VoiceUrl")?,
        voice_fallback_url: output("VoiceFallbackUrl")?,
        status_callback: output("StatusCallbackUrl")?,
        sms_url: output("TextsUrl")?,
        ..Urls::default()
    })
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::KEYS;

    /// A deployment fails at a key that is not there.
    #[test]
    fn setup_knows_each_key_of_the_secret() {
        let template = include_str!("../../../../template.yaml");
        let wanted: HashSet<&str> = template
            .split("${SecretName}:SecretString:")
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        let known: HashSet<&str> = KEYS.iter().map(|(key, ..)| *key).collect();
        assert_eq!(wanted, known);
    }
}

//! `omnitwin doctor --stack`: what is wrong with a deployment, in words, and what to do about it.

mod accounts;

use std::time::Duration;

use reqwest::{Client, StatusCode, redirect::Policy};
use serde_json::Value;

use super::{
    super::{
        Outcome,
        owner::Owner,
        setup::{
            answers::{Answers, Now},
            aws::{Aws, Stack},
            events::{Events, is_confirmed},
        },
    },
    persona::{history, speaks_for},
    sending::stopped,
};

const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(clap::Args)]
pub struct Arguments {
    /// Look at this stack on AWS instead of this machine.
    #[arg(long)]
    pub stack: Option<String>,
    /// Its region, if it is another than the AWS command line's.
    #[arg(long)]
    pub region: Option<String>,
}

impl Arguments {
    pub fn of(stack: &str, region: Option<&str>) -> Self {
        Self { stack: Some(stack.to_owned()), region: region.map(str::to_owned) }
    }
}

/// What came of looking at something.
enum Found {
    Good(String),
    /// It works without, but not as it might.
    Note(String),
    Wrong(String),
}

use Found::{Good, Note, Wrong};

/// How many functions an account should have left to run at once: the first page of the dashboard alone asks for forty things.
const ENOUGH_AT_ONCE: u64 = 100;

/// What the account's quota means; `said` is what `get-account-settings` says.
fn at_once(said: &Value) -> Found {
    match said["AccountLimit"]["UnreservedConcurrentExecutions"].as_u64() {
        None => Note("AWS does not say how many functions run at once".to_owned()),
        Some(few) if few < ENOUGH_AT_ONCE => Note(format!(
            "{few} functions run at once, and whoever comes beyond is turned away, callers, too: ask for 1,000 \
             (infra/RUNBOOK.md, \"Throttled\")"
        )),
        Some(many) => Good(format!("{many} functions run at once")),
    }
}

struct Doctor<'a> {
    aws: Aws,
    stack: Stack,
    name: &'a str,
    http: Client,
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

/// Prints a line a part; fails if something is wrong.
pub async fn run(arguments: &Arguments, lookup: &dyn Fn(&str) -> Option<String>) -> Outcome {
    let name = arguments.stack.as_deref().unwrap_or("omnitwin");
    let aws = Aws::found(lookup, arguments.region.as_deref());
    let stack = Stack::find(&aws, name)?.ok_or_else(|| {
        format!("there is no stack {name} in this account and region: deploy it, or name another with --stack, --region")
    })?;
    let http = twin::clients::http().timeout(TIMEOUT).redirect(Policy::none()).build()?;
    let doctor = Doctor { aws, stack, name, http, lookup };
    let found = [
        ("Stack", doctor.deployed()),
        ("Pages", doctor.pages().await),
        ("Persona", doctor.persona().await),
        ("Sending", doctor.sending().await),
        ("Webhook", doctor.webhook().await),
        ("Number", doctor.number().await),
        ("Model", doctor.model().await),
        ("Relay", doctor.relay().await),
        ("Mail", doctor.mail()),
        ("Events", doctor.events()),
        ("Answers", doctor.answers()),
        ("Quota", doctor.quota()),
        ("Alarms", doctor.alarms()),
        ("Jobs", doctor.jobs()),
    ];
    let mut wrong = 0;
    for (part, found) in &found {
        let (state, words) = match found {
            Good(words) => ("ok", words),
            Note(words) => ("note", words),
            Wrong(words) => ("wrong", words),
        };
        wrong += usize::from(state == "wrong");
        println!("{part:<10} {state:<6} {words}");
    }
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} of {} things are wrong", found.len()).into()) }
}

impl Doctor<'_> {
    fn deployed(&self) -> Found {
        let status = self.stack.status();
        match status {
            _ if status.ends_with("IN_PROGRESS") => Note(format!("{status}: wait until the deployment is over")),
            "UPDATE_ROLLBACK_COMPLETE" => Note(
                "the last deployment failed, and the one before runs: `aws cloudformation describe-stack-events` says \
                 which resource it was"
                    .to_owned(),
            ),
            _ if self.stack.is_deployed() => Good(status.to_owned()),
            "ROLLBACK_COMPLETE" => Wrong(
                "the first deployment failed: see the events, delete the stack (`sam delete`), mend, deploy".to_owned(),
            ),
            _ => Wrong(format!("{status}: `aws cloudformation describe-stack-events` says why")),
        }
    }

    fn base(&self) -> Option<&str> {
        self.stack.output("PublicBaseUrl")
    }

    async fn pages(&self) -> Found {
        let Some(base) = self.base() else { return Wrong("the stack says no address".to_owned()) };
        match self.http.get(format!("{base}/health")).send().await {
            Ok(answer) if answer.status().is_success() => Good(base.to_owned()),
            Ok(answer) if answer.status() == StatusCode::FORBIDDEN => Wrong(format!(
                "{base} refuses: with UseEdge the name has to point at CloudFront (output Distribution), not at the API"
            )),
            Ok(answer) => {
                Wrong(format!("{base}/health answers {}: see the log of the function Web", answer.status()))
            }
            Err(error) if error.is_timeout() => Wrong(format!("{base} does not answer in time")),
            Err(_) => Wrong(format!(
                "{base} is not reached: does its name have a record that points at the output Distribution or ApiOrigin?"
            )),
        }
    }

    /// Whoever is not Twilio has to be refused.
    async fn webhook(&self) -> Found {
        let Some(url) = self.stack.output("VoiceUrl") else {
            return Wrong("the stack says no webhook".to_owned());
        };
        let form = [("CallSid", "CA00000000000000000000000000000000")];
        match self.http.post(url).form(&form).header("x-twilio-signature", "bm90IGl0").send().await {
            Ok(answer) if answer.status() == StatusCode::FORBIDDEN => {
                Good("refuses what Twilio did not sign".to_owned())
            }
            Ok(answer) if answer.status().is_server_error() => Wrong(format!(
                "answers {}: the function PhoneWebhook does not start; a key of the secret is probably missing",
                answer.status()
            )),
            Ok(answer) => Wrong(format!("answers {} to a request that nobody signed", answer.status())),
            Err(_) => Wrong(format!("{url} is not reached")),
        }
    }

    /// For whom it speaks, as its own pages say it.
    async fn persona(&self) -> Found {
        let history = match Owner::deployed(&self.stack, &self.aws) {
            Ok(owner) => history(&owner).await,
            Err(error) => Err(error),
        };
        match history.map(|history| speaks_for(&history)) {
            Ok(Some(words)) => Good(words),
            Ok(None) => Wrong(
                "the twin speaks for nobody yet, and callers leave a message: omnitwin setup --import your résumé"
                    .to_owned(),
            ),
            Err(error) => Note(format!("for whom the twin speaks cannot be read: {error}")),
        }
    }

    /// Whether what is due goes out, by its own settings.
    async fn sending(&self) -> Found {
        let stopped = match Owner::deployed(&self.stack, &self.aws) {
            Ok(owner) => stopped(&owner).await,
            Err(error) => Err(error),
        };
        match stopped {
            Ok(None) => Good("nothing is stopped".to_owned()),
            Ok(Some(words)) => Note(words),
            Err(error) => Note(format!("whether everything is stopped cannot be read: {error}")),
        }
    }

    async fn relay(&self) -> Found {
        if self.stack.parameter("RelayImage").is_none() {
            return Note(
                "there is none: callers leave a message. infra/relay-image makes its image".to_owned(),
            );
        }
        let domain = self.stack.parameter("RelayDomain").unwrap_or_default();
        match self.http.get(format!("https://{domain}/relay/ready")).send().await {
            Ok(answer) if answer.status().is_success() => Good(format!("{domain} is ready")),
            Ok(answer) if self.stack.parameter("RelayOpens").is_some() => {
                Note(format!("{domain} answers {}: it may be out of hours", answer.status()))
            }
            Ok(answer) => Wrong(format!(
                "{domain} answers {}: no task is healthy; `aws ecs describe-services` says why it does not start",
                answer.status()
            )),
            Err(_) => Wrong(format!(
                "{domain} is not reached: without a hosted zone a CNAME record of it points at the output RelayLoadBalancer"
            )),
        }
    }

    fn mail(&self) -> Found {
        let Some(address) = self.stack.parameter("MailFrom") else {
            return Wrong("there is no MailFrom".to_owned());
        };
        let domain = address.split('@').next_back().unwrap_or_default();
        let is_verified = |identity: &str| {
            let said = self.aws.ask(&["sesv2", "get-email-identity", "--email-identity", identity]);
            said.is_ok_and(|said| said["VerifiedForSendingStatus"] == true)
        };
        if !is_verified(address) && !is_verified(domain) {
            return Wrong(format!(
                "SES has not verified {address}: follow the link that AWS sent, or omnitwin setup asks again"
            ));
        }
        match self.aws.ask(&["sesv2", "get-account"]) {
            Ok(said) if said["ProductionAccessEnabled"] == false => {
                let owner = self.stack.parameter("OwnerEmail").unwrap_or_default();
                let of_owner = owner.split('@').next_back().unwrap_or_default();
                if !is_verified(owner) && !is_verified(of_owner) {
                    return Wrong(format!(
                        "you get no mail: the account is in SES's sandbox, where {owner} has to be verified, too: aws sesv2 \
                         create-email-identity --email-identity {owner}, and follow the link"
                    ));
                }
                Note(format!(
                    "{address} is verified, but the account is in SES's sandbox: it writes to verified addresses only, until \
                     you ask for production access"
                ))
            }
            _ => Good(format!("{address} is verified")),
        }
    }

    fn events(&self) -> Found {
        let Some(events) = Events::of(&self.stack) else {
            return Wrong("the stack says no topic of mails".to_owned());
        };
        match events.are_wanted(&self.aws) {
            Ok(true) => Good("what becomes of mails is told here".to_owned()),
            Ok(false) => Wrong(format!(
                "nobody hears of mails that bounce, nor of answers: omnitwin setup has SNS ask {} again",
                events.address
            )),
            Err(error) => Note(format!("the topic of mails cannot be read with these credentials: {error}")),
        }
    }

    fn answers(&self) -> Found {
        let answers = match Answers::of(&self.stack, self.name) {
            Ok(Some(answers)) => answers,
            Ok(None) => return Note("to mails go to OwnerEmail: there is no MailReplyDomain".to_owned()),
            Err(error) => return Wrong(error.to_owned()),
        };
        match answers.now(&self.aws) {
            Ok(Now::Ours) => Good(format!("to mails come here by {}", answers.domain)),
            Ok(_) => Wrong(format!("SES hands on nothing of {}: omnitwin setup tells it to", answers.domain)),
            Err(error) => Note(format!("the rules of SES cannot be read with these credentials: {error}")),
        }
    }

    fn quota(&self) -> Found {
        match self.aws.ask(&["lambda", "get-account-settings"]) {
            Ok(said) => at_once(&said),
            Err(error) => Note(format!("cannot be read with these credentials: {error}")),
        }
    }

    /// Of a resource of the stack, by its logical name.
    fn physical(&self, logical: &str) -> Option<String> {
        let asked =
            ["cloudformation", "describe-stack-resource", "--stack-name", self.name, "--logical-resource-id"];
        let said = self.aws.ask(&[&asked[..], &[logical]].concat()).ok()?;
        said["StackResourceDetail"]["PhysicalResourceId"].as_str().map(str::to_owned)
    }

    fn alarms(&self) -> Found {
        let Some(topic) = self.physical("Alarms") else {
            return Wrong("the stack has no topic Alarms".to_owned());
        };
        let said = match self.aws.ask(&["sns", "list-subscriptions-by-topic", "--topic-arn", &topic]) {
            Ok(said) => said,
            Err(error) => return Note(format!("the topic cannot be read with these credentials: {error}")),
        };
        match is_confirmed(&said, |_| true) {
            true => Good("somebody is told".to_owned()),
            false => Wrong("nobody is told: confirm the mail that AWS sent to OwnerEmail".to_owned()),
        }
    }

    fn jobs(&self) -> Found {
        let Some(queue) = self.physical("LostJobs") else {
            return Wrong("the stack has no queue LostJobs".to_owned());
        };
        let asked = ["sqs", "get-queue-attributes", "--queue-url", &queue, "--attribute-names", "All"];
        match self.aws.ask(&asked) {
            Ok(said) => match said["Attributes"]["ApproximateNumberOfMessages"].as_str() {
                Some("0") | None => Good("none is lost".to_owned()),
                Some(lost) => Wrong(format!("{lost} failed five times: infra/RUNBOOK.md, \"Lost jobs\"")),
            },
            Err(error) => Note(format!("the queue cannot be read with these credentials: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_new_account_is_told_to_ask_for_more() {
        let with =
            |left: u64| at_once(&json!({ "AccountLimit": { "UnreservedConcurrentExecutions": left } }));
        assert!(
            matches!(with(10), Note(words) if words.starts_with("10 functions") && words.contains("1,000"))
        );
        assert!(matches!(with(1000), Good(_)));
        assert!(matches!(at_once(&Value::Null), Note(_)));
    }
}

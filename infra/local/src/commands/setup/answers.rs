//! Answers to mails: SES receives them at the stack's `MailReplyDomain` and hands them to the stack's topic. SES has
//! one active set of rules an account and region, so a rule of ours goes into the one that is there.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::Outcome,
    Setup,
    aws::{Aws, AwsError, Stack, unless_there},
    step,
};

/// The set that is made where none is active.
const SET: &str = "omnitwin";

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    pub set: String,
    pub rule: String,
    /// The set, too: it was none before.
    pub is_first: bool,
}

/// Who receives what is sent to the domain now.
#[derive(Debug, PartialEq, Eq)]
pub enum Now {
    Ours,
    /// A rule of ours, in this set, that says something else: of a stack that is gone, say.
    Another(String),
    Nobody(Made),
}

/// What the stack wants to receive.
pub struct Answers<'a> {
    pub domain: &'a str,
    topic: &'a str,
    rule: String,
}

impl<'a> Answers<'a> {
    /// None if the stack has no domain for answers. An error: it is an older one, that does not say its topic.
    pub fn of(stack: &'a Stack, name: &str) -> Result<Option<Self>, &'static str> {
        let Some(domain) = stack.parameter("MailReplyDomain") else { return Ok(None) };
        let topic = stack.output("MailEventsTopic");
        let topic = topic.ok_or("the stack says no topic: deploy this version of the template")?;
        Ok(Some(Self { domain, topic, rule: format!("{name}-answers") }))
    }

    /// What the domain's MX record has to say.
    pub fn exchange(&self) -> String {
        let region = self.topic.split(':').nth(3).unwrap_or("REGION");
        format!("10 inbound-smtp.{region}.amazonaws.com")
    }

    pub fn now(&self, aws: &Aws) -> Result<Now, AwsError> {
        Ok(self.found(&aws.ask(&["ses", "describe-active-receipt-rule-set"])?))
    }

    fn found(&self, active: &Value) -> Now {
        let set = active["Metadata"]["Name"].as_str().map(str::to_owned);
        let mut rules = active["Rules"].as_array().into_iter().flatten();
        let wanted = self.rule();
        let says = |rule: &Value| {
            ["Enabled", "Recipients", "Actions"].into_iter().all(|field| rule[field] == wanted[field])
        };
        match (rules.find(|rule| rule["Name"] == self.rule), set) {
            (Some(rule), _) if says(rule) => Now::Ours,
            (Some(_), Some(set)) => Now::Another(set),
            (_, set) => Now::Nobody(Made {
                is_first: set.is_none(),
                set: set.unwrap_or_else(|| SET.to_owned()),
                rule: self.rule.clone(),
            }),
        }
    }

    /// What an earlier attempt made stands.
    pub fn receive(&self, aws: &Aws, made: &Made) -> Result<(), AwsError> {
        if made.is_first {
            unless_there(aws.ask(&["ses", "create-receipt-rule-set", "--rule-set-name", &made.set]))?;
        }
        unless_there(aws.tell(&["ses", "create-receipt-rule"], &self.rule_in(&made.set)))?;
        if made.is_first {
            aws.ask(&["ses", "set-active-receipt-rule-set", "--rule-set-name", &made.set])?;
        }
        Ok(())
    }

    pub fn correct(&self, aws: &Aws, set: &str) -> Result<(), AwsError> {
        aws.tell(&["ses", "update-receipt-rule"], &self.rule_in(set)).map(drop)
    }

    fn rule_in(&self, set: &str) -> Value {
        json!({ "RuleSetName": set, "Rule": self.rule() })
    }

    fn rule(&self) -> Value {
        json!({
            "Name": self.rule, "Enabled": true, "ScanEnabled": true, "TlsPolicy": "Require",
            "Recipients": [self.domain],
            "Actions": [{ "SNSAction": { "TopicArn": self.topic, "Encoding": "Base64" } }],
        })
    }
}

impl Setup<'_> {
    /// Answers to mails are received, if the stack has a domain for them.
    pub(super) fn answers(&mut self, stack: &Stack) -> Outcome {
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
}

impl Made {
    /// A set that has become somebody else's, too, stays.
    pub fn take_back(&self, aws: &Aws) -> Result<(), AwsError> {
        aws.remove(&["ses", "delete-receipt-rule", "--rule-set-name", &self.set, "--rule-name", &self.rule])?;
        if !self.is_first {
            return Ok(());
        }
        let active = aws.ask(&["ses", "describe-active-receipt-rule-set"])?;
        let is_empty = active["Rules"].as_array().is_none_or(Vec::is_empty);
        if active["Metadata"]["Name"] == self.set && is_empty {
            aws.ask(&["ses", "set-active-receipt-rule-set"])?;
            aws.remove(&["ses", "delete-receipt-rule-set", "--rule-set-name", &self.set])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(domain: &str) -> Stack {
        Stack(json!({
            "Outputs": [{ "OutputKey": "MailEventsTopic", "OutputValue": "arn:aws:sns:eu-west-1:1:events" }],
            "Parameters": [{ "ParameterKey": "MailReplyDomain", "ParameterValue": domain }],
        }))
    }

    #[test]
    fn only_a_stack_with_a_domain_receives_answers() {
        assert!(Answers::of(&stack(""), "twin").unwrap().is_none());
        let stack = stack("reply.example.com");
        let answers = Answers::of(&stack, "twin").unwrap().unwrap();
        assert_eq!(answers.exchange(), "10 inbound-smtp.eu-west-1.amazonaws.com");
        let rule = answers.rule();
        assert_eq!(
            (&rule["Name"], &rule["Recipients"][0]),
            (&json!("twin-answers"), &json!("reply.example.com"))
        );
        let first = Made { set: "omnitwin".to_owned(), rule: "twin-answers".to_owned(), is_first: true };
        assert_eq!(answers.found(&Value::Null), Now::Nobody(first));
        let active = |rules: &[&Value]| json!({ "Metadata": { "Name": "mine" }, "Rules": rules });
        let beside = Made { set: "mine".to_owned(), rule: "twin-answers".to_owned(), is_first: false };
        let others = json!({ "Name": "others", "Enabled": true });
        assert_eq!(answers.found(&active(&[&others])), Now::Nobody(beside));
        assert_eq!(answers.found(&active(&[&others, &rule])), Now::Ours);
        let mut old = rule.clone();
        old["Actions"][0]["SNSAction"]["TopicArn"] = json!("arn:aws:sns:eu-west-1:1:of-a-stack-that-is-gone");
        assert_eq!(answers.found(&active(&[&old])), Now::Another("mine".to_owned()));
        let older = Stack(json!({ "Parameters": stack.0["Parameters"] }));
        assert!(Answers::of(&older, "twin").is_err());
    }
}

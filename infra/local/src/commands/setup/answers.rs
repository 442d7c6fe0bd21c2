//! Answers to mails: SES receives them at the stack's `MailReplyDomain` and hands them to the stack's topic. SES has
//! one active set of rules an account and region, so a rule of ours goes into the one that is there.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::aws::{Aws, AwsError, Stack};

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

    /// None: they come here already.
    pub fn receive(&self, aws: &Aws) -> Result<Option<Made>, AwsError> {
        let active = aws.ask(&["ses", "describe-active-receipt-rule-set"])?;
        let is_ours = |rule: &Value| rule["Name"] == self.rule;
        if active["Rules"].as_array().is_some_and(|rules| rules.iter().any(is_ours)) {
            return Ok(None);
        }
        let set = active["Metadata"]["Name"].as_str().map(str::to_owned);
        let made = Made {
            is_first: set.is_none(),
            set: set.unwrap_or_else(|| SET.to_owned()),
            rule: self.rule.clone(),
        };
        if made.is_first {
            aws.ask_for_new(&["ses", "create-receipt-rule-set", "--rule-set-name", &made.set])?;
        }
        aws.tell(&["ses", "create-receipt-rule"], &json!({ "RuleSetName": made.set, "Rule": self.rule() }))?;
        if made.is_first {
            aws.ask(&["ses", "set-active-receipt-rule-set", "--rule-set-name", &made.set])?;
        }
        Ok(Some(made))
    }

    fn rule(&self) -> Value {
        json!({
            "Name": self.rule, "Enabled": true, "ScanEnabled": true, "TlsPolicy": "Require",
            "Recipients": [self.domain],
            "Actions": [{ "SNSAction": { "TopicArn": self.topic, "Encoding": "Base64" } }],
        })
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
        let older = Stack(json!({ "Parameters": stack.0["Parameters"] }));
        assert!(Answers::of(&older, "twin").is_err());
    }
}

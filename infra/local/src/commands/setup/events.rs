//! What becomes of mails, and answers to them: SNS posts it to the stack, which has to say first that it wants it. SNS asks
//! as the stack is made, which is before a record that somebody makes by hand leads there, and gives up soon.

use serde_json::Value;

use super::{
    super::Outcome,
    Setup,
    aws::{Aws, AwsError, Stack},
    step,
};

pub struct Events<'a> {
    topic: &'a str,
    pub address: String,
}

impl<'a> Events<'a> {
    /// None: the stack is older, and does not say its topic.
    pub fn of(stack: &'a Stack) -> Option<Self> {
        let (topic, base) = (stack.output("MailEventsTopic")?, stack.output("PublicBaseUrl")?);
        Some(Self { topic, address: format!("{base}/api/mail/events") })
    }

    /// Whether the stack has said that it wants them.
    pub fn are_wanted(&self, aws: &Aws) -> Result<bool, AwsError> {
        let said = aws.ask(&["sns", "list-subscriptions-by-topic", "--topic-arn", self.topic])?;
        Ok(is_confirmed(&said, |endpoint| endpoint == self.address))
    }

    /// Has SNS ask the stack again.
    pub fn ask_again(&self, aws: &Aws) -> Result<(), AwsError> {
        let subscribe = ["sns", "subscribe", "--protocol", "https", "--topic-arn", self.topic];
        aws.ask(&[&subscribe[..], &["--notification-endpoint", &self.address]].concat()).map(drop)
    }
}

impl Setup<'_> {
    /// What becomes of mails is told to the stack.
    pub(super) fn events(&self, stack: &Stack) -> Outcome {
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
}

/// Whether one of a topic's subscriptions, as `list-subscriptions-by-topic` tells them, holds: until it is confirmed it has no
/// ARN.
pub fn is_confirmed(said: &Value, is_meant: impl Fn(&str) -> bool) -> bool {
    let all = said["Subscriptions"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().any(|one| {
        one["SubscriptionArn"].as_str().is_some_and(|arn| arn.starts_with("arn:"))
            && one["Endpoint"].as_str().is_some_and(&is_meant)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_nobody_confirmed_is_not_wanted() {
        let address = "https://twin.example.com/api/mail/events";
        let said = |arn: &str, endpoint: &str| {
            json!({ "Subscriptions": [
                { "SubscriptionArn": "arn:aws:sns:us-east-1:1:events:1", "Endpoint": "https://other.example.com" },
                { "SubscriptionArn": arn, "Endpoint": endpoint },
            ] })
        };
        let is_meant = |endpoint: &str| endpoint == address;
        assert!(is_confirmed(&said("arn:aws:sns:us-east-1:1:events:2", address), is_meant));
        assert!(!is_confirmed(&said("PendingConfirmation", address), is_meant));
        assert!(!is_confirmed(&said("Deleted", address), is_meant));
        assert!(!is_confirmed(&json!({}), is_meant));
        let outputs = json!([
            { "OutputKey": "MailEventsTopic", "OutputValue": "arn:aws:sns:us-east-1:1:events" },
            { "OutputKey": "PublicBaseUrl", "OutputValue": "https://twin.example.com" },
        ]);
        assert_eq!(Events::of(&Stack(json!({ "Outputs": outputs }))).unwrap().address, address);
        assert!(Events::of(&Stack(json!({}))).is_none());
    }
}

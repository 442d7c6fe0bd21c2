//! Messages that SNS posts to an address, and what their signature is over. Source: AWS, "Verifying the signatures of
//! Amazon SNS messages".

use serde::Deserialize;
use url::Url;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SnsMessage {
    #[serde(rename = "Type")]
    pub kind: SnsType,
    pub message_id: String,
    pub topic_arn: String,
    #[serde(default)]
    pub subject: Option<String>,
    pub message: String,
    pub timestamp: String,
    pub signature_version: String,
    /// Base64.
    pub signature: String,
    #[serde(rename = "SigningCertURL")]
    pub signing_cert_url: String,
    #[serde(rename = "SubscribeURL", default)]
    pub subscribe_url: Option<String>,
    #[serde(default)]
    pub token: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum SnsType {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

impl SnsType {
    fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

impl SnsMessage {
    /// Names and values, each on a line of its own, by name.
    pub fn signed_text(&self) -> String {
        let kind = self.kind.name();
        let fields: Vec<(&str, Option<&str>)> = match self.kind {
            SnsType::Notification => vec![
                ("Message", Some(self.message.as_str())),
                ("MessageId", Some(self.message_id.as_str())),
                ("Subject", self.subject.as_deref()),
                ("Timestamp", Some(self.timestamp.as_str())),
                ("TopicArn", Some(self.topic_arn.as_str())),
                ("Type", Some(kind)),
            ],
            SnsType::SubscriptionConfirmation | SnsType::UnsubscribeConfirmation => vec![
                ("Message", Some(self.message.as_str())),
                ("MessageId", Some(self.message_id.as_str())),
                ("SubscribeURL", self.subscribe_url.as_deref()),
                ("Timestamp", Some(self.timestamp.as_str())),
                ("Token", self.token.as_deref()),
                ("TopicArn", Some(self.topic_arn.as_str())),
                ("Type", Some(kind)),
            ],
        };
        let there = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        there.flat_map(|(name, value)| [name, "\n", value, "\n"]).collect()
    }
}

/// Whether this is an address of SNS itself: `https://sns.<region>.amazonaws.com/…`, without a port or a user.
pub fn is_of_sns(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let region = host.strip_prefix("sns.").and_then(|rest| rest.strip_suffix(".amazonaws.com"));
    let is_plain = url.port().is_none() && url.username().is_empty() && url.password().is_none();
    url.scheme() == "https" && is_plain && region.is_some_and(is_region)
}

/// `us-gov-west-1`: two letters, words, a number. A bucket of S3 has such a host, too, but no such name.
fn is_region(name: &str) -> bool {
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match name.split('-').collect::<Vec<_>>().as_slice() {
        [area, words @ .., number] => {
            area.len() == 2
                && is_word(area)
                && !words.is_empty()
                && words.iter().all(|word| is_word(word))
                && number.parse::<u8>().is_ok()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sns_has_its_certificates() {
        for url in [
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",
            "https://sns.us-gov-west-1.amazonaws.com/SimpleNotificationService-1.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-1.pem",
        ] {
            assert!(is_of_sns(&Url::parse(url).unwrap()), "{url}");
        }
        for url in [
            "http://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com:8443/a.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
            "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
            "https://evil.example/sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.evil.example.amazonaws.com/a.pem",
            "https://bucket.s3.amazonaws.com/a.pem",
            "https://sns.s3.amazonaws.com/a.pem",
            "https://sns.s3-us-west-2.amazonaws.com/a.pem",
            "https://sns..amazonaws.com/a.pem",
        ] {
            assert!(!is_of_sns(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn what_is_signed() {
        let message: SnsMessage = serde_json::from_str(
            r#"{"Type":"Notification","MessageId":"22b80b92","TopicArn":"arn:aws:sns:us-west-2:123:MyTopic",
                "Subject":"My First Message","Message":"Hello world!","Timestamp":"2012-05-02T00:54:06.655Z",
                "SignatureVersion":"1","Signature":"EXAMPLEw6JRN","SigningCertURL":"https://sns.us-west-2.amazonaws.com/a.pem",
                "UnsubscribeURL":"https://sns.us-west-2.amazonaws.com/"}"#,
        )
        .unwrap();
        assert_eq!(
            message.signed_text(),
            "Message\nHello world!\nMessageId\n22b80b92\nSubject\nMy First Message\nTimestamp\n\
             2012-05-02T00:54:06.655Z\nTopicArn\narn:aws:sns:us-west-2:123:MyTopic\nType\nNotification\n"
        );
        let bare = SnsMessage { subject: None, ..message };
        assert!(!bare.signed_text().contains("Subject"));
    }
}

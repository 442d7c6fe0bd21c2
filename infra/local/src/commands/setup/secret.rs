//! The secret that the functions and the relay are given keys from.

use serde_json::{Value, json};
use twin::config::Secret;

use super::{Setup, ask, aws::Aws, step};

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

/// What has the stack use a key that need not be there, where the key alone says it.
const USED_BY: [(&str, &str); 3] = [
    ("OPENAI_API_KEY", "UseOpenAi=true"),
    ("GITHUB_TOKEN", "UseGithubToken=true"),
    ("TWILIO_SHARED_KEY", "TwilioSharedKey=true"),
];

/// `CloudFormation` does not look whether a secret changed.
const READ_AGAIN: &str =
    "to have it read: sam build && sam deploy --parameter-overrides SecretsRead=$(date +%s)";

/// How many letters AWS ends a secret's ARN with, after a hyphen.
const LETTERS: usize = 6;

/// A name that ends as an ARN does: ECS, which is given the ARN without its end, would find no such secret.
pub(super) fn name(text: &str) -> Result<String, String> {
    let end = text.rsplit_once('-').map_or("", |(_, end)| end);
    match end.len() == LETTERS && end.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => Err(format!("a secret's name does not end in a hyphen and {LETTERS} letters, as ARNs do")),
        false => Ok(text.to_owned()),
    }
}

/// What the steps after it need of it.
pub(super) struct Kept {
    /// Twilio's.
    pub token: Secret,
    /// Parameters of the stack, for the other keys.
    pub used_by: Vec<&'static str>,
}

impl Kept {
    fn of(secret: &Value) -> Self {
        let token = secret["TWILIO_AUTH_TOKEN"].as_str().unwrap_or_default();
        let used = USED_BY.into_iter().filter(|(key, _)| secret[*key].is_string());
        Self { token: Secret::new(token), used_by: used.map(|(_, parameter)| parameter).collect() }
    }
}

impl Setup<'_> {
    /// What is in the secret stays; what is missing is taken from the environment, or asked for.
    pub(super) fn secret(&mut self) -> Result<Kept, Box<dyn std::error::Error>> {
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
        Ok(Kept::of(&wanted))
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
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const TEMPLATE: &str = include_str!("../../../../../template.yaml");

    /// A deployment fails at a key that is not there.
    #[test]
    fn setup_knows_each_key_of_the_secret() {
        let wanted: HashSet<&str> = TEMPLATE
            .split("${SecretName}:SecretString:")
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        let known: HashSet<&str> = KEYS.iter().map(|(key, ..)| *key).collect();
        assert_eq!(wanted, known);
    }

    /// `omnitwin-secret` is the one that comes to mind.
    #[test]
    fn no_name_ends_as_an_arn() {
        let pattern = format!("AllowedPattern: ^(?!.*-[A-Za-z0-9]{{{LETTERS}}}$)");
        assert!(TEMPLATE.contains(&pattern), "the template refuses it, too");
        for taken in ["omnitwin", "twin-of-dana", "twin-secrets", "twin/secret", "twin-sec.et"] {
            assert_eq!(name(taken).as_deref(), Ok(taken));
        }
        for refused in ["omnitwin-secret", "twin-a1B2c3"] {
            assert!(name(refused).is_err(), "{refused}");
        }
    }

    /// Whoever gives a key wants it used.
    #[test]
    fn a_key_that_is_there_has_its_parameter() {
        let kept = Kept::of(&json!({ "TWILIO_AUTH_TOKEN": "token", "OPENAI_API_KEY": "key" }));
        assert_eq!((kept.token.reveal(), kept.used_by), ("token", vec!["UseOpenAi=true"]));
        for (_, parameter) in USED_BY {
            let name = parameter.strip_suffix("=true").unwrap();
            assert!(TEMPLATE.contains(&format!("!Equals [!Ref {name}, \"true\"]")), "{name}");
        }
    }
}

//! What of AWS is asked through its own command line, because that has everybody's credentials: profiles, single
//! sign-on, roles. What is secret goes in by a file that only its owner reads, and that is gone afterwards: an argument is
//! seen by everybody, and standard input the command line reads twice.

use std::{
    io::{ErrorKind, Write as _},
    process::{Command, Stdio},
};

use aws_sdk_dynamodb::config::Credentials;
use serde_json::Value;
use tempfile::NamedTempFile;

/// What is in the codes of failures that are AWS's own (a bare status, if it gives no code), and of what is there already.
const UNKNOWN: [&str; 8] = [
    "Internal",
    "ServiceUnavailable",
    "ServiceFailure",
    "ServiceException",
    "Timeout",
    "50",
    "Unknown",
    "Exist",
];

#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    #[error("the AWS command line is not installed: https://docs.aws.amazon.com/cli/")]
    Missing,
    #[error("the AWS command line does not start: {0}")]
    Start(std::io::Error),
    #[error("what AWS is to be told cannot be written down: {0}")]
    Input(std::io::Error),
    /// What AWS says, such as `(ResourceNotFoundException) when …`.
    #[error("{0}")]
    Refused(String),
    #[error("the AWS command line answered something else than JSON")]
    Unreadable,
}

impl AwsError {
    /// Whether what was asked for is not there.
    pub fn is_absent(&self) -> bool {
        let Self::Refused(said) = self else { return false };
        ["ResourceNotFound", "NotFoundException", "does not exist"].iter().any(|words| said.contains(words))
    }

    /// Whether nothing came of what was asked; else nobody knows: where AWS itself failed, it may have been made before, and so
    /// it may where it is there already, because the command line asks again by itself.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Missing | Self::Start(_) | Self::Input(_) => true,
            Self::Refused(said) => {
                code(said).is_some_and(|code| !UNKNOWN.iter().any(|words| code.contains(words)))
            }
            Self::Unreadable => false,
        }
    }

    /// Whether it is in the bin: `(InvalidRequestException) … because it was marked for deletion.`
    pub fn is_given_up(&self) -> bool {
        let Self::Refused(said) = self else { return false };
        ["marked for deletion", "scheduled for deletion"].iter().any(|words| said.contains(words))
    }
}

/// The error's code, as in `An error occurred (AccessDenied) when …`; none, if AWS was not reached.
fn code(said: &str) -> Option<&str> {
    Some(said.split_once("An error occurred (")?.1.split_once(')')?.0)
}

/// `region`: another than the configured one.
pub struct Aws {
    pub program: String,
    pub region: Option<String>,
}

impl Aws {
    /// The one that is installed, if `AWS_CLI` names no other.
    pub fn found(lookup: &dyn Fn(&str) -> Option<String>, region: Option<&str>) -> Self {
        let program = lookup("AWS_CLI").unwrap_or_else(|| "aws".to_owned());
        Self { program, region: region.map(str::to_owned) }
    }

    /// What it works with, for whoever asks AWS without it.
    pub fn credentials(&self) -> Result<Credentials, AwsError> {
        let said = self.ask(&["configure", "export-credentials", "--format", "process"])?;
        credentials(&said).ok_or(AwsError::Unreadable)
    }

    /// `aws SERVICE OPERATION …`, its answer as JSON; null if it gives none.
    pub fn ask(&self, arguments: &[&str]) -> Result<Value, AwsError> {
        let mut command = Command::new(&self.program);
        command.args(arguments).args(["--output", "json"]).env("AWS_PAGER", "").stdin(Stdio::null());
        if let Some(region) = &self.region {
            command.args(["--region", region]);
        }
        let output = command.output().map_err(|error| match error.kind() {
            ErrorKind::NotFound => AwsError::Missing,
            _ => AwsError::Start(error),
        })?;
        if !output.status.success() {
            return Err(AwsError::Refused(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        match output.stdout.trim_ascii() {
            [] => Ok(Value::Null),
            said => serde_json::from_slice(said).map_err(|_| AwsError::Unreadable),
        }
    }

    /// The same for what is to be gone; that it is gone already is as good.
    pub fn remove(&self, arguments: &[&str]) -> Result<(), AwsError> {
        match self.ask(arguments) {
            Err(error) if error.is_absent() => Ok(()),
            other => other.map(drop),
        }
    }

    /// The same with its input as JSON.
    pub fn tell(&self, arguments: &[&str], input: &Value) -> Result<Value, AwsError> {
        let mut file = NamedTempFile::new().map_err(AwsError::Input)?;
        file.write_all(input.to_string().as_bytes()).map_err(AwsError::Input)?;
        let input = format!("file://{}", file.path().display());
        self.ask(&[arguments, &["--cli-input-json", &input]].concat())
    }
}

/// As programs tell them to the command line, and it to others. Source: AWS, "Process credential provider".
fn credentials(said: &Value) -> Option<Credentials> {
    let text = |key: &str| said[key].as_str().map(str::to_owned);
    let (id, secret) = (text("AccessKeyId")?, text("SecretAccessKey")?);
    Some(Credentials::new(id, secret, text("SessionToken"), None, "command line"))
}

/// What came of what was to be made: that it is there already is as good.
pub fn unless_there(made: Result<Value, AwsError>) -> Result<(), AwsError> {
    match made {
        Err(AwsError::Refused(said)) if said.contains("AlreadyExists") => Ok(()),
        other => other.map(drop),
    }
}

/// A stack as `CloudFormation` describes it.
pub struct Stack(pub Value);

impl Stack {
    /// None if there is none of this name.
    pub fn find(aws: &Aws, name: &str) -> Result<Option<Self>, AwsError> {
        match aws.ask(&["cloudformation", "describe-stacks", "--stack-name", name]) {
            Ok(said) => Ok(said["Stacks"].get(0).cloned().map(Self)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn status(&self) -> &str {
        self.0["StackStatus"].as_str().unwrap_or("unknown")
    }

    pub fn is_deployed(&self) -> bool {
        self.status().ends_with("_COMPLETE") && !self.status().contains("ROLLBACK")
            || self.status() == "UPDATE_ROLLBACK_COMPLETE"
    }

    /// Why nothing can be done with it now, nor by another deployment.
    pub fn hindrance(&self) -> Option<String> {
        match self.status() {
            "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" => Some(
                "its first deployment failed: infra/RUNBOOK.md, \"The first deployment failed\"".to_owned(),
            ),
            "UPDATE_ROLLBACK_FAILED" => {
                Some("an update failed, and so did taking it back: infra/RUNBOOK.md, \"Back\"".to_owned())
            }
            // It was only looked at what a deployment would make.
            "REVIEW_IN_PROGRESS" => None,
            status if status.ends_with("_IN_PROGRESS") => {
                Some(format!("{status}: wait until that is over, and this again"))
            }
            _ => None,
        }
    }

    pub fn output(&self, key: &str) -> Option<&str> {
        named(&self.0["Outputs"], ("OutputKey", "OutputValue"), key)
    }

    /// Empty counts as none.
    pub fn parameter(&self, key: &str) -> Option<&str> {
        named(&self.0["Parameters"], ("ParameterKey", "ParameterValue"), key)
            .filter(|value| !value.is_empty())
    }
}

fn named<'a>(all: &'a Value, (key, value): (&str, &str), wanted: &str) -> Option<&'a str> {
    let mut all = all.as_array()?.iter();
    all.find(|one| one[key] == wanted).and_then(|one| one[value].as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stack_says_what_it_gave_and_was_given() {
        let stack = Stack(json!({
            "StackStatus": "UPDATE_COMPLETE",
            "Outputs": [{ "OutputKey": "TableName", "OutputValue": "t-1" }],
            "Parameters": [{ "ParameterKey": "RelayImage", "ParameterValue": "" }],
        }));
        assert!(stack.is_deployed());
        assert_eq!((stack.output("TableName"), stack.output("Other")), (Some("t-1"), None));
        assert_eq!(stack.parameter("RelayImage"), None);
        let failed = |status| !Stack(json!({ "StackStatus": status })).is_deployed();
        assert!(failed("ROLLBACK_COMPLETE") && failed("CREATE_IN_PROGRESS") && failed("CREATE_FAILED"));
        let hindered = |status| Stack(json!({ "StackStatus": status })).hindrance();
        assert!(hindered("ROLLBACK_COMPLETE").is_some_and(|why| why.contains("RUNBOOK")));
        assert!(hindered("UPDATE_ROLLBACK_FAILED").is_some_and(|why| why.contains("Back")));
        assert!(hindered("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS").is_some_and(|why| why.contains("wait")));
        assert_eq!(hindered("REVIEW_IN_PROGRESS").or(hindered("UPDATE_ROLLBACK_COMPLETE")), None);
    }

    #[test]
    fn the_command_line_says_what_it_works_with() {
        let said = json!({ "Version": 1, "AccessKeyId": "id", "SecretAccessKey": "secret", "SessionToken": "token" });
        let known = credentials(&said).unwrap();
        assert_eq!((known.access_key_id(), known.secret_access_key()), ("id", "secret"));
        assert_eq!(known.session_token(), Some("token"));
        assert!(credentials(&json!({ "AccessKeyId": "id" })).is_none());
        let silent = Aws { program: "true".to_owned(), region: None };
        assert!(matches!(silent.credentials(), Err(AwsError::Unreadable)));
    }

    #[test]
    fn what_is_secret_is_no_argument_and_what_is_missing_is_said() {
        let missing = Aws { program: "no-such-program".to_owned(), region: None };
        assert!(matches!(missing.ask(&["sts", "get-caller-identity"]), Err(AwsError::Missing)));
        // `cat` shows what it is given, and refuses the options.
        let cat = Aws { program: "false".to_owned(), region: None };
        assert!(matches!(cat.ask(&[]), Err(AwsError::Refused(said)) if said.is_empty()));
        assert!(AwsError::Refused("An error (ResourceNotFoundException)".to_owned()).is_absent());
        assert!(!AwsError::Refused("An error (AccessDenied)".to_owned()).is_absent());
        let bin = "An error occurred (InvalidRequestException): You can't perform this operation on the secret because it was \
                   marked for deletion.";
        let bin = AwsError::Refused(bin.to_owned());
        assert!(bin.is_given_up() && !bin.is_absent());
        assert!(bin.is_refusal());
        let lost = AwsError::Refused("Could not connect to the endpoint URL".to_owned());
        assert!(!lost.is_refusal(), "it may have been made");
        for own in
            ["InternalServiceError", "ServiceUnavailable", "503", "RequestTimeout", "AlreadyExistsException"]
        {
            let failed = AwsError::Refused(format!(
                "An error occurred ({own}) when calling the CreateSecret operation (reached max retries: 2): AWS failed"
            ));
            assert!(!failed.is_refusal(), "of {own} it may have been made");
        }
        for no in
            ["AccessDeniedException", "LimitExceededException", "ThrottlingException", "ValidationException"]
        {
            assert!(
                AwsError::Refused(format!("An error occurred ({no}) when calling it: no")).is_refusal(),
                "{no}"
            );
        }
        let there = AwsError::Refused("An error occurred (AlreadyExists)".to_owned());
        assert!(unless_there(Err(there)).is_ok() && unless_there(Err(lost)).is_err());
    }
}

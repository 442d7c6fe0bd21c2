//! What setup did, taken back.

use serde_json::Value;
use twin::config::Secret;

use super::{super::Outcome, Setup, aws::Stack, journal::Did, number::Account, step};

impl Setup<'_> {
    /// In the opposite order; what was taken back is not taken back again.
    pub(super) async fn undo(&mut self) -> Outcome {
        let did = self.journal.did.clone();
        if did == Did::default() {
            let path = self.journal.path().display();
            step(
                "Undo",
                &format!(
                    "{path} names nothing that setup did: it is written where setup ran, or in its --data"
                ),
            );
        }
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

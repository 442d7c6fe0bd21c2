//! The address that mail comes from: SES has to know that it is its owner's.

use super::{super::Outcome, Setup, aws::Stack, step};

impl Setup<'_> {
    /// An address that mail may come from, or the mail that asks for it.
    pub(super) fn mail(&mut self, stack: Option<&Stack>) -> Outcome {
        let parameter = |key| stack.and_then(|stack| stack.parameter(key)).map(str::to_owned);
        let Some(address) = self.arguments.mail_from.clone().or_else(|| parameter("MailFrom")) else {
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
                Ok(_) if parameter("MailDomain").as_ref() == Some(identity) => {
                    step("Mail", &format!("AWS looks for the records of {domain} that the stack made: wait"));
                    return Ok(());
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
}

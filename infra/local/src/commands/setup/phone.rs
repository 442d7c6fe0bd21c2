//! Which number the twin has, and where its calls go.

use super::{
    super::Outcome,
    Setup, ask,
    aws::Stack,
    number::{Account, Number, NumberError, Urls},
    step,
};

impl Setup<'_> {
    pub(super) fn account_sid(&self, stack: Option<&Stack>) -> Result<String, Box<dyn std::error::Error>> {
        let deployed = stack.and_then(|stack| stack.parameter("TwilioAccountSid")).map(str::to_owned);
        let sid =
            deployed.or_else(|| (self.lookup)("TWILIO_ACCOUNT_SID")).or_else(|| ask("Twilio's account SID"));
        sid.ok_or_else(|| "set TWILIO_ACCOUNT_SID, or give it when asked".into())
    }

    pub(super) fn twilio(&self) -> String {
        (self.lookup)("TWILIO_BASE_URL").unwrap_or_else(|| twin::clients::twilio::BASE.to_owned())
    }

    /// The one that was named, or the stack's, or one that setup bought, or one that it buys now.
    pub(super) async fn number(
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
            return Err(NumberError::NotOurs(wanted).into());
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

    /// The number's calls come to the stack.
    pub(super) async fn point(&mut self, account: &Account, number: &Number, stack: &Stack) -> Outcome {
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

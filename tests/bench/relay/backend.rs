//! What the real relay needs around it: the table with its rows, tickets and signatures.

use std::net::SocketAddr;

use jiff::Timestamp;
use omnitwin::stack::{Options, Stack};
use tokio::runtime::Runtime;
use twin::{
    id::{CallSid, InteractionId, PersonId},
    identity::{Assurance, Evidence, EvidenceSource, IdentityKey, Phone, Signature},
    routing::{Handling, RouteKind},
    store::Call,
    wire::{
        ticket::{LIFETIME, Ticket, TicketKey},
        twilio::webhook::CallStatus,
    },
};

use crate::{Outcome, load::Admission};

const CALLER: &str = "+14155550142";
const SLOTS: u32 = 10_000;
/// Dollars: nobody is refused for money.
const BUDGET: &str = "1000000";

pub struct Backend {
    runtime: Runtime,
    pub stack: Stack,
    person: PersonId,
    pub tickets: TicketKey,
}

impl Backend {
    pub fn start() -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (stack, person) = runtime.block_on(async {
            let stack = Stack::start(Options::default()).await?;
            let now = Timestamp::now();
            let evidence = Evidence::new(EvidenceSource::CallerId, now, None);
            let caller = IdentityKey::Phone(Phone::parse(CALLER)?);
            let identity = stack.twin.store().resolve(caller, evidence, now).await?;
            Outcome::Ok((stack, identity.person))
        })?;
        let tickets = TicketKey::new(&stack.secrets.ticket_secret);
        Ok(Self { runtime, stack, person, tickets })
    }

    /// What the relay is told in production by its task definition.
    pub fn environment(&self, relay: SocketAddr, model: &str) -> Outcome<Vec<(&'static str, String)>> {
        let (aws, account) = (self.stack.aws(), &self.stack.account);
        Ok(vec![
            ("AWS_ENDPOINT_URL_DYNAMODB", aws.dynamodb_url()),
            ("AWS_ENDPOINT_URL_SQS", aws.sqs_url()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("TABLE_NAME", "omnitwin".to_owned()),
            ("JOBS_QUEUE_URL", aws.queue_url("jobs")?),
            ("PUBLIC_BASE_URL", "https://omnitwin.example".to_owned()),
            ("RELAY_BASE_URL", format!("ws://{relay}")),
            ("TWILIO_ACCOUNT_SID", account.account_sid.clone()),
            ("TWILIO_AUTH_TOKEN", account.auth_token.reveal().to_owned()),
            ("TWILIO_PHONE_NUMBER", account.phone_number.as_str().to_owned()),
            ("TICKET_SECRET", self.stack.secrets.ticket_secret.clone()),
            ("OPENAI_API_KEY", "none".to_owned()),
            ("OPENAI_BASE_URL", format!("{model}/v1")),
            ("OPENAI_DAILY_BUDGET", BUDGET.to_owned()),
            ("PORT", relay.port().to_string()),
            ("RELAY_SLOTS", SLOTS.to_string()),
        ])
    }

    /// What the webhook does before a stream begins: a row for the call, and a ticket for it.
    pub fn admit(&self, relay: SocketAddr) -> Outcome<Admission> {
        let sid = sim::twilio::new_sid("CA");
        let call = Call {
            sid: sid.parse::<CallSid>()?,
            person: self.person.clone(),
            interaction: InteractionId::generate(Timestamp::now()),
            number: Some(Phone::parse(CALLER)?),
            route: RouteKind::Recruiter,
            handling: Handling::Converse,
            screening: twin::screening::Screening::default(),
            level: Assurance::Claimed,
            signature: Signature::Absent,
            at: Timestamp::now(),
            status: CallStatus::InProgress,
            not_taken: false,
            falls_back_at: None,
            fell_back_at: None,
            trace: None,
        };
        let call = self.runtime.block_on(self.stack.twin.store().take_call(call))?;
        let ticket = self.tickets.sign(&Ticket {
            call: call.sid,
            person: call.person,
            interaction: call.interaction,
            route: call.route,
            level: call.level,
            not_taken: false,
            challenged: false,
            trace: None,
            expires: call.at + LIFETIME,
        })?;
        let path = format!("/media/{ticket}");
        let account = &self.stack.account;
        let signature =
            sim::twilio::signature::url(account.auth_token.reveal(), &format!("wss://{relay}{path}"));
        Ok(Admission { path, signature, account_sid: account.account_sid.clone(), call_sid: sid })
    }
}

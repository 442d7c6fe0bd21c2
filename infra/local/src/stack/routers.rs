//! Every function's own router, as each has it in AWS, on one port.

use std::{path::Path, sync::Arc};

use axum::Router;
use knowledge::import::Importer;
use mcp::{Keys, oauth::OAuth};
use media_relay::Slots;
use twin::{
    clients::{realtime::Realtime, relay::Relay, twilio::TwilioRest, vault::Vault},
    config::{OpenAi, PublicUrls},
    http::OwnerAuth,
    twin::Twin,
    wire::{realtime::session::VoiceOptions, ticket::TicketKey},
};

use super::{Model, OWNER_EMAIL, Options};
use crate::{
    aws::ses::Ses,
    entrance, outbox,
    settings::{DEFAULT_DIRECTORY, a_call},
};

pub(super) struct Parts<'a> {
    pub options: &'a Options,
    pub twin: &'a Twin,
    pub importer: &'a Importer,
    pub urls: &'a PublicUrls,
    pub openai: OpenAi,
    pub realtime: Realtime,
    /// Attends conversations in browsers.
    pub relay: Option<Relay>,
    pub slots: &'a Slots,
    pub auth: &'a OwnerAuth,
    pub oauth: &'a OAuth,
    pub keys: Keys,
    pub telephony: TwilioRest,
    pub vault: Vault,
    pub ses: Arc<Ses>,
    pub texts: Option<Arc<sim::twilio::Twilio>>,
    pub certificates: mail::Certificates,
    pub dead_jobs: Option<String>,
}

pub(super) fn router(parts: &Parts<'_>) -> Router {
    let Parts {
        options,
        twin,
        importer,
        urls,
        openai,
        realtime,
        relay,
        slots,
        auth,
        oauth,
        keys,
        ses,
        texts,
        telephony,
        vault,
        certificates,
        dead_jobs,
    } = parts;
    let tickets = TicketKey::new(&options.secrets.ticket_secret);
    let store = twin.store();
    let call = a_call(options.directory.as_deref().unwrap_or(Path::new(DEFAULT_DIRECTORY)));
    phone_webhook::app(phone_webhook::State {
        twin: (*twin).clone(),
        twilio: options.twilio.clone(),
        urls: (*urls).clone(),
        tickets: tickets.clone(),
        auth: (*auth).clone(),
        telephony: telephony.clone(),
    })
    .merge(media_relay::app(media_relay::State {
        twin: (*twin).clone(),
        twilio: Arc::new(options.twilio.clone()),
        urls: Arc::new((*urls).clone()),
        tickets: tickets.clone(),
        model: media_relay::Model::new(openai.clone()),
        realtime: realtime.clone(),
        voice: Arc::new(VoiceOptions { voice: openai.voice.clone(), ..VoiceOptions::default() }),
        limits: options.limits,
        slots: (*slots).clone(),
        telephony: telephony.clone(),
        metrics_of: None,
        call_logs: options.call_logs.clone().map(media_relay::CallLogs::in_folder),
    }))
    .merge(context::app(context::State { twin: (*twin).clone(), auth: (*auth).clone() }))
    .merge(crm::app(crm::State {
        twin: (*twin).clone(),
        auth: (*auth).clone(),
        public_base_url: urls.base.clone(),
        dead_jobs: dead_jobs.clone(),
    }))
    .merge(mail::app(mail::State {
        twin: (*twin).clone(),
        public_base_url: urls.base.clone(),
        links: tickets.clone(),
        certificates: certificates.clone(),
        topics: vec![sim::sns::TOPIC.to_owned()],
    }))
    .merge(analytics::app(analytics::State { twin: (*twin).clone(), auth: (*auth).clone() }))
    .merge(calendar::app(calendar::State {
        twin: (*twin).clone(),
        auth: (*auth).clone(),
        public_base_url: urls.base.clone(),
        owner_email: OWNER_EMAIL.to_owned(),
        reply_domain: options.reply_domain.clone(),
    }))
    .merge(chat::app(chat::State {
        twin: (*twin).clone(),
        public_base_url: urls.base.clone(),
        phone_number: options.twilio.phone_number.as_str().to_owned(),
    }))
    .merge(voice_token::app(voice_token::State {
        twin: (*twin).clone(),
        public_base_url: urls.base.clone(),
        realtime: realtime.clone(),
        relay: relay.clone(),
        voice: VoiceOptions { voice: openai.voice.clone(), ..VoiceOptions::default() },
        tickets,
    }))
    .merge(mcp::app(mcp::State {
        twin: (*twin).clone(),
        auth: (*auth).clone(),
        public_base_url: urls.base.clone(),
        oauth: (*oauth).clone(),
        phone_number: options.twilio.phone_number.as_str().to_owned(),
        origins: options.mcp_origins.clone(),
        keys: (*keys).clone(),
    }))
    .merge(knowledge::app(knowledge::State {
        twin: (*twin).clone(),
        importer: (*importer).clone(),
        auth: (*auth).clone(),
    }))
    .merge(web::app(web::State {
        store: store.clone(),
        auth: (*auth).clone(),
        entrance: entrance(options),
        public_base_url: urls.base.clone(),
        phone_number: options.twilio.phone_number.as_str().to_owned(),
        calls_origin: Some(twin::http::origin(&openai.base_url)),
        vault: vault.clone(),
        parts: set_up(options, urls),
        simulated: twin.simulated(),
        call: options.twilio_is_simulated.then(|| call.clone()),
    }))
    .merge(entrance::app(entrance::State {
        store: store.clone(),
        auth: (*auth).clone(),
        base_url: urls.base.clone(),
    }))
    .merge(outbox::app(outbox::State {
        ses: ses.clone(),
        texts: texts.clone(),
        auth: (*auth).clone(),
        entrance: entrance(options),
        call,
    }))
}

/// A provider that does not know the owner signs only visitors in.
fn entrance(options: &Options) -> web::Entrance {
    match &options.oidc {
        Some(oidc) if oidc.owner.is_some() => web::Entrance::Provider,
        _ => web::Entrance::Printed,
    }
}

/// What is configured and what is simulated.
fn set_up(options: &Options, urls: &PublicUrls) -> web::Parts {
    use web::Standing::{Configured, Simulated};
    let part = |name, standing, detail: &str| web::Part { name, standing, detail: detail.to_owned() };
    let model = match &options.model {
        Model::Real(openai) => part("OpenAI", Configured, &openai.base_url),
        Model::Simulated(_) => part("OpenAI", Simulated, "set OPENAI_API_KEY to use the real model"),
    };
    let twilio = match options.twilio_is_simulated {
        true => part("Twilio", Simulated, "set TWILIO_ACCOUNT_SID and the others to take real calls"),
        false => part("Twilio", Configured, options.twilio.phone_number.as_str()),
    };
    let sign_in = match &options.oidc {
        Some(_) => part("Sign-in", Configured, "by OpenID Connect"),
        None => {
            part("Sign-in", Configured, "by the link that is printed at start; set OIDC_ISSUER for others")
        }
    };
    Arc::new([
        model,
        twilio,
        part("AWS", Simulated, "DynamoDB, SQS and SES run inside this process"),
        part("Address", Configured, &urls.base),
        sign_in,
    ])
}

//! How a deployed function begins: configuration from the environment that `main` passes in, clients from
//! what AWS gives.

use aws_config::SdkConfig;
use axum::{Router, middleware, response::Response};
use http::{HeaderValue, header};

use crate::{
    brain::Brain,
    clients::{
        self, Lazy,
        calendars::Accounts,
        fetch::Policy,
        mail::Mailer,
        queue::Queue,
        twilio::{self, TwilioRest},
        vault::Vault,
    },
    config::{
        CalendarAccounts, ConfigError, MailSettings, PublicUrls, Secret, Settings, Twilio, line, retention,
        ticket_secret,
    },
    http::{behind_edge, edge},
    identity::Phone,
    store::Store,
    telemetry,
    twin::{Post, Twin},
    wire::ticket::TicketKey,
};

/// What every deployed function has.
pub struct Deployed<'a> {
    pub settings: Settings<'a>,
    aws: SdkConfig,
}

impl<'a> Deployed<'a> {
    /// Starts logging and reads what AWS gives: region, credentials, endpoints.
    pub fn start(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let settings = Settings::new(lookup);
        telemetry::start(telemetry::Format::Json, settings.optional("LOG").as_deref());
        let aws = clients::aws(&settings);
        Self { settings, aws }
    }

    fn aws_of(&self, service: &str) -> SdkConfig {
        clients::aws_of(service, &self.aws, &self.settings)
    }

    pub fn store(&self) -> Result<Store, ConfigError> {
        let aws = self.aws_of("DYNAMODB");
        let client = Lazy::new(move || aws_sdk_dynamodb::Client::new(&aws));
        let store = Store::new(client, self.settings.required("TABLE_NAME")?);
        Ok(store.keeping(retention(&self.settings)?))
    }

    pub fn twin(&self) -> Result<Twin, ConfigError> {
        let aws = self.aws_of("SQS");
        let queue = Lazy::new(move || aws_sdk_sqs::Client::new(&aws));
        let queue = Queue::new(queue, self.settings.required("JOBS_QUEUE_URL")?);
        let twin = Twin::new(self.store()?, queue).with_line(line(&self.settings)?);
        let twin = twin.with_brain(Brain::from(&self.settings)?);
        let Some(accounts) = CalendarAccounts::from(&self.settings, None)? else { return Ok(twin) };
        // Only who connects them says where the browser comes back.
        let base = self.settings.optional("PUBLIC_BASE_URL").unwrap_or_default();
        let accounts = Accounts::new(accounts, &base);
        let accounts = accounts.map_err(|_| ConfigError::Invalid { name: "TICKET_SECRET", why: "no key" })?;
        Ok(twin.with_accounts(Policy::public(), Some(accounts)))
    }

    /// Makes what each call needs, the table's client and what is known of all countries' numbers: a function has more of a
    /// processor while it starts than while a caller waits, and the relay nobody to keep waiting yet.
    pub fn ready_for_calls(&self, twin: &Twin) -> Result<(), ConfigError> {
        twin.store().ready();
        if line(&self.settings)?.is_some_and(|own| Phone::parse(own.as_str()).is_err()) {
            tracing::warn!("the twin's own number is not known to be in use");
        }
        Ok(())
    }

    pub fn telephony(&self) -> Result<TwilioRest, Box<dyn std::error::Error + Send + Sync>> {
        Ok(TwilioRest::new(twilio::BASE, Twilio::from(&self.settings)?)?)
    }

    /// The bucket of recordings, `RECORDINGS_BUCKET`.
    pub fn vault(&self) -> Result<Vault, Box<dyn std::error::Error + Send + Sync>> {
        let bucket = self.settings.required("RECORDINGS_BUCKET")?;
        Ok(Vault::s3(&self.aws, &bucket, self.settings.optional("AWS_ENDPOINT_URL_S3").as_deref())?)
    }

    /// What is around the routes, behind an edge of our own (`EDGE_SECRET`) or not.
    pub fn edge(&self, router: Router) -> Router {
        let router = edge(behind_edge(router, self.settings.optional("EDGE_SECRET").map(Secret::new)));
        router.layer(middleware::map_response(over_tls))
    }

    pub fn post(&self) -> Result<Post, Box<dyn std::error::Error + Send + Sync>> {
        let mail = MailSettings::from(&self.settings)?;
        let public_base_url = PublicUrls::from(&self.settings)?.base;
        let mailer = Mailer::new(&self.aws_of("SES")).with_configuration_set(mail.configuration_set);
        let links = TicketKey::new(ticket_secret(&self.settings)?.reveal());
        Ok(Post {
            mailer,
            texts: self.telephony()?,
            from: mail.from,
            owner: mail.owner,
            public_base_url,
            links,
            reply_domain: mail.reply_domain,
        })
    }
}

/// Who came over TLS once comes so again: what is deployed is reached in no other way. Source: RFC 6797.
async fn over_tls(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    response
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn browsers_are_told_to_come_over_tls() {
        let nothing = |_: &str| None;
        let aws = SdkConfig::builder().build();
        let deployed = Deployed { settings: Settings::new(&nothing), aws };
        let router = deployed.edge(Router::new().route("/", get(|| async { "here" })));
        for path in ["/", "/nowhere"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.headers()[header::STRICT_TRANSPORT_SECURITY], "max-age=31536000", "{path}");
        }
    }
}

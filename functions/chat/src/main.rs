use chat::{State, app};
use twin::{config::PublicUrls, deployed::Deployed};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let state = State {
        twin: deployed.twin()?,
        public_base_url: PublicUrls::from(&deployed.settings)?.base,
        phone_number: deployed.settings.optional("TWILIO_PHONE_NUMBER").unwrap_or_default(),
    };
    let app = deployed.edge(app(state));
    // An HTTP API does not understand a response that streams; a function URL passes it on.
    match deployed.settings.optional("RESPONSE_STREAMING").as_deref() {
        Some("true") => lambda_http::run_with_streaming_response(app).await,
        _ => lambda_http::run(app).await,
    }
}

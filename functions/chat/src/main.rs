use chat::{State, app};
use twin::{config::PublicUrls, deployed::Deployed, http::edge};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment).await;
    let state = State {
        twin: deployed.twin()?,
        public_base_url: PublicUrls::from(&deployed.settings)?.base,
        phone_number: deployed.settings.optional("TWILIO_PHONE_NUMBER").unwrap_or_default(),
    };
    lambda_http::run_with_streaming_response(edge(app(state))).await
}

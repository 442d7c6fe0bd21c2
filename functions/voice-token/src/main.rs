use twin::{
    clients::{realtime::Realtime, relay::Relay},
    config::{OpenAi, PublicUrls, ticket_secret},
    deployed::Deployed,
    wire::{realtime::session::VoiceOptions, ticket::TicketKey},
};
use voice_token::{State, app};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let openai = OpenAi::from(&deployed.settings)?;
    let urls = PublicUrls::from(&deployed.settings)?;
    let state = State {
        twin: deployed.twin()?,
        relay: Relay::at(&urls.relay)?,
        public_base_url: urls.base,
        voice: VoiceOptions { voice: openai.voice.clone(), ..VoiceOptions::default() },
        realtime: Realtime::new(openai)?,
        tickets: TicketKey::new(ticket_secret(&deployed.settings)?.reveal()),
    };
    lambda_http::run(deployed.edge(app(state))).await
}

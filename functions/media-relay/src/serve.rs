//! The relay as a process of its own: from its environment to the end of its drain.

use std::{path::Path, sync::Arc, time::Duration};

use axum::serve::ListenerExt;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use twin::{
    call::Limits,
    clients::realtime::Realtime,
    config::{OpenAi, PublicUrls, Settings, Twilio, ticket_secret},
    deployed::Deployed,
    http::edge,
    wire::{realtime::session::VoiceOptions, ticket::TicketKey},
};

use crate::{CallLogs, GOODBYES_WITHIN, Model, Slots, State, app, metrics, protection, wire_log};

const DEFAULT_PORT: u16 = 8080;
const DEFAULT_SLOTS: u32 = 100;
/// Together below what ECS waits between SIGTERM and SIGKILL (`stopTimeout`, at most 120 s).
const DRAIN_WITHIN: Duration = Duration::from_secs(115 - GOODBYES_WITHIN.as_secs());

/// Takes calls until SIGTERM, then lets those that go on end, and tells whoever is left goodbye.
pub async fn run(lookup: &dyn Fn(&str) -> Option<String>) -> Result<(), Box<dyn std::error::Error>> {
    let deployed = Deployed::start(lookup);
    let state = state(&deployed)?;
    deployed.ready_for_calls(&state.twin)?;
    if let Some(logs) = &state.call_logs {
        tokio::spawn(wire_log::keep_pruned(logs.directory.clone()));
    }
    let slots = state.slots.clone();
    let port = deployed.settings.optional("PORT").map_or(Ok(DEFAULT_PORT), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("0.0.0.0", port)).await?.tap_io(|io| {
        if let Err(error) = io.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
    });
    if let Some(agent) = deployed.settings.optional("ECS_AGENT_URI") {
        tokio::spawn(protection::keep(agent, slots.clone()));
    }
    if let Some(stack) = deployed.settings.optional("METRICS_OF") {
        tokio::spawn(metrics::keep(stack, slots.clone()));
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let serve = axum::serve(listener, edge(app(state)));
    tracing::info!(port, "the relay takes calls");
    tokio::select! {
        served = serve => served?,
        () = async { terminate.recv().await; drain(&slots).await } => {}
    }
    Ok(())
}

fn state(deployed: &Deployed<'_>) -> Result<State, Box<dyn std::error::Error>> {
    let settings: &Settings<'_> = &deployed.settings;
    let openai = OpenAi::from(settings)?;
    let bucket = settings.optional("RECORDINGS_BUCKET").map(|_| deployed.vault());
    let bucket = bucket.transpose().map_err(|error| error.to_string())?;
    let slots = settings.optional("RELAY_SLOTS").map_or(Ok(DEFAULT_SLOTS), |slots| slots.parse())?;
    Ok(State {
        twin: deployed.twin()?,
        twilio: Arc::new(Twilio::from(settings)?),
        urls: Arc::new(PublicUrls::from(settings)?),
        tickets: TicketKey::new(ticket_secret(settings)?.reveal()),
        voice: Arc::new(VoiceOptions { voice: openai.voice.clone(), ..VoiceOptions::default() }),
        realtime: Realtime::new(openai.clone())?,
        model: Model::new(openai),
        limits: Limits::default(),
        slots: Slots::new(slots),
        telephony: deployed.telephony().map_err(|error| error.to_string())?,
        metrics_of: settings.optional("METRICS_OF").map(Arc::from),
        call_logs: call_logs(settings).map(|directory| CallLogs { directory, bucket }),
    })
}

/// Where wire logs of calls go, if anywhere.
pub fn call_logs(settings: &Settings<'_>) -> Option<Arc<Path>> {
    settings.optional("CALL_LOGS").map(|directory| Path::new(&directory).into())
}

/// Takes no new call and waits for those that go on.
async fn drain(slots: &Slots) {
    tracing::info!(calls = slots.taken(), "draining");
    if tokio::time::timeout(DRAIN_WITHIN, slots.drain()).await.is_ok() {
        return;
    }
    tracing::warn!(calls = slots.taken(), "who still talks is told goodbye");
    slots.say_goodbye();
    if tokio::time::timeout(GOODBYES_WITHIN, slots.drain()).await.is_err() {
        tracing::error!(calls = slots.taken(), "calls were still going on at the end of the drain");
    }
}

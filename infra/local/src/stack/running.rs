//! What goes on while the system runs: requests are answered, jobs are done, and what AWS has schedules for comes round.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, serve::ListenerExt};
use jiff::Timestamp;
use knowledge::import::Importer;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use twin::{
    clients::{twilio::TwilioRest, vault::Vault},
    twin::{Post, Twin},
};

use super::{JOBS, StackError};
use crate::{
    aws::{Aws, poller::Poller, ses::Ses},
    outbox,
};

pub(super) fn follow_up_worker(
    aws: &Aws,
    twin: &Twin,
    post: Post,
    (telephony, vault): (TwilioRest, Vault),
) -> Result<Poller, StackError> {
    let state = follow_up::State { twin: twin.clone(), post: Arc::new(post), telephony, vault };
    let poller = Poller::start(aws.sqs.clone(), JOBS, move |event| {
        let state = state.clone();
        async move { Ok::<_, std::convert::Infallible>(follow_up::handle(&state, event).await) }
    })?;
    Ok(poller)
}

pub(super) fn serve(listener: TcpListener, router: Router, stopped: watch::Receiver<bool>) -> JoinHandle<()> {
    let listener = listener.tap_io(|io| {
        if let Err(error) = io.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
    });
    tokio::spawn(async move {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serve = axum::serve(listener, service).with_graceful_shutdown(until(stopped));
        if let Err(error) = serve.await {
            tracing::error!(%error, "serving ended");
        }
    })
}

/// What AWS has schedules for.
pub(super) fn every<W, F>(period: Duration, stopped: watch::Receiver<bool>, work: W) -> JoinHandle<()>
where
    W: Fn() -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    tokio::spawn(async move {
        let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        let stopped = until(stopped);
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                () = &mut stopped => return,
                _ = tick.tick() => work().await,
            }
        }
    })
}

/// Finds what is overdue.
pub(super) async fn sweep(twin: Twin, ses: Arc<Ses>) {
    if let Err(error) = twin.sweep(Timestamp::now()).await {
        tracing::warn!(%error, "the sweep failed and comes again");
    }
    if let Err(error) = outbox::forget_erased(twin.store(), &ses).await {
        tracing::warn!(%error, "mails about who was erased are still in the outbox");
    }
}

/// Reads pages, feeds and GitHub again.
pub(super) async fn refresh(importer: Importer) {
    if let Err(error) = importer.refresh(Timestamp::now()).await {
        tracing::warn!(%error, "what the twin knows was not refreshed");
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    if stopped.wait_for(|stopped| *stopped).await.is_err() {
        tracing::debug!("nobody is left to stop this");
    }
}

//! A session's socket and clock.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::calls::{Reach, Wanted};
use super::live::Live;
use super::peer::Peer;
use super::session::Session;
use super::wire::Output;
use super::{OpenAi, lock};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// As good as no deadline.
const FOREVER: Duration = Duration::from_hours(1);
/// How long a client may take to answer a close frame.
const CLOSING: Duration = Duration::from_secs(5);

/// Runs a session until either side ends it.
pub(super) async fn serve(sim: Arc<OpenAi>, model: String, connection: Upgraded) {
    let socket = accepted(connection).await;
    let mut outputs = Vec::new();
    let session = Session::open(&model, &sim.options, &sim.library, now(), &mut outputs);
    let session = sim.remember(session);
    if let Err(error) = run(&sim, &session, socket, outputs).await {
        tracing::debug!(%error, "a client went away without closing");
    }
    lock(&session).end();
}

/// Runs a Live session in the same way.
pub(super) async fn serve_live(sim: Arc<OpenAi>, connection: Upgraded) {
    let socket = accepted(connection).await;
    let session = sim.remember_live(Live::open(&sim.options, &sim.library, now()));
    if let Err(error) = run(&sim, &session, socket, Vec::new()).await {
        tracing::debug!(%error, "a client went away without closing");
    }
    lock(&session).end();
}

async fn accepted(connection: Upgraded) -> Socket {
    let config = WebSocketConfig::default().read_buffer_size(4096).max_message_size(Some(16 << 20));
    WebSocketStream::from_raw_socket(TokioIo::new(connection), Role::Server, Some(config)).await
}

/// The server's own line to a call, until the call ends: it gets every event, and sends its own.
pub(super) async fn attend(call: Reach, connection: Upgraded) {
    if let Err(error) = attended(call, accepted(connection).await).await {
        tracing::debug!(%error, "whoever attended a call went away without closing");
    }
}

async fn attended(call: Reach, mut socket: Socket) -> Result<(), Error> {
    let Reach { wants, events } = call;
    let mut heard = events.subscribe();
    // The call's own sender alone keeps the events open.
    drop(events);
    loop {
        tokio::select! {
            event = heard.recv() => match event {
                Ok(text) => socket.send(Message::text(text)).await?,
                Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "a slow line to a call"),
                Err(RecvError::Closed) => return close(socket, 1000, "the call is over").await,
            },
            message = socket.next() => match message {
                Some(message) => if let Message::Text(text) = message? {
                    let over = wants.send(Wanted::Event(text.to_string())).is_err();
                    if over {
                        return close(socket, 1000, "the call is over").await;
                    }
                },
                None => return Ok(()),
            },
        }
    }
}

async fn run<S: Peer>(
    sim: &OpenAi,
    session: &std::sync::Mutex<S>,
    mut socket: Socket,
    mut outputs: Vec<Output>,
) -> Result<(), Error> {
    let mut faults = sim.faults.watch();
    faults.mark_changed();
    let mut reading_from = Instant::now();
    loop {
        let busy = !outputs.is_empty();
        for output in outputs.drain(..) {
            match output {
                Output::Send(text) => socket.feed(Message::text(text)).await?,
                Output::Play(_) => {}
                Output::Close { code, reason } => return close(socket, code, reason).await,
                Output::Reset => return socket.flush().await,
                Output::StopReading(pause) => reading_from = Instant::now() + pause,
            }
        }
        if busy {
            socket.flush().await?;
        }
        let deadline = lock(session).deadline().map(Instant::from_std);
        let wake = deadline.unwrap_or_else(|| Instant::now() + FOREVER);
        let reads = reading_from <= Instant::now();
        tokio::select! {
            message = socket.next(), if reads => match message {
                Some(message) => match message? {
                    Message::Text(text) => lock(session).receive(&text, now(), &mut outputs),
                    Message::Binary(_) => lock(session).refuse_binary(&mut outputs),
                    // Answered by the library; after a close the stream ends.
                    Message::Close(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                },
                None => return Ok(()),
            },
            () = sleep_until(reading_from), if !reads => {}
            () = sleep_until(wake) => lock(session).tick(now(), &mut outputs),
            Ok(()) = faults.changed() => {
                let plans = faults.borrow_and_update().clone();
                lock(session).plan(plans, now());
            }
        }
    }
}

/// Closes, and reads on until the client has closed too: otherwise what was sent last may be lost.
async fn close(mut socket: Socket, code: u16, reason: &'static str) -> Result<(), Error> {
    let frame = CloseFrame { code: code.into(), reason: reason.into() };
    socket.close(Some(frame)).await?;
    let drained = timeout(CLOSING, async { while let Some(Ok(_)) = socket.next().await {} }).await;
    if drained.is_err() {
        tracing::debug!("a client did not answer the close frame");
    }
    Ok(())
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}

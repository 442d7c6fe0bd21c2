//! What comes from either side of a call, and what goes there.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use crate::{
    model::ModelSocket,
    socket::{Socket, Transport},
};

/// So many messages are read before what they led to is sent.
const MAX_TOGETHER: u32 = 32;

pub(crate) enum Heard {
    Twilio(Option<Result<Message, WsError>>),
    Model(Option<Result<Message, WsError>>),
}

/// The next message of either side. What waits to be sent is sent when nothing more is there to be read: what
/// came in together goes out together.
pub(crate) fn poll_heard<S: Transport>(
    twilio: &mut Socket<S>,
    model: &mut Option<ModelSocket>,
    unsent_for: &mut u32,
    cx: &mut Context<'_>,
) -> Poll<Heard> {
    let looked = *unsent_for < MAX_TOGETHER;
    if looked && let Poll::Ready(heard) = poll_read(twilio, model, cx) {
        *unsent_for += 1;
        return Poll::Ready(heard);
    }
    *unsent_for = 0;
    if let Poll::Ready(given_up) = twilio.poll_deliver(cx) {
        return Poll::Ready(Heard::Twilio(given_up));
    }
    if let Some(model) = model
        && let Poll::Ready(given_up) = model.poll_deliver(cx)
    {
        return Poll::Ready(Heard::Model(given_up));
    }
    if looked { Poll::Pending } else { poll_read(twilio, model, cx) }
}

fn poll_read<S: Transport>(
    twilio: &mut Socket<S>,
    model: &mut Option<ModelSocket>,
    cx: &mut Context<'_>,
) -> Poll<Heard> {
    if let Poll::Ready(message) = twilio.poll_read(cx) {
        return Poll::Ready(Heard::Twilio(message));
    }
    match model {
        Some(model) => model.poll_read(cx).map(Heard::Model),
        None => Poll::Pending,
    }
}

/// Until a socket is lost, or says goodbye, that nobody talks with yet: it is read, so that its pings are answered.
pub(crate) async fn lost(waiting: &mut Option<Box<ModelSocket>>) {
    match waiting {
        Some(waiting) => {
            while let Some(Ok(message)) = waiting.next().await
                && !message.is_close()
            {}
        }
        None => std::future::pending().await,
    }
}

pub(crate) async fn poll<T>(waiting: &mut Option<Pin<Box<dyn Future<Output = T> + Send>>>) -> T {
    match waiting {
        Some(waiting) => waiting.as_mut().await,
        None => std::future::pending().await,
    }
}

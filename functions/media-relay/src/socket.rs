//! A WebSocket with a bounded queue in front of it: reading goes on while a slow peer does not take what is
//! written to it.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::Stream as _;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::ProtocolError,
        handshake::client::Request,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use twin::call::outbox;

use crate::framed::{Came, Framed, MAX_WRITE_BUFFER};

/// Small, because tungstenite clears all of its own read buffer whenever it looks for more, also where nothing has come.
const FRAME_BUFFER: usize = 1024;
/// The largest message taken from Twilio, in bytes.
pub const MAX_FROM_TWILIO: usize = 64 * 1024;
/// The largest message taken from the model: audio deltas are big.
pub const MAX_FROM_MODEL: usize = 1024 * 1024;
/// Audio messages that wait for a slow reader: two seconds of 20 ms frames.
const MAX_WAITING_AUDIO: usize = 100;
/// Control messages that wait for a slow reader before it is given up.
const MAX_WAITING_CONTROL: usize = 1000;

/// What a WebSocket lies upon.
pub trait Transport: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for S {}

pub struct Socket<S> {
    stream: WebSocketStream<Framed<S>>,
    /// tungstenite may have something to say yet.
    has_turn: bool,
    waiting: VecDeque<outbox::Message>,
    waiting_audio: usize,
    dropped: u64,
}

fn config(max_message: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(FRAME_BUFFER)
        // What is written waits in `Framed`.
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .max_message_size(Some(max_message))
        .max_frame_size(Some(max_message))
}

impl<S: Transport> Socket<S> {
    /// Behind an upgrade that was asked for.
    pub async fn accepted(io: S, max_message: usize) -> Self {
        let framed = Framed::new(io, Role::Server);
        let config = config(max_message);
        Self::new(WebSocketStream::from_raw_socket(framed, Role::Server, Some(config)).await)
    }

    /// Asks for an upgrade.
    pub async fn connected(io: S, request: Request, max_message: usize) -> Result<Self, Error> {
        let framed = Framed::new(io, Role::Client);
        let (stream, _) = client_async_with_config(request, framed, Some(config(max_message))).await?;
        Ok(Self::new(stream))
    }

    fn new(stream: WebSocketStream<Framed<S>>) -> Self {
        Self { stream, has_turn: false, waiting: VecDeque::new(), waiting_audio: 0, dropped: 0 }
    }

    /// Audio messages that were dropped because the peer was slow.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Queues a message. When two seconds of audio wait, the oldest audio goes; control never does.
    pub fn queue(&mut self, message: outbox::Message) {
        if message.audio {
            if self.waiting_audio == MAX_WAITING_AUDIO
                && let Some(oldest) = self.waiting.iter().position(|waiting| waiting.audio)
            {
                self.waiting.remove(oldest);
                self.waiting_audio -= 1;
                self.dropped += 1;
            }
            self.waiting_audio += 1;
        }
        self.waiting.push_back(message);
    }

    /// Sends what waits, as far as the peer takes it, and reads the next message. `None`: closed.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        std::future::poll_fn(|cx| {
            if let Poll::Ready(given_up) = self.poll_deliver(cx) {
                return Poll::Ready(given_up);
            }
            self.poll_read(cx)
        })
        .await
    }

    /// The next message. `None`: closed.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message, Error>>> {
        loop {
            if self.has_turn {
                let said = Pin::new(&mut self.stream).poll_next(cx);
                if said.is_ready() || self.stream.get_ref().is_lent() {
                    return said;
                }
                self.has_turn = false;
            }
            let framed = self.stream.get_mut();
            match framed.take() {
                Came::Text(text) => {
                    let text = Utf8Bytes::try_from(text).map_err(Error::from);
                    return Poll::Ready(Some(text.map(Message::Text)));
                }
                Came::Lent => self.has_turn = true,
                Came::Nothing => match ready!(framed.poll_fill(cx)) {
                    Ok(0) => {
                        framed.lend_all();
                        self.has_turn = true;
                    }
                    Ok(_) => {}
                    Err(error) => return Poll::Ready(Some(Err(error.into()))),
                },
            }
        }
    }

    /// Sends what waits, as far as the peer takes it; ready when the peer is lost or given up.
    pub fn poll_deliver(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message, Error>>> {
        if let Poll::Ready(Err(error)) = self.poll_send(cx) {
            return Poll::Ready(Some(Err(error)));
        }
        if self.waiting.len() > MAX_WAITING_CONTROL + MAX_WAITING_AUDIO {
            return Poll::Ready(None);
        }
        Poll::Pending
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let framed = self.stream.get_mut();
        if framed.has_closed() {
            self.waiting.clear();
            self.waiting_audio = 0;
        }
        while !self.waiting.is_empty() {
            if !framed.has_room() {
                ready!(Pin::new(&mut *framed).poll_flush(cx))?;
            }
            if let Some(message) = self.waiting.pop_front() {
                self.waiting_audio -= usize::from(message.audio);
                framed.push(&message.text)?;
            }
        }
        if !framed.is_flushed() {
            ready!(Pin::new(framed).poll_flush(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends what waits, then the close frame, and reads on until the peer is gone: to drop a connection on
    /// which something still arrives resets it, and the close frame may be lost with it.
    pub async fn close(&mut self, code: CloseCode, reason: &'static str) -> Result<(), Error> {
        std::future::poll_fn(|cx| self.poll_send(cx)).await?;
        match self.stream.close(Some(CloseFrame { code, reason: reason.into() })).await {
            // It is said back to whoever said goodbye first as tungstenite reads on.
            Ok(()) | Err(Error::Protocol(ProtocolError::SendAfterClosing)) => {}
            Err(error) => return Err(error),
        }
        while let Some(Ok(_)) = std::future::poll_fn(|cx| self.poll_read(cx)).await {}
        let io = self.stream.get_mut();
        io.lend_all();
        io.shutdown().await?;
        let discard = |cx: &mut Context<'_>| loop {
            let mut rest = [0; 1024];
            let mut rest = ReadBuf::new(&mut rest);
            ready!(Pin::new(&mut *io).poll_read(cx, &mut rest))?;
            if rest.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        };
        std::future::poll_fn(discard).await
    }
}

#[cfg(test)]
mod tests;

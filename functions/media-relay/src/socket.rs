//! A WebSocket with a bounded queue in front of it: reading goes on while a slow peer does not take what is
//! written to it.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{Sink, Stream, StreamExt as _, ready};
use tokio::io::{AsyncBufRead as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, ReadBuf};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};
use twin::call::outbox;

/// What the kernel is asked for at once, below tungstenite: some frames of a caller, or half of a delta.
const READ_BUFFER: usize = 2 * 1024;
/// Small, because tungstenite clears all of its own read buffer whenever it looks for more, also where nothing has come.
const FRAME_BUFFER: usize = 1024;
const WRITE_BUFFER: usize = 4 * 1024;
const MAX_WRITE_BUFFER: usize = 256 * 1024;
/// The largest message taken from Twilio, in bytes.
pub const MAX_FROM_TWILIO: usize = 64 * 1024;
/// The largest message taken from the model: audio deltas are big.
pub const MAX_FROM_MODEL: usize = 1024 * 1024;
/// Audio messages that wait for a slow reader: two seconds of 20 ms frames.
const MAX_WAITING_AUDIO: usize = 100;
/// Control messages that wait for a slow reader before it is given up.
const MAX_WAITING_CONTROL: usize = 1000;

pub fn config(max_message: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(FRAME_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .max_message_size(Some(max_message))
        .max_frame_size(Some(max_message))
}

/// What a socket is read through.
pub fn buffered<S: AsyncRead>(io: S) -> BufReader<S> {
    BufReader::with_capacity(READ_BUFFER, io)
}

/// What a WebSocket lies upon.
pub trait Transport: AsyncRead + AsyncWrite + Unpin {
    /// Ready as soon as there may be something to read.
    fn poll_arrived(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for BufReader<S> {
    fn poll_arrived(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self).poll_fill_buf(cx).map_ok(drop)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for MaybeTlsStream<BufReader<S>> {
    fn poll_arrived(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(io) => io.poll_arrived(cx),
            // What has come may be half a record: TLS knows.
            _ => Poll::Ready(Ok(())),
        }
    }
}

pub struct Socket<S> {
    stream: WebSocketStream<S>,
    /// tungstenite has read all that has come.
    is_dry: bool,
    waiting: VecDeque<(Message, bool)>,
    waiting_audio: usize,
    unflushed: bool,
    dropped: u64,
}

impl<S: Transport> Socket<S> {
    pub fn new(stream: WebSocketStream<S>) -> Self {
        Self {
            stream,
            is_dry: false,
            waiting: VecDeque::new(),
            waiting_audio: 0,
            unflushed: false,
            dropped: 0,
        }
    }

    /// Audio messages that were dropped because the peer was slow.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Queues a message. When two seconds of audio wait, the oldest audio goes; control never does.
    pub fn queue(&mut self, message: outbox::Message) {
        let Ok(text) = Utf8Bytes::try_from(message.text) else { return };
        if message.audio {
            if self.waiting_audio == MAX_WAITING_AUDIO
                && let Some(oldest) = self.waiting.iter().position(|(_, audio)| *audio)
            {
                self.waiting.remove(oldest);
                self.waiting_audio -= 1;
                self.dropped += 1;
            }
            self.waiting_audio += 1;
        }
        self.waiting.push_back((Message::Text(text), message.audio));
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
        // tungstenite would clear its buffer, whose memory is cold, to find that nothing is there: for each message of
        // the other side of a call.
        if self.is_dry
            && let Err(error) = ready!(self.stream.get_mut().poll_arrived(cx))
        {
            return Poll::Ready(Some(Err(error.into())));
        }
        let read = Pin::new(&mut self.stream).poll_next(cx);
        self.is_dry = read.is_pending();
        read
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
        while !self.waiting.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_ready(cx))?;
            if let Some((message, audio)) = self.waiting.pop_front() {
                self.waiting_audio -= usize::from(audio);
                Pin::new(&mut self.stream).start_send(message)?;
                self.unflushed = true;
            }
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends what waits, then the close frame, and reads on until the peer is gone: to drop a connection on
    /// which something still arrives resets it, and the close frame may be lost with it.
    pub async fn close(&mut self, code: CloseCode, reason: &'static str) -> Result<(), Error> {
        std::future::poll_fn(|cx| self.poll_send(cx)).await?;
        self.stream.close(Some(CloseFrame { code, reason: reason.into() })).await?;
        while let Some(Ok(_)) = self.stream.next().await {}
        let io = self.stream.get_mut();
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

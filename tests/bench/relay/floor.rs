//! The floor: the least that carries the same audio over the same sockets.
//!
//! Two sockets, frames parsed by hand, the base64 cut out of one JSON envelope and put into the other, one
//! write a batch. No ticket, no signature, no ledger, no marks, no timers, no transcript, no recovery.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::{TcpListener, TcpStream},
};

use crate::{
    Outcome,
    frames::{self, Inbox},
};

const PAYLOAD: &[u8] = br#""payload":""#;
const DELTA: &[u8] = br#""delta":""#;
const STREAM_SID: &[u8] = br#""streamSid":""#;
const APPEND: &[u8] = br#"{"type":"input_audio_buffer.append","audio":""#;

/// Serves callers on `port`, each with a socket to `model`, until it is killed.
pub fn run(port: u16, model: SocketAddr) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        loop {
            let (caller, _) = listener.accept().await?;
            tokio::spawn(async move {
                if let Err(error) = carry(caller, model).await {
                    eprintln!("a call on the floor failed: {error}");
                }
            });
        }
    })
}

struct Side {
    stream: TcpStream,
    inbox: Inbox,
    out: Vec<u8>,
    sent: usize,
}

impl Side {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, inbox: Inbox::default(), out: Vec::new(), sent: 0 })
    }

    async fn head(&mut self) -> io::Result<String> {
        loop {
            if let Some(head) = self.inbox.http_head() {
                return Ok(head);
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> io::Result<()> {
        let bytes = self.stream.read(self.inbox.spare()).await?;
        self.inbox.filled(bytes);
        if bytes == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut buffer = ReadBuf::new(self.inbox.spare());
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        let bytes = buffer.filled().len();
        self.inbox.filled(bytes);
        Poll::Ready(if bytes == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) })
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.sent < self.out.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.out[self.sent..]) {
                Poll::Ready(bytes) => self.sent += bytes?,
                Poll::Pending => return Ok(()),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }
}

async fn carry(caller: TcpStream, model: SocketAddr) -> io::Result<()> {
    let mut caller = Side::new(caller)?;
    let answer = frames::accept(&caller.head().await?).ok_or(io::ErrorKind::InvalidData)?;
    caller.stream.write_all(answer.as_bytes()).await?;
    let mut model = Side::new(TcpStream::connect(model).await?)?;
    model.stream.write_all(frames::request("model", "/v1/realtime?model=m", "").as_bytes()).await?;
    model.head().await?;
    let media_head = loop {
        if let Some(message) = caller.inbox.next() {
            if let Some(sid) = frames::slice(message, STREAM_SID) {
                break media_head(sid);
            }
        } else {
            caller.read().await?;
        }
    };
    let mut key = 0x9e37_79b9_u32;
    poll_fn(move |cx| {
        loop {
            let from_caller = caller.poll_read(cx)?;
            if from_caller.is_ready() {
                while let Some(message) = caller.inbox.next() {
                    if let Some(payload) = frames::slice(message, PAYLOAD) {
                        key = key.rotate_left(5).wrapping_mul(0x85eb_ca6b);
                        frames::write(&mut model.out, &[APPEND, payload, b"\"}"], Some(key.to_ne_bytes()));
                    }
                }
            }
            let from_model = model.poll_read(cx)?;
            if from_model.is_ready() {
                while let Some(message) = model.inbox.next() {
                    if let Some(delta) = frames::slice(message, DELTA) {
                        frames::write(&mut caller.out, &[&media_head, delta, b"\"}}"], None);
                    }
                }
            }
            model.poll_write(cx)?;
            caller.poll_write(cx)?;
            if from_caller.is_pending() && from_model.is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await
}

fn media_head(sid: &[u8]) -> Vec<u8> {
    [br#"{"event":"media","streamSid":""#, sid, br#"","media":{"payload":""#].concat()
}

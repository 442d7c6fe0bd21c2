//! What a WebSocket lies upon: texts that have come whole, as all audio does, pass beside tungstenite, which took half of what a
//! frame cost outside of the kernel; everything else goes through it.
//!
//! Architecture invariant: tungstenite is lent whole frames, and what it writes is taken whole, so that what passes beside it
//! stands between two frames. Source: RFC 6455, section 5.

use std::{
    io::{self, Cursor},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::{
    Error,
    protocol::{
        Role,
        frame::{
            FrameHeader,
            coding::{Control, Data, OpCode},
        },
    },
};

/// What the kernel is asked for at once, and the longest frame that passes: some frames of a caller, or half of a delta.
const READ_BUFFER: usize = 2 * 1024;
/// What is written waits for a peer that does not take it, up to this and one message more.
pub const MAX_WRITE_BUFFER: usize = 256 * 1024;
/// Kept for what is written next; a longer message gives the rest back.
const WRITE_BUFFER: usize = 4 * 1024;
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

pub struct Framed<S> {
    io: S,
    role: Role,
    incoming: BytesMut,
    lent: Lent,
    /// Of a message in several frames the rest is to come.
    in_pieces: bool,
    /// A close frame has come.
    has_closed: bool,
    outgoing: Vec<u8>,
    sent: usize,
    is_flushed: bool,
}

/// What tungstenite may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lent {
    /// The head of an HTTP answer, to its end.
    Head,
    /// So many bytes: the rest of a frame.
    Rest(usize),
    /// Whatever comes from now on.
    All,
}

/// What has come.
pub enum Came {
    /// A whole text, in UTF-8 or not.
    Text(Bytes),
    /// Something else: tungstenite was lent it.
    Lent,
    /// Not enough yet.
    Nothing,
}

impl<S> Framed<S> {
    /// `role`: ours. A server begins behind the upgrade, a client before it.
    pub fn new(io: S, role: Role) -> Self {
        Self {
            io,
            role,
            incoming: BytesMut::new(),
            lent: if role == Role::Server { Lent::Rest(0) } else { Lent::Head },
            in_pieces: false,
            has_closed: false,
            outgoing: Vec::new(),
            sent: 0,
            is_flushed: true,
        }
    }

    /// What has come next, if tungstenite has read what it was lent.
    pub fn take(&mut self) -> Came {
        let mut head = Cursor::new(&self.incoming[..]);
        let (header, length) = match FrameHeader::parse(&mut head) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => return Came::Nothing,
            Err(_) => return self.lend_all(),
        };
        let head = usize::try_from(head.position()).unwrap_or(usize::MAX);
        let whole = usize::try_from(length).ok().and_then(|length| head.checked_add(length));
        let Some(whole) = whole else { return self.lend_all() };
        if !self.passes(&header) || whole > READ_BUFFER {
            return self.lend(&header, whole);
        }
        if self.incoming.len() < whole {
            return Came::Nothing;
        }
        let mut text = self.incoming.split_to(whole);
        text.advance(head);
        if let Some(mask) = header.mask {
            apply(&mut text, mask);
        }
        Came::Text(text.freeze())
    }

    /// A text in one frame, masked as it is to be.
    fn passes(&self, header: &FrameHeader) -> bool {
        let is_plain = header.is_final && !(header.rsv1 || header.rsv2 || header.rsv3);
        let is_masked = header.mask.is_some() == (self.role == Role::Server);
        is_plain && is_masked && header.opcode == OpCode::Data(Data::Text) && !self.in_pieces
    }

    fn lend(&mut self, header: &FrameHeader, whole: usize) -> Came {
        match header.opcode {
            OpCode::Control(Control::Close) => {
                self.has_closed = true;
                return self.lend_all();
            }
            OpCode::Control(_) => {}
            OpCode::Data(Data::Continue) => self.in_pieces &= !header.is_final,
            OpCode::Data(_) => self.in_pieces |= !header.is_final,
        }
        self.lent = Lent::Rest(whole);
        Came::Lent
    }

    /// From now on nothing passes: tungstenite knows what becomes of it.
    pub fn lend_all(&mut self) -> Came {
        self.lent = Lent::All;
        Came::Lent
    }

    /// The peer listens no more: tungstenite answers its goodbye.
    pub fn has_closed(&self) -> bool {
        self.has_closed
    }

    /// tungstenite has not read all that it may.
    pub fn is_lent(&self) -> bool {
        self.lent != Lent::Rest(0)
    }

    /// So much of what has come may be read by tungstenite.
    fn readable(&mut self) -> usize {
        let come = self.incoming.len();
        if self.lent == Lent::Head
            && let Some(begins) = self.incoming.windows(END_OF_HEAD.len()).position(|at| at == END_OF_HEAD)
        {
            self.lent = Lent::Rest(begins + END_OF_HEAD.len());
        }
        match self.lent {
            // Its end may have come in part.
            Lent::Head => come.saturating_sub(END_OF_HEAD.len() - 1),
            Lent::Rest(rest) => rest.min(come),
            Lent::All => come,
        }
    }

    /// Writes a text behind what was written before.
    pub fn push(&mut self, text: &[u8]) -> Result<(), Error> {
        let mask = (self.role == Role::Client).then(rand::random);
        let opcode = OpCode::Data(Data::Text);
        let header = FrameHeader { is_final: true, rsv1: false, rsv2: false, rsv3: false, opcode, mask };
        let length = text.len() as u64;
        self.outgoing.reserve(header.len(length) + text.len());
        header.format(length, &mut self.outgoing)?;
        let begins = self.outgoing.len();
        self.outgoing.extend_from_slice(text);
        if let (Some(mask), Some(text)) = (mask, self.outgoing.get_mut(begins..)) {
            apply(text, mask);
        }
        self.is_flushed = false;
        Ok(())
    }

    /// All that was written is on its way.
    pub fn is_flushed(&self) -> bool {
        self.is_flushed
    }

    /// Little enough waits for the peer.
    pub fn has_room(&self) -> bool {
        self.outgoing.len() < WRITE_BUFFER
    }
}

impl<S: AsyncRead + Unpin> Framed<S> {
    /// Reads more. 0: there is no more.
    pub fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.incoming.reserve(READ_BUFFER.saturating_sub(self.incoming.len()).max(1));
        pin!(self.io.read_buf(&mut self.incoming)).poll(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Framed<S> {
    /// Pending where nothing is lent: whoever lends polls again.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let read = self.readable().min(buf.remaining());
            if read > 0 {
                buf.put_slice(&self.incoming.split_to(read));
                if let Lent::Rest(rest) = &mut self.lent {
                    *rest -= read;
                }
                return Poll::Ready(Ok(()));
            }
            if !self.is_lent() {
                return Poll::Pending;
            }
            if ready!(self.poll_fill(cx))? == 0 {
                self.lend_all();
                if self.incoming.is_empty() {
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> Framed<S> {
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest @ [_, ..]) = self.outgoing.get(self.sent..) {
            match ready!(Pin::new(&mut self.io).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        self.outgoing.clear();
        self.outgoing.shrink_to(WRITE_BUFFER);
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Framed<S> {
    /// All of it, or nothing yet.
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.outgoing.len() >= MAX_WRITE_BUFFER {
            ready!(self.poll_drain(cx))?;
        }
        self.outgoing.extend_from_slice(buf);
        self.is_flushed = false;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        self.is_flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Source: RFC 6455, section 5.3.
fn apply(text: &mut [u8], mask: [u8; 4]) {
    let (words, rest) = text.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

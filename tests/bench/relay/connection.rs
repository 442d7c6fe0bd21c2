//! One connection of the load: a socket, what came on it and what goes.

use std::{
    io::{ErrorKind, Read, Result, Write},
    time::{Duration, Instant},
};

use mio::net::TcpStream;

use crate::{
    ends::{End, Model},
    frames::{self, Inbox},
    load::Pace,
    tls::Tls,
};

pub enum Stream {
    Plain(TcpStream),
    Tls(Box<Tls>),
}

pub struct Connection {
    stream: Stream,
    inbox: Inbox,
    pub out: Vec<u8>,
    sent: usize,
    pub end: End,
    pub closed: bool,
}

impl Connection {
    pub fn new(stream: Stream, inbox: Inbox, end: End) -> Self {
        Self { stream, inbox, out: Vec::new(), sent: 0, end, closed: false }
    }

    /// What is polled.
    pub fn socket(&mut self) -> &mut TcpStream {
        match &mut self.stream {
            Stream::Plain(socket) => socket,
            Stream::Tls(tls) => &mut tls.socket,
        }
    }

    /// Reads until less comes than there is room for: then nothing is left. Times count from `began`.
    pub fn read(&mut self, began: Instant, pace: Pace, trips: &mut Vec<Duration>) {
        loop {
            let spare = self.inbox.spare();
            let room = spare.len();
            let bytes = match self.stream.read(spare) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => 0,
            };
            if bytes == 0 {
                self.closed = true;
                return;
            }
            self.inbox.filled(bytes);
            self.take(began.elapsed(), pace, trips);
            if bytes < room {
                return;
            }
        }
    }

    pub fn flush(&mut self) {
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(bytes) => self.sent += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    self.closed = true;
                    break;
                }
            }
        }
        self.out.clear();
        self.sent = 0;
        self.closed |= self.stream.flush().is_err();
    }

    fn take(&mut self, now: Duration, pace: Pace, trips: &mut Vec<Duration>) {
        match &mut self.end {
            End::Caller(caller) => {
                while let Some(message) = self.inbox.next() {
                    if let Some(trip) = caller.hears(message, now) {
                        trips.push(trip);
                        if matches!(pace, Pace::Unpaced(window) if caller.sent - caller.returned < window) {
                            caller.speak(now, &mut self.out);
                        }
                    }
                }
            }
            End::Model(model) => {
                if !model.open {
                    let Some(head) = self.inbox.http_head() else { return };
                    self.out.extend(frames::accept(&head).unwrap_or_default().into_bytes());
                    Model::greet(&mut self.out);
                    model.open = true;
                }
                while let Some(message) = self.inbox.next() {
                    model.hears(message, &mut self.out);
                }
            }
        }
        self.out.append(&mut self.inbox.pongs);
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

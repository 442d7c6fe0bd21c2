//! The load: callers in real time or as fast as they get, and the model that answers them, on one thread.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream as StdStream},
    sync::Arc,
    time::{Duration, Instant},
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

use rustls::ServerConfig;

use crate::{
    Outcome,
    connection::{Connection, Stream},
    ends::{Caller, End, Model},
    frames::{self, Inbox},
    tls::Tls,
};

const FRAME: Duration = Duration::from_millis(20);
const LISTENER: Token = Token(usize::MAX);
/// A frame that is not back after this long is lost.
const LOST_AFTER: Duration = Duration::from_secs(1);

/// What gets a caller onto a relay.
pub struct Admission {
    pub path: String,
    pub signature: String,
    pub account_sid: String,
    pub call_sid: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// A frame every 20 ms.
    RealTime,
    /// So many frames in flight a call, always.
    Unpaced(u64),
}

/// What was seen while measuring.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    pub returned: u64,
    pub lost: u64,
    pub closed: usize,
    pub p50: Duration,
    pub p99: Duration,
    /// How much of the time the load itself was busy.
    pub busy: f64,
    pub lasted: Duration,
}

pub struct Load {
    relay: SocketAddr,
    poll: Poll,
    events: Events,
    listener: TcpListener,
    /// How the model speaks TLS, if it does.
    tls: Option<Arc<ServerConfig>>,
    connections: Vec<Connection>,
    /// Callers by when their next frame is due.
    due: VecDeque<(Duration, usize)>,
    began: Instant,
    pace: Pace,
    trips: Vec<Duration>,
    idle: Duration,
    pub calls: usize,
}

impl Load {
    /// Callers of the relay at `relay`; the model is served on `model`, over TLS if there is a configuration.
    pub fn new(
        relay: SocketAddr,
        model: std::net::TcpListener,
        tls: Option<Arc<ServerConfig>>,
    ) -> Outcome<Self> {
        model.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(model);
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            relay,
            poll,
            events: Events::with_capacity(1024),
            listener,
            tls,
            connections: Vec::new(),
            due: VecDeque::new(),
            began: Instant::now(),
            pace: Pace::RealTime,
            trips: Vec::new(),
            idle: Duration::ZERO,
            calls: 0,
        })
    }

    /// One more caller, who begins to speak at once.
    pub fn call(&mut self, admission: &Admission) -> Outcome<()> {
        let mut stream = StdStream::connect(self.relay)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let host = self.relay.to_string();
        stream.write_all(frames::request(&host, &admission.path, &admission.signature).as_bytes())?;
        let mut inbox = Inbox::default();
        let head = loop {
            let bytes = stream.read(inbox.spare())?;
            inbox.filled(bytes);
            match inbox.http_head() {
                Some(head) => break head,
                None if bytes == 0 => return Err("the relay closed during the handshake".into()),
                None => {}
            }
        };
        if !head.starts_with("HTTP/1.1 101") {
            return Err(format!("the relay refused: {}", head.lines().next().unwrap_or_default()).into());
        }
        stream.set_nonblocking(true)?;
        let caller = Caller::new(format!("MZ{:032x}", self.connections.len()));
        let mut out = Vec::new();
        caller.greet(&admission.account_sid, &admission.call_sid, &mut out);
        let id = self.connections.len();
        let stream = Stream::Plain(TcpStream::from_std(stream));
        let mut connection = Connection::new(stream, inbox, End::Caller(Box::new(caller)));
        connection.out = out;
        self.adopt(connection)?;
        self.connections[id].flush();
        self.calls += 1;
        self.due.push_back((self.began.elapsed(), id));
        Ok(())
    }

    /// Spreads the callers' frames evenly over 20 ms, then lets them speak for `duration`.
    pub fn run(&mut self, pace: Pace, duration: Duration) -> Outcome<Seen> {
        self.pace = pace;
        self.trips.clear();
        self.idle = Duration::ZERO;
        let began = self.began.elapsed();
        self.spread(began);
        let before = self.totals();
        if let Pace::Unpaced(window) = pace {
            self.fill_windows(window, began);
        }
        let end = began + duration;
        while self.began.elapsed() < end {
            self.turn(end)?;
        }
        let lasted = self.began.elapsed().saturating_sub(began);
        let after = self.totals();
        Ok(self.seen(before, after, lasted))
    }

    fn seen(&mut self, before: (u64, u64), after: (u64, u64), lasted: Duration) -> Seen {
        self.trips.sort_unstable();
        let at = |percent: usize| {
            let last = self.trips.len().saturating_sub(1);
            self.trips.get(last * percent / 100).copied().unwrap_or_default()
        };
        let closed = self.connections.iter().filter(|connection| connection.closed).count();
        Seen {
            returned: self.trips.len() as u64,
            lost: after.0 - before.0 + self.overdue(),
            closed,
            p50: at(50),
            p99: at(99),
            busy: 1.0 - self.idle.as_secs_f64() / lasted.as_secs_f64(),
            lasted,
        }
    }

    fn callers(&self) -> impl Iterator<Item = &Caller> {
        self.connections.iter().filter_map(|connection| match &connection.end {
            End::Caller(caller) => Some(&**caller),
            End::Model(_) => None,
        })
    }

    /// Frames lost, and frames back.
    fn totals(&self) -> (u64, u64) {
        self.callers().fold((0, 0), |(lost, back), caller| (lost + caller.lost, back + caller.returned))
    }

    /// Frames that should have been back long ago.
    fn overdue(&self) -> u64 {
        let in_time = u64::try_from(LOST_AFTER.as_millis() / FRAME.as_millis()).unwrap_or_default();
        self.callers().map(|caller| (caller.sent - caller.returned).saturating_sub(in_time)).sum()
    }

    fn spread(&mut self, now: Duration) {
        let count = u32::try_from(self.due.len().max(1)).unwrap_or(u32::MAX);
        for (i, due) in (0..).zip(&mut self.due) {
            due.0 = now + FRAME * i / count;
        }
    }

    fn fill_windows(&mut self, window: u64, now: Duration) {
        for connection in &mut self.connections {
            if let End::Caller(caller) = &mut connection.end {
                while caller.sent - caller.returned < window {
                    caller.speak(now, &mut connection.out);
                }
            }
            connection.flush();
        }
    }

    /// Waits for sockets or for the next frame that is due, and does what there is to do.
    fn turn(&mut self, end: Duration) -> Outcome<()> {
        let now = self.began.elapsed();
        let next = match (self.pace, self.due.front()) {
            (Pace::RealTime, Some((due, _))) => (*due).min(end),
            _ => end,
        };
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        let polled = self.poll.poll(&mut events, Some(next.saturating_sub(now)));
        let woken = self.began.elapsed();
        self.idle += woken.saturating_sub(now);
        if let Err(error) = polled
            && error.kind() != ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        for event in &events {
            match event.token() {
                LISTENER => self.accept()?,
                Token(id) => {
                    let connection = &mut self.connections[id];
                    if event.is_readable() {
                        connection.read(self.began, self.pace, &mut self.trips);
                    }
                    connection.flush();
                }
            }
        }
        self.events = events;
        if self.pace == Pace::RealTime {
            self.speak();
        }
        Ok(())
    }

    fn speak(&mut self) {
        let now = self.began.elapsed();
        while let Some((due, id)) = self.due.pop_front_if(|(due, _)| *due <= now) {
            let connection = &mut self.connections[id];
            if let End::Caller(caller) = &mut connection.end {
                caller.speak(self.began.elapsed(), &mut connection.out);
            }
            connection.flush();
            self.due.push_back((due + FRAME, id));
        }
    }

    fn accept(&mut self) -> Outcome<()> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nodelay(true)?;
                    let stream = match &self.tls {
                        Some(config) => Stream::Tls(Box::new(Tls::new(stream, config.clone())?)),
                        None => Stream::Plain(stream),
                    };
                    self.adopt(Connection::new(stream, Inbox::default(), End::Model(Model::new())))?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn adopt(&mut self, mut connection: Connection) -> Outcome<()> {
        let token = Token(self.connections.len());
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(connection.socket(), token, interest)?;
        self.connections.push(connection);
        Ok(())
    }
}

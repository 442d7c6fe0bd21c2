//! `<Connect><Stream>`: the WebSocket around [`Media`].

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        http::HeaderValue,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    caller::Sink,
    faults::{Faults, Stop},
    live::{Control, Live},
    media::{Media, Output},
    playback::TICK,
    report::{CallerEvent, Ending, Fault},
};

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const CONNECT: Duration = Duration::from_secs(10);
/// How long the server may leave what is sent unread.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the other side may take to finish a close.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long a socket stays open that is stopped but not closed.
const LINGER: Duration = Duration::from_secs(30);

/// Opens the socket: `wss://`, or `ws://` to this machine, with Twilio's signature and what is said beside it.
///
/// The HTTP status of the upgrade (0 without an answer) and 31901 (timeout), 31902 (refused), 31910 (TLS),
/// 31920 (not 101), 31922 (scheme) or 31923 (not a URL).
pub async fn connect(url: &str, signed: [Option<&str>; 2]) -> Result<Socket, (u16, Fault)> {
    let local = ["ws://127.0.0.1", "ws://localhost", "ws://[::1]"];
    if !url.starts_with("wss://") && !local.iter().any(|prefix| url.starts_with(prefix)) {
        return Err((0, Fault::new(31922, format!("scheme of {url:?}"))));
    }
    let malformed = |why: String| (0, Fault::new(31923, format!("{url:?}: {why}")));
    let mut request = url.into_client_request().map_err(|why| malformed(why.to_string()))?;
    let headers = ["x-twilio-signature", "x-twilio-webhooks-signature-settings"];
    for (header, value) in headers.into_iter().zip(signed) {
        let Some(value) = value else { continue };
        let value = HeaderValue::from_str(value).map_err(|why| malformed(why.to_string()))?;
        request.headers_mut().insert(header, value);
    }
    request.headers_mut().insert("user-agent", HeaderValue::from_static("Twilio.TmeWs/1.0"));
    let config = WebSocketConfig::default().read_buffer_size(4096).max_message_size(Some(1 << 20));
    match timeout(CONNECT, connect_async_with_config(request, Some(config), true)).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(Error::Http(answer))) => {
            let status = answer.status().as_u16();
            Err((status, Fault::new(31920, format!("upgrade answered {status}"))))
        }
        Ok(Err(why)) => {
            let code = if matches!(why, Error::Tls(_)) { 31910 } else { 31902 };
            Err((0, Fault::new(code, format!("{url:?}: {why}"))))
        }
        Err(_) => Err((0, Fault::new(31901, format!("{url:?}: timeout")))),
    }
}

/// A running stream.
pub struct Stream<'a> {
    pub socket: Socket,
    pub media: Media,
    pub live: &'a Live,
    pub controls: &'a mut mpsc::UnboundedReceiver<Control>,
    pub sink: &'a mut Sink,
    pub faults: &'a Faults,
}

impl Stream<'_> {
    /// Until one side ends it. What came from outside, if that was the reason.
    pub async fn run(&mut self) -> (Ending, Option<Control>) {
        let began = Instant::now();
        let mut next = began;
        let mut out = Vec::with_capacity(4);
        self.media.start(&mut out);
        if self.put(&mut out).await.is_err() {
            return (Ending::Broken, None);
        }
        loop {
            let reads = !self.is_slow_at(began.elapsed());
            tokio::select! {
                biased;
                () = sleep_until(next) => {
                    let late = Instant::now().saturating_duration_since(next);
                    self.media.report.worst_lateness = self.media.report.worst_lateness.max(late);
                    self.media.tick(next - began, &mut out);
                    next += TICK;
                    self.live.hear(&self.media.spoken, &self.media.heard);
                    if let Some(transcribing) = &mut self.sink.transcribing {
                        transcribing.hear(&self.media.heard);
                    }
                }
                message = self.socket.next(), if reads => {
                    if let Some(ending) = self.take(message, began.elapsed(), &mut out).await {
                        return (ending, None);
                    }
                }
                control = self.controls.recv() => {
                    let control = control.unwrap_or(Control::HangUp);
                    let hung_up = matches!(control, Control::HangUp);
                    self.leave().await;
                    let ending = if hung_up { Ending::CallerHungUp } else { Ending::Redirected };
                    return (ending, Some(control));
                }
            }
            match self.put(&mut out).await {
                Ok(false) => {}
                Ok(true) => {
                    self.leave().await;
                    return (Ending::CallerHungUp, None);
                }
                // What the server said before it went is still to be read; then `next` reports the end.
                Err(_) => return (self.drain(began).await, None),
            }
        }
    }

    fn is_slow_at(&self, now: Duration) -> bool {
        self.faults.slow_reader.is_some_and(|(at, length)| now >= at && now < at + length)
    }

    /// Carries out `out`; true if the caller hangs up.
    async fn put(&mut self, out: &mut Vec<Output>) -> Result<bool, Error> {
        let stuck = || Error::Io(std::io::ErrorKind::TimedOut.into());
        timeout(PATIENCE, self.write(out)).await.unwrap_or_else(|_| Err(stuck()))
    }

    async fn write(&mut self, out: &mut Vec<Output>) -> Result<bool, Error> {
        let mut hangs_up = false;
        let any = !out.is_empty();
        for output in out.drain(..) {
            match output {
                Output::Send(text) => self.socket.feed(Message::text(text)).await?,
                Output::Event(event) => self.sink.tell(event),
                Output::HangUp => hangs_up = true,
            }
        }
        if any {
            self.socket.flush().await?;
        }
        Ok(hangs_up)
    }

    async fn take(
        &mut self,
        message: Option<Result<Message, Error>>,
        now: Duration,
        out: &mut Vec<Output>,
    ) -> Option<Ending> {
        match message {
            Some(Ok(Message::Text(text))) => {
                if let Err(fault) = self.media.receive(now, &text, out) {
                    self.sink.fault(fault);
                }
            }
            Some(Ok(Message::Binary(_))) => self.sink.fault(Fault::new(31950, "binary message")),
            Some(Ok(Message::Close(frame))) => {
                self.note_close(frame.as_ref());
                // The close is answered while reading on.
                let _closed =
                    timeout(FAREWELL, async { while let Some(Ok(_)) = self.socket.next().await {} }).await;
                return Some(Ending::ServerClosed);
            }
            Some(Ok(_)) => {}
            None | Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => {
                return Some(Ending::ServerClosed);
            }
            Some(Err(why)) => {
                self.sink.fault(Fault::new(31924, format!("stream broke: {why}")));
                return Some(Ending::Broken);
            }
        }
        None
    }

    /// Reads what is left after a write failed.
    async fn drain(&mut self, began: Instant) -> Ending {
        let mut out = Vec::new();
        loop {
            let Ok(message) = timeout(FAREWELL, self.socket.next()).await else { return Ending::Broken };
            if let Some(ending) = self.take(message, began.elapsed(), &mut out).await {
                return ending;
            }
            out.clear();
        }
    }

    fn note_close(&mut self, frame: Option<&CloseFrame>) {
        let code = frame.map(|frame| u16::from(frame.code));
        self.media.report.close_code = code;
        self.media.report.close_reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
        self.sink.tell(CallerEvent::StreamClosed(code));
    }

    /// This side ends the stream: `stop`, then close, unless a fault wants otherwise.
    async fn leave(&mut self) {
        let stop = self.media.stop();
        if matches!(self.faults.stop, Stop::ThenClose | Stop::WithoutClose) {
            // A socket that broke meanwhile needs no farewell.
            let _sent = self.socket.send(Message::text(stop)).await;
        }
        let patience = match self.faults.stop {
            Stop::Abrupt => return,
            Stop::WithoutClose => LINGER,
            Stop::ThenClose | Stop::Missing => {
                let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
                let _sent = self.socket.close(Some(normal)).await;
                FAREWELL
            }
        };
        let mut closed = None;
        let reads = async {
            while let Some(Ok(message)) = self.socket.next().await {
                if let Message::Close(frame) = message {
                    closed = Some(frame);
                }
            }
        };
        let _ended = timeout(patience, reads).await;
        if let Some(frame) = closed {
            self.note_close(frame.as_ref());
        }
    }
}

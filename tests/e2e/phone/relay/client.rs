//! A Media Streams client that does what it is told.

use futures_util::{SinkExt as _, StreamExt as _};
use sim::{
    speech::{FRAME, SILENCE},
    twilio::{
        frames::Writer,
        report::{CallerEvent, Report},
        signature,
    },
};
use tests::{Bench, PATIENCE};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

pub const STREAM_SID: &str = "MZ0123456789abcdef0123456789abcdef";

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub writer: Writer,
}

/// What Twilio signs an upgrade with.
pub fn sign(bench: &Bench, url: &str) -> String {
    signature::url(bench.stack.account.auth_token.reveal(), &signature::upgrade_url(url))
}

impl Client {
    /// The call's stream is open, and nothing was said yet.
    pub async fn connect(bench: &Bench, url: &str, call_sid: &str) -> Self {
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert(signature::HEADER, sign(bench, url).parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        let writer = Writer::new(&bench.stack.account.account_sid, call_sid, STREAM_SID);
        Self { socket, writer }
    }

    /// A call that the webhook sent to the relay, with its greeting on the way.
    pub async fn in_call(bench: &Bench, call_sid: &str, from: &str) -> Self {
        let url = bench.stream_url(call_sid, from).await;
        let mut client = Self::connect(bench, &url, call_sid).await;
        client.begin().await;
        client.hears().await;
        client
    }

    /// The relay may have gone already: what it said is still to be read.
    pub async fn send(&mut self, message: impl Into<Message>) {
        self.socket.send(message.into()).await.ok();
    }

    pub async fn begin(&mut self) {
        self.send(Writer::connected()).await;
        let start = self.writer.start(&[]);
        self.send(start).await;
    }

    /// 20 ms of silence.
    pub async fn frame(&mut self) {
        let media = self.writer.media(0, &[SILENCE; FRAME]);
        self.send(media).await;
    }

    async fn next(&mut self) -> Message {
        let next = timeout(PATIENCE, self.socket.next()).await.expect("something is answered");
        next.expect("no end without a close frame").expect("no broken connection")
    }

    /// Waits for the twin's voice.
    pub async fn hears(&mut self) {
        assert_eq!(self.voice_or_close().await, None, "closed");
    }

    /// Waits for the twin's voice; the code, if the stream is closed instead.
    pub async fn voice_or_close(&mut self) -> Option<u16> {
        loop {
            match self.next().await {
                Message::Text(text) if text.contains(r#""event":"media""#) => return None,
                Message::Close(frame) => return Some(frame.expect("a code").code.into()),
                _ => {}
            }
        }
    }

    /// Everything that was sent is read, and the stream is still open.
    pub async fn is_alive(&mut self) {
        self.send(Message::Ping("there?".into())).await;
        loop {
            match self.next().await {
                Message::Pong(_) => return,
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Waits for the close frame, answers it, and sees the connection end in order, not by a reset.
    pub async fn close_code(mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.next().await {
                let rest = timeout(PATIENCE, self.socket.next()).await.expect("the connection ends");
                assert!(rest.is_none(), "{rest:?}");
                return frame.expect("a code").code.into();
            }
        }
    }

    /// The caller puts the phone down, and the relay has settled the call.
    pub async fn hang_up(mut self) {
        let stop = self.writer.stop();
        self.send(stop).await;
        assert_eq!(self.close_code().await, 1000);
    }
}

/// A simulated call: waits for an event, while the call goes on.
pub async fn event(call: &mut sim::twilio::caller::CallHandle, wanted: &CallerEvent) {
    let found = async { while call.events.recv().await.expect("the call goes on") != *wanted {} };
    timeout(PATIENCE, found).await.expect("it happens");
}

/// The end of a simulated call.
pub async fn report(call: sim::twilio::caller::CallHandle) -> Report {
    timeout(PATIENCE * 2, call.report()).await.expect("the call ends").unwrap()
}

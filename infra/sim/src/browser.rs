//! A page in a browser that talks: the caller's end of a call over WebRTC, with a microphone that speaks recorded
//! lines. For what is to be tried without a browser.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::format::{Codec, PayloadParams};
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig, RtcError};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep_until;

use crate::speech::opus::{Opus, OpusError};
use crate::speech::{FRAME, SILENCE, is_voiced, speak};

const FRAME_TIME: Duration = Duration::from_millis(20);
/// At the 48 kHz by which Opus counts.
const FRAME_TICKS: u64 = 960;
const LARGEST_DATAGRAM: usize = 2000;

#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    #[error("the offer was not made or answered: {0}")]
    Sdp(String),
    #[error("refused with status {0}")]
    Refused(u16),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Rtc(#[from] RtcError),
    #[error(transparent)]
    Socket(#[from] std::io::Error),
    #[error(transparent)]
    Opus(#[from] OpusError),
}

/// What the page saw and heard so far.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Server events.
    pub events: Vec<Value>,
    /// Frames of 20 ms in which somebody spoke.
    pub voiced: usize,
    /// The data channel is open.
    pub open: bool,
    /// The call is over, on either side's wish.
    pub over: bool,
}

impl Seen {
    pub fn count(&self, kind: &str) -> usize {
        self.events.iter().filter(|event| event["type"] == kind).count()
    }
}

enum Does {
    Says(String),
    Sends(String),
    HangsUp,
}

/// A page in a call.
#[derive(Debug)]
pub struct Browser {
    /// `rtc_…`, from the `Location` of the answer.
    pub call_id: String,
    does: mpsc::UnboundedSender<Does>,
    seen: watch::Receiver<Seen>,
}

/// What was offered, and not answered yet.
pub struct Offering {
    engine: Box<Engine>,
    pending: SdpPendingOffer,
    pub sdp: String,
}

impl Offering {
    pub fn answered(mut self, answer: &str, call_id: String) -> Result<Browser, BrowserError> {
        let answer = SdpAnswer::from_sdp_string(answer).map_err(sdp)?;
        self.engine.rtc.sdp_api().accept_answer(self.pending, answer)?;
        Ok(Browser::begin(self.engine, call_id))
    }
}

impl Browser {
    /// Posts an offer to `calls_url` under a client secret.
    pub async fn call(calls_url: &str, secret: &str) -> Result<Self, BrowserError> {
        let offering = Box::pin(Self::offers()).await?;
        let request = reqwest::Client::new().post(calls_url).bearer_auth(secret);
        let body = offering.sdp.clone();
        let answer = request.header("content-type", "application/sdp").body(body).send().await?;
        if answer.status().as_u16() != 201 {
            return Err(BrowserError::Refused(answer.status().as_u16()));
        }
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
        let call_id = location.and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
        offering.answered(&answer.text().await?, call_id)
    }

    /// An offer that somebody else takes to where it is answered.
    pub async fn offers() -> Result<Offering, BrowserError> {
        let (engine, sdp, pending) = Engine::offer().await?;
        Ok(Offering { engine: Box::new(engine), pending, sdp })
    }

    fn begin(mut engine: Box<Engine>, call_id: String) -> Self {
        let (does, doing) = mpsc::unbounded_channel();
        let (tells, seen) = watch::channel(Seen::default());
        tokio::spawn(async move {
            if let Err(error) = engine.run(doing, &tells).await {
                tracing::debug!(%error, "a page's call broke off");
            }
            tells.send_modify(|seen| seen.over = true);
        });
        Self { call_id, does, seen }
    }

    /// Speaks a line as soon as what it says now is said. False: the call is over.
    pub fn say(&self, line: &str) -> bool {
        self.does.send(Does::Says(line.to_owned())).is_ok()
    }

    /// Sends a client event. False: the call is over.
    pub fn send(&self, event: &Value) -> bool {
        self.does.send(Does::Sends(event.to_string())).is_ok()
    }

    /// Waits until what was seen is as wanted; none if the call was over before.
    pub async fn until(&self, wanted: impl Fn(&Seen) -> bool) -> Option<Seen> {
        let mut seen = self.seen.clone();
        let found = seen.wait_for(|seen| wanted(seen) || seen.over).await.ok()?.clone();
        Some(found).filter(|seen| wanted(seen))
    }

    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// False: it was over already.
    pub fn hang_up(&self) -> bool {
        self.does.send(Does::HangsUp).is_ok()
    }
}

fn sdp(error: impl std::fmt::Display) -> BrowserError {
    BrowserError::Sdp(error.to_string())
}

/// `oai-events` and the microphone.
struct Engine {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    mid: Mid,
    channel: ChannelId,
    opus: Box<Opus>,
    microphone: VecDeque<u8>,
    frames: u64,
    sends: VecDeque<String>,
    open: bool,
    over: bool,
}

impl Engine {
    async fn offer() -> Result<(Self, String, SdpPendingOffer), BrowserError> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        // To loopback and to our own address alike.
        let local = SocketAddr::new(crate::openai::address().await, socket.local_addr()?.port());
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let config = RtcConfig::new().set_crypto_provider(crypto).clear_codecs().enable_opus(true, false);
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, "udp").map_err(sdp)?);
        let mut change = rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let channel = change.add_channel("oai-events".to_owned());
        let (offer, pending) = change.apply().ok_or_else(|| sdp("nothing to offer"))?;
        let engine = Self {
            rtc,
            socket,
            local,
            mid,
            channel,
            opus: Box::new(Opus::new()?),
            microphone: VecDeque::new(),
            frames: 0,
            sends: VecDeque::new(),
            open: false,
            over: false,
        };
        Ok((engine, offer.to_sdp_string(), pending))
    }

    async fn run(
        &mut self,
        mut doing: mpsc::UnboundedReceiver<Does>,
        tells: &watch::Sender<Seen>,
    ) -> Result<(), BrowserError> {
        let mut datagram = vec![0; LARGEST_DATAGRAM];
        let mut frame_at = Instant::now();
        loop {
            let wake = self.settle(tells).await?;
            if self.over || !self.rtc.is_alive() {
                return Ok(());
            }
            let next = if self.open { wake.min(frame_at) } else { wake };
            tokio::select! {
                received = self.socket.recv_from(&mut datagram) => {
                    let (length, source) = received?;
                    if let Ok(contents) = datagram[..length].try_into() {
                        let receive = Receive { proto: Protocol::Udp, source, destination: self.local, contents };
                        self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
                    }
                }
                () = sleep_until(next.into()) => {
                    let now = Instant::now();
                    self.rtc.handle_input(Input::Timeout(now))?;
                    self.settle(tells).await?;
                    if self.open && frame_at <= now {
                        self.speak(now)?;
                        frame_at = now.max(frame_at + FRAME_TIME);
                    }
                }
                does = doing.recv() => match does {
                    Some(Does::Says(line)) => self.microphone.extend(speak(&line).iter()),
                    Some(Does::Sends(event)) => self.sends.push_back(event),
                    Some(Does::HangsUp) | None => self.rtc.close()?,
                },
            }
        }
    }

    /// Sends and takes in until there is nothing to do but wait; until when.
    async fn settle(&mut self, tells: &watch::Sender<Seen>) -> Result<Instant, BrowserError> {
        loop {
            match self.rtc.poll_output()? {
                Output::Transmit(packet) => {
                    self.socket.send_to(&packet.contents, packet.destination).await?;
                }
                Output::Event(event) => self.happen(event, tells)?,
                Output::Timeout(until) => {
                    let Some(event) = self.sends.front().filter(|_| self.open) else { return Ok(until) };
                    let Some(mut channel) = self.rtc.channel(self.channel) else { return Ok(until) };
                    if !channel.write(false, event.as_bytes())? {
                        return Ok(until);
                    }
                    self.sends.pop_front();
                }
            }
        }
    }

    fn happen(&mut self, event: Event, tells: &watch::Sender<Seen>) -> Result<(), BrowserError> {
        match event {
            Event::ChannelOpen(..) => {
                self.open = true;
                tells.send_modify(|seen| seen.open = true);
            }
            Event::ChannelData(data) => {
                if let Ok(event) = serde_json::from_slice(&data.data) {
                    tells.send_modify(|seen| seen.events.push(event));
                }
            }
            Event::MediaData(data) => {
                let heard = self.opus.decode(&data.data)?;
                let voiced = heard.chunks(FRAME).filter(|frame| is_voiced(frame)).count();
                tells.send_modify(|seen| seen.voiced += voiced);
            }
            Event::ChannelClose(_) | Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                self.over = true;
            }
            _ => {}
        }
        Ok(())
    }

    /// 20 ms of what there is to say, or of silence.
    fn speak(&mut self, now: Instant) -> Result<(), BrowserError> {
        let length = self.microphone.len().min(FRAME);
        let mut frame: Vec<u8> = self.microphone.drain(..length).collect();
        frame.resize(FRAME, SILENCE);
        let packet = self.opus.encode(&frame)?;
        let at = MediaTime::new(self.frames * FRAME_TICKS, Frequency::FORTY_EIGHT_KHZ);
        self.frames += 1;
        let Some(writer) = self.rtc.writer(self.mid) else { return Ok(()) };
        let pt =
            writer.payload_params().find(|params| params.spec().codec == Codec::Opus).map(PayloadParams::pt);
        if let Some(pt) = pt {
            writer.write(pt, now, at, packet)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use futures_util::StreamExt;
    use serde_json::json;
    use tokio_tungstenite::connect_async;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;

    use super::*;
    use crate::openai::{Fault, OpenAi, Options, app};

    const LINE: &str = "Perfect, thank you. Goodbye.";
    const ANSWER: &str = "Thank you for calling. Goodbye.";

    /// A simulator with the key `key`, and where its calls are.
    async fn serve() -> (Arc<OpenAi>, String) {
        let sim = Arc::new(OpenAi::new(Options { api_key: Some("key".to_owned()), ..Options::default() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let app = Router::new().nest("/v1", app(Arc::clone(&sim)));
        tokio::spawn(async move { axum::serve(listener, app).await });
        (sim, format!("http://{address}/v1/realtime"))
    }

    async fn secret(base: &str) -> String {
        let session = json!({ "type": "realtime", "model": "gpt-realtime-2.1",
            "tools": [{ "type": "function", "name": "end_call" }],
            "audio": { "input": { "transcription": { "model": "gpt-transcribe" } } } });
        let request = reqwest::Client::new().post(format!("{base}/client_secrets")).bearer_auth("key");
        let answer = request.body(json!({ "session": session }).to_string()).send().await.expect("minted");
        let answer: Value = serde_json::from_str(&answer.text().await.expect("read")).expect("JSON");
        answer["value"].as_str().expect("a secret").to_owned()
    }

    async fn called(base: &str) -> Browser {
        Box::pin(Browser::call(&format!("{base}/calls"), &secret(base).await)).await.expect("answered")
    }

    #[tokio::test]
    async fn a_call_is_heard_and_audibly_answered() {
        let (sim, base) = serve().await;
        let browser = Box::pin(called(&base)).await;
        assert!(browser.call_id.starts_with("rtc_"), "{}", browser.call_id);
        assert!(browser.until(|seen| seen.count("session.created") == 1).await.is_some());
        assert!(browser.say(LINE));
        let seen =
            browser.until(|seen| seen.count("output_audio_buffer.stopped") == 1).await.expect("answered");
        let transcript = |kind: &str| {
            let event = seen.events.iter().find(|event| event["type"] == kind);
            event.map(|event| event["transcript"].clone()).unwrap_or_default()
        };
        assert_eq!(transcript("conversation.item.input_audio_transcription.completed"), LINE);
        assert_eq!(transcript("response.output_audio_transcript.done"), ANSWER);
        assert_eq!(seen.count("response.output_audio.delta"), 0, "audio is no event");
        assert!(seen.voiced * FRAME * 3 > speak(ANSWER).len(), "{} voiced frames", seen.voiced);
        assert!(browser.hang_up());
        assert!(browser.until(|seen| seen.over).await.is_some());
        assert_eq!(sim.sessions()[0].heard[0].text, LINE);
    }

    #[tokio::test]
    async fn the_server_has_a_line_of_its_own_and_the_last_word() {
        let (_sim, base) = serve().await;
        let browser = Box::pin(called(&base)).await;
        assert!(browser.until(|seen| seen.count("session.created") == 1).await.is_some());
        let url = format!("{}?call_id={}", base.replacen("http", "ws", 1), browser.call_id);
        let request = |key: &str| {
            let mut request = url.as_str().into_client_request().expect("valid");
            request.headers_mut().insert("authorization", format!("Bearer {key}").parse().expect("valid"));
            request
        };
        assert!(connect_async(request(&secret(&base).await)).await.is_err(), "no line for a client secret");
        let (mut line, _) = connect_async(request("key")).await.expect("attached");
        assert!(browser.send(&json!({ "type": "response.create" })));
        let event = line.next().await.expect("open").expect("an event").into_text().expect("text");
        assert!(event.contains("response.created"), "{event}");
        let hang_up = format!("{base}/calls/{}/hangup", browser.call_id);
        let hung_up = || reqwest::Client::new().post(&hang_up).bearer_auth("key").send();
        assert_eq!(hung_up().await.expect("answered").status(), 200);
        let closed = loop {
            match line.next().await {
                Some(Ok(Message::Close(frame))) => break frame,
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(closed.map(|frame| u16::from(frame.code)), Some(1000));
        assert!(browser.until(|seen| seen.over).await.is_some());
        assert_eq!(hung_up().await.expect("answered").status(), 404);
    }

    #[tokio::test]
    async fn a_call_is_refused_without_a_secret_an_offer_or_by_a_fault() {
        let (sim, base) = serve().await;
        let calls = format!("{base}/calls");
        let refused = |result: Result<Browser, BrowserError>| match result {
            Err(BrowserError::Refused(status)) => status,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(Box::pin(Browser::call(&calls, "ek_unknown")).await), 401);
        let secret = secret(&base).await;
        sim.misbehave(Fault::Refuse(429).times(1));
        assert_eq!(refused(Box::pin(Browser::call(&calls, &secret)).await), 429);
        let post = |kind: &'static str, body: &'static str| {
            let request = reqwest::Client::new().post(&calls).bearer_auth(&secret);
            request.header("content-type", kind).body(body).send()
        };
        assert_eq!(post("application/sdp", "no offer").await.expect("answered").status(), 400);
        assert_eq!(post("application/json", "{}").await.expect("answered").status(), 400);
    }
}

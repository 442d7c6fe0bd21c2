//! The browser's end of a call: WebRTC over one UDP socket, without trickled candidates.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::channel::ChannelId;
use str0m::format::{Codec, PayloadParams};
use str0m::media::{Frequency, MediaData, MediaTime, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Rtc, RtcConfig, RtcError};
use tokio::net::UdpSocket;
use tokio::sync::{broadcast, mpsc};
use tokio::time::sleep_until;

use super::calls::Wanted;
use super::peer::Peer;
use super::wire::Output;
use super::{OpenAi, lock};
use crate::speech::opus::{Opus, OpusError};

/// The data channel of events.
const EVENTS: &str = "oai-events";
/// Ticks of the media clock in 20 ms: Opus counts at 48 kHz.
const FRAME_TICKS: u64 = 960;
const FRAME_MS: u128 = 20;
/// Nobody answers this (RFC 5737): it only tells which of our addresses leads out.
const ELSEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);
/// How long saying goodbye may take.
const CLOSING: Duration = Duration::from_secs(1);
const LARGEST_DATAGRAM: usize = 2000;
/// From the answer to the open data channel.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    #[error("{0}")]
    Offer(#[from] str0m::error::SdpError),
    #[error("{0}")]
    Rtc(#[from] RtcError),
    #[error("{0}")]
    Candidate(#[from] str0m::error::IceError),
    #[error("the offer has no data channel '{EVENTS}' or no audio")]
    Lacks,
    #[error("{0}")]
    Socket(#[from] std::io::Error),
    #[error("{0}")]
    Opus(#[from] OpusError),
}

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a goodbye: the browser is told.
    Closed,
    /// Without one: it is gone, or to be left alone.
    Gone,
}

#[derive(Debug)]
pub(super) struct Line {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    events: Option<ChannelId>,
    audio: Option<(Mid, Pt)>,
    opus: Box<Opus>,
    began: Instant,
    /// The media clock of the next frame.
    next_frame: u64,
    outputs: VecDeque<Output>,
    ended: Option<End>,
}

impl Line {
    /// A line that waits for the browser, and the SDP answer to its offer.
    pub async fn answer(offer: &str) -> Result<(Self, String), LineError> {
        let offer = SdpOffer::from_sdp_string(offer)?;
        let (began, socket) = (Instant::now(), UdpSocket::bind((address().await, 0)).await?);
        let local = socket.local_addr()?;
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let config = RtcConfig::new().set_crypto_provider(crypto).clear_codecs().enable_opus(true, false);
        let mut rtc = config.build(began);
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        let answer = rtc.sdp_api().accept_offer(offer)?.to_sdp_string();
        if !answer.contains("m=audio") || !answer.contains("m=application") {
            return Err(LineError::Lacks);
        }
        let line = Self {
            rtc,
            socket,
            local,
            events: None,
            audio: None,
            opus: Box::new(Opus::new()?),
            began,
            next_frame: 0,
            outputs: VecDeque::new(),
            ended: None,
        };
        Ok((line, answer))
    }

    /// Sends and takes in until there is nothing to do but wait; until when.
    ///
    /// After each change the engine is drained: that is its contract.
    async fn settle(&mut self, call: &Call) -> Result<Instant, LineError> {
        loop {
            match self.rtc.poll_output()? {
                str0m::Output::Transmit(packet) => self.transmit(&packet.contents, packet.destination).await,
                str0m::Output::Event(event) => self.happen(event, call)?,
                str0m::Output::Timeout(until) => {
                    if !self.put_out(call)? {
                        return Ok(until);
                    }
                }
            }
        }
    }

    async fn transmit(&self, packet: &[u8], to: SocketAddr) {
        if let Err(error) = self.socket.send_to(packet, to).await {
            tracing::debug!(%error, "a packet was not sent");
        }
    }

    fn happen(&mut self, event: Event, call: &Call) -> Result<(), LineError> {
        match event {
            Event::MediaAdded(media) => {
                let writer = self.rtc.writer(media.mid);
                let pt = writer.and_then(|writer| {
                    writer
                        .payload_params()
                        .find(|params| params.spec().codec == Codec::Opus)
                        .map(PayloadParams::pt)
                });
                self.audio = pt.map(|pt| (media.mid, pt));
            }
            Event::MediaData(data) => self.hear(&data, call)?,
            Event::ChannelOpen(id, label) if label == EVENTS => self.events = Some(id),
            Event::ChannelData(data) if Some(data.id) == self.events => {
                let (mut outputs, now) = (Vec::new(), Instant::now());
                match std::str::from_utf8(&data.data) {
                    Ok(text) if !data.binary => {
                        lock(&call.session).receive_untrusted(text, now, &mut outputs);
                    }
                    _ => lock(&call.session).refuse_binary(&mut outputs),
                }
                self.outputs.extend(outputs);
            }
            Event::ChannelClose(id) if Some(id) == self.events => self.ended = Some(End::Closed),
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => self.ended = Some(End::Gone),
            _ => {}
        }
        Ok(())
    }

    fn hear(&mut self, data: &MediaData, call: &Call) -> Result<(), LineError> {
        let ulaw = match self.opus.decode(&data.data) {
            Ok(ulaw) => ulaw,
            Err(error @ OpusError::Decode(_)) => {
                tracing::debug!(%error, "a packet was not understood");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let mut outputs = Vec::new();
        lock(&call.session).hear(&ulaw, Instant::now(), &mut outputs);
        self.outputs.extend(outputs);
        Ok(())
    }

    /// The next output, if there is one that can leave; whether there was.
    fn put_out(&mut self, call: &Call) -> Result<bool, LineError> {
        let Some(channel) = self.events else { return Ok(false) };
        match self.outputs.pop_front() {
            None => return Ok(false),
            Some(Output::Send(text)) => {
                let written = match self.rtc.channel(channel) {
                    Some(mut channel) => channel.write(false, text.as_bytes())?,
                    None => true,
                };
                if !written {
                    self.outputs.push_front(Output::Send(text));
                    return Ok(false);
                }
                // Nobody has to listen.
                drop(call.events.send(text));
            }
            Some(Output::Play(ulaw)) => self.play(&ulaw)?,
            Some(Output::Close { .. }) => self.ended = Some(End::Closed),
            Some(Output::Reset) => self.ended = Some(End::Gone),
            Some(Output::StopReading(_)) => {}
        }
        Ok(true)
    }

    /// Frames are as far apart as they are heard, so that silence between two answers is silence.
    fn play(&mut self, ulaw: &[u8]) -> Result<(), LineError> {
        let Some((mid, pt)) = self.audio else { return Ok(()) };
        let (packet, now) = (self.opus.encode(ulaw)?, Instant::now());
        let frames = now.duration_since(self.began).as_millis() / FRAME_MS;
        let clock = u64::try_from(frames).unwrap_or(u64::MAX) * FRAME_TICKS;
        let at = if clock > self.next_frame + 10 * FRAME_TICKS { clock } else { self.next_frame };
        self.next_frame = at + FRAME_TICKS;
        if let Some(writer) = self.rtc.writer(mid) {
            writer.write(pt, now, MediaTime::new(at, Frequency::FORTY_EIGHT_KHZ), packet)?;
        }
        Ok(())
    }

    fn receive(&mut self, datagram: &[u8], source: SocketAddr) -> Result<(), LineError> {
        let Ok(contents) = datagram.try_into() else { return Ok(()) };
        let receive = Receive { proto: Protocol::Udp, source, destination: self.local, contents };
        Ok(self.rtc.handle_input(Input::Receive(Instant::now(), receive))?)
    }

    /// Says goodbye, if the other side is still there to hear it.
    async fn close(mut self, call: &Call) -> Result<(), LineError> {
        self.outputs.clear();
        self.rtc.close()?;
        let until = Instant::now() + CLOSING;
        while self.rtc.is_alive() && Instant::now() < until {
            let wake = self.settle(call).await?;
            sleep_until(wake.min(until).into()).await;
            self.rtc.handle_input(Input::Timeout(Instant::now()))?;
        }
        Ok(())
    }
}

/// Our address that leads out, because browsers do not look for candidates on loopback; loopback where none does.
pub async fn address() -> std::net::IpAddr {
    let outward = async {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        socket.connect(ELSEWHERE).await?;
        socket.local_addr()
    };
    outward.await.map_or(Ipv4Addr::LOCALHOST.into(), |address| address.ip())
}

struct Call {
    session: Arc<Mutex<dyn Peer>>,
    events: broadcast::Sender<String>,
}

/// Runs a call until either side ends it.
pub(super) async fn serve(
    sim: Arc<OpenAi>,
    call_id: String,
    session: Arc<Mutex<dyn Peer>>,
    mut line: Line,
    outputs: Vec<Output>,
    wanted: mpsc::UnboundedReceiver<Wanted>,
    events: broadcast::Sender<String>,
) {
    line.outputs.extend(outputs);
    let call = Call { session, events };
    if let Err(error) = Box::pin(run(&sim, &call, line, wanted)).await {
        tracing::debug!(%error, "a call broke off");
    }
    lock(&call.session).end();
    sim.calls.forget(&call_id);
}

async fn run(
    sim: &OpenAi,
    call: &Call,
    mut line: Line,
    mut wanted: mpsc::UnboundedReceiver<Wanted>,
) -> Result<(), LineError> {
    let mut faults = sim.faults.watch();
    faults.mark_changed();
    let mut datagram = vec![0; LARGEST_DATAGRAM];
    loop {
        let wake = line.settle(call).await?;
        match line.ended {
            Some(End::Closed) => return Box::pin(line.close(call)).await,
            Some(End::Gone) => return Ok(()),
            None if !line.rtc.is_alive() => return Ok(()),
            None if line.events.is_none() && line.began.elapsed() > CONNECT_WITHIN => return Ok(()),
            None => {}
        }
        let deadline = lock(&call.session).deadline().filter(|_| line.events.is_some());
        let next = deadline.map_or(wake, |deadline| deadline.min(wake));
        let mut outputs = Vec::new();
        tokio::select! {
            received = line.socket.recv_from(&mut datagram) => {
                let (length, source) = received?;
                line.receive(&datagram[..length], source)?;
            }
            () = sleep_until(next.into()) => {
                let now = Instant::now();
                if line.events.is_some() {
                    lock(&call.session).tick(now, &mut outputs);
                }
                line.rtc.handle_input(Input::Timeout(now))?;
            }
            want = wanted.recv() => match want {
                Some(Wanted::Event(text)) => lock(&call.session).receive(&text, Instant::now(), &mut outputs),
                Some(Wanted::HangUp) | None => line.ended = Some(End::Closed),
            },
            Ok(()) = faults.changed() => {
                let plans = faults.borrow_and_update().clone();
                lock(&call.session).plan(plans, Instant::now());
            }
        }
        line.outputs.extend(outputs);
    }
}

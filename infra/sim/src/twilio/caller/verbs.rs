//! What each TwiML verb does to the call.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Call, CallConfig, DialOutcome, Fetch, Flow, Session, form::pair};
use crate::{
    speech::duration_ms,
    twilio::{
        Control,
        conversation::Conversation,
        faults::Room,
        frames::Writer,
        media::Media,
        new_sid,
        recording::Recording,
        report::{CallerEvent, ConversationReport, Ending, Exchange, Fault, StreamReport},
        rfc2822, signature, stream,
        transcription::Transcribing,
        turns::Turns,
        twiml::{self, Gather, Record, Target, Verb},
        web::{Params, resolve},
    },
};

/// The pace of `<Say>`.
const PER_CHARACTER: Duration = Duration::from_millis(60);
const PER_DIGIT: Duration = Duration::from_millis(150);
/// The length that is taken for the audio of `<Play>`.
const PER_FILE: Duration = Duration::from_secs(2);

impl Session {
    /// Verb after verb, until one leads elsewhere.
    pub(super) async fn perform(&mut self, verbs: Vec<Verb>, base: &str) -> Result<Flow, Fault> {
        for (index, verb) in verbs.into_iter().enumerate() {
            if let Ok(control) = self.controls.try_recv() {
                return Ok(self.obey(control));
            }
            self.sink.tell(CallerEvent::Verb(verb.name().to_owned()));
            let rejects = matches!(verb, Verb::Reject { .. });
            if !(rejects && index == 0) {
                self.answer();
            }
            let flow = self.one(verb, base).await?;
            self.finish_recordings();
            if !matches!(flow, Flow::Next) {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    async fn one(&mut self, verb: Verb, base: &str) -> Result<Flow, Fault> {
        match verb {
            Verb::Say { text } => {
                let length = PER_CHARACTER * u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                self.sink.tell(CallerEvent::Heard(text));
                Ok(self.wait(length).await)
            }
            Verb::Play { url, digits } => self.play(&url, &digits, base).await,
            Verb::Pause(length) => Ok(self.wait(length).await),
            Verb::Connect { action, stream } => self.connect(action, stream, base).await,
            Verb::Converse { action, url, parameters } => {
                self.converse(action, &url, &parameters, base).await
            }
            Verb::Redirect(target) => self.fetch_next("action", Some(&target), Params::new(), base),
            Verb::Dial(dial) => self.dial(&dial, base).await,
            Verb::Record(record) => self.record(record, base).await,
            Verb::Gather(gather) => self.gather(gather, base).await,
            Verb::Reject { busy } if self.live.progress().started.is_none() => {
                Ok(Flow::End(if busy { "busy" } else { "no-answer" }))
            }
            Verb::Hangup | Verb::Reject { .. } => Ok(Flow::End("completed")),
            Verb::StartRecording { dual, callback } => {
                let callback = callback.map(|callback| resolve(base, &callback)).transpose()?;
                self.live.record(Recording::start("StartCallRecordingTwiML", dual, callback));
                Ok(Flow::Next)
            }
            Verb::StartTranscription(verb) => {
                self.start_transcribing(verb, base)?;
                Ok(Flow::Next)
            }
            Verb::StopTranscription(name) => {
                if self.sink.transcribing.as_ref().is_some_and(|running| running.name == name) {
                    self.stop_transcribing();
                }
                Ok(Flow::Next)
            }
            // Unidirectional streams are noted in the report, nobody listens to them here.
            Verb::StartStream(_) | Verb::Stop => Ok(Flow::Next),
        }
    }

    /// Lets time pass; something else may come from outside.
    async fn wait(&mut self, length: Duration) -> Flow {
        self.stay(length.mul_f64(self.config.tempo.max(0.0))).await
    }

    /// The same at the pace of life.
    async fn stay(&mut self, length: Duration) -> Flow {
        tokio::select! {
            biased;
            control = self.controls.recv() => self.obey(control.unwrap_or(Control::HangUp)),
            () = sleep(length) => Flow::Next,
        }
    }

    fn obey(&mut self, control: Control) -> Flow {
        match control {
            Control::HangUp => Flow::End("completed"),
            Control::Document(text) => Flow::Document { text, base: self.config.webhook.clone() },
            Control::Fetch(target) => Flow::Fetch(Fetch::new("voice", target, Params::new())),
        }
    }

    /// The document at `target`, or the next verb without one.
    #[expect(clippy::unused_self, reason = "reads as the other verbs do")]
    fn fetch_next(
        &self,
        purpose: &'static str,
        target: Option<&Target>,
        params: Params,
        base: &str,
    ) -> Result<Flow, Fault> {
        let Some(target) = target else { return Ok(Flow::Next) };
        Ok(Flow::Fetch(Fetch::new(purpose, resolve(base, target)?, params)))
    }

    /// One of a name runs at a time.
    fn start_transcribing(&mut self, verb: twiml::Transcription, base: &str) -> Result<(), Fault> {
        if self.sink.transcribing.is_some() {
            return Err(Fault::new(32650, format!("a transcription runs already, and not {:?}", verb.name)));
        }
        let Some(callback) = &verb.callback else { return Ok(()) };
        let callback = resolve(base, callback)?;
        let (form, sender) = (self.form.clone(), self.notices.sender());
        self.sink.transcribing = Some(Transcribing::start(verb, callback, form, sender));
        Ok(())
    }

    pub(super) fn stop_transcribing(&mut self) {
        if let Some(running) = self.sink.transcribing.take() {
            running.stop();
        }
    }

    async fn play(&mut self, url: &str, digits: &str, base: &str) -> Result<Flow, Fault> {
        if digits.is_empty() {
            resolve(base, &Target { url: url.to_owned(), get: true })?;
            return Ok(self.wait(PER_FILE).await);
        }
        Ok(self.wait(PER_DIGIT * u32::try_from(digits.len()).unwrap_or(u32::MAX)).await)
    }

    async fn connect(
        &mut self,
        action: Option<Target>,
        verb: twiml::Stream,
        base: &str,
    ) -> Result<Flow, Fault> {
        let callback = verb.status_callback.as_ref().map(|target| resolve(base, target)).transpose()?;
        let mut report = StreamReport {
            stream_sid: new_sid("MZ"),
            url: verb.url.split(['?', '#']).next().unwrap_or_default().to_owned(),
            parameters: verb.parameters,
            ..StreamReport::default()
        };
        let sid = pair("StreamSid", &report.stream_sid);
        let notify = |session: &Self, event, error: Option<&str>| {
            let Some(callback) = callback.clone() else { return };
            let now = rfc2822(jiff::Timestamp::now());
            let mut params = vec![
                sid.clone(),
                pair("StreamName", &verb.name),
                pair("StreamEvent", event),
                pair("Timestamp", &now),
            ];
            params.extend(error.map(|error| pair("StreamError", error)));
            session.notices.send("stream-status", callback, session.form.callback(&params));
        };
        match self.open(&report.url, &mut report.handshake).await {
            Err(fault) => {
                notify(self, "stream-error", Some(&fault.message));
                self.sink.fault(fault);
                self.sink.report.streams.push(report);
            }
            Ok(socket) => {
                notify(self, "stream-started", None);
                self.sink.tell(CallerEvent::StreamStarted);
                let control = self.talk(socket, report).await;
                notify(self, "stream-stopped", None);
                if let Some(control) = control {
                    return Ok(self.obey(control));
                }
            }
        }
        self.fetch_next("action", action.as_ref(), vec![sid], base)
    }

    /// Twilio hears and speaks; then the action is fetched, whatever came of it.
    async fn converse(
        &mut self,
        action: Option<Target>,
        url: &str,
        parameters: &[(String, String)],
        base: &str,
    ) -> Result<Flow, Fault> {
        let session_sid = new_sid("VX");
        let mut report =
            ConversationReport { session_sid, url: url.to_owned(), ..ConversationReport::default() };
        let began = Instant::now();
        let mut params = vec![pair("SessionId", &report.session_sid)];
        match self.open(url, &mut report.handshake).await {
            Err(fault) => {
                let failed = Fault::new(39001, fault.message);
                params.extend([
                    pair("SessionStatus", "failed"),
                    pair("ErrorCode", "39001"),
                    pair("ErrorMessage", "Network connection to WebSocket server failed."),
                ]);
                self.sink.fault(failed);
            }
            Ok(socket) => {
                let custom: serde_json::Map<_, _> =
                    parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
                let setup = serde_json::json!({
                    "type": "setup",
                    "sessionId": report.session_sid,
                    "callSid": self.live.sid,
                    "accountSid": self.config.account_sid,
                    "from": self.config.from,
                    "to": self.config.to,
                    "direction": self.config.direction,
                    "callType": "PSTN",
                    "callStatus": "IN-PROGRESS",
                    "customParameters": custom,
                });
                let conversation = Conversation {
                    socket,
                    report,
                    setup,
                    turns: &mut self.turns,
                    controls: &mut self.controls,
                    sink: &mut self.sink,
                    faults: &self.config.faults,
                    tempo: self.config.tempo,
                };
                let (ended, control) = conversation.run().await;
                report = ended;
                if let Some(control) = control {
                    self.sink.report.conversations.push(report);
                    return Ok(self.obey(control));
                }
                params.push(pair("SessionStatus", "ended"));
                params.extend(report.handoff.as_ref().map(|handoff| pair("HandoffData", handoff)));
            }
        }
        params.push(pair("SessionDuration", &began.elapsed().as_secs().to_string()));
        self.sink.report.conversations.push(report);
        self.fetch_next("action", action.as_ref(), params, base)
    }

    async fn open(&mut self, url: &str, handshake: &mut u16) -> Result<stream::Socket, Fault> {
        let (signature, settings) = self.web.sign_upgrade(url);
        let began = Instant::now();
        let opened = stream::connect(url, [signature.as_deref(), settings]).await;
        let answer = match &opened {
            Ok(_) => Ok(101),
            Err((0, fault)) => Err(fault.message.clone()),
            Err((status, _)) => Ok(*status),
        };
        *handshake = *answer.as_ref().unwrap_or(&0);
        self.web.log(Exchange {
            purpose: "upgrade",
            method: "UPGRADE",
            url: signature::upgrade_url(url),
            params: Params::new(),
            signature,
            idempotency_token: None,
            answer,
            elapsed: began.elapsed(),
        });
        opened.map_err(|(_, fault)| fault)
    }

    /// The conversation. What came from outside or from the caller to end it; `None` if the server did.
    async fn talk(&mut self, socket: stream::Socket, report: StreamReport) -> Option<Control> {
        let turns = std::mem::replace(&mut self.turns, Turns::new(Vec::new(), self.config.manners));
        let writer = Writer::new(&self.config.account_sid, &self.live.sid, &report.stream_sid);
        let keep = usize::try_from(self.config.keep_audio.as_millis() * 8).unwrap_or(usize::MAX);
        let mut stream = stream::Stream {
            socket,
            media: Media::new(turns, writer, report, &self.config.dtmf, &self.config.faults, keep),
            live: &self.live,
            controls: &mut self.controls,
            sink: &mut self.sink,
            faults: &self.config.faults,
        };
        let (ending, control) = stream.run().await;
        let (turns, mut report) = stream.media.finish();
        report.ending = ending;
        self.turns = turns;
        if report.close_code.is_none() && ending != Ending::CallerHungUp {
            self.sink.tell(CallerEvent::StreamClosed(None));
        }
        self.sink.report.streams.push(report);
        control.or_else(|| (ending == Ending::CallerHungUp).then_some(Control::HangUp))
    }

    async fn dial(&mut self, dial: &twiml::Dial, base: &str) -> Result<Flow, Fault> {
        let (length, status) = match self.config.dial {
            _ if dial.is_conference => (Duration::from_secs(1), "completed"),
            DialOutcome::Answered(length) => (length, "completed"),
            DialOutcome::NoAnswer => (dial.timeout, "no-answer"),
            DialOutcome::Busy => (Duration::ZERO, "busy"),
            DialOutcome::Failed => (Duration::ZERO, "failed"),
        };
        if dial.is_conference && self.config.faults.room == Room::NeverReached {
            return Ok(Flow::End("completed"));
        }
        self.sink.report.dialled.extend_from_slice(&dial.to);
        if let Some(joined) = &dial.joined {
            let params = [
                pair("ConferenceSid", &new_sid("CF")),
                pair("FriendlyName", dial.to.first().map_or("", String::as_str)),
                pair("StatusCallbackEvent", "participant-join"),
                pair("SequenceNumber", "1"),
            ];
            self.notices.send("conference", resolve(base, joined)?, self.form.callback(&params));
        }
        if let (DialOutcome::Answered(_), Some(whisper)) = (self.config.dial, &dial.whisper) {
            self.whisper(&dial.to, resolve(base, whisper)?).await;
        }
        // Others come into a conference in their own time.
        let flow = if dial.is_conference { self.stay(length).await } else { self.wait(length).await };
        if !matches!(flow, Flow::Next) {
            return Ok(flow);
        }
        let mut params = vec![pair("DialCallSid", &new_sid("CA")), pair("DialCallStatus", status)];
        if status == "completed" {
            params.push(pair("DialCallDuration", &length.as_secs().to_string()));
        }
        self.fetch_next("action", dial.action.as_ref(), params, base)
    }

    /// What only the side of the number that was dialled hears, and what they key in: a call of its own.
    async fn whisper(&mut self, to: &[String], whisper: Target) {
        let child = CallConfig {
            direction: "outbound-dial",
            digits: std::mem::take(&mut self.config.dialled_digits),
            tempo: self.config.tempo,
            ..CallConfig::new(
                &whisper.url,
                &self.config.account_sid,
                &self.config.auth_token,
                &self.config.from,
                to.first().map_or("", String::as_str),
            )
        };
        let heard = match Call::place(child) {
            Ok(handle) => handle.report().await.map(|report| report.heard).unwrap_or_default(),
            Err(fault) => {
                self.sink.fault(fault);
                Vec::new()
            }
        };
        self.sink.report.whispered.extend(heard);
    }

    /// The caller leaves the next line as a message. Nothing recorded: the next verb, as at Twilio.
    async fn record(&mut self, verb: Record, base: &str) -> Result<Flow, Fault> {
        let Some(line) = self.turns.next_line() else { return Ok(self.wait(verb.timeout).await) };
        self.sink.tell(CallerEvent::CallerSaid(line.text.clone()));
        let most = usize::try_from(verb.max_length.as_millis() * 8).unwrap_or(usize::MAX);
        let audio = &line.audio[..line.audio.len().min(most)];
        let length = Duration::from_millis(duration_ms(audio.len()));
        let callback = verb.callback.map(|target| resolve(base, &target)).transpose()?;
        let recording = Recording::left(audio, callback);
        let elsewhere = self.config.heard_at.clone().map(|base| (base, recording.wav(false)));
        let sid = self.live.record(recording);
        if let Some((base, wav)) = elsewhere {
            let about = [self.live.sid.as_str(), sid.as_str()];
            if let Err(fault) = self.web.heard(&base, &self.config.account_sid, about, wav).await {
                self.sink.fault(fault);
            }
        }
        let flow = self.wait(length + verb.timeout.min(verb.max_length.saturating_sub(length))).await;
        if !matches!(flow, Flow::Next) {
            return Ok(flow);
        }
        let account = format!("{}/2010-04-01/Accounts/{}", self.config.api_base, self.config.account_sid);
        if let Some(callback) = verb.transcribed {
            let params = [
                pair("RecordingSid", &sid),
                pair("RecordingUrl", &format!("{account}/Recordings/{sid}")),
                pair("TranscriptionSid", &new_sid("TR")),
                pair("TranscriptionStatus", "completed"),
                pair("TranscriptionText", &line.text),
            ];
            self.later.push((resolve(base, &callback)?, self.form.with("completed", &params)));
        }
        let params = vec![
            pair("RecordingSid", &sid),
            pair("RecordingUrl", &format!("{account}/Recordings/{sid}")),
            pair("RecordingDuration", &length.as_secs().max(1).to_string()),
            pair("Digits", ""),
        ];
        let again = Target { url: base.to_owned(), get: false };
        self.fetch_next("action", Some(&verb.action.unwrap_or(again)), params, base)
    }

    async fn gather(&mut self, verb: Gather, base: &str) -> Result<Flow, Fault> {
        for nested in verb.prompt {
            let flow = Box::pin(self.one(nested, base)).await?;
            if !matches!(flow, Flow::Next) {
                return Ok(flow);
            }
        }
        let mut params = Params::new();
        if let Some(keys) = verb.dtmf.then(|| self.digits.pop_front()).flatten() {
            let keys = keys.chars().take_while(|key| !verb.finish_on_key.contains(*key));
            params
                .push(pair("Digits", &keys.take(verb.num_digits.unwrap_or(usize::MAX)).collect::<String>()));
        } else if let Some(line) = verb.speech.then(|| self.turns.next_line()).flatten() {
            params.extend([pair("SpeechResult", &line.text), pair("Confidence", "0.9")]);
            self.sink.tell(CallerEvent::CallerSaid(line.text));
        } else {
            let flow = self.wait(verb.timeout).await;
            if !(matches!(flow, Flow::Next) && verb.action_on_empty) {
                return Ok(flow);
            }
        }
        let again = Target { url: base.to_owned(), get: false };
        self.fetch_next("action", Some(&verb.action.unwrap_or(again)), params, base)
    }
}

//! Which TwiML elements and attributes there are, as in Twilio's own SDKs.

use roxmltree::Node;

use crate::twilio::report::Fault;

/// parent, element, attributes. Elements of [`TEXT`] contain text, the others only elements.
const GRAMMAR: &[(&str, &str, &str)] = &[
    ("Response", "Say", "voice loop language"),
    ("Response", "Play", "loop digits"),
    ("Response", "Pause", "length"),
    ("Response", "Connect", "action method"),
    ("Response", "Redirect", "method"),
    (
        "Response",
        "Dial",
        "action method timeout hangupOnStar timeLimit callerId record trim recordingStatusCallback \
         recordingConfigurationId recordingStatusCallbackMethod recordingStatusCallbackEvent answerOnBridge \
         ringTone recordingTrack sequential referUrl referMethod events passports",
    ),
    (
        "Response",
        "Record",
        "action method timeout finishOnKey maxLength playBeep trim recordingStatusCallback \
         recordingStatusCallbackMethod recordingStatusCallbackEvent transcribe transcribeCallback \
         recordingConfigurationId",
    ),
    (
        "Response",
        "Gather",
        "input action method timeout speechTimeout maxSpeechTime profanityFilter finishOnKey numDigits \
         partialResultCallback partialResultCallbackMethod language hints bargeIn debug actionOnEmptyResult \
         speechModel enhanced",
    ),
    ("Response", "Hangup", ""),
    ("Response", "Reject", "reason"),
    ("Response", "Start", "action method"),
    ("Response", "Stop", ""),
    ("Gather", "Say", "voice loop language"),
    ("Gather", "Play", "loop digits"),
    ("Gather", "Pause", "length"),
    ("Connect", "Stream", STREAM),
    ("Start", "Stream", STREAM),
    ("Stop", "Stream", STREAM),
    ("Stream", "Parameter", "name value"),
    (
        "Start",
        "Transcription",
        "name track statusCallbackUrl statusCallbackMethod inboundTrackLabel outboundTrackLabel partialResults \
         languageCode transcriptionEngine speechModel hints profanityFilter enableAutomaticPunctuation \
         intelligenceService",
    ),
    ("Stop", "Transcription", "name"),
    (
        "Connect",
        "ConversationRelay",
        "url voice language ttsProvider ttsLanguage transcriptionProvider transcriptionLanguage speechModel \
         welcomeGreeting welcomeGreetingInterruptible interruptible interruptSensitivity preemptible \
         reportInputDuringAgentSpeech partialPrompts dtmfDetection hints profanityFilter debug events \
         ignorebackchannel backgroundnoisereduction speechtimeout deepgramsmartformat \
         elevenlabsTextNormalization intelligenceService",
    ),
    ("ConversationRelay", "Parameter", "name value"),
    (
        "Start",
        "Recording",
        "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent trim track \
         channels recordingConfigurationId",
    ),
    (
        "Dial",
        "Number",
        "sendDigits url method statusCallbackEvent statusCallback statusCallbackMethod byoc \
         machineDetection amdStatusCallbackMethod amdStatusCallback machineDetectionTimeout \
         machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout",
    ),
    ("Dial", "Client", "url method statusCallbackEvent statusCallback statusCallbackMethod"),
    ("Client", "Identity", ""),
    ("Client", "Parameter", "name value"),
    (
        "Dial",
        "Conference",
        "muted beep startConferenceOnEnter endConferenceOnExit waitUrl waitMethod maxParticipants record \
         recordingConfigurationId region coach trim statusCallbackEvent statusCallback statusCallbackMethod \
         recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent \
         eventCallbackUrl jitterBufferSize participantLabel",
    ),
];

const STREAM: &str =
    "name connectorName url track statusCallback statusCallbackMethod audioFormat sampleRate";

const TEXT: [&str; 7] = ["Say", "Play", "Redirect", "Dial", "Number", "Client", "Conference"];

/// Elements inside `<Say>`; their attributes are the business of the voice.
const SSML: [&str; 12] =
    ["break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w", "Identity", "mark"];

/// Verbs that exist at Twilio and that this simulator does not perform.
const NOT_SIMULATED: [&str; 13] = [
    "Echo",
    "Enqueue",
    "Leave",
    "Pay",
    "Prompt",
    "Queue",
    "Refer",
    "Sms",
    "Sip",
    "Conversation",
    "Room",
    "VirtualAgent",
    "Siprec",
];

/// Refuses what Twilio's schema does not have below `element`.
///
/// 12200 with the element or attribute that is unknown; also for text where none belongs.
pub fn check(element: Node) -> Result<(), Fault> {
    let parent = element.tag_name().name();
    for child in element.children() {
        if child.is_text() && !TEXT.contains(&parent) && parent != "Identity" {
            let text = child.text().unwrap_or_default().trim();
            if !text.is_empty() {
                return Err(invalid(child, format!("text {text:?} in <{parent}>")));
            }
        }
        if child.is_element() {
            known(parent, child)?;
        }
    }
    Ok(())
}

fn known(parent: &str, child: Node) -> Result<(), Fault> {
    let name = child.tag_name().name();
    if parent == "Say" && SSML.contains(&name) {
        return Ok(());
    }
    let Some((.., attributes)) = GRAMMAR.iter().find(|entry| (entry.0, entry.1) == (parent, name)) else {
        let why = if NOT_SIMULATED.contains(&name) { "not simulated" } else { "unknown here" };
        return Err(invalid(child, format!("<{name}> in <{parent}>: {why}")));
    };
    for attribute in child.attributes() {
        if !attributes.split_whitespace().any(|known| known == attribute.name()) {
            return Err(invalid(child, format!("<{name}> has no attribute {:?}", attribute.name())));
        }
    }
    check(child)
}

/// 12200 at a place in the document.
pub fn invalid(node: Node, why: impl std::fmt::Display) -> Fault {
    let place = node.document().text_pos_at(node.range().start);
    Fault::new(12200, format!("TwiML, line {} column {}: {why}", place.row, place.col))
}

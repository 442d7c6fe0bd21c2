use super::*;

fn response(body: &str) -> Result<Vec<Verb>, Fault> {
    parse(&format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{body}</Response>"#))
}

fn code(body: &str) -> u32 {
    response(body).expect_err(body).code
}

fn post(url: &str) -> Target {
    Target { url: url.into(), get: false }
}

#[test]
fn a_stream_with_parameters_and_what_follows() {
    let verbs = response(
        r#"<Say voice="Polly.Amy">This is an <break strength="weak"/> AI &amp; a robot.</Say>
           <Connect><Stream url="wss://example.com/a" statusCallback="/s">
             <Parameter name="ticket" value="x"/></Stream></Connect>
           <Redirect method="GET">/voicemail</Redirect>"#,
    );
    let stream = Stream {
        url: "wss://example.com/a".into(),
        name: String::new(),
        parameters: vec![("ticket".into(), "x".into())],
        status_callback: Some(post("/s")),
    };
    assert_eq!(
        verbs.expect("valid"),
        [
            Verb::Say { text: "This is an AI & a robot.".into() },
            Verb::Connect { action: None, stream },
            Verb::Redirect(Target { url: "/voicemail".into(), get: true }),
        ]
    );
}

#[test]
fn every_verb_is_read() {
    let verbs = response(
        r#"<Pause length="2"/><Play digits="1w2"/>
           <Start><Recording channels="mono" recordingStatusCallback="/r"/></Start>
           <Gather input="dtmf speech" numDigits="1" action="/g" finishOnKey="*"><Say>Press one.</Say></Gather>
           <Record maxLength="60" action="/v" playBeep="true"/>
           <Dial timeout="15" action="/d"><Number>+14155550100</Number><Client><Identity>ann</Identity></Client></Dial>
           <Reject reason="busy"/><Start><Transcription name="t" statusCallbackUrl="/t"/></Start>
           <Stop><Transcription name="t"/></Stop><Stop><Stream name="s" url="wss://x"/></Stop><Hangup/>"#,
    )
    .expect("valid");
    let names: Vec<_> = verbs.iter().map(Verb::name).collect();
    assert_eq!(
        names,
        ["Pause", "Play", "Start", "Gather", "Record", "Dial", "Reject", "Start", "Stop", "Stop", "Hangup"]
    );
    assert!(verbs.contains(&Verb::Dial(Dial {
        action: Some(post("/d")),
        to: vec!["+14155550100".into(), "ann".into()],
        whisper: None,
        is_conference: false,
        joined: None,
        timeout: Duration::from_secs(15),
    })));
}

#[test]
fn what_the_schema_does_not_know_is_refused() {
    for body in [
        "<Speak>hi</Speak>",
        r#"<Say speaker="amy">hi</Say>"#,
        "<Say></Say>",
        "stray text",
        "<Connect/>",
        r#"<Connect><Stream url="wss://x" Url="y"/></Connect>"#,
        "<Connect><Stream/></Connect>",
        r#"<Connect><Stream url="wss://x"><Say>no</Say></Stream></Connect>"#,
        r#"<Redirect method="PUT">/x</Redirect>"#,
        r#"<Pause length="long"/>"#,
        r#"<Gather input="telepathy"/>"#,
        "<hangup/>",
        "<Gather><Redirect>/x</Redirect></Gather>",
        "<Enqueue>support</Enqueue>",
    ] {
        assert_eq!(code(body), 12200, "{body}");
    }
    let value = "v".repeat(500);
    assert_eq!(
        code(&format!(
            r#"<Connect><Stream url="wss://x"><Parameter name="n" value="{value}"/></Stream></Connect>"#
        )),
        12200
    );
}

#[test]
fn what_is_not_a_response_does_not_parse() {
    for text in ["", "<Response>", "<Twiml/>", "{}", r#"<Response version="1"/>"#] {
        assert_eq!(parse(text).expect_err(text).code, 12100);
    }
    assert_eq!(
        parse(&format!("<Response>{}</Response>", " ".repeat(LONGEST))).expect_err("long").code,
        11750
    );
    assert_eq!(parse("<Response/>").expect("empty is valid"), []);
}

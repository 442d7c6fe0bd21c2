use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Base64 of `n` milliseconds of audio.
fn audio(n: usize) -> String {
    STANDARD.encode(vec![0x55; n * 8])
}

struct Bench {
    playback: Playback,
    encoder: Encoder,
    out: Outbox,
    now: Duration,
}

impl Bench {
    fn new() -> Self {
        Self {
            playback: Playback::default(),
            encoder: Encoder::new("MZ1"),
            out: Outbox::default(),
            now: Duration::ZERO,
        }
    }

    fn piece(&mut self, item: &str, delta: &str) -> bool {
        self.playback.piece(item, delta, self.now, &self.encoder, &mut self.out)
    }

    fn complete(&mut self, item: &str) -> Option<String> {
        self.playback.complete(item, self.now, &self.encoder, &mut self.out);
        self.playback.finished().map(|heard| heard.item_id)
    }

    /// A mark comes back; what began with it.
    fn returned(&mut self, mark: &str, at: u64) -> Option<&str> {
        self.now = ms(at);
        self.playback.returned(mark, self.now)
    }

    fn interrupt(&mut self, at: u64) -> Vec<(String, u64)> {
        let heard = self.playback.interrupt(ms(at), &self.encoder, &mut self.out);
        heard.into_iter().map(|heard| (heard.item_id, heard.played_ms)).collect()
    }

    fn marks(&self) -> Vec<String> {
        let control = self.out.to_twilio.iter().filter(|message| !message.audio);
        let name = |text: &str| json::string_field(text, "name").map(str::to_owned);
        control.filter_map(|message| name(std::str::from_utf8(&message.text).unwrap())).collect()
    }

    /// Bytes of audio in each media message sent so far.
    fn sent(&self) -> Vec<usize> {
        let media = self.out.to_twilio.iter().filter(|message| message.audio);
        media
            .map(|message| {
                let text = std::str::from_utf8(&message.text).unwrap();
                json::decoded_len(json::string_field(text, "payload").unwrap())
            })
            .collect()
    }
}

#[test]
fn the_clock_tells_between_marks() {
    let mut bench = Bench::new();
    bench.piece("a", &audio(400));
    bench.piece("a", &audio(400));
    assert_eq!(bench.returned("0.1.0", 1000), Some("a"));
    assert_eq!(bench.interrupt(1250), [("a".to_owned(), 250)]);
}

#[test]
fn never_past_a_mark_that_has_not_come_back_nor_past_what_was_produced() {
    let mut bench = Bench::new();
    bench.piece("a", &audio(400));
    bench.piece("a", &audio(400));
    bench.returned("0.1.0", 0);
    assert_eq!(bench.interrupt(10_000), [("a".to_owned(), 400)]);

    bench.piece("b", &audio(30));
    bench.complete("b");
    assert_eq!(bench.sent(), [3200, 3200, 160, 160], "30 ms become two frames");
    bench.returned("1.2.0", 0);
    assert_eq!(bench.interrupt(100), [("b".to_owned(), 30)], "padding was not produced");
}

#[test]
fn frame_by_frame_there_is_a_mark_for_each_100_ms_and_one_at_the_end() {
    let mut bench = Bench::new();
    for _ in 0..12 {
        bench.piece("a", &audio(20));
    }
    assert_eq!(bench.marks(), ["0.1.0", "0.1.800", "0.1.1600"]);
    bench.complete("a");
    assert_eq!(bench.marks()[3..], ["0.1.1920"]);
    for mark in ["0.1.0", "0.1.800", "0.1.1600"] {
        bench.returned(mark, 0);
    }
    assert!(bench.playback.finished().is_none());
    bench.returned("0.1.1920", 240);
    assert!(bench.playback.finished().is_some());
}

#[test]
fn where_no_mark_is_the_clock_tells_and_a_gap_is_not_played() {
    let heard = |at: u64| {
        let mut bench = Bench::new();
        for _ in 0..3 {
            bench.piece("a", &audio(20));
        }
        bench.returned("0.1.0", 0);
        bench.now = ms(1000);
        bench.piece("a", &audio(20));
        bench.interrupt(at)[0].1
    };
    assert_eq!([1000, 1010, 2000].map(heard), [60, 70, 80]);
}

#[test]
fn after_a_gap_the_clock_starts_anew() {
    let mut bench = Bench::new();
    bench.piece("a", &audio(400));
    bench.returned("0.1.0", 0);
    bench.returned("0.1.3200", 400);
    bench.now = ms(3000);
    bench.piece("a", &audio(400));
    assert_eq!(bench.interrupt(3100), [("a".to_owned(), 500)], "nothing was played in between");
}

#[test]
fn items_are_heard_in_order_however_their_ends_arrive() {
    let mut bench = Bench::new();
    bench.piece("a", &STANDARD.encode([0x55; 100]));
    bench.piece("b", &audio(20));
    assert_eq!(bench.sent(), [160, 160], "what was left of the first is not played behind the second");
    assert_eq!(bench.complete("b"), None);
    for mark in ["0.1.0", "0.1.160", "0.2.0", "0.2.160"] {
        bench.returned(mark, 40);
    }
    assert_eq!(bench.complete("a"), Some("a".to_owned()));
    assert_eq!(bench.playback.finished().map(|heard| heard.item_id), Some("b".to_owned()));
}

#[test]
fn marks_that_nobody_sent_move_nothing() {
    let mut bench = Bench::new();
    bench.piece("a", &audio(400));
    bench.returned("0.1.18446744073709551615", 1);
    assert_eq!(bench.interrupt(10_000), [("a".to_owned(), 400)]);
}

#[test]
fn what_was_not_heard_is_at_zero() {
    let mut bench = Bench::new();
    bench.piece("a", &audio(400));
    bench.piece("b", &audio(400));
    bench.returned("0.1.0", 0);
    assert_eq!(bench.interrupt(100), [("a".to_owned(), 100), ("b".to_owned(), 0)]);
    assert!(bench.playback.is_idle());
    assert!(bench.interrupt(200).is_empty(), "nothing left to interrupt");
}

#[test]
fn marks_that_a_clear_sends_back_say_nothing() {
    let mut bench = Bench::new();
    bench.piece("a", &audio(400));
    bench.returned("0.1.0", 0);
    bench.interrupt(100);
    bench.piece("b", &audio(400));
    assert_eq!(bench.returned("0.1.3200", 101), None);
    assert_eq!(bench.returned("nonsense", 101), None);
    assert_eq!(bench.interrupt(110), [("b".to_owned(), 0)]);
}

#[test]
fn an_item_is_heard_when_its_last_mark_is_back() {
    let mut bench = Bench::new();
    bench.piece("a", &audio(20));
    bench.piece("a", &audio(20));
    assert_eq!(bench.complete("a"), None);
    bench.returned("0.1.0", 0);
    assert!(bench.playback.finished().is_none());
    bench.returned("0.1.320", 40);
    let heard = bench.playback.finished().map(|heard| (heard.played_ms, heard.produced_ms, heard.whole));
    assert_eq!(heard, Some((40, 40, true)));
    assert!(bench.playback.is_idle());
}

#[test]
fn odd_deltas_leave_as_whole_frames() {
    let mut bench = Bench::new();
    for length in [7, 200, 1, 160, 333] {
        assert!(bench.piece("a", &STANDARD.encode(vec![0x55; length])));
    }
    bench.complete("a");
    assert!(bench.sent().iter().all(|bytes| bytes.is_multiple_of(FRAME_BYTES)));
    assert_eq!(bench.sent().iter().sum::<usize>(), 800, "701 bytes, padded");
    assert!(!bench.piece("a", "%%%"));
}

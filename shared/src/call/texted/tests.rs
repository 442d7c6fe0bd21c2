use super::*;
use crate::{call::ending::MAX_WORDLESS, language::Language, outbound::Words};

const GREETING: &str = "Hello, this is the AI assistant.";

struct Line {
    texted: Texted,
    out: Vec<Output>,
    now: Duration,
}

impl Line {
    /// Greeted, and what that led to is looked at.
    fn greeted() -> Self {
        let mut line = Self::new();
        line.texted.greet(line.now, &mut line.out);
        line
    }

    fn new() -> Self {
        let texted = Texted::new(GREETING, Spoken::with(None, None, &Language::ALL), 0, Limits::default());
        Self { texted, out: Vec::new(), now: Duration::ZERO }
    }

    /// A call that we placed, and nobody was spoken to yet.
    fn placed() -> Self {
        let mut line = Self::new();
        let words = Words { screened: "It is me.".to_owned(), message: "Call me.".to_owned() };
        line.texted.placed(words, line.now);
        line
    }

    fn told(&mut self, input: Input<'_>) -> &mut Self {
        self.now += Duration::from_millis(100);
        self.texted.handle(input, self.now, &mut self.out);
        self
    }

    fn says(&mut self, text: &str) -> &mut Self {
        self.told(Input::Twilio(Incoming::Prompt { voice_prompt: text.to_owned(), last: true }))
    }

    fn interrupts(&mut self, heard: &str) -> &mut Self {
        let utterance_until_interrupt = heard.to_owned();
        self.told(Input::Twilio(Incoming::Interrupt { utterance_until_interrupt }))
    }

    fn words(&mut self, answer: u32, words: &str) -> &mut Self {
        self.told(Input::Words { answer, words })
    }

    fn answered(&mut self, answer: u32, ends_call: bool) -> &mut Self {
        self.told(Input::Answered { answer, text: "", ends_call })
    }

    /// Time passes until the call is over, or for five minutes.
    fn waits(&mut self) -> &mut Self {
        let until = self.now + Duration::from_mins(5);
        while let Some(due) = self.texted.deadline().filter(|due| *due <= until) {
            self.now = due.max(self.now + Duration::from_millis(1));
            self.texted.handle(Input::Tick, self.now, &mut self.out);
        }
        self
    }

    fn turns(&self) -> Vec<(u32, &str, bool)> {
        let turns = self.out.iter().filter_map(|output| match output {
            Output::Persist(turn) => Some((turn.sequence, turn.text.as_str(), turn.interrupted)),
            _ => None,
        });
        turns.collect()
    }

    fn spoken(&self) -> String {
        let tokens = self.out.iter().filter_map(|output| match output {
            Output::Send(Outgoing::Text { token, .. }) => Some(token.as_str()),
            _ => None,
        });
        tokens.collect()
    }

    fn asked(&self) -> Vec<(u32, &str)> {
        let asked = self.out.iter().filter_map(|output| match output {
            Output::Ask { answer, said, .. } => Some((*answer, said.as_str())),
            _ => None,
        });
        asked.collect()
    }
}

#[test]
fn a_loud_line_without_a_word_is_closed() {
    let nobody_there = Language::En.words().nobody_there;
    let mut line = Line::greeted();
    let mut interrupted = 0;
    while line.texted.outcome().is_none() {
        let due = line.texted.deadline().unwrap();
        line.now = due.max(line.now);
        line.told(Input::Tick).interrupts("");
        interrupted += 1;
        assert!(interrupted <= MAX_WORDLESS + 1, "{}", line.spoken());
    }
    assert_eq!(line.texted.outcome(), Some(Outcome::Silence));
    assert!(line.spoken().ends_with(nobody_there), "{}", line.spoken());

    let mut line = Line::greeted();
    for _ in 0..2 {
        for _ in 1..MAX_WORDLESS {
            line.interrupts("");
        }
        line.says("It is loud here.");
    }
    assert!(!line.spoken().contains(nobody_there), "{}", line.spoken());
}

#[test]
fn first_it_says_that_it_is_an_ai_and_nobody_interrupts_that() {
    let mut line = Line::greeted();
    let first = Outgoing::Text { token: GREETING.to_owned(), last: true, interruptible: false };
    assert_eq!(line.out, [Output::Send(first)]);
    line.interrupts("Hello, this").says("Who are you?");
    assert_eq!(line.spoken(), GREETING.repeat(2), "what was broken off all the same is said again");
    let expected = [(1, "Hello, this", true), (2, GREETING, false), (3, "Who are you?", false)];
    assert_eq!(line.turns(), expected);
}

#[test]
fn an_answer_is_spoken_as_it_comes_and_kept_as_it_was_heard() {
    let mut line = Line::greeted();
    line.says("What does he do?")
        .words(1, "He builds **ledgers")
        .words(1, "** [1")
        .words(1, ", 2]. In Rust.");
    line.answered(1, false);
    assert_eq!(line.spoken(), format!("{GREETING}He builds ledgers. In Rust."));
    line.interrupts("He builds").says("Stop.");
    assert_eq!(line.asked(), [(1, "What does he do?"), (2, "Stop.")]);
    assert_eq!(line.turns()[2..], [(3, "He builds", true), (4, "Stop.", false)]);
}

#[test]
fn what_still_comes_of_an_interrupted_answer_is_dropped() {
    let mut line = Line::greeted();
    line.says("Tell me all.").words(1, "Well, ").interrupts("Well,").words(1, "it began ").says("No.");
    line.words(1, "in spring.").answered(1, true).words(2, "Sorry.").answered(2, false);
    assert_eq!(line.spoken(), format!("{GREETING}Well, Sorry."));
    assert_eq!(line.texted.outcome(), None, "the goodbye of it is dropped, too");
    line.interrupts("").says("Yes?");
    assert!(!line.turns().iter().any(|(_, text, _)| text.contains("Sorry")), "nothing of it was heard");
}

#[test]
fn what_is_interrupted_or_spoken_over_does_nothing_more() {
    let mut line = Line::greeted();
    line.says("Book Tuesday at three.").words(1, "Let me ").interrupts("Let");
    assert!(matches!(line.out[..], [.., Output::Drop, Output::Persist(_)]), "{:?}", line.out);
    let mut line = Line::greeted();
    line.says("Take this down.").says("My father is having a heart attack!");
    assert_eq!(line.out.iter().filter(|output| **output == Output::Drop).count(), 1);
    let mut line = Line::greeted();
    line.says("Hello?").words(1, "Hello.").answered(1, false).interrupts("Hello.");
    assert!(!line.out.contains(&Output::Drop), "it is whole");
}

#[test]
fn an_answer_is_not_cut_off_to_say_how_much_time_is_left() {
    let mut line = Line::greeted();
    let limits = Limits::default();
    line.now = limits.max_duration.saturating_sub(limits.warning + Duration::from_secs(1));
    line.says("Goodbye.").words(1, "It was ");
    line.now += Duration::from_secs(2);
    line.told(Input::Tick).words(1, "a pleasure.");
    assert!(line.spoken().ends_with("It was a pleasure."), "{}", line.spoken());
    line.answered(1, false).told(Input::Tick);
    assert!(line.spoken().ends_with(Language::En.words().one_minute), "{}", line.spoken());
}

#[test]
fn parts_are_one_utterance() {
    let mut line = Line::greeted();
    let part = |text: &str, last| Input::Twilio(Incoming::Prompt { voice_prompt: text.to_owned(), last });
    line.told(part("I call", false)).told(part("about", false)).told(part("the job.", true));
    line.told(part("It is", false)).told(part("It is in", false)).told(part("It is in Rust.", true));
    assert_eq!(line.asked(), [(1, "I call about the job."), (2, "It is in Rust.")]);
    line.told(part("  ", true));
    assert_eq!(line.asked().len(), 2);
}

#[test]
fn the_call_ends_behind_the_goodbye() {
    let mut line = Line::greeted();
    line.says("That is all.").words(1, "Goodbye then.").answered(1, true);
    assert_eq!(line.texted.outcome(), None, "it is being said");
    line.waits();
    assert_eq!(line.texted.outcome(), Some(Outcome::Completed));
    let end = Outgoing::End { handoff_data: r#"{"outcome":"completed"}"#.to_owned() };
    assert_eq!(line.out[line.out.len() - 2..], [Output::Send(end), Output::Close(CloseCode::Normal)]);

    let mut line = Line::greeted();
    line.says("That is all.").words(1, "Goodbye then.").answered(1, true).says("One more thing.").waits();
    assert_ne!(line.texted.outcome(), Some(Outcome::Completed), "they went on");
}

#[test]
fn nobody_there_and_no_brain() {
    let mut line = Line::greeted();
    line.waits();
    assert_eq!(line.texted.outcome(), Some(Outcome::Silence));
    let prompts = u32::try_from(line.spoken().matches(Language::En.words().are_you_there).count()).unwrap();
    assert_eq!(prompts, Limits::default().silence_prompts);

    let mut line = Line::greeted();
    while !line.spoken().contains(Language::En.words().nobody_there) {
        let due = line.texted.deadline().unwrap();
        line.now = due.max(line.now);
        line.told(Input::Tick);
    }
    line.says("I am here!");
    assert_eq!(line.asked(), [(1, "I am here!")], "whoever answers then is there");
    line.words(1, "Good.").answered(1, false).told(Input::Tick);
    assert_eq!(line.texted.outcome(), None);

    let mut line = Line::greeted();
    line.says("Hello?").told(Input::Unanswered { answer: 1 });
    assert_eq!(line.texted.outcome(), Some(Outcome::ModelUnavailable));
    assert!(matches!(&line.out[line.out.len() - 2], Output::Send(Outgoing::End { .. })));
}

#[test]
fn keys_are_asked_about_and_numbers_of_cards_are_not_passed_on() {
    let mut line = Line::greeted();
    for digit in "4111111111111111#12#".chars() {
        line.told(Input::Twilio(Incoming::Dtmf { digit: digit.to_string() }));
    }
    let asked = line.asked();
    assert!(asked[0].1.contains("payment card") && !asked[0].1.contains("4111"), "{asked:?}");
    assert!(asked[1].1.contains("12"));
}

#[test]
fn danger_and_abuse() {
    let mut line = Line::greeted();
    line.says("My father is having a heart attack!");
    assert!(line.out.iter().any(|output| matches!(output, Output::Alert(_))));
    assert!(line.spoken().contains("112 in Europe") && line.asked().is_empty());
    let mut line = Line::greeted();
    line.says("Fuck you.").says("You asshole.").says("Fuck off.").waits();
    assert_eq!(line.texted.outcome(), Some(Outcome::Abuse));
    assert!(matches!(
        line.out.iter().find(|o| matches!(o, Output::Ask { .. })),
        Some(Output::Ask { note: Some(_), .. })
    ));
}

#[test]
fn what_breaks_the_rules_is_closed() {
    let mut line = Line::greeted();
    for _ in 0..MAX_BAD_FRAMES {
        line.told(Input::BadFrame);
    }
    assert_eq!(line.out.last(), Some(&Output::Close(CloseCode::Policy)));
    assert_eq!(line.texted.outcome(), Some(Outcome::Lost));
}

#[test]
fn a_caller_who_hangs_up_has_heard_what_there_was_time_for() {
    let mut line = Line::greeted();
    line.now = Duration::from_secs(10);
    line.says("And?").words(1, "One two three four five six seven eight nine ten.");
    line.now += Duration::from_secs(1);
    line.told(Input::Gone);
    assert_eq!(line.texted.finish(line.now, &mut line.out), Outcome::HungUp);
    assert_eq!(line.turns().last(), Some(&(3, "One two three", true)));
}

#[test]
fn whoever_picks_up_a_call_of_ours_is_greeted_once() {
    let mut line = Line::placed();
    assert_eq!(line.says("Hello, Dana speaking.").spoken(), GREETING);
    assert!(line.asked().is_empty(), "the greeting is the answer");
    line.told(Input::Detected(Detected::Machine)).says("Yes, it is.");
    assert_eq!((line.spoken(), line.asked()), (GREETING.to_owned(), vec![(1, "Yes, it is.")]));
    assert_eq!(line.told(Input::Gone).texted.outcome(), Some(Outcome::HungUp));

    let mut foreign = Line::placed();
    foreign.says("Guten Tag, ich bin gerade nicht hier, bitte sprechen Sie auf das Band.");
    let switches = |output: &Output| matches!(output, Output::Send(Outgoing::Language { .. }));
    assert!(!foreign.out.iter().any(switches), "the words that follow are in ours: {:?}", foreign.out);

    let mut silent = Line::placed();
    silent.told(Input::Detected(Detected::Human)).says("Who is this?");
    assert_eq!((silent.spoken(), silent.asked()), (GREETING.to_owned(), vec![(1, "Who is this?")]));
}

#[test]
fn a_machine_that_picks_up_a_call_of_ours_is_not_talked_with() {
    let asked_for_a_message = "Please leave a message after the tone.";
    let mut line = Line::placed();
    line.says(asked_for_a_message).waits();
    assert_eq!((line.spoken().as_str(), line.asked().len()), ("Call me.", 0));
    assert_eq!(line.texted.outcome(), Some(Outcome::MessageLeft));

    let mut hung_up = Line::placed();
    hung_up.says(asked_for_a_message).told(Input::Detected(Detected::Machine)).told(Input::Gone);
    assert_eq!(hung_up.texted.outcome(), Some(Outcome::NotReached), "the box did not hear it all");

    let mut screened = Line::placed();
    screened.says("Please state your name.").says("Hi, this is Dana.");
    assert_eq!(screened.spoken(), format!("It is me.{GREETING}"));

    let mut menu = Line::placed();
    menu.says("For sales, press 1. For Dana, press 2.");
    assert_eq!((menu.spoken().as_str(), menu.texted.outcome()), ("", Some(Outcome::NotReached)));
    assert_eq!(
        Line::placed().told(Input::Detected(Detected::Fax)).texted.outcome(),
        Some(Outcome::OutOfService)
    );
}

#[test]
fn whoever_speaks_another_language_is_heard_and_spoken_to_in_it() {
    let mut line = Line::greeted();
    line.says("Hallo, ich möchte bitte mit Alex sprechen.").answered(1, false);
    let tag = "de-DE";
    let switch = Output::Send(Outgoing::Language { tts_language: tag, transcription_language: tag });
    let at = |wanted: &Output| line.out.iter().position(|output| output == wanted);
    let asked = line.out.iter().position(|output| matches!(output, Output::Ask { .. }));
    assert!(at(&switch).is_some() && at(&switch) < asked, "before the answer: {:?}", line.out);
    line.says("Danke, ich warte.").says("Und wie geht es weiter mit der Bewerbung?");
    line.answered(3, false).waits();
    let switches = line.out.iter().filter(|output| **output == switch).count();
    assert_eq!(switches, 1);
    assert!(line.spoken().ends_with(Language::De.words().nobody_there), "{}", line.spoken());
}

#[test]
fn who_has_to_leave_says_goodbye() {
    let mut line = Line::greeted();
    line.says("Who are you?").told(Input::Leave);
    assert!(line.out.contains(&Output::Drop), "an answer that is being made is not waited for");
    let said = line.spoken();
    assert!(said.ends_with(Language::En.words().time_is_up), "{said}");
    line.told(Input::Leave);
    assert_eq!(line.spoken(), said, "once");
    assert_eq!(line.texted.outcome(), None, "it is still heard");
    line.waits();
    assert_eq!(line.texted.outcome(), Some(Outcome::DurationLimit));
}

#[test]
fn who_has_to_leave_says_nothing_to_whom_they_have_not_greeted() {
    let mut line = Line::placed();
    line.told(Input::Leave);
    assert_eq!((line.spoken().as_str(), line.texted.outcome()), ("", Some(Outcome::ModelUnavailable)));
}

#[test]
fn who_has_to_leave_amid_a_goodbye_says_the_last_word() {
    let mut line = Line::greeted();
    line.says("Bye.").words(1, "Goodbye.").answered(1, true).told(Input::Leave);
    assert!(line.spoken().ends_with("Goodbye."), "one is enough: {}", line.spoken());
    line.says("One more thing.").told(Input::Tick);
    assert!(line.spoken().ends_with(Language::En.words().time_is_up), "{}", line.spoken());
    assert_eq!(line.waits().texted.outcome(), Some(Outcome::DurationLimit));

    let mut long = Line::greeted();
    long.says("Bye.").words(1, &"And so on. ".repeat(100)).answered(1, true).told(Input::Leave);
    let latest = long.now + Limits::default().goodbye;
    long.waits();
    assert_eq!((long.texted.outcome(), long.now), (Some(Outcome::Completed), latest));
}

//! Before the first word of a call that we placed: who, or what, has picked up? A person is greeted, a box is left word,
//! a screening service is told who calls.

use std::time::Duration;

use crate::{
    interaction::Outcome,
    outbound::{Detected, PickedUp, Words, picked_up, picks_up},
};

/// Whoever says nothing for so long waits to hear us.
const SILENT: Duration = Duration::from_secs(3);
/// So long after they have spoken it should be known what they said.
const MADE_OUT_WITHIN: Duration = Duration::from_secs(4);
/// A box is quiet for so long once its tone is over: where nobody detects the tone, we speak then.
const AFTER_THE_TONE: Duration = Duration::from_millis(3500);
/// Whoever was asked by a screening service decides within this, and nobody listens to a machine for longer.
const GIVE_UP_AFTER: Duration = Duration::from_mins(1);
/// A menu that comes again is gone through again, so often.
const MAX_MENUS: u32 = 4;
/// A screening service that asks again is answered again, so often.
const MAX_SCREENED: u32 = 2;

#[derive(Debug)]
pub struct Pickup {
    words: Words,
    state: State,
    /// They speak, or have spoken until then.
    speaking: bool,
    heard_at: Option<Duration>,
    /// When we were heard to the end, or began to listen.
    since: Duration,
    greeted_at: Duration,
    /// Whoever was taken for a person spoke on like a box, while they were being greeted.
    like_a_box: bool,
    screened: u32,
    menus: u32,
    /// Nobody is waited for any longer.
    end: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Listening,
    /// A screening service passes on who calls.
    Screened,
    /// A menu is gone through: behind it, a telephone may ring.
    Menu,
    /// A box has not had its tone yet.
    Waiting,
    /// The network says that they are not there; a box may come behind it.
    Unavailable,
    /// It is being left word.
    Leaving,
    /// We spoke first, because nobody said anything: it may still be a machine.
    Greeted,
    Person,
}

/// What is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Do {
    Nothing,
    /// Say who calls and why.
    Greet,
    /// They have answered: the conversation begins.
    Converse,
    /// The same, but what they said came before we spoke: the greeting was the answer.
    Listen,
    Say(String),
    /// Find the way through this menu.
    Choose(String),
    /// These words, and then hang up.
    Leave(String),
    End(Outcome),
}

impl Pickup {
    pub fn new(words: Words) -> Self {
        Self {
            words,
            state: State::Listening,
            speaking: false,
            heard_at: None,
            since: Duration::ZERO,
            greeted_at: Duration::ZERO,
            like_a_box: false,
            screened: 0,
            menus: 0,
            end: GIVE_UP_AFTER,
        }
    }

    /// The model only listens: it is told what to say.
    pub fn holds(&self) -> bool {
        self.state != State::Person
    }

    /// Nobody has been greeted, and it is not our turn to do so.
    pub fn is_before_the_greeting(&self) -> bool {
        !matches!(self.state, State::Person | State::Greeted)
    }

    /// There is a model that listens, or one again.
    pub fn listens(&mut self, now: Duration) {
        self.since = now;
    }

    pub fn speech_started(&mut self) {
        self.speaking = true;
    }

    pub fn speech_stopped(&mut self, now: Duration) {
        self.speaking = false;
        self.heard_at = Some(now);
    }

    /// We were heard until now.
    pub fn we_were_heard(&mut self, now: Duration) {
        self.since = self.since.max(now);
    }

    /// What was said; `None` if it was not made out.
    pub fn said(&mut self, text: Option<&str>) -> Do {
        let what = picked_up(text.unwrap_or_default());
        match (self.state, what) {
            (State::Person, PickedUp::Voicemail) => {
                self.like_a_box |= self.since <= self.greeted_at;
                Do::Nothing
            }
            (State::Person | State::Leaving, _) => Do::Nothing,
            (State::Greeted, PickedUp::Person | PickedUp::Hold | PickedUp::Unclear) => {
                self.state = State::Person;
                if self.heard_at > Some(self.greeted_at) { Do::Converse } else { Do::Listen }
            }
            (_, PickedUp::Unclear | PickedUp::Announced) => Do::Nothing,
            (State::Waiting | State::Unavailable, PickedUp::Person)
                if !picks_up(text.unwrap_or_default()) =>
            {
                Do::Nothing
            }
            (_, PickedUp::Person) => {
                self.state = State::Person;
                self.greeted_at = self.heard_at.unwrap_or(self.since);
                Do::Greet
            }
            (_, PickedUp::Voicemail) => {
                self.state = State::Waiting;
                Do::Nothing
            }
            (State::Waiting, PickedUp::Unavailable) => Do::Nothing,
            (_, PickedUp::Unavailable) => {
                self.state = State::Unavailable;
                Do::Nothing
            }
            (_, PickedUp::Screening) => self.screen(),
            (_, PickedUp::Menu) => self.choose(text.unwrap_or_default()),
            (_, PickedUp::OutOfService) => Do::End(Outcome::OutOfService),
            (_, PickedUp::Hold) => Do::Nothing,
        }
    }

    /// What Twilio makes of it, some seconds later. Words that were understood count for more.
    pub fn detected(&mut self, detected: Detected, now: Duration) -> Do {
        match (self.state, detected) {
            // Both say so.
            (State::Person, Detected::Machine) if self.like_a_box => self.leave(),
            (State::Person | State::Leaving, _) => Do::Nothing,
            (State::Listening | State::Waiting | State::Greeted, Detected::Machine) => self.leave(),
            (_, Detected::Fax) => Do::End(Outcome::OutOfService),
            (State::Listening, Detected::Human | Detected::Unknown) => self.greet(now),
            _ => Do::Nothing,
        }
    }

    pub fn deadline(&self) -> Option<Duration> {
        if matches!(self.state, State::Person | State::Leaving) {
            return None;
        }
        let end = self.end;
        if self.speaking {
            return Some(end);
        }
        let due = match (self.state, self.heard_at) {
            (State::Listening, None) => self.since + SILENT,
            (State::Listening, Some(heard)) => heard.max(self.since) + MADE_OUT_WITHIN,
            (State::Greeted, Some(heard)) if heard > self.since => heard + MADE_OUT_WITHIN,
            (State::Unavailable, heard) => heard.unwrap_or(self.since).max(self.since) + MADE_OUT_WITHIN,
            (State::Waiting, heard) => heard.unwrap_or(self.since).max(self.since) + AFTER_THE_TONE,
            _ => end,
        };
        Some(due.min(end))
    }

    pub fn tick(&mut self, now: Duration) -> Do {
        if self.deadline().is_none_or(|due| now < due) {
            return Do::Nothing;
        }
        match self.state {
            State::Waiting if !self.speaking => self.leave(),
            State::Listening if !self.speaking && now < self.end => self.greet(now),
            // They listen, and it is a conversation like any other.
            State::Greeted => {
                self.state = State::Person;
                Do::Converse
            }
            _ => Do::End(Outcome::NotReached),
        }
    }

    /// How it ended, if they hang up now.
    pub fn hung_up(&self) -> Outcome {
        match self.state {
            State::Person | State::Greeted => Outcome::HungUp,
            _ => Outcome::NotReached,
        }
    }

    fn screen(&mut self) -> Do {
        self.screened += 1;
        self.state = State::Screened;
        if self.screened > MAX_SCREENED { Do::Nothing } else { Do::Say(self.words.screened.clone()) }
    }

    fn choose(&mut self, menu: &str) -> Do {
        self.menus += 1;
        if self.menus > MAX_MENUS {
            return Do::End(Outcome::NotReached);
        }
        self.state = State::Menu;
        self.end = self.heard_at.unwrap_or(self.since) + GIVE_UP_AFTER;
        Do::Choose(menu.to_owned())
    }

    fn greet(&mut self, now: Duration) -> Do {
        self.state = State::Greeted;
        self.greeted_at = now;
        Do::Greet
    }

    fn leave(&mut self) -> Do {
        self.state = State::Leaving;
        Do::Leave(self.words.message.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pickup() -> Pickup {
        Pickup::new(Words { screened: "It is me.".to_owned(), message: "Call me.".to_owned() })
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// They speak until `until`, and this is made out.
    fn says(pickup: &mut Pickup, text: &str, until: u64) -> Do {
        pickup.speech_started();
        pickup.speech_stopped(seconds(until));
        pickup.said(Some(text))
    }

    #[test]
    fn a_person_is_greeted_once() {
        let mut pickup = pickup();
        assert!(pickup.holds() && pickup.is_before_the_greeting());
        assert_eq!(says(&mut pickup, "Hello?", 1), Do::Greet);
        assert!(!pickup.holds() && pickup.deadline().is_none());
        pickup.we_were_heard(seconds(4));
        assert_eq!(
            says(&mut pickup, "Please leave a message.", 5),
            Do::Nothing,
            "it is a person, whatever they say"
        );
        assert_eq!(pickup.detected(Detected::Machine, seconds(8)), Do::Nothing);
        assert_eq!(pickup.hung_up(), Outcome::HungUp);
    }

    #[test]
    fn whoever_waits_is_spoken_to() {
        let mut pickup = pickup();
        assert_eq!(pickup.deadline(), Some(SILENT));
        assert_eq!(pickup.tick(seconds(2)), Do::Nothing);
        assert_eq!(pickup.tick(SILENT), Do::Greet);
        assert!(pickup.holds(), "it may still be a machine");
        assert_eq!(says(&mut pickup, "Yes, who is this?", 8), Do::Converse);
        assert!(!pickup.holds());
    }

    /// Detection was quicker than the transcript of their hello.
    #[test]
    fn a_hello_that_came_before_the_greeting_is_answered_by_it() {
        let mut pickup = pickup();
        pickup.speech_started();
        pickup.speech_stopped(seconds(1));
        assert_eq!(pickup.detected(Detected::Human, seconds(2)), Do::Greet);
        assert_eq!(pickup.said(Some("Hello?")), Do::Listen);
        assert!(!pickup.holds());
    }

    #[test]
    fn a_machine_that_was_greeted_is_left_word_all_the_same() {
        let mut pickup = pickup();
        assert_eq!(pickup.tick(SILENT), Do::Greet);
        assert_eq!(pickup.detected(Detected::Machine, seconds(8)), Do::Leave("Call me.".to_owned()));
        assert_eq!(says(&mut pickup, "Hello?", 9), Do::Nothing);
    }

    #[test]
    fn a_box_is_left_word_after_its_tone() {
        let mut pickup = pickup();
        assert_eq!(says(&mut pickup, "Please leave a message after the tone.", 6), Do::Nothing);
        assert_eq!(pickup.hung_up(), Outcome::NotReached);
        assert_eq!(pickup.tick(seconds(9)), Do::Nothing);
        assert_eq!(pickup.tick(seconds(6) + AFTER_THE_TONE), Do::Leave("Call me.".to_owned()));
        let mut pickup = self::pickup();
        says(&mut pickup, "You have reached the mailbox of", 3);
        assert_eq!(
            pickup.detected(Detected::Machine, seconds(8)),
            Do::Leave("Call me.".to_owned()),
            "at its tone"
        );
        let mut pickup = self::pickup();
        says(&mut pickup, "You have reached the mailbox of", 3);
        assert_eq!(says(&mut pickup, "Hello, I am here!", 5), Do::Greet, "they pick up after all");
    }

    /// Its words come one by one, and some of them could be a person's.
    #[test]
    fn a_box_that_pauses_is_not_talked_with() {
        let mut pickup = pickup();
        for (text, until) in [
            ("You've reached Dana Whitfield.", 2),
            ("I can't take your call right now.", 5),
            ("I am away from my desk until Monday.", 8),
        ] {
            assert_eq!(says(&mut pickup, text, until), Do::Nothing, "{text}");
        }
        assert_eq!(pickup.tick(seconds(10)), Do::Nothing);
        assert_eq!(pickup.tick(seconds(8) + AFTER_THE_TONE), Do::Leave("Call me.".to_owned()));
        let mut company = self::pickup();
        says(&mut company, "You have reached Northgate Search.", 2);
        assert_eq!(company.tick(seconds(2) + MADE_OUT_WITHIN), Do::Greet, "they wait to hear us");
    }

    /// Its owner's name was taken for a hello.
    #[test]
    fn a_box_that_was_taken_for_a_person_is_left_word_if_both_say_so() {
        let mut pickup = pickup();
        assert_eq!(says(&mut pickup, "Hi, this is Dana.", 2), Do::Greet);
        assert_eq!(pickup.detected(Detected::Unknown, seconds(3)), Do::Nothing);
        assert_eq!(says(&mut pickup, "Please leave a message after the tone.", 5), Do::Nothing);
        assert_eq!(pickup.detected(Detected::Machine, seconds(6)), Do::Leave("Call me.".to_owned()));
        let mut alone = self::pickup();
        says(&mut alone, "Hi, this is Dana.", 2);
        assert_eq!(alone.detected(Detected::Machine, seconds(6)), Do::Nothing, "words count for more");
    }

    #[test]
    fn whoever_cannot_be_reached_is_tried_again() {
        let mut pickup = pickup();
        let announced = "The person you are trying to reach is not available.";
        assert_eq!(says(&mut pickup, announced, 4), Do::Nothing, "a box may come behind it");
        assert_eq!(says(&mut pickup, "Please try again later.", 6), Do::Nothing);
        assert_eq!(pickup.detected(Detected::Machine, seconds(7)), Do::Nothing, "it takes no message");
        assert_eq!(pickup.tick(seconds(6) + MADE_OUT_WITHIN), Do::End(Outcome::NotReached));
        let mut forwarded = self::pickup();
        says(&mut forwarded, announced, 4);
        assert_eq!(says(&mut forwarded, "At the tone, record your message.", 7), Do::Nothing);
        assert_eq!(forwarded.tick(seconds(7) + AFTER_THE_TONE), Do::Leave("Call me.".to_owned()));
        let mut there = self::pickup();
        says(&mut there, announced, 4);
        assert_eq!(says(&mut there, "Hello?", 6), Do::Greet);
    }

    #[test]
    fn a_screening_service_is_told_who_calls() {
        let mut pickup = pickup();
        let asks = "Please state your name.";
        assert_eq!(says(&mut pickup, asks, 3), Do::Say("It is me.".to_owned()));
        assert_eq!(says(&mut pickup, "Thanks, please stay on the line.", 9), Do::Nothing);
        assert_eq!(says(&mut pickup, asks, 12), Do::Say("It is me.".to_owned()));
        assert_eq!(says(&mut pickup, asks, 15), Do::Nothing, "twice is enough");
        assert_eq!(says(&mut pickup, "Hi, this is Dana.", 20), Do::Greet);
        let mut pickup = self::pickup();
        says(&mut pickup, asks, 3);
        assert_eq!(pickup.tick(GIVE_UP_AFTER), Do::End(Outcome::NotReached));
    }

    #[test]
    fn a_menu_is_gone_through_but_not_for_ever() {
        let menu = "For sales, press 1. For Dana, press 2.";
        let mut pickup = pickup();
        assert_eq!(says(&mut pickup, menu, 5), Do::Choose(menu.to_owned()));
        assert!(pickup.holds() && pickup.is_before_the_greeting());
        assert_eq!(pickup.tick(seconds(40)), Do::Nothing, "it may ring behind it");
        assert_eq!(says(&mut pickup, "Please hold while we connect you.", 42), Do::Nothing);
        assert_eq!(says(&mut pickup, "Hello, Dana speaking.", 50), Do::Greet);

        let mut endless = self::pickup();
        for round in 1..=4 {
            assert_eq!(says(&mut endless, menu, round * 10), Do::Choose(menu.to_owned()));
        }
        assert_eq!(says(&mut endless, menu, 50), Do::End(Outcome::NotReached));
        let mut silent = self::pickup();
        says(&mut silent, menu, 5);
        assert_eq!(silent.tick(seconds(65)), Do::End(Outcome::NotReached));
        assert_eq!(silent.hung_up(), Outcome::NotReached);
    }

    #[test]
    fn what_is_no_use_to_talk_to() {
        let unused = "The number you have dialed is not in service.";
        assert_eq!(says(&mut pickup(), unused, 2), Do::End(Outcome::OutOfService));
        assert_eq!(pickup().detected(Detected::Fax, seconds(1)), Do::End(Outcome::OutOfService));
        let mut endless = pickup();
        endless.speech_started();
        assert_eq!(endless.tick(seconds(30)), Do::Nothing);
        assert_eq!(endless.tick(GIVE_UP_AFTER), Do::End(Outcome::NotReached));
    }

    #[test]
    fn what_was_not_made_out_is_a_person() {
        let mut pickup = pickup();
        pickup.speech_started();
        assert_eq!(pickup.deadline(), Some(GIVE_UP_AFTER), "they speak");
        pickup.speech_stopped(seconds(2));
        assert_eq!(pickup.said(None), Do::Nothing);
        assert_eq!(pickup.tick(seconds(2) + MADE_OUT_WITHIN), Do::Greet);
    }
}

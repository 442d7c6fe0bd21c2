//! Keys that the caller presses: a number is over after `#`, or a pause.

use std::time::Duration;

use crate::spelled::is_card_number;

const PAUSE: Duration = Duration::from_millis(2500);
/// After what may be the first groups of a card's number.
const PAUSE_IN_A_CARD: Duration = Duration::from_secs(6);
const MAX_KEYS: usize = 40;
/// A card's number is keyed in in groups of so many digits at most, and in so many groups.
const MAX_GROUP: usize = 6;
const MAX_GROUPS: usize = 5;

#[derive(Debug, Default)]
pub struct Keys {
    pressed: String,
    last: Duration,
    /// The numbers before, as long as they may be groups of one.
    groups: Vec<String>,
}

impl Keys {
    /// What the model is told, if it is complete.
    pub fn press(&mut self, key: &str, now: Duration) -> Option<String> {
        self.last = now;
        match key {
            // It may end a group of a card's number. Pressed again, or left at that, it ends the number.
            "#" if may_go_on(&self.pressed) && !self.pressed.ends_with('#') => {
                self.pressed.push('#');
                None
            }
            "#" => self.complete(),
            _ if self.pressed.len() >= MAX_KEYS => None,
            key => {
                self.pressed
                    .extend(key.chars().filter(|c| c.is_ascii_digit() || "*ABCD".contains(*c)).take(1));
                None
            }
        }
    }

    /// Some are pressed, and more may come.
    pub fn are_waiting(&self) -> bool {
        !self.pressed.is_empty()
    }

    pub fn deadline(&self) -> Option<Duration> {
        let reads_on = may_go_on(&self.pressed) && !self.pressed.ends_with('#');
        let pause = if reads_on { PAUSE_IN_A_CARD } else { PAUSE };
        (!self.pressed.is_empty()).then_some(self.last + pause)
    }

    pub fn due(&mut self, now: Duration) -> Option<String> {
        self.deadline().filter(|due| *due <= now).and_then(|_| self.complete())
    }

    fn complete(&mut self) -> Option<String> {
        let pressed = std::mem::take(&mut self.pressed);
        if pressed.is_empty() {
            return None;
        }
        if self.ends_a_card(&pressed.replace('#', "")) {
            self.groups.clear();
            return Some(CARD.to_owned());
        }
        let pressed = pressed.trim_end_matches('#');
        Some(format!(
            "The caller has pressed these keys of the telephone: {pressed}. Go by what you asked for."
        ))
    }
}

impl Keys {
    /// Whether this is a card's number, or its last group.
    fn ends_a_card(&mut self, pressed: &str) -> bool {
        if pressed.len() > MAX_GROUP {
            self.groups.clear();
            return is_card_number(pressed);
        }
        self.groups.push(pressed.to_owned());
        if self.groups.len() > MAX_GROUPS {
            self.groups.remove(0);
        }
        (0..self.groups.len()).any(|first| is_card_number(&self.groups[first..].concat()))
    }
}

/// Whole groups of a number that begins as a card's does: of four, or four and six of those that go on with five.
fn may_go_on(pressed: &str) -> bool {
    match pressed.chars().filter(|key| *key != '#').count() {
        4 | 8 | 12 => pressed.starts_with(['3', '4', '5', '6']),
        10 => pressed.starts_with("34") || pressed.starts_with("37"),
        _ => false,
    }
}

const CARD: &str = "The caller has keyed in what looks like the number of a payment card. You do not have it: say that it is \
                    not taken, and ask for none.";

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_number_ends_with_a_pause_or_its_sign() {
        let mut keys = Keys::default();
        assert_eq!((keys.press("1", ms(0)), keys.press("2", ms(900))), (None, None));
        assert_eq!((keys.due(ms(3399)), keys.deadline()), (None, Some(ms(3400))));
        assert!(keys.due(ms(3400)).unwrap().contains("telephone: 12."));
        assert_eq!((keys.deadline(), keys.due(ms(9000))), (None, None));
        assert_eq!(keys.press("4", ms(9000)), None);
        assert!(keys.press("#", ms(9100)).unwrap().contains(": 4."));
        assert_eq!(keys.press("#", ms(9200)), None, "nothing was pressed");
    }

    /// With a breath between its groups, or the sign that ends a number.
    #[test]
    fn a_card_in_groups_is_not_passed_on() {
        let mut keys = Keys::default();
        let mut now = 0;
        for group in ["4111", "1111", "1111"] {
            assert!(group.chars().all(|key| keys.press(&key.to_string(), ms(now)).is_none()));
            now += 2600;
            assert_eq!(keys.due(ms(now)), None, "they read on");
        }
        assert!("1111".chars().all(|key| keys.press(&key.to_string(), ms(now)).is_none()));
        assert!(keys.due(ms(now + 2500)).unwrap().contains("payment card"));

        let mut told = Vec::new();
        for group in ["378282#", "246310#", "005#"] {
            told.extend(group.chars().filter_map(|key| keys.press(&key.to_string(), ms(90_000))));
        }
        assert!(told[2].contains("payment card") && !told[2].contains("005"), "{told:?}");
        let mut told = Vec::new();
        for group in ["1234#", "99#"] {
            told.extend(group.chars().filter_map(|key| keys.press(&key.to_string(), ms(95_000))));
        }
        assert!(told[0].contains(": 1234.") && told[1].contains(": 99."), "{told:?}");
    }

    /// Nothing of it: neither with breaths of other lengths between, nor with signs.
    #[test]
    fn no_group_of_a_card_is_passed_on() {
        let cards: [&[&str]; 4] = [
            &["3782", "822463", "10005"],
            &["4111#", "1111#", "1111#", "1111#"],
            &["41111111#", "11111111#"],
            &["3782#", "822463#", "10005#"],
        ];
        for groups in cards {
            let (mut keys, mut told, mut now) = (Keys::default(), Vec::new(), 0);
            for group in groups {
                for key in group.chars() {
                    now += 100;
                    told.extend(keys.due(ms(now)));
                    told.extend(keys.press(&key.to_string(), ms(now)));
                }
                now += if group.ends_with('#') { 1500 } else { 4000 };
            }
            told.extend(keys.due(ms(now + 6000)));
            assert!(told.len() == 1 && told[0].contains("payment card"), "{groups:?}: {told:?}");
        }

        // Another number that begins so, and what follows it at once.
        let mut keys = Keys::default();
        let mut press = |text: &str, at| {
            text.chars().filter_map(|key| keys.press(&key.to_string(), ms(at))).collect::<Vec<_>>()
        };
        assert_eq!(press("4321#", 0), Vec::<String>::new());
        assert!(press("99#", 900)[0].contains(": 4321#99."));
        assert!(press("4321##", 5000)[0].contains(": 4321."));
        assert_eq!(press("4321#", 9000), Vec::<String>::new());
        assert!(keys.due(ms(11_500)).unwrap().contains(": 4321."), "it is no longer waited for");
    }

    #[test]
    fn a_card_is_not_passed_on() {
        let mut keys = Keys::default();
        for key in "4111111111111111".chars() {
            assert_eq!(keys.press(&key.to_string(), ms(0)), None);
        }
        let told = keys.due(ms(5000)).unwrap();
        assert!(told.contains("payment card") && !told.contains("4111"), "{told}");
        for _ in 0..100 {
            assert_eq!(keys.press("7", ms(6000)), None);
        }
        assert!(keys.press("#", ms(6000)).unwrap().len() < 200, "there is an end to it");
    }
}

//! Keys that the caller presses: a number is over after `#`, or a pause.

use std::time::Duration;

use crate::spelled::is_card_number;

const PAUSE: Duration = Duration::from_millis(2500);
const MAX_KEYS: usize = 40;

#[derive(Debug, Default)]
pub struct Keys {
    pressed: String,
    last: Duration,
}

impl Keys {
    /// What the model is told, if it is complete.
    pub fn press(&mut self, key: &str, now: Duration) -> Option<String> {
        self.last = now;
        match key {
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
        (!self.pressed.is_empty()).then_some(self.last + PAUSE)
    }

    pub fn due(&mut self, now: Duration) -> Option<String> {
        self.deadline().filter(|due| *due <= now).and_then(|_| self.complete())
    }

    fn complete(&mut self) -> Option<String> {
        let pressed = std::mem::take(&mut self.pressed);
        if pressed.is_empty() {
            return None;
        }
        if is_card_number(&pressed) {
            return Some(CARD.to_owned());
        }
        Some(format!(
            "The caller has pressed these keys of the telephone: {pressed}. Go by what you asked for."
        ))
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

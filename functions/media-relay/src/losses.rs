//! How often the model's socket was lost.

use std::time::Duration;

use tokio::time::Instant;

/// So many losses in a row end a call.
const MOST: u32 = 3;
/// A socket that held so long is no part of a row.
const HELD: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub struct Losses {
    /// In the whole call.
    pub all: u32,
    in_a_row: u32,
    since: Option<Instant>,
}

impl Losses {
    /// A socket is there.
    pub fn healed(&mut self, now: Instant) {
        self.since = Some(now);
    }

    /// Another is lost. `false`: it is not worth another try.
    pub fn lost(&mut self, now: Instant) -> bool {
        if self.since.take().is_some_and(|since| now.duration_since(since) >= HELD) {
            self.in_a_row = 0;
        }
        self.all += 1;
        self.in_a_row += 1;
        self.in_a_row <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_losses_in_a_row_end_a_call() {
        let (mut losses, mut now) = (Losses::default(), Instant::now());
        for _ in 0..12 {
            losses.healed(now);
            now += HELD;
            assert!(losses.lost(now), "each was healed for a while");
        }
        for expected in [true, true, false] {
            losses.healed(now);
            now += HELD.checked_sub(Duration::from_secs(1)).unwrap_or_default();
            assert_eq!(losses.lost(now), expected, "{losses:?}");
        }
        assert_eq!(losses.all, 15);
    }
}

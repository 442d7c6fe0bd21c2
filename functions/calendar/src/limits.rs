//! How much is let in by network address.

use jiff::{SignedDuration, Timestamp};
use twin::{
    error::Error,
    store::{Limit, Store},
};

const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
const LOOKS: Limit = Limit { name: "calendar-looks-minute", most: 60, window: A_MINUTE };
const ADDRESS: [Limit; 2] = [
    Limit { name: "calendar-address-minute", most: 5, window: A_MINUTE },
    Limit { name: "calendar-address-day", most: 20, window: A_DAY },
];

pub async fn look(store: &Store, address: &str, now: Timestamp) -> Result<(), Error> {
    store.admit(&[(&LOOKS, address)], now).await
}

/// Counts a booking that is asked for; an error if it is one too many.
pub async fn book(store: &Store, address: &str, now: Timestamp) -> Result<(), Error> {
    store.admit(&ADDRESS.each_ref().map(|limit| (limit, address)), now).await
}

#[cfg(test)]
mod tests {
    use twin::twin::OF_ALL;

    use super::*;

    #[test]
    fn nobody_uses_up_the_day_of_all() {
        assert!(ADDRESS.iter().any(|limit| limit.window == OF_ALL.window && limit.most * 5 <= OF_ALL.most));
    }
}

//! When the owner may be met: rules and what is taken go in, free times come out. Pure: time is an argument.
//!
//! Time is counted in quarter-hours of UTC, on which the clocks of all zones agree.

pub mod booking;
pub mod ics;
pub mod itip;
pub mod outside;
mod quarter;
mod said;
pub mod settings;
mod slots;

pub use self::{
    booking::{Booking, Guest, Party, Says, Standing},
    outside::Outside,
    quarter::{QUARTER, Quarter},
    said::{
        NoZone, Unread, Window, names_day, on_days, read, time_named, zone_called, zone_of_place, zone_said,
    },
    settings::{CalendarSettings, MeetingType, SavedCalendar},
    slots::{Refusal, Slot, Taken, days_of, offered, slots, spread, waking},
};

//! The sample professional that ships.

use jiff::Timestamp;
use knowledge::import::Importer;
use twin::{
    follow_up::settings::FollowUpSettings, persona::Persona, proposal::rates::RateCard,
    scheduling::CalendarSettings, store::StoreError, twin::Twin,
};

use super::StackError;

const PERSONA: &str = include_str!("../../demo/persona.json");
const RATES: &str = include_str!("../../demo/rates.json");
const CALENDAR: &str = include_str!("../../demo/calendar.json");
const FILES: [(&str, &str); 2] = [
    ("resume.json", include_str!("../../demo/resume.json")),
    ("services.md", include_str!("../../demo/services.md")),
];

/// Moves into a table that knows nobody yet.
pub(super) async fn moves_in(twin: &Twin, importer: &Importer) -> Result<(), StackError> {
    let now = Timestamp::now();
    let persona: Persona = serde_json::from_str(PERSONA)?;
    twin.store().save_persona(&persona, &[], 0, now).await?;
    let calendar: CalendarSettings = serde_json::from_str(CALENDAR)?;
    match twin.store().save_calendar_settings(&calendar, 0, now).await {
        // There are others already.
        Ok(_) | Err(StoreError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    let rate_card: RateCard = serde_json::from_str(RATES)?;
    let time_zone = calendar.time_zone.clone();
    let settings = FollowUpSettings { rate_card, time_zone, ..FollowUpSettings::default() };
    match twin.store().save_follow_up_settings(&settings, 0, now).await {
        Ok(_) | Err(StoreError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    for (name, text) in FILES {
        importer.sample(name, text.as_bytes().to_vec(), now).await?;
    }
    Ok(())
}

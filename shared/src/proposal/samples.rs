//! A call in which somebody asks for help, for tests.

use super::{Ground, rates::RateCard};
use crate::{
    contact::Contact,
    interaction::{Interaction, Speaker, Turn},
    persona::Persona,
};

pub struct Sample {
    pub persona: Persona,
    pub card: RateCard,
    pub contact: Contact,
    pub interaction: Interaction,
    pub turns: Vec<Turn>,
}

impl Sample {
    pub fn call() -> Self {
        Self::saying(&[
            "Good morning. Our payment system is slow and we need a consultant. What do you offer?",
            "It began when we moved all 40 services to the new cluster, and slow payments lose us customers.",
            "It is jonas at brightwater dot example. My name is Jonas Keller.",
        ])
    }

    pub fn saying(said: &[&str]) -> Self {
        let persona = serde_json::from_str(include_str!("../../../infra/local/demo/persona.json")).unwrap();
        let card = serde_json::from_str(include_str!("../../../infra/local/demo/rates.json")).unwrap();
        let at = "2026-06-01T16:00:00Z".parse().unwrap();
        let mut contact = Contact::new("per_1".parse().unwrap(), None, at);
        contact.name = Some("Jonas Keller".to_owned());
        contact.company = Some("Brightwater".to_owned());
        let interaction = serde_json::from_value(serde_json::json!({
            "id": "int_1", "person": "per_1", "channel": "phone", "route": "unknown", "level": 1, "status": "closed",
            "startedAt": at,
        }));
        let turn = |(at, text): (usize, &&str)| {
            let offset_ms = 4_000 + 20_000 * u64::try_from(at).unwrap();
            Turn {
                offset_ms,
                sequence: 0,
                speaker: Speaker::Person,
                text: (*text).to_owned(),
                interrupted: false,
                heard: None,
            }
        };
        let turns = said.iter().enumerate().map(turn).collect();
        Self { persona, card, contact, interaction: interaction.unwrap(), turns }
    }

    pub fn ground(&self) -> Ground<'_> {
        Ground {
            persona: &self.persona,
            card: &self.card,
            contact: &self.contact,
            interaction: &self.interaction,
            turns: &self.turns,
            quote: self.turns.first().map(|turn| turn.text.as_str()),
            today: "2026-06-01".parse().unwrap(),
        }
    }
}

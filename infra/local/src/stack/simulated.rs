//! The model and the telephone: simulators of what is not configured.

use std::sync::Arc;

use twin::{
    clients::openai::Prices,
    config::{OpenAi, Secret},
};

use super::{Model, Options, SIMULATED_TWILIO, StackError};
use crate::settings::SIMULATED_ACCOUNT;

pub(super) fn model(options: &Options, local: &str) -> (OpenAi, Option<Arc<sim::openai::OpenAi>>) {
    match &options.model {
        Model::Real(openai) => (openai.clone(), None),
        Model::Simulated(simulated) => {
            let key = simulated.api_key.clone().unwrap_or_else(|| "simulated".to_owned());
            let openai = OpenAi {
                api_key: Secret::new(key),
                base_url: format!("{local}/sim/openai/v1"),
                realtime_model: "gpt-realtime-2.1".to_owned(),
                live_model: options.live_model.clone(),
                voice: "marin".to_owned(),
                text_model: "gpt-6-luna".to_owned(),
                prices: Prices::default(),
                daily_budget: options.daily_budget,
            };
            (openai, Some(Arc::new(sim::openai::OpenAi::new(simulated.clone()))))
        }
    }
}

pub(super) fn twilio(options: &Options, local: &str) -> Result<Option<Arc<sim::twilio::Twilio>>, StackError> {
    if !options.twilio_is_simulated {
        return Ok(None);
    }
    let token = options.twilio.auth_token.reveal();
    let base = format!("{local}{SIMULATED_TWILIO}");
    Ok(Some(Arc::new(sim::twilio::Twilio::new(SIMULATED_ACCOUNT, token, &base)?)))
}

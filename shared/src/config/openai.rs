//! OpenAI's API: its models, their prices and what they may cost.

use super::{ConfigError, Secret, Settings};
use crate::{clients::openai::Prices, wire::live::session::LiveOptions};

/// In micro-dollars.
pub const DAILY_BUDGET: u64 = 5_000_000;
const PRICES: ConfigError = ConfigError::Invalid {
    name: "OPENAI_PRICES",
    why: "not a price table in JSON: see clients/openai/price.rs",
};
const BUDGET: ConfigError =
    ConfigError::Invalid { name: "OPENAI_DAILY_BUDGET", why: "not an amount in US dollars, such as 2.50" };

/// `2.50` is 2,500,000; no sign, no exponent, at most six places.
fn micro_dollars(text: &str) -> Option<u64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || places.len() > 6 || !digits(whole) || !digits(places) {
        return None;
    }
    let micro: u64 = format!("{places:0<6}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(micro)
}

/// OpenAI's API, where `OPENAI_BASE_URL` names no other.
pub const OPENAI: &str = "https://api.openai.com/v1";

#[derive(Debug, Clone)]
pub struct OpenAi {
    pub api_key: Secret,
    /// [`OPENAI`], or another; the WebSocket's URL is derived from it.
    pub base_url: String,
    pub realtime_model: String,
    /// Of GPT-Live, where it speaks in place of Realtime.
    pub live_model: Option<String>,
    pub voice: String,
    /// For answers and readings in text.
    pub text_model: String,
    pub prices: Prices,
    /// What text and vectors may cost in a day (UTC), in micro-dollars. Then the twin reads and quotes by itself.
    pub daily_budget: u64,
}

impl OpenAi {
    pub fn from(settings: &Settings<'_>) -> Result<Self, ConfigError> {
        let base_url = match settings.optional("OPENAI_BASE_URL") {
            Some(_) => settings.url("OPENAI_BASE_URL")?,
            None => OPENAI.to_owned(),
        };
        Ok(Self {
            api_key: Secret::new(settings.required("OPENAI_API_KEY")?),
            base_url,
            realtime_model: settings.or("OPENAI_REALTIME_MODEL", "gpt-realtime-2.1"),
            live_model: live_model(settings)?,
            voice: settings.or("OPENAI_REALTIME_VOICE", "marin"),
            text_model: settings.or("OPENAI_TEXT_MODEL", "gpt-6-luna"),
            prices: match settings.optional("OPENAI_PRICES") {
                Some(json) => serde_json::from_str(&json).map_err(|_| PRICES)?,
                None => Prices::default(),
            },
            daily_budget: match settings.optional("OPENAI_DAILY_BUDGET") {
                Some(dollars) => micro_dollars(&dollars).ok_or(BUDGET)?,
                None => DAILY_BUDGET,
            },
        })
    }

    /// `wss://…/realtime?model=…`
    pub fn realtime_url(&self) -> String {
        self.socket_url("model", &self.realtime_model)
    }

    /// `wss://…/realtime?call_id=…`: the server's own line to a call.
    pub fn call_url(&self, call_id: &str) -> String {
        self.socket_url("call_id", call_id)
    }

    /// `wss://…/live/sessions`: the model is named once it is open.
    pub fn live_url(&self) -> String {
        format!("{}/live/sessions", self.socket_base())
    }

    /// `wss://…/live/sessions/{id}/attach`: the server's own line to a Live session.
    pub fn attach_url(&self, session: &str) -> String {
        format!("{}/{session}/attach", self.live_url())
    }

    /// What GPT-Live is told of itself, where it speaks.
    pub fn live(&self) -> Option<LiveOptions> {
        let backend = self.text_model.clone();
        self.live_model.clone().map(|model| LiveOptions { model, backend })
    }

    fn socket_url(&self, field: &str, value: &str) -> String {
        format!("{}/realtime?{field}={value}", self.socket_base())
    }

    fn socket_base(&self) -> String {
        match self.base_url.split_once("://") {
            Some(("http", rest)) => format!("ws://{rest}"),
            Some((_, rest)) => format!("wss://{rest}"),
            None => self.base_url.clone(),
        }
    }
}

/// `OPENAI_SPEECH_ENGINE`, and `OPENAI_LIVE_MODEL` if it is Live.
pub fn live_model(settings: &Settings<'_>) -> Result<Option<String>, ConfigError> {
    const NAME: &str = "OPENAI_SPEECH_ENGINE";
    match settings.optional(NAME).as_deref() {
        None | Some("realtime") => Ok(None),
        Some("live") => Ok(Some(settings.or("OPENAI_LIVE_MODEL", LIVE_MODEL))),
        Some(_) => Err(ConfigError::Invalid { name: NAME, why: "neither realtime nor live" }),
    }
}

pub const LIVE_MODEL: &str = "gpt-live-1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_an_amount_in_dollars() {
        for (text, micro) in
            [("5", 5_000_000), ("2.50", 2_500_000), ("0", 0), ("0.000001", 1), ("12.", 12_000_000)]
        {
            assert_eq!(micro_dollars(text), Some(micro), "{text}");
        }
        for text in ["", ".5", "-1", "1e3", "1,50", "0.0000001", "5 $", "99999999999999999999"] {
            assert_eq!(micro_dollars(text), None, "{text}");
        }
    }

    #[test]
    fn prices_and_budget_are_read() {
        let prices = r#"{"as_of":"2026-12-01","models":{}}"#;
        let lookup = |name: &str| match name {
            "OPENAI_API_KEY" => Some("key".to_owned()),
            "OPENAI_DAILY_BUDGET" => Some("0.25".to_owned()),
            "OPENAI_PRICES" => Some(prices.to_owned()),
            _ => None,
        };
        let openai = OpenAi::from(&Settings::new(&lookup)).unwrap();
        assert_eq!((openai.daily_budget, openai.prices.models.len()), (250_000, 0));
        for broken in ["OPENAI_DAILY_BUDGET", "OPENAI_PRICES"] {
            let lookup = |name: &str| if name == broken { Some("x".to_owned()) } else { lookup(name) };
            let error = OpenAi::from(&Settings::new(&lookup)).unwrap_err();
            assert!(matches!(error, ConfigError::Invalid { name, .. } if name == broken));
        }
    }

    #[test]
    fn the_sockets_address_follows_the_base() {
        let local = |name: &str| match name {
            "OPENAI_BASE_URL" => Some("http://127.0.0.1:1/v1/".to_owned()),
            "OPENAI_API_KEY" | "OPENAI_REALTIME_MODEL" => Some("x".to_owned()),
            _ => None,
        };
        let openai = OpenAi::from(&Settings::new(&local)).unwrap();
        assert_eq!(openai.realtime_url(), "ws://127.0.0.1:1/v1/realtime?model=x");
        assert_eq!(openai.live_url(), "ws://127.0.0.1:1/v1/live/sessions");
        assert_eq!(openai.live(), None);
    }

    #[test]
    fn live_speaks_where_it_is_chosen() {
        let chosen = |engine: &'static str| {
            let lookup = move |name: &str| match name {
                "OPENAI_API_KEY" => Some("x".to_owned()),
                "OPENAI_SPEECH_ENGINE" => Some(engine.to_owned()),
                _ => None,
            };
            OpenAi::from(&Settings::new(&lookup))
        };
        assert_eq!(chosen("realtime").unwrap().live(), None);
        let live = LiveOptions { model: LIVE_MODEL.to_owned(), backend: "gpt-6-luna".to_owned() };
        assert_eq!(chosen("live").unwrap().live(), Some(live));
        let error = chosen("Live").unwrap_err();
        assert!(matches!(error, ConfigError::Invalid { name: "OPENAI_SPEECH_ENGINE", .. }));
    }
}

//! The brain: what somebody wants, what to answer, and what a conversation was about. Without a key it reads by a
//! small classifier and quotes; with one it asks a model, and reads by itself when the model fails.

pub mod courtesy;
pub mod dialogue;
pub mod intent;
pub mod meant;
mod model;
mod offline;
pub mod parts;
mod proposing;
pub mod reply;
pub mod slots;
pub mod spelling;
pub mod streamed;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::model::{Talk, talk, told};
use self::{
    reply::{Reply, reply},
    slots::Slots,
};
use crate::{
    clients::openai::{self, Text, TextError},
    config::{ConfigError, OpenAi, Settings},
    contact::Contact,
    interaction::{Action, Analysis, Channel, Intent, Interaction, Turn},
    knowledge::{
        library::Found,
        vectors::{DIMENSIONS, Quantised},
    },
    persona::Persona,
    proposal::{Ground, Worded},
};

/// A question waits this long for its vector.
const VECTOR_WITHIN: Duration = Duration::from_millis(800);
/// Passages that an answer may rest on.
pub const PASSAGES: usize = 6;

#[derive(Debug, Clone, Default)]
pub enum Brain {
    #[default]
    Offline,
    OpenAi(Text),
}

/// Who read or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    Offline,
    OpenAi,
}

/// The mission's `UserIntent`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserIntent {
    pub intent: Intent,
    /// 0 to 1.
    pub confidence: f32,
    pub slots: Slots,
}

/// What a model was asked for, and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Priced<T> {
    pub value: T,
    /// `None`: nobody knows.
    pub micro_dollars: Option<u64>,
}

impl<T> Priced<T> {
    /// Nothing was asked of a model.
    fn free(value: T) -> Self {
        Self { value, micro_dollars: Some(0) }
    }
}

/// What an answer is made of.
pub struct Question<'a> {
    pub persona: &'a Persona,
    /// What a model is told of owner, channel and person.
    pub instructions: &'a str,
    pub said: &'a str,
    pub read: &'a UserIntent,
    pub channel: Channel,
    pub found: &'a [Found],
}

/// A conversation to be read.
pub struct Held<'a> {
    pub interaction: &'a Interaction,
    pub contact: &'a Contact,
    pub turns: &'a [Turn],
    pub actions: &'a [Action],
}

impl Brain {
    /// A model's where there is a key for one.
    pub fn from(settings: &Settings<'_>) -> Result<Self, ConfigError> {
        match settings.optional("OPENAI_API_KEY") {
            Some(_) => Self::of(&OpenAi::from(settings)?),
            None => Ok(Self::Offline),
        }
    }

    /// One that asks the text model of a configuration.
    pub fn of(openai: &OpenAi) -> Result<Self, ConfigError> {
        let mut config = openai::Config::new(openai.base_url.clone(), openai.api_key.clone());
        config.model.clone_from(&openai.text_model);
        config.dimensions = DIMENSIONS;
        config.prices = openai.prices.clone();
        config.daily_budget = openai.daily_budget;
        let unusable =
            ConfigError::Invalid { name: "OPENAI_BASE_URL", why: "it, or the key, cannot be used" };
        let text = Text::new(config).map_err(|_| unusable)?;
        Ok(Self::OpenAi(text))
    }

    /// What a text means. None without a model, and none from one that is slow: words find most of it.
    pub async fn vector(&self, said: &str) -> Option<Quantised> {
        let Self::OpenAi(text) = self else { return None };
        match tokio::time::timeout(VECTOR_WITHIN, embed_with(text, &[said.to_owned()])).await {
            Ok(Ok(vectors)) => vectors.value.into_iter().next(),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a question was not embedded");
                None
            }
            Err(_) => {
                tracing::warn!("a question was not embedded in time");
                None
            }
        }
    }

    /// A vector for each text; `None` without a model.
    pub async fn embed(&self, texts: &[String]) -> Result<Option<Priced<Vec<Quantised>>>, TextError> {
        match self {
            Self::OpenAi(text) => Ok(Some(embed_with(text, texts).await?)),
            Self::Offline => Ok(None),
        }
    }

    /// What a request cost that failed; `None`: nobody knows.
    pub fn lost(&self, error: &TextError) -> Option<u64> {
        match self {
            Self::OpenAi(text) => text.lost(error),
            Self::Offline => Some(0),
        }
    }

    /// What one thing that was said to the twin of `owner` wants. The classifier is as good at it as a model, and answers
    /// in microseconds.
    pub fn determine_intent(&self, said: &str, owner: &str) -> UserIntent {
        let guess = meant::meant(said, owner, intent::classify(said));
        UserIntent { intent: guess.intent, confidence: guess.confidence, slots: slots::slots(said, owner) }
    }

    pub async fn answer(&self, question: &Question<'_>) -> Priced<(Reply, Engine)> {
        let mut micro_dollars = Some(0);
        if let Self::OpenAi(text) = self {
            match model::answer(text, question).await {
                Ok(Priced { value, micro_dollars }) => {
                    return Priced { value: (value, Engine::OpenAi), micro_dollars };
                }
                Err(error) => {
                    tracing::warn!(%error, "no model answered: the twin quotes");
                    micro_dollars = text.lost(&error);
                }
            }
        }
        let Question { persona, found, said, read, channel, .. } = question;
        Priced { value: (reply(persona, found, said, read, *channel), Engine::Offline), micro_dollars }
    }

    /// The words of a proposal; `None` if nothing that the owner offers is meant.
    pub async fn propose(&self, ground: &Ground<'_>) -> Priced<Option<Worded>> {
        let read = ground.worded();
        let Self::OpenAi(text) = self else { return Priced::free(read) };
        match proposing::propose(text, ground, read.clone()).await {
            Ok(worded) => worded,
            Err(error) => {
                tracing::warn!(interaction = %ground.interaction.id, %error, "no model worded a proposal");
                Priced { value: read, micro_dollars: text.lost(&error) }
            }
        }
    }

    /// What a conversation was about. What tools did in it counts in any case.
    pub async fn analyse(&self, held: &Held<'_>) -> Priced<Analysis> {
        let read = offline::analyse(held.interaction, held.contact, held.turns, held.actions);
        let Self::OpenAi(text) = self else { return Priced::free(read) };
        if held.turns.is_empty() {
            return Priced::free(read);
        }
        match model::analyse(text, held, read.clone()).await {
            Ok(analysis) => analysis,
            Err(error) => {
                tracing::warn!(interaction = %held.interaction.id, %error, "no model read this conversation");
                Priced { value: read, micro_dollars: text.lost(&error) }
            }
        }
    }
}

async fn embed_with(text: &Text, texts: &[String]) -> Result<Priced<Vec<Quantised>>, TextError> {
    let embedded = text.embed(texts).await?;
    let micro_dollars = text.embedding_cost(&embedded.usage);
    let value = embedded.vectors.iter().map(|vector| Quantised::of(vector)).collect();
    Ok(Priced { value, micro_dollars })
}

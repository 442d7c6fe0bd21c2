//! What is remembered of somebody, each with the words that it rests on.

use jiff::Timestamp;
use twin::{
    memory::{Fact, Origin, PERSON, TWIN},
    predicate::Predicate,
};

use super::time::Moment;

pub struct Remembered {
    pub what: String,
    pub quote: Option<String>,
    /// Where it comes from, in words.
    pub from: &'static str,
    /// The conversation that it was said in.
    pub interaction: Option<String>,
    pub at: Moment,
    pub pinned: bool,
}

/// What holds, the latest first.
pub fn remembered(mut facts: Vec<Fact>, now: Timestamp) -> Vec<Remembered> {
    facts.retain(Fact::is_current);
    facts.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    facts.into_iter().map(|fact| Remembered::new(fact, now)).collect()
}

impl Remembered {
    fn new(fact: Fact, now: Timestamp) -> Self {
        let words = fact.predicate.words();
        let value = match fact.predicate {
            Predicate::Noted => format!("“{}”", fact.value),
            _ => fact.value,
        };
        let what = match fact.subject.as_str() {
            PERSON => format!("{words} {value}"),
            TWIN => format!("your twin {words} {value}"),
            subject => format!("{subject} {words} {value}"),
        };
        Self {
            what,
            quote: fact.quote,
            from: match fact.origin {
                Origin::Conversation => "said in a conversation",
                Origin::Owner => "typed by you",
            },
            interaction: fact.interaction.map(|id| id.to_string()),
            at: Moment::new(fact.at, now),
            pinned: fact.pinned_at.is_some(),
        }
    }
}

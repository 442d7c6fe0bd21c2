//! A proposal as the owner writes it anew before it goes out.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Offered, Point, Proposal, Range};

const MAX_TITLE: usize = 120;
const MAX_LINE: usize = 600;
const MAX_LINES: usize = 20;
const MAX_NAME: usize = 80;
const MAX_SERVICES: usize = 20;
const MAX_DAYS: u32 = 1000;
const MAX_PRICE: u32 = 10_000_000;

/// What is written anew; what is left out stays. Lengths are in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Rewritten {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 120))]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub valid_until: Option<Date>,
    /// What they need, a paragraph each. One that stays word for word keeps what it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20))]
    pub problem: Option<Vec<String>>,
    /// What would be done about it, a paragraph each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20))]
    pub approach: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20))]
    pub services: Option<Vec<Offered>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20))]
    pub assumptions: Option<Vec<String>>,
}

/// A field, as it is named in JSON, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct EditError {
    pub field: String,
    pub why: String,
}

impl Proposal {
    /// The same proposal with what was written anew. Whom it is for, from whom it is and what was said stay.
    pub fn rewritten(&self, edit: Rewritten) -> Result<Self, EditError> {
        let mut new = self.clone();
        if let Some(title) = edit.title {
            new.title = line("title", &title, MAX_TITLE)?;
        }
        if let Some(until) = edit.valid_until {
            if until < self.dated {
                return Err(wrong("validUntil", "it is not valid before it was written"));
            }
            new.valid_until = until;
        }
        if let Some(problem) = edit.problem {
            let point = |text: String| {
                let same = self.problem.iter().find(|known| known.text == text);
                let sources = same.map(|known| known.sources.clone()).unwrap_or_default();
                Point { text, sources }
            };
            new.problem = lines("problem", &problem, 1)?.into_iter().map(point).collect();
        }
        if let Some(approach) = edit.approach {
            new.approach = lines("approach", &approach, 1)?;
        }
        if let Some(services) = edit.services {
            if services.is_empty() || services.len() > MAX_SERVICES {
                return Err(wrong("services", format!("1 to {MAX_SERVICES} of them")));
            }
            let checked = services.into_iter().enumerate().map(|(at, one)| service(at, one));
            new.services = checked.collect::<Result<_, _>>()?;
        }
        if let Some(assumptions) = edit.assumptions {
            new.assumptions = lines("assumptions", &assumptions, 0)?;
        }
        Ok(new)
    }
}

fn service(at: usize, given: Offered) -> Result<Offered, EditError> {
    let place = |field: &str| format!("services[{at}].{field}");
    Ok(Offered {
        name: line(&place("name"), &given.name, MAX_NAME)?,
        includes: lines(&place("includes"), &given.includes, 0)?,
        days: range(&place("days"), given.days, 1, MAX_DAYS)?,
        price: range(&place("price"), given.price, 0, MAX_PRICE)?,
    })
}

fn range(field: &str, given: Range, least: u32, most: u32) -> Result<Range, EditError> {
    if given.from < least || given.to > most || given.from > given.to {
        return Err(wrong(field, format!("from {least} to {most}, and no less at the end")));
    }
    Ok(given)
}

fn lines(field: &str, given: &[String], least: usize) -> Result<Vec<String>, EditError> {
    if given.len() < least || given.len() > MAX_LINES {
        return Err(wrong(field, format!("{least} to {MAX_LINES} of them")));
    }
    given.iter().enumerate().map(|(at, text)| line(&format!("{field}[{at}]"), text, MAX_LINE)).collect()
}

fn line(field: &str, given: &str, most: usize) -> Result<String, EditError> {
    let text = given.trim();
    if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
        return Err(wrong(field, format!("1 to {most} bytes of plain text, in one line")));
    }
    Ok(text.to_owned())
}

fn wrong(field: &str, why: impl Into<String>) -> EditError {
    EditError { field: field.to_owned(), why: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proposal::samples::Sample;

    fn sample() -> Proposal {
        let sample = Sample::call();
        let ground = sample.ground();
        ground.proposal(ground.worded().unwrap()).unwrap()
    }

    #[test]
    fn what_is_left_out_stays() {
        let proposal = sample();
        assert_eq!(proposal.rewritten(Rewritten::default()).unwrap(), proposal);
        let kept = proposal.problem[0].clone();
        let problem = vec![kept.text.clone(), "And it must be cheap.".to_owned()];
        let services = vec![Offered { price: Range { from: 1, to: 2 }, ..proposal.services[0].clone() }];
        let edit = Rewritten { problem: Some(problem), services: Some(services), ..Rewritten::default() };
        let new = proposal.rewritten(edit).unwrap();
        assert_eq!(new.problem[0], kept, "it rests on what it rested on");
        assert_eq!(new.problem[1].sources, [0; 0], "and this on nothing");
        assert_eq!((new.services[0].price.to, &new.title), (2, &proposal.title));
        assert_ne!(new.document().unwrap().hash(), proposal.document().unwrap().hash());
    }

    #[test]
    fn what_cannot_be_is_named() {
        let proposal = sample();
        let service = |days: (u32, u32), price: (u32, u32), name: &str| {
            let service = serde_json::json!({ "name": name, "includes": [], "days": { "from": days.0, "to": days.1 },
                "price": { "from": price.0, "to": price.1 } });
            serde_json::json!({ "services": [service] })
        };
        for (edit, field) in [
            (serde_json::json!({ "title": " " }), "title"),
            (serde_json::json!({ "title": "a\nb" }), "title"),
            (serde_json::json!({ "validUntil": "1999-01-01" }), "validUntil"),
            (serde_json::json!({ "problem": [] }), "problem"),
            (serde_json::json!({ "approach": ["fine", ""] }), "approach[1]"),
            (serde_json::json!({ "assumptions": ["x".repeat(MAX_LINE + 1)] }), "assumptions[0]"),
            (serde_json::json!({ "services": [] }), "services"),
            (service((0, 1), (1, 2), "Review"), "services[0].days"),
            (service((2, 1), (1, 2), "Review"), "services[0].days"),
            (service((1, 1), (3, 2), "Review"), "services[0].price"),
            (service((1, 1), (1, 2), ""), "services[0].name"),
        ] {
            let edit: Rewritten = serde_json::from_value(edit).unwrap();
            assert_eq!(proposal.rewritten(edit).unwrap_err().field, field);
        }
        assert!(serde_json::from_str::<Rewritten>(r#"{"guest":{"name":"Eve"}}"#).is_err());
    }
}

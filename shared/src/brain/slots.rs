//! What an utterance names: addresses, numbers, money, times, a company, a role. As it was said; addresses and
//! numbers are normalised.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::identity::{Email, Phone};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Slots {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// A salary, a rate or a budget, as it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<String>,
    /// Days and times, as they were said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
}

/// Longer than this, what was found is no name.
const MAX_NAME: usize = 60;

struct Patterns {
    email: Regex,
    phone: Regex,
    money: Regex,
    time: Regex,
    company: Regex,
    role: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).ok();
    let day = "(?:mon|tues|wednes|thurs|fri|satur|sun)days?|today|tomorrow|tonight|next week|this week";
    let part = "morning|afternoon|evening|noon|lunchtime|midday";
    let clock = r"\d{1,2}(?::\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.|o'clock)|\d{1,2}:\d{2}";
    Some(Patterns {
        email: regex(r"(?i)[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}")?,
        phone: regex(r"\+\d[\d\s().-]{6,18}\d")?,
        money: regex(
            r"(?i)(?:[$€£]\s?\d[\d.,]*\s?(?:k|m|thousand|million)?|\b\d[\d.,]*\s?(?:k|thousand|million)\b|\b\d[\d.,]*\s?(?:dollars|euros?|pounds|usd|eur|gbp)\b)(?:\s?(?:an?|per)\s(?:hour|day|month|year))?",
        )?,
        time: regex(&format!(
            r"(?i)\b(?:next |this )?(?:{day})(?: (?:at )?(?:{clock})| (?:{part}))*|\b(?:at )?(?:{clock})(?: (?:on )?(?:{day}))?|\b\d{{4}}-\d{{2}}-\d{{2}}(?: (?:at )?(?:{clock}))?"
        ))?,
        company: regex(
            r"\b(?:[Aa]t|[Ff]rom|[Ww]ith|[Rr]epresent(?:ing)?|[Ww]ork(?:ing)? for|[Cc]ompany is|[Cc]alled) ([A-Z][\w&-]*(?: (?:[A-Z][\w&-]*|&))*)",
        )?,
        role: regex(
            r"(?i)\b(?:for|as|role of|position of|hiring|looking for|need|have|seeking) (?:an?|the|our|some)? ?((?:(?:senior|staff|principal|lead|junior|head|chief|vp|vice|software|platform|backend|back-end|frontend|data|cloud|rust|payments?|engineering|technical|product|systems?|site|reliability|solutions?|of|and) )*(?:engineer|developer|architect|manager|director|lead|consultant|scientist|analyst|officer|cto|head of [a-z]+))\b",
        )?,
    })
});

/// What an utterance names.
pub fn slots(said: &str) -> Slots {
    let Some(patterns) = PATTERNS.as_ref() else { return Slots::default() };
    let first = |regex: &Regex| regex.find(said).map(|found| found.as_str().trim().to_owned());
    let group = |regex: &Regex| {
        let found = regex.captures(said)?.get(1)?.as_str().trim_end_matches(['.', ',']).trim();
        (!found.is_empty() && found.len() <= MAX_NAME).then(|| found.to_owned())
    };
    let is_day = |name: &String| !patterns.time.is_match(name);
    Slots {
        company: group(&patterns.company).filter(is_day),
        role: group(&patterns.role),
        money: first(&patterns.money),
        times: patterns.time.find_iter(said).map(|found| found.as_str().trim().to_owned()).collect(),
        email: first(&patterns.email).and_then(|text| Email::parse(&text).ok()),
        phone: first(&patterns.phone).and_then(|text| {
            let plain: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
            Phone::parse(&plain).ok()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named() {
        let said = "Hi, this is Dana from Northgate Search. We have a senior staff engineer role, 150k a year. \
                    Could we talk on Tuesday afternoon or tomorrow at 3 pm? Dana@Northgate.example or +1 415 555 0123.";
        let found = slots(said);
        assert_eq!(found.company.as_deref(), Some("Northgate Search"));
        assert_eq!(found.role.as_deref(), Some("senior staff engineer"));
        assert_eq!(found.money.as_deref(), Some("150k a year"));
        assert_eq!(found.times, ["Tuesday afternoon", "tomorrow at 3 pm"]);
        assert_eq!(found.email.unwrap().address().to_lowercase(), "dana@northgate.example");
        assert_eq!(found.phone.unwrap().as_str(), "+14155550123");
    }

    #[test]
    fn money_and_times() {
        let rows = [
            ("Our budget is $20,000.", Some("$20,000."), 0),
            ("€ 900 per day", Some("€ 900 per day"), 0),
            ("around 120 thousand dollars", Some("120 thousand"), 0),
            ("Let us meet next Monday at 10:30, or 2026-12-01 at 9 am", None, 2),
            ("I met him from Tuesday on", None, 1),
            ("He has 12 years of experience", None, 0),
            ("", None, 0),
        ];
        for (said, money, times) in rows {
            let found = slots(said);
            assert_eq!(found.money.as_deref(), money, "{said}");
            assert_eq!(found.times.len(), times, "{said}: {:?}", found.times);
            assert_eq!(found.company, None, "{said}");
        }
    }
}

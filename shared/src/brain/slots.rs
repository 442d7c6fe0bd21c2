//! What an utterance names: addresses, numbers, money, times, a company, a role. As it was said; addresses and
//! numbers are normalised.

use std::sync::LazyLock;

use regex::{Match, Regex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::{Email, Phone, Region},
    knowledge::dates::MONTHS,
};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    home: Regex,
    money: Regex,
    time: Regex,
    company: Regex,
    role: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).ok();
    let day = "(?:mon|tues|wednes|thurs|fri|satur|sun)days?|today|tomorrow|tonight|next week|this week";
    let part = "morning|afternoon|evening|noon|lunchtime|midday";
    let hour = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon";
    let clock = format!(
        r"\d{{1,2}}(?::\d{{2}})?\s?(?:am|pm|a\.m\.|p\.m\.|o'clock|uhr)|\d{{1,2}}:\d{{2}}|at (?:{hour})(?: o'clock)?\b"
    );
    // "4 pm EST": without its zone it is another time.
    let zone = r"(?-i:(?:UTC|GMT)(?:\s?[+−-]\d{1,2}(?::?\d{2})?)?|[A-Z]{1,3}T|MEZ|MESZ)\b";
    let clock = format!(r"(?:{clock})(?:\s\(?{zone})?");
    let month = "january|february|march|april|may|june|july|august|september|october|november|december";
    let nth = r"\d{1,2}(?:st|nd|rd|th)?";
    let date =
        format!(r"(?:{nth}(?: of)? (?:{month})|(?:{month}) {nth})\b(?:,? \d{{4}})?|\d{{4}}-\d{{2}}-\d{{2}}");
    let currency = "dollars|euros?|pounds|usd|eur|gbp";
    let amount = r"\d+(?:[.,]\d+)*";
    Some(Patterns {
        email: regex(r"(?i)[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}")?,
        phone: regex(r"\+\d[\d\s().-]{6,18}\d")?,
        home: regex(r"(?:\b1[\s.-]?\(?|\(|\b)\d{3}\)?[\s.-]{0,2}\d{3}[\s.-]?\d{4}\b")?,
        money: regex(&format!(
            r"(?i)(?:[$€£]\s?{amount}(?:\s?(?:k|m|thousand|million)\b)?|\b{amount}\s?(?:(?:k|thousand|million)\b\s?)?(?:{currency})\b|\b{amount}\s?(?:k|thousand|million)\b)(?:\s?(?:an?|per)\s(?:hour|day|month|year))?"
        ))?,
        time: regex(&format!(
            r"(?i)\b(?:next |this )?(?:{day})(?: (?:at )?(?:{clock})| (?:{part}))*|\b(?:{date})(?: (?:at )?(?:{clock}))?|\b(?:at )?(?:{clock})(?: (?:on )?(?:{day}))?"
        ))?,
        company: regex(
            r"\b(?:[Aa]t|[Ff]rom|(?:I'm|I’m|[Aa]m|[Ii]s|[Aa]re|[Hh]ere) with|[Rr]epresent(?:ing)?|[Ww]ork(?:ing)? for|[Cc]ompany is|[Cc]alled) ([A-Z][\w&-]*(?: (?:[A-Z][\w&-]*|&))*)",
        )?,
        role: regex(&format!(
            r"(?i)\b(?:for|as|role of|position of|hiring|looking for|need|have|seeking) (?:an?|the|our|some)? ?((?:(?:{ADJECTIVES}) )*(?:{ROLES}|head of [a-z]+))\b|\b((?:(?:{ADJECTIVES}) )+(?:{ROLES}|eng)) (?:role|position|job|opening|vacancy)\b"
        ))?,
    })
});

const ADJECTIVES: &str = "senior|staff|principal|lead|junior|head|chief|vp|vice|software|platform|backend|back-end|\
     frontend|front-end|full-stack|data|cloud|rust|payments?|engineering|technical|product|systems?|site|reliability|\
     solutions?|of|and|registered|graphic|ux|ui|web|mobile|security|network|devops|machine|learning|qa|test|project|\
     programme?|marketing|sales|night|shift|finance|legal|hr|customer|support|business|operations|embedded|freelance";
const ROLES: &str = "engineer|developer|architect|manager|director|lead|consultant|scientist|analyst|officer|cto|cfo|coo|\
     designer|programmer|tester|supervisor|nurse|administrator|specialist|coordinator|assistant|technician|\
     accountant|recruiter|writer|researcher|teacher|trainer|advis[eo]r|strategist|sre";

/// What many are called from and nobody works for: large cities and countries.
const PLACES: &str = "amsterdam atlanta austin austria australia barcelona belgium berlin boston brazil brussels canada \
     chicago china cologne copenhagen dallas delhi denmark denver detroit dublin england europe finland france frankfurt \
     geneva germany hamburg helsinki houston india ireland israel italy japan lisbon london lyon madrid manchester melbourne \
     mexico miami milan montreal mumbai munich netherlands norway oslo paris philadelphia phoenix poland portugal prague \
     rome scotland seattle singapore spain stockholm sweden switzerland sydney tokyo toronto uk usa vancouver vienna \
     warsaw zurich";
const LONG_PLACES: [&str; 7] = [
    "new york",
    "los angeles",
    "san francisco",
    "hong kong",
    "the netherlands",
    "the united states",
    "the united kingdom",
];
/// What follows an amount of money that names no currency: `150k base`, but `10 million users`.
const AFTER_MONEY: &str = "a an per base salary plus total or to and for in gross net annually yearly monthly as is \
     at with on if but budget max maximum ote equity bonus depending";

/// What an utterance names to the twin of `owner`, who is no company.
pub fn slots(said: &str, owner: &str) -> Slots {
    let Some(patterns) = PATTERNS.as_ref() else { return Slots::default() };
    let first = |regex: &Regex| regex.find(said).map(|found| found.as_str().trim().to_owned());
    let names = |regex: &Regex| -> Vec<String> {
        let all = regex.captures_iter(said).filter_map(|found| found.get(1).or_else(|| found.get(2)));
        let all = all.map(|found| found.as_str().trim_end_matches(['.', ',']).trim().to_owned());
        all.filter(|name| !name.is_empty() && name.len() <= MAX_NAME).collect()
    };
    let is_company = |name: &String| !patterns.time.is_match(name) && !is_known_otherwise(name, owner);
    let is_money = |found: &Match<'_>| {
        let named = found.as_str().contains(['$', '€', '£']) || !is_counting(found.as_str());
        let next = said[found.end()..]
            .strip_prefix(' ')
            .and_then(|after| after.split(|c: char| !c.is_alphabetic()).next());
        let counted = next.filter(|word| !word.is_empty());
        named || counted.is_none_or(|word| has(AFTER_MONEY, &word.to_lowercase()))
    };
    Slots {
        company: names(&patterns.company).into_iter().find(is_company),
        role: names(&patterns.role).into_iter().next(),
        money: patterns.money.find_iter(said).find(is_money).map(|found| found.as_str().trim().to_owned()),
        times: patterns.time.find_iter(said).map(|found| found.as_str().trim().to_owned()).collect(),
        email: first(&patterns.email).and_then(|text| Email::parse(&text).ok()),
        phone: phone(said, patterns),
    }
}

/// Whether an amount ends with how many, and not with a currency or a time.
fn is_counting(amount: &str) -> bool {
    let lower = amount.trim_end().to_lowercase();
    ["k", "thousand", "million"].iter().any(|unit| lower.ends_with(unit))
}

fn has(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|known| known == word)
}

/// The owner, a place or a month.
fn is_known_otherwise(name: &str, owner: &str) -> bool {
    let lower = name.to_lowercase();
    let owner = owner.to_lowercase();
    let is_owner = lower.split(' ').all(|word| owner.split(' ').any(|part| part == word));
    is_owner
        || LONG_PLACES.contains(&lower.as_str())
        || has(PLACES, &lower)
        || MONTHS.contains(&lower.as_str())
}

/// With its country, or as it is dialled at home: in groups of 3, 3 and 4. Other groups are a date, or a number of another
/// country's.
fn phone(said: &str, patterns: &Patterns) -> Option<Phone> {
    if let Some(found) = patterns.phone.find(said) {
        let plain: String = found.as_str().chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        return Phone::parse(&plain).ok();
    }
    let joins = [' ', '.', '-'];
    let is_whole = |found: &Match<'_>| {
        let (before, after) = (&said[..found.start()], &said[found.end()..]);
        let before = before.strip_suffix(joins).unwrap_or(before);
        let after = after.strip_prefix(joins).unwrap_or(after);
        !before.ends_with(|c: char| c.is_ascii_digit() || c == '+')
            && !after.starts_with(|c: char| c.is_ascii_digit())
    };
    let mut all = patterns.home.find_iter(said).filter(is_whole);
    all.find_map(|found| Phone::normalise(found.as_str(), Phone::HOME).ok())
}

/// Of a number that is dialled with a 0 first; fewer are a date or a code.
const NATIONAL_DIGITS: usize = 10;

/// A number without its country, in a country where such begin with 0: `030 23125 042`.
pub fn dialled_in(said: &str, home: Region) -> Option<Phone> {
    static NATIONAL: LazyLock<Option<(Regex, Regex)>> = LazyLock::new(|| {
        let number = Regex::new(r"\b0\d[\d\s/().-]{6,18}\d\b").ok()?;
        let date = Regex::new(r"\b\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d{2}\b").ok()?;
        Some((number, date))
    });
    let (number, date) = NATIONAL.as_ref()?;
    let is_one = |found: &Match<'_>| {
        let digits = found.as_str().chars().filter(char::is_ascii_digit).count();
        let before = said[..found.start()].trim_end_matches([' ', '(', '-', '.']);
        let goes_on = before.ends_with(|c: char| c.is_ascii_digit() || c == '+');
        digits >= NATIONAL_DIGITS && !goes_on && !date.is_match(found.as_str())
    };
    let mut all = number.find_iter(said).filter(is_one);
    all.find_map(|found| Phone::normalise(&found.as_str().replace('/', " "), home).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "Alex Sample";

    #[test]
    fn what_is_named() {
        let said = "Hi, this is Dana from Northgate Search. We have a senior staff engineer role, 150k a year. \
                    Could we talk on Tuesday afternoon or tomorrow at 3 pm? Dana@Northgate.example or +1 415 555 0123.";
        let found = slots(said, OWNER);
        assert_eq!(found.company.as_deref(), Some("Northgate Search"));
        assert_eq!(found.role.as_deref(), Some("senior staff engineer"));
        assert_eq!(found.money.as_deref(), Some("150k a year"));
        assert_eq!(found.times, ["Tuesday afternoon", "tomorrow at 3 pm"]);
        assert_eq!(found.email.unwrap().address().to_lowercase(), "dana@northgate.example");
        assert_eq!(found.phone.unwrap().as_str(), "+14155550123");
    }

    #[test]
    fn companies_are_no_owners_places_or_months() {
        let rows = [
            ("Can I talk with Alex on Tuesday?", None),
            ("I'm calling from Berlin about a role", None),
            ("I'm calling from Berlin for a role at Globex", Some("Globex")),
            ("I am from New York", None),
            ("Dana from Northgate Search, from March on", Some("Northgate Search")),
            ("Is there experience with Kafka?", None),
            ("I'm with Globex", Some("Globex")),
            ("Is this from Alex Sample?", None),
        ];
        for (said, company) in rows {
            assert_eq!(slots(said, OWNER).company.as_deref(), company, "{said}");
        }
    }

    #[test]
    fn numbers_as_they_are_dialled_at_home() {
        let rows = [
            ("My number is 415-555-2671", Some("+14155552671")),
            ("call (415) 555 2671 please", Some("+14155552671")),
            ("4155552671", Some("+14155552671")),
            ("My code is 421 337 008.", None),
            ("1 (415) 555-2671", Some("+14155552671")),
            ("14155552671 at 3 pm", Some("+14155552671")),
            ("on 2026-12-01 at 10:30", None),
            ("Please call me back on 2026-12-01 10:30", None),
            ("150 1234 5678", None),
            ("81234 56789", None),
            ("49 301 234 5678", None),
            ("+49 30 901820", Some("+4930901820")),
            ("we settle 40 000 000 transfers", None),
        ];
        for (said, phone) in rows {
            assert_eq!(slots(said, OWNER).phone.as_ref().map(Phone::as_str), phone, "{said}");
        }
    }

    #[test]
    fn numbers_of_the_owners_country() {
        let rows = [
            ("Call me on 030 23125 042, please.", Region::DE, Some("+493023125042")),
            ("call 030/23125-042 after three", Region::DE, Some("+493023125042")),
            ("My number is 020 7183 8750", Region::GB, Some("+442071838750")),
            ("on 01.12.2026 10:30", Region::FR, None),
            ("My code is 012 345 678.", Region::DE, None),
            ("+44 020 7183 8750", Region::DE, None),
            ("030 23125 042", Region::US, None),
            ("we settle 40 000 000 000 transfers", Region::DE, None),
        ];
        for (said, home, phone) in rows {
            assert_eq!(dialled_in(said, home).as_ref().map(Phone::as_str), phone, "{said}");
        }
    }

    #[test]
    fn roles() {
        let rows = [
            ("We need a night shift supervisor", Some("night shift supervisor")),
            ("we are hiring a product designer", Some("product designer")),
            ("looking for a registered nurse", Some("registered nurse")),
            ("staff eng role, fintech in London", Some("staff eng")),
            ("It is a senior backend engineer position", Some("senior backend engineer")),
            ("What is his role?", None),
            ("We need a meeting", None),
        ];
        for (said, role) in rows {
            assert_eq!(slots(said, OWNER).role.as_deref(), role, "{said}");
        }
    }

    #[test]
    fn money_and_times() {
        let rows = [
            ("Our budget is $20,000.", Some("$20,000"), 0),
            ("€ 900 per day", Some("€ 900 per day"), 0),
            ("around 120 thousand dollars", Some("120 thousand dollars"), 0),
            ("We have 10 million users", None, 0),
            ("We have 10 million users and pay 150k.", Some("150k"), 0),
            ("It pays 150k base", Some("150k"), 0),
            ("on 3 December at ten, or December 4th", None, 2),
            ("Let us meet next Monday at 10:30, or 2026-12-01 at 9 am", None, 2),
            ("I met him from Tuesday on", None, 1),
            ("call me tomorrow at 4 pm EST or at 10 Uhr MEZ", None, 2),
            ("He has 12 years of experience", None, 0),
            ("", None, 0),
        ];
        for (said, money, times) in rows {
            let found = slots(said, OWNER);
            assert_eq!(found.money.as_deref(), money, "{said}");
            assert_eq!(found.times.len(), times, "{said}: {:?}", found.times);
            assert_eq!(found.company, None, "{said}");
        }
        let times = |said: &str| slots(said, OWNER).times;
        assert_eq!(times("tomorrow at 4 pm EST, please"), ["tomorrow at 4 pm EST"]);
        assert_eq!(times("Thursday 10:00 UTC+2"), ["Thursday 10:00 UTC+2"]);
        assert_eq!(times("Thursday 10:00 UTC+5:30"), ["Thursday 10:00 UTC+5:30"]);
        assert_eq!(times("Thursday at 4 pm GMT -5"), ["Thursday at 4 pm GMT -5"]);
        assert_eq!(times("at 4 pm but not later"), ["at 4 pm"]);
    }
}

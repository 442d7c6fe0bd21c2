//! The tables of an export that are about the owner's profession. Address, birth date and the like are not read.

use super::Row;
use crate::file::claim::stated;
use crate::file::resume::{dates, years_of_experience};
use twin::knowledge::document::{Claim, Month, Predicate, Until};

pub struct Table {
    pub file: &'static str,
    pub key: &'static str,
    pub title: &'static str,
    /// Without this column it is another table.
    pub required: &'static str,
    /// What a section begins with, on one line.
    pub heading: &'static [Part],
    /// What stands under it, a line each: words before it, and the column.
    pub body: &'static [(&'static str, &'static str)],
    pub is_shown: fn(&Row<'_>) -> bool,
    pub claims: fn(&Row<'_>) -> Vec<Claim>,
}

/// What a heading says of a row, if it is there.
pub enum Part {
    Says(&'static str),
    /// Words before cells that make one name.
    Named(&'static str, &'static [&'static str]),
    /// From one cell to the other.
    Period(&'static str, &'static str),
}

use Part::{Named, Period, Says};

impl Part {
    pub fn told(&self, row: &Row<'_>) -> Option<String> {
        match self {
            Says(column) => row.get(column),
            Named(before, columns) => {
                let cells: Vec<String> = columns.iter().filter_map(|column| row.get(column)).collect();
                (!cells.is_empty()).then(|| format!("{before}{}", cells.join(" ")))
            }
            Period(from, until) => match (row.get(from), row.get(until)) {
                (Some(from), Some(until)) => Some(format!("{from} – {until}")),
                (Some(from), None) => Some(format!("since {from}")),
                (None, until) => until.map(|until| format!("until {until}")),
            },
        }
    }
}

pub const TABLES: [Table; 8] = [
    Table {
        file: "Profile.csv",
        key: "profile",
        title: "profile",
        required: "First Name",
        heading: &[
            Named("", &["First Name", "Last Name"]),
            Says("Headline"),
            Says("Industry"),
            Says("Geo Location"),
        ],
        body: &[("", "Summary"), ("Websites: ", "Websites")],
        is_shown: |_| true,
        claims: profile,
    },
    Table {
        file: "Positions.csv",
        key: "positions",
        title: "positions",
        required: "Company Name",
        heading: &[
            Says("Title"),
            Says("Company Name"),
            Says("Location"),
            Period("Started On", "Finished On"),
        ],
        body: &[("", "Description")],
        is_shown: |_| true,
        claims: |row| of(row, Predicate::Position, "Title", "Company Name", ["Started On", "Finished On"]),
    },
    Table {
        file: "Education.csv",
        key: "education",
        title: "education",
        required: "School Name",
        heading: &[Says("Degree Name"), Says("School Name"), Period("Start Date", "End Date")],
        body: &[("Activities: ", "Activities"), ("", "Notes")],
        is_shown: |_| true,
        claims: |row| of(row, Predicate::Education, "Degree Name", "School Name", ["Start Date", "End Date"]),
    },
    Table {
        file: "Skills.csv",
        key: "skills",
        title: "skills",
        required: "Name",
        heading: &[Named("Skill: ", &["Name"])],
        body: &[],
        is_shown: |_| true,
        claims: |row| named(row, Predicate::Skill),
    },
    Table {
        file: "Projects.csv",
        key: "projects",
        title: "projects",
        required: "Title",
        heading: &[Named("Project ", &["Title"]), Says("Url"), Period("Started On", "Finished On")],
        body: &[("", "Description")],
        is_shown: |_| true,
        claims: project,
    },
    Table {
        file: "Certifications.csv",
        key: "certifications",
        title: "certifications",
        required: "Name",
        heading: &[Says("Name"), Says("Authority"), Says("Url"), Period("Started On", "Finished On")],
        body: &[],
        is_shown: |_| true,
        claims: certification,
    },
    Table {
        file: "Languages.csv",
        key: "languages",
        title: "languages",
        required: "Name",
        heading: &[Says("Name"), Says("Proficiency")],
        body: &[],
        is_shown: |_| true,
        claims: |row| named(row, Predicate::Language),
    },
    Table {
        file: "Recommendations_Received.csv",
        key: "recommendations_received",
        title: "recommendations",
        required: "Text",
        heading: &[
            Named("Recommendation by ", &["First Name", "Last Name"]),
            Says("Job Title"),
            Says("Company"),
            Says("Creation Date"),
        ],
        body: &[("", "Text")],
        // The owner hides a recommendation, or has not accepted it.
        is_shown: |row| row.get("Status").is_none_or(|status| status.eq_ignore_ascii_case("visible")),
        claims: |_| Vec::new(),
    },
];

fn profile(row: &Row<'_>) -> Vec<Claim> {
    let name = [row.get("First Name"), row.get("Last Name")];
    let name = name.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let years = row.get("Summary").as_deref().and_then(years_of_experience).map(|years| years.to_string());
    let facts = [
        (Predicate::Name, Some(name)),
        (Predicate::Headline, row.get("Headline")),
        (Predicate::Location, row.get("Geo Location")),
        (Predicate::StatedYears, years),
    ];
    // `[COMPANY:https://alex.example,BLOG:https://blog.example]`
    let websites = row.get("Websites").unwrap_or_default();
    let urls =
        websites.trim_matches(['[', ']']).split(',').filter_map(|url| url.find("http").map(|at| &url[at..]));
    let urls = urls.map(|url| (Predicate::Website, Some(url.trim().to_owned())));
    let value = |(predicate, value): (_, Option<String>)| {
        value.filter(|value| !value.is_empty()).map(|value| stated(predicate, value, &row.place))
    };
    facts.into_iter().chain(urls).filter_map(value).collect()
}

/// Without an end it goes on.
fn of(row: &Row<'_>, predicate: Predicate, what: &str, place: &str, [start, end]: [&str; 2]) -> Vec<Claim> {
    let from = month(row, start);
    let until = month(row, end).map(Until::Month);
    let open = row.get(end).is_none().then_some(Until::Present).filter(|_| from.is_some());
    let claim = |value| Claim {
        of: row.get(place),
        from,
        until: until.or(open),
        ..stated(predicate, value, &row.place)
    };
    row.get(what).map(claim).into_iter().collect()
}

fn project(row: &Row<'_>) -> Vec<Claim> {
    let name = row.get("Title");
    let value = row.get("Description").or_else(|| name.clone());
    let until = month(row, "Finished On").map(Until::Month);
    let claim = |value| Claim {
        of: name,
        from: month(row, "Started On"),
        until,
        ..stated(Predicate::Project, value, &row.place)
    };
    value.map(claim).into_iter().collect()
}

fn certification(row: &Row<'_>) -> Vec<Claim> {
    let claim = |name| Claim {
        of: row.get("Authority"),
        from: month(row, "Started On"),
        until: month(row, "Finished On").map(Until::Month),
        ..stated(Predicate::Certification, name, &row.place)
    };
    row.get("Name").map(claim).into_iter().collect()
}

fn named(row: &Row<'_>, predicate: Predicate) -> Vec<Claim> {
    row.get("Name").map(|name| stated(predicate, name, &row.place)).into_iter().collect()
}

fn month(row: &Row<'_>, column: &str) -> Option<Month> {
    dates::month(&row.get(column)?)
}

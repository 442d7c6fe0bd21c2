//! JSON Resume, schema 1.0.0 (<https://jsonresume.org/schema>, npm `@jsonresume/schema`).

mod schema;

use crate::file::claim::stated;
use crate::file::error::ImportError;
use crate::file::resume;
use crate::file::visible::{visible, visible_line};
use schema::{Resume, When};
use twin::knowledge::document::{Claim, Document, Predicate, Section, SourceKind, Until};

/// A section for each entry, whose place is the part and what the entry is called: `Work, Engineer, Ledgerlane`. An error
/// names the path of the value that is wrong and what was expected of it.
pub fn read(key: &str, text: &str) -> Result<Document, ImportError> {
    let resume: Resume = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))
        .map_err(|error| {
            let path = error.path().to_string();
            let path = path.trim_end_matches(['.', '?']);
            let place = if path.is_empty() { key.to_owned() } else { format!("{key}, {path}") };
            ImportError::not_readable(place, error.into_inner())
        })?;
    let mut reading = Reading::default();
    reading.all(&resume);
    let (sections, mut claims) = (reading.sections, reading.claims);
    claims.retain(|claim| !claim.value.is_empty());
    if sections.is_empty() && claims.is_empty() {
        return Err(ImportError::empty(
            key,
            "no part of the JSON Resume schema is filled, such as basics or work",
        ));
    }
    let name = claims.iter().find(|claim| claim.predicate == Predicate::Name);
    let title = name.map_or_else(|| format!("Résumé ({key})"), |name| format!("Résumé of {}", name.value));
    let date = resume.meta.and_then(|meta| meta.last_modified?.get(..10)?.parse().ok());
    let key = key.to_owned();
    Ok(Document {
        kind: SourceKind::Resume,
        key,
        title,
        url: None,
        date,
        sections,
        claims,
        keywords: String::new(),
    })
}

#[derive(Default)]
struct Reading {
    sections: Vec<Section>,
    claims: Vec<Claim>,
}

type Text = Option<String>;

impl Reading {
    fn all(&mut self, resume: &Resume) {
        if let Some(basics) = &resume.basics {
            self.basics(basics);
        }
        each(resume.work.as_deref(), |work| {
            self.position(&place("Work", [&work.position, &work.name]), work, &work.name);
        });
        each(resume.volunteer.as_deref(), |work| {
            self.section(
                place("Volunteering", [&work.position, &work.organization]),
                [&work.position, &work.organization, &period(work.start_date, work.end_date), &work.url],
                [&work.summary],
                work.highlights.as_deref(),
            );
        });
        each(resume.education.as_deref(), |education| {
            self.education(place("Education", [&education.institution]), education);
        });
        each(resume.certificates.as_deref(), |one| {
            self.certificate(place("Certificates", [&one.name]), one);
        });
        each(resume.skills.as_deref(), |one| self.skill(place("Skills", [&one.name]), one));
        each(resume.languages.as_deref(), |one| {
            let place = place("Languages", [&one.language]);
            self.claims.push(stated(Predicate::Language, line(&one.language), &place));
            self.section(place, [&one.language, &one.fluency], [], None);
        });
        each(resume.projects.as_deref(), |one| self.project(place("Projects", [&one.name]), one));
        self.only_text(resume);
    }

    /// Parts without claims.
    fn only_text(&mut self, resume: &Resume) {
        each(resume.awards.as_deref(), |one| {
            let head = [&one.title, &one.awarder, &one.date.and_then(When::text)];
            self.section(place("Awards", [&one.title]), head, [&one.summary], None);
        });
        each(resume.publications.as_deref(), |one| {
            let date = one.release_date.and_then(When::text);
            let head = [&one.name, &one.publisher, &date, &one.url];
            self.section(place("Publications", [&one.name]), head, [&one.summary], None);
        });
        each(resume.interests.as_deref(), |one| {
            self.section(
                place("Interests", [&one.name]),
                [&one.name],
                [&listed(one.keywords.as_deref())],
                None,
            );
        });
        each(resume.references.as_deref(), |one| {
            self.section(place("References", [&one.name]), [&one.name], [&one.reference], None);
        });
    }

    fn basics(&mut self, basics: &schema::Basics) {
        let place = "About".to_owned();
        let location = basics.location.as_ref().map(|at| joined([&at.city, &at.region, &at.country_code]));
        let profiles = basics.profiles.iter().flatten();
        let urls: Vec<Text> = profiles.map(|profile| profile.url.clone()).collect();
        let facts = [
            (Predicate::Name, &basics.name),
            (Predicate::Headline, &basics.label),
            (Predicate::Email, &basics.email),
            (Predicate::Phone, &basics.phone),
            (Predicate::Location, &location),
            (Predicate::Website, &basics.url),
        ];
        let facts = facts.into_iter().chain(urls.iter().map(|url| (Predicate::Website, url)));
        for (predicate, value) in facts.filter(|(_, value)| value.is_some()) {
            self.claims.push(stated(predicate, line(value), &place));
        }
        let years = basics.summary.as_deref().and_then(resume::years_of_experience);
        self.claims.extend(years.map(|years| stated(Predicate::StatedYears, years.to_string(), &place)));
        let head = [&basics.name, &basics.label, &location, &basics.url];
        self.section(place, head, [&basics.summary], Some(&urls.into_iter().flatten().collect::<Vec<_>>()));
    }

    fn position(&mut self, place: &str, work: &schema::Work, employer: &Text) {
        self.claims.push(Claim {
            of: some_line(employer),
            from: work.start_date.and_then(When::month),
            until: until(work.start_date, work.end_date),
            ..stated(Predicate::Position, line(&work.position), place)
        });
        let achieved = |text: &String| Claim {
            of: some_line(employer),
            from: work.start_date.and_then(When::month),
            until: until(work.start_date, work.end_date),
            ..stated(Predicate::Achievement, visible_line(text), place)
        };
        self.claims.extend(work.highlights.iter().flatten().map(achieved));
        self.section(
            place.to_owned(),
            [&work.position, employer, &work.location, &period(work.start_date, work.end_date), &work.url],
            [&work.description, &work.summary],
            work.highlights.as_deref(),
        );
    }

    fn education(&mut self, place: String, education: &schema::Education) {
        let degree = joined([&education.study_type, &education.area]).replace(", ", " ");
        self.claims.push(Claim {
            of: some_line(&education.institution),
            from: education.start_date.and_then(When::month),
            until: until(education.start_date, education.end_date),
            ..stated(Predicate::Education, &degree, &place)
        });
        let score = education.score.as_ref().map(|score| format!("Grade: {score}"));
        let head = [
            &Some(degree),
            &education.institution,
            &period(education.start_date, education.end_date),
            &education.url,
        ];
        self.section(place, head, [&score, &listed(education.courses.as_deref())], None);
    }

    fn certificate(&mut self, place: String, one: &schema::Certificate) {
        self.claims.push(Claim {
            of: some_line(&one.issuer),
            from: one.date.and_then(When::month),
            ..stated(Predicate::Certification, line(&one.name), &place)
        });
        let date = one.date.and_then(When::text);
        self.section(place, [&one.name, &one.issuer, &date, &one.url], [], None);
    }

    fn skill(&mut self, place: String, one: &schema::Skill) {
        let names =
            [line(&one.name)].into_iter().chain(one.keywords.iter().flatten().map(|word| visible_line(word)));
        self.claims.extend(names.map(|name| stated(Predicate::Skill, name, &place)));
        self.section(place, [&one.name, &one.level], [&listed(one.keywords.as_deref())], None);
    }

    fn project(&mut self, place: String, one: &schema::Project) {
        let value = some_line(&one.description).unwrap_or_else(|| line(&one.name));
        self.claims.push(Claim {
            of: some_line(&one.name),
            from: one.start_date.and_then(When::month),
            until: one.end_date.map(When::until),
            ..stated(Predicate::Project, value, &place)
        });
        let head = [
            &one.name,
            &one.entity,
            &listed(one.roles.as_deref()),
            &period(one.start_date, one.end_date),
            &one.url,
        ];
        self.section(
            place,
            head,
            [&one.description, &listed(one.keywords.as_deref())],
            one.highlights.as_deref(),
        );
    }

    /// The head on one line, then each paragraph, then each highlight.
    fn section<const H: usize, const P: usize>(
        &mut self,
        place: String,
        head: [&Text; H],
        paragraphs: [&Text; P],
        highlights: Option<&[String]>,
    ) {
        let head = Some(joined(head));
        let paragraphs =
            [&head].into_iter().chain(paragraphs).flatten().chain(highlights.unwrap_or_default());
        let text = visible(&paragraphs.map(String::as_str).collect::<Vec<_>>().join("\n"));
        if !text.is_empty() {
            self.sections.push(Section { place, text });
        }
    }
}

fn each<T>(entries: Option<&[T]>, read: impl FnMut(&T)) {
    entries.unwrap_or_default().iter().for_each(read);
}

/// Where something is written, in words.
fn place<const N: usize>(part: &str, names: [&Text; N]) -> String {
    let names = joined(names);
    if names.is_empty() { part.to_owned() } else { format!("{part}, {names}") }
}

fn line(text: &Text) -> String {
    visible_line(text.as_deref().unwrap_or_default())
}

fn some_line(text: &Text) -> Option<String> {
    Some(line(text)).filter(|line| !line.is_empty())
}

fn joined<const N: usize>(pieces: [&Text; N]) -> String {
    pieces.into_iter().filter_map(some_line).collect::<Vec<_>>().join(", ")
}

fn listed(words: Option<&[String]>) -> Text {
    words.filter(|words| !words.is_empty()).map(|words| words.join(", "))
}

/// Without an end, a position or study that has a start goes on.
fn until(start: Option<When>, end: Option<When>) -> Option<Until> {
    end.map(When::until).or(start.map(|_| Until::Present))
}

fn period(start: Option<When>, end: Option<When>) -> Text {
    let end = end.and_then(When::text);
    match start.and_then(When::text) {
        Some(start) => Some(format!("{start} – {}", end.unwrap_or_else(|| "present".to_owned()))),
        None => end.map(|end| format!("until {end}")),
    }
}

#[cfg(test)]
mod tests;

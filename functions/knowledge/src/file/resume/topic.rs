//! What a part of a résumé is about, told by its heading, in English and German.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The name and what stands with it.
    Top,
    Contact,
    Summary,
    Experience,
    Education,
    Skills,
    Languages,
    Certifications,
    Projects,
    Other,
}

const HEADINGS: [(Topic, &[&str]); 9] = [
    (Topic::Contact, &["contact", "contact details", "contact information", "personal details", "kontakt"]),
    (
        Topic::Summary,
        &[
            "summary",
            "professional summary",
            "executive summary",
            "profile",
            "about",
            "about me",
            "objective",
            "profil",
            "über mich",
            "zusammenfassung",
            "kurzprofil",
        ],
    ),
    (
        Topic::Experience,
        &[
            "experience",
            "work experience",
            "professional experience",
            "employment",
            "employment history",
            "work history",
            "career",
            "career history",
            "relevant experience",
            "positions",
            "berufserfahrung",
            "beruflicher werdegang",
            "werdegang",
        ],
    ),
    (
        Topic::Education,
        &[
            "education",
            "academic background",
            "education and training",
            "studies",
            "ausbildung",
            "bildung",
            "studium",
            "bildungsweg",
        ],
    ),
    (
        Topic::Skills,
        &[
            "skills",
            "technical skills",
            "core skills",
            "key skills",
            "core competencies",
            "competencies",
            "technologies",
            "expertise",
            "tech stack",
            "kenntnisse",
            "fähigkeiten",
            "kompetenzen",
        ],
    ),
    (Topic::Languages, &["languages", "spoken languages", "sprachen", "sprachkenntnisse"]),
    (
        Topic::Certifications,
        &[
            "certifications",
            "certificates",
            "certification",
            "licenses and certifications",
            "certifications and licenses",
            "zertifikate",
            "zertifizierungen",
        ],
    ),
    (
        Topic::Projects,
        &["projects", "personal projects", "selected projects", "side projects", "open source", "projekte"],
    ),
    (
        Topic::Other,
        &[
            "publications",
            "talks",
            "awards",
            "honors",
            "honors and awards",
            "interests",
            "hobbies",
            "volunteering",
            "volunteer experience",
            "references",
            "patents",
            "courses",
            "speaking",
            "veröffentlichungen",
            "ehrenamt",
            "interessen",
            "referenzen",
        ],
    ),
];

/// The topic, if the line is a heading that is usual in résumés: `WORK EXPERIENCE`, `Skills:`, `S K I L L S`.
pub fn topic(line: &str) -> Option<Topic> {
    if line.chars().count() > 60 {
        return None;
    }
    let mut words = words(line);
    if words.len() > 3 && words.iter().all(|word| word.chars().count() == 1) {
        words = vec![words.concat()];
    }
    let heading = words.join(" ");
    HEADINGS.iter().find(|(_, headings)| headings.contains(&heading.as_str())).map(|(topic, _)| *topic)
}

fn words(line: &str) -> Vec<String> {
    let line = line.trim_end_matches(':').replace('&', " and ").to_lowercase();
    if line.contains([':', ',', '.', '@']) {
        return Vec::new();
    }
    line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_as_they_are_set() {
        assert_eq!(topic("WORK EXPERIENCE"), Some(Topic::Experience));
        assert_eq!(topic("S K I L L S"), Some(Topic::Skills));
        assert_eq!(topic("Licenses & Certifications:"), Some(Topic::Certifications));
        assert_eq!(topic("Berufserfahrung"), Some(Topic::Experience));
    }

    #[test]
    fn lines_that_only_mention_one() {
        assert_eq!(topic("Languages: Rust, Go"), None);
        assert_eq!(topic("Experience with Rust"), None);
        assert_eq!(topic(""), None);
    }
}

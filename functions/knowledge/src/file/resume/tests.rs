use super::*;

/// The claims of a text, one a line: `position Staff Engineer of Ledgerlane, 2021-03 to present`.
fn claims(text: &str) -> Vec<String> {
    let document = read("cv.txt", &lines_of_text(text)).unwrap();
    document.claims.iter().map(told).collect()
}

fn told(claim: &Claim) -> String {
    let predicate = serde_json::to_value(claim.predicate).unwrap();
    let of = claim.of.as_ref().map(|of| format!(" of {of}")).unwrap_or_default();
    let from = claim.from.map(|from| format!(", {}", String::from(from))).unwrap_or_default();
    let until = match claim.until {
        Some(twin::knowledge::document::Until::Month(month)) => format!(" to {}", String::from(month)),
        Some(twin::knowledge::document::Until::Present) => " to present".to_owned(),
        None => String::new(),
    };
    format!("{} {}{of}{from}{until}", predicate.as_str().unwrap(), claim.value)
}

fn positions(entries: &str) -> Vec<String> {
    let mut claims = claims(&format!("Experience\n{entries}"));
    claims.retain(|claim| claim.starts_with("position"));
    claims
}

#[test]
fn headers_of_positions_as_people_set_them() {
    let expected = ["position Staff Engineer of Ledgerlane GmbH, 2021-03 to present"];
    for entry in [
        "Staff Engineer, Ledgerlane GmbH — Mar 2021 – Present",
        "Staff Engineer — Ledgerlane GmbH (Mar 2021 – Present)",
        "Staff Engineer at Ledgerlane GmbH, 03/2021 - now",
        "Staff Engineer\nLedgerlane GmbH, Berlin | 03/2021 – Present",
        "Staff Engineer — Ledgerlane GmbH\nMar 2021 – Present · Berlin",
        "Mar 2021 – Present\nStaff Engineer, Ledgerlane GmbH",
        "Mar 2021 – Present: Staff Engineer\nLedgerlane GmbH (remote)",
        "Ledgerlane GmbH | Berlin\nStaff Engineer | since Mar 2021",
        "Ledgerlane GmbH, Berlin\nStaff Engineer\nMarch 2021 to present\n- Built things in 2022",
    ] {
        assert_eq!(positions(entry), expected, "{entry}");
    }
}

#[test]
fn a_place_behind_the_dates_is_no_employer() {
    for entry in [
        "Principal Engineer, Ledgerlane\nMarch 2021 – present · Berlin",
        "Principal Engineer, Ledgerlane\nMarch 2021 – present",
        "Ledgerlane, Berlin\nPrincipal Engineer\nMarch 2021 – present · remote",
        "Ledgerlane\nPrincipal Engineer, Payments\nMarch 2021 – present · Berlin",
        "Principal Engineer, Payments\nLedgerlane · March 2021 – present",
        "Principal Engineer, Payments\nMarch 2021 – present · Ledgerlane GmbH",
    ] {
        let told = positions(entry);
        assert!(told.len() == 1 && told[0].contains(" of Ledgerlane"), "{entry}: {told:?}");
        assert!(told[0].starts_with("position Principal Engineer"), "{entry}: {told:?}");
    }
    let degree =
        "Education\nMSc Computer Science, Chalmers University of Technology\n2007 – 2012 · Gothenburg";
    assert_eq!(
        claims(degree),
        ["education MSc Computer Science of Chalmers University of Technology, 2007 to 2012"]
    );
}

#[test]
fn one_entry_does_not_take_the_lines_of_another() {
    let text = "Senior Developer | 2018 – 2021\nCold Harbor Storage\n- Wrote tests\n- Mentored\n\
                Developer | 2014 – 2018\nHavelware AG\nA company for ferries and harbours.\n\
                Intern | 2013 – 2014\nMuster Inc.";
    assert_eq!(
        positions(text),
        [
            "position Senior Developer of Cold Harbor Storage, 2018 to 2021",
            "position Developer of Havelware AG, 2014 to 2018",
            "position Intern of Muster Inc., 2013 to 2014",
        ]
    );
}

#[test]
fn bullets_of_a_position_are_whole_or_not_taken() {
    let text = "Experience\nDeveloper at Havelware AG, 2014 – 2018\nA company for ferries.\n\
                - Moved the settlement jobs of the house to AWS Lambda and\nDynamoDB and cut their cost by 62 percent.\n\
                - Mentoring\n- Built the booking backend\nIntern, Muster Inc., 2013 – 2014\n- Wrote tests";
    let achieved: Vec<_> =
        claims(text).into_iter().filter(|claim| claim.starts_with("achievement")).collect();
    assert_eq!(
        achieved,
        [
            "achievement Moved the settlement jobs of the house to AWS Lambda and DynamoDB and cut their cost by 62 \
             percent. of Havelware AG, 2014 to 2018",
            "achievement Built the booking backend of Havelware AG, 2014 to 2018",
        ]
    );
}

#[test]
fn who_and_where() {
    let text = "Curriculum Vitae\nAlex Sample\nStaff engineer\nE-Mail: alex@sample.example | Tel.: +49 (0)30 23125-042\n\
                github.com/alex-sample, Berlin\nLocation: Berlin, Germany | www.sample.example";
    assert_eq!(
        claims(text),
        [
            "name Alex Sample",
            "headline Staff engineer",
            "email alex@sample.example",
            "phone +49 (0)30 23125-042",
            "website github.com/alex-sample",
            "location Berlin, Germany",
            "website www.sample.example",
        ]
    );
}

#[test]
fn what_a_document_calls_itself_is_no_part_of_a_name() {
    for top in [
        "Résumé of Robin Muster",
        "RESUME: Robin Muster",
        "CV – Robin Muster",
        "Curriculum Vitae\nRobin Muster",
        "Robin Muster - Curriculum Vitae",
        "Robin Muster | Lebenslauf",
        "Robin Muster’s Résumé",
        "Résumé of Robin Muster\nROBIN MUSTER",
        "Resume for Robin Muster",
        "Lebenslauf von Robin Muster",
        "Robin Muster – CV 2024",
        "Robin Muster Resume (03/2024)",
        "Robin Muster\nCurriculum Vitae",
        "PERSONAL RESUME\nRobin Muster",
        "Robin Muster, Staff Engineer",
        "Robin Muster - Staff Engineer",
    ] {
        let all = claims(&format!("{top}\nPrincipal Consultant"));
        assert_eq!(all, ["name Robin Muster", "headline Principal Consultant"], "{top}");
    }
    for top in ["RESUME OF ROBIN MUSTER", "ROBIN MUSTER'S RESUME", "ROBIN MUSTER’S CV"] {
        assert_eq!(claims(top), ["name ROBIN MUSTER"], "{top}");
    }
    for name in ["Cvetka Resumeva", "CV Muster", "Robin Head"] {
        assert_eq!(claims(&format!("{name}\nPrincipal Consultant"))[0], format!("name {name}"));
    }
    let line = |level, text| Line { level, ..Line::plain(text) };
    let headed = [
        line(Some(1), "Resume"),
        line(Some(2), "Robin Muster"),
        line(None, "Principal Consultant"),
        line(Some(2), "Experience"),
        line(None, "Developer at Havelware AG, 2014 – 2018"),
        line(Some(2), "Education"),
    ];
    let document = read("cv.md", &headed).unwrap();
    assert_eq!(document.title, "Résumé of Robin Muster");
}

#[test]
fn a_headline_beside_contact_details_is_no_place() {
    assert_eq!(
        claims("Robin Q. Muster-Beispiel\nPrincipal Consultant | +49 170 0000000 | Hamburg"),
        [
            "name Robin Q. Muster-Beispiel",
            "headline Principal Consultant",
            "phone +49 170 0000000",
            "location Hamburg",
        ]
    );
}

#[test]
fn a_headline_is_the_role_without_the_place_beside_it() {
    let headline = |line: &str| {
        let all = claims(&format!("Robin Q. Muster-Beispiel\n{line}"));
        all.iter().find_map(|claim| claim.strip_prefix("headline ").map(str::to_owned))
    };
    let contact =
        "robin@muster.example · +44 113 496 0999 · https://muster.example · https://muster.example/cv";
    let reached = format!("Control Systems Engineer · Leeds, United Kingdom · {contact}");
    for (line, expected) in [
        ("Control Systems Engineer · Leeds, United Kingdom", Some("Control Systems Engineer")),
        (reached.as_str(), Some("Control Systems Engineer")),
        ("Staff Engineer | Payments | Rust", Some("Staff Engineer | Payments | Rust")),
        ("Photographer, Berlin", Some("Photographer, Berlin")),
    ] {
        assert_eq!(headline(line).as_deref(), expected, "{line}");
    }
}

#[test]
fn lists_of_skills_languages_and_certificates() {
    let text = "Skills\nBackend: Rust (tokio, axum), Go; C++\n- Kubernetes\nLanguages\nEnglish – C2, German (native)\n\
                Certifications\n- Certified Kubernetes Administrator (CNCF, 2022)\n- First aid";
    assert_eq!(
        claims(text),
        [
            "skill Rust (tokio, axum)",
            "skill Go",
            "skill C++",
            "skill Kubernetes",
            "language English",
            "language German",
            "certification Certified Kubernetes Administrator of CNCF, 2022",
            "certification First aid",
        ]
    );
}

#[test]
fn the_head_of_a_table_is_no_skill() {
    let of = |table: &str| {
        let text = format!("# Robin Muster\n\n## Skills\n\n{table}\n\n- Kafka | SQL\n");
        let document = read("cv.md", &crate::file::markdown::lines(&text)).unwrap();
        let skills = document.claims.iter().filter(|claim| claim.predicate == Predicate::Skill);
        skills.map(|claim| claim.value.clone()).collect::<Vec<_>>()
    };
    let graded = "| Skill | Level | Years |\n|---|---|---|\n| Flink | Expert | 5 |\n| Rust, Go | | 3 |";
    assert_eq!(of(graded), ["Flink", "Rust", "Go", "Kafka", "SQL"]);
    let of_areas = "| Level | Technologies |\n|---|---|\n| Expert | Flink |\n| | Rust |";
    assert_eq!(of(of_areas), ["Flink", "Rust", "Kafka", "SQL"]);
    let grouped = "| Backend | Frontend |\n|---|---|\n| Rust | Svelte |";
    assert_eq!(of(grouped), ["Rust", "Svelte", "Kafka", "SQL"]);
    let headless = "| | |\n|---|---|\n| Rust | Go |";
    assert_eq!(of(headless), ["Rust", "Go", "Kafka", "SQL"]);
}

#[test]
fn stated_years_of_experience() {
    for (text, expected) in [
        ("Engineer with 12+ years of experience.", Some(12)),
        ("Twelve years' professional experience in payments", Some(12)),
        ("Über zehn Jahre Erfahrung", None),
        ("15 Jahre Berufserfahrung", Some(15)),
        ("Lived in Berlin for 9 years. Experience in Go.", None),
        ("999 years of experience", None),
    ] {
        assert_eq!(years_of_experience(text), expected, "{text}");
    }
}

#[test]
fn german_headings() {
    let text = "Berufserfahrung\nEntwicklerin, Havelware AG, Okt 2014 – heute\nAusbildung\n2009 – 2012 Diplom Informatik\nHavel Universität";
    assert_eq!(
        claims(text),
        [
            "position Entwicklerin of Havelware AG, 2014-10 to present",
            "education Diplom Informatik of Havel Universität, 2009 to 2012",
        ]
    );
}

#[test]
fn a_text_without_headings_is_no_resume_unless_its_name_says_so() {
    let lines = lines_of_text("My rates\nSkills\nare plenty");
    assert!(!is_one("rates.txt", &lines));
    assert!(is_one("alex-cv.txt", &lines));
}

#[test]
fn no_text_is_an_error() {
    assert_eq!(read("cv.txt", &[]).unwrap_err().to_string(), "cv.txt: no text to read");
}

use super::*;
use crate::file::archive::tests::zip;
use twin::{
    contact::Field,
    knowledge::document::{Month, Predicate, Until},
};

fn documents(file: &str, csv: &str) -> Result<Vec<Document>, ImportError> {
    read("export.zip", &zip(&[(file, csv.as_bytes())])).map(|(documents, _)| documents)
}

#[test]
fn rows_are_counted_as_a_spreadsheet_shows_them() {
    let csv = "\u{feff}Company Name,Title,Description,Started On,Finished On\r\n\
               A,One,\"two\nlines, and \"\"quotes\"\"\",Mar 2019,\r\nB,Two,,2017,Feb 2019\r\n";
    let documents = documents("a/b/Positions.csv", csv).unwrap();
    let places: Vec<_> = documents[0].sections.iter().map(|section| section.place.as_str()).collect();
    assert_eq!(places, ["Positions.csv row 2", "Positions.csv row 3"]);
    assert_eq!(documents[0].sections[0].text, "One, A, since Mar 2019\ntwo\nlines, and \"quotes\"");
    assert_eq!(documents[0].sections[1].text, "Two, B, 2017 – Feb 2019");
    let second = &documents[0].claims[1];
    assert_eq!((second.predicate, second.of.as_deref()), (Predicate::Position, Some("B")));
    assert_eq!(second.from, Some(Month { year: 2017, month: None }));
    assert_eq!(second.until, Some(Until::Month(Month { year: 2019, month: Some(2) })));
    assert_eq!(documents[0].claims[0].until, Some(Until::Present));
}

#[test]
fn what_is_private_is_not_read() {
    let csv = "First Name,Last Name,Address,Birth Date,Headline\nAlex,Sample,Musterstraße 1,Jan 1,Engineer\n";
    let text = serde_json::to_string(&documents("Profile.csv", csv).unwrap()).unwrap();
    assert!(text.contains("Engineer") && !text.contains("Muster") && !text.contains("Jan 1"), "{text}");
}

#[test]
fn connections_are_no_documents() {
    let csv = "Notes:\n\"A note, with commas.\nAnd lines.\"\n\n\
               First Name,Last Name,URL,Email Address,Company,Position,Connected On\n\
               Robin,Muster,https://www.linkedin.com/in/robin-muster,robin@muster.example,Muster AG,Manager,03 Mar 2024\n,,,,,,\n";
    let (documents, connections) = read("export.zip", &zip(&[("Connections.csv", csv.as_bytes())])).unwrap();
    let names: Vec<_> = connections.iter().flatten().map(|record| record.text(Field::Name)).collect();
    assert_eq!((documents.len(), names), (0, vec![Some("Robin Muster")]));
}

#[test]
fn only_recommendations_that_are_shown_there() {
    let csv = "First Name,Text,Status\nRobin,Good,VISIBLE\nKim,Secret,PENDING\nSascha,Gone,HIDDEN\n";
    let documents = documents("Recommendations_Received.csv", csv).unwrap();
    assert_eq!(documents[0].sections.len(), 1);
}

#[test]
fn errors_name_the_file_and_the_column() {
    let error = |file, csv| documents(file, csv).unwrap_err().to_string();
    assert_eq!(
        error("Positions.csv", "Firma,Titel\nA,B\n"),
        "Positions.csv row 1: no column \"Company Name\" in its header (Firma, Titel)"
    );
    assert_eq!(
        error("Connections.csv", "Notes:\n"),
        "Connections.csv line 2: there is no table in this file"
    );
    assert_eq!(
        error("Skills.csv", "Name\n"),
        "export.zip: none of its tables (Profile.csv, Positions.csv, …) has a row"
    );
    let twice = zip(&[("a/Skills.csv", b"Name\nRust\n"), ("b/Skills.csv", b"Name\nGo\n")]);
    assert_eq!(
        read("e.zip", &twice).unwrap_err().to_string(),
        "e.zip, Skills.csv: it is in the archive twice"
    );
}

use super::*;

fn error(json: &str) -> String {
    read("resume.json", json).unwrap_err().to_string()
}

#[test]
fn errors_name_the_path() {
    assert_eq!(
        error(r#"{"basics": {}, "work": [{}, {"highlights": ["a", 7]}]}"#),
        "resume.json, work[1].highlights[1]: invalid type: integer `7`, expected a string at line 1 column 50"
    );
    assert!(error(r#"{"work": {"name": "a"}}"#).starts_with("resume.json, work: invalid type: map"));
    assert!(error(r#"{"education": [{"startDate": "2019-13"}]}"#).starts_with(
        "resume.json, education[0].startDate: expected a date such as 2014-06-29, 2014-06 or 2014, found"
    ));
    assert!(error("[1]").starts_with("resume.json"));
}

#[test]
fn nothing_of_the_schema_is_an_error() {
    assert!(error(r#"{"jobs": []}"#).starts_with("resume.json: no part of the JSON Resume schema is filled"));
}

#[test]
fn what_exporters_write_for_nothing() {
    let document = read(
        "r.json",
        r#"{"basics": {"name": "Alex Sample", "label": "", "location": null}, "education": null,
            "work": [{"position": "Engineer", "name": null, "startDate": "2019", "endDate": ""}]}"#,
    )
    .unwrap();
    let claims: Vec<_> = document.claims.iter().map(|claim| (claim.value.as_str(), claim.until)).collect();
    assert_eq!(claims, [("Alex Sample", None), ("Engineer", Some(Until::Present))]);
}

/// The sample that the schema's package ships.
#[test]
fn the_sample_of_the_schema() {
    let document = read("sample.resume.json", include_str!("sample.resume.json")).unwrap();
    insta::assert_json_snapshot!("sample_of_the_schema", document);
}

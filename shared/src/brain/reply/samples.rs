//! For tests: a passage that was found, and the sample professional.

use crate::{
    knowledge::{claims::Origin, document::SourceKind, library::Found},
    persona::Persona,
};

pub(super) fn found(text: &str) -> Found {
    let citation =
        Origin { kind: SourceKind::Resume, title: "Résumé".to_owned(), url: None, place: String::new() };
    let text = text.to_owned();
    Found { text, citation, date: None, score: 1.0, covered: 1.0, likeness: None, document: None }
}

pub(super) fn persona() -> Persona {
    serde_json::from_str(include_str!("../../../../infra/local/demo/persona.json")).unwrap()
}

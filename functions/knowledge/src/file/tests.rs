use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::file::archive::tests::zip;
use twin::{contact::Field, knowledge::document};

/// Beside the workspace in the end; elsewhere the variable says where they are.
fn fixtures() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/knowledge"))
}

fn fixture(name: &str) -> Result<Read, ImportError> {
    read(name, &fs::read(fixtures().join(name)).unwrap())
}

/// The folder `linkedin` as LinkedIn packs it, in a folder of the archive.
fn linkedin() -> Vec<u8> {
    let mut paths: Vec<_> =
        fs::read_dir(fixtures().join("linkedin")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| format!("Complete_Export/{}", path.file_name().unwrap().to_str().unwrap());
    let files: Vec<_> = paths.iter().map(|path| (name(path), fs::read(path).unwrap())).collect();
    zip(&files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect::<Vec<_>>())
}

fn check(name: &str) {
    let read = fixture(name).unwrap();
    insta::assert_json_snapshot!(name.replace(['.', '/'], "_"), read.documents);
    assert_eq!(read.connections, []);
}

#[test]
fn resume_pdf() {
    check("resume.pdf");
}

#[test]
fn resume_in_two_columns() {
    check("resume-two-columns.pdf");
}

#[test]
fn resume_docx() {
    check("resume.docx");
}

#[test]
fn resume_md() {
    check("resume.md");
}

#[test]
fn resume_json() {
    check("resume.json");
}

#[test]
fn linkedin_export() {
    let read = read("export.zip", &linkedin()).unwrap();
    insta::assert_json_snapshot!("linkedin_documents", read.documents);
    let names: Vec<_> =
        read.connections.iter().flatten().filter_map(|record| record.text(Field::Name)).collect();
    assert_eq!(names, ["Robin Muster", "Kim Beispiel", "Sascha Exempel"]);
}

/// All formats of the résumé tell the same positions.
#[test]
fn formats_agree() {
    let positions = |name| {
        let document = fixture(name).unwrap().documents.remove(0);
        let positions =
            document.claims.into_iter().filter(|claim| claim.predicate == document::Predicate::Position);
        positions.map(|claim| (claim.of, claim.value, claim.from, claim.until)).collect::<Vec<_>>()
    };
    let expected = positions("resume.json");
    assert_eq!(expected.len(), 3);
    for name in ["resume.pdf", "resume-two-columns.pdf", "resume.docx", "resume.md"] {
        assert_eq!(positions(name), expected, "{name}");
    }
}

#[test]
fn hidden_text_is_not_imported_and_visible_text_is_only_text() {
    check("injection-resume.pdf");
    check("injection-README.md");
    let hidden =
        ["WHITE", "TINY", "CLEAR", "OFFPAGE", "TAGS", "HIDDEN", "SCRIPT", "REFERENCE", "VANISH", "10 euros"];
    for name in ["injection-resume.pdf", "injection-README.md", "resume.docx"] {
        let read = serde_json::to_string(&fixture(name).unwrap().documents).unwrap();
        assert!(hidden.iter().all(|word| !read.contains(word)), "{name}: {read}");
        assert!(name == "resume.docx" || read.contains("Ignore previous instructions"), "{name}");
    }
}

/// What the owner is told of each broken file.
#[test]
fn broken_files() {
    let mut told = String::new();
    let mut paths: Vec<_> =
        fs::read_dir(fixtures().join("broken")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        told.push_str(&format!("{}\n", read(name, &fs::read(&path).unwrap()).unwrap_err()));
    }
    insta::assert_snapshot!("broken", told);
}

#[test]
fn formats_are_told_by_content() {
    let error = |name: &str, bytes: &[u8]| read(name, bytes).unwrap_err().to_string();
    assert_eq!(error("a.pdf", b""), "a.pdf: the file is empty");
    assert!(error("a.png", b"\x89PNG\r\n\x1a\n\0\0").starts_with("a.png: not a format that can be imported"));
    assert!(error("a.csv", b"a,b\n").starts_with("a.csv: not a format"));
    assert_eq!(
        error("a.txt", b"one\n\xe4\n"),
        "a.txt line 2: not UTF-8 text; save it as UTF-8 and import it again"
    );
    assert_eq!(error("dir/big.txt", &vec![b'a'; LIMIT + 1]), "big.txt: larger than the limit of 16 MiB");
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let ole = [&[0xd0, 0xcf, 0x11, 0xe0], encrypted.as_slice()].concat();
    assert!(matches!(read("a.docx", &ole), Err(ImportError::Encrypted { .. })));
    let json = br#"{"basics": {"name": "Alex Sample"}}"#;
    assert_eq!(read("cv", json).unwrap().documents[0].kind, document::SourceKind::Resume);
    assert_eq!(
        read("rates.txt", b"1,200 euros a day").unwrap().documents[0].kind,
        document::SourceKind::Note
    );
}

/// A file to change at random, and how it is packed after that.
type Target = (&'static str, Vec<u8>, fn(&[u8]) -> Vec<u8>);

fn targets() -> Vec<Target> {
    let file = |name: &'static str| fs::read(fixtures().join(name)).unwrap();
    let as_it_is: fn(&[u8]) -> Vec<u8> = <[u8]>::to_vec;
    let body = archive::entries("", &file("resume.docx"), |path| path == "word/document.xml")
        .unwrap()
        .remove(0)
        .bytes;
    let page = b"q 0 g 0 0 200 842 re f Q BT /F 20 Tf 50 800 Td (Alex Sample) Tj /F 10 Tf 0 -30 Td [(Ski) 20 (lls)] TJ ET";
    vec![
        ("resume.pdf", file("resume.pdf"), as_it_is),
        ("resume-two-columns.pdf", file("resume-two-columns.pdf"), as_it_is),
        ("plain.pdf", pdf::tests::pdf("", page), as_it_is),
        ("resume.md", file("resume.md"), as_it_is),
        ("resume.txt", file("resume.md"), as_it_is),
        ("resume.json", file("resume.json"), as_it_is),
        ("export.zip", linkedin(), as_it_is),
        ("resume.docx", body, |bytes| zip(&[("word/document.xml", bytes)])),
        ("positions.zip", file("linkedin/Positions.csv"), |bytes| zip(&[("Positions.csv", bytes)])),
        ("connections.zip", file("linkedin/Connections.csv"), |bytes| zip(&[("Connections.csv", bytes)])),
    ]
}

/// Xorshift: the same changes in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn mutate(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        for _ in 0..=self.below(8) {
            bytes.extend(b" ");
            let at = self.below(bytes.len());
            let end = (at + self.below(64)).min(bytes.len());
            match self.below(5) {
                0 => bytes[at] = u8::try_from(self.below(256)).unwrap(),
                1 => bytes[at] = b"()[]<>{}/&;,\"'-0\n"[self.below(17)],
                2 => bytes[at] ^= 1 << self.below(8),
                3 => drop(bytes.drain(at..end)),
                _ => bytes.extend_from_within(at..end),
            }
        }
        bytes
    }
}

/// No byte that is changed, lost or doubled makes an importer panic. `by_format` is inside the net of `read`.
#[test]
fn mutations_end_in_a_document_or_an_error() {
    let (targets, mut random) = (targets(), Random(0x2545_f491_4f6c_dd1d));
    let started = std::time::Instant::now();
    for _ in 0..2_000 {
        let (name, bytes, pack) = &targets[random.below(targets.len())];
        if let Ok(read) = by_format(name, &pack(&random.mutate(bytes.clone()))) {
            assert!(read.documents.iter().all(|document| !document.sections.is_empty()));
        }
        if started.elapsed() > std::time::Duration::from_secs(5) {
            break;
        }
    }
}

#[test]
fn the_same_bytes_give_the_same_documents() {
    for name in ["resume.pdf", "resume.docx", "resume.json"] {
        assert_eq!(fixture(name), fixture(name));
    }
    assert_eq!(read("export.zip", &linkedin()), read("export.zip", &linkedin()));
}

/// Every answer that `questions.json` expects stands in a document of the kind that it names.
#[test]
fn the_questions_can_be_answered() {
    #[derive(serde::Deserialize)]
    struct Question {
        #[serde(rename = "question")]
        asked: String,
        expect: Vec<String>,
        source: Option<document::SourceKind>,
        answerable: bool,
    }
    let names = ["resume.pdf", "resume.docx", "resume.md", "resume.json"];
    let mut documents: Vec<_> = names.iter().flat_map(|name| fixture(name).unwrap().documents).collect();
    documents.extend(read("export.zip", &linkedin()).unwrap().documents);
    let questions = fs::read(fixtures().join("questions.json")).unwrap();
    let questions: Vec<Question> = serde_json::from_slice(&questions).unwrap();
    assert_eq!((questions.len(), questions.iter().filter(|one| !one.answerable).count()), (30, 3));
    for Question { asked, expect, source, answerable } in questions {
        assert_eq!((expect.is_empty(), source.is_none()), (!answerable, !answerable), "{asked}");
        let of_source = || documents.iter().filter(|document| Some(document.kind) == source);
        for expected in expect {
            let mut sections = of_source().flat_map(|document| &document.sections);
            assert!(sections.any(|section| section.text.contains(&expected)), "{asked}: {expected}");
        }
    }
}

//! What must never be: the design's invariants, read off the sources and the template.

mod deployment;
mod alarms;
mod pages;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust source below a directory, or the one file, without its unit tests.
fn sources(path: &str) -> Vec<(PathBuf, String)> {
    let path = root().join(path);
    let mut found = Vec::new();
    collect(&path, &mut found);
    assert!(!found.is_empty(), "{} holds sources", path.display());
    found
}

fn collect(path: &Path, found: &mut Vec<(PathBuf, String)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
        found.push((path.to_owned(), code));
    }
}

/// What does I/O, and what brings the parts together. All else of the common crate is pure.
const NOT_PURE: [&str; 11] = [
    "store",
    "clients",
    "twin",
    "http",
    "brain.rs",
    "brain/model",
    "brain/proposing",
    "error",
    "config",
    "deployed",
    "telemetry",
];

fn is_pure(within: &Path) -> bool {
    NOT_PURE.iter().all(|part| !within.starts_with(part) && within != Path::new(part).with_extension("rs"))
}

/// The modules of its own crate that a source names, alone or in a group.
fn modules(text: &str) -> BTreeSet<&str> {
    fn first_word(text: &str) -> &str {
        let mut words = text.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_');
        words.next().unwrap_or_default()
    }
    let mut named = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            named.insert(first_word(rest));
            continue;
        };
        let (mut depth, mut begins) = (0_u32, 0);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    named.insert(first_word(&group[begins..]));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    named.insert(first_word(&group[begins..]));
                    begins = at + 1;
                }
                _ => {}
            }
        }
    }
    named
}

#[test]
fn modules_are_named_alone_or_in_a_group() {
    let text = "use crate::{\n    id::{A, B},\n    store::Store,\n};\nfn f(twin: &crate::twin::Twin) {}";
    assert_eq!(modules(text), BTreeSet::from(["", "id", "store", "twin"]));
    assert_eq!(modules("use crate::{id::A, http};"), BTreeSet::from(["http", "id"]));
}

#[test]
fn the_pure_core_knows_no_io_no_clock_and_no_sdk() {
    let forbidden = [
        "tokio",
        "async ",
        ".await",
        "aws_",
        "reqwest",
        "axum",
        "std::net",
        "std::fs",
        "std::env",
        "Timestamp::now",
        "Instant::now",
        "SystemTime",
        "sleep(",
        "tracing",
    ];
    let (common, mut pure) = (root().join("shared/src"), 0);
    for (file, text) in sources("shared/src") {
        if !is_pure(file.strip_prefix(&common).unwrap()) {
            continue;
        }
        for word in forbidden {
            assert!(!text.contains(word), "{} says {word:?}", file.display());
        }
        for module in modules(&text) {
            assert!(is_pure(Path::new(module)), "{} knows {module:?}", file.display());
        }
        pure += 1;
    }
    assert!(pure > 200, "{pure}");
}

/// What a level allows stands in one table.
#[test]
fn only_the_policy_compares_levels() {
    for path in ["shared/src", "functions"] {
        for (file, text) in sources(path) {
            let decides = ["policy.rs", "identity/assurance.rs", "identity/evidence.rs"]
                .iter()
                .any(|name| file.ends_with(name));
            for comparison in ["<", ">", "<=", ">=", "==", "!="] {
                let compares = format!(" {comparison} Assurance::");
                assert!(decides || !text.contains(&compares), "{} compares levels", file.display());
            }
        }
    }
}

#[test]
fn only_main_reads_the_environment() {
    for path in ["shared/src", "functions", "infra/local/src", "infra/sim/src"] {
        for (file, text) in sources(path) {
            let is_main = file.file_name().is_some_and(|name| name == "main.rs");
            assert!(is_main || !text.contains("env::var"), "{}", file.display());
        }
    }
}

#[test]
fn mains_are_short() {
    for (file, text) in sources("functions") {
        if file.file_name().is_some_and(|name| name == "main.rs") {
            let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
            assert!(lines <= 25, "{} has {lines} lines", file.display());
        }
    }
}

#[test]
fn only_http_maps_errors_to_statuses() {
    for (file, text) in sources("shared/src") {
        // What others answer is read by clients.
        let is_client = file.components().any(|part| part.as_os_str() == "clients");
        let is_http = file.ends_with("http.rs") || file.components().any(|part| part.as_os_str() == "http");
        if !is_http && !is_client {
            assert!(!text.contains("StatusCode"), "{}", file.display());
        }
    }
}

#[test]
fn simulators_and_product_share_no_codec() {
    let manifest = fs::read_to_string(root().join("infra/sim/Cargo.toml")).unwrap();
    assert!(!manifest.contains("twin"), "a codec of the product would be checked against itself");
    let manifest = fs::read_to_string(root().join("shared/Cargo.toml")).unwrap();
    assert!(!manifest.lines().any(|line| line.starts_with("sim.workspace")));
}

/// Only the stores of people and sessions build keys, and each key of a person's begins with that person.
#[test]
fn keys_are_built_in_one_place() {
    for (file, text) in sources("shared/src") {
        let builds_keys =
            file.ends_with("store/keys.rs") || file.parent().is_some_and(|of| of.ends_with("store/keys"));
        if !builds_keys {
            for kind in [
                "PERSON", "TURN", "FACT", "NOTE", "TASK", "EXCHANGE", "TALK", "IDENTITY", "CALL", "CHAT",
                "HANDOFF", "SESSION", "GRANT", "AUDIT", "BOOKING", "QUARTER", "PLACE",
            ] {
                assert!(!text.contains(&format!("\"{kind}#")), "{} builds a key", file.display());
            }
        }
    }
}

#[test]
fn no_tool_takes_a_person() {
    for tool in twin::tools::Tool::for_realtime() {
        let properties = tool.parameters["properties"].as_object().unwrap();
        for name in properties.keys() {
            assert!(!name.contains("person") && !name.ends_with("id"), "{} takes {name}", tool.name);
        }
    }
}

fn routes<S>(routes: Vec<twin::http::Route<S>>) -> impl Iterator<Item = (String, String)> {
    routes.into_iter().map(|route| (route.method.to_string(), route.path.to_owned()))
}

/// Of all functions: method and path.
pub fn all_routes() -> BTreeSet<(String, String)> {
    routes(phone_webhook::routes())
        .chain(routes(context::routes()))
        .chain(routes(crm::routes()))
        .chain(routes(analytics::routes()))
        .chain(routes(calendar::routes()))
        .chain(routes(knowledge::routes()))
        .chain(routes(web::routes()))
        .chain(routes(chat::routes()))
        .chain(routes(voice_token::routes()))
        .chain(routes(mcp::routes()))
        .chain(routes(mail::routes()))
        .collect()
}

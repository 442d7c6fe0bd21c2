//! What must never be: the design's invariants, read off the sources and the template.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use twin::config::{OpenAi, Settings};

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

/// API Gateway's routes are those of the functions, no more and no less.
#[test]
fn the_template_has_the_routers_routes() {
    let local = all_routes();
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let items = template.lines().filter_map(|line| line.trim_start_matches([' ', '-']).split_once(' '));
    let deployed: BTreeSet<_> = items
        .filter(|(method, path)| {
            path.starts_with('/') && method.bytes().all(|byte| byte.is_ascii_uppercase())
        })
        .map(|(method, path)| (method.to_owned(), path.to_owned()))
        .collect();
    assert_eq!(deployed, local);
}

/// Behind the edge the chat's function answers in streams, which an HTTP API does not understand: all of its routes lead to
/// its function URL, and no other's do.
#[test]
fn the_edge_leads_to_the_chat_what_is_the_chats() {
    let edge = fs::read_to_string(root().join("infra/edge.yaml")).unwrap();
    let behaviors = edge.split("- PathPattern: ").skip(1);
    let chats = behaviors.filter(|behavior| behavior.lines().take(3).any(|line| line.ends_with("Id: chat")));
    let patterns: Vec<&str> = chats.filter_map(|behavior| behavior.lines().next()).collect();
    let leads = |path: &str| {
        patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning),
            None => path == *pattern,
        })
    };
    let chat: BTreeSet<_> = routes(chat::routes()).collect();
    assert!(chat.len() > 5);
    for (method, path) in all_routes() {
        let is_chats = chat.contains(&(method.clone(), path.clone()));
        assert_eq!(leads(&path), is_chats, "{method} {path}");
    }
}

/// `CloudFormation` reads a secret again only where something else of the same resource changes.
#[test]
fn a_secret_that_changed_can_be_read_again() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let globals = template.split("\nGlobals:\n").nth(1).unwrap().split("\nResources:\n").next().unwrap();
    assert!(globals.contains("SECRETS_READ: !Ref SecretsRead"), "all functions have it");
    let resolves = "{{resolve:secretsmanager:";
    let resources = template.split("\nResources:\n").nth(1).unwrap().split("\nOutputs:\n").next().unwrap();
    for resource in resources.split("\n\n").filter(|resource| resource.contains(resolves)) {
        assert!(resource.contains("AWS::Serverless::Function"), "not read again: {resource}");
    }
    let edge = fs::read_to_string(root().join("infra/edge.yaml")).unwrap();
    let distribution = edge.split("\n  Distribution:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(distribution.contains(resolves) && distribution.contains("${SecretsRead}"));
    assert_eq!(edge.matches(resolves).count(), distribution.matches(resolves).count());
    let relay = fs::read_to_string(root().join("infra/relay.yaml")).unwrap();
    assert!(relay.contains("Name: SECRETS_READ, Value: !Ref SecretsRead"), "a new task reads them");
    for nested in ["relay", "alarms", "identity", "mail"] {
        let nested = fs::read_to_string(root().join(format!("infra/{nested}.yaml"))).unwrap();
        assert!(!nested.contains(resolves));
    }
}

/// Whoever comes around the edge is refused by each function that answers requests.
#[test]
fn functions_stand_behind_the_edge() {
    let mains = sources("functions").into_iter().filter(|(_, text)| text.contains("lambda_http::run"));
    let mut behind = 0;
    for (file, text) in mains {
        assert!(text.contains("deployed.edge("), "{} does not ask for the edge's secret", file.display());
        behind += 1;
    }
    assert!(behind > 5);
}

/// The alarms look for lines of the log by words that the code says.
#[test]
fn the_alarms_look_for_what_is_logged() {
    let said: String =
        ["shared/src", "functions"].into_iter().flat_map(sources).map(|(_, text)| text).collect();
    let template = fs::read_to_string(root().join("infra/alarms.yaml")).unwrap();
    let mut looked_for = 0;
    for (field, before) in [("message", ""), ("alarm", "alarm = ")] {
        for found in template.split(&format!("$.{field} = \"")).skip(1) {
            let words = found.split('"').next().unwrap_or_default();
            assert!(said.contains(&format!("{before}\"{words}\"")), "nothing logs {field} {words:?}");
            looked_for += 1;
        }
    }
    assert!(looked_for > 5);
}

/// Whoever refuses for the day's budget says so where the alarm looks.
#[test]
fn a_budget_that_is_spent_is_told() {
    let sources = sources("shared/src/twin");
    let count = |words: &str| sources.iter().map(|(_, text)| text.matches(words).count()).sum::<usize>();
    assert_eq!(count("take(&model_spend("), count("alarm = \"budget\""));
    assert!(count("take(&model_spend(") > 2);
}

/// Each alarm that the twin itself gives is explained.
#[test]
fn the_runbook_knows_what_the_twin_says() {
    let alarms = fs::read_to_string(root().join("infra/alarms.yaml")).unwrap();
    let runbook = fs::read_to_string(root().join("infra/RUNBOOK.md")).unwrap();
    let said: Vec<_> =
        alarms.split("$.alarm = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(said.len() > 6, "{said:?}");
    for alarm in said {
        assert!(runbook.contains(&format!("`{alarm}`")), "the runbook says nothing of {alarm}");
    }
}

/// Whatever asks a model spends no faster than its owner lets it.
#[test]
fn what_asks_a_model_is_held_back() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let functions = template.split("    Type: AWS::Serverless::Function\n").skip(1);
    let spends = functions.filter(|function| {
        function.split("\n\n  ").next().is_some_and(|function| function.contains("OPENAI_API_KEY:"))
    });
    let mut held = 0;
    for function in spends {
        let own = function.split("\n\n  ").next().unwrap();
        assert!(own.contains("ReservedConcurrentExecutions: !If [Reserves"), "{own}");
        held += 1;
    }
    assert!(held > 5, "{held}");
}

/// Whoever books, or answers a mail, needs no reminder of what was before: those are read together.
#[test]
fn what_ends_reminders_may_read_several_items() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    for name in ["Calendar", "Mail", "Chat", "VoiceToken", "Mcp", "FollowUp"] {
        let function = template.split(&format!("\n  {name}:\n")).nth(1).unwrap();
        let own = function.split("\n\n  ").next().unwrap();
        assert!(own.contains("- dynamodb:BatchGetItem"), "{name} may not");
    }
}

/// A function has longer than what it promises to whoever waits for it.
#[test]
fn the_webhook_has_time_for_its_deadlines() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let webhook = template.split("\n  PhoneWebhook:\n").nth(1).unwrap().split("\n\n  ").next().unwrap();
    let seconds = webhook.split("\n      Timeout: ").nth(1).unwrap().lines().next().unwrap();
    let timeout = std::time::Duration::from_secs(seconds.parse().unwrap());
    let begins = std::time::Duration::from_secs(2);
    assert!(phone_webhook::KEPT_WITHIN + begins < timeout, "Lambda ends it before it has answered");
    assert!(phone_webhook::DEADLINE < std::time::Duration::from_secs(5), "callers do not wait longer");
    assert!(phone_webhook::DEADLINE < phone_webhook::KEPT_WITHIN);
    assert!(timeout <= std::time::Duration::from_secs(15), "Twilio does not wait longer");
}

/// A deployment talks with the models that the code names, unless its owner chooses others.
#[test]
fn the_template_names_the_models_of_the_code() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let relay = fs::read_to_string(root().join("infra/relay.yaml")).unwrap();
    let none = |name: &str| (name == "OPENAI_API_KEY").then(|| "x".to_owned());
    let live = |name: &str| if name == "OPENAI_SPEECH_ENGINE" { Some("live".to_owned()) } else { none(name) };
    let models = OpenAi::from(&Settings::new(&none)).unwrap();
    let live_model = OpenAi::from(&Settings::new(&live)).unwrap().live_model.unwrap();
    for (parameter, variable, expected) in [
        ("OpenAiRealtimeModel", "OPENAI_REALTIME_MODEL", models.realtime_model),
        ("OpenAiRealtimeVoice", "OPENAI_REALTIME_VOICE", models.voice),
        ("OpenAiLiveModel", "OPENAI_LIVE_MODEL", live_model),
        ("OpenAiTextModel", "OPENAI_TEXT_MODEL", models.text_model),
    ] {
        let declared = template.split(&format!("\n  {parameter}:\n")).nth(1).unwrap();
        assert!(declared.lines().nth(1).unwrap().ends_with(&format!("Default: {expected}")), "{parameter}");
        assert!(template.contains(&format!("{variable}: !Ref {parameter}")), "{variable}");
        assert!(relay.contains(&format!("Name: {variable}, Value:")), "the relay has no {variable}");
    }
}

/// SAM asks for parameters as they stand, the console by their groups: it is one order, and what has no default comes first.
#[test]
fn what_a_deployment_cannot_do_without_is_asked_first() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let (interface, rest) = template.split_once("\nParameters:\n").unwrap();
    let parameters = rest.split("\nConditions:\n").next().unwrap();
    let grouped: Vec<&str> = interface.lines().filter_map(|line| line.strip_prefix("          - ")).collect();
    let mut declared: Vec<&str> = Vec::new();
    let mut with_default: BTreeSet<&str> = BTreeSet::new();
    for line in parameters.lines() {
        match line.strip_prefix("  ") {
            Some(own) if own.starts_with("  Default:") => with_default.extend(declared.last()),
            Some(own) if own.starts_with(char::is_alphabetic) => declared.push(own.trim_end_matches(':')),
            _ => {}
        }
    }
    assert_eq!(declared, grouped);
    let required = declared.iter().take_while(|name| !with_default.contains(*name)).count();
    assert!(required > 3, "{declared:?}");
    assert_eq!(
        required + with_default.len(),
        declared.len(),
        "without a default, after others that have one"
    );
}

/// `CloudFormation` takes no more references to secrets in a template, and no more resources, than these; what all functions
/// have stands in it once for each. Source: `CloudFormation`, "Dynamic references", "Quotas".
#[test]
fn the_template_is_no_larger_than_cloudformation_takes() {
    const REFERENCES: usize = 60;
    const RESOURCES: usize = 500;
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let (globals, resources) = template.split_once("\nResources:\n").unwrap();
    let functions = resources.matches("Type: AWS::Serverless::Function").count();
    let secrets = |text: &str| text.matches("{{resolve:").count();
    let references = secrets(resources) + functions * secrets(globals);
    assert!(functions > 10 && references > 2 * functions, "{functions}, {references}");
    assert!(references <= REFERENCES, "{references} references to secrets");
    // A function has a role, an integration and a permission, some a schedule, with a permission, and what becomes of its events.
    let routes =
        resources.lines().filter(|line| line.trim_start().starts_with("- ") && line.contains(" /")).count();
    let others = resources.matches("\n    Type: AWS::").count() - functions;
    assert!(routes > 100, "{routes}");
    assert!(7 * functions + routes + others <= RESOURCES, "{functions}, {routes}, {others}");
}

/// Jobs come one by one, each with the whole time of the worker, and none comes again while it is worked on.
#[test]
fn a_job_has_the_worker_to_itself() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let number = |of: &str, name: &str| -> u64 {
        let part = template.split(&format!("\n  {of}:\n")).nth(1).unwrap().split("\n\n").next().unwrap();
        part.split(name).nth(1).unwrap().lines().next().unwrap().trim().parse().unwrap()
    };
    assert_eq!(number("FollowUp", "BatchSize:"), 1);
    assert!(
        template.contains("RecursiveLoop: Allow"),
        "a recording is written down in jobs that lead to each other"
    );
    let (timeout, again) = (number("FollowUp", "Timeout:"), number("Jobs", "VisibilityTimeout:"));
    assert_eq!(again, 6 * timeout, "what AWS asks of a queue with a function behind it");
    assert!(
        timeout > twin::clients::twilio::FETCH_TIMEOUT.as_secs() + 20,
        "a long recording is kept in time"
    );
}

/// DynamoDB counts its errors by operation: an alarm that names none has nothing to look at, and never rings.
#[test]
fn errors_of_the_table_are_those_of_an_operation() {
    let alarms = fs::read_to_string(root().join("infra/alarms.yaml")).unwrap();
    let errors = alarms.split("MetricName: SystemErrors\n").nth(1).unwrap();
    let dimensions = errors.split("Dimensions: ").nth(1).unwrap().lines().next().unwrap();
    assert!(dimensions.contains("{Name: Operation, Value: Query}"), "{dimensions}");
}

/// Whom a budget tells is changed with a new one, and AWS takes none of the same name.
#[test]
fn the_owners_address_can_be_changed() {
    let alarms = fs::read_to_string(root().join("infra/alarms.yaml")).unwrap();
    let budget = alarms.split("Type: AWS::Budgets::Budget\n").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(budget.contains("Address: !Ref OwnerEmail") && !budget.contains("BudgetName"), "{budget}");
}

/// Each alarm names a chapter of the runbook.
#[test]
fn each_alarm_is_in_the_runbook() {
    let alarms = fs::read_to_string(root().join("infra/alarms.yaml")).unwrap();
    let runbook = fs::read_to_string(root().join("infra/RUNBOOK.md")).unwrap();
    let chapters: Vec<_> =
        alarms.split("RUNBOOK.md, \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(chapters.len(), alarms.matches("AWS::CloudWatch::Alarm").count());
    for chapter in chapters {
        assert!(runbook.contains(&format!("\n### {chapter}\n")), "no chapter {chapter:?}");
    }
}

#[test]
fn the_map_names_every_place() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let map = text.split("\n## ").find(|chapter| chapter.starts_with("Map\n")).unwrap();
    let named: BTreeSet<&str> = map.split(|c: char| !c.is_alphanumeric() && !"_-".contains(c)).collect();
    let mut places: BTreeSet<String> = BTreeSet::new();
    for list in ["shared/src/lib.rs", "shared/src/twin.rs"] {
        let source = fs::read_to_string(root().join(list)).unwrap();
        let declared = source
            .lines()
            .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
        places.extend(declared.map(str::to_owned));
    }
    for function in fs::read_dir(root().join("functions")).unwrap() {
        let function = function.unwrap();
        if function.path().is_dir() {
            places.insert(function.file_name().into_string().unwrap());
        }
    }
    assert!(places.contains("mirroring") && places.contains("media-relay"), "{places:?}");
    let missing: Vec<&String> = places.iter().filter(|place| !named.contains(place.as_str())).collect();
    assert!(missing.is_empty(), "not in the map of ARCHITECTURE.md: {missing:?}");
}

/// What a page of the documentation leads to is there, and so is the chapter.
#[test]
fn pages_lead_to_what_is_there() {
    let pages = ["README.md", "GUIDE.md", "CONFIGURATION.md", "ARCHITECTURE.md", "API.md", "CHANGELOG.md"];
    let mut links = 0;
    for page in pages.into_iter().chain(["infra/DEPLOY.md", "infra/RUNBOOK.md", "infra/COST.md"]) {
        let page = root().join(page);
        let text = fs::read_to_string(&page).unwrap();
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in linked.filter(|link| !link.starts_with("http")) {
            let (path, chapter) = link.split_once('#').unwrap_or((link, ""));
            let there = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(there.exists(), "{} leads to {link}", page.display());
            let is_chapter = |line: &str| line.starts_with('#') && anchor(line) == chapter;
            assert!(
                chapter.is_empty() || fs::read_to_string(&there).unwrap().lines().any(is_chapter),
                "{} leads to {link}",
                page.display()
            );
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}

/// Whatever is deployed with a variable, its owner may read what it is.
#[test]
fn each_variable_is_told_of() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let page = fs::read_to_string(root().join("CONFIGURATION.md")).unwrap();
    let is_variable =
        |name: &str| name.len() > 2 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let set = template.lines().filter_map(|line| line.trim_start().split_once(": "));
    let variables: BTreeSet<&str> = set.map(|(name, _)| name).filter(|name| is_variable(name)).collect();
    assert!(variables.len() > 30, "{variables:?}");
    for variable in variables {
        assert!(page.contains(&format!("`{variable}`")), "CONFIGURATION.md says nothing of {variable}");
    }
}

/// By what a heading of Markdown is linked to.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

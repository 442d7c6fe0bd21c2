//! What is deployed is what the code is: routes, secrets, models, and what AWS takes.

use std::{collections::BTreeSet, fs};

use twin::config::{OpenAi, Settings};

use super::{all_routes, root, routes, sources};

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

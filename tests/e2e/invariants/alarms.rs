//! Alarms look for what is said, and the runbook tells what to do about each.

use std::fs;

use super::{root, sources};

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

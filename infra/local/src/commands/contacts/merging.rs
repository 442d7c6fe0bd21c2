//! Two contacts that are one person: merged, taken apart, proposed.

use std::path::Path;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use twin::{id::PersonId, merging::By};

use super::{Outcome, Place, accepted, stopped};
use crate::settings::Running;

/// What is kept of somebody, in the dashboard's words: of one, and of several. The rest is the machinery's.
const MOVED: [(&str, [&str; 2]); 11] = [
    ("conversations", ["conversation", "conversations"]),
    ("turns", ["thing said", "things said"]),
    ("recordings", ["recording", "recordings"]),
    ("facts", ["thing remembered", "things remembered"]),
    ("notes", ["note", "notes"]),
    ("tasks", ["task", "tasks"]),
    ("opportunities", ["opportunity", "opportunities"]),
    ("followUps", ["follow-up", "follow-ups"]),
    ("bookings", ["meeting", "meetings"]),
    ("consents", ["agreement", "agreements"]),
    ("keys", ["way to be known by", "ways to be known by"]),
];

#[derive(clap::Args)]
pub struct Merge {
    /// Whose id stays.
    survivor: PersonId,
    /// Who becomes part of them.
    absorbed: PersonId,
    /// Though they have different accounts of one kind.
    #[arg(long)]
    despite_conflicts: bool,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// In this table of the account that AWS's command line works with.
    #[arg(long)]
    table: Option<String>,
}

#[derive(clap::Args)]
pub struct Unmerge {
    /// Who was merged into somebody else.
    absorbed: PersonId,
    /// In this table of the account that AWS's command line works with.
    #[arg(long)]
    table: Option<String>,
}

#[derive(clap::Args)]
pub struct Proposals {
    /// Two who are not one person: it is not proposed again.
    #[arg(long, num_args = 2, value_names = ["ONE", "OTHER"])]
    dismiss: Vec<PersonId>,
    /// Those who would be one person, but have different accounts.
    #[arg(long)]
    conflicts: bool,
    /// In this table of the account that AWS's command line works with.
    #[arg(long)]
    table: Option<String>,
}

pub async fn merge(given: &Merge, directory: &Path) -> Outcome {
    let Merge { survivor, absorbed, despite_conflicts, dry_run, table } = given;
    let merged = at(table.as_deref(), directory, async |place| match place {
        Place::Running(running) if *dry_run => {
            let path = format!("/api/crm/merges/{survivor}/{absorbed}");
            Ok(json!({ "plan": asked(running, Method::GET, &path, &Value::Null).await? }))
        }
        Place::Running(running) => {
            let wanted = json!({
                "survivor": survivor, "absorbed": absorbed, "despiteConflicts": despite_conflicts
            });
            asked(running, Method::POST, "/api/crm/merges", &wanted).await
        }
        Place::Table(twin, _) if *dry_run => {
            Ok(json!({ "plan": twin.plan_merge(survivor, absorbed).await? }))
        }
        Place::Table(twin, _) => {
            let (by, now) = ((By::Owner, Vec::new()), Timestamp::now());
            let (merge, plan) = match despite_conflicts {
                true => Box::pin(twin.merge_despite_conflicts(survivor, absorbed, now)).await?,
                false => Box::pin(twin.merge(survivor, absorbed, by, now)).await?,
            };
            Ok(json!({ "plan": plan, "merge": merge }))
        }
    });
    print_plan(&merged.await?);
    Ok(())
}

pub async fn unmerge(given: &Unmerge, directory: &Path) -> Outcome {
    let Unmerge { absorbed, table } = given;
    let merge = at(table.as_deref(), directory, async |place| match place {
        Place::Running(running) => {
            asked(running, Method::DELETE, &format!("/api/crm/merges/{absorbed}"), &Value::Null).await
        }
        Place::Table(twin, _) => Ok(json!(Box::pin(twin.unmerge(absorbed, Timestamp::now())).await?)),
    });
    let merge = merge.await?;
    println!("{} and {} are two again", text(&merge["survivor"]), text(&merge["absorbed"]));
    Ok(())
}

pub async fn proposals(given: &Proposals, directory: &Path) -> Outcome {
    let Proposals { dismiss, conflicts, table } = given;
    let found = at(table.as_deref(), directory, async |place| match (place, dismiss.as_slice()) {
        (Place::Running(running), [one, other]) => {
            let path = format!("/api/crm/proposals/{one}/{other}/dismiss");
            asked(running, Method::POST, &path, &Value::Null).await
        }
        (Place::Running(running), _) => {
            let path = if *conflicts { "/api/crm/conflicts" } else { "/api/crm/proposals" };
            asked(running, Method::GET, path, &Value::Null).await
        }
        (Place::Table(twin, _), [one, other]) => Ok(json!(twin.dismiss(one, other, Timestamp::now()).await?)),
        (Place::Table(twin, _), _) => Ok(json!({ "proposals": twin.proposals(*conflicts).await? })),
    });
    let found = found.await?;
    if !dismiss.is_empty() {
        println!("{} and {} stay two", text(&found["one"]), text(&found["other"]));
        return Ok(());
    }
    let proposals = found["proposals"].as_array().cloned().unwrap_or_default();
    if proposals.is_empty() {
        println!("Nobody seems to be there twice.");
    }
    for proposal in proposals {
        let why: Vec<&str> =
            proposal["why"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let [one, other] = [text(&proposal["one"]), text(&proposal["other"])];
        println!("{one}  {other}  {} bits of evidence: {}", proposal["bits"], why.join(", "));
    }
    Ok(())
}

/// Runs something where the contacts are.
async fn at(
    table: Option<&str>,
    directory: &Path,
    work: impl AsyncFnOnce(&Place) -> Result<Value, Box<dyn std::error::Error>>,
) -> Result<Value, Box<dyn std::error::Error>> {
    let place = Place::find(table, directory).await?;
    let done = work(&place).await;
    if let Place::Table(_, aws) = place {
        stopped(aws).await?;
    }
    done
}

async fn asked(
    running: &Running,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<Value, Box<dyn std::error::Error>> {
    let request = reqwest::Client::new()
        .request(method, format!("{}{path}", running.base_url))
        .bearer_auth(&running.owner_token);
    let request = if body.is_null() { request } else { request.json(body) };
    Ok(accepted(request.send().await?).await?.json().await?)
}

fn print_plan(merged: &Value) {
    let plan = &merged["plan"];
    for choice in plan["fields"].as_array().into_iter().flatten() {
        let value = |whose: &str| choice[whose]["value"].to_string();
        println!(
            "  {:20} {} | {} → {}",
            text(&choice["field"]),
            value("survivor"),
            value("absorbed"),
            text(&choice["stands"])
        );
    }
    let moved = moved(&plan["moves"]);
    println!("  of the absorbed: {}", if moved.is_empty() { "nothing" } else { moved.as_str() });
    for kind in plan["conflicts"].as_array().into_iter().flatten() {
        println!("  they have different accounts, as two people have: {}", text(kind));
    }
    let done = if merged["merge"].is_null() { "would be" } else { "is" };
    println!("{} {done} merged into {}", text(&plan["absorbed"]), text(&plan["survivor"]));
}

fn moved(moves: &Value) -> String {
    let moved = MOVED.iter().filter_map(|(kind, [one, several])| {
        let count = moves[*kind].as_u64().filter(|count| *count > 0)?;
        Some(format!("{count} {}", if count == 1 { one } else { several }))
    });
    moved.collect::<Vec<_>>().join(", ")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_together_is_told_in_the_dashboards_words() {
        let moves = json!({ "followUps": 2, "conversations": 1, "elsewhere": 1, "notes": 0 });
        assert_eq!(moved(&moves), "1 conversation, 2 follow-ups");
        assert_eq!(moved(&json!({ "elsewhere": 1 })), "");
        let dashboard = include_str!("../../../../../functions/web/assets/merging.js");
        for (kind, [one, several]) in MOVED {
            assert!(dashboard.contains(&format!("  {kind}: [\"{one}\", \"{several}\"],\n")), "{kind}");
        }
    }
}

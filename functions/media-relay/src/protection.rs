//! Scale-in protection: while calls go on, ECS neither scales this task in nor replaces it in a deployment.
//! Source: Amazon ECS, "Task scale-in protection endpoint".

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Slots;

/// Longer than a call lasts; asked for again while calls go on. If the relay hangs, ECS has it back after that.
const PROTECTED_FOR: SignedDuration = SignedDuration::from_mins(60);
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_mins(15);
const REFUSED_WAIT: Duration = Duration::from_secs(10);
const AGENT_TIMEOUT: Duration = Duration::from_secs(5);

/// What ECS agreed to last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Protection {
    until: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Protect,
    Release,
}

impl Protection {
    /// What to ask for now; `None`: all is as it should be.
    pub fn wish(self, calls: usize, now: Timestamp) -> Option<Wish> {
        match (calls, self.until) {
            (0, None) => None,
            (0, Some(_)) => Some(Wish::Release),
            (_, Some(until)) if until.duration_since(now) > RENEWED_BEFORE => None,
            _ => Some(Wish::Protect),
        }
    }

    /// ECS did what was asked.
    pub fn agreed(wish: Wish, now: Timestamp) -> Self {
        Self { until: (wish == Wish::Protect).then(|| now + PROTECTED_FOR) }
    }

    /// When to look again, though no call begins or ends; `None`: never.
    fn renewal(self, now: Timestamp) -> Option<Duration> {
        let wait = self.until?.duration_since(now) - RENEWED_BEFORE;
        Some(wait.try_into().unwrap_or_default())
    }
}

/// Keeps ECS told, for as long as the relay runs. `agent` is `$ECS_AGENT_URI`.
pub async fn keep(agent: String, slots: Slots) {
    let http = match twin::clients::http().timeout(AGENT_TIMEOUT).no_proxy().build() {
        Ok(http) => http,
        Err(error) => return tracing::error!(%error, "calls are not protected from scaling in"),
    };
    let url = format!("{}/task-protection/v1/state", agent.trim_end_matches('/'));
    let mut protection = Protection::default();
    loop {
        let now = Timestamp::now();
        let Some(wish) = protection.wish(slots.taken(), now) else {
            changed(&slots, protection.renewal(now)).await;
            continue;
        };
        match ask(&http, &url, wish).await {
            Ok(()) => protection = Protection::agreed(wish, now),
            Err(why) => {
                tracing::warn!(why, ?wish, "ECS did not change the protection of this task");
                tokio::time::sleep(REFUSED_WAIT).await;
            }
        }
    }
}

/// Until a call begins or ends, or so long.
async fn changed(slots: &Slots, at_most: Option<Duration>) {
    match at_most {
        None => slots.changed().await,
        Some(wait) => tokio::select! {
            () = slots.changed() => {}
            () = tokio::time::sleep(wait) => {}
        },
    }
}

async fn ask(http: &reqwest::Client, url: &str, wish: Wish) -> Result<(), String> {
    let answer = http.put(url).json(&request(wish)).send().await.map_err(|error| error.to_string())?;
    let status = answer.status();
    let body = answer.json::<Value>().await.map_err(|error| error.to_string())?;
    // A refusal comes with 200, too: as `failure`, or as `error`.
    match body.get("protection") {
        Some(_) if status.is_success() => Ok(()),
        _ => Err(format!("{status}: {}", reason(&body))),
    }
}

fn request(wish: Wish) -> Value {
    match wish {
        Wish::Protect => json!({"ProtectionEnabled": true, "ExpiresInMinutes": PROTECTED_FOR.as_mins()}),
        Wish::Release => json!({"ProtectionEnabled": false}),
    }
}

fn reason(body: &Value) -> &str {
    let reason = body.pointer("/failure/Reason").or_else(|| body.pointer("/error/Code"));
    reason.and_then(Value::as_str).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn protected_while_calls_go_on_renewed_and_released() {
        let idle = Protection::default();
        assert_eq!(idle.wish(0, minute(0)), None);
        assert_eq!(idle.renewal(minute(0)), None);
        assert_eq!(idle.wish(1, minute(0)), Some(Wish::Protect));

        let protected = Protection::agreed(Wish::Protect, minute(0));
        assert_eq!(protected.wish(2, minute(44)), None);
        assert_eq!(protected.renewal(minute(44)), Some(Duration::from_mins(1)));
        assert_eq!(protected.wish(2, minute(45)), Some(Wish::Protect));
        assert_eq!(protected.renewal(minute(50)), Some(Duration::ZERO));
        assert_eq!(protected.wish(0, minute(1)), Some(Wish::Release));
        assert_eq!(Protection::agreed(Wish::Release, minute(1)), idle);
    }

    #[tokio::test]
    async fn ecs_is_told_when_a_call_begins_and_when_the_last_one_ends() {
        let (asked, mut asks) = tokio::sync::mpsc::unbounded_channel();
        let agent = axum::routing::put(async move |axum::Json(body): axum::Json<Value>| {
            asked.send(body).unwrap();
            axum::Json(json!({"protection": {"TaskArn": "arn:aws:ecs:…"}}))
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/task", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/api/task/task-protection/v1/state", agent);
        tokio::spawn(axum::serve(listener, router).into_future());

        let slots = Slots::new(2);
        tokio::spawn(keep(url, slots.clone()));
        let (first, second) = (slots.take(), slots.take());
        let protect = json!({"ProtectionEnabled": true, "ExpiresInMinutes": 60});
        assert_eq!(asks.recv().await.unwrap(), protect);
        drop(first);
        drop(second);
        assert_eq!(asks.recv().await.unwrap(), json!({"ProtectionEnabled": false}));
    }

    #[test]
    fn a_refusal_has_a_reason() {
        let refused = json!({"failure": {"Reason": "TASK_NOT_VALID", "Arn": "arn:aws:ecs:…"}});
        assert_eq!(reason(&refused), "TASK_NOT_VALID");
        assert_eq!(reason(&json!({"error": {"Code": "AccessDeniedException"}})), "AccessDeniedException");
        assert_eq!(reason(&json!([])), "no reason given");
    }
}

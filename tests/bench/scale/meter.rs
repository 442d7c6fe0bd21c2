//! Between the SDK and the embedded table: asks for the capacity of each request, and counts it by partition.
//! Source: Amazon DynamoDB API reference, `ReturnConsumedCapacity`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, body::Bytes, extract::State, response::IntoResponse, response::Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What was asked of the table since the last look.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    pub requests: u32,
    pub read_units: f64,
    pub write_units: f64,
    /// Each request: its operation, its units, and what it names.
    pub each: Vec<String>,
    /// Requests that touch a partition, of the table or of an index.
    pub partitions: BTreeMap<String, u32>,
}

#[derive(Clone)]
pub struct Meter {
    http: reqwest::Client,
    table: String,
    counted: Arc<Mutex<Counted>>,
}

impl Meter {
    /// In front of the table at `table`; where it is itself is the second part.
    pub async fn start(table: String) -> std::io::Result<(Self, String)> {
        let meter = Self { http: reqwest::Client::new(), table, counted: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(forward).with_state(meter.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((meter, url))
    }

    /// What was counted, which begins anew.
    pub fn take(&self) -> Counted {
        std::mem::take(&mut *self.counted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn ask(&self, headers: &HeaderMap, body: &Bytes) -> Result<Response, Box<dyn std::error::Error>> {
        let mut asked: Value = serde_json::from_slice(body)?;
        let target = headers.get("x-amz-target").ok_or("no operation")?;
        let operation = target.to_str()?.rsplit('.').next().unwrap_or_default().to_owned();
        asked["ReturnConsumedCapacity"] = json!("INDEXES");
        let mut request = self.http.post(&self.table).body(asked.to_string());
        for (name, value) in
            headers.iter().filter(|(name, _)| !matches!(name.as_str(), "host" | "content-length"))
        {
            request = request.header(name, value);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let said = answer.bytes().await?;
        if status == StatusCode::OK {
            self.count(&operation, &asked, &serde_json::from_slice(&said)?);
        }
        let kind = [(http::header::CONTENT_TYPE, "application/x-amz-json-1.0")];
        Ok((status, kind, said).into_response())
    }

    fn count(&self, operation: &str, asked: &Value, said: &Value) {
        let units: f64 =
            each(&said["ConsumedCapacity"]).filter_map(|one| one["CapacityUnits"].as_f64()).sum();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.requests += 1;
        let writes = matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems");
        *if writes { &mut counted.write_units } else { &mut counted.read_units } += units;
        counted.each.push(format!("{operation} {units}: {}", sort_keys(asked).join(", ")));
        for partition in partitions(asked) {
            *counted.partitions.entry(partition).or_default() += 1;
        }
    }
}

async fn forward(State(meter): State<Meter>, headers: HeaderMap, body: Bytes) -> Response {
    match meter.ask(&headers, &body).await {
        Ok(answer) => answer,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

fn each(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(all) => Box::new(all.iter()),
        one => Box::new(std::iter::once(one)),
    }
}

/// The partitions that a request names, at any depth: keys, items, and what a query looks for.
fn partitions(asked: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(asked, &mut found);
    found
}

/// The sort keys that a request names, or what they begin with.
fn sort_keys(asked: &Value) -> Vec<&str> {
    match asked {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| match (name.as_str(), field["S"].as_str()) {
                ("sk" | ":sk" | ":prefix" | ":list" | ":shard", Some(key)) => vec![key],
                _ => sort_keys(field),
            })
            .collect(),
        Value::Array(all) => all.iter().flat_map(sort_keys).collect(),
        _ => Vec::new(),
    }
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field["S"].as_str()) {
                    ("pk" | ":pk", Some(key)) => drop(found.insert(key.to_owned())),
                    ("list" | ":list", Some(key)) => drop(found.insert(format!("index list: {key}"))),
                    ("due_shard" | ":shard", Some(key)) => drop(found.insert(format!("index due: {key}"))),
                    _ => collect(field, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|one| collect(one, found)),
        _ => {}
    }
}

//! What clients asked of the text endpoints, for tests.

use std::collections::{HashMap, VecDeque};

use http::HeaderMap;
use serde_json::Value;

use super::faults::Endpoint;
use super::items::Item;

/// Requests, and conversations, beyond this many are forgotten.
const KEPT: usize = 1024;

/// A request as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub endpoint: Endpoint,
    pub method: String,
    /// As the router saw it: `/v1/responses` or below a nest `/responses`.
    pub path: String,
    /// In small letters, and never the key: `accept`, `content-type`, `user-agent`, `idempotency-key`,
    /// `x-client-request-id`, and all that begin with `openai-` or `x-stainless-`.
    pub headers: Vec<(String, String)>,
    /// Null if it is not JSON.
    pub body: Value,
    /// What was answered. A connection that was reset has the status that it did not get to send.
    pub status: u16,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Those headers that are remembered.
pub fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    const KEPT: &[&str] = &["accept", "content-type", "user-agent", "idempotency-key", "x-client-request-id"];
    headers
        .iter()
        .filter(|(name, _)| {
            let name = name.as_str();
            KEPT.contains(&name) || name.starts_with("openai-") || name.starts_with("x-stainless-")
        })
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// The latest requests.
#[derive(Debug, Default)]
pub struct Log(VecDeque<Asked>);

impl Log {
    pub fn add(&mut self, asked: Asked) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(asked);
    }

    pub fn all(&self) -> Vec<Asked> {
        self.0.iter().cloned().collect()
    }
}

/// The conversations that `previous_response_id` goes on with, by the id of their last response.
#[derive(Debug, Default)]
pub struct Memory {
    conversations: HashMap<String, Vec<Item>>,
    order: VecDeque<String>,
}

impl Memory {
    pub fn recall(&self, id: &str) -> Option<Vec<Item>> {
        self.conversations.get(id).cloned()
    }

    pub fn store(&mut self, id: String, items: Vec<Item>) {
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.conversations.remove(&oldest);
        }
        self.order.push_back(id.clone());
        self.conversations.insert(id, items);
    }
}

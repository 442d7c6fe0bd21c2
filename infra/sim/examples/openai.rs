//! The Realtime simulator on a port: `cargo run -p sim --example openai -- [port]`.

use std::sync::Arc;

use axum::Router;
use sim::openai::{OpenAi, app};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/v1", listener.local_addr()?);
    axum::serve(listener, Router::new().nest("/v1", app(Arc::new(OpenAi::default())))).await
}

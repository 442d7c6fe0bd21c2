#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    media_relay::run(&|name| std::env::var(name).ok()).await
}

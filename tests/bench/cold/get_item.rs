//! A function that reads one item, on the SDK's defaults: the floor of `tests/bench/cold` for routes that read the table.

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::{Body, Error, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_from_env().await;
    let client = &aws_sdk_dynamodb::Client::new(&config);
    let table = &std::env::var("TABLE_NAME")?;
    let read = async |_: Request| {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let item = client
            .get_item()
            .table_name(table)
            .key("pk", key("OWNER"))
            .key("sk", key("PERSONA"))
            .send()
            .await?;
        Ok::<_, Error>(Response::new(Body::from(format!("{}", item.item.is_some()))))
    };
    lambda_http::run(service_fn(read)).await
}

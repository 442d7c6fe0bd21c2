//! A process that dies between two of its writes: a client of the store that lets so many through, and none after.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_sdk_dynamodb::{
    Client, Config,
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextMut,
        retry::RetryConfig,
    },
    error::BoxError,
};

const WRITES: [&str; 5] = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];

/// Whether something is about to be written.
pub(crate) fn is_write(context: &BeforeTransmitInterceptorContextMut<'_>) -> bool {
    let target = context.request().headers().get("x-amz-target").unwrap_or_default();
    WRITES.iter().any(|write| target.ends_with(write))
}

/// How many writes are left to a life.
#[derive(Debug, Clone)]
pub struct Life(Arc<AtomicUsize>);

impl Life {
    pub fn of(writes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(writes)))
    }

    /// The client of somebody with this life.
    pub fn client(&self, config: &aws_config::SdkConfig) -> Client {
        let config = Config::from(config).to_builder().retry_config(RetryConfig::disabled());
        self.end(&Client::from_conf(config.build()))
    }

    /// The same client, of somebody with this life.
    pub fn end(&self, client: &Client) -> Client {
        Client::from_conf(client.config().to_builder().interceptor(self.clone()).build())
    }

    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }
}

impl Intercept for Life {
    fn name(&self) -> &'static str {
        "Life"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_write = is_write(context);
        let spend = |left: usize| if is_write { left.checked_sub(1) } else { (left > 0).then_some(left) };
        match self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend) {
            Ok(_) => Ok(()),
            Err(_) => Err("the process died".into()),
        }
    }
}

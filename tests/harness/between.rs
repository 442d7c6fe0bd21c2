//! What happens between two of one's writes: somebody else writes, or the store does not answer once.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use aws_sdk_dynamodb::{
    Client, Config,
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextMut,
        retry::RetryConfig,
    },
    error::BoxError,
};
use futures_util::future::BoxFuture;
use tokio::{runtime::Handle, task::block_in_place};

use crate::dying::is_write;

type Happening = BoxFuture<'static, Result<(), BoxError>>;

/// Happens once, right before the first write that has these words. If it fails, so does that write. It blocks its thread, so
/// a test needs a runtime with several.
#[derive(Clone)]
pub struct Between {
    words: &'static str,
    happens: Arc<Mutex<Option<Happening>>>,
}

impl Between {
    pub fn of(
        words: &'static str,
        happens: impl Future<Output = Result<(), BoxError>> + Send + 'static,
    ) -> Self {
        Self { words, happens: Arc::new(Mutex::new(Some(Box::pin(happens)))) }
    }

    /// The client of whoever it happens to.
    pub fn client(&self, config: &aws_config::SdkConfig) -> Client {
        let config = Config::from(config).to_builder().retry_config(RetryConfig::disabled());
        Client::from_conf(config.interceptor(self.clone()).build())
    }

    pub fn has_happened(&self) -> bool {
        self.happens.lock().unwrap().is_none()
    }
}

impl fmt::Debug for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Between").field("words", &self.words).finish_non_exhaustive()
    }
}

impl Intercept for Between {
    fn name(&self) -> &'static str {
        "Between"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = String::from_utf8_lossy(context.request().body().bytes().unwrap_or_default());
        if !is_write(context) || !body.contains(self.words) {
            return Ok(());
        }
        let happens = self.happens.lock().unwrap().take();
        match happens {
            Some(happens) => block_in_place(|| Handle::current().block_on(happens)),
            None => Ok(()),
        }
    }
}

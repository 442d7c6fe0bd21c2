use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Policy, error::FetchError};

/// The port of the URL takes the place of this one.
const ANY_PORT: u16 = 0;

/// Resolves a name to its addresses.
pub type Lookup =
    Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> + Send + Sync>;

/// Resolves as the system does, `/etc/hosts` included.
pub fn system_lookup() -> Lookup {
    Arc::new(|host| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), ANY_PORT)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// The resolver of the HTTP client: connections go to exactly the addresses that it has let pass.
pub(super) struct Guarded {
    policy: Arc<Policy>,
    lookup: Lookup,
}

impl Guarded {
    pub(super) fn new(policy: Arc<Policy>, lookup: Lookup) -> Self {
        Self { policy, lookup }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let found = (self.lookup)(host.clone());
        let policy = Arc::clone(&self.policy);
        Box::pin(async move { Ok(pass(&policy, host, found.await)?) })
    }
}

/// All addresses must pass: a host that is public by half is not public.
fn pass(policy: &Policy, host: String, found: io::Result<Vec<IpAddr>>) -> Result<Addrs, FetchError> {
    let addresses = match found {
        Ok(addresses) if addresses.is_empty() => {
            return Err(FetchError::Unresolved { host, why: "it has no address".into() });
        }
        Ok(addresses) => addresses,
        Err(error) => return Err(FetchError::Unresolved { host, why: error.to_string() }),
    };
    addresses.iter().try_for_each(|address| policy.check_address(&host, *address))?;
    Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, ANY_PORT))))
}

/// The resolver's own error, which the client wraps in its own.
pub(super) fn refusal(error: &reqwest::Error) -> Option<FetchError> {
    let mut cause = error.source();
    while let Some(error) = cause {
        match error.downcast_ref() {
            Some(FetchError::Private { host, address }) => {
                return Some(FetchError::Private { host: host.clone(), address: *address });
            }
            Some(FetchError::Unresolved { host, why }) => {
                return Some(FetchError::Unresolved { host: host.clone(), why: why.clone() });
            }
            _ => cause = error.source(),
        }
    }
    None
}

use std::net::IpAddr;

use url::{Host, Url};

use super::address::is_public;
use super::error::FetchError;

/// Which addresses may be asked.
///
/// By default those of the public internet, by https, at port 443.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    plain_http: bool,
    loopback: Vec<String>,
}

impl Policy {
    /// Public hosts by https.
    pub fn public() -> Self {
        Self::default()
    }

    /// Allows `http://` at port 80 as well.
    pub fn with_plain_http(self) -> Self {
        Self { plain_http: true, ..self }
    }

    /// Allows one host by http or https at any port, as long as its addresses are loopback ones: a simulator,
    /// a site on a laptop. `host` is a name or an address as a URL has it: `localhost`, `127.0.0.1`, `[::1]`.
    pub fn with_loopback(mut self, host: impl Into<String>) -> Self {
        self.loopback.push(host.into().to_ascii_lowercase());
        self
    }

    /// Whether the URL may be asked, as far as it tells by itself.
    pub(super) fn check(&self, url: &Url) -> Result<(), FetchError> {
        let forbidden = |why| Err(FetchError::Forbidden { url: redacted(url), why });
        let Some(host) = url.host() else { return forbidden("it names no host") };
        if !url.username().is_empty() || url.password().is_some() {
            return forbidden("it holds a user name or a password");
        }
        let local = self.is_loopback(url.host_str().unwrap_or_default());
        match url.scheme() {
            "https" => {}
            "http" if self.plain_http || local => {}
            _ => return forbidden("only https is"),
        }
        if url.port().is_some() && !local {
            return forbidden("only the standard port is");
        }
        match host {
            Host::Ipv4(address) => self.check_address(&address.to_string(), address.into()),
            Host::Ipv6(address) => self.check_address(&format!("[{address}]"), address.into()),
            Host::Domain(_) => Ok(()),
        }
    }

    /// Whether a host may be reached at one of its addresses.
    pub(super) fn check_address(&self, host: &str, address: IpAddr) -> Result<(), FetchError> {
        let allowed = if self.is_loopback(host) { address.is_loopback() } else { is_public(address) };
        allowed.then_some(()).ok_or_else(|| FetchError::Private { host: host.to_owned(), address })
    }

    fn is_loopback(&self, host: &str) -> bool {
        self.loopback.iter().any(|allowed| allowed == host)
    }
}

/// The URL without what may be a secret.
fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    let cleared = shown.set_username("").and_then(|()| shown.set_password(None));
    cleared.map_or_else(|()| format!("{}:…", url.scheme()), |()| shown.into())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn verdict(policy: &Policy, url: &str) -> Result<(), String> {
        policy.check(&Url::parse(url).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn public_addresses_by_https_only() {
        let policy = Policy::public();
        for url in [
            "https://example.com/a?b",
            "https://example.com:443/",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
        ] {
            assert_eq!(verdict(&policy, url), Ok(()), "{url}");
        }
        for (url, why) in [
            ("http://example.com/", "only https is"),
            ("ftp://example.com/", "only https is"),
            ("file:///etc/passwd", "names no host"),
            ("data:text/html,hi", "names no host"),
            ("https://example.com:8443/", "only the standard port is"),
            ("https://example.com:80/", "only the standard port is"),
            ("https://github.com@evil.example/", "user name or a password"),
            ("https://:secret@evil.example/", "user name or a password"),
            ("https://127.1/", "resolves to 127.0.0.1"),
            ("https://127.0.0.1./", "resolves to 127.0.0.1"),
            ("https://%31%32%37.0.0.1/", "resolves to 127.0.0.1"),
            ("https://2130706433/", "resolves to 127.0.0.1"),
            ("https://0x7f.1/", "resolves to 127.0.0.1"),
            ("https://0177.0.0.1/", "resolves to 127.0.0.1"),
            ("https://①②⑦.0.0.1/", "resolves to 127.0.0.1"),
            ("https://169.254.169.254/latest/meta-data", "resolves to 169.254.169.254"),
            ("https://[::ffff:169.254.169.254]/", "resolves to ::ffff:169.254.169.254"),
            ("https://[::1]/", "resolves to ::1"),
            ("https://[fd00:ec2::254]/", "resolves to fd00:ec2::254"),
        ] {
            let refused = verdict(&policy, url).unwrap_err();
            assert!(refused.contains(why), "{url}: {refused}");
        }
    }

    #[test]
    fn a_refusal_does_not_repeat_a_password() {
        let refused = verdict(&Policy::public(), "https://alex:hunter2@example.com/").unwrap_err();
        assert_eq!(refused, "https://example.com/ is not allowed: it holds a user name or a password");
    }

    #[test]
    fn plain_http_is_a_choice() {
        let policy = Policy::public().with_plain_http();
        assert_eq!(verdict(&policy, "http://example.com/"), Ok(()));
        assert!(verdict(&policy, "http://example.com:8080/").is_err());
        assert!(verdict(&policy, "http://10.0.0.1/").is_err());
    }

    #[test]
    fn a_named_loopback_host_is_no_door_to_others() {
        let policy =
            Policy::public().with_loopback("127.0.0.1").with_loopback("Site.test").with_loopback("[::1]");
        for url in ["http://127.0.0.1:8080/", "http://site.test:3000/", "http://[::1]:3000/"] {
            assert_eq!(verdict(&policy, url), Ok(()), "{url}");
        }
        for url in ["http://127.0.0.2:8080/", "http://localhost:8080/", "http://10.0.0.1:8080/"] {
            assert!(verdict(&policy, url).is_err(), "{url}");
        }
        assert!(policy.check_address("site.test", Ipv4Addr::LOCALHOST.into()).is_ok());
        assert!(policy.check_address("site.test", Ipv6Addr::LOCALHOST.into()).is_ok());
        assert!(policy.check_address("site.test", Ipv4Addr::new(169, 254, 169, 254).into()).is_err());
        assert!(policy.check_address("site.test", Ipv4Addr::new(1, 1, 1, 1).into()).is_err());
    }
}

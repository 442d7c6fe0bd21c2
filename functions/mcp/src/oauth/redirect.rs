//! Where an answer may be sent: https, a program on the user's own machine (RFC 8252), or the app of a host.

use url::{Host, Url};

pub const MAX_LENGTH: usize = 2048;
/// Schemes of hosts that take their answer in an app of their own.
const APP_SCHEMES: [&str; 1] = ["cursor"];

/// A redirect URI of an acceptable form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    text: String,
    url: Url,
}

impl Redirect {
    pub fn parse(text: &str) -> Option<Self> {
        // A URL's parser drops some characters in silence.
        if text.len() > MAX_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let known = match url.scheme() {
            "https" => true,
            "http" => is_loopback(&url),
            scheme => APP_SCHEMES.contains(&scheme),
        };
        // The host is what a person decides by: nothing unusual in it.
        let host = url.host_str()?;
        let plain = !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte));
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        (known && plain && bare).then(|| Self { text: text.to_owned(), url })
    }

    /// Whether a client registered it: exactly, but for the port on the user's own machine.
    pub fn is_among(&self, registered: &[String]) -> bool {
        registered.iter().any(|uri| *uri == self.text || self.differs_in_port(uri))
    }

    fn differs_in_port(&self, registered: &str) -> bool {
        let Some(registered) = Self::parse(registered) else { return false };
        let rest = |redirect: &Self| {
            let mut url = redirect.url.clone();
            (redirect.is_local() && url.set_port(None).is_ok()).then_some(url)
        };
        rest(self).is_some_and(|given| rest(&registered) == Some(given))
    }

    /// Whether it is a program on the user's own machine.
    pub fn is_local(&self) -> bool {
        self.url.scheme() == "http"
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What a person sees of it.
    pub fn host(&self) -> String {
        match self.url.scheme() {
            "http" | "https" => self.url.host_str().unwrap_or_default().to_owned(),
            app => format!("the app “{app}”"),
        }
    }

    /// The URI with an answer.
    pub fn with(&self, answer: &[(&str, &str)]) -> String {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(answer);
        url.into()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(text: &str) -> Redirect {
        Redirect::parse(text).unwrap_or_else(|| panic!("{text} is acceptable"))
    }

    #[test]
    fn https_the_own_machine_and_known_apps_are_acceptable() {
        for text in [
            "https://claude.ai/api/mcp/auth_callback",
            "https://host.example:8443/cb?app=1",
            "http://localhost/callback",
            "http://localhost:53682/callback",
            "http://127.0.0.1:33418/",
            "http://[::1]:8000/cb",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ] {
            assert!(Redirect::parse(text).is_some(), "{text}");
        }
        let long = format!("https://host.example/{}", "a".repeat(MAX_LENGTH));
        for text in [
            "http://claude.ai/cb",
            "http://localhost.evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://10.0.0.1/cb",
            "https://user@host.example/cb",
            "https://user:password@host.example/cb",
            "https://host.example/cb#part",
            "https://host.example/cb#",
            "https://host.example/c b",
            "https://host.example/cb\r\nSet-Cookie: a=b",
            "https://hos\tt.example/cb",
            "https://a;b.example/cb",
            "https://a,b.example/cb",
            "https://é.example/cb",
            "https:///",
            "//host.example/cb",
            "/cb",
            "javascript:alert(1)",
            "javascript://host.example/%0aalert(1)",
            "data:text/html,hi",
            "file:///etc/passwd",
            "com.example.app:/cb",
            "cursor:cb",
            "",
            &long,
        ] {
            assert!(Redirect::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn matching_is_exact_but_for_a_port_on_the_own_machine() {
        let registered: Vec<String> =
            ["https://host.example/cb", "http://127.0.0.1/cb", "http://localhost:1234/cb?a=b"]
                .map(str::to_owned)
                .into();
        for text in [
            "https://host.example/cb",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:49152/cb",
            "http://localhost/cb?a=b",
            "http://localhost:49152/cb?a=b",
        ] {
            assert!(redirect(text).is_among(&registered), "{text}");
        }
        for text in [
            "https://host.example/cb/",
            "https://host.example/cb?a=b",
            "https://host.example/CB",
            "https://host.example:443/cb",
            "https://host.example:8443/cb",
            "https://HOST.example/cb",
            "https://sub.host.example/cb",
            "https://host.example.evil.example/cb",
            "https://host.example/cb/../other",
            "http://127.0.0.2/cb",
            "http://localhost/cb",
            "http://127.0.0.1/other",
            "https://127.0.0.1/cb",
        ] {
            assert!(!redirect(text).is_among(&registered), "{text}");
        }
    }

    #[test]
    fn an_answer_joins_what_is_there() {
        let answer = [("code", "a b&c"), ("iss", "https://twin.example")];
        assert_eq!(
            redirect("https://host.example/cb?app=1").with(&answer),
            "https://host.example/cb?app=1&code=a+b%26c&iss=https%3A%2F%2Ftwin.example"
        );
        assert_eq!(redirect("cursor://a.b/cb").with(&[("code", "x")]), "cursor://a.b/cb?code=x");
    }
}

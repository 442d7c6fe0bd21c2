//! A host connects to the twin: discovery, registration, sign-in, consent, tokens; and what is refused on the way.

mod documents;
mod flow;
mod provider;
mod refusals;

use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use mcp::oauth::{Challenge, OAuth, Principal, Resource};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use tests::{Bench, options};

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "https://claude.ai/api/mcp/auth_callback";
const STATE: &str = "a state & more";

/// A host, and the browser in front of which its person sits.
struct Host {
    bench: Bench,
    client: String,
    /// Cookies of the browser.
    cookies: Vec<(String, String)>,
}

impl Host {
    /// A host that registered itself.
    async fn start() -> Self {
        Self::with(options()).await
    }

    async fn with(options: omnitwin::stack::Options) -> Self {
        let bench = Bench::with(options).await;
        let mut host = Self { bench, client: String::new(), cookies: Vec::new() };
        host.client = host.register(&json!({ "client_name": "Claude", "redirect_uris": [REDIRECT] })).await;
        host
    }

    async fn register(&self, registration: &Value) -> String {
        let answer =
            self.bench.http.post(self.bench.url("/oauth/register")).json(registration).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["redirect_uris"], registration["redirect_uris"]);
        assert_eq!(answer["token_endpoint_auth_method"], "none");
        answer["client_id"].as_str().unwrap().to_owned()
    }

    async fn stop(self) {
        self.bench.stack.stop().await.unwrap();
    }

    fn resource(&self, resource: Resource) -> String {
        self.bench.url(if resource == Resource::Owner { "/api/mcp/owner" } else { "/api/mcp" })
    }

    /// The parameters of a request for the owner's resource.
    fn request(&self) -> Vec<(&'static str, String)> {
        vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.client.clone()),
            ("redirect_uri", REDIRECT.to_owned()),
            ("code_challenge", CHALLENGE.to_owned()),
            ("code_challenge_method", "S256".to_owned()),
            ("state", STATE.to_owned()),
            ("scope", "owner:read owner:call".to_owned()),
            ("resource", self.resource(Resource::Owner)),
        ]
    }

    fn request_with(&self, changes: &[(&'static str, Option<&str>)]) -> Vec<(&'static str, String)> {
        let mut request = self.request();
        for (name, value) in changes {
            request.retain(|(known, _)| known != name);
            request.extend(value.map(|value| (*name, value.to_owned())));
        }
        request
    }

    fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// What a browser does with an answer's cookies.
    fn keep_cookies(&mut self, answer: &Response) {
        for value in answer.headers().get_all(header::SET_COOKIE) {
            let value = value.to_str().unwrap();
            assert!(value.contains("; HttpOnly; SameSite=Lax"), "{value}");
            let (name, kept) = value.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !kept.is_empty() {
                self.cookies.push((name.to_owned(), kept.to_owned()));
            }
        }
    }

    /// A page, with the browser's cookies.
    async fn open(&mut self, url: &str) -> Response {
        let request = self.bench.http.get(url).header(header::COOKIE, self.cookie_header());
        let answer = request.send().await.unwrap();
        self.keep_cookies(&answer);
        answer
    }

    async fn authorize(&mut self, request: &[(&'static str, String)]) -> Response {
        let url = reqwest::Url::parse_with_params(&self.bench.url("/oauth/authorize"), request).unwrap();
        self.open(url.as_str()).await
    }

    async fn sign_in_as_owner(&mut self) {
        let link = self.bench.stack.owner_link().await.unwrap();
        let token = link.split("token=").nth(1).unwrap();
        let origin = &self.bench.stack.urls.base;
        let request = self.bench.http.post(self.bench.url("/owner")).header("Origin", origin);
        let answer = request.form(&[("token", token)]).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        self.keep_cookies(&answer);
    }

    /// Presses a button of the consent page.
    async fn decide(&self, page: &str, decision: &str) -> Response {
        let hidden = page.split("name=\"request\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let request = hidden.replace("&#38;", "&");
        let origin = &self.bench.stack.urls.base;
        let form = [("request", request.as_str()), ("decision", decision)];
        let post = self.bench.http.post(self.bench.url("/oauth/authorize")).header("Origin", origin);
        post.header(header::COOKIE, self.cookie_header()).form(&form).send().await.unwrap()
    }

    /// Consents to a request, and has the code.
    async fn code(&mut self, request: &[(&'static str, String)]) -> String {
        let answer = self.authorize(request).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let page = answer.text().await.unwrap();
        let location = onward(self.decide(&page, "allow").await).await;
        self.returned(&location, "code")
    }

    /// A parameter of an answer that goes to the client, with its state and ours.
    fn returned(&self, location: &str, name: &str) -> String {
        assert!(location.starts_with(&format!("{REDIRECT}?")), "{location}");
        let url = reqwest::Url::parse(location).unwrap();
        let of = |name: &str| {
            url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
        };
        assert_eq!(of("state").as_deref(), Some(STATE));
        assert_eq!(of("iss").as_deref(), Some(self.bench.stack.urls.base.as_str()));
        of(name).unwrap_or_else(|| panic!("{name} is in {location}"))
    }

    fn redemption<'a>(&'a self, code: &'a str) -> Vec<(&'static str, &'a str)> {
        vec![
            ("grant_type", "authorization_code"),
            ("client_id", &self.client),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ]
    }

    fn rotation<'a>(&'a self, token: &'a str) -> Vec<(&'static str, &'a str)> {
        vec![("grant_type", "refresh_token"), ("client_id", &self.client), ("refresh_token", token)]
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let answer = self.bench.http.post(self.bench.url(path)).form(form).send().await.unwrap();
        if path == "/oauth/token" {
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
        }
        answer
    }

    /// Tokens, of a request that has to go well.
    async fn tokens(&self, form: &[(&str, &str)]) -> (String, String) {
        let answer = self.post("/oauth/token", form).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
        let token = |name: &str| answer[name].as_str().unwrap().to_owned();
        (token("access_token"), token("refresh_token"))
    }

    /// The error of a token request that has to go wrong.
    async fn refused(&self, form: &[(&str, &str)]) -> String {
        let answer = self.post("/oauth/token", form).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["error_description"].is_string());
        answer["error"].as_str().unwrap().to_owned()
    }

    /// The check that the MCP endpoint does.
    async fn check(&self, token: Option<&str>, resource: Resource) -> Result<Option<Principal>, Challenge> {
        self.check_at(token, resource, Timestamp::now()).await
    }

    async fn check_at(
        &self,
        token: Option<&str>,
        resource: Resource,
        now: Timestamp,
    ) -> Result<Option<Principal>, Challenge> {
        let mut headers = HeaderMap::new();
        let value = token.map(|token| HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
        headers.extend(value.map(|value| (http::header::AUTHORIZATION, value)));
        self.server().authenticate(&headers, resource, now).await
    }

    fn server(&self) -> &OAuth {
        &self.bench.stack.oauth
    }
}

fn location(answer: &Response) -> String {
    assert!(answer.status().is_redirection(), "{}", answer.status());
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

/// Where the page after a decision leads.
async fn onward(answer: Response) -> String {
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let page = answer.text().await.unwrap();
    let location = page.split("content=\"0; url=").nth(1).unwrap().split('"').next().unwrap();
    assert!(page.contains(&format!("href=\"{location}\"")), "{page}");
    location.replace("&#38;", "&")
}

async fn json_of(bench: &Bench, path: &str) -> Value {
    let answer = bench.http.get(bench.url(path)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

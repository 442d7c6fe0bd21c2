//! Visitors, and the owner, sign in through an identity provider; what it says is believed only if all of it is right.

use std::sync::Arc;

use mcp::oauth::{Binding, CALLBACK, Challenge, OWNER_SIGN_IN, Oidc, OwnerAccount, Resource, Who};
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sim::oidc::{Account, Algorithm, Fault, Provider};
use tests::options;
use tokio::net::TcpListener;
use twin::{
    config::Secret,
    identity::{Assurance, IdentityKey},
};

use super::{Host, location};

const CLIENT: &str = "twin";
const CLIENT_SECRET: &str = "a-secret-of-ours";
const OWNER_EMAIL: &str = "alex@omnitwin.example";

fn account(subject: &str, email: &str) -> Account {
    Account { subject: subject.to_owned(), name: None, email: email.to_owned(), email_verified: true }
}

fn visitor() -> Account {
    account("visitor-1", "dana@northgate.example")
}

/// A deployment with an identity provider at which a visitor is signed in.
async fn start(algorithm: Algorithm, method: &'static str) -> (Host, Arc<Provider>) {
    start_with(algorithm, method, Binding::default(), false).await
}

/// The same with one that may be without nonce and PKCE, and a deployment that may know it.
async fn start_with(
    algorithm: Algorithm,
    method: &'static str,
    binding: Binding,
    without_nonce_and_pkce: bool,
) -> (Host, Arc<Provider>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let oidc = Oidc {
        issuer: issuer.clone(),
        client_id: CLIENT.to_owned(),
        client_secret: Secret::new(CLIENT_SECRET),
        owner: Some(OwnerAccount::Email(OWNER_EMAIL.to_owned())),
        binding,
    };
    let host = Host::with(omnitwin::stack::Options { oidc: Some(oidc), ..options() }).await;
    let provider = sim::oidc::Options {
        issuer,
        client_id: CLIENT.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        redirect_uri: host.bench.url(CALLBACK),
        algorithm,
        auth_methods: vec![method],
        without_nonce_and_pkce,
    };
    let provider = Provider::new(provider, visitor()).unwrap();
    let router = provider.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (host, provider)
}

impl Host {
    fn visitors_request(&self) -> Vec<(&'static str, String)> {
        let visitors = self.resource(Resource::Visitor);
        self.request_with(&[("resource", Some(&visitors)), ("scope", None)])
    }

    /// Goes to the provider, where the person is signed in at once: where the provider sends the browser.
    async fn at_the_provider(&self, answer: Response) -> String {
        location(&self.bench.http.get(location(&answer)).send().await.unwrap())
    }

    /// To the provider and back.
    async fn sign_in(&mut self, answer: Response) -> Response {
        let back = self.at_the_provider(answer).await;
        self.open(&back).await
    }

    /// A token of the visitor who is signed in at the provider.
    async fn visitors_token(&mut self) -> String {
        let request = self.visitors_request();
        let answer = self.authorize(&request).await;
        if answer.status() == StatusCode::SEE_OTHER {
            let returned = self.sign_in(answer).await;
            let again = location(&returned);
            assert!(again.starts_with("/oauth/authorize?response_type=code"), "{again}");
        }
        let code = self.code(&request).await;
        self.tokens(&self.redemption(&code)).await.0
    }

    async fn person(&self, token: &str) -> twin::id::PersonId {
        match self.check(Some(token), Resource::Visitor).await.unwrap().unwrap().who {
            Who::Person(id) => id,
            Who::Owner => panic!("a visitor is not the owner"),
        }
    }
}

#[tokio::test]
async fn a_visitor_signs_in_and_is_the_same_person_each_time() {
    for (algorithm, method) in
        [(Algorithm::Rs256, "client_secret_basic"), (Algorithm::Es256, "client_secret_post")]
    {
        let (mut host, provider) = start(algorithm, method).await;
        let token = host.visitors_token().await;
        let person = host.person(&token).await;
        let issuer = provider.issuer().to_owned();
        let key = IdentityKey::Oidc { issuer, subject: "visitor-1".to_owned() };
        let identity = host.bench.stack.twin.store().identity(&key).await.unwrap().unwrap();
        assert_eq!(identity.person, person);
        assert!(identity.is_verified(jiff::Timestamp::now()));
        assert!(identity.evidence.iter().any(|evidence| evidence.strength == Assurance::SignedIn));
        assert!(matches!(host.check(Some(&token), Resource::Owner).await, Err(Challenge::Invalid(_))));

        // In another browser, and with another key of the provider's.
        host.cookies.clear();
        provider.replace_key("key-2").unwrap();
        let token = host.visitors_token().await;
        assert_eq!(host.person(&token).await, person);
        host.cookies.clear();
        provider.sign_in_as(account("visitor-2", "dana@northgate.example"));
        let token = host.visitors_token().await;
        assert_ne!(host.person(&token).await, person, "an address makes nobody the same person");
        host.stop().await;
    }
}

/// As `LinkedIn` does it: the ID token has no nonce, and a code verifier is refused.
#[tokio::test]
async fn a_provider_without_nonce_signs_people_in_where_it_is_known_for_that() {
    let (mut strict, _provider) =
        start_with(Algorithm::Rs256, "client_secret_post", Binding::default(), true).await;
    let answer = strict.authorize(&strict.visitors_request()).await;
    assert_eq!(strict.sign_in(answer).await.status(), StatusCode::FORBIDDEN);
    strict.stop().await;

    let (mut host, provider) = start_with(Algorithm::Rs256, "client_secret_post", Binding::State, true).await;
    let known = json!({ "name": "Dana Whitfield", "email": "dana@northgate.example" });
    let known = host.bench.as_owner(Method::POST, "/api/crm/contacts").json(&known).send().await.unwrap();
    let known: Value = known.json().await.unwrap();
    provider.sign_in_as(Account { name: Some("Dana Whitfield".to_owned()), ..visitor() });
    let token = host.visitors_token().await;
    let person = host.person(&token).await;
    let contact = host.bench.owner(&format!("/api/crm/contacts/{person}")).await["contact"].clone();
    assert_eq!(contact["name"], "Dana Whitfield");
    assert_eq!(contact["contactMethods"]["email"], "dana@northgate.example");
    assert_eq!(contact["contactMethods"]["emailConfirmed"], false, "nobody agreed to mail");
    assert_eq!(contact["origins"]["name"]["source"], "sign_in");
    let proposed = host.bench.owner("/api/crm/proposals").await["proposals"].clone();
    let both = [proposed[0]["one"].clone(), proposed[0]["other"].clone()];
    assert!(both.contains(&known["id"]) && both.contains(&json!(person)), "the owner decides: {proposed}");
    assert_ne!(known["id"], json!(person));

    provider.misbehave(Fault::WrongNonce);
    host.cookies.clear();
    let answer = host.authorize(&host.visitors_request()).await;
    assert_eq!(host.sign_in(answer).await.status(), StatusCode::FORBIDDEN, "one that was never asked for");
    host.stop().await;
}

#[tokio::test]
async fn the_consent_page_names_the_account() {
    let (mut host, _provider) = start(Algorithm::Es256, "client_secret_post").await;
    let answer = host.authorize(&host.visitors_request()).await;
    host.sign_in(answer).await;
    let page = host.authorize(&host.visitors_request()).await.text().await.unwrap();
    assert!(page.contains("dana@northgate.example") && page.contains("have it forget you"), "{page}");
    assert!(!page.contains("Place calls"), "{page}");
    // A visitor is not the owner, whatever the browser shows.
    let answer = host.authorize(&host.request()).await;
    assert!(location(&answer).contains("/authorize?response_type=code&client_id=twin"));
    host.stop().await;
}

#[tokio::test]
async fn only_a_whole_and_right_id_token_signs_anybody_in() {
    let faults = [
        Fault::Denied,
        Fault::ForeignAnswer,
        Fault::ServerError,
        Fault::AlgNone,
        Fault::Hmac,
        Fault::WrongAudience,
        Fault::TwoAudiences,
        Fault::WrongParty,
        Fault::WrongIssuer,
        Fault::NoIssuer,
        Fault::Expired,
        Fault::StringExp,
        Fault::NoExp,
        Fault::NotYet,
        Fault::WrongNonce,
        Fault::NoNonce,
        Fault::NoSubject,
        Fault::UnknownKey,
        Fault::OtherKey,
        Fault::Tampered,
    ];
    for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
        let (mut host, provider) = start(algorithm, "client_secret_post").await;
        for fault in faults {
            provider.misbehave(fault);
            let answer = host.authorize(&host.visitors_request()).await;
            let answer = host.sign_in(answer).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{fault:?}");
            assert!(!host.cookies.iter().any(|(name, _)| name == "omnitwin_visitor"), "{fault:?}");
        }
        let people = host.bench.owner("/api/omni-context").await;
        assert_eq!(people["people"].as_array().unwrap().len(), 0, "nobody was made");
        let token = host.visitors_token().await;
        assert!(host.check(Some(&token), Resource::Visitor).await.unwrap().is_some());
        host.stop().await;
    }
}

#[tokio::test]
async fn a_sign_in_belongs_to_the_browser_that_began_it_and_works_once() {
    let (mut host, _provider) = start(Algorithm::Es256, "client_secret_post").await;
    let answer = host.authorize(&host.visitors_request()).await;
    let back = host.at_the_provider(answer).await;
    let elsewhere = host.bench.http.get(&back).send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::BAD_REQUEST);
    assert!(!elsewhere.headers().contains_key(header::SET_COOKIE));
    assert_eq!(host.open(&back).await.status(), StatusCode::BAD_REQUEST, "it was used up");

    let answer = host.authorize(&host.visitors_request()).await;
    let back = host.at_the_provider(answer).await;
    let forged = back.replace("state=", "state=A");
    assert_eq!(host.open(&forged).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(host.open(&back).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(host.open(&back).await.status(), StatusCode::BAD_REQUEST);
    host.stop().await;
}

#[tokio::test]
async fn the_owner_signs_in_through_the_provider() {
    let (mut host, provider) = start(Algorithm::Rs256, "client_secret_post").await;
    let page = host.bench.url(OWNER_SIGN_IN);
    let signed_out = host.open(&host.bench.url("/dashboard")).await;
    assert_eq!(signed_out.status(), StatusCode::UNAUTHORIZED);
    let told = signed_out.text().await.unwrap();
    assert!(told.contains(&format!("href=\"{OWNER_SIGN_IN}\"")) && !told.contains("cargo run"), "{told}");
    let others = [
        visitor(),
        Account { email_verified: false, ..account("owner-1", OWNER_EMAIL) },
        account(OWNER_EMAIL, "eve@evil.example"),
    ];
    for other in others {
        provider.sign_in_as(other);
        let answer = host.open(&page).await;
        let answer = host.sign_in(answer).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert!(!host.cookies.iter().any(|(name, _)| name == "omnitwin_session"));
    }
    provider.sign_in_as(account("owner-1", OWNER_EMAIL));
    let answer = host.open(&page).await;
    let answer = host.sign_in(answer).await;
    assert_eq!(location(&answer), "/dashboard");
    assert_eq!(host.open(&host.bench.url("/dashboard")).await.status(), StatusCode::OK);

    // And to let a host act: from its request through the provider back to it.
    host.cookies.clear();
    let answer = host.authorize(&host.request()).await;
    let answer = host.sign_in(answer).await;
    assert!(location(&answer).starts_with("/oauth/authorize?response_type=code"));
    let code = host.code(&host.request()).await;
    let (access, _) = host.tokens(&host.redemption(&code)).await;
    assert_eq!(host.check(Some(&access), Resource::Owner).await.unwrap().unwrap().who, Who::Owner);
    host.stop().await;
}

/// A provider that is not there stops sign-ins, and nothing else.
#[tokio::test]
async fn a_provider_that_is_away_is_an_apology() {
    let oidc = Oidc {
        issuer: "http://127.0.0.1:1".to_owned(),
        client_id: CLIENT.to_owned(),
        client_secret: Secret::new(CLIENT_SECRET),
        owner: None,
        binding: Binding::default(),
    };
    let mut host = Host::with(omnitwin::stack::Options { oidc: Some(oidc), ..options() }).await;
    let answer = host.authorize(&host.visitors_request()).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    // It does not know the owner, who signs in with a link.
    assert_eq!(host.authorize(&host.request()).await.status(), StatusCode::UNAUTHORIZED);
    host.sign_in_as_owner().await;
    assert_eq!(host.authorize(&host.request()).await.status(), StatusCode::OK);
    host.stop().await;
}

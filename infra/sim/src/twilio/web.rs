//! Signed requests to the product: webhooks, actions and callbacks.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use reqwest::{Url, header};

use super::{
    faults::{Faults, Signing},
    live::held,
    new_sid,
    report::{Exchange, Fault},
    signature,
    twiml::Target,
};

/// The time for a webhook, its one retry included.
const DEADLINE: Duration = Duration::from_secs(15);
const USER_AGENT: &str = "TwilioProxy/1.1";

pub type Params = Vec<(String, String)>;

/// Makes signed requests and keeps a log of them. Clones share the log.
#[derive(Debug, Clone)]
pub struct Web {
    http: reqwest::Client,
    token: String,
    faults: Arc<Faults>,
    log: Arc<Mutex<Vec<Exchange>>>,
}

/// A client for [`Web`]: no proxy, no redirects. Cheap to clone, dear to make.
pub fn http_client() -> Result<reqwest::Client, Fault> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|why| Fault::new(11200, format!("HTTP client: {why}")))
}

impl Web {
    pub fn new(http: reqwest::Client, token: &str, faults: Faults) -> Self {
        Self { http, token: token.to_owned(), faults: Arc::new(faults), log: Arc::default() }
    }

    /// Takes the log.
    pub fn exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut *held(&self.log))
    }

    /// Asks for TwiML. A failed connection is tried once more, with `I-Twilio-Idempotency-Token`, in the
    /// same 15 seconds.
    ///
    /// 11200: no answer or not a 2xx. 12300: the answer is not XML.
    pub async fn twiml(
        &self,
        purpose: &'static str,
        target: &Target,
        params: &[(String, String)],
    ) -> Result<String, Fault> {
        let began = Instant::now();
        let token = new_sid("");
        let fetch = |token: Option<String>| async move {
            let left = DEADLINE.saturating_sub(began.elapsed());
            self.send(purpose, target, params.to_vec(), token, left).await
        };
        let response = match fetch(None).await {
            Ok(response) => response,
            Err(_first) => fetch(Some(token)).await.map_err(|why| Fault::new(11200, why))?,
        };
        if !response.status.is_success() {
            let why = format!("{} answered {}", target.url, response.status);
            return Err(Fault::new(11200, why));
        }
        let is_xml = ["text/xml", "application/xml"].iter().any(|xml| response.content_type.starts_with(xml));
        if !is_xml {
            return Err(Fault::new(12300, format!("content type {:?}", response.content_type)));
        }
        Ok(response.body)
    }

    /// Delivers a callback; the answer is only logged.
    pub async fn notify(&self, purpose: &'static str, target: &Target, params: Params) {
        // A callback is not repeated; its failure stands in the log.
        let _logged = self.send(purpose, target, params, None, DEADLINE).await;
    }

    /// Gives what was recorded to the account's simulator in another process.
    pub async fn heard(
        &self,
        base: &str,
        account_sid: &str,
        [call, recording]: [&str; 2],
        wav: Vec<u8>,
    ) -> Result<(), Fault> {
        let request = self.http.put(format!("{base}/heard/{call}/{recording}")).timeout(DEADLINE);
        let request = request.basic_auth(account_sid, Some(&self.token)).body(wav);
        let status = receive(request).await.map_err(|why| Fault::new(11200, why))?.status;
        if !status.is_success() {
            return Err(Fault::new(11200, format!("the recording was not taken: {status}")));
        }
        Ok(())
    }

    /// The value of `x-twilio-signature` of a WebSocket upgrade, and what is said beside it.
    pub fn sign_upgrade(&self, url: &str) -> (Option<String>, Option<&'static str>) {
        let signing = self.faults.stream_signing;
        (signing.sign(&self.token, &signature::upgrade_url(url), &[]), signing.settings())
    }

    pub fn log(&self, exchange: Exchange) {
        held(&self.log).push(exchange);
    }

    async fn send(
        &self,
        purpose: &'static str,
        target: &Target,
        mut params: Params,
        idempotency_token: Option<String>,
        timeout: Duration,
    ) -> Result<Answer, String> {
        let began = Instant::now();
        self.faults.before_signing(&mut params);
        let url = if target.get { with_query(&target.url, &params) } else { target.url.clone() };
        let signature = sign(self.faults.signing, &self.token, &url, target.get, &params);
        self.faults.after_signing(&mut params);
        let mut request = if target.get { self.http.get(&url) } else { self.http.post(&url).form(&params) };
        request = request.timeout(timeout).header(header::USER_AGENT, USER_AGENT);
        if let Some(signature) = &signature {
            request = request.header(signature::HEADER, signature);
        }
        if let Some(settings) = self.faults.signing.settings() {
            request = request.header(signature::SETTINGS, settings);
        }
        if let Some(token) = &idempotency_token {
            request = request.header("I-Twilio-Idempotency-Token", token);
        }
        let answer = receive(request).await;
        self.log(Exchange {
            purpose,
            method: if target.get { "GET" } else { "POST" },
            url,
            params: if target.get { Params::new() } else { params },
            signature,
            idempotency_token,
            answer: answer.as_ref().map(|answer| answer.status.as_u16()).map_err(Clone::clone),
            elapsed: began.elapsed(),
        });
        answer
    }
}

struct Answer {
    status: reqwest::StatusCode,
    content_type: String,
    body: String,
}

async fn receive(request: reqwest::RequestBuilder) -> Result<Answer, String> {
    let response = request.send().await.map_err(|why| causes(&why))?;
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let status = response.status();
    let body = response.text().await.map_err(|why| causes(&why))?;
    Ok(Answer { status, content_type, body })
}

fn sign(signing: Signing, token: &str, url: &str, get: bool, params: &[(String, String)]) -> Option<String> {
    signing.sign(token, url, if get { &[] } else { params })
}

/// `url` with `params` in its query.
fn with_query(url: &str, params: &[(String, String)]) -> String {
    let query = serde_urlencoded::to_string(params).unwrap_or_default();
    format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' })
}

/// `target` as written in a document that came from `base`.
///
/// 11100: not a URL.
pub fn resolve(base: &str, target: &Target) -> Result<Target, Fault> {
    let joined = Url::parse(base).and_then(|base| base.join(&target.url));
    let url = joined.map_err(|why| Fault::new(11100, format!("URL {:?}: {why}", target.url)))?;
    Ok(Target { url: url.into(), get: target.get })
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut all = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        all.push_str(": ");
        all.push_str(&cause.to_string());
        next = cause.source();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_urls_resolve_against_the_document() {
        let resolved = |base: &str, url: &str| {
            resolve(base, &Target { url: url.into(), get: false }).map(|target| target.url)
        };
        let base = "http://127.0.0.1:8000/api/phone/webhook";
        assert_eq!(
            resolved(base, "voicemail?a=b").as_deref(),
            Ok("http://127.0.0.1:8000/api/phone/voicemail?a=b")
        );
        assert_eq!(resolved(base, "/x").as_deref(), Ok("http://127.0.0.1:8000/x"));
        assert_eq!(resolved(base, "https://example.com/y").as_deref(), Ok("https://example.com/y"));
        assert_eq!(resolved(base, "http://[").expect_err("not a URL").code, 11100);
    }

    #[test]
    fn a_get_carries_its_parameters_in_the_query() {
        let params = [("From".to_owned(), "+1 5".to_owned())];
        assert_eq!(with_query("http://a/b", &params), "http://a/b?From=%2B1+5");
        assert_eq!(with_query("http://a/b?c=d", &params), "http://a/b?c=d&From=%2B1+5");
    }
}

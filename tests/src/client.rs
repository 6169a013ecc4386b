//! A plain HTTP client: what is sent is what the test says, and nothing is followed or retried.

use bytes::Bytes;
use http::request::Builder;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::form::Form;

/// The client behind every call.
pub type HttpClient = Client<HttpConnector, Full<Bytes>>;

pub(crate) fn http_client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

/// A request that is being made.
#[derive(Debug)]
pub struct Call {
    client: HttpClient,
    request: Builder,
    /// What is said where the test says nothing of it.
    default_accept: Option<&'static str>,
}

impl Call {
    pub(crate) fn new(client: HttpClient, method: &str, url: &str) -> Self {
        let request = Request::builder().method(method).uri(url);
        Self {
            client,
            request,
            default_accept: None,
        }
    }

    /// Takes whatever comes, as most clients say, unless the test says what it takes.
    #[must_use]
    pub(crate) fn accepting_anything(self) -> Self {
        let default_accept = Some("*/*");
        Self {
            default_accept,
            ..self
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        let request = self.request.header(name, value.as_bytes());
        Self { request, ..self }
    }

    /// Names the caller.
    #[must_use]
    pub fn user(self, user: &str) -> Self {
        self.header("x-user-id", user)
    }

    /// Sends it without a body.
    pub async fn send(self) -> Answer {
        self.bytes(Vec::new()).await
    }

    /// Sends it with JSON.
    pub async fn json(self, body: &Value) -> Answer {
        self.typed("application/json", body.to_string()).await
    }

    /// Sends it with a form.
    pub async fn form(self, form: Form) -> Answer {
        let content_type = form.content_type();
        self.typed(&content_type, form.into_body()).await
    }

    /// Sends it with a body of a type.
    pub async fn typed(self, content_type: &str, body: impl Into<Bytes>) -> Answer {
        self.header("content-type", content_type).bytes(body).await
    }

    /// Sends it with a body.
    pub async fn bytes(self, body: impl Into<Bytes>) -> Answer {
        self.try_bytes(body).await.expect("an answer")
    }

    /// As [`Call::bytes`]; nothing where the server ends before it has answered.
    pub async fn try_bytes(self, body: impl Into<Bytes>) -> Option<Answer> {
        let mut request = self.request.body(Full::new(body.into())).unwrap();
        if let Some(accept) = self.default_accept {
            let headers = request.headers_mut();
            headers.entry("accept").or_insert(accept.parse().unwrap());
        }
        let response = self.client.request(request).await.ok()?;
        let (parts, body) = response.into_parts();
        Some(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.collect().await.ok()?.to_bytes(),
        })
    }
}

/// A client of a server that runs as a program of its own, and may end.
#[derive(Debug, Clone)]
pub struct Plain(HttpClient);

impl Default for Plain {
    fn default() -> Self {
        Self(http_client())
    }
}

impl Plain {
    /// A client with connections of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a request.
    #[must_use]
    pub fn call(&self, method: &str, url: &str) -> Call {
        Call::new(self.0.clone(), method, url)
    }

    /// Reads a URL.
    pub async fn get(&self, url: &str) -> Answer {
        self.call("GET", url).send().await
    }

    /// Posts JSON; nothing where the server ends before it has answered.
    pub async fn post_json(&self, url: &str, body: &Value) -> Option<Answer> {
        let call = self
            .call("POST", url)
            .header("content-type", "application/json");
        call.try_bytes(body.to_string()).await
    }
}

/// An answer, read to its end.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = &self.body[..self.body.len().min(600)];
        let text = String::from_utf8_lossy(start);
        write!(formatter, "{} {:?} {text}", self.status, self.headers)
    }
}

impl Answer {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default()
    }

    /// Checks that this is a problem of a status and a code, with every member that is promised, and that it
    /// tells nothing of the inside; gives the document.
    #[must_use]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let document = self.any_problem();
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(document["code"], code, "{self:?}");
        document
    }

    /// As [`Answer::problem`], of any status and code.
    #[must_use]
    pub fn any_problem(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let document = self.json();
        for member in ["type", "title", "detail", "code", "request_id"] {
            let text = document[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "no {member}: {self:?}");
        }
        assert_eq!(document["status"], self.status, "{self:?}");
        for error in document["errors"].as_array().into_iter().flatten() {
            assert!(error["field"].is_string(), "{self:?}");
            assert!(error["detail"].is_string(), "{self:?}");
        }
        let text = document.to_string();
        for secret in [
            "image-service-bucket",
            "image-metadata",
            "arn:",
            "amazonaws",
            "Exception",
            "dynamodb",
            "DynamoDB",
            "S3 ",
            "panicked",
            ".rs:",
            "SdkError",
        ] {
            assert!(!text.contains(secret), "{secret}: {self:?}");
        }
        document
    }

    /// The fields that a problem names, sorted.
    #[must_use]
    pub fn faulty_fields(&self) -> Vec<String> {
        let document = self.any_problem();
        let errors = document["errors"].as_array().into_iter().flatten();
        let mut fields: Vec<String> = errors
            .map(|error| error["field"].as_str().unwrap().to_owned())
            .collect();
        fields.sort();
        fields
    }

    /// The URL of `Link: <...>; rel="next"`.
    #[must_use]
    pub fn next_link(&self) -> Option<String> {
        let link = self.header("link");
        let url = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
        Some(url.to_owned())
    }
}

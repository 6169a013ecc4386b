//! Events of a REST API (payload v1), as the gateway writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// A request, to be written as an event.
#[derive(Debug, Clone)]
pub struct RestEvent<'a> {
    method: &'a str,
    path: &'a str,
    headers: Map<String, Value>,
    query: Map<String, Value>,
    body: Option<String>,
    is_base64_encoded: bool,
}

impl<'a> RestEvent<'a> {
    /// A request without a body, by the user `ann`.
    #[must_use]
    pub fn new(method: &'a str, path: &'a str) -> Self {
        let headers = json!({
            "Host": "api.example.com",
            "User-Agent": "shoebox-tests",
            "X-Forwarded-Proto": "https",
            "x-user-id": "ann",
        });
        Self {
            method,
            path,
            headers: headers.as_object().cloned().unwrap_or_default(),
            query: Map::new(),
            body: None,
            is_base64_encoded: false,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a parameter of the query string.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.insert(name.to_owned(), value.into());
        self
    }

    /// A body: base64 in the event, as the API declares `*/*` as binary.
    #[must_use]
    pub fn binary(mut self, content_type: &str, body: &[u8]) -> Self {
        self.body = Some(STANDARD.encode(body));
        self.is_base64_encoded = true;
        self.header("content-type", content_type)
    }

    /// A JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.binary("application/json", body.to_string().as_bytes())
    }

    /// The event's JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let lists = |single: &Map<String, Value>| -> Map<String, Value> {
            let list = |(name, value): (&String, &Value)| (name.clone(), json!([value]));
            single.iter().map(list).collect()
        };
        let context = json!({
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "api.example.com",
            "httpMethod": self.method,
            "identity": { "sourceIp": "192.0.2.1", "userAgent": "shoebox-tests" },
            "path": format!("/local{}", self.path),
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "requestTimeEpoch": 1_767_225_600_000_u64,
            "resourceId": "123456",
            "resourcePath": "/{proxy+}",
            "stage": "local",
        });
        let event = json!({
            "resource": "/{proxy+}",
            "path": self.path,
            "httpMethod": self.method,
            "headers": self.headers,
            "multiValueHeaders": lists(&self.headers),
            "queryStringParameters": self.query,
            "multiValueQueryStringParameters": lists(&self.query),
            "pathParameters": null,
            "stageVariables": null,
            "requestContext": context,
            "body": self.body,
            "isBase64Encoded": self.is_base64_encoded,
        });
        event.to_string().into_bytes()
    }
}

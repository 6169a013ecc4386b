//! Events as AWS sends them to a function, in their five forms, and what the function answers to them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// What puts an event before a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A REST API: payload format 1.0.
    Rest,
    /// An HTTP API: payload format 2.0.
    HttpApi,
    /// A function URL: payload format 2.0 again, without a stage of its own.
    FunctionUrl,
    /// A load balancer.
    Alb,
    /// A load balancer whose target group has multi-value headers enabled.
    AlbMultiValue,
}

impl Trigger {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Rest,
        Self::HttpApi,
        Self::FunctionUrl,
        Self::Alb,
        Self::AlbMultiValue,
    ];
}

/// A request that an event is to carry.
#[derive(Debug, Clone, Default)]
pub struct Incoming {
    /// The method.
    pub method: String,
    /// The path, encoded.
    pub path: String,
    /// The query string, encoded.
    pub query: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Incoming {
    /// A request without headers and body to a path with or without a query string.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a body of a type.
    #[must_use]
    pub fn body(self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            body: bytes.into(),
            ..self.header("content-type", content_type)
        }
    }

    /// Adds a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// The JSON text of a REST API's event.
    #[must_use]
    pub fn rest_event(&self) -> Vec<u8> {
        self.rest().to_string().into_bytes()
    }

    /// The event's JSON.
    #[must_use]
    pub fn event(&self, trigger: Trigger) -> Value {
        match trigger {
            Trigger::Rest => self.rest(),
            Trigger::HttpApi => {
                self.version_two("abc123.execute-api.us-east-1.amazonaws.com", "prod")
            }
            Trigger::FunctionUrl => self.version_two("u7x.lambda-url.us-east-1.on.aws", "$default"),
            Trigger::Alb => self.alb(false),
            Trigger::AlbMultiValue => self.alb(true),
        }
    }

    fn rest(&self) -> Value {
        let host = "abc123.execute-api.us-east-1.amazonaws.com";
        let headers = self.all_headers(host);
        let decoded = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        };
        let query: Vec<_> = self
            .pairs()
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        // The API declares `*/*` as binary.
        let body = match self.body.as_slice() {
            [] => Value::Null,
            bytes => STANDARD.encode(bytes).into(),
        };
        let is_base64 = !body.is_null();
        json!({
            "resource": "/{proxy+}",
            "path": self.path,
            "httpMethod": self.method,
            "headers": single(&headers),
            "multiValueHeaders": multi(&headers),
            "queryStringParameters": none_if_empty(single(&query)),
            "multiValueQueryStringParameters": none_if_empty(multi(&query)),
            "pathParameters": { "proxy": self.path.trim_start_matches('/') },
            "stageVariables": null,
            "requestContext": {
                "accountId": "123456789012", "apiId": "abc123", "domainName": host, "domainPrefix": "abc123",
                "extendedRequestId": "JKJaXmPLvHcESHA=", "httpMethod": self.method,
                "identity": { "sourceIp": "203.0.113.9", "userAgent": "curl/8" },
                "path": format!("/local{}", self.path), "protocol": "HTTP/1.1",
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "requestTime": "31/Jan/2026:12:00:00 +0000", "requestTimeEpoch": 1_769_860_800_000_i64,
                "resourceId": "r1", "resourcePath": "/{proxy+}", "stage": "local",
            },
            "body": body,
            "isBase64Encoded": is_base64,
        })
    }

    fn version_two(&self, host: &str, stage: &str) -> Value {
        let mut joined = BTreeMap::<String, String>::new();
        for (name, value) in self.all_headers(host) {
            let entry = joined.entry(name).or_default();
            if !entry.is_empty() {
                entry.push(',');
            }
            entry.push_str(&value);
        }
        let staged = if stage == "$default" {
            self.path.clone()
        } else {
            format!("/{stage}{}", self.path)
        };
        let (body, is_base64) = self.encoded_body();
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": staged,
            "rawQueryString": self.query,
            "headers": joined,
            "requestContext": {
                "accountId": "123456789012", "apiId": "abc123", "domainName": host, "domainPrefix": "abc123",
                "http": {
                    "method": self.method, "path": staged, "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.9", "userAgent": "curl/8",
                },
                "requestId": "JKJaXmPLvHcESHA=", "routeKey": "$default", "stage": stage,
                "time": "31/Jan/2026:12:00:00 +0000", "timeEpoch": 1_769_860_800_000_i64,
            },
            "isBase64Encoded": is_base64,
        });
        if !body.is_null() {
            event["body"] = body;
        }
        event
    }

    /// A load balancer passes the query string on as it came, undecoded.
    fn alb(&self, multi_value: bool) -> Value {
        let headers = self.all_headers("lb-1.us-east-1.elb.amazonaws.com");
        let query: Vec<_> = self
            .pairs()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let (body, is_base64) = self.encoded_body();
        let group =
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/t/6d0ecf831eec9f09";
        let mut event = json!({
            "requestContext": { "elb": { "targetGroupArn": group } },
            "httpMethod": self.method,
            "path": self.path,
            "body": body.as_str().unwrap_or_default(),
            "isBase64Encoded": is_base64,
        });
        if multi_value {
            event["multiValueHeaders"] = multi(&headers);
            event["multiValueQueryStringParameters"] = multi(&query);
        } else {
            event["headers"] = single(&headers);
            event["queryStringParameters"] = single(&query);
        }
        event
    }

    fn all_headers(&self, host: &str) -> Vec<(String, String)> {
        let own = [
            ("host", host),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-proto", "https"),
            (
                "x-amzn-trace-id",
                "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520",
            ),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        own.into_iter().chain(self.headers.clone()).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// The body as text where its type is text, else as base64.
    fn encoded_body(&self) -> (Value, bool) {
        if self.body.is_empty() {
            return (Value::Null, false);
        }
        let is_text = self
            .headers
            .iter()
            .any(|(name, value)| name == "content-type" && value.starts_with("application/json"));
        match std::str::from_utf8(&self.body) {
            Ok(text) if is_text => (text.into(), false),
            _ => (STANDARD.encode(&self.body).into(), true),
        }
    }
}

/// The last value of each.
fn single(pairs: &[(String, String)]) -> Value {
    let mut map = Map::new();
    for (name, value) in pairs {
        map.insert(name.clone(), value.clone().into());
    }
    map.into()
}

fn multi(pairs: &[(String, String)]) -> Value {
    let mut map = BTreeMap::<&str, Vec<&str>>::new();
    for (name, value) in pairs {
        map.entry(name).or_default().push(value);
    }
    json!(map)
}

fn none_if_empty(map: Value) -> Value {
    match map.as_object() {
        Some(members) if members.is_empty() => Value::Null,
        _ => map,
    }
}

/// What a function answered to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u64,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

impl Reply {
    /// Reads the function's JSON.
    #[must_use]
    pub fn parse(json: &[u8]) -> Self {
        let answer: Value = serde_json::from_slice(json).unwrap();
        let mut headers = BTreeMap::new();
        for (name, value) in answer["headers"].as_object().into_iter().flatten() {
            headers.insert(name.to_lowercase(), value.as_str().unwrap().to_owned());
        }
        let multi = answer["multiValueHeaders"].as_object();
        for (name, values) in multi.into_iter().flatten() {
            let last = values.as_array().unwrap().last().unwrap();
            headers.insert(name.to_lowercase(), last.as_str().unwrap().to_owned());
        }
        let text = answer["body"].as_str().unwrap_or_default();
        let body = if answer["isBase64Encoded"] == true {
            STANDARD.decode(text).unwrap()
        } else {
            text.as_bytes().to_vec()
        };
        Self {
            status: answer["statusCode"].as_u64().unwrap(),
            headers,
            body,
        }
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

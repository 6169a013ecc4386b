//! An HTTP request as the event of a REST API's proxy integration (payload format 1.0).

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request};
use serde::Serialize;

use super::Peer;
use super::invoke::InvokeError;
use super::path::Target;
use super::routing::Mount;

/// The account that local events name.
const ACCOUNT_ID: &str = "000000000000";

type Single<'a> = BTreeMap<&'a str, Cow<'a, str>>;
type Multi<'a> = BTreeMap<&'a str, Vec<Cow<'a, str>>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    resource: &'a str,
    path: &'a str,
    http_method: &'a str,
    headers: Single<'a>,
    multi_value_headers: Multi<'a>,
    query_string_parameters: Option<BTreeMap<String, String>>,
    multi_value_query_string_parameters: Option<BTreeMap<String, Vec<String>>>,
    path_parameters: Option<&'a BTreeMap<&'static str, String>>,
    stage_variables: Option<BTreeMap<String, String>>,
    request_context: RequestContext<'a>,
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'a str,
    api_id: &'a str,
    deployment_id: &'a str,
    domain_name: &'a str,
    domain_prefix: &'a str,
    extended_request_id: &'a str,
    http_method: &'a str,
    identity: Identity<'a>,
    path: &'a str,
    protocol: &'a str,
    request_id: &'a str,
    request_time: String,
    request_time_epoch: i64,
    resource_id: &'a str,
    resource_path: &'a str,
    stage: &'a str,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    access_key: Option<&'a str>,
    account_id: Option<&'a str>,
    caller: Option<&'a str>,
    cognito_authentication_provider: Option<&'a str>,
    cognito_authentication_type: Option<&'a str>,
    cognito_identity_id: Option<&'a str>,
    cognito_identity_pool_id: Option<&'a str>,
    principal_org_id: Option<&'a str>,
    source_ip: String,
    user: Option<&'a str>,
    user_agent: Option<Cow<'a, str>>,
    user_arn: Option<&'a str>,
}

/// The event's JSON.
pub(super) fn to_json(
    request: &Request<Bytes>,
    target: &Target,
    mount: &Mount,
    peer: Peer,
    request_id: &str,
) -> Result<Vec<u8>, InvokeError> {
    let headers = with_forwarding(request, peer);
    let query = query(request.uri().query().unwrap_or_default());
    let domain_name = headers.get(HOST).map_or(Cow::Borrowed("localhost"), text);
    let now = chrono::Utc::now();
    let body = body(request.body());
    let event = Event {
        resource: mount.resource,
        path: &target.path,
        http_method: request.method().as_str(),
        headers: single_value_headers(&headers),
        multi_value_headers: multi_value_headers(&headers),
        query_string_parameters: query.as_ref().map(last_of_each),
        multi_value_query_string_parameters: query,
        path_parameters: Some(&mount.parameters).filter(|parameters| !parameters.is_empty()),
        stage_variables: None,
        request_context: RequestContext {
            account_id: ACCOUNT_ID,
            api_id: &target.api_id,
            deployment_id: "local",
            domain_name: &domain_name,
            domain_prefix: domain_name.split('.').next().unwrap_or_default(),
            extended_request_id: request_id,
            http_method: request.method().as_str(),
            identity: Identity {
                source_ip: peer.0.to_string(),
                user_agent: headers.get(USER_AGENT).map(text),
                ..Identity::default()
            },
            path: &target.full_path,
            protocol: "HTTP/1.1",
            request_id,
            request_time: now.format("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            request_time_epoch: now.timestamp_millis(),
            resource_id: "local",
            resource_path: mount.resource,
            stage: &target.stage,
        },
        is_base64_encoded: body.is_some(),
        body,
    };
    serde_json::to_vec(&event).map_err(InvokeError::NotAnEvent)
}

/// The request's headers with those that the gateway adds: who called, by which scheme.
fn with_forwarding(request: &Request<Bytes>, peer: Peer) -> HeaderMap {
    let mut headers = request.headers().clone();
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    if let Some(Ok(host)) = authority.map(HeaderValue::from_str) {
        headers.entry(HOST).or_insert(host);
    }
    let chain = match headers.get("x-forwarded-for").map(text) {
        Some(earlier) => format!("{earlier}, {}", peer.0),
        None => peer.0.to_string(),
    };
    let port = headers.get(HOST).map(text).and_then(|host| {
        let (_, port) = host.rsplit_once(':')?;
        port.parse::<u16>().ok()
    });
    if let Ok(chain) = HeaderValue::from_str(&chain) {
        headers.insert("x-forwarded-for", chain);
    }
    headers.insert("x-forwarded-port", HeaderValue::from(port.unwrap_or(80)));
    headers.insert("x-forwarded-proto", HeaderValue::from_static("http"));
    headers
}

/// The last value of each header, as API Gateway gives it.
fn single_value_headers(headers: &HeaderMap) -> Single<'_> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect()
}

fn multi_value_headers(headers: &HeaderMap) -> Multi<'_> {
    let mut multi = Multi::new();
    for name in headers.keys() {
        multi.insert(
            name.as_str(),
            headers.get_all(name).iter().map(text).collect(),
        );
    }
    multi
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// The parameters of a query string, decoded; none where there is no parameter, as in a true event.
fn query(query: &str) -> Option<BTreeMap<String, Vec<String>>> {
    let mut parameters = BTreeMap::<String, Vec<String>>::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters
            .entry(decode(name))
            .or_default()
            .push(decode(value));
    }
    Some(parameters).filter(|parameters| !parameters.is_empty())
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8_lossy()
        .into_owned()
}

fn last_of_each(multi: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, String> {
    let last =
        |(name, values): (&String, &Vec<String>)| Some((name.clone(), values.last()?.clone()));
    multi.iter().filter_map(last).collect()
}

/// The body as base64, whatever its type: as deployed, the API declares `*/*` as binary, and only with that are
/// JSON bodies bounded here as they are there.
fn body(bytes: &Bytes) -> Option<String> {
    (!bytes.is_empty()).then(|| STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::routing;
    use serde_json::{Value, json};
    use std::net::{IpAddr, Ipv4Addr};

    fn event(request: http::request::Builder, body: &[u8]) -> Value {
        let request = request.body(Bytes::copy_from_slice(body)).unwrap();
        let target = Target::of(request.uri().path());
        let parameters = BTreeMap::from([("id", "7".to_owned())]);
        let mount = routing::Mount {
            resource: "/images/{id}",
            parameters,
        };
        let peer = Peer(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9)));
        let json = to_json(&request, &target, &mount, peer, "r-1").unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    #[test]
    fn an_event_has_every_member_of_a_true_one() {
        let request =
            Request::get("/restapis/a1/dev/_user_request_/images/7?tags=a&tags=b%20c&x=1+2")
                .header("host", "api.example:8000")
                .header("accept", "image/*")
                .header("accept", "text/html")
                .header("user-agent", "curl/8");
        let mut event = event(request, b"");
        let context = event["requestContext"].take();
        assert_eq!(
            event,
            json!({
                "resource": "/images/{id}",
                "path": "/images/7",
                "httpMethod": "GET",
                "headers": {
                    "accept": "text/html", "host": "api.example:8000", "user-agent": "curl/8",
                    "x-forwarded-for": "127.0.0.9", "x-forwarded-port": "8000",
                    "x-forwarded-proto": "http",
                },
                "multiValueHeaders": {
                    "accept": ["image/*", "text/html"], "host": ["api.example:8000"],
                    "user-agent": ["curl/8"], "x-forwarded-for": ["127.0.0.9"],
                    "x-forwarded-port": ["8000"], "x-forwarded-proto": ["http"],
                },
                "queryStringParameters": {"tags": "b c", "x": "1 2"},
                "multiValueQueryStringParameters": {"tags": ["a", "b c"], "x": ["1 2"]},
                "pathParameters": {"id": "7"},
                "stageVariables": null,
                "requestContext": null,
                "body": null,
                "isBase64Encoded": false,
            })
        );
        for (member, value) in [
            ("accountId", "000000000000"),
            ("apiId", "a1"),
            ("domainName", "api.example:8000"),
            ("httpMethod", "GET"),
            ("path", "/restapis/a1/dev/_user_request_/images/7"),
            ("protocol", "HTTP/1.1"),
            ("requestId", "r-1"),
            ("resourcePath", "/images/{id}"),
            ("stage", "dev"),
        ] {
            assert_eq!(context[member], value, "{member}");
        }
        assert_eq!(context["identity"]["sourceIp"], "127.0.0.9");
        assert_eq!(context["identity"]["userAgent"], "curl/8");
        assert!(context["requestTimeEpoch"].as_i64().unwrap() > 1_700_000_000_000);
        assert!(context["requestTime"].as_str().unwrap().ends_with(" +0000"));
    }

    #[test]
    fn a_client_cannot_pass_for_another_scheme_or_drop_its_address() {
        let request = Request::get("/images/7")
            .header("x-forwarded-for", "10.1.1.1")
            .header("x-forwarded-proto", "gopher");
        let event = event(request, b"");
        assert_eq!(event["headers"]["x-forwarded-for"], "10.1.1.1, 127.0.0.9");
        assert_eq!(event["headers"]["x-forwarded-proto"], "http");
        assert_eq!(event["queryStringParameters"], Value::Null);
        assert_eq!(event["multiValueQueryStringParameters"], Value::Null);
    }

    #[test]
    fn every_body_travels_as_base64() {
        for (content_type, body, text) in [
            ("image/png", &b"abc"[..], "YWJj"),
            ("application/json", b"{}", "e30="),
            ("application/json", b"\xff\xfe", "//4="),
            ("", b"abc", "YWJj"),
        ] {
            let request = Request::post("/images/7").header("content-type", content_type);
            let event = event(request, body);
            assert_eq!(event["body"], text, "{content_type}");
            assert_eq!(event["isBase64Encoded"], true, "{content_type}");
        }
    }
}

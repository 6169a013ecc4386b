//! The response JSON of a function as an HTTP response, and the gateway's answer to `OPTIONS`.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Deserialize;

use super::MAX_HEADER_BYTES;

/// Why a function's answer is no response.
#[derive(Debug, thiserror::Error)]
pub(super) enum MalformedReply {
    #[error("the response JSON is not of a proxy integration")]
    Json(#[from] serde_json::Error),
    #[error("the body is not base64")]
    Body(#[from] base64::DecodeError),
    #[error("{0} is no HTTP status")]
    Status(u16),
    #[error("the header {0:?} cannot be sent")]
    Header(String),
    #[error("the headers have {0} bytes, API Gateway passes on {MAX_HEADER_BYTES}")]
    HeadersTooLarge(usize),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status_code: u16,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// Reads the response that a function gave.
pub(super) fn from_json(json: &[u8]) -> Result<Response<Bytes>, MalformedReply> {
    let reply: Reply = serde_json::from_slice(json)?;
    let status = StatusCode::from_u16(reply.status_code)
        .map_err(|_| MalformedReply::Status(reply.status_code))?;
    let body = match reply.body {
        Some(text) if reply.is_base64_encoded => STANDARD.decode(text)?,
        Some(text) => text.into_bytes(),
        None => Vec::new(),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in reply.headers.unwrap_or_default() {
        let (name, value) = header(&name, &value)?;
        headers.insert(name, value);
    }
    for (name, values) in reply.multi_value_headers.unwrap_or_default() {
        headers.remove(&name);
        for value in values {
            let (name, value) = header(&name, &value)?;
            headers.append(name, value);
        }
    }
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    let header_bytes: usize = sizes.sum();
    if header_bytes > MAX_HEADER_BYTES {
        return Err(MalformedReply::HeadersTooLarge(header_bytes));
    }
    // What concerns the connection is the gateway's own.
    headers.remove(CONNECTION);
    headers.remove(TRANSFER_ENCODING);
    if !body.is_empty() {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), MalformedReply> {
    let malformed = || MalformedReply::Header(name.to_owned());
    Ok((
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed())?,
        HeaderValue::from_str(value).map_err(|_| malformed())?,
    ))
}

/// Leaves of an answer to `HEAD` what it says of the body.
pub(super) fn drop_body(response: &mut Response<Bytes>) {
    let length = response.body().len();
    if length > 0 {
        let length = HeaderValue::from(length);
        response.headers_mut().insert(CONTENT_LENGTH, length);
        *response.body_mut() = Bytes::new();
    }
}

/// The answer to `OPTIONS`: what the path takes. It grants nothing to pages of other origins: nobody is checked
/// here, so with a grant any page in the user's browser could change and delete images.
pub(super) fn options(methods: &BTreeSet<&'static str>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
        .headers_mut()
        .insert(ALLOW, allowed_methods(methods));
    response
}

/// The value of an `Allow` header.
pub(super) fn allowed_methods(methods: &BTreeSet<&'static str>) -> HeaderValue {
    let mut listed: Vec<&str> = methods.iter().copied().collect();
    listed.push("OPTIONS");
    HeaderValue::from_str(&listed.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

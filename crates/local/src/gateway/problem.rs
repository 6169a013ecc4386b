//! The gateway's own refusals, as the problem documents (RFC 9457) that the functions answer with.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use shoebox_http::Problem;

use super::invoke::InvokeError;
use super::{MAX_GATEWAY_BODY_BYTES, MAX_HEADER_BYTES, MAX_LAMBDA_PAYLOAD_BYTES, reply};
use crate::guard::Stranger;

/// One refusal, before it is known under which id.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    detail: String,
    allow: Option<BTreeSet<&'static str>>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            allow: None,
        }
    }

    pub(super) fn not_found() -> Self {
        let detail = "Nothing has this path; all operations begin with /images.";
        Self::new(StatusCode::NOT_FOUND, "path_not_found", detail)
    }

    pub(crate) fn method_not_allowed(method: &Method, allow: BTreeSet<&'static str>) -> Self {
        let detail = format!("{method} is not allowed here; the Allow header lists what is.");
        let mut refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        refusal.allow = Some(allow);
        refusal
    }

    pub(crate) fn gateway_body_too_large() -> Self {
        Self::too_large(&format!(
            "The request body is larger than {MAX_GATEWAY_BODY_BYTES} bytes."
        ))
    }

    pub(crate) fn body_too_slow() -> Self {
        let detail = "The request body did not come in time.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail)
    }

    pub(crate) fn body_broken() -> Self {
        let detail = "The request body broke off, or its chunks are malformed.";
        Self::new(StatusCode::BAD_REQUEST, "malformed_body", detail)
    }

    fn too_large(reason: &str) -> Self {
        let advice = "Ask POST /images/uploads for a presigned URL and send the bytes there.";
        let detail = format!("{reason} {advice}");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", detail)
    }

    pub(super) fn headers_too_large() -> Self {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        let detail = format!(
            "Request line and header values together are larger than {MAX_HEADER_BYTES} bytes."
        );
        Self::new(status, "headers_too_large", detail)
    }

    pub(super) fn bad_host() -> Self {
        let detail = "The Host header is no host name.";
        Self::new(StatusCode::BAD_REQUEST, "bad_host", detail)
    }

    pub(crate) fn stranger(stranger: Stranger) -> Self {
        let (code, detail) = match stranger {
            Stranger::Host => (
                "foreign_host",
                "While it listens to this machine alone, the server answers to names of this machine only.",
            ),
            Stranger::Page => (
                "foreign_origin",
                "A page of another site may change nothing here.",
            ),
        };
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    pub(super) fn bad_gateway() -> Self {
        let detail = "The function did not give a valid answer.";
        Self::new(StatusCode::BAD_GATEWAY, "bad_gateway", detail)
    }

    /// What a client learns of an invocation without an answer.
    pub(super) fn of_invocation(error: &InvokeError) -> Self {
        match error {
            InvokeError::RequestTooLarge(_) => Self::too_large(&format!(
                "The request is larger than the {MAX_LAMBDA_PAYLOAD_BYTES} bytes that a function takes, binary bodies counted as base64."
            )),
            InvokeError::ResponseTooLarge(_) => Self::new(
                StatusCode::BAD_GATEWAY,
                "response_too_large",
                format!(
                    "The answer is larger than the {MAX_LAMBDA_PAYLOAD_BYTES} bytes that a function may give."
                ),
            ),
            InvokeError::TimedOut(_) => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "gateway_timeout",
                "The function did not answer in time.",
            ),
            InvokeError::UnknownFunction(_)
            | InvokeError::NotAnEvent(_)
            | InvokeError::NotAResponse(_)
            | InvokeError::Crashed(_) => Self::bad_gateway(),
        }
    }

    /// The document.
    pub(super) fn into_response(self, request_id: &str) -> Response<Bytes> {
        let document = Problem::new(self.status, self.code, &self.detail, request_id);
        let json = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Bytes::from(json));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let json_type = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, json_type);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(methods) = &self.allow {
            headers.insert(ALLOW, reply::allowed_methods(methods));
        }
        response
    }
}

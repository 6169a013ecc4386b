//! Problem documents: what a client learns of a failure (RFC 9457).

use http::StatusCode;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use serde::Serialize;
use shoebox_core::{Error, ErrorKind, abridged};
use utoipa::ToSchema;

use crate::failure::{FailedFile, Failure};
use crate::reply::Reply;

/// The most characters of a detail: it can repeat what the client sent.
pub(crate) const MAX_DETAIL_CHARS: usize = 20_000;
/// The most characters of a file's name that a problem repeats.
pub(crate) const MAX_NAME_CHARS: usize = 255;

/// After how many seconds a 503 without a time of its own may be repeated.
const DEFAULT_RETRY_AFTER_SECS: u32 = 2;

/// An error as every operation answers it, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Problem {
    /// A URI for the kind of problem: `urn:shoebox:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:shoebox:problem:invalid_request")]
    pub kind: String,
    /// The kind of problem in words.
    #[schema(example = "The request is not valid")]
    pub title: String,
    /// The HTTP status, again.
    #[schema(example = 400)]
    pub status: u16,
    /// What is wrong with this request.
    #[schema(example = "limit: must be 1 to 100")]
    pub detail: String,
    /// A stable name for programs.
    #[schema(example = "invalid_request")]
    pub code: String,
    /// Names the request in the service's log.
    #[schema(example = "6f1f4a52-9d1c-4f0e-8a55-0e9d3a1f7c11")]
    pub request_id: String,
    /// Everything that is wrong with the input, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// One thing that is wrong with the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The field, parameter, header or file.
    #[schema(example = "limit")]
    pub field: String,
    /// What it must be.
    #[schema(example = "must be 1 to 100")]
    pub detail: String,
}

impl Problem {
    /// A problem without field errors.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, detail: &str, request_id: &str) -> Self {
        Self {
            kind: format!("urn:shoebox:problem:{code}"),
            title: title(status, code).to_owned(),
            status: status.as_u16(),
            detail: abridged(detail, MAX_DETAIL_CHARS).into_owned(),
            code: code.to_owned(),
            request_id: request_id.to_owned(),
            errors: Vec::new(),
        }
    }

    /// The problem as an answer.
    #[must_use]
    pub fn into_reply(self) -> Reply {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let text = serde_json::to_string(&self).unwrap_or_default();
        Reply::text(status, text)
            .with(CONTENT_TYPE, "application/problem+json")
            .with(http::header::CACHE_CONTROL, "no-store")
    }
}

/// The status of a kind of failure.
#[must_use]
pub const fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::UnprocessableImage => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::StoreFailed => StatusCode::BAD_GATEWAY,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Failure {
    /// The answer to the client.
    #[must_use]
    pub fn reply(&self, request_id: &str) -> Reply {
        let problem = |status, code, detail: &str| {
            Problem::new(status, code, detail, request_id).into_reply()
        };
        match self {
            Self::Service(error) => service_problem(error, request_id),
            Self::UnknownPath => problem(
                StatusCode::NOT_FOUND,
                "path_not_found",
                "No operation has this path; all begin with /images.",
            ),
            Self::MethodNotAllowed { allow } => problem(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                &format!("This path takes {allow}."),
            )
            .with(ALLOW, allow),
            Self::UnsupportedForm { content_type } => {
                let found = content_type.as_deref().unwrap_or("none");
                let detail = format!(
                    "Content-Type is {found:?}; send application/json with file_data, \
                     multipart/form-data with a file, or the bytes as image/* or \
                     application/octet-stream."
                );
                problem(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "unsupported_content_type",
                    &detail,
                )
            }
            Self::Malformed { detail, .. } => {
                problem(StatusCode::BAD_REQUEST, "malformed_body", detail)
            }
            Self::TooLarge { limit_bytes } => problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "request_too_large",
                &format!("The request is larger than {limit_bytes} bytes."),
            ),
            Self::Files(files) => files_problem(files, request_id),
            Self::OutOfTime => problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "out_of_time",
                "The request took too long; whether it was done is not known. Repeat it, with the same \
                 Idempotency-Key where it had one.",
            )
            .with(RETRY_AFTER, &DEFAULT_RETRY_AFTER_SECS.to_string()),
            Self::Answer(_) | Self::Panicked(_) => problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                "The service failed.",
            ),
        }
    }
}

fn service_problem(error: &Error, request_id: &str) -> Reply {
    let status = status_of(error.kind());
    let mut problem = Problem::new(status, error.code(), &error.detail(), request_id);
    let faults = error.faults().iter();
    problem.errors = faults
        .map(|fault| FieldProblem {
            field: fault.field.clone(),
            detail: fault.detail.clone(),
        })
        .collect();
    with_retry_after(problem.into_reply(), status, error.retry_after_secs())
}

/// One problem for several files: their common status and code, the gravest status where they differ.
fn files_problem(files: &[FailedFile], request_id: &str) -> Reply {
    let gravest = files.iter().max_by_key(|file| status_of(file.error.kind()));
    let Some(gravest) = gravest.map(|file| &file.error) else {
        return Failure::Answer("no file failed".into()).reply(request_id);
    };
    let status = status_of(gravest.kind());
    let detail = format!("None of the {} files could be stored.", files.len());
    let mut problem = Problem::new(status, gravest.code(), &detail, request_id);
    problem.errors = files
        .iter()
        .map(|file| FieldProblem {
            field: match &file.filename {
                Some(name) => format!("files[{}] ({})", file.index, abridged(name, MAX_NAME_CHARS)),
                None => format!("files[{}]", file.index),
            },
            detail: abridged(&file.error.detail(), MAX_DETAIL_CHARS).into_owned(),
        })
        .collect();
    with_retry_after(problem.into_reply(), status, gravest.retry_after_secs())
}

fn with_retry_after(reply: Reply, status: StatusCode, secs: Option<u32>) -> Reply {
    let default = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(DEFAULT_RETRY_AFTER_SECS);
    match secs.or(default) {
        Some(secs) => reply.with(RETRY_AFTER, &secs.to_string()),
        None => reply,
    }
}

/// The short text of a kind of problem: the same for every problem of one code.
fn title(status: StatusCode, code: &str) -> &'static str {
    match code {
        "request_too_large" => return "The request is too large",
        "bad_gateway" | "response_too_large" => return "The function failed",
        _ => {}
    }
    match status {
        StatusCode::BAD_REQUEST => "The request is not valid",
        StatusCode::UNAUTHORIZED => "Credentials are missing or wrong",
        StatusCode::FORBIDDEN => "The caller may not do this",
        StatusCode::NOT_FOUND => "There is no such thing",
        StatusCode::CONFLICT => "The request conflicts with another",
        StatusCode::PAYLOAD_TOO_LARGE => "The image is too large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "The type is not supported",
        StatusCode::UNPROCESSABLE_ENTITY => "The image cannot be used",
        StatusCode::BAD_GATEWAY => "A store failed",
        StatusCode::SERVICE_UNAVAILABLE => "The service is busy",
        StatusCode::INTERNAL_SERVER_ERROR => "The service failed",
        other => other.canonical_reason().unwrap_or("The request failed"),
    }
}

#[cfg(test)]
mod tests;

//! Answers that no embedded store gives: those of stores that are too busy, or ill.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::json;

/// What a store says in place of doing its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Canned {
    /// 403, as S3 answers for a missing object where the bucket may not be listed.
    Forbidden,
    /// 500, as either store words it.
    ServerError,
    /// 503 without a body that says more, as a proxy before the store would.
    Unavailable,
    /// Too many requests, as either store words it.
    Throttled,
    /// A write whose condition does not hold, though nothing says what is there.
    ConditionFailed,
    /// A transaction, or a single write, that met a transaction on its rows; a conditional put that met another of
    /// its key.
    Conflict,
}

impl Canned {
    pub(crate) fn answer(self, request: &HttpRequest) -> HttpResponse {
        let dynamodb = request.headers().get("x-amz-target");
        let transaction = dynamodb.is_some_and(|target| target.ends_with("TransactWriteItems"));
        let put = request.method() == "PUT";
        let (status, body) = match (self, dynamodb.is_some()) {
            (Self::Unavailable, _) => (503, String::new()),
            (Self::Forbidden, true) => (400, error("AccessDeniedException")),
            (Self::Forbidden, false) => (403, xml("AccessDenied")),
            (Self::ServerError, true) => (500, error("InternalServerError")),
            (Self::ServerError, false) => (500, xml("InternalError")),
            (Self::Throttled, true) => (400, error("ProvisionedThroughputExceededException")),
            (Self::ConditionFailed, true) => (400, error("ConditionalCheckFailedException")),
            (Self::ConditionFailed, false) => (412, xml("PreconditionFailed")),
            (Self::Conflict, true) if transaction => (400, cancellation()),
            (Self::Conflict, true) => (400, error("TransactionConflictException")),
            (Self::Conflict, false) if put => (409, xml("ConditionalRequestConflict")),
            (Self::Throttled | Self::Conflict, false) => (503, xml("SlowDown")),
        };
        let status = StatusCode::try_from(status).unwrap();
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        let content_type = if dynamodb.is_some() {
            "application/x-amz-json-1.0"
        } else {
            "application/xml"
        };
        response.headers_mut().insert("content-type", content_type);
        response
    }
}

fn error(kind: &str) -> String {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "busy"})
        .to_string()
}

fn cancellation() -> String {
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "busy"}],
    })
    .to_string()
}

fn xml(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>busy</Message></Error>"
    )
}

use std::error::Error as StdError;
use std::sync::Arc;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;

/// A store call that failed for good: after the SDK's own retries.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{operation} failed{}", code.as_deref().map(|code| format!(" with {code}")).unwrap_or_default())]
pub struct StoreError {
    operation: &'static str,
    code: Option<String>,
    busy: bool,
    #[source]
    cause: Arc<dyn StdError + Send + Sync>,
}

/// The codes by which S3 and DynamoDB say that they are well, but cannot take the call now. That they failed
/// (`InternalError`, `InternalServerError`) is not among them.
const BUSY_CODES: &[&str] = &[
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
    "SlowDown",
    // Another write of the same key is under way, perhaps an earlier try of our own.
    WRITE_CONFLICT,
    "ServiceUnavailable",
];
/// S3's word for a conditional write that meets another write of its key.
pub(super) const WRITE_CONFLICT: &str = "ConditionalRequestConflict";

fn is_busy(code: Option<&str>) -> bool {
    code.is_some_and(|code| BUSY_CODES.contains(&code))
}

fn says_later(status: StatusCode) -> bool {
    const TOO_MANY_REQUESTS: u16 = 429;
    const SERVICE_UNAVAILABLE: u16 = 503;
    matches!(status.as_u16(), TOO_MANY_REQUESTS | SERVICE_UNAVAILABLE)
}

impl StoreError {
    /// Wraps what the SDK gave up with.
    pub(super) fn new<E>(operation: &'static str, error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let code = error.code().map(str::to_owned);
        // An answer that says so by its status need not carry a code.
        let status = error.raw_response().map(HttpResponse::status);
        let busy = status.is_some_and(says_later) || is_busy(code.as_deref());
        Self {
            operation,
            code,
            busy,
            cause: Arc::new(error),
        }
    }

    /// One part of a call that failed, within an answer that is none of failure.
    pub(super) fn of_part(operation: &'static str, code: Option<&str>) -> Self {
        Self {
            operation,
            code: code.map(str::to_owned),
            busy: is_busy(code),
            cause: Box::<dyn StdError + Send + Sync>::from("one part of the call failed").into(),
        }
    }

    /// A store that is alive but cannot take the call now.
    pub(super) fn busy(
        operation: &'static str,
        cause: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            operation,
            code: None,
            busy: true,
            cause: cause.into().into(),
        }
    }

    /// An answer that does not make sense.
    pub(crate) fn unexpected(
        operation: &'static str,
        cause: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            operation,
            code: None,
            busy: false,
            cause: cause.into().into(),
        }
    }

    /// Whether the same call can succeed a little later.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_failed_is_told_from_one_that_must_wait() {
        let busy = |code| StoreError::of_part("DeleteObjects", Some(code)).is_busy();
        assert!(busy("SlowDown") && busy("ServiceUnavailable"));
        assert!(!busy("InternalError") && !busy("AccessDenied"));
    }
}

use std::error::Error as StdError;
use std::sync::Arc;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

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

/// The codes by which S3 and DynamoDB say that the same call can succeed later.
const BUSY_CODES: &[&str] = &[
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "Throttling",
    "TransactionConflictException",
    "TransactionInProgressException",
    "SlowDown",
    "ServiceUnavailable",
    "InternalServerError",
    "InternalError",
    "RequestTimeout",
];

impl StoreError {
    /// Wraps what the SDK gave up with.
    pub(super) fn new<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let code = error.code().map(str::to_owned);
        let busy = code
            .as_deref()
            .is_some_and(|code| BUSY_CODES.contains(&code));
        Self {
            operation,
            code,
            busy,
            cause: Arc::new(error),
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
    pub(super) fn unexpected(
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

//! Why a use case did not do what it was asked, in kinds that any front end can answer.

use imaging::ImageFormat;

use crate::repo::StoreError;
use crate::{Fault, Faults};

/// A use case that failed. The cause is in `source()`, never in the message; see [`Error::detail`] for what a
/// client may read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields, parameters or headers are wrong.
    #[error("the request is not valid")]
    Invalid(#[source] Faults),
    /// The caller may see the image but not do this to it.
    #[error("the caller does not own the image")]
    Forbidden,
    /// No such image, or none that this caller may know of.
    #[error("there is no such image")]
    NotFound,
    /// The image changed or is changing under the request.
    #[error("the image is being changed by another request")]
    Conflict,
    /// The caller's precondition names another version of the image.
    #[error("the image is of another version")]
    PreconditionFailed,
    /// The idempotency key stands for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The image that the idempotency key made is gone.
    #[error("the idempotency key's image was deleted")]
    KeySpent,
    /// An earlier attempt at the same request is under way.
    #[error("the same request is in progress")]
    InProgress {
        /// When it has ended for sure.
        retry_after_secs: u32,
    },
    /// The bytes of a direct upload are not there.
    #[error("the bytes were not put yet")]
    BytesMissing,
    /// A type was declared that is not taken.
    #[error("the declared type is not accepted")]
    UnacceptedDeclaration {
        /// What is taken.
        accepted: Vec<ImageFormat>,
    },
    /// More bytes than one image may have.
    #[error("the image has {size_bytes} bytes")]
    TooManyBytes {
        /// What came.
        size_bytes: u64,
        /// What may come.
        limit_bytes: u64,
    },
    /// More pixels than one image may have.
    #[error("the image has too many pixels")]
    TooManyPixels {
        /// For the client.
        detail: String,
    },
    /// The bytes are of a type that is not taken.
    #[error("the type of the bytes is not accepted")]
    UnacceptedType {
        /// What the bytes are.
        found: &'static str,
        /// What is taken.
        accepted: Vec<ImageFormat>,
    },
    /// The client declared another image type than the bytes have.
    #[error("the declared type contradicts the bytes")]
    ContradictoryType {
        /// As declared.
        declared: String,
        /// As found.
        found: ImageFormat,
    },
    /// The bytes are no whole image.
    #[error("the image cannot be used")]
    BadImage {
        /// For the client.
        detail: String,
        /// Where a decoder knew more.
        #[source]
        cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// S3 or DynamoDB failed.
    #[error("a store failed")]
    Store(#[source] StoreError),
    /// A URL could not be signed.
    #[error("a URL could not be presigned")]
    Presign(#[source] StoreError),
    /// What is stored cannot be read back.
    #[error("a stored row is not of its form")]
    CorruptRow(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a failure means to whoever asked. HTTP statuses follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is wrong.
    Invalid,
    /// The caller is unknown.
    Unauthorized,
    /// The caller may not.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// Something else stands in the way.
    Conflict,
    /// The caller's precondition does not hold.
    PreconditionFailed,
    /// Too many bytes or pixels.
    TooLarge,
    /// Not a type that is taken.
    UnsupportedMediaType,
    /// No whole, sound image.
    UnprocessableImage,
    /// S3 or DynamoDB failed.
    StoreFailed,
    /// S3 or DynamoDB is too busy: the same request can succeed later.
    Unavailable,
    /// The service itself is at fault.
    Internal,
}

impl Error {
    /// What the failure means.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::NotFound => ErrorKind::NotFound,
            Self::Conflict
            | Self::KeyReused
            | Self::KeySpent
            | Self::InProgress { .. }
            | Self::BytesMissing => ErrorKind::Conflict,
            Self::PreconditionFailed => ErrorKind::PreconditionFailed,
            Self::TooManyBytes { .. } | Self::TooManyPixels { .. } => ErrorKind::TooLarge,
            Self::UnacceptedType { .. }
            | Self::UnacceptedDeclaration { .. }
            | Self::ContradictoryType { .. } => ErrorKind::UnsupportedMediaType,
            Self::BadImage { .. } => ErrorKind::UnprocessableImage,
            Self::Store(error) if error.is_busy() => ErrorKind::Unavailable,
            Self::Store(_) | Self::Presign(_) => ErrorKind::StoreFailed,
            Self::CorruptRow(_) => ErrorKind::Internal,
        }
    }

    /// A stable name for programs, in `snake_case`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::Forbidden => "not_the_owner",
            Self::NotFound => "image_not_found",
            Self::Conflict => "image_changing",
            Self::PreconditionFailed => "precondition_failed",
            Self::KeyReused => "idempotency_key_reused",
            Self::KeySpent => "idempotency_key_spent",
            Self::InProgress { .. } => "request_in_progress",
            Self::BytesMissing => "upload_missing",
            Self::TooManyBytes { .. } => "image_too_large",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::UnacceptedType { .. } | Self::UnacceptedDeclaration { .. } => {
                "unsupported_image_type"
            }
            Self::ContradictoryType { .. } => "content_type_mismatch",
            Self::BadImage { .. } => "invalid_image",
            Self::Store(error) if error.is_busy() => "store_busy",
            Self::Store(_) => "store_failed",
            Self::Presign(_) => "presigning_failed",
            Self::CorruptRow(_) => "internal_error",
        }
    }

    /// A sentence for the client, free of anything internal.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Invalid(faults) => format!("The request is not valid: {faults}."),
            Self::Forbidden => "Only the owner of the image may do this.".to_owned(),
            Self::NotFound => "There is no such image.".to_owned(),
            Self::Conflict => {
                "The image is being changed by another request; try again.".to_owned()
            }
            Self::PreconditionFailed => {
                "The image is of another version than If-Match names.".to_owned()
            }
            Self::KeyReused => "The Idempotency-Key was used for another request.".to_owned(),
            Self::KeySpent => {
                "The image of this Idempotency-Key was deleted; use another key.".to_owned()
            }
            Self::InProgress { .. } => {
                "An earlier request with this Idempotency-Key is in progress.".to_owned()
            }
            Self::BytesMissing => {
                "The bytes are not there yet: PUT them to the upload URL first.".to_owned()
            }
            Self::UnacceptedDeclaration { accepted } => {
                format!(
                    "The declared type is not accepted; accepted are {}.",
                    names(accepted)
                )
            }
            Self::TooManyBytes {
                size_bytes,
                limit_bytes,
            } => format!("The image has {size_bytes} bytes; at most {limit_bytes} are accepted."),
            Self::TooManyPixels { detail } | Self::BadImage { detail, .. } => detail.clone(),
            Self::UnacceptedType { found, accepted } => {
                format!("The bytes are {found}; accepted are {}.", names(accepted))
            }
            Self::ContradictoryType { declared, found } => format!(
                "The bytes are {}, but {declared} was declared.",
                found.content_type()
            ),
            Self::Store(error) if error.is_busy() => {
                "The storage is busy; try again shortly.".to_owned()
            }
            Self::Store(_) => "The storage did not answer as it should; try again.".to_owned(),
            Self::Presign(_) => "The URL could not be signed.".to_owned(),
            Self::CorruptRow(_) => "The service failed.".to_owned(),
        }
    }

    /// The faults of the input, one by one.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Invalid(faults) => faults.as_slice(),
            Self::Forbidden
            | Self::NotFound
            | Self::Conflict
            | Self::PreconditionFailed
            | Self::KeyReused
            | Self::KeySpent
            | Self::InProgress { .. }
            | Self::BytesMissing
            | Self::UnacceptedDeclaration { .. }
            | Self::TooManyBytes { .. }
            | Self::TooManyPixels { .. }
            | Self::UnacceptedType { .. }
            | Self::ContradictoryType { .. }
            | Self::BadImage { .. }
            | Self::Store(_)
            | Self::Presign(_)
            | Self::CorruptRow(_) => &[],
        }
    }

    /// After how many seconds a repeat makes sense, where one does.
    #[must_use]
    pub fn retry_after_secs(&self) -> Option<u32> {
        const SHORTLY: u32 = 2;
        match self {
            Self::InProgress { retry_after_secs } => Some(*retry_after_secs),
            Self::Conflict | Self::Store(_) => Some(SHORTLY),
            Self::Invalid(_)
            | Self::Forbidden
            | Self::NotFound
            | Self::PreconditionFailed
            | Self::KeyReused
            | Self::KeySpent
            | Self::BytesMissing
            | Self::UnacceptedDeclaration { .. }
            | Self::TooManyBytes { .. }
            | Self::TooManyPixels { .. }
            | Self::UnacceptedType { .. }
            | Self::ContradictoryType { .. }
            | Self::BadImage { .. }
            | Self::Presign(_)
            | Self::CorruptRow(_) => None,
        }
    }
}

fn names(formats: &[ImageFormat]) -> String {
    let names: Vec<_> = formats.iter().map(|format| format.content_type()).collect();
    names.join(", ")
}

impl From<Faults> for Error {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

//! What the service knows of an image, as types that cannot hold anything invalid.

mod attributes;
mod direct;
mod idempotency;
mod image;
mod image_id;
mod metadata;
mod tags;
mod text;
mod user_id;
mod visibility;

pub use attributes::{AttributeFields, Attributes};
pub use direct::{DirectFields, DirectUpload, StartedUpload};
pub use idempotency::IdempotencyKey;
pub use image::{Image, ObjectName, Sha256Digest, Status};
pub use image_id::{ImageId, NotAnImageId};
pub use metadata::Metadata;
pub use tags::{Tag, Tags};
pub use text::{Category, Description, Filename};
pub use user_id::UserId;
pub use visibility::Visibility;

/// Why a value cannot be taken: a sentence for the client, without the field's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub(crate) String);

impl Invalid {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The time to the millisecond, which is as precise as the service keeps it.
#[must_use]
pub fn to_millis(time: chrono::DateTime<chrono::Utc>) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_millis(time.timestamp_millis()).unwrap_or(time)
}

/// RFC 3339 in UTC with milliseconds, as clients read times and as keys hold them: of one width until the year 9999, so
/// that it sorts as text.
#[must_use]
pub fn timestamp(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

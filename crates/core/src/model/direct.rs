use chrono::{DateTime, Utc};
use imaging::ImageFormat;

use super::{Attributes, ImageId, ObjectName, Sha256Digest, UserId, Visibility};

/// The declaration of a direct upload as it came, not yet checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectFields {
    /// The media type.
    pub content_type: Option<String>,
    /// The size in bytes.
    pub size: Option<u64>,
    /// SHA-256 in hex.
    pub sha256: Option<String>,
}

/// An image whose bytes the client puts into S3 itself: known by what was declared, until they are verified.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectUpload {
    /// The id that the image will have.
    pub id: ImageId,
    /// Its owner.
    pub user_id: UserId,
    /// What the client said of it; width and height are claims that the bytes must meet.
    pub attributes: Attributes,
    /// Who may read it.
    pub visibility: Visibility,
    /// As declared.
    pub format: ImageFormat,
    /// As declared, and enforced by the signature of the URL.
    pub size_bytes: u64,
    /// As declared, and enforced by the signature of the URL.
    pub sha256: Option<Sha256Digest>,
    /// How the key of its object ends.
    pub object_name: ObjectName,
    /// When it was asked for, to the millisecond.
    pub created_at: DateTime<Utc>,
}

/// A direct upload that the client may now make.
#[derive(Debug, Clone, PartialEq)]
pub struct StartedUpload {
    /// The pending image.
    pub upload: DirectUpload,
    /// Where to put the bytes. Not for logs.
    pub url: String,
    /// What to send with them.
    pub headers: Vec<(String, String)>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

//! What passes between a client that puts bytes into S3 itself and the service. HTTP knows it in every function, as
//! it describes the whole API; only uploads make it.

use chrono::{DateTime, Utc};

use crate::DirectUpload;

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

//! An object as the index describes it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use s3s::dto::Timestamp;
use serde::{Deserialize, Serialize};

use super::blobs::BlobId;
use super::checksum::Checksum;
use super::error::Error;

/// The longest key, in bytes of UTF-8 (a limit of S3).
pub(super) const MAX_KEY_BYTES: usize = 1024;
/// The most user-defined metadata, in bytes of names and values together (a limit of S3).
pub(super) const MAX_METADATA_BYTES: usize = 2 * 1024;
/// The largest object one request may send, in bytes: 5 GiB (a limit of S3).
pub(super) const MAX_PUT_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// What an object is where its writer did not say (a rule of S3).
pub(super) const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// Everything that a row says about an object except its bucket.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) blob: BlobId,
    pub(super) size_bytes: u64,
    /// Without quotes.
    pub(super) etag: String,
    pub(super) checksum: Option<Checksum>,
    pub(super) modified: Instant,
    pub(super) attributes: Attributes,
    /// The size of each part in bytes where the object was uploaded in parts.
    pub(super) part_sizes: Vec<u64>,
}

/// What the writer of an object says about it, given back to its readers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Attributes {
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) expires: Option<Timestamp>,
    pub(super) metadata: BTreeMap<String, String>,
}

impl Attributes {
    /// Checks what a client declared and drops the part of it that concerned only the request.
    ///
    /// # Errors
    /// [`Error::MetadataTooLarge`] past [`MAX_METADATA_BYTES`].
    pub(super) fn accept(mut self) -> Result<Self, Error> {
        let metadata_bytes: usize = (self.metadata.iter())
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if metadata_bytes > MAX_METADATA_BYTES {
            return Err(Error::MetadataTooLarge);
        }
        // `aws-chunked` says how the body was sent, not how the object is encoded.
        self.content_encoding = self.content_encoding.and_then(|encodings| {
            let kept: Vec<&str> = encodings
                .split(',')
                .map(str::trim)
                .filter(|encoding| !encoding.is_empty() && *encoding != "aws-chunked")
                .collect();
            (!kept.is_empty()).then(|| kept.join(","))
        });
        Ok(self)
    }
}

/// Reads the [`Attributes`] out of any request that can carry them.
macro_rules! attributes_of {
    ($input:expr) => {
        $crate::s3::object::Attributes {
            cache_control: $input.cache_control.take(),
            content_disposition: $input.content_disposition.take(),
            content_encoding: $input.content_encoding.take(),
            content_language: $input.content_language.take(),
            content_type: $input.content_type.take(),
            expires: $input.expires.take(),
            metadata: $input
                .metadata
                .take()
                .unwrap_or_default()
                .into_iter()
                .collect(),
        }
    };
}
pub(super) use attributes_of;

/// A point in time as the index holds it: milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant(pub(super) i64);

impl Instant {
    pub(super) fn now() -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    pub(super) fn timestamp(self) -> Timestamp {
        let since = Duration::from_millis(u64::try_from(self.0).unwrap_or_default());
        Timestamp::from(UNIX_EPOCH + since)
    }

    /// Cut to the second, which is as exact as HTTP dates are.
    pub(super) fn to_second(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1000))
    }
}

/// Refuses keys longer than [`MAX_KEY_BYTES`], also those that come in a form or in XML.
///
/// # Errors
/// [`Error::KeyTooLong`]
pub(super) fn check_key(key: &str) -> Result<(), Error> {
    if key.len() > MAX_KEY_BYTES {
        return Err(Error::KeyTooLong);
    }
    Ok(())
}

//! JSON bodies of answers, exactly as clients see them. What is absent is left out, never null.

mod bytes;
mod direct;
mod exif;
mod image;
mod lists;

pub use bytes::ImageBytes;
pub use direct::{PendingImage, UploadInstructions};
pub use exif::{ExifBody, ExposureBody, LocationBody};
pub use image::ImageBody;
pub use lists::{
    BulkDeleted, BulkFailure, Deleted, Download, FileFailure, ImageList, UploadedImages,
};

use chrono::{DateTime, SecondsFormat, Utc};

/// RFC 3339, UTC, milliseconds.
#[must_use]
pub fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

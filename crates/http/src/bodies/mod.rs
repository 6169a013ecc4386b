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

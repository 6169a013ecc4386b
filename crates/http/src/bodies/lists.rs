//! Everything but the image itself.

use serde::Serialize;
use shoebox_core::{Error, Image, ImageId, PresignedUrl, abridged, timestamp};
use utoipa::ToSchema;

use super::ImageBody;
use crate::failure::FailedFile;
use crate::problem::{MAX_DETAIL_CHARS, MAX_NAME_CHARS, status_of};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ImageList {
    /// The images, newest first unless `order=asc`.
    pub images: Vec<ImageBody>,
    /// How many images this page has.
    #[schema(example = 1)]
    pub count: usize,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "AWx2c0mX1wq0")]
    pub last_key: Option<String>,
}

/// What became of several uploaded files.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct UploadedImages {
    /// Those that are stored.
    pub images: Vec<ImageBody>,
    /// How many are stored.
    #[schema(example = 1)]
    pub count: usize,
    /// Those that are not, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FileFailure>,
}

/// A file of several that could not be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileFailure {
    /// Its position among the files of the request, from 0.
    #[schema(example = 1)]
    pub index: usize,
    /// Its name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "notes.txt")]
    pub filename: Option<String>,
    /// The status that it would have had alone.
    #[schema(example = 415)]
    pub status: u16,
    /// A stable name for programs.
    #[schema(example = "unsupported_image_type")]
    pub code: String,
    /// What is wrong with it.
    #[schema(example = "The bytes are no known image.")]
    pub detail: String,
}

/// Where an image can be downloaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Download {
    /// A URL that gives the bytes to whoever has it, until `expires_at`.
    #[schema(example = "https://image-service-bucket.s3.amazonaws.com/...")]
    pub download_url: String,
    /// Seconds from the answer to `expires_at`.
    #[schema(example = 3600)]
    pub expires_in: u32,
    /// The true end of `download_url`.
    #[schema(example = "2026-01-31T13:00:00.000Z")]
    pub expires_at: String,
    /// The name to save it under.
    #[schema(example = "harbour.jpg")]
    pub filename: String,
    /// The image.
    #[schema(example = "0192f0c1-8b6a-7000-8000-00000000000a")]
    pub image_id: String,
}

/// A deleted image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Deleted {
    /// Always the same.
    #[schema(example = "Image deleted successfully")]
    pub message: String,
    /// The image.
    #[schema(example = "0192f0c1-8b6a-7000-8000-00000000000a")]
    pub image_id: String,
}

/// What became of several ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BulkDeleted {
    /// The ids of the images that are gone.
    #[schema(example = json!(["0192f0c1-8b6a-7000-8000-00000000000a"]))]
    pub deleted: Vec<String>,
    /// The others.
    pub failed: Vec<BulkFailure>,
}

/// An id of several that could not be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BulkFailure {
    /// The id as it came; of one that is no id of this service the first 64 characters.
    #[schema(example = "0192f0c1-8b6a-7000-8000-00000000000b")]
    pub image_id: String,
    /// The status that it would have had alone.
    #[schema(example = 404)]
    pub status: u16,
    /// A stable name for programs.
    #[schema(example = "image_not_found")]
    pub code: String,
    /// What is wrong with it.
    #[schema(example = "There is no such image.")]
    pub detail: String,
}

impl FileFailure {
    /// What a client is told of a file that failed.
    #[must_use]
    pub fn new(failed: FailedFile) -> Self {
        Self {
            status: status_of(failed.error.kind()).as_u16(),
            code: failed.error.code().to_owned(),
            detail: abridged(&failed.error.detail(), MAX_DETAIL_CHARS).into_owned(),
            index: failed.index,
            filename: failed
                .filename
                .map(|name| abridged(&name, MAX_NAME_CHARS).into_owned()),
        }
    }
}

impl Download {
    /// The download of an image through a signed URL.
    #[must_use]
    pub fn new(image: &Image, url: PresignedUrl) -> Self {
        let fallback = || format!("{}.{}", image.id, image.format.extension());
        Self {
            download_url: url.url,
            expires_in: url.expires_in_secs,
            expires_at: timestamp(url.expires_at),
            filename: image
                .filename
                .as_ref()
                .map_or_else(fallback, ToString::to_string),
            image_id: image.id.to_string(),
        }
    }
}

impl Deleted {
    /// The answer to a delete that is done.
    #[must_use]
    pub fn new(id: ImageId) -> Self {
        Self {
            message: "Image deleted successfully".to_owned(),
            image_id: id.to_string(),
        }
    }
}

impl BulkFailure {
    /// What a client is told of an id that failed.
    #[must_use]
    pub fn new(image_id: String, error: &Error) -> Self {
        Self {
            image_id,
            status: status_of(error.kind()).as_u16(),
            code: error.code().to_owned(),
            detail: error.detail(),
        }
    }
}

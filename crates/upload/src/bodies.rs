//! What an upload sends and is answered, for the OpenAPI description.

use serde::Serialize;
use shoebox_http::bodies::{ImageBody, UploadedImages};
use utoipa::{IntoParams, ToSchema};

/// The answer to an upload.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Uploaded {
    /// One file was sent.
    One(Box<ImageBody>),
    /// Several files were sent.
    Several(UploadedImages),
}

/// An upload as JSON.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "user_id": "ann",
    "filename": "dot.gif",
    "file_data": "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==",
    "tags": ["harbour", "evening"],
    "description": "The old harbour at dusk",
    "category": "travel",
    "visibility": "public",
    "metadata": { "album": 7 },
}))]
pub struct JsonUpload {
    /// The bytes in base64, standard or URL-safe, padded or not, or a `data:` URL.
    pub file_data: String,
    /// 1 to 128 characters of `A-Z a-z 0-9 . _ @ : + -`; the header `X-User-Id` goes before it.
    #[schema(required = false)]
    pub user_id: String,
    /// Its last path segment is kept; up to 255 characters.
    #[schema(required = false)]
    pub filename: String,
    /// An image type; refused where the bytes are of another.
    #[schema(required = false)]
    pub content_type: String,
    /// Up to 20 of up to 64 characters each; an array or a comma-separated string.
    #[schema(required = false)]
    pub tags: Vec<String>,
    /// Up to 2,000 characters.
    #[schema(required = false)]
    pub description: String,
    /// Up to 64 characters.
    #[schema(required = false)]
    pub category: String,
    /// `private` or `public`.
    #[schema(required = false)]
    pub visibility: String,
    /// Custom fields, up to 4 KB of JSON.
    #[schema(required = false, value_type = Object)]
    pub metadata: serde_json::Value,
    /// 422 where the image has another width.
    #[schema(required = false)]
    pub width: u32,
    /// 422 where the image has another height.
    #[schema(required = false)]
    pub height: u32,
}

/// An upload as a form. Files may be in fields `image`, `file`, `files` and `files[]`, up to 20 of them.
#[derive(Debug, ToSchema)]
pub struct MultipartUpload {
    /// One image.
    #[schema(required = false, format = Binary, content_media_type = "application/octet-stream")]
    pub image: String,
    /// Several images.
    #[schema(required = false, value_type = Vec<String>, format = Binary)]
    pub files: Vec<String>,
    /// The header `X-User-Id` goes before it.
    #[schema(required = false)]
    pub user_id: String,
    /// For one image; each file has its own name otherwise.
    #[schema(required = false)]
    pub filename: String,
    /// Comma-separated, a JSON array, or repeated.
    #[schema(required = false)]
    pub tags: String,
    /// Up to 2,000 characters.
    #[schema(required = false)]
    pub description: String,
    /// Up to 64 characters.
    #[schema(required = false)]
    pub category: String,
    /// `private` or `public`.
    #[schema(required = false)]
    pub visibility: String,
    /// A JSON object.
    #[schema(required = false)]
    pub metadata: String,
}

/// The declaration of a direct upload.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "user_id": "ann",
    "filename": "panorama.jpg",
    "content_type": "image/jpeg",
    "size": 18_422_301,
    "tags": ["harbour"],
}))]
pub struct DirectUploadRequest {
    /// The image type; the bytes must be of it.
    pub content_type: String,
    /// The exact size in bytes.
    pub size: u64,
    /// SHA-256 of the bytes in hex; with it, the storage refuses any others.
    #[schema(required = false)]
    pub sha256: String,
    /// The header `X-User-Id` goes before it.
    #[schema(required = false)]
    pub user_id: String,
    /// Its last path segment is kept; up to 255 characters.
    #[schema(required = false)]
    pub filename: String,
    /// Up to 20 of up to 64 characters each; an array or a comma-separated string.
    #[schema(required = false)]
    pub tags: Vec<String>,
    /// Up to 2,000 characters.
    #[schema(required = false)]
    pub description: String,
    /// Up to 64 characters.
    #[schema(required = false)]
    pub category: String,
    /// `private` or `public`.
    #[schema(required = false)]
    pub visibility: String,
    /// Custom fields, up to 4 KB of JSON.
    #[schema(required = false, value_type = Object)]
    pub metadata: serde_json::Value,
    /// 422 at completion where the image has another width.
    #[schema(required = false)]
    pub width: u32,
    /// 422 at completion where the image has another height.
    #[schema(required = false)]
    pub height: u32,
}

/// The attributes of an image that is sent as its bytes; the other forms carry their own.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadParameters {
    /// The owner, where the header `X-User-Id` is not sent.
    #[param(required = false)]
    pub user_id: String,
    /// The file's name.
    #[param(required = false)]
    pub filename: String,
    /// Comma-separated or repeated.
    #[param(required = false)]
    pub tags: Vec<String>,
    /// Up to 2,000 characters.
    #[param(required = false)]
    pub description: String,
    /// Up to 64 characters.
    #[param(required = false)]
    pub category: String,
    /// `private` or `public`.
    #[param(required = false)]
    pub visibility: String,
    /// A JSON object.
    #[param(required = false)]
    pub metadata: String,
    /// 422 where the image has another width.
    #[param(required = false)]
    pub width: u32,
    /// 422 where the image has another height.
    #[param(required = false)]
    pub height: u32,
}

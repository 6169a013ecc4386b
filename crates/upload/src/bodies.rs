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

/// What a client may say of an image, as JSON.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonAttributes {
    /// The owner: 1 to 128 characters of `A-Z a-z 0-9 . _ @ : + -`; the header `X-User-Id` goes before it.
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
    /// 422 where the image has another width.
    #[schema(required = false)]
    pub width: u32,
    /// 422 where the image has another height.
    #[schema(required = false)]
    pub height: u32,
}

/// What a client may say of an image, as form fields or as the query of a request whose body is the bytes.
#[derive(Debug, Serialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub struct TextAttributes {
    /// The owner: 1 to 128 characters of `A-Z a-z 0-9 . _ @ : + -`; the header `X-User-Id` goes before it.
    #[schema(required = false)]
    #[param(required = false)]
    pub user_id: String,
    /// Its last path segment is kept; up to 255 characters. Files of a form have names of their own: this is for one.
    #[schema(required = false)]
    #[param(required = false)]
    pub filename: String,
    /// Up to 20 of up to 64 characters each; repeated, comma-separated or a JSON array.
    #[schema(required = false)]
    #[param(required = false)]
    pub tags: Vec<String>,
    /// Up to 2,000 characters.
    #[schema(required = false)]
    #[param(required = false)]
    pub description: String,
    /// Up to 64 characters.
    #[schema(required = false)]
    #[param(required = false)]
    pub category: String,
    /// `private` or `public`.
    #[schema(required = false)]
    #[param(required = false)]
    pub visibility: String,
    /// A JSON object of custom fields, up to 4 KB.
    #[schema(required = false)]
    #[param(required = false)]
    pub metadata: String,
    /// 422 where the image has another width.
    #[schema(required = false)]
    #[param(required = false)]
    pub width: u32,
    /// 422 where the image has another height.
    #[schema(required = false)]
    #[param(required = false)]
    pub height: u32,
}

/// An upload as JSON.
#[derive(Debug, Serialize, ToSchema)]
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
    /// An image type; refused where the bytes are of another.
    #[schema(required = false)]
    pub content_type: String,
    #[serde(flatten)]
    #[expect(missing_docs, reason = "flattened: only its members are described")]
    pub attributes: JsonAttributes,
}

/// An upload as a form: every part with a filename is a file, whatever its field is called, up to 20 of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct MultipartUpload {
    /// One image.
    #[schema(required = false, format = Binary, content_media_type = "application/octet-stream")]
    pub image: String,
    /// Several images.
    #[schema(required = false, value_type = Vec<String>, format = Binary)]
    pub files: Vec<String>,
    #[serde(flatten)]
    #[expect(missing_docs, reason = "flattened: only its members are described")]
    pub attributes: TextAttributes,
}

/// Who completes a direct upload. The body may be left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "user_id": "ann" }))]
pub struct CompleteUpload {
    /// Who is calling; the header `X-User-Id` goes before it.
    #[schema(required = false)]
    pub user_id: String,
}

/// The declaration of a direct upload.
#[derive(Debug, Serialize, ToSchema)]
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
    #[serde(flatten)]
    #[expect(missing_docs, reason = "flattened: only its members are described")]
    pub attributes: JsonAttributes,
}

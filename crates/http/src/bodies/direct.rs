//! Direct uploads: what a client is told to do.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use shoebox_core::{DirectUpload, StartedUpload, Status, Tag, timestamp};
use utoipa::ToSchema;

/// An image whose bytes are yet to be put.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PendingImage {
    /// The id that the image will have.
    #[schema(example = "0192f0c1-8b6a-7000-8000-00000000000a")]
    pub image_id: String,
    /// The owner.
    #[schema(example = "ann")]
    pub user_id: String,
    /// The name the client's file has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "harbour.jpg")]
    pub filename: Option<String>,
    /// As declared.
    #[schema(example = "image/jpeg")]
    pub content_type: String,
    /// Bytes, as declared.
    #[schema(example = 18_422_301)]
    pub size: u64,
    /// As declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sha256: Option<String>,
    /// Lower case, each once.
    #[schema(example = json!(["harbour", "evening"]))]
    pub tags: Vec<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// One category.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub category: Option<String>,
    /// `private` or `public`.
    #[schema(example = "public")]
    pub visibility: String,
    /// Custom fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Object>)]
    pub metadata: Option<Map<String, Value>>,
    /// Always `pending`.
    #[schema(example = "pending")]
    pub status: String,
    /// RFC 3339, UTC, milliseconds.
    #[schema(example = "2026-01-31T12:00:00.123Z")]
    pub created_at: String,
    /// How to put the bytes.
    pub upload: UploadInstructions,
}

/// How to put the bytes of a direct upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UploadInstructions {
    /// Always `PUT`.
    #[schema(example = "PUT")]
    pub method: String,
    /// Works once, for bytes of just the declared size and type.
    #[schema(example = "https://image-service-bucket.s3.amazonaws.com/...")]
    pub url: String,
    /// Headers that must be sent as they are here; they are signed.
    #[schema(example = json!({ "content-type": "image/jpeg", "if-none-match": "*" }))]
    pub headers: BTreeMap<String, String>,
    /// Until when the URL works.
    #[schema(example = "2026-01-31T13:00:00.000Z")]
    pub expires_at: String,
}

impl PendingImage {
    /// What the client is told of an upload that it may now make.
    #[must_use]
    pub fn new(started: StartedUpload) -> Self {
        let StartedUpload {
            upload:
                DirectUpload {
                    id,
                    user_id,
                    attributes,
                    visibility,
                    format,
                    size_bytes,
                    sha256,
                    created_at,
                    ..
                },
            url,
            headers,
            expires_at,
        } = started;
        Self {
            image_id: id.to_string(),
            user_id: user_id.to_string(),
            filename: attributes.filename.map(|name| name.to_string()),
            content_type: format.content_type().to_owned(),
            size: size_bytes,
            sha256: sha256.map(|digest| digest.to_string()),
            tags: attributes
                .tags
                .as_slice()
                .iter()
                .map(Tag::to_string)
                .collect(),
            description: attributes.description.map(|text| text.to_string()),
            category: attributes.category.map(|text| text.to_string()),
            visibility: visibility.to_string(),
            metadata: attributes
                .metadata
                .map(|metadata| metadata.fields().clone()),
            status: Status::Pending.as_str().to_owned(),
            created_at: timestamp(created_at),
            upload: UploadInstructions {
                method: "PUT".to_owned(),
                url,
                headers: headers.into_iter().collect(),
                expires_at: timestamp(expires_at),
            },
        }
    }
}

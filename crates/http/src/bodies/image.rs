//! The image, as every operation returns it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value};
use shoebox_core::{Image, PresignedUrl, Tag, View, timestamp};
use utoipa::ToSchema;

use super::ExifBody;

/// An image.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Image)]
pub struct ImageBody {
    /// A UUID.
    #[schema(example = "0192f0c1-8b6a-7000-8000-00000000000a")]
    pub image_id: String,
    /// The owner.
    #[schema(example = "ann")]
    pub user_id: String,
    /// The name the client's file had.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "harbour.jpg")]
    pub filename: Option<String>,
    /// Read from the bytes.
    #[schema(example = "image/jpeg")]
    pub content_type: String,
    /// Bytes.
    #[schema(example = 184_223)]
    pub size: u64,
    /// Pixels, as displayed.
    #[schema(example = 1600)]
    pub width: u32,
    /// Pixels, as displayed.
    #[schema(example = 1067)]
    pub height: u32,
    /// Digest of the bytes, in hex.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub sha256: String,
    /// Lower case, each once.
    #[schema(example = json!(["harbour", "evening"]))]
    pub tags: Vec<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "The old harbour at dusk")]
    pub description: Option<String>,
    /// One category.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "travel")]
    pub category: Option<String>,
    /// `private` or `public`.
    #[schema(example = "public")]
    pub visibility: String,
    /// Custom fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Object>, example = json!({ "album": 7 }))]
    pub metadata: Option<Map<String, Value>>,
    /// What the camera noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exif: Option<ExifBody>,
    /// `ThumbHash` of the picture, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "3OcRJYB4d3h/iIeHeEh3eIhw+j2w")]
    pub placeholder: Option<String>,
    /// Always `active`.
    #[schema(example = "active")]
    pub status: String,
    /// RFC 3339, UTC, milliseconds.
    #[schema(example = "2026-01-31T12:00:00.123Z")]
    pub created_at: String,
    /// RFC 3339, UTC, milliseconds.
    #[schema(example = "2026-01-31T12:00:00.123Z")]
    pub updated_at: String,
    /// The version of the metadata, unquoted.
    #[schema(example = "9f86d081884c7d65-1")]
    pub etag: String,
    /// Where the bytes are; only the owner is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "s3://image-service-bucket/images/ann/0192f0c1-8b6a-7000-8000-00000000000a/9f86d081"
    )]
    pub s3_url: Option<String>,
    /// A URL that gives the bytes to whoever has it, until `expires_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "https://image-service-bucket.s3.amazonaws.com/..."
    )]
    pub presigned_url: Option<String>,
    /// Seconds from the answer to `expires_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 3600)]
    pub expires_in: Option<u32>,
    /// The true end of `presigned_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-31T13:00:00.000Z")]
    pub expires_at: Option<String>,
}

impl ImageBody {
    /// What a caller with this view is shown. `s3_url` is asked for only where it is shown.
    pub fn new(image: &Image, view: View, s3_url: impl FnOnce(&Image) -> String) -> Self {
        let owner = match view {
            View::Owner => true,
            View::Public => false,
        };
        Self {
            image_id: image.id.to_string(),
            user_id: image.user_id.to_string(),
            filename: image.filename.as_ref().map(ToString::to_string),
            content_type: image.format.content_type().to_owned(),
            size: image.size_bytes,
            width: image.width_px,
            height: image.height_px,
            sha256: image.sha256.to_string(),
            tags: image.tags.as_slice().iter().map(Tag::to_string).collect(),
            description: image.description.as_ref().map(ToString::to_string),
            category: image.category.as_ref().map(ToString::to_string),
            visibility: image.visibility.to_string(),
            metadata: image
                .metadata
                .as_ref()
                .map(|metadata| metadata.fields().clone()),
            exif: ExifBody::of(&image.exif, owner),
            placeholder: image.placeholder.as_ref().map(|hash| STANDARD.encode(hash)),
            status: image.status.as_str().to_owned(),
            created_at: timestamp(image.created_at),
            updated_at: timestamp(image.updated_at),
            etag: image.etag(),
            s3_url: owner.then(|| s3_url(image)),
            presigned_url: None,
            expires_in: None,
            expires_at: None,
        }
    }

    /// With a URL for the bytes.
    #[must_use]
    pub fn with_url(self, url: PresignedUrl) -> Self {
        Self {
            presigned_url: Some(url.url),
            expires_in: Some(url.expires_in_secs),
            expires_at: Some(timestamp(url.expires_at)),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::image;

    fn json(view: View) -> Value {
        let body = ImageBody::new(&image(), view, |_| "s3://b/k".to_owned());
        serde_json::to_value(body).unwrap()
    }

    #[test]
    fn only_the_owner_is_told_where_it_lies_and_where_it_was_taken() {
        let (owner, public) = (json(View::Owner), json(View::Public));
        assert_eq!(owner["s3_url"], "s3://b/k");
        assert!(owner["exif"]["location"].is_object());
        assert_eq!(public.get("s3_url"), None);
        assert_eq!(
            public["exif"],
            serde_json::json!({ "camera": "Pentax K-1" })
        );
    }

    #[test]
    fn what_is_absent_is_left_out_and_times_have_milliseconds() {
        let body = json(View::Public);
        for (name, value) in body.as_object().unwrap() {
            assert!(!value.is_null(), "{name}");
        }
        assert_eq!(body.get("description"), None);
        assert_eq!(body["created_at"], "2026-01-31T12:00:00.123Z");
        assert_eq!(body["placeholder"], "AQID");
        assert_eq!(body["tags"], serde_json::json!(["sea", "sun"]));
        assert_eq!(body["status"], "active");
        assert_eq!(body["etag"], "abababababababab-1");
    }
}

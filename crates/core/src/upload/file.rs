//! The bytes of an image on their way in, and the image that they make.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use imaging::Inspection;
use sha2::{Digest as _, Sha256};

use crate::{Attributes, Image, ImageId, ObjectName, Sha256Digest, Status, UserId, Visibility};

/// The bytes of one image as they came.
#[derive(Clone)]
pub struct File {
    pub(super) bytes: Bytes,
    pub(super) sha256: Sha256Digest,
    pub(super) filename: Option<String>,
    pub(super) declared_type: Option<String>,
}

impl File {
    /// Bytes, hashed; the name of the part they came in, before which an attribute `filename` goes; and the media
    /// type that the client declared, without parameters.
    #[must_use]
    pub fn new(bytes: Bytes, filename: Option<String>, declared_type: Option<String>) -> Self {
        Self {
            sha256: Sha256Digest(Sha256::digest(&bytes).into()),
            bytes,
            filename,
            declared_type,
        }
    }
}

impl std::fmt::Debug for File {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut fields = formatter.debug_struct("File");
        fields.field("size_bytes", &self.bytes.len());
        fields
            .field("declared_type", &self.declared_type)
            .finish_non_exhaustive()
    }
}

/// What is known of an image beside its bytes.
#[derive(Debug)]
pub(super) struct Origin<'a> {
    pub(super) id: ImageId,
    pub(super) user_id: &'a UserId,
    pub(super) attributes: &'a Attributes,
    pub(super) visibility: Visibility,
    pub(super) object_name: ObjectName,
    pub(super) created_at: DateTime<Utc>,
}

impl Origin<'_> {
    /// The image, before it is stored and shown.
    pub(super) fn image(self, file: &File, inspection: Inspection) -> Image {
        let attributes = self.attributes.clone();
        Image {
            id: self.id,
            user_id: self.user_id.clone(),
            filename: attributes.filename,
            format: inspection.format,
            size_bytes: file.bytes.len() as u64,
            width_px: inspection.width_px,
            height_px: inspection.height_px,
            sha256: file.sha256,
            object_name: self.object_name,
            tags: attributes.tags,
            description: attributes.description,
            category: attributes.category,
            visibility: self.visibility,
            metadata: attributes.metadata,
            exif: inspection.exif,
            placeholder: Some(inspection.placeholder).filter(|hash| !hash.is_empty()),
            status: Status::Pending,
            created_at: self.created_at,
            updated_at: self.created_at,
            revision: 1,
        }
    }
}

//! Verifying a direct upload and showing it: what `complete`, the bucket's event and the sweeper all do, in any
//! order and any number of times.
//!
//! Whoever comes first commits; the others find the image ACTIVE. An object that fails is removed, and its row
//! stays DELETING, then a tombstone, until the signed URL is over and nothing can put the object again.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::File;
use super::verify::verify;
use crate::config::ImageRules;
use crate::error::ErrorKind;
use crate::repo::{Fetched, Images, Objects, Row, State, Transition};
use crate::{DirectUpload, Error, Image, ObjectName, Sha256Digest, Status};

/// Publishes direct uploads.
#[derive(Debug, Clone)]
pub(crate) struct Publisher {
    images: Images,
    objects: Objects,
    rules: ImageRules,
}

impl Publisher {
    pub(crate) fn new(images: Images, objects: Objects, rules: ImageRules) -> Self {
        Self {
            images,
            objects,
            rules,
        }
    }

    /// Verifies the object of a PENDING direct upload and commits it, or removes it.
    pub(crate) async fn publish(
        &self,
        row: &Row,
        upload: &DirectUpload,
        now: DateTime<Utc>,
    ) -> Result<Image, Error> {
        let bytes = match self
            .objects
            .fetch(&row.object_key, upload.size_bytes)
            .await?
        {
            Fetched::Missing => return Err(Error::BytesMissing),
            Fetched::TooLarge { size_bytes } => {
                let error = Error::TooManyBytes {
                    size_bytes,
                    limit_bytes: upload.size_bytes,
                };
                return Err(self.reject(row, error, now).await);
            }
            Fetched::Bytes(bytes) => bytes,
        };
        let image = match check(&self.rules, upload, bytes) {
            Ok(image) => image,
            Err(error) => return Err(self.reject(row, error, now).await),
        };
        match self.images.commit(&image, &row.guard).await? {
            Transition::Made => Ok(Image {
                status: Status::Active,
                ..image
            }),
            Transition::Refused => self.outcome_of_another(row).await,
        }
    }

    /// Somebody else was faster.
    async fn outcome_of_another(&self, row: &Row) -> Result<Image, Error> {
        let found = self.images.find(row.id).await?.ok_or(Error::NotFound)?;
        match &found.state {
            State::Active(image) => Ok(image.clone()),
            State::Uploading(_) | State::Direct(_) => Err(Error::Conflict),
            State::Deleting | State::Deleted => Err(refusal(&found)),
        }
    }

    /// Removes what failed. The reason for it is the answer, even where the removal is left to the sweeper, and
    /// it is of the same kind as when somebody asks later.
    async fn reject(&self, row: &Row, reason: Error, now: DateTime<Utc>) -> Error {
        let reason = Error::BadImage {
            detail: reason.detail(),
            cause: Some(Box::new(reason)),
        };
        match self.images.abort(row, Some(&reason.detail())).await {
            Ok(Transition::Made) => {}
            // Another attempt has settled it.
            Ok(Transition::Refused) => return reason,
            Err(error) => {
                tracing::warn!(image_id = %row.id, error = crate::error_chain(&error), "left to the sweeper");
                return reason;
            }
        }
        if let Err(error) = self.remove(row, now).await {
            tracing::warn!(image_id = %row.id, error = crate::error_chain(&error), "left to the sweeper");
        }
        reason
    }

    /// Removes the object of a DELETING row or a tombstone, then lets the row go.
    pub(crate) async fn remove(&self, row: &Row, now: DateTime<Utc>) -> Result<(), Error> {
        let keys = [row.object_key.clone()];
        for outcome in self.objects.delete(&keys).await {
            outcome?;
        }
        self.images.bury(row.id, &row.guard, now).await?;
        Ok(())
    }
}

/// What a row says that is gone: why its bytes were refused, or nothing.
pub(super) fn refusal(row: &Row) -> Error {
    let refused = |detail: &String| Error::BadImage {
        detail: detail.clone(),
        cause: None,
    };
    row.refusal.as_ref().map_or(Error::NotFound, refused)
}

/// Whether the error speaks of the image, not of a store.
pub(crate) fn is_about_the_image(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::TooLarge | ErrorKind::UnsupportedMediaType | ErrorKind::UnprocessableImage
    )
}

fn check(rules: &ImageRules, upload: &DirectUpload, bytes: bytes::Bytes) -> Result<Image, Error> {
    let mismatch = |detail: &str| Error::BadImage {
        detail: detail.to_owned(),
        cause: None,
    };
    let size_bytes = bytes.len() as u64;
    if size_bytes != upload.size_bytes {
        return Err(mismatch("The object has another size than declared."));
    }
    let sha256 = Sha256Digest(Sha256::digest(&bytes).into());
    if upload.sha256.is_some_and(|declared| declared != sha256) {
        return Err(mismatch(
            "The object has another SHA-256 digest than declared.",
        ));
    }
    let file = File {
        bytes,
        filename: None,
        declared_type: Some(upload.format.content_type().to_owned()),
    };
    let inspection = verify(rules, &upload.attributes, &file)?;
    let attributes = &upload.attributes;
    Ok(Image {
        id: upload.id,
        user_id: upload.user_id.clone(),
        filename: attributes.filename.clone(),
        format: inspection.format,
        size_bytes,
        width_px: inspection.width_px,
        height_px: inspection.height_px,
        sha256,
        object_name: if upload.sha256.is_some() {
            ObjectName::Digest
        } else {
            ObjectName::Plain
        },
        tags: attributes.tags.clone(),
        description: attributes.description.clone(),
        category: attributes.category.clone(),
        visibility: upload.visibility,
        metadata: attributes.metadata.clone(),
        exif: inspection.exif,
        placeholder: Some(inspection.placeholder).filter(|hash| !hash.is_empty()),
        status: Status::Pending,
        created_at: upload.created_at,
        updated_at: upload.created_at,
        revision: 1,
    })
}

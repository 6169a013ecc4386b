//! Verifying a direct upload and showing it: what `complete`, the bucket's event and the sweeper all do, in any
//! order and any number of times.
//!
//! Whoever comes first commits; the others find the image ACTIVE. An object that fails is removed, and its row
//! stays DELETING, then a tombstone, until the signed URL is over and nothing can put the object again.

use chrono::{DateTime, Utc};

use super::file::{File, Origin};
use super::verify::{off_the_runtime, verify};
use crate::config::ImageRules;
use crate::repo::{Fetched, Images, Objects, Row, State, Transition};
use crate::{DirectUpload, Error, Image, Status};

/// What became of a direct upload.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is shown.
    Shown(Box<Image>),
    /// Its bytes are refused.
    Refused(Refusal),
}

/// Why bytes are refused, and whether their row says so.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: Error,
    /// The store that failed, where the row is still PENDING: then whoever comes next refuses them again.
    pub(crate) noted: Result<(), Error>,
}

impl Verdict {
    /// The answer to a client: the reason is known, whoever notes it.
    pub(super) fn into_image(self) -> Result<Image, Error> {
        match self {
            Self::Shown(image) => Ok(*image),
            Self::Refused(Refusal { reason, noted }) => {
                if let Err(error) = noted {
                    let error = crate::error_chain(&error);
                    tracing::warn!(error, "a refusal is left to the sweeper");
                }
                Err(reason)
            }
        }
    }
}

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
    ) -> Result<Verdict, Error> {
        let checked = match self
            .objects
            .fetch(&row.object_key, upload.size_bytes)
            .await?
        {
            Fetched::Missing => return Err(Error::BytesMissing),
            Fetched::TooLarge { size_bytes } => Err(Error::TooManyBytes {
                size_bytes,
                limit_bytes: upload.size_bytes,
            }),
            Fetched::Bytes(_, Some(header)) => Err(Error::BadImage {
                detail: format!(
                    "The object was put with a header {header}, which no upload takes."
                ),
                cause: None,
            }),
            Fetched::Bytes(bytes, None) => {
                let (rules, declared) = (self.rules.clone(), upload.clone());
                off_the_runtime(move || check(&rules, &declared, bytes)).await
            }
        };
        let image = match checked {
            Ok(image) => image,
            Err(error) => return Ok(Verdict::Refused(self.reject(row, error, now).await)),
        };
        match self.images.commit(&image, &row.guard).await? {
            Transition::Made => Ok(Verdict::Shown(Box::new(Image {
                status: Status::Active,
                ..image
            }))),
            Transition::Refused => self.verdict_of_another(row, Error::Conflict).await,
        }
    }

    /// Removes what could not be verified, as if it had failed.
    pub(crate) async fn give_up(&self, row: &Row, now: DateTime<Utc>) -> Refusal {
        let reason = Error::BadImage {
            detail: "The image could not be verified.".to_owned(),
            cause: None,
        };
        self.reject(row, reason, now).await
    }

    /// Somebody else was faster, or where the row is still PENDING, what it is otherwise.
    pub(super) async fn verdict_of_another(
        &self,
        row: &Row,
        otherwise: Error,
    ) -> Result<Verdict, Error> {
        let found = self.images.find(row.id).await?.ok_or(Error::NotFound)?;
        match &found.state {
            State::Active(image) => Ok(Verdict::Shown(Box::new(image.clone()))),
            State::Uploading(_) | State::Direct(_) => Err(otherwise),
            State::Deleting | State::Deleted => match refusal(&found) {
                Some(reason) => Ok(Verdict::Refused(Refusal {
                    reason,
                    noted: Ok(()),
                })),
                None => Err(Error::NotFound),
            },
        }
    }

    /// Removes what failed. The reason for it is of the same kind as when somebody asks later.
    async fn reject(&self, row: &Row, reason: Error, now: DateTime<Utc>) -> Refusal {
        let reason = Error::BadImage {
            detail: reason.detail(),
            cause: Some(Box::new(reason)),
        };
        let noted = match self.images.abort(row, Some(&reason.detail())).await {
            Ok(Transition::Made) => {
                if let Err(error) = self.remove(row, now).await {
                    tracing::warn!(image_id = %row.id, error = crate::error_chain(&error), "left to the sweeper");
                }
                Ok(())
            }
            // Another attempt has settled it.
            Ok(Transition::Refused) => Ok(()),
            Err(error) => Err(error),
        };
        Refusal { reason, noted }
    }

    /// Removes the object of a DELETING row or a tombstone, then lets the row go.
    pub(crate) async fn remove(&self, row: &Row, now: DateTime<Utc>) -> Result<(), Error> {
        self.remove_object(&row.object_key).await?;
        self.images.bury(row.id, &row.guard, now).await?;
        Ok(())
    }

    /// Removes an object alone.
    pub(crate) async fn remove_object(&self, key: &str) -> Result<(), Error> {
        for outcome in self.objects.delete(&[key.to_owned()]).await {
            outcome?;
        }
        Ok(())
    }
}

/// Why the bytes of a row were refused that is gone, if they were.
pub(super) fn refusal(row: &Row) -> Option<Error> {
    let refused = |detail: &String| Error::BadImage {
        detail: detail.clone(),
        cause: None,
    };
    row.refusal.as_ref().map(refused)
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
    let declared_type = upload.format.content_type().to_owned();
    let file = File::new(bytes, None, Some(declared_type));
    if upload
        .sha256
        .is_some_and(|declared| declared != file.sha256)
    {
        return Err(mismatch(
            "The object has another SHA-256 digest than declared.",
        ));
    }
    let inspection = verify(rules, &upload.attributes, &file)?;
    let origin = Origin {
        id: upload.id,
        user_id: &upload.user_id,
        attributes: &upload.attributes,
        visibility: upload.visibility,
        object_name: upload.object_name,
        created_at: upload.created_at,
    };
    Ok(origin.image(&file, inspection))
}

//! Direct uploads: the client puts the bytes into S3 itself, past the limits of Lambda.
//!
//! The PENDING row comes first, so no object is without one; the signature of the URL fixes size, type and digest
//! and lets it work once. What was put is verified and shown by [`super::Publisher`].

use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use imaging::ImageFormat;
use uuid::Uuid;

use super::idempotency::{Claim, direct_request_digest};
use super::publish::refusal;
use super::{IN_FLIGHT, Uploader, random_tail};
use crate::authorize::{Action, Caller, authorize, authorize_owned};
use crate::model::to_millis;
use crate::repo::{Guard, Row, SignedWrite, State};
use crate::{
    Attributes, DirectFields, DirectUpload, Error, Faults, IdempotencyKey, Image, ImageId,
    ObjectName, Sha256Digest, StartedUpload, UserId, Visibility,
};

/// How long a signed URL takes the bytes.
const URL_LIFE: Duration = Duration::from_hours(1);
/// How long a PUT that began before the URL's end may still run: 50 MB at 100 kB/s.
const SLOW_PUT: TimeDelta = TimeDelta::minutes(10);

/// The declaration of a direct upload, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectRequest {
    attributes: Attributes,
    format: ImageFormat,
    size_bytes: u64,
    sha256: Option<Sha256Digest>,
}

/// What comes of asking for a direct upload.
#[derive(Debug, Clone, PartialEq)]
pub enum DirectStart {
    /// The bytes can be put.
    Pending(Box<StartedUpload>),
    /// An earlier request of the same key led to this image: there is nothing to put any more.
    Complete(Box<Image>),
}

impl Uploader {
    /// Checks a declaration and notes all faults.
    ///
    /// # Errors
    /// A size over the limit or a type that is not taken, where the fields themselves are sound.
    pub fn declare(
        &self,
        attributes: Attributes,
        fields: &DirectFields,
        faults: &mut Faults,
    ) -> Result<Option<DirectRequest>, Error> {
        let declared = fields.content_type.as_deref();
        let declared = declared.filter(|text| !text.is_empty());
        if declared.is_none() {
            faults.add_missing("content_type", "is missing");
        }
        let size_bytes = match fields.size {
            None => {
                faults.add_missing("size", "is missing");
                None
            }
            Some(0) => {
                faults.add("size", "must be at least 1 byte");
                None
            }
            Some(size) => Some(size),
        };
        let sha256 = fields.sha256.as_deref().filter(|text| !text.is_empty());
        let sha256 = sha256.and_then(|text| faults.check("sha256", Sha256Digest::from_hex(text)));
        let (Some(declared), Some(size_bytes), true) = (declared, size_bytes, faults.is_empty())
        else {
            return Ok(None);
        };
        let format = ImageFormat::from_content_type(declared);
        let Some(format) = format.filter(|format| self.rules.allowed_formats.contains(format))
        else {
            return Err(Error::UnacceptedDeclaration {
                accepted: self.rules.allowed_formats.clone(),
            });
        };
        if size_bytes > self.rules.max_size_bytes {
            return Err(Error::TooManyBytes {
                size_bytes,
                limit_bytes: self.rules.max_size_bytes,
            });
        }
        Ok(Some(DirectRequest {
            attributes,
            format,
            size_bytes,
            sha256,
        }))
    }

    /// Makes the PENDING row and signs the URL. A repeat under the same idempotency key signs for the same row, and
    /// once that is shown gives the image.
    ///
    /// # Errors
    /// An idempotency key that stands for something else; why the bytes that were put were refused; or the store
    /// that failed.
    pub async fn start_direct(
        &self,
        user: &UserId,
        default_visibility: Visibility,
        request: &DirectRequest,
        idempotency: Option<&IdempotencyKey>,
        now: DateTime<Utc>,
    ) -> Result<DirectStart, Error> {
        let now = to_millis(now);
        let visibility = request.attributes.visibility.unwrap_or(default_visibility);
        let upload = DirectUpload {
            id: match idempotency {
                Some(key) => ImageId::derived(user, key, 0),
                None => ImageId::new(now, random_tail()),
            },
            user_id: user.clone(),
            attributes: Attributes {
                visibility: Some(visibility),
                ..request.attributes.clone()
            },
            visibility,
            format: request.format,
            size_bytes: request.size_bytes,
            sha256: request.sha256,
            object_name: match request.sha256 {
                Some(_) => ObjectName::Digest,
                None => ObjectName::Plain,
            },
            created_at: now,
        };
        let url_life = self.links.lifetime(URL_LIFE, now)?;
        let guard = Guard {
            attempt: Uuid::new_v4().to_string(),
            lease_until: now,
            hold_until: now
                + TimeDelta::from_std(url_life).unwrap_or_default()
                + SLOW_PUT
                + IN_FLIGHT,
            request: idempotency.map(|_| direct_request_digest(&upload)),
        };
        // The row must outlive the URL that is signed now; one that has moved on would not.
        let row = match self.claim(Row::direct(upload, guard), now).await? {
            Claim::Replay(image) => return Ok(DirectStart::Complete(image)),
            Claim::Turn(row) => row,
        };
        let State::Direct(upload) = row.state else {
            return Err(Error::KeyReused);
        };
        let write = SignedWrite {
            upload: &upload,
            expires_in: url_life,
        };
        let signed = self.objects.presign_put(write, SystemTime::from(now)).await;
        let (url, headers) = signed.map_err(Error::Presign)?;
        let life_secs = i64::try_from(url_life.as_secs()).unwrap_or(0);
        Ok(DirectStart::Pending(Box::new(StartedUpload {
            upload,
            url,
            headers,
            expires_at: DateTime::from_timestamp(now.timestamp() + life_secs, 0).unwrap_or(now),
        })))
    }

    /// Verifies and shows a direct upload. A repeat gives the same image.
    ///
    /// # Errors
    /// [`Error::BytesMissing`] before the bytes are there; what is wrong with them, after which they and the upload
    /// are gone; or the store that failed.
    pub async fn complete(
        &self,
        caller: &Caller,
        id: ImageId,
        now: DateTime<Utc>,
    ) -> Result<Image, Error> {
        let row = self.images.find(id).await?.ok_or(Error::NotFound)?;
        match &row.state {
            State::Active(image) => {
                authorize(caller, Action::Change, image)?;
                Ok(image.clone())
            }
            State::Direct(upload) => {
                authorize_owned(caller, Action::Change, &row.user_id, row.visibility)?;
                let verdict = match self.publisher.publish(&row, upload, to_millis(now)).await {
                    // The bucket's event may have refused and removed them since the row was read.
                    Err(Error::BytesMissing) => {
                        let publisher = &self.publisher;
                        publisher
                            .verdict_of_another(&row, Error::BytesMissing)
                            .await
                    }
                    verdict => verdict,
                };
                verdict?.into_image()
            }
            State::Uploading(_) => Err(Error::NotFound),
            // The bucket's event may have been first to find the bytes wanting.
            State::Deleting | State::Deleted => {
                authorize_owned(caller, Action::Change, &row.user_id, row.visibility)?;
                Err(refusal(&row).unwrap_or(Error::NotFound))
            }
        }
    }
}

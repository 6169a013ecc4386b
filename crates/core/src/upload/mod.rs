//! Uploading: verify everything, then write in an order that no failure can turn into a lie.
//!
//! 1. Check and decode. Nothing is written before the image is known to be sound.
//! 2. Put the PENDING row. A crash after it leaves a row that only the sweeper sees.
//! 3. Put the object under a key that holds its digest. A crash leaves an object with its PENDING row.
//! 4. Turn the row ACTIVE and add every listing row, in one transaction. Only now does anyone see the image.
//!
//! A failure after step 2 removes nothing: the outcome of the failed call is not known, and the sweeper, which
//! acts when no attempt can, does it without a race. It only ends the attempt's lease, so that a repeat with the
//! same idempotency key can take over at once: what is still in flight then puts the same bytes, or is fenced.

mod batch;
mod direct;
mod idempotency;
mod publish;
mod verify;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use self::batch::PixelBudget;
pub use self::direct::DirectRequest;
use self::idempotency::{Resumption, request_digest, resume};
pub(crate) use self::publish::{Publisher, is_about_the_image};
use self::verify::{part_filename, verify};
use crate::clients::{Aws, HttpLayer, WithHttp};
use crate::config::{ConfigError, Environment, ImageRules, bucket_name, table_name};
use crate::model::to_millis;
use crate::presign::{PresignOptions, PresignedUrl, Presigner};
use crate::repo::{Begin, Guard, Images, Objects, Row, Transition};
use crate::{
    Attributes, Error, IdempotencyKey, Image, ImageId, ObjectName, Sha256Digest, Status, UserId,
    Visibility,
};

/// How long an attempt may act: longer than the 30 s after which the function is stopped.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How long after its lease a call of a stopped attempt can still take effect.
const IN_FLIGHT: TimeDelta = TimeDelta::minutes(5);

/// The bytes of one image as they came.
#[derive(Clone)]
pub struct File {
    /// The bytes.
    pub bytes: Bytes,
    /// The name of the part they came in; an attribute `filename` goes before it.
    pub filename: Option<String>,
    /// The media type that the client declared, without parameters.
    pub declared_type: Option<String>,
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

/// Who uploads, and what was said of the image.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// The owner to be.
    pub user: &'a UserId,
    /// What was said of the image.
    pub attributes: &'a Attributes,
    /// Holds where the attributes say none.
    pub default_visibility: Visibility,
    /// The client's name for the request, and which of its images this is.
    pub idempotency: Option<(&'a IdempotencyKey, usize)>,
}

/// The use case of `POST /images`, `POST /images/uploads` and `POST /images/{id}/complete`.
#[derive(Debug, Clone)]
pub struct Uploader {
    images: Images,
    objects: Objects,
    presigner: Presigner,
    publisher: Publisher,
    rules: ImageRules,
}

impl WithHttp for Uploader {
    fn with_http(environment: &Environment, layer: &HttpLayer) -> Result<Self, ConfigError> {
        let aws = Aws::new(environment, layer)?;
        let objects = Objects::new(&aws, bucket_name(environment)?);
        let images = Images::new(aws.dynamodb(), table_name(environment)?);
        let rules = ImageRules::from_environment(environment)?;
        Ok(Self {
            publisher: Publisher::new(images.clone(), objects.clone(), rules.clone()),
            presigner: Presigner::new(aws, objects.clone(), environment)?,
            images,
            objects,
            rules,
        })
    }
}

impl Uploader {
    /// Verifies and stores one image. A repeat under the same idempotency key gives the same image.
    ///
    /// # Errors
    /// What is wrong with the image or its attributes, before anything was written; an idempotency key that stands
    /// for something else; or the store that failed.
    pub async fn upload(
        &self,
        upload: Upload<'_>,
        file: File,
        now: DateTime<Utc>,
    ) -> Result<Image, Error> {
        let attributes = upload.attributes;
        let filename = part_filename(attributes, &file)?;
        let inspection = verify(&self.rules, attributes, &file)?;
        let now = to_millis(now);
        let image = Image {
            id: new_id(upload.user, upload.idempotency, now),
            user_id: upload.user.clone(),
            filename,
            format: inspection.format,
            size_bytes: file.bytes.len() as u64,
            width_px: inspection.width_px,
            height_px: inspection.height_px,
            sha256: Sha256Digest(Sha256::digest(&file.bytes).into()),
            object_name: ObjectName::Digest,
            tags: attributes.tags.clone(),
            description: attributes.description.clone(),
            category: attributes.category.clone(),
            visibility: attributes.visibility.unwrap_or(upload.default_visibility),
            metadata: attributes.metadata.clone(),
            exif: inspection.exif,
            placeholder: Some(inspection.placeholder).filter(|hash| !hash.is_empty()),
            status: Status::Pending,
            created_at: now,
            updated_at: now,
            revision: 1,
        };
        let lease_until = now + LEASE;
        let guard = Guard {
            attempt: Uuid::new_v4().to_string(),
            lease_until,
            hold_until: lease_until + IN_FLIGHT,
            request: upload.idempotency.map(|_| request_digest(&image)),
        };
        let row = Row::uploading(image.clone(), guard);
        let stored = self.store(image, file.bytes, row.clone(), now).await;
        if matches!(stored, Err(Error::Store(_))) && row.guard.request.is_some() {
            // Where this fails too, a repeat waits for the end of the lease.
            let _ = self.images.release(&row, now).await;
        }
        stored
    }

    /// Steps 2 to 4.
    async fn store(
        &self,
        mut image: Image,
        bytes: Bytes,
        mut row: Row,
        now: DateTime<Utc>,
    ) -> Result<Image, Error> {
        match self.images.begin(&row).await? {
            Begin::Begun => {}
            Begin::Taken(found) => match resume(&self.images, *found, &row, now).await? {
                Resumption::Replay(image) => return Ok(image),
                Resumption::TakenOver { begun, hold_until } => {
                    image.created_at = begun.created_at;
                    row.guard.hold_until = row.guard.hold_until.max(hold_until);
                }
            },
        }
        self.write(image, bytes, &row.guard).await
    }

    async fn write(&self, image: Image, bytes: Bytes, guard: &Guard) -> Result<Image, Error> {
        self.objects.put(&image, bytes).await?;
        match self.images.commit(&image, guard).await? {
            Transition::Made => Ok(Image {
                status: Status::Active,
                ..image
            }),
            Transition::Refused => Err(Error::Conflict),
        }
    }

    /// Where the image is stored: `s3://bucket/key`, for its owner.
    #[must_use]
    pub fn s3_url(&self, image: &Image) -> String {
        self.objects.url(image)
    }

    /// Signs a URL that reads the image.
    ///
    /// # Errors
    /// [`Error::Presign`].
    pub async fn presign(
        &self,
        image: &Image,
        options: PresignOptions,
        now: DateTime<Utc>,
    ) -> Result<PresignedUrl, Error> {
        self.presigner.presign(image, options, now).await
    }
}

fn new_id(
    user: &UserId,
    idempotency: Option<(&IdempotencyKey, usize)>,
    now: DateTime<Utc>,
) -> ImageId {
    match idempotency {
        Some((key, part)) => ImageId::derived(user, key, part),
        None => ImageId::new(now, random_tail()),
    }
}

fn random_tail() -> [u8; 10] {
    let mut tail = [0; 10];
    // Of a version 4 UUID all but bytes 6 and 8 are random throughout.
    let random = Uuid::new_v4().into_bytes();
    tail[..6].copy_from_slice(&random[..6]);
    tail[6..].copy_from_slice(&random[12..]);
    tail
}

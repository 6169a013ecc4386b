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
mod file;
mod idempotency;
mod publish;
mod verify;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use imaging::Inspection;
use uuid::Uuid;

use self::batch::PixelBudget;
pub use self::direct::{DirectRequest, DirectStart};
pub use self::file::File;
use self::file::Origin;
use self::idempotency::{Claim, file_digest, request_digest};
pub(crate) use self::publish::{Publisher, Refusal, Verdict};
use self::verify::{off_the_runtime, part_filename, verify};
use crate::clients::{Aws, HttpLayer, WithHttp};
use crate::config::{ConfigError, Environment, ImageRules, bucket_name, table_name};
use crate::model::to_millis;
use crate::presign::Links;
use crate::repo::{Guard, Images, Objects, Row, State, Transition};
use crate::{
    Attributes, Error, IdempotencyKey, Image, ImageId, ObjectName, Sha256Digest, Status, UserId,
    Visibility,
};

/// How long an attempt may act: longer than the 30 s after which the function is stopped.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How long after its lease a call of a stopped attempt can still take effect.
const IN_FLIGHT: TimeDelta = TimeDelta::minutes(5);

/// Who uploads, and what was said of the images.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// The owner to be.
    pub user: &'a UserId,
    /// What was said of all images of the request.
    pub attributes: &'a Attributes,
    /// Holds where the attributes say none.
    pub default_visibility: Visibility,
    /// The client's name for the request.
    pub idempotency: Option<&'a IdempotencyKey>,
}

impl Upload<'_> {
    fn visibility(&self) -> Visibility {
        self.attributes
            .visibility
            .unwrap_or(self.default_visibility)
    }
}

/// A file whose bytes are a sound image.
struct Verified {
    attributes: Attributes,
    file: File,
    inspection: Inspection,
}

impl Verified {
    /// Step 1, of one file of a request with these attributes.
    fn of(rules: &ImageRules, attributes: Attributes, file: File) -> Result<Self, Error> {
        let attributes = Attributes {
            filename: part_filename(&attributes, &file)?,
            ..attributes
        };
        let inspection = verify(rules, &attributes, &file)?;
        Ok(Self {
            attributes,
            file,
            inspection,
        })
    }
}

/// What an idempotency key makes of one file of a request.
#[derive(Clone, Copy)]
struct Part {
    id: ImageId,
    request: Sha256Digest,
}

/// The use case of `POST /images`, `POST /images/uploads` and `POST /images/{id}/complete`.
#[derive(Debug, Clone)]
pub struct Uploader {
    images: Images,
    objects: Objects,
    links: Links,
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
            links: Links::new(aws, objects.clone(), environment)?,
            images,
            objects,
            rules,
        })
    }
}

impl Uploader {
    /// Verifies the files of a request, then stores those that are sound, one after the other: an outcome for each,
    /// in their order. A repeat of the request under the same idempotency key gives the same images, and tries
    /// those again that a store failed.
    ///
    /// The rows of a request are its record, and the first of them speaks for all: ids go by the number of sound
    /// files before, so every request under the key meets the first row, and it is written before any other.
    ///
    /// # Errors
    /// An idempotency key that stands for something else, or the store that failed before the first image was
    /// there: a repeat under the key finds out what came of it. What is wrong with one file, or happens to a later
    /// one, is its own outcome.
    pub async fn upload(
        &self,
        upload: Upload<'_>,
        files: Vec<File>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Result<Image, Error>>, Error> {
        let now = to_millis(now);
        let key = upload.idempotency;
        let request = key.map(|key| (key, request_digest(&upload, &files)));
        let mut budget = PixelBudget::of(self.rules.max_pixels);
        let mut verified = Vec::with_capacity(files.len());
        for file in files {
            let (rules, attributes) = (self.rules.clone(), upload.attributes.clone());
            let (outcome, left) = off_the_runtime(move || {
                let taken = budget.take(&file);
                let outcome = taken.and_then(|()| Verified::of(&rules, attributes, file));
                (outcome, budget)
            })
            .await;
            budget = left;
            verified.push(outcome);
        }
        let mut outcomes = Vec::with_capacity(verified.len());
        let mut sound = 0;
        for (index, verified) in verified.into_iter().enumerate() {
            let outcome = match verified {
                Err(error) => Err(error),
                Ok(verified) => {
                    let part = request.map(|(key, request)| Part {
                        id: ImageId::derived(upload.user, key, sound),
                        request: file_digest(request, index),
                    });
                    // On the heap: the calls of two stores make a large future.
                    let stored = Box::pin(self.store_verified(&upload, verified, part, now)).await;
                    match stored {
                        Err(error) if sound == 0 && part.is_some() && !is_on_record(&error) => {
                            return Err(error);
                        }
                        stored => {
                            sound += 1;
                            stored
                        }
                    }
                }
            };
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    async fn store_verified(
        &self,
        upload: &Upload<'_>,
        verified: Verified,
        part: Option<Part>,
        now: DateTime<Utc>,
    ) -> Result<Image, Error> {
        let origin = Origin {
            id: part.map_or_else(|| ImageId::new(now, random_tail()), |part| part.id),
            user_id: upload.user,
            attributes: &verified.attributes,
            visibility: upload.visibility(),
            object_name: ObjectName::Digest,
            created_at: now,
        };
        let image = origin.image(&verified.file, verified.inspection);
        let lease_until = now + LEASE;
        let guard = Guard {
            attempt: Uuid::new_v4().to_string(),
            lease_until,
            hold_until: lease_until + IN_FLIGHT,
            request: part.map(|part| part.request),
        };
        let row = Row::uploading(image, guard);
        let stored = self.store(row.clone(), verified.file.bytes, now).await;
        if matches!(stored, Err(Error::Store(_))) && row.guard.request.is_some() {
            // Where this fails too, a repeat waits for the end of the lease.
            let _ = self.images.release(&row, now).await;
        }
        stored
    }

    /// Steps 2 to 4.
    async fn store(&self, row: Row, bytes: Bytes, now: DateTime<Utc>) -> Result<Image, Error> {
        let row = match self.claim(row, now).await? {
            Claim::Replay(image) => return Ok(*image),
            Claim::Turn(row) => row,
        };
        // As it was begun, where it was begun before.
        let State::Uploading(image) = row.state else {
            return Err(Error::KeyReused);
        };
        self.objects.put(&image, bytes).await?;
        match self.images.commit(&image, &row.guard).await? {
            Transition::Made => Ok(Image {
                status: Status::Active,
                ..image
            }),
            Transition::Refused => Err(Error::Conflict),
        }
    }

    /// Where the images are.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }
}

/// Whether the first row of the request was written, and is of this request: the others can follow.
fn is_on_record(error: &Error) -> bool {
    matches!(error, Error::KeySpent)
}

fn random_tail() -> [u8; 10] {
    let mut tail = [0; 10];
    // Of a version 4 UUID all but bytes 6 and 8 are random throughout.
    let random = Uuid::new_v4().into_bytes();
    tail[..6].copy_from_slice(&random[..6]);
    tail[6..].copy_from_slice(&random[12..]);
    tail
}

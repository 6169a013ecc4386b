//! Repeats of one request: the image rows are the record of it, under ids that the idempotency key gives. Each carries
//! a digest of the whole request.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::publish::refusal;
use super::{File, Upload, Uploader};
use crate::repo::{Begin, Guard, Row, State, Transition};
use crate::{Attributes, DirectUpload, Error, Image, Metadata, Sha256Digest, Visibility};

/// How often a request tries to take an id that something else is changing.
const RACE_ATTEMPTS: u32 = 5;

/// What a request finds under its id.
#[derive(Debug)]
pub(super) enum Claim {
    /// This attempt has the row, and goes on from it.
    Turn(Box<Row>),
    /// It was done before.
    Replay(Box<Image>),
}

/// What a request asks for, apart from when: repeats have the same.
pub(super) fn request_digest(upload: &Upload<'_>, files: &[File]) -> Sha256Digest {
    let files = files
        .iter()
        .map(|file| (file.sha256.to_string(), &file.filename, &file.declared_type));
    let files: Vec<_> = files.collect();
    digest(&(
        "upload",
        files,
        said(upload.attributes, upload.visibility()),
    ))
}

/// As [`request_digest`], for the row of one of the files.
pub(super) fn file_digest(request: Sha256Digest, index: usize) -> Sha256Digest {
    digest(&(request.to_string(), index))
}

/// As [`request_digest`], of a direct upload.
pub(super) fn direct_request_digest(upload: &DirectUpload) -> Sha256Digest {
    digest(&(
        "direct",
        upload.sha256.map(|digest| digest.to_string()),
        upload.size_bytes,
        upload.format.content_type(),
        said(&upload.attributes, upload.visibility),
    ))
}

fn said(attributes: &Attributes, visibility: Visibility) -> impl Serialize {
    (
        &attributes.filename,
        &attributes.tags,
        &attributes.description,
        &attributes.category,
        visibility,
        attributes.metadata.as_ref().map(Metadata::fields),
        (attributes.width_px, attributes.height_px),
    )
}

fn digest(request: &impl Serialize) -> Sha256Digest {
    // Plain data always serializes.
    let json = serde_json::to_vec(request).unwrap_or_default();
    Sha256Digest(Sha256::digest(json).into())
}

impl Uploader {
    /// Puts a PENDING row, or finds out what the one that is there means: the first answer again, a turn to take, or
    /// a refusal.
    ///
    /// The row of an upload that came to nothing is taken as well, once no write of that one can land any more, and
    /// with an object of another name: a sweeper, or an event, that still removes the old object cannot meet the new.
    pub(super) async fn claim(&self, mut next: Row, now: DateTime<Utc>) -> Result<Claim, Error> {
        let mut begun = self.images.begin(&next, now).await?;
        let mut races = 0;
        loop {
            let found = match begun {
                Begin::Begun => return Ok(Claim::Turn(Box::new(next))),
                Begin::Taken(found) => *found,
            };
            // Begun or taken over by a call whose answer was lost. What counts is what is stored: a row that was taken
            // over says where its object is.
            if found.is_pending() && found.guard.attempt == next.guard.attempt {
                return Ok(Claim::Turn(Box::new(found)));
            }
            check_same_request(&found, &next)?;
            if races == RACE_ATTEMPTS {
                return Err(Error::Conflict);
            }
            races += 1;
            match &found.state {
                State::Active(image) => return Ok(Claim::Replay(Box::new(image.clone()))),
                State::Uploading(_) if found.guard.lease_until > now => {
                    return Err(in_progress(found.guard.lease_until, now));
                }
                State::Uploading(_) | State::Direct(_) => {
                    let guard = Guard {
                        hold_until: next.guard.hold_until.max(found.guard.hold_until),
                        ..next.guard.clone()
                    };
                    match self.images.take_over(&found, &guard).await? {
                        Transition::Made => {
                            return Ok(Claim::Turn(Box::new(Row { guard, ..found })));
                        }
                        Transition::Refused => begun = self.images.begin(&next, now).await?,
                    }
                }
                State::Deleting | State::Deleted if found.came_to_nothing() => {
                    if found.guard.hold_until >= now {
                        return Err(in_progress(found.guard.hold_until, now));
                    }
                    if matches!(found.state, State::Deleting) {
                        self.publisher.remove(&found, now).await?;
                    }
                    next = next.with_object_named(Uuid::new_v4());
                    begun = self.images.begin_anew(&found, &next).await?;
                }
                State::Deleting | State::Deleted => {
                    return Err(refusal(&found).unwrap_or(Error::KeySpent));
                }
            }
        }
    }
}

/// Refuses a row that another request made. An id that no key gave cannot be taken at all.
fn check_same_request(found: &Row, next: &Row) -> Result<(), Error> {
    match (found.guard.request, next.guard.request) {
        (_, None) => Err(Error::Conflict),
        (found, next) if found == next => Ok(()),
        (_, Some(_)) => Err(Error::KeyReused),
    }
}

fn in_progress(until: DateTime<Utc>, now: DateTime<Utc>) -> Error {
    Error::InProgress {
        retry_after_secs: u32::try_from((until - now).num_seconds() + 1).unwrap_or(1),
    }
}

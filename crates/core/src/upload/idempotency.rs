//! Repeats of one request: the image row is the record of it, under an id that the idempotency key gives.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::repo::{Images, Row, State, Transition};
use crate::{DirectUpload, Error, Image, Metadata, Sha256Digest};

/// How an upload goes on whose id is taken.
#[derive(Debug)]
pub(super) enum Resumption<T> {
    /// It was done before.
    Replay(T),
    /// It was begun before; this attempt has it now.
    TakenOver {
        /// As it was begun.
        begun: T,
        /// Until when a write of the earlier attempt may still land.
        hold_until: DateTime<Utc>,
    },
}

/// What a request asks for, apart from when: repeats have the same.
pub(super) fn request_digest(image: &Image) -> Sha256Digest {
    digest(&(
        "upload",
        image.sha256.to_string(),
        &image.filename,
        &image.tags,
        &image.description,
        &image.category,
        image.visibility,
        image.metadata.as_ref().map(Metadata::fields),
    ))
}

/// As [`request_digest`], of a direct upload.
pub(super) fn direct_request_digest(upload: &DirectUpload) -> Sha256Digest {
    let attributes = &upload.attributes;
    digest(&(
        "direct",
        (
            upload.sha256.map(|digest| digest.to_string()),
            upload.size_bytes,
            upload.format.content_type(),
        ),
        (attributes.width_px, attributes.height_px),
        &attributes.filename,
        &attributes.tags,
        &attributes.description,
        &attributes.category,
        upload.visibility,
        attributes.metadata.as_ref().map(Metadata::fields),
    ))
}

fn digest(request: &impl serde::Serialize) -> Sha256Digest {
    // Plain data always serializes.
    let json = serde_json::to_vec(request).unwrap_or_default();
    Sha256Digest(Sha256::digest(json).into())
}

/// Decides what a row that was there before means to an upload: the first answer again, a turn to take over, or a
/// refusal.
pub(super) async fn resume(
    images: &Images,
    found: Row,
    next: &Row,
    now: DateTime<Utc>,
) -> Result<Resumption<Image>, Error> {
    check_same_request(&found, next)?;
    match &found.state {
        State::Active(image) => Ok(Resumption::Replay(image.clone())),
        State::Uploading(earlier) if found.guard.lease_until <= now => {
            match images.take_over(&found, next).await? {
                Transition::Made => Ok(Resumption::TakenOver {
                    begun: earlier.clone(),
                    hold_until: found.guard.hold_until,
                }),
                Transition::Refused => Err(Error::Conflict),
            }
        }
        State::Uploading(_) => Err(Error::InProgress {
            retry_after_secs: seconds_until(found.guard.lease_until, now),
        }),
        State::Direct(_) => Err(Error::KeyReused),
        State::Deleting | State::Deleted => Err(Error::KeySpent),
    }
}

/// Refuses a row that another request made. An id that no key gave cannot be taken at all.
pub(super) fn check_same_request(found: &Row, next: &Row) -> Result<(), Error> {
    match (found.guard.request, next.guard.request) {
        (_, None) => Err(Error::Conflict),
        (found, next) if found == next => Ok(()),
        (_, Some(_)) => Err(Error::KeyReused),
    }
}

fn seconds_until(time: DateTime<Utc>, now: DateTime<Utc>) -> u32 {
    u32::try_from((time - now).num_seconds() + 1).unwrap_or(1)
}

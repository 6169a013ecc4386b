//! Rows of the table: the image row with its state, and the listing rows.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::card::{Card, corrupt, size_bytes};
use super::keys::{self, Position};
use super::object_keys::{direct_key, object_key};
use super::status::RowStatus;
use crate::{
    DirectUpload, Error, Image, ImageId, ObjectName, Sha256Digest, Status, UserId, Visibility,
    timestamp,
};

/// An item of the table.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Up to this size a listing row carries the whole image: DynamoDB bills writes by the kilobyte. Past it the
/// row leaves description, metadata and EXIF to the image row, and a page that shows it reads that too.
const CARD_BYTES: usize = 1_024;

/// The attribute that says why a direct upload was refused.
pub(super) const REFUSAL: &str = "refusal";
/// The attribute of an upload that came to nothing.
pub(super) const ABORTED: &str = "aborted";

/// The attribute that says how many sweeps began to verify an object and were never heard of again.
pub(super) const TRIES: &str = "tries";
/// The attribute by which DynamoDB drops a tombstone, in seconds.
pub(super) const EXPIRES_AT: &str = "expires_at";

/// Where an image row is in its life, with what only that state has.
#[derive(Debug, Clone)]
pub(crate) enum State {
    /// PENDING: the function has the bytes and is storing them.
    Uploading(Image),
    /// PENDING: the client puts the bytes itself.
    Direct(DirectUpload),
    /// ACTIVE: stored and listed.
    Active(Image),
    /// DELETING: hidden; the object is being removed.
    Deleting,
    /// A tombstone: gone, but the id is remembered.
    Deleted,
}

/// What guards the transitions of an image row, beside its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guard {
    /// Names the attempt that may commit.
    pub(crate) attempt: String,
    /// Until when that attempt may act: no other takes over before.
    pub(crate) lease_until: DateTime<Utc>,
    /// Until when a write of the object may still land: of an attempt that was killed, or by a signed URL. Before,
    /// no tombstone is final.
    pub(crate) hold_until: DateTime<Utc>,
    /// The digest of the request that made the row, where it had an idempotency key.
    pub(crate) request: Option<Sha256Digest>,
}

/// How a row waits for the sweeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// From when on it is the sweeper's, in whole seconds.
    pub(crate) due_at: DateTime<Utc>,
    /// How many sweeps began to verify its object and were never heard of again.
    pub(crate) tries: u32,
}

impl Turn {
    /// Whether this, as read, is what the other became when it was written.
    pub(super) fn is_written(&self, other: Self) -> bool {
        (self.due_at.timestamp(), self.tries) == (other.due_at.timestamp(), other.tries)
    }
}

/// An image row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: ImageId,
    pub(crate) state: State,
    pub(crate) guard: Guard,
    /// The key of the object.
    pub(crate) object_key: String,
    pub(crate) user_id: UserId,
    pub(crate) visibility: Visibility,
    /// Whether it went from PENDING to its end, and was never shown.
    pub(crate) aborted: bool,
    /// Why the bytes of a direct upload were refused, in words for the client: whoever asks after that is told.
    pub(crate) refusal: Option<String>,
    /// Set while the row is in the sweeper's index.
    pub(crate) turn: Option<Turn>,
    /// When DynamoDB drops a tombstone.
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

impl Row {
    /// A PENDING row of bytes that the function has.
    pub(crate) fn uploading(image: Image, guard: Guard) -> Self {
        Self {
            id: image.id,
            object_key: object_key(&image),
            user_id: image.user_id.clone(),
            visibility: image.visibility,
            state: State::Uploading(image),
            guard,
            aborted: false,
            refusal: None,
            turn: None,
            expires_at: None,
        }
    }

    /// A PENDING row of bytes that the client puts itself.
    pub(crate) fn direct(upload: DirectUpload, guard: Guard) -> Self {
        Self {
            id: upload.id,
            object_key: direct_key(&upload),
            user_id: upload.user_id.clone(),
            visibility: upload.visibility,
            state: State::Direct(upload),
            guard,
            aborted: false,
            refusal: None,
            turn: None,
            expires_at: None,
        }
    }

    /// The same with an object of its own, where one of this id may still be about to be removed.
    pub(crate) fn with_object_named(self, name: Uuid) -> Self {
        let object_name = ObjectName::Own(name);
        match self.state {
            State::Uploading(image) => Self::uploading(
                Image {
                    object_name,
                    ..image
                },
                self.guard,
            ),
            State::Direct(upload) => Self::direct(
                DirectUpload {
                    object_name,
                    ..upload
                },
                self.guard,
            ),
            State::Active(_) | State::Deleting | State::Deleted => self,
        }
    }

    /// Whether it is PENDING.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.state, State::Uploading(_) | State::Direct(_))
    }

    /// Whether nothing came of it for no fault of its bytes, so that the same can be tried again.
    pub(crate) fn came_to_nothing(&self) -> bool {
        self.aborted && self.refusal.is_none()
    }

    /// An ACTIVE row.
    pub(super) fn active(image: Image, guard: Guard) -> Self {
        let image = Image {
            status: Status::Active,
            ..image
        };
        Self {
            state: State::Active(image.clone()),
            ..Self::uploading(image, guard)
        }
    }

    /// Reads an image row.
    pub(super) fn parse(item: Item) -> Result<Self, Error> {
        let field = |name| {
            string(&item, name).ok_or_else(|| corrupt(format!("an image row without {name}")))
        };
        let id = keys::image_in(field("pk")?)
            .ok_or_else(|| corrupt("an image row without an image's key"))?;
        let created_at = field("created")?
            .parse::<DateTime<Utc>>()
            .map_err(corrupt)?;
        let position = Position { created_at, id };
        let guard = Guard {
            attempt: field("attempt")?.to_owned(),
            lease_until: millis(&item, "lease_until")?,
            hold_until: millis(&item, "hold_until")?,
            request: request(&item)?,
        };
        let object_key = field("key")?.to_owned();
        let user_id = UserId::parse(field("user")?).map_err(corrupt)?;
        let visibility = field("vis")?.parse().map_err(corrupt)?;
        let refusal = string(&item, REFUSAL).map(str::to_owned);
        let turn = turn(&item)?;
        let expires_at = optional(&item, EXPIRES_AT)?.map(seconds).transpose()?;
        let flag = |name| matches!(item.get(name), Some(AttributeValue::Bool(true)));
        let (direct, aborted) = (flag("direct"), flag(ABORTED));
        let status = field("status")?;
        let status =
            RowStatus::parse(status).ok_or_else(|| corrupt(format!("a row of status {status}")))?;
        let state = match status {
            RowStatus::Pending if direct => State::Direct(Card::read(item)?.into_direct(position)?),
            RowStatus::Pending => {
                State::Uploading(Card::read(item)?.into_image(position, Status::Pending)?)
            }
            RowStatus::Active => {
                State::Active(Card::read(item)?.into_image(position, Status::Active)?)
            }
            RowStatus::Deleting => State::Deleting,
            RowStatus::Deleted => State::Deleted,
        };
        Ok(Self {
            id,
            state,
            guard,
            object_key,
            user_id,
            visibility,
            aborted,
            refusal,
            turn,
            expires_at,
        })
    }

    /// The whole item, keys included.
    pub(super) fn to_item(&self) -> Result<Item, Error> {
        let (card, created_at, status) = match &self.state {
            State::Uploading(image) => (Card::of(image)?, image.created_at, RowStatus::Pending),
            State::Active(image) => (Card::of(image)?, image.created_at, RowStatus::Active),
            State::Direct(upload) => (
                Card::of_direct(upload),
                upload.created_at,
                RowStatus::Pending,
            ),
            // These are made by updates of what is there.
            State::Deleting | State::Deleted => {
                return Err(corrupt("a state that is never written whole"));
            }
        };
        let mut item = card.to_item()?;
        item.extend(image_key(self.id));
        item.insert("status".into(), status.value());
        item.insert("created".into(), text(timestamp(created_at)));
        item.insert("key".into(), text(&self.object_key));
        item.insert("attempt".into(), text(&self.guard.attempt));
        item.insert(
            "lease_until".into(),
            number(self.guard.lease_until.timestamp_millis()),
        );
        item.insert(
            "hold_until".into(),
            number(self.guard.hold_until.timestamp_millis()),
        );
        if let Some(request) = self.guard.request {
            item.insert("request".into(), AttributeValue::B(Blob::new(request.0)));
        }
        if matches!(self.state, State::Direct(_)) {
            item.insert("direct".into(), AttributeValue::Bool(true));
        }
        Ok(item)
    }
}

/// Every listing row of an image.
pub(super) fn listing_items(image: &Image) -> Result<Vec<Item>, Error> {
    let card = Card::of(image)?;
    let mut item = card.to_item()?;
    let partitions = keys::listings(image);
    let longest_key = partitions.iter().map(String::len).max().unwrap_or(0);
    let sort_key = Position::of(image).to_string();
    if size_bytes(&item) + "pksk".len() + longest_key + sort_key.len() > CARD_BYTES {
        item = card.without_details().to_item()?;
    }
    item.insert("sk".into(), text(sort_key));
    let rows = partitions.into_iter().map(|partition| {
        let mut row = item.clone();
        row.insert("pk".into(), text(partition));
        row
    });
    Ok(rows.collect())
}

/// Reads a listing row; the flag says whether its details are in the image row alone.
pub(super) fn read_listing_item(item: Item) -> Result<(Image, bool), Error> {
    let position = string(&item, "sk").and_then(Position::parse);
    let position = position.ok_or_else(|| corrupt("a listing row without a position"))?;
    let card = Card::read(item)?;
    let lacks_details = card.lacks_details();
    Ok((card.into_image(position, Status::Active)?, lacks_details))
}

/// The key of an image row.
pub(super) fn image_key(id: ImageId) -> Item {
    item_key(keys::image_partition(id), keys::IMAGE_SORT_KEY)
}

/// The key of an item.
pub(super) fn item_key(partition: impl Into<String>, sort: impl Into<String>) -> Item {
    Item::from([
        ("pk".to_owned(), text(partition)),
        ("sk".to_owned(), text(sort)),
    ])
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn millis(item: &Item, name: &str) -> Result<DateTime<Utc>, Error> {
    let number = item
        .get(name)
        .and_then(|value| value.as_n().ok()?.parse().ok());
    let time = number.and_then(DateTime::from_timestamp_millis);
    time.ok_or_else(|| corrupt(format!("an image row without {name}")))
}

fn turn(item: &Item) -> Result<Option<Turn>, Error> {
    let Some(due_at) = optional(item, keys::DUE_AT)? else {
        return Ok(None);
    };
    let tries = optional(item, TRIES)?.unwrap_or(0);
    Ok(Some(Turn {
        due_at: seconds(due_at)?,
        tries: tries.try_into().map_err(corrupt)?,
    }))
}

/// A whole number that need not be there.
fn optional(item: &Item, name: &str) -> Result<Option<i64>, Error> {
    let number = |value: &AttributeValue| value.as_n().ok()?.parse().ok();
    let number = item.get(name).map(|value| {
        number(value).ok_or_else(|| corrupt(format!("an image row whose {name} is no number")))
    });
    number.transpose()
}

fn seconds(timestamp: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp(timestamp, 0).ok_or_else(|| corrupt("a time out of range"))
}

fn request(item: &Item) -> Result<Option<Sha256Digest>, Error> {
    let Some(AttributeValue::B(blob)) = item.get("request") else {
        return Ok(None);
    };
    let digest = blob.as_ref().try_into().map_err(corrupt)?;
    Ok(Some(Sha256Digest(digest)))
}

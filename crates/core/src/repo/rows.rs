//! Rows of the table: the card of an image, as listing rows and the image row both carry it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use chrono::{DateTime, Utc};
use imaging::{Exif, ImageFormat};
use serde::{Deserialize, Serialize};

use super::keys::{self, Position};
use crate::{
    Category, Description, Error, Filename, Image, Metadata, Sha256Digest, Status, Tags, UserId,
    Visibility,
};

/// An item of the table.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Up to this size a listing row carries the whole image: DynamoDB bills writes by the kilobyte. Past it the
/// row leaves description, metadata and EXIF to the image row, and a page that shows it reads that too.
const CARD_BYTES: usize = 1_024;

/// The attributes of an image, under names that are short because every listing row repeats them.
#[derive(Debug, Serialize, Deserialize)]
struct Card {
    #[serde(rename = "user")]
    user_id: UserId,
    #[serde(rename = "file", default, skip_serializing_if = "Option::is_none")]
    filename: Option<Filename>,
    #[serde(rename = "type")]
    content_type: String,
    #[serde(rename = "bytes")]
    size_bytes: u64,
    #[serde(rename = "w")]
    width_px: u32,
    #[serde(rename = "h")]
    height_px: u32,
    #[serde(rename = "sha", with = "serde_bytes")]
    sha256: Vec<u8>,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    tags: Tags,
    #[serde(rename = "cat", default, skip_serializing_if = "Option::is_none")]
    category: Option<Category>,
    #[serde(rename = "vis")]
    visibility: Visibility,
    #[serde(rename = "upd")]
    updated_at_millis: i64,
    #[serde(rename = "rev")]
    revision: u64,
    #[serde(rename = "thumb", default, skip_serializing_if = "Option::is_none")]
    placeholder: Option<String>,
    /// This and the two below can be large.
    #[serde(rename = "desc", default, skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    /// JSON text, because DynamoDB's own maps bound depth and digits.
    #[serde(rename = "meta", default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    /// JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exif: Option<String>,
    /// Set on a listing row that leaves its details to the image row.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

impl Card {
    fn of(image: &Image) -> Result<Self, serde_json::Error> {
        let exif = (!image.exif.is_empty()).then(|| serde_json::to_string(&image.exif));
        Ok(Self {
            user_id: image.user_id.clone(),
            filename: image.filename.clone(),
            content_type: image.format.content_type().to_owned(),
            size_bytes: image.size_bytes,
            width_px: image.width_px,
            height_px: image.height_px,
            sha256: image.sha256.0.to_vec(),
            tags: image.tags.clone(),
            category: image.category.clone(),
            visibility: image.visibility,
            updated_at_millis: image.updated_at.timestamp_millis(),
            revision: image.revision,
            placeholder: image
                .placeholder
                .as_ref()
                .map(|hash| base64::engine::general_purpose::STANDARD.encode(hash)),
            description: image.description.clone(),
            metadata: image.metadata.as_ref().map(Metadata::to_json),
            exif: exif.transpose()?,
            more: false,
        })
    }

    fn without_details(self) -> Self {
        Self {
            description: None,
            metadata: None,
            exif: None,
            more: true,
            ..self
        }
    }

    fn into_image(self, position: Position, status: Status) -> Result<Image, Error> {
        let corrupt = |what: &str| Error::CorruptRow(what.into());
        let metadata = match self.metadata {
            None => None,
            Some(json) => {
                let value =
                    serde_json::from_str(&json).map_err(|error| Error::CorruptRow(error.into()))?;
                Metadata::parse(value).map_err(|error| Error::CorruptRow(error.into()))?
            }
        };
        let exif = match self.exif {
            None => Exif::default(),
            Some(json) => {
                serde_json::from_str(&json).map_err(|error| Error::CorruptRow(error.into()))?
            }
        };
        let placeholder = self
            .placeholder
            .map(|text| base64::engine::general_purpose::STANDARD.decode(text))
            .transpose()
            .map_err(|error| Error::CorruptRow(error.into()))?;
        Ok(Image {
            id: position.id,
            user_id: self.user_id,
            filename: self.filename,
            format: ImageFormat::from_content_type(&self.content_type)
                .ok_or_else(|| corrupt("unknown content type"))?,
            size_bytes: self.size_bytes,
            width_px: self.width_px,
            height_px: self.height_px,
            sha256: Sha256Digest(
                self.sha256
                    .try_into()
                    .map_err(|_| corrupt("digest of another length"))?,
            ),
            tags: self.tags,
            description: self.description,
            category: self.category,
            visibility: self.visibility,
            metadata,
            exif,
            placeholder,
            status,
            created_at: position.created_at,
            updated_at: DateTime::from_timestamp_millis(self.updated_at_millis)
                .ok_or_else(|| corrupt("time out of range"))?,
            revision: self.revision,
        })
    }
}

/// The attributes of an image row, keys included, whole.
pub(super) fn image_item(image: &Image) -> Result<Item, Error> {
    let mut item = card_item(&Card::of(image).map_err(|error| Error::CorruptRow(error.into()))?)?;
    item.insert("pk".into(), text(keys::image_partition(image.id)));
    item.insert("sk".into(), text(keys::IMAGE_SORT_KEY));
    item.insert("status".into(), text(image.status.as_str()));
    item.insert("created".into(), text(keys::time_text(image.created_at)));
    Ok(item)
}

/// Every listing row of an image.
pub(super) fn listing_items(image: &Image) -> Result<Vec<Item>, Error> {
    let card = Card::of(image).map_err(|error| Error::CorruptRow(error.into()))?;
    let mut item = card_item(&card)?;
    let partitions = keys::listings(image);
    let longest_key = partitions.iter().map(String::len).max().unwrap_or(0);
    let sort_key = Position::of(image).to_string();
    if size_bytes(&item) + "pksk".len() + longest_key + sort_key.len() > CARD_BYTES {
        item = card_item(&card.without_details())?;
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
    let position = string(&item, "sk")
        .and_then(Position::parse)
        .ok_or_else(|| Error::CorruptRow("a listing row without a position".into()))?;
    let card: Card =
        serde_dynamo::from_item(item).map_err(|error| Error::CorruptRow(error.into()))?;
    let more = card.more;
    Ok((card.into_image(position, Status::Active)?, more))
}

/// Reads an image row of the given status.
pub(super) fn read_image_item(item: Item, status: Status) -> Result<Image, Error> {
    let id = string(&item, "pk").and_then(|key| key.strip_prefix("IMG#")?.parse().ok());
    let created_at = string(&item, "created").and_then(|time| time.parse::<DateTime<Utc>>().ok());
    let (Some(id), Some(created_at)) = (id, created_at) else {
        return Err(Error::CorruptRow("an image row without id or time".into()));
    };
    let card: Card =
        serde_dynamo::from_item(item).map_err(|error| Error::CorruptRow(error.into()))?;
    card.into_image(Position { created_at, id }, status)
}

fn card_item(card: &Card) -> Result<Item, Error> {
    serde_dynamo::to_item(card).map_err(|error| Error::CorruptRow(error.into()))
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

/// The size of an item as DynamoDB counts it: names and values in UTF-8, numbers at about half a byte a digit.
fn size_bytes(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + value_bytes(value))
        .sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    const CONTAINER: usize = 3;
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len() / 2 + 2,
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::L(values) => {
            CONTAINER
                + values
                    .iter()
                    .map(|value| 1 + value_bytes(value))
                    .sum::<usize>()
        }
        // Booleans, nulls, and the kinds that a card does not use.
        _ => 1,
    }
}

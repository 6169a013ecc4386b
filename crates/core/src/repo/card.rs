//! The attributes of an image as rows carry them, under names that are short because every listing row repeats
//! them.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use imaging::{Exif, ImageFormat};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use uuid::Uuid;

use super::keys::Position;
use super::rows::Item;
use crate::{
    Attributes, Category, Description, DirectUpload, Error, Filename, Image, Metadata, ObjectName,
    Sha256Digest, Status, Tags, UserId, Visibility,
};

/// The attributes of an image.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Card {
    #[serde(rename = "user")]
    user_id: UserId,
    #[serde(rename = "file", default, skip_serializing_if = "Option::is_none")]
    filename: Option<Filename>,
    #[serde(rename = "type")]
    content_type: String,
    #[serde(rename = "bytes")]
    size_bytes: u64,
    /// In a direct upload that is not yet verified: what the client claims. So for the height and the digest.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    width_px: Option<u32>,
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    height_px: Option<u32>,
    #[serde(rename = "sha", default, skip_serializing_if = "Option::is_none")]
    sha256: Option<ByteBuf>,
    /// The key of the object does not end in the digest.
    #[serde(rename = "plain", default, skip_serializing_if = "std::ops::Not::not")]
    plain_key: bool,
    /// The key of the object ends in this.
    #[serde(rename = "name", default, skip_serializing_if = "Option::is_none")]
    own_key: Option<Uuid>,
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
    placeholder: Option<ByteBuf>,
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
    pub(super) fn of(image: &Image) -> Result<Self, Error> {
        let exif = (!image.exif.is_empty()).then(|| serde_json::to_string(&image.exif));
        Ok(Self {
            user_id: image.user_id.clone(),
            filename: image.filename.clone(),
            content_type: image.format.content_type().to_owned(),
            size_bytes: image.size_bytes,
            width_px: Some(image.width_px),
            height_px: Some(image.height_px),
            sha256: Some(ByteBuf::from(image.sha256.0)),
            plain_key: image.object_name == ObjectName::Plain,
            own_key: own_key(image.object_name),
            tags: image.tags.clone(),
            category: image.category.clone(),
            visibility: image.visibility,
            updated_at_millis: image.updated_at.timestamp_millis(),
            revision: image.revision,
            placeholder: image.placeholder.clone().map(ByteBuf::from),
            description: image.description.clone(),
            metadata: image.metadata.as_ref().map(Metadata::to_json),
            exif: exif.transpose().map_err(corrupt)?,
            more: false,
        })
    }

    pub(super) fn of_direct(upload: &DirectUpload) -> Self {
        Self {
            user_id: upload.user_id.clone(),
            filename: upload.attributes.filename.clone(),
            content_type: upload.format.content_type().to_owned(),
            size_bytes: upload.size_bytes,
            width_px: upload.attributes.width_px,
            height_px: upload.attributes.height_px,
            sha256: upload.sha256.map(|digest| ByteBuf::from(digest.0)),
            plain_key: upload.object_name == ObjectName::Plain,
            own_key: own_key(upload.object_name),
            tags: upload.attributes.tags.clone(),
            category: upload.attributes.category.clone(),
            visibility: upload.visibility,
            updated_at_millis: upload.created_at.timestamp_millis(),
            revision: 1,
            placeholder: None,
            description: upload.attributes.description.clone(),
            metadata: upload.attributes.metadata.as_ref().map(Metadata::to_json),
            exif: None,
            more: false,
        }
    }

    /// The card without what can be large, and marked so where there was any.
    pub(super) fn without_details(self) -> Self {
        let more = self.description.is_some() || self.metadata.is_some() || self.exif.is_some();
        Self {
            description: None,
            metadata: None,
            exif: None,
            more,
            ..self
        }
    }

    /// Whether the details are in the image row alone.
    pub(super) fn lacks_details(&self) -> bool {
        self.more
    }

    pub(super) fn read(item: Item) -> Result<Self, Error> {
        serde_dynamo::from_item(item).map_err(corrupt)
    }

    pub(super) fn to_item(&self) -> Result<Item, Error> {
        serde_dynamo::to_item(self).map_err(corrupt)
    }

    pub(super) fn into_image(self, position: Position, status: Status) -> Result<Image, Error> {
        let metadata = self.metadata()?;
        let format = self.format()?;
        let object_name = self.object_name();
        let sha256 = self
            .sha256()?
            .ok_or_else(|| corrupt("an image without its digest"))?;
        let exif = match self.exif {
            None => Exif::default(),
            Some(json) => serde_json::from_str(&json).map_err(corrupt)?,
        };
        let (Some(width_px), Some(height_px)) = (self.width_px, self.height_px) else {
            return Err(corrupt("an image without its dimensions"));
        };
        Ok(Image {
            id: position.id,
            user_id: self.user_id,
            filename: self.filename,
            format,
            size_bytes: self.size_bytes,
            width_px,
            height_px,
            sha256,
            object_name,
            tags: self.tags,
            description: self.description,
            category: self.category,
            visibility: self.visibility,
            metadata,
            exif,
            placeholder: self.placeholder.map(ByteBuf::into_vec),
            status,
            created_at: position.created_at,
            updated_at: DateTime::<Utc>::from_timestamp_millis(self.updated_at_millis)
                .ok_or_else(|| corrupt("a time out of range"))?,
            revision: self.revision,
        })
    }

    pub(super) fn into_direct(self, position: Position) -> Result<DirectUpload, Error> {
        let metadata = self.metadata()?;
        Ok(DirectUpload {
            id: position.id,
            format: self.format()?,
            sha256: self.sha256()?,
            object_name: self.object_name(),
            user_id: self.user_id,
            visibility: self.visibility,
            size_bytes: self.size_bytes,
            attributes: Attributes {
                filename: self.filename,
                description: self.description,
                category: self.category,
                visibility: Some(self.visibility),
                tags: self.tags,
                metadata,
                width_px: self.width_px,
                height_px: self.height_px,
            },
            created_at: position.created_at,
        })
    }

    fn object_name(&self) -> ObjectName {
        match (self.own_key, self.plain_key) {
            (Some(name), _) => ObjectName::Own(name),
            (None, true) => ObjectName::Plain,
            (None, false) => ObjectName::Digest,
        }
    }

    fn metadata(&self) -> Result<Option<Metadata>, Error> {
        let Some(json) = &self.metadata else {
            return Ok(None);
        };
        let fields = serde_json::from_str(json).map_err(corrupt)?;
        Ok(Some(Metadata::stored(fields)))
    }

    fn format(&self) -> Result<ImageFormat, Error> {
        let format = ImageFormat::from_content_type(&self.content_type);
        format.ok_or_else(|| corrupt("an unknown content type"))
    }

    fn sha256(&self) -> Result<Option<Sha256Digest>, Error> {
        let digest = self
            .sha256
            .as_ref()
            .map(|bytes| bytes.as_slice().try_into().map(Sha256Digest));
        digest.transpose().map_err(corrupt)
    }
}

fn own_key(name: ObjectName) -> Option<Uuid> {
    match name {
        ObjectName::Own(name) => Some(name),
        ObjectName::Digest | ObjectName::Plain => None,
    }
}

/// What is stored cannot be read.
pub(super) fn corrupt(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::CorruptRow(cause.into())
}

/// The size of an item as DynamoDB counts it: names and values in UTF-8, numbers at about half a byte a digit.
pub(super) fn size_bytes(item: &Item) -> usize {
    let sizes = item
        .iter()
        .map(|(name, value)| name.len() + value_bytes(value));
    sizes.sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    const CONTAINER: usize = 3;
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len() / 2 + 2,
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::L(values) => {
            let values = values.iter().map(|value| 1 + value_bytes(value));
            CONTAINER + values.sum::<usize>()
        }
        // Booleans, nulls, and the kinds that a card does not use.
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ImageId;

    fn upload(metadata: Option<Metadata>) -> DirectUpload {
        let created_at = DateTime::UNIX_EPOCH;
        DirectUpload {
            id: ImageId::new(created_at, [1; 10]),
            user_id: UserId::parse("ann").unwrap(),
            attributes: Attributes {
                visibility: Some(Visibility::Private),
                metadata,
                ..Attributes::default()
            },
            visibility: Visibility::Private,
            format: ImageFormat::Png,
            size_bytes: 1,
            sha256: None,
            object_name: ObjectName::Plain,
            created_at,
        }
    }

    #[test]
    fn metadata_at_its_limit_comes_back_from_a_card_as_it_was_taken() {
        // Numbers at the ends of what they can be, some of which are printed otherwise than they were sent.
        let sent = r#"{"a":5e-324,"b":1.7976931348623157e308,"c":-0,"d":1E2,"e":0.1,"f":-9223372036854775808,"g":18446744073709551615}"#;
        let mut fields: serde_json::Value = serde_json::from_str(sent).unwrap();
        fields["text"] = json!("");
        let rest = Metadata::MAX_BYTES - fields.to_string().len();
        fields["text"] = json!("t".repeat(rest));
        let metadata = Metadata::parse(fields.clone()).unwrap().unwrap();
        assert_eq!(metadata.to_json().len(), Metadata::MAX_BYTES);
        let upload = upload(Some(metadata));
        let item = Card::of_direct(&upload).to_item().unwrap();
        let position = Position {
            created_at: upload.created_at,
            id: upload.id,
        };
        let read = Card::read(item).unwrap().into_direct(position).unwrap();
        assert_eq!(read, upload);
        let metadata = read.attributes.metadata.unwrap();
        assert_eq!(metadata.to_json(), fields.to_string());
    }

    #[test]
    fn metadata_past_a_limit_that_was_lowered_since_is_still_read() {
        let json = format!(r#"{{"k":"{}"}}"#, "v".repeat(Metadata::MAX_BYTES));
        let card = Card {
            metadata: Some(json.clone()),
            ..Card::of_direct(&upload(None))
        };
        let read = Card::read(card.to_item().unwrap()).unwrap();
        let metadata = read.metadata().unwrap().unwrap();
        assert_eq!(metadata.to_json(), json);
    }
}

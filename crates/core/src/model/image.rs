use std::fmt;

use chrono::{DateTime, Utc};
use imaging::{Exif, ImageFormat};
use uuid::Uuid;

use super::{
    Category, Description, Filename, ImageId, Invalid, Metadata, Tags, UserId, Visibility,
};

/// SHA-256 of an image's bytes; shown in hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256Digest(pub [u8; 32]);

impl fmt::Display for Sha256Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// How the key of an image's object ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectName {
    /// In the digest of the bytes.
    Digest,
    /// In a fixed name, as the bytes were not known when the key was given out.
    Plain,
    /// In a name of its own: an earlier try under the same id came to nothing, and whoever still removes its
    /// object must not meet this one.
    Own(Uuid),
}

/// Where an image is in its life, as far as anybody sees it. Only an active one is ever shown in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Its bytes are on their way.
    Pending,
    /// Stored and listed.
    Active,
}

impl Status {
    /// The value as clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
        }
    }
}

/// An image as the service keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Its owner.
    pub user_id: UserId,
    /// The name the client's file had.
    pub filename: Option<Filename>,
    /// Read from the bytes.
    pub format: ImageFormat,
    /// The size of the bytes.
    pub size_bytes: u64,
    /// Width as displayed, after EXIF orientation.
    pub width_px: u32,
    /// Height as displayed, after EXIF orientation.
    pub height_px: u32,
    /// The digest of the bytes.
    pub sha256: Sha256Digest,
    /// How the key of its object ends.
    pub object_name: ObjectName,
    /// Tags.
    pub tags: Tags,
    /// Description.
    pub description: Option<Description>,
    /// Category.
    pub category: Option<Category>,
    /// Who may read it.
    pub visibility: Visibility,
    /// Custom fields.
    pub metadata: Option<Metadata>,
    /// What the camera noted.
    pub exif: Exif,
    /// `ThumbHash` of the upright picture.
    pub placeholder: Option<Vec<u8>>,
    /// Where it is in its life.
    pub status: Status,
    /// When it was uploaded, to the millisecond.
    pub created_at: DateTime<Utc>,
    /// When its metadata last changed, to the millisecond.
    pub updated_at: DateTime<Utc>,
    /// Counts the versions of its metadata, from 1.
    pub revision: u64,
}

impl Image {
    /// The version of the metadata, opaque, unquoted: what `ETag` and `If-Match` carry.
    #[must_use]
    pub fn etag(&self) -> String {
        let mut text = self.sha256.to_string();
        text.truncate(16);
        format!("{text}-{}", self.revision)
    }
}

impl Sha256Digest {
    /// Parses 64 hexadecimal digits.
    ///
    /// # Errors
    /// Any other text.
    pub fn from_hex(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("must be a SHA-256 digest in hex: 64 digits");
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        let mut digest = [0; 32];
        for (byte, index) in digest.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[index..index + 2], 16).map_err(|_| invalid())?;
        }
        Ok(Self(digest))
    }
}

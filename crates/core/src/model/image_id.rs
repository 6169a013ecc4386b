use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use super::{IdempotencyKey, UserId};

/// The id of an image: a UUID of version 7 (its first 48 bits are the milliseconds of its creation, so ids sort
/// by time), or of version 8 where it is derived from an idempotency key. RFC 9562.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImageId(Uuid);

impl ImageId {
    /// A new id, version 7.
    #[must_use]
    pub fn new(now: DateTime<Utc>, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The id of part `part` of what `user` uploads under an idempotency key, version 8: whoever repeats the
    /// request meets the same row.
    #[must_use]
    pub fn derived(user: &UserId, key: &IdempotencyKey, part: usize) -> Self {
        // Neither a user id nor a key can hold a line break, so no two inputs are alike.
        let text = format!("shoebox idempotency key\n{user}\n{}\n{part}", key.as_str());
        let digest: [u8; 32] = Sha256::digest(text).into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The last byte: evenly spread in both versions, so it picks shards.
    #[must_use]
    pub(crate) fn spread(self) -> u8 {
        self.0.as_bytes()[15]
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(formatter)
    }
}

/// The text has another shape than the ids of this service, so there is no such image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an image id")]
pub struct NotAnImageId;

impl FromStr for ImageId {
    type Err = NotAnImageId;

    fn from_str(text: &str) -> Result<Self, NotAnImageId> {
        const HYPHENATED_CHARS: usize = 36;
        if text.len() != HYPHENATED_CHARS {
            return Err(NotAnImageId);
        }
        let uuid = Uuid::try_parse(text).map_err(|_| NotAnImageId)?;
        match uuid.get_version_num() {
            7 | 8 => Ok(Self(uuid)),
            _ => Err(NotAnImageId),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_survive_text() {
        let at = |millis| DateTime::from_timestamp_millis(millis).unwrap();
        let early = ImageId::new(at(1_700_000_000_000), [0xff; 10]);
        let late = ImageId::new(at(1_700_000_000_001), [0; 10]);
        assert!(early.to_string() < late.to_string());
        assert_eq!(late.to_string().parse(), Ok(late));
    }

    #[test]
    fn derived_ids_are_the_same_for_the_same_request_alone() {
        let user = |name| UserId::parse(name).unwrap();
        let key = |text| IdempotencyKey::parse(text).unwrap();
        let id = ImageId::derived(&user("ann"), &key("k"), 0);
        assert_eq!(id, ImageId::derived(&user("ann"), &key("k"), 0));
        assert_ne!(id, ImageId::derived(&user("bob"), &key("k"), 0));
        assert_ne!(id, ImageId::derived(&user("ann"), &key("l"), 0));
        assert_ne!(id, ImageId::derived(&user("ann"), &key("k"), 1));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn any_other_shape_is_no_id() {
        let v4 = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        for text in [
            "",
            "1",
            "..",
            v4,
            "0192f0c18b6a7000800000000000000a",
            "../../etc/passwd",
        ] {
            assert_eq!(text.parse::<ImageId>(), Err(NotAnImageId), "{text}");
        }
    }
}

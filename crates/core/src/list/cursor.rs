//! `last_key`: where a page ended, opaque and tamper-evident.
//!
//! The seal keeps clients from building positions of their own; it guards nothing, as every request is
//! authorised anew and a position says no more than `date_to` could. So its key need not be secret: where
//! `LAST_KEY_SECRET` is not set it is derived from the table's name, the same in every function instance.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::ListQuery;
use crate::repo::{KeyRange, Position, Scope};

/// The form of the bytes that follow.
const VERSION: u8 = 1;
const FILTERS_BYTES: usize = 8;
const SEAL_BYTES: usize = 16;

/// Why a `last_key` is not taken: a sentence for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum CursorError {
    #[error("must be a last_key from an earlier answer")]
    NotOurs,
    #[error("belongs to a listing with other filters")]
    OtherFilters,
}

/// A digest of everything that decides which images are listed in which order. Page size is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Filters([u8; FILTERS_BYTES]);

impl Filters {
    pub(super) fn of(query: &ListQuery, scopes: &[Scope]) -> Self {
        let mut tags: Vec<&str> = query
            .tags
            .as_slice()
            .iter()
            .map(crate::Tag::as_str)
            .collect();
        tags.sort_unstable();
        let text = format!(
            "{scopes:?}{tags:?}{}{:?}{:?}{:?}{:?}{}",
            query.any_tag,
            query.category,
            query.content_type,
            query.date_from,
            query.date_to,
            query.newest_first,
        );
        let digest: [u8; 32] = Sha256::digest(text).into();
        let mut filters = [0; FILTERS_BYTES];
        filters.copy_from_slice(&digest[..FILTERS_BYTES]);
        Self(filters)
    }
}

/// The key that seals positions.
#[derive(Clone)]
pub(super) struct CursorKey([u8; 32]);

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CursorKey")
    }
}

impl CursorKey {
    pub(super) fn new(secret: Option<&str>, table: &str) -> Self {
        let mut digest = Sha256::new_with_prefix("shoebox last_key\0");
        digest.update(secret.unwrap_or(table));
        Self(digest.finalize().into())
    }

    /// A `last_key` for a position: base64url of version, filters, position and seal.
    pub(super) fn seal(&self, position: Position, filters: Filters) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(filters.0);
        bytes.extend(position.to_string().bytes());
        bytes.extend(self.seal_of(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position of a `last_key`. Without a secret anyone can seal one: DynamoDB fails for one outside of the
    /// range that is read, so it is refused here.
    pub(super) fn open(
        &self,
        text: &str,
        filters: Filters,
        range: &KeyRange,
    ) -> Result<Position, CursorError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| CursorError::NotOurs)?;
        let (sealed, seal) = bytes
            .split_last_chunk::<SEAL_BYTES>()
            .ok_or(CursorError::NotOurs)?;
        if !bool::from(self.seal_of(sealed).ct_eq(seal)) {
            return Err(CursorError::NotOurs);
        }
        let (version, sealed) = sealed.split_first().ok_or(CursorError::NotOurs)?;
        let (found, position) = sealed
            .split_first_chunk::<FILTERS_BYTES>()
            .ok_or(CursorError::NotOurs)?;
        if *version != VERSION {
            return Err(CursorError::NotOurs);
        }
        if found != &filters.0 {
            return Err(CursorError::OtherFilters);
        }
        let position = std::str::from_utf8(position).map_err(|_| CursorError::NotOurs)?;
        if position < range.lower.as_str() || position > range.upper.as_str() {
            return Err(CursorError::NotOurs);
        }
        Position::parse(position).ok_or(CursorError::NotOurs)
    }

    fn seal_of(&self, bytes: &[u8]) -> [u8; SEAL_BYTES] {
        let mut seal = [0; SEAL_BYTES];
        // HMAC takes keys of any length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) {
            mac.update(bytes);
            seal.copy_from_slice(&mac.finalize().into_bytes()[..SEAL_BYTES]);
        }
        seal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageId;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn position() -> Position {
        let created_at = DateTime::from_timestamp_millis(1_700_000_000_000).unwrap();
        Position {
            created_at,
            id: ImageId::new(created_at, [7; 10]),
        }
    }

    fn everything() -> KeyRange {
        KeyRange {
            lower: "0".to_owned(),
            upper: "9~".to_owned(),
        }
    }

    #[test]
    fn a_position_outside_the_range_is_refused_whoever_sealed_it() {
        let key = CursorKey::new(None, "table");
        let filters = Filters([1; FILTERS_BYTES]);
        let at = |millis| Position {
            created_at: DateTime::from_timestamp_millis(millis).unwrap(),
            ..position()
        };
        let range = KeyRange {
            lower: crate::timestamp(at(1_000).created_at),
            upper: crate::timestamp(at(2_000).created_at) + "$",
        };
        for (millis, is_inside) in [(999, false), (1_000, true), (2_000, true), (2_001, false)] {
            let opened = key.open(&key.seal(at(millis), filters), filters, &range);
            let expected = is_inside.then_some(at(millis));
            assert_eq!(opened, expected.ok_or(CursorError::NotOurs), "{millis}");
        }
        for year in [-1, 10_000] {
            let start = chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            let start = start.and_time(chrono::NaiveTime::MIN).and_utc();
            let sealed = key.seal(at(start.timestamp_millis()), filters);
            let opened = key.open(&sealed, filters, &everything());
            assert_eq!(opened, Err(CursorError::NotOurs), "{year}");
        }
    }

    proptest! {
        #[test]
        fn no_changed_last_key_is_taken(at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
            let key = CursorKey::new(None, "table");
            let filters = Filters([1; FILTERS_BYTES]);
            let sealed = key.seal(position(), filters);
            prop_assert_eq!(key.open(&sealed, filters, &everything()), Ok(position()));
            let mut bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
            let index = at.index(bytes.len());
            bytes[index] ^= flip;
            let changed = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(key.open(&changed, filters, &everything()), Err(CursorError::NotOurs));
        }

        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let key = CursorKey::new(None, "table");
            let opened = key.open(&text, Filters([0; FILTERS_BYTES]), &everything());
            prop_assert_eq!(opened, Err(CursorError::NotOurs));
        }
    }

    #[test]
    fn other_filters_and_other_secrets_do_not_open_it() {
        let key = CursorKey::new(Some("a"), "table");
        let sealed = key.seal(position(), Filters([1; FILTERS_BYTES]));
        assert_eq!(
            key.open(&sealed, Filters([2; FILTERS_BYTES]), &everything()),
            Err(CursorError::OtherFilters)
        );
        let other = CursorKey::new(Some("b"), "table");
        assert_eq!(
            other.open(&sealed, Filters([1; FILTERS_BYTES]), &everything()),
            Err(CursorError::NotOurs)
        );
    }
}

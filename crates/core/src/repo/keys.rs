//! Keys of the table. Values are escaped, so no tag and no user can forge the key of another.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};

use crate::{Category, Image, ImageId, Tag, UserId, Visibility, timestamp};
use imaging::ImageFormat;

/// Over how many partitions the feed of all public images is spread: eight take 8,000 writes a second.
pub(crate) const FEED_SHARDS: u8 = 8;
/// Over how many partitions the rows that await the sweeper are spread.
pub(crate) const SWEEP_SHARDS: u8 = 4;
/// The sparse index of the rows that await the sweeper: only they have its key attributes.
pub(super) const SWEEP_INDEX: &str = "SweepIndex";
/// The attribute that says from when on a row is the sweeper's, in seconds.
pub(super) const DUE_AT: &str = "due_at";
/// How long after the last write of its object could land a row is the sweeper's: longer than clocks differ.
const SWEEP_MARGIN: TimeDelta = TimeDelta::minutes(1);
/// The sort key of an image row.
pub(super) const IMAGE_SORT_KEY: &str = "IMG";

/// Whose listing a row belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// One user's images of one visibility.
    User(UserId, Visibility),
    /// A shard of the public images of all users.
    Feed(u8),
}

/// What a listing is narrowed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Facet {
    /// Nothing.
    Whole,
    /// One tag.
    Tag(Tag),
    /// One category.
    Category(Category),
    /// One content type.
    ContentType(ImageFormat),
}

impl Facet {
    /// Whether the image belongs to this facet.
    pub(crate) fn matches(&self, image: &Image) -> bool {
        match self {
            Self::Whole => true,
            Self::Tag(tag) => image.tags.contains(tag),
            Self::Category(category) => image.category.as_ref() == Some(category),
            Self::ContentType(format) => image.format == *format,
        }
    }
}

/// Where a row stands in every listing it is in: by time, then id. As a sort key `{created_at}#{id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) id: ImageId,
}

impl Position {
    pub(crate) fn of(image: &Image) -> Self {
        Self {
            created_at: image.created_at,
            id: image.id,
        }
    }

    /// Reads a sort key back.
    pub(crate) fn parse(sort_key: &str) -> Option<Self> {
        let (time, id) = sort_key.split_once('#')?;
        let created_at = DateTime::parse_from_rfc3339(time).ok()?.to_utc();
        let id = id.parse().ok()?;
        let position = Self { created_at, id };
        (position.to_string() == sort_key).then_some(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{}", timestamp(self.created_at), self.id)
    }
}

/// The partition key of an image row.
pub(super) fn image_partition(id: ImageId) -> String {
    format!("IMG#{id}")
}

/// The image whose row has this partition key.
pub(super) fn image_in(partition: &str) -> Option<ImageId> {
    partition.strip_prefix("IMG#")?.parse().ok()
}

/// The key attributes of `SweepIndex` for a row that is the sweeper's once `hold_until` has passed.
pub(super) fn due(id: ImageId, hold_until: DateTime<Utc>) -> [(String, AttributeValue); 2] {
    due_at(id, hold_until + SWEEP_MARGIN)
}

/// The key attributes of `SweepIndex` for a row that is the sweeper's from then on.
pub(super) fn due_at(id: ImageId, time: DateTime<Utc>) -> [(String, AttributeValue); 2] {
    let shard = (id.spread() % SWEEP_SHARDS).to_string();
    let seconds = time.timestamp().to_string();
    [
        ("sweep_shard".to_owned(), AttributeValue::S(shard)),
        (DUE_AT.to_owned(), AttributeValue::N(seconds)),
    ]
}

/// Whether a partition key is that of a listing, of a user or of the feed, with or without a facet.
pub(super) fn is_listing(partition: &str) -> bool {
    let is_facet = |kind: &str| matches!(kind, "T" | "C" | "Y");
    let segments: Vec<&str> = partition.split('#').collect();
    match segments.as_slice() {
        ["U", _user, visibility] => visibility.parse::<Visibility>().is_ok(),
        ["U", _user, visibility, kind, _value] => {
            visibility.parse::<Visibility>().is_ok() && is_facet(kind)
        }
        ["G", shard] => shard.parse::<u8>().is_ok(),
        ["G", kind, _value, shard] => shard.parse::<u8>().is_ok() && is_facet(kind),
        _ => false,
    }
}

/// The partition key of a listing.
pub(crate) fn partition(scope: &Scope, facet: &Facet) -> String {
    let facet = match facet {
        Facet::Whole => String::new(),
        Facet::Tag(tag) => format!("#T#{}", escaped(tag.as_str())),
        Facet::Category(category) => format!("#C#{}", escaped(category.as_str())),
        Facet::ContentType(format) => format!("#Y#{}", format.content_type()),
    };
    match scope {
        Scope::User(user, visibility) => {
            format!("U#{}#{visibility}{facet}", escaped(user.as_str()))
        }
        Scope::Feed(shard) => format!("G{facet}#{shard}"),
    }
}

/// The partition keys of every listing that shows the image.
pub(crate) fn listings(image: &Image) -> Vec<String> {
    let mut facets = vec![Facet::Whole, Facet::ContentType(image.format)];
    facets.extend(image.category.clone().map(Facet::Category));
    facets.extend(image.tags.as_slice().iter().cloned().map(Facet::Tag));
    let mut scopes = vec![Scope::User(image.user_id.clone(), image.visibility)];
    if image.visibility == Visibility::Public {
        scopes.push(Scope::Feed(image.id.spread() % FEED_SHARDS));
    }
    let keys = scopes
        .iter()
        .flat_map(|scope| facets.iter().map(|facet| partition(scope, facet)));
    keys.collect()
}

/// `#` parts the pieces of a key, so a piece must not hold one.
fn escaped(value: &str) -> String {
    value.replace('%', "%25").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Faults;

    fn tag(text: &str) -> Facet {
        let mut faults = Faults::default();
        let tags = crate::Tags::parse("tags", &[text.to_owned()], &mut faults);
        Facet::Tag(tags.as_slice()[0].clone())
    }

    #[test]
    fn no_tag_can_forge_the_key_of_another_listing() {
        let ann = Scope::User(UserId::parse("ann").unwrap(), Visibility::Public);
        assert_eq!(partition(&ann, &tag("sea")), "U#ann#public#T#sea");
        assert_eq!(partition(&ann, &tag("a#t#b")), "U#ann#public#T#a%23t%23b");
        assert_eq!(partition(&ann, &tag("a%23t")), "U#ann#public#T#a%2523t");
        assert_eq!(partition(&Scope::Feed(3), &tag("sea")), "G#T#sea#3");
        assert_eq!(partition(&Scope::Feed(3), &Facet::Whole), "G#3");
    }

    #[test]
    fn every_kind_of_listing_is_known_by_its_key_and_nothing_else_is() {
        let user = UserId::parse("a.b@x.org").unwrap();
        let category = Category::parse("a#b").unwrap();
        let facets = [
            Facet::Whole,
            tag("a#b"),
            Facet::Category(category),
            Facet::ContentType(ImageFormat::Avif),
        ];
        for facet in facets {
            for scope in [
                Scope::User(user.clone(), Visibility::Private),
                Scope::Feed(7),
            ] {
                let partition = partition(&scope, &facet);
                assert!(is_listing(&partition), "{partition}");
            }
        }
        for foreign in [
            "",
            "U",
            "G",
            "G#x",
            "U#ann",
            "U#ann#secret",
            "U#ann#public#X#sea",
            "G#X#sea#3",
            "GARDEN",
            "U#ann#public#T",
            "IMG#1",
            "G#T#sea#3#4",
        ] {
            assert!(!is_listing(foreign), "{foreign}");
        }
    }

    #[test]
    fn positions_sort_as_text_and_survive_it() {
        let at = |millis, byte| {
            let created_at = DateTime::from_timestamp_millis(millis).unwrap();
            Position {
                created_at,
                id: ImageId::new(created_at, [byte; 10]),
            }
        };
        let mut positions = [at(1_700_000_000_999, 1), at(1_700_000_001_000, 0), at(0, 9)];
        positions.sort();
        let texts = positions.map(|position| position.to_string());
        assert!(texts.is_sorted());
        assert_eq!(Position::parse(&texts[2]), Some(positions[2]));
        assert_eq!(Position::parse("2026-01-01#x"), None);
    }
}

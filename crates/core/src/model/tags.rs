use std::fmt;

use serde::{Deserialize, Serialize};

use super::Invalid;
use super::text::trimmed_lowercase;
use crate::Faults;

/// One tag: 1 to 64 characters, trimmed and lower-cased, without comma or control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(String);

impl Tag {
    /// The longest tag, in characters.
    pub const MAX_CHARS: usize = 64;

    fn parse(text: &str) -> Result<Self, Invalid> {
        trimmed_lowercase(text, Self::MAX_CHARS).map(Self)
    }

    /// The tag as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The tags of an image, or of a filter: at most 20, each once, in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// The most tags of one image. With every listing row of an image rewritten in one transaction of 100
    /// items, 20 old and 20 new tags still fit.
    pub const MAX_COUNT: usize = 20;

    /// Reads tags from texts, each of which may hold several, separated by commas. Between commas nothing at
    /// all is no tag; a text that is blank as a whole is a fault.
    pub fn parse(field: &str, texts: &[String], faults: &mut Faults) -> Self {
        let mut tags = Vec::new();
        for text in texts {
            if text.trim().is_empty() {
                faults.add(field, "a tag must not be blank");
            }
            for piece in text.split(',').filter(|piece| !piece.trim().is_empty()) {
                // However many come, one past the limit says enough.
                if tags.len() > Self::MAX_COUNT {
                    break;
                }
                match Tag::parse(piece) {
                    Ok(tag) if tags.contains(&tag) => {}
                    Ok(tag) => tags.push(tag),
                    Err(error) => faults.add(field, error),
                }
            }
        }
        if tags.len() > Self::MAX_COUNT {
            faults.add(
                field,
                format_args!("must be at most {} tags", Self::MAX_COUNT),
            );
        }
        Self(tags)
    }

    /// The tags in the order given.
    #[must_use]
    pub fn as_slice(&self) -> &[Tag] {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `tag` is among them.
    #[must_use]
    pub fn contains(&self, tag: &Tag) -> bool {
        self.0.contains(tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(texts: &[&str]) -> Result<Vec<String>, Faults> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let mut faults = Faults::default();
        let tags = Tags::parse("tags", &texts, &mut faults);
        faults.or(tags.as_slice().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn tags_are_split_trimmed_lowered_and_kept_once_in_order() {
        assert_eq!(
            parse(&["Sea, sun", "SEA,,x,"]).unwrap(),
            ["sea", "sun", "x"]
        );
        assert_eq!(parse(&[]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn bounds_hold_at_the_limit_and_one_past_it() {
        assert!(parse(&["a".repeat(64).as_str()]).is_ok());
        assert!(parse(&["a".repeat(65).as_str()]).is_err());
        let many = |count: u8| {
            (0..count)
                .map(|n| n.to_string())
                .collect::<Vec<_>>()
                .join(",")
        };
        assert!(parse(&[&many(20)]).is_ok());
        assert!(parse(&[&many(21)]).is_err());
    }

    #[test]
    fn every_bad_tag_is_named() {
        let faults = parse(&["", "ok", "a\u{7}b", &"x".repeat(65)]).unwrap_err();
        assert_eq!(faults.as_slice().len(), 3);
    }
}

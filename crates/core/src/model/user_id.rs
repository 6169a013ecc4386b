use std::fmt;

use serde::{Deserialize, Serialize};

use super::Invalid;

/// Whose image it is: 1 to 128 characters of `A-Z a-z 0-9 . _ @ : + -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct UserId(String);

impl UserId {
    /// The longest user id, in characters.
    pub const MAX_CHARS: usize = 128;

    /// Parses a user id.
    ///
    /// # Errors
    /// A length or a character outside the rule.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._@:+-".contains(&byte);
        if text.is_empty() || text.len() > Self::MAX_CHARS || !text.bytes().all(allowed) {
            return Err(Invalid::new(
                "must be 1 to 128 characters of A-Z a-z 0-9 . _ @ : + -",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for UserId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_holds_at_its_bounds() {
        assert!(UserId::parse(&"a".repeat(128)).is_ok());
        assert!(UserId::parse("Ann.B_c@x:1+2-3").is_ok());
        for wrong in ["", " ", "a b", "a/b", "a#b", "é", &"a".repeat(129)] {
            assert!(UserId::parse(wrong).is_err(), "{wrong}");
        }
    }
}

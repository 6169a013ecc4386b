use std::fmt;

use super::Invalid;

/// A client's name for one request, so that repeats of it have one effect: 1 to 128 visible ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest key, in characters.
    pub const MAX_CHARS: usize = 128;

    /// Parses a key.
    ///
    /// # Errors
    /// A length or a character outside the rule.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > Self::MAX_CHARS || !visible {
            return Err(Invalid::new("must be 1 to 128 visible ASCII characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Without the text: a key may be guessable, and names one user's request.
impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IdempotencyKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_holds_at_its_bounds() {
        assert!(IdempotencyKey::parse(&"k".repeat(128)).is_ok());
        for wrong in ["", "a b", "\u{e9}", "a\n", &"k".repeat(129)] {
            assert!(IdempotencyKey::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Invalid;

/// Trims and lower-cases, then demands 1 to `max_chars` characters and no control characters.
pub(super) fn trimmed_lowercase(text: &str, max_chars: usize) -> Result<String, Invalid> {
    let lowered = text.trim().to_lowercase();
    bounded(&lowered, max_chars)?;
    Ok(lowered)
}

fn bounded(text: &str, max_chars: usize) -> Result<(), Invalid> {
    if text.is_empty() || text.chars().count() > max_chars {
        return Err(Invalid::new(format!(
            "must be 1 to {max_chars} characters long"
        )));
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid::new("must not hold control characters"));
    }
    Ok(())
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The value as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_type! {
    /// The name that the client's file had: 1 to 255 characters, the last segment of whatever path came.
    /// Only ever shown back; no key and no path is built from it.
    Filename
}

impl Filename {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 255;

    /// Keeps the last segment of a path written with `/` or `\`.
    ///
    /// # Errors
    /// An empty or too long segment, one of dots alone, or control characters.
    pub fn parse(path: &str) -> Result<Self, Invalid> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path).trim();
        bounded(name, Self::MAX_CHARS)?;
        if name == "." || name == ".." {
            return Err(Invalid::new("must name a file"));
        }
        Ok(Self(name.to_owned()))
    }
}

text_type! {
    /// A description: 1 to 2,000 characters.
    Description
}

impl Description {
    /// The longest description, in characters.
    pub const MAX_CHARS: usize = 2_000;

    /// Parses a description; a blank one is none.
    ///
    /// # Errors
    /// One that is too long.
    pub fn parse(text: &str) -> Result<Option<Self>, Invalid> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(Invalid::new("must be at most 2000 characters long"));
        }
        Ok(Some(Self(text.to_owned())))
    }
}

text_type! {
    /// A category: 1 to 64 characters, trimmed and lower-cased.
    Category
}

impl Category {
    /// The longest category, in characters.
    pub const MAX_CHARS: usize = 64;

    /// Parses a category.
    ///
    /// # Errors
    /// A blank or too long one, or control characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        trimmed_lowercase(text, Self::MAX_CHARS).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_segment_of_a_path_is_a_filename() {
        for path in [
            "cat.jpg",
            "/etc/cat.jpg",
            r"C:\pictures\cat.jpg",
            "../../cat.jpg",
        ] {
            assert_eq!(Filename::parse(path).unwrap().as_str(), "cat.jpg");
        }
        for wrong in ["", "a/", "..", ".", "a\nb", &"x".repeat(256)] {
            assert!(Filename::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(Filename::parse(&"é".repeat(255)).is_ok());
    }

    #[test]
    fn a_description_counts_characters_not_bytes() {
        assert!(Description::parse(&"é".repeat(2_000)).unwrap().is_some());
        assert!(Description::parse(&"e".repeat(2_001)).is_err());
        assert_eq!(Description::parse("  ").unwrap(), None);
    }

    #[test]
    fn a_category_is_lowered_and_bounded() {
        assert_eq!(
            Category::parse(" Landscape ").unwrap().as_str(),
            "landscape"
        );
        assert!(Category::parse(&"c".repeat(64)).is_ok());
        assert!(Category::parse(&"c".repeat(65)).is_err());
        assert!(Category::parse(" ").is_err());
    }
}

//! Everything that is wrong with a request, collected so that the client hears of all of it at once.

use std::borrow::Cow;
use std::fmt;

/// One thing that is wrong with the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field, parameter or header, as the client named it.
    pub field: String,
    /// What it must be.
    pub detail: String,
}

/// All that is wrong with the input. Empty while nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    told: Vec<Fault>,
    /// How many more there are than are told.
    untold: usize,
}

/// The most faults that are told of one request: a client that sends more errors than this is not helped by them,
/// and the answer must stay small. Of the rest the number is told.
const MAX_FAULTS: usize = 50;
/// The most characters of a field's name that are repeated: names can be the client's own.
const MAX_FIELD_CHARS: usize = 64;
/// The most characters of a detail.
const MAX_DETAIL_CHARS: usize = 256;

/// The text, or where it has more than `max_chars` characters as many of them, the last an ellipsis: what a client
/// sent is repeated no longer than it needs to be recognised.
#[must_use]
pub fn abridged(text: &str, max_chars: usize) -> Cow<'_, str> {
    const MARK: char = '…';
    if text.chars().nth(max_chars).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().take(max_chars.saturating_sub(1));
    Cow::Owned(kept.chain([MARK]).collect())
}

impl Faults {
    /// Notes that `field` is wrong. What two readers of a field find alike is one fault.
    pub fn add(&mut self, field: impl Into<String>, detail: impl fmt::Display) {
        let fault = Fault {
            field: abridged(&field.into(), MAX_FIELD_CHARS).into_owned(),
            detail: abridged(&detail.to_string(), MAX_DETAIL_CHARS).into_owned(),
        };
        if self.told.contains(&fault) {
            return;
        }
        if self.told.len() == MAX_FAULTS {
            self.untold += 1;
            return;
        }
        self.told.push(fault);
    }

    /// Notes that `field` is not there, unless it is and was found wrong before.
    pub fn add_missing(&mut self, field: &str, detail: impl fmt::Display) {
        if !self.told.iter().any(|fault| fault.field == field) {
            self.add(field, detail);
        }
    }

    /// Keeps the value, or notes the error under `field` and gives nothing.
    pub fn check<T, E: fmt::Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.add(field, error)).ok()
    }

    /// `value` where nothing was found wrong.
    ///
    /// # Errors
    /// The faults themselves.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// The faults in the order they were found, the first 50 of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Fault] {
        &self.told
    }

    /// How many there are, told or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.told.len() + self.untold
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.told.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{}: {}", fault.field, fault.detail)?;
        }
        match self.untold {
            0 => Ok(()),
            untold => write!(formatter, "; and {untold} more"),
        }
    }
}

impl std::error::Error for Faults {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_much_is_wrong_what_is_told_stays_small_and_says_how_much_is_not() {
        let mut faults = Faults::default();
        for index in 0..MAX_FAULTS {
            let field = format!("{index}{}", "é".repeat(MAX_FIELD_CHARS));
            faults.add(field, "x".repeat(MAX_DETAIL_CHARS + 1));
        }
        assert!(!faults.to_string().contains("more"), "{faults}");
        for _ in 0..100_000 {
            faults.add("last", "is wrong");
        }
        assert_eq!(faults.as_slice().len(), MAX_FAULTS);
        assert_eq!(faults.count(), MAX_FAULTS + 100_000);
        assert!(faults.to_string().ends_with("; and 100000 more"));
        for fault in faults.as_slice() {
            assert_eq!(fault.field.chars().count(), MAX_FIELD_CHARS);
            assert_eq!(fault.detail.chars().count(), MAX_DETAIL_CHARS);
        }
    }

    #[test]
    fn what_two_readers_of_a_field_find_alike_is_one_fault_wherever_it_is_told() {
        let mut faults = Faults::default();
        for detail in ["is wrong", "is long", "is wrong"] {
            faults.add("user_id", detail);
        }
        assert_eq!(faults.count(), 2);
        assert_eq!(faults.to_string(), "user_id: is wrong; user_id: is long");
    }

    #[test]
    fn a_text_is_abridged_one_past_the_limit() {
        assert_eq!(abridged("éé", 2), "éé");
        assert_eq!(abridged("ééé", 2), "é…");
        assert_eq!(abridged("", 0), "");
    }
}

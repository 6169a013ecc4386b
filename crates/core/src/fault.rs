//! Everything that is wrong with a request, collected so that the client hears of all of it at once.

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
pub struct Faults(Vec<Fault>);

/// The most faults that are told of one request: a client that sends more errors than this is not helped by them,
/// and the answer must stay small.
const MAX_FAULTS: usize = 50;
/// The most characters of a field's name that are repeated: names can be the client's own.
const MAX_FIELD_CHARS: usize = 64;

impl Faults {
    /// Notes that `field` is wrong.
    pub fn add(&mut self, field: impl Into<String>, detail: impl fmt::Display) {
        if self.0.len() < MAX_FAULTS {
            self.0.push(Fault {
                field: field.into().chars().take(MAX_FIELD_CHARS).collect(),
                detail: detail.to_string(),
            });
        }
    }

    /// Notes that `field` is not there, unless it is and was found wrong before.
    pub fn add_missing(&mut self, field: &str, detail: impl fmt::Display) {
        if !self.0.iter().any(|fault| fault.field == field) {
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
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// The faults in the order they were found.
    #[must_use]
    pub fn as_slice(&self) -> &[Fault] {
        &self.0
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{}: {}", fault.field, fault.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_much_is_wrong_what_is_told_stays_small() {
        let mut faults = Faults::default();
        for index in 0..=MAX_FAULTS {
            faults.add(
                format!("{index}{}", "é".repeat(MAX_FIELD_CHARS)),
                "is wrong",
            );
        }
        assert_eq!(faults.as_slice().len(), MAX_FAULTS);
        let chars = faults
            .as_slice()
            .iter()
            .map(|fault| fault.field.chars().count());
        assert_eq!(chars.max(), Some(MAX_FIELD_CHARS));
    }
}

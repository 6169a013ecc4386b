use serde_json::{Map, Value};

use super::Invalid;

/// Custom fields of an image: a JSON object of up to 4 KB serialized.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// The largest object, in bytes of compact JSON.
    pub const MAX_BYTES: usize = 4_096;
    /// The most objects and arrays inside one another. What is stored must be readable again, and `serde_json`
    /// reads 128 levels.
    pub const MAX_DEPTH: usize = 32;

    /// Parses custom fields; an empty object is none.
    ///
    /// # Errors
    /// Anything but an object, or one that is too large.
    pub fn parse(value: Value) -> Result<Option<Self>, Invalid> {
        let Value::Object(fields) = value else {
            return Err(Invalid::new("must be a JSON object"));
        };
        if fields.is_empty() {
            return Ok(None);
        }
        if !fields
            .values()
            .all(|value| is_within(value, Self::MAX_DEPTH - 1))
        {
            return Err(Invalid::new("must be at most 32 objects and arrays deep"));
        }
        let metadata = Self(fields);
        if metadata.to_json().len() > Self::MAX_BYTES {
            return Err(Invalid::new("must be at most 4096 bytes of JSON"));
        }
        Ok(Some(metadata))
    }

    /// Custom fields that were checked when they were stored. They are not checked again: what was taken must stay
    /// readable, whatever the limits have become since.
    pub(crate) fn stored(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Compact JSON, which is how it is stored: DynamoDB's own maps stop at 32 levels and 38 digits.
    pub(crate) fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// Whether a value is at most so many objects and arrays deep.
fn is_within(value: &Value, depth: usize) -> bool {
    let inner = |value| depth > 0 && is_within(value, depth - 1);
    match value {
        Value::Object(fields) => depth > 0 && fields.values().all(inner),
        Value::Array(items) => depth > 0 && items.iter().all(inner),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn depth_holds_at_the_limit_and_one_past_it() {
        let nested = |depth: usize| {
            let inner = |value, level| match level % 2 {
                0 => json!([value]),
                _ => json!({ "k": value }),
            };
            json!({ "k": (1..depth).fold(json!(1), inner) })
        };
        assert!(Metadata::parse(nested(Metadata::MAX_DEPTH)).is_ok());
        assert!(Metadata::parse(nested(Metadata::MAX_DEPTH + 1)).is_err());
    }

    #[test]
    fn only_an_object_within_the_limit_is_taken() {
        let sized = |bytes: usize| json!({ "k": "v".repeat(bytes - r#"{"k":""}"#.len()) });
        assert!(Metadata::parse(sized(4_096)).unwrap().is_some());
        assert!(Metadata::parse(sized(4_097)).is_err());
        assert!(Metadata::parse(json!([1])).is_err());
        assert_eq!(Metadata::parse(json!({})), Ok(None));
    }
}

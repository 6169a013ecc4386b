//! Attributes that come as text: in a form's fields or a query string.

use shoebox_core::{AttributeFields, Faults};

use crate::json;
use crate::query::CONTRADICTION;

/// Sets the attribute `name`. An unknown name, and a blank value as HTML forms send it, are passed over. Only `tags`
/// may come more than once with different values.
pub(super) fn set(fields: &mut AttributeFields, name: &str, value: String, faults: &mut Faults) {
    if value.trim().is_empty() {
        return;
    }
    let name = name.strip_suffix("[]").unwrap_or(name);
    match name {
        "user_id" => set_once(&mut fields.user_id, name, Some(value), faults),
        "filename" => set_once(&mut fields.filename, name, Some(value), faults),
        "description" => set_once(&mut fields.description, name, Some(value), faults),
        "category" => set_once(&mut fields.category, name, Some(value), faults),
        "visibility" => set_once(&mut fields.visibility, name, Some(value), faults),
        "tags" => fields.tags.extend(split_tags(value)),
        "metadata" => {
            let metadata = faults.check(name, json::value(&value));
            set_once(&mut fields.metadata, name, metadata, faults);
        }
        "width" => {
            let width = number(name, &value, faults);
            set_once(&mut fields.width, name, width, faults);
        }
        "height" => {
            let height = number(name, &value, faults);
            set_once(&mut fields.height, name, height, faults);
        }
        _ => {}
    }
}

/// Sets what may come only once: the last of two would be stored, and the client not know which.
fn set_once<T: PartialEq>(
    field: &mut Option<T>,
    name: &str,
    value: Option<T>,
    faults: &mut Faults,
) {
    match (&*field, value) {
        (Some(earlier), Some(value)) if *earlier != value => faults.add(name, CONTRADICTION),
        (_, Some(value)) => *field = Some(value),
        (_, None) => {}
    }
}

/// The tags in one text: those of a JSON array, or the text itself, whose commas are read later.
pub(super) fn split_tags(text: String) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    if text.trim_start().starts_with('[')
        && let Ok(tags) = serde_json::from_str(&text)
    {
        return tags;
    }
    vec![text]
}

fn number(field: &str, text: &str, faults: &mut Faults) -> Option<u32> {
    let number = text.trim().parse().ok();
    if number.is_none() {
        faults.add(field, "must be a whole number");
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (AttributeFields, Faults) {
        let mut fields = AttributeFields::default();
        let mut faults = Faults::default();
        for (name, value) in pairs {
            set(&mut fields, name, (*value).to_owned(), &mut faults);
        }
        (fields, faults)
    }

    #[test]
    fn tags_come_as_text_as_json_or_repeated() {
        let (fields, faults) = read(&[("tags", "a, b"), ("tags[]", "c"), ("tags", r#"["d","e"]"#)]);
        assert_eq!(fields.tags, ["a, b", "c", "d", "e"]);
        assert!(faults.is_empty());
        assert_eq!(read(&[("tags", "[not json")]).0.tags, ["[not json"]);
    }

    #[test]
    fn two_different_values_are_a_fault_and_two_equal_ones_are_not() {
        let pairs = |value: &'static str, other: &'static str| {
            [
                ("user_id", value),
                ("user_id", other),
                ("visibility", value),
                ("visibility[]", other),
                ("width", value),
                ("width", other),
                ("metadata", value),
                ("metadata", other),
            ]
        };
        assert!(read(&pairs("1", "1")).1.is_empty());
        let (fields, faults) = read(&pairs("1", "2"));
        let named: Vec<_> = faults
            .as_slice()
            .iter()
            .map(|fault| fault.field.as_str())
            .collect();
        assert_eq!(named, ["user_id", "visibility", "width", "metadata"]);
        assert_eq!(fields.user_id.as_deref(), Some("1"));
    }

    #[test]
    fn everything_that_is_no_number_or_json_is_named() {
        let (_, faults) = read(&[("width", "1.5"), ("height", "-2"), ("metadata", "{")]);
        let named: Vec<_> = faults
            .as_slice()
            .iter()
            .map(|fault| fault.field.as_str())
            .collect();
        assert_eq!(named, ["width", "height", "metadata"]);
    }

    #[test]
    fn blank_and_unknown_fields_are_passed_over() {
        let (fields, faults) = read(&[("tags", " "), ("width", ""), ("csrf_token", "x")]);
        assert_eq!(fields, AttributeFields::default());
        assert!(faults.is_empty());
    }
}

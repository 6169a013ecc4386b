//! Attributes that come as text: in a form's fields or a query string.

use shoebox_core::{AttributeFields, Faults};

use crate::json;

/// Sets the attribute `name`. An unknown name, and a blank value as HTML forms send it, are passed over.
pub(super) fn set(fields: &mut AttributeFields, name: &str, value: String, faults: &mut Faults) {
    if value.trim().is_empty() {
        return;
    }
    match name.strip_suffix("[]").unwrap_or(name) {
        "user_id" => fields.user_id = Some(value),
        "filename" => fields.filename = Some(value),
        "description" => fields.description = Some(value),
        "category" => fields.category = Some(value),
        "visibility" => fields.visibility = Some(value),
        "tags" => fields.tags.extend(split_tags(value)),
        "metadata" => fields.metadata = faults.check("metadata", json::value(&value)),
        "width" => fields.width = number("width", &value, faults),
        "height" => fields.height = number("height", &value, faults),
        _ => {}
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

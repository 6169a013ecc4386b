//! The form `application/json`: the bytes are base64 in `file_data`.

use serde_json::Value;
use shoebox_core::{AttributeFields, DirectFields, Faults};

use super::base64::decode;
use super::fields::split_tags;
use super::{UploadForm, UploadedFile};
use crate::failure::Failure;
use crate::json::{self, JsonMembers};

/// Reads the body; what it decodes to borrows nothing from it.
pub(super) fn read(body: &[u8], faults: &mut Faults) -> Result<UploadForm, Failure> {
    let members = JsonMembers::parse(body)?;
    let fields = attributes(&members, faults);
    let declared_type = members.string("content_type", faults);
    let files = file(&members, declared_type, faults).into_iter().collect();
    Ok(UploadForm { fields, files })
}

/// Reads the declaration of a direct upload: the attributes, and of the bytes only what they will be.
pub(super) fn read_declaration(
    body: &[u8],
    faults: &mut Faults,
) -> Result<(AttributeFields, DirectFields), Failure> {
    let members = JsonMembers::parse(body)?;
    let direct = DirectFields {
        content_type: members.string("content_type", faults),
        size: members.number("size", faults),
        sha256: members.string("sha256", faults),
    };
    Ok((attributes(&members, faults), direct))
}

fn attributes(members: &JsonMembers<'_>, faults: &mut Faults) -> AttributeFields {
    let mut text = |name| members.string(name, faults);
    AttributeFields {
        user_id: text("user_id"),
        filename: text("filename"),
        description: text("description"),
        category: text("category"),
        visibility: text("visibility"),
        width: members.number("width", faults),
        height: members.number("height", faults),
        tags: members
            .value("tags", faults)
            .map_or_else(Vec::new, |value| tags(value, faults)),
        metadata: members
            .value("metadata", faults)
            .and_then(|value| unwrapped(value, faults)),
    }
}

fn file(
    members: &JsonMembers<'_>,
    declared_type: Option<String>,
    faults: &mut Faults,
) -> Option<UploadedFile> {
    let known = faults.as_slice().len();
    let Some(text) = members.text("file_data", faults) else {
        if faults.as_slice().len() == known {
            faults.add("file_data", "is required: the image's bytes in base64");
        }
        return None;
    };
    match decode(&text) {
        Ok(decoded) => Some(UploadedFile {
            bytes: decoded.bytes.into(),
            filename: None,
            declared_type: decoded
                .declared_type
                .or(declared_type)
                .filter(|name| is_image(name)),
        }),
        Err(error) => {
            faults.add("file_data", error.0);
            None
        }
    }
}

/// Only a declared image type can contradict the bytes; `application/octet-stream` says nothing.
fn is_image(media_type: &str) -> bool {
    media_type.trim().to_ascii_lowercase().starts_with("image/")
}

fn tags(value: Value, faults: &mut Faults) -> Vec<String> {
    match value {
        Value::String(text) => split_tags(text),
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .filter_map(|(index, item)| match item {
                Value::String(tag) => Some(tag),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Array(_)
                | Value::Object(_) => {
                    faults.add(format!("tags[{index}]"), "must be a string");
                    None
                }
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            faults.add(
                "tags",
                "must be an array of strings or a comma-separated string",
            );
            Vec::new()
        }
    }
}

/// Custom fields that were serialized twice.
fn unwrapped(value: Value, faults: &mut Faults) -> Option<Value> {
    match value {
        Value::String(text) => faults.check("metadata", json::value(&text)),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(body: &Value) -> (UploadForm, Faults) {
        let mut faults = Faults::default();
        let form = read(body.to_string().as_bytes(), &mut faults).unwrap();
        (form, faults)
    }

    #[test]
    fn all_members_are_read() {
        let (form, faults) = form(&json!({
            "file_data": "QUJD", "user_id": "ann", "filename": "a.png", "tags": ["a", "b,c"],
            "description": "d", "category": "c", "visibility": "private",
            "metadata": {"k": 1}, "width": 3, "height": "4", "content_type": "image/png", "more": 1,
        }));
        assert!(faults.is_empty(), "{faults}");
        assert_eq!(form.files.len(), 1);
        assert_eq!(form.files[0].bytes, "ABC");
        assert_eq!(form.files[0].declared_type.as_deref(), Some("image/png"));
        let fields = form.fields;
        assert_eq!(fields.tags, ["a", "b,c"]);
        assert_eq!(fields.metadata, Some(json!({"k": 1})));
        assert_eq!((fields.width, fields.height), (Some(3), Some(4)));
        assert_eq!(fields.user_id.as_deref(), Some("ann"));
        assert_eq!(fields.visibility.as_deref(), Some("private"));
    }

    #[test]
    fn every_wrong_member_is_named_at_once() {
        let (_, faults) = form(&json!({
            "user_id": 1, "filename": [], "description": {}, "category": true, "visibility": 0,
            "width": "wide", "height": 1.5, "tags": [1, "ok", null], "file_data": "*",
        }));
        let named: Vec<_> = faults
            .as_slice()
            .iter()
            .map(|fault| fault.field.as_str())
            .collect();
        assert_eq!(
            named,
            [
                "user_id",
                "filename",
                "description",
                "category",
                "visibility",
                "width",
                "height",
                "tags[0]",
                "tags[2]",
                "file_data",
            ]
        );
        let (_, faults) = form(&json!({ "file_data": 5, "tags": 1 }));
        assert_eq!(faults.as_slice().len(), 2);
        let (_, faults) = form(&json!({}));
        assert!(faults.as_slice()[0].detail.starts_with("is required"));
    }

    #[test]
    fn tags_and_metadata_may_be_texts() {
        let (form, faults) = form(&json!({
            "file_data": "", "tags": "[\"a\",\"b\"]", "metadata": "{\"k\":[1]}", "content_type": "text/plain",
        }));
        assert!(faults.is_empty());
        assert_eq!(form.fields.tags, ["a", "b"]);
        assert_eq!(form.fields.metadata, Some(json!({"k": [1]})));
        assert_eq!(form.files[0].declared_type, None);
    }
}

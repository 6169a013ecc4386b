use serde_json::Value;

use super::{Category, Description, Filename, Metadata, Tags, Visibility};
use crate::Faults;

/// What a client said of an image, in whatever form, not yet checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttributeFields {
    /// Whose image it is to be, where the identity is not proven otherwise.
    pub user_id: Option<String>,
    /// The file's name.
    pub filename: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// One category.
    pub category: Option<String>,
    /// `private` or `public`.
    pub visibility: Option<String>,
    /// Tags; each text may hold several, separated by commas.
    pub tags: Vec<String>,
    /// Custom fields.
    pub metadata: Option<Value>,
    /// The width that the client believes the image has, in pixels as displayed.
    pub width: Option<u32>,
    /// The height that the client believes the image has, in pixels as displayed.
    pub height: Option<u32>,
}

/// What a client said of an image, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes {
    /// The file's name.
    pub filename: Option<Filename>,
    /// Free text.
    pub description: Option<Description>,
    /// One category.
    pub category: Option<Category>,
    /// Who may read it; the service's default where absent.
    pub visibility: Option<Visibility>,
    /// The tags.
    pub tags: Tags,
    /// Custom fields.
    pub metadata: Option<Metadata>,
    /// The claimed width, in pixels as displayed.
    pub width_px: Option<u32>,
    /// The claimed height, in pixels as displayed.
    pub height_px: Option<u32>,
}

impl Attributes {
    /// Checks every field, notes all faults, and gives what is good: use it only where no fault was noted.
    pub fn parse(fields: AttributeFields, faults: &mut Faults) -> Self {
        let optional = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            filename: optional(fields.filename)
                .and_then(|text| faults.check("filename", Filename::parse(&text))),
            description: fields.description.and_then(|text| {
                faults
                    .check("description", Description::parse(&text))
                    .flatten()
            }),
            category: optional(fields.category)
                .and_then(|text| faults.check("category", Category::parse(&text))),
            visibility: optional(fields.visibility)
                .and_then(|text| faults.check("visibility", text.parse())),
            tags: Tags::parse("tags", &fields.tags, faults),
            metadata: fields
                .metadata
                .and_then(|value| faults.check("metadata", Metadata::parse(value)).flatten()),
            width_px: fields.width,
            height_px: fields.height,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named_at_once() {
        let mut faults = Faults::default();
        Attributes::parse(
            AttributeFields {
                filename: Some("..".into()),
                description: Some("d".repeat(2_001)),
                category: Some(" ".into()),
                visibility: Some("hidden".into()),
                tags: vec!["t".repeat(65)],
                metadata: Some(Value::Null),
                ..AttributeFields::default()
            },
            &mut faults,
        );
        let fields: Vec<_> = faults
            .as_slice()
            .iter()
            .map(|fault| fault.field.as_str())
            .collect();
        assert_eq!(
            fields,
            [
                "filename",
                "description",
                "category",
                "visibility",
                "tags",
                "metadata"
            ]
        );
    }
}

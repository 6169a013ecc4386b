use serde_json::{Map, Value};

use crate::{Category, Description, Faults, Image, Metadata, Tags, Visibility};

/// A checked merge patch. Of each member: absent, left alone; null, removed; a value, set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patch {
    tags: Option<Tags>,
    description: Change<Description>,
    category: Change<Category>,
    visibility: Option<Visibility>,
    metadata: Option<Value>,
}

/// What a patch does to an optional member.
#[derive(Debug, Clone, Default, PartialEq)]
enum Change<T> {
    #[default]
    Keep,
    Set(Option<T>),
}

impl<T: Clone> Change<T> {
    fn apply(&self, target: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Set(value) => target.clone_from(value),
        }
    }
}

/// The members that a patch may have.
const MEMBERS: [&str; 5] = ["tags", "description", "category", "visibility", "metadata"];

impl Patch {
    /// Checks every member and notes all faults; members that cannot be changed are faults too.
    pub fn parse(mut members: Map<String, Value>, faults: &mut Faults) -> Self {
        for name in members
            .keys()
            .filter(|name| !MEMBERS.contains(&name.as_str()))
        {
            faults.add(
                name.as_str(),
                format_args!("cannot be changed; only {} can", MEMBERS.join(", ")),
            );
        }
        let mut member = |name| members.remove(name);
        Self {
            tags: member("tags").map(|value| tags(value, faults)),
            description: member("description").map_or(Change::Keep, |value| {
                let text = text("description", value, faults);
                let parsed =
                    text.map(|text| faults.check("description", Description::parse(&text)));
                Change::Set(parsed.flatten().flatten())
            }),
            category: member("category").map_or(Change::Keep, |value| {
                let text = text("category", value, faults);
                let parsed = text.map(|text| faults.check("category", Category::parse(&text)));
                Change::Set(parsed.flatten())
            }),
            visibility: member("visibility").and_then(|value| match value {
                Value::String(text) => faults.check("visibility", text.parse()),
                _ => faults.check("visibility", Err("must be private or public")),
            }),
            metadata: member("metadata").inspect(|value| {
                if !value.is_object() && !value.is_null() {
                    faults.add("metadata", "must be a JSON object or null");
                }
            }),
        }
    }

    /// The image as the patch leaves it.
    ///
    /// # Errors
    /// Custom fields that have grown too large.
    pub(super) fn apply(&self, image: &Image) -> Result<Image, Faults> {
        let mut faults = Faults::default();
        let mut changed = image.clone();
        if let Some(tags) = &self.tags {
            changed.tags = tags.clone();
        }
        self.description.apply(&mut changed.description);
        self.category.apply(&mut changed.category);
        if let Some(visibility) = self.visibility {
            changed.visibility = visibility;
        }
        if let Some(patch) = &self.metadata {
            let mut fields = image
                .metadata
                .as_ref()
                .map(Metadata::fields)
                .cloned()
                .map_or(Value::Null, Value::Object);
            merge(&mut fields, patch);
            changed.metadata = match fields {
                Value::Null => None,
                fields => faults.check("metadata", Metadata::parse(fields)).flatten(),
            };
        }
        faults.or(changed)
    }
}

fn text(name: &str, value: Value, faults: &mut Faults) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            faults.add(name, "must be a string or null");
            None
        }
    }
}

fn tags(value: Value, faults: &mut Faults) -> Tags {
    let texts = match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) if text.is_empty() => Some(Vec::new()),
        Value::String(text) => Some(vec![text]),
        Value::Array(values) => {
            let texts = values.into_iter().map(|value| match value {
                Value::String(text) => Some(text),
                _ => None,
            });
            texts.collect()
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    };
    let Some(texts) = texts else {
        faults.add("tags", "must be an array of strings or null");
        return Tags::default();
    };
    Tags::parse("tags", &texts, faults)
}

/// `MergePatch` of RFC 7396 section 2.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(fields) = target {
        for (name, value) in members {
            if value.is_null() {
                fields.remove(name);
            } else {
                merge(fields.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_examples_of_rfc_7396_hold() {
        let cases = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (
                json!({"a": "b"}),
                json!({"b": "c"}),
                json!({"a": "b", "b": "c"}),
            ),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (
                json!({"a": "b", "b": "c"}),
                json!({"a": null}),
                json!({"b": "c"}),
            ),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (
                json!({"a": [{"b": "c"}]}),
                json!({"a": [1]}),
                json!({"a": [1]}),
            ),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (
                json!({"e": null}),
                json!({"a": 1}),
                json!({"e": null, "a": 1}),
            ),
            (
                json!([1, 2]),
                json!({"a": "b", "c": null}),
                json!({"a": "b"}),
            ),
            (
                json!({}),
                json!({"a": {"bb": {"ccc": null}}}),
                json!({"a": {"bb": {}}}),
            ),
        ];
        for (mut target, patch, result) in cases {
            merge(&mut target, &patch);
            assert_eq!(target, result, "{patch}");
        }
    }

    #[test]
    fn every_member_that_is_wrong_is_named() {
        let Value::Object(members) = json!({
            "tags": [1], "description": 1, "category": "", "visibility": null, "metadata": [], "size": 1
        }) else {
            unreachable!()
        };
        let mut faults = Faults::default();
        Patch::parse(members, &mut faults);
        let mut fields: Vec<_> = faults
            .as_slice()
            .iter()
            .map(|fault| fault.field.as_str())
            .collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "category",
                "description",
                "metadata",
                "size",
                "tags",
                "visibility"
            ]
        );
    }
}

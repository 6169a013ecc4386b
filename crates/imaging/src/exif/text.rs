//! Texts: cameras write them padded, with control characters, and of any length.

use super::tiff::{Fields, Tag};

/// Longest text kept, in characters.
const MAX_TEXT_CHARS: usize = 128;

/// A text as it can be shown: no control characters, no padding, at most 128 characters; none if
/// nothing is left.
fn clean(bytes: &[u8]) -> Option<String> {
    let text: String = String::from_utf8_lossy(bytes)
        .chars()
        .filter(|character| !character.is_control() && *character != char::REPLACEMENT_CHARACTER)
        .collect();
    let text: String = text.trim().chars().take(MAX_TEXT_CHARS).collect();
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A field's text, as it can be shown.
pub(super) fn of(fields: &Fields<'_>, tag: Tag) -> Option<String> {
    clean(fields.ascii(tag)?)
}

/// Maker and model; the maker once only where the model begins with it, as Canon's do.
pub(super) fn camera(fields: &Fields<'_>) -> Option<String> {
    match (of(fields, Tag::MAKE), of(fields, Tag::MODEL)) {
        (Some(make), Some(model)) => Some(join(&make, &model)),
        (make, model) => model.or(make),
    }
}

fn join(make: &str, model: &str) -> String {
    let begins_with_make = model
        .get(..make.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(make));
    if begins_with_make {
        return model.to_owned();
    }
    format!("{make} {model}")
        .chars()
        .take(MAX_TEXT_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_and_control_characters_are_dropped() {
        assert_eq!(
            clean(b"  NIKON\x07 \x1b[31m "),
            Some("NIKON [31m".to_owned())
        );
        assert_eq!(clean(b" \r\n"), None);
        assert_eq!(clean(b"caf\xE9"), Some("caf".to_owned()));
    }

    #[test]
    fn texts_are_cut_at_their_longest_length() {
        assert_eq!(clean(&[b'a'; 128]).map(|text| text.len()), Some(128));
        assert_eq!(clean(&[b'a'; 129]).map(|text| text.len()), Some(128));
        assert_eq!(join(&"a".repeat(100), &"b".repeat(100)).len(), 128);
    }

    #[test]
    fn the_maker_is_not_named_twice() {
        assert_eq!(join("Canon", "Canon EOS 5D"), "Canon EOS 5D");
        assert_eq!(join("SONY", "ILCE-7M3"), "SONY ILCE-7M3");
    }
}

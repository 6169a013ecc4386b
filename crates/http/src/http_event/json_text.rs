//! Texts in JSON. `serde_json` collects a text with escapes in a buffer that grows, then copies it: for one of
//! megabytes that is three times its size.

use std::borrow::Cow;

/// The text that a JSON string, quotes included, stands for; none where it is no JSON string.
pub(super) fn unescaped(json: &str) -> Option<Cow<'_, str>> {
    let mut rest = json.strip_prefix('"')?.strip_suffix('"')?;
    if !rest.contains('\\') {
        return Some(Cow::Borrowed(rest));
    }
    // No escape is shorter than what it stands for.
    let mut text = String::with_capacity(rest.len());
    while let Some((plain, escape)) = rest.split_once('\\') {
        let (character, after) = escaped(escape)?;
        text.push_str(plain);
        text.push(character);
        rest = after;
    }
    text.push_str(rest);
    Some(Cow::Owned(text))
}

/// What the text after a backslash begins with (RFC 8259, section 7), and what follows.
fn escaped(text: &str) -> Option<(char, &str)> {
    let mut characters = text.chars();
    let character = match characters.next()? {
        plain @ ('"' | '\\' | '/') => plain,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return code_point(characters.as_str()),
        _ => return None,
    };
    Some((character, characters.as_str()))
}

/// A character by its number; one beyond 16 bits is two surrogates.
fn code_point(text: &str) -> Option<(char, &str)> {
    let (first, rest) = code_unit(text)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some((character, rest));
    }
    let (second, rest) = code_unit(rest.strip_prefix("\\u")?)?;
    let character = char::decode_utf16([first, second]).next()?.ok()?;
    Some((character, rest))
}

fn code_unit(text: &str) -> Option<(u16, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u16::from_str_radix(digits, 16).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_without_escapes_is_not_copied() {
        let text = unescaped(r#""QUJD""#);
        assert!(matches!(text, Some(Cow::Borrowed("QUJD"))), "{text:?}");
    }

    #[test]
    fn every_escape_stands_for_its_character() {
        let text = unescaped(r#""\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00\u0000""#).unwrap();
        assert_eq!(text, "\"\\/\u{8}\u{c}\n\r\tA\u{e9}\u{1f600}\0");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for json in [
            "",
            "\"",
            "1",
            "{}",
            r#""\x""#,
            r#""\u12""#,
            r#""\ud83d""#,
            r#""\ud83dx""#,
            r#""\ud83dA""#,
            r#""\"#,
        ] {
            assert_eq!(unescaped(json), None, "{json}");
        }
    }

    proptest! {
        #[test]
        fn a_text_comes_back_from_its_json(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescaped(&json).unwrap(), text);
        }

        #[test]
        fn json_of_ascii_only_means_the_same(text in any::<String>()) {
            let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
            let json = format!("\"{}\"", units.collect::<String>());
            prop_assert_eq!(unescaped(&json).unwrap(), text);
        }
    }
}

//! `Content-Disposition`: a file's name in a response (RFC 6266, RFC 8187) and out of a request.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

/// What a client is to do with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Show them.
    Inline,
    /// Save them.
    Attachment,
}

/// The header's value. The name stands in it twice where it is not plain ASCII: for old clients with `_` for
/// what they cannot read, and in UTF-8.
#[must_use]
pub fn content_disposition(disposition: Disposition, filename: Option<&str>) -> String {
    let mut value = match disposition {
        Disposition::Inline => "inline".to_owned(),
        Disposition::Attachment => "attachment".to_owned(),
    };
    let Some(filename) = filename else {
        return value;
    };
    // A percent sign is left out of the plain form: some clients decode it there.
    let plain = |c: char| (c == ' ' || c.is_ascii_graphic()) && !matches!(c, '"' | '\\' | '%');
    let fallback = filename.replace(|c| !plain(c), "_");
    let _ = write!(value, "; filename=\"{fallback}\"");
    if fallback != filename {
        value.push_str("; filename*=UTF-8''");
        for byte in filename.bytes() {
            if is_attr_char(byte) {
                value.push(char::from(byte));
            } else {
                let _ = write!(value, "%{byte:02X}");
            }
        }
    }
    value
}

/// `attr-char` of RFC 8187.
fn is_attr_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte)
}

/// The file name in a header of a request, the UTF-8 form first.
pub(crate) fn filename_of(header: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(header);
    let mut plain = None;
    for (name, value) in parameters(&text) {
        if name.eq_ignore_ascii_case("filename*") {
            let (_charset, rest) = value.split_once('\'')?;
            let (_language, encoded) = rest.split_once('\'')?;
            return Some(percent_decode_str(encoded).decode_utf8_lossy().into_owned());
        }
        if name.eq_ignore_ascii_case("filename") {
            plain = Some(value);
        }
    }
    plain.filter(|name| !name.is_empty())
}

/// The parameters after the first `;`, quoted strings unquoted. A backslash escapes a quote or itself only, so
/// that Windows paths stay whole.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([' ', '\t', ';']).to_owned();
        let after = after.trim_start();
        let (value, remaining) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        found.push((name, value));
        rest = remaining;
    }
    found
}

fn unquoted(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        match (c, chars.peek()) {
            ('"', _) => return (value, &quoted[index + 1..]),
            ('\\', Some((_, escaped @ ('"' | '\\')))) => {
                value.push(*escaped);
                chars.next();
            }
            (other, _) => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_plain_name_stands_once_and_any_other_twice() {
        let attachment = |name| content_disposition(Disposition::Attachment, Some(name));
        assert_eq!(attachment("cat.jpg"), r#"attachment; filename="cat.jpg""#);
        assert_eq!(
            attachment("naïve \"€\".jpg"),
            "attachment; filename=\"na_ve ___.jpg\"; filename*=UTF-8''na%C3%AFve%20%22%E2%82%AC%22.jpg"
        );
        assert_eq!(
            attachment("50%.jpg"),
            "attachment; filename=\"50_.jpg\"; filename*=UTF-8''50%25.jpg"
        );
        assert_eq!(content_disposition(Disposition::Inline, None), "inline");
    }

    #[test]
    fn names_are_read_in_every_form() {
        for (header, expected) in [
            (r#"attachment; filename="a b.jpg""#, Some("a b.jpg")),
            ("attachment; filename=a.jpg", Some("a.jpg")),
            ("attachment; FILENAME=a.jpg; size=3", Some("a.jpg")),
            (
                r#"form-data; name="x;y"; filename="q\"q.jpg""#,
                Some("q\"q.jpg"),
            ),
            (
                "attachment; filename=x; filename*=UTF-8''%e2%82%ac.jpg",
                Some("€.jpg"),
            ),
            (
                r#"form-data; filename="C:\dir\a.jpg""#,
                Some(r"C:\dir\a.jpg"),
            ),
            ("attachment", None),
            ("attachment; filename=", None),
            ("", None),
        ] {
            assert_eq!(
                filename_of(header.as_bytes()).as_deref(),
                expected,
                "{header}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_name_survives_the_header_and_the_header_stays_one_line(name in "\\PC{1,60}") {
            let header = content_disposition(Disposition::Attachment, Some(&name));
            prop_assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert!(http::HeaderValue::from_str(&header).is_ok());
            prop_assert_eq!(filename_of(header.as_bytes()), Some(name));
        }

        #[test]
        fn no_header_panics(header in ".{0,80}") {
            let _ = filename_of(header.as_bytes());
        }
    }
}

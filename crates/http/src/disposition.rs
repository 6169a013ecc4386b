//! `Content-Disposition` of a request: the name of the file that is sent (RFC 6266, RFC 8187).

use percent_encoding::percent_decode_str;

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
        let (value, remaining) = if let Some(quoted) = after.strip_prefix('"') {
            unquoted(quoted)
        } else {
            let end = after.find(';').unwrap_or(after.len());
            (after[..end].trim().to_owned(), &after[end..])
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
        fn a_name_that_the_service_sends_is_read_back(name in "\\PC{1,60}") {
            prop_assume!(shoebox_core::Filename::parse(&name).is_ok());
            let name = shoebox_core::Filename::parse(&name).unwrap();
            let image = shoebox_core::Image { filename: Some(name.clone()), ..crate::testing::image() };
            let header = shoebox_core::content_disposition(&image);
            prop_assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            let read = filename_of(header.as_bytes()).unwrap();
            // The extension is the image's own.
            let whole = read == name.as_str() || read == format!("{name}.png");
            prop_assert!(whole && read.to_ascii_lowercase().ends_with("png"), "{}", read);
        }

        #[test]
        fn no_header_panics(header in ".{0,80}") {
            let _ = filename_of(header.as_bytes());
        }
    }
}

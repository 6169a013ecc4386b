//! Conditional requests: whether the client's copy is still good (RFC 9110, section 13).

use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};

/// The two validators of a representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validators {
    /// The opaque tag, without quotes.
    pub etag: String,
    /// When the representation last changed.
    pub last_modified: DateTime<Utc>,
}

impl Validators {
    /// The tag as `ETag` carries it.
    #[must_use]
    pub fn etag_header(&self) -> String {
        format!("\"{}\"", self.etag)
    }

    /// The date as `Last-Modified` carries it.
    #[must_use]
    pub fn last_modified_header(&self) -> String {
        http_date(self.last_modified)
    }

    /// Whether a `GET` with these headers is answered by 304. `If-Modified-Since` counts only where there is no
    /// `If-None-Match`.
    #[must_use]
    pub fn still_good(&self, headers: &HeaderMap) -> bool {
        let mut tags = headers.get_all(IF_NONE_MATCH).iter().peekable();
        if tags.peek().is_some() {
            return tags
                .filter_map(|value| value.to_str().ok())
                .any(|list| names_tag(list, &self.etag));
        }
        headers
            .get(IF_MODIFIED_SINCE)
            .and_then(|value| value.to_str().ok())
            .and_then(parse_http_date)
            .is_some_and(|since| self.last_modified.timestamp() <= since.timestamp())
    }
}

/// Whether a list of entity tags holds `*` or `etag`, weak tags counting as strong ones. A comma may stand
/// inside a tag, so the list is read tag by tag.
fn names_tag(list: &str, etag: &str) -> bool {
    let mut rest = list.trim();
    if rest == "*" {
        return true;
    }
    while !rest.is_empty() {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let opaque = rest.strip_prefix("W/").unwrap_or(rest);
        let Some((tag, after)) = opaque
            .strip_prefix('"')
            .and_then(|quoted| quoted.split_once('"'))
        else {
            return false;
        };
        if tag == etag {
            return true;
        }
        rest = after;
    }
    false
}

const IMF_FIXDATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

fn http_date(time: DateTime<Utc>) -> String {
    time.format(IMF_FIXDATE).to_string()
}

fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
    let parsed = chrono::NaiveDateTime::parse_from_str(text.trim(), IMF_FIXDATE).ok()?;
    Some(parsed.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;
    use proptest::prelude::*;

    fn validators() -> Validators {
        Validators {
            etag: "abc".to_owned(),
            last_modified: DateTime::from_timestamp_millis(784_111_777_900).unwrap(),
        }
    }

    fn good(pairs: &[(HeaderName, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value.parse().unwrap());
        }
        validators().still_good(&headers)
    }

    #[test]
    fn headers_have_their_standard_forms() {
        assert_eq!(validators().etag_header(), "\"abc\"");
        assert_eq!(
            validators().last_modified_header(),
            "Sun, 06 Nov 1994 08:49:37 GMT"
        );
    }

    #[test]
    fn a_tag_is_found_alone_in_a_list_weak_or_by_a_star() {
        for list in [
            "\"abc\"",
            "W/\"abc\"",
            "\"x\", \"abc\"",
            "\"a,b\",W/\"abc\" ",
            "*",
            " * ",
        ] {
            assert!(good(&[(IF_NONE_MATCH, list)]), "{list}");
        }
        assert!(good(&[
            (IF_NONE_MATCH, "\"x\""),
            (IF_NONE_MATCH, "\"abc\"")
        ]));
        for list in ["\"abcd\"", "abc", "\"x,abc\"", "\"abc", "", "\"*\""] {
            assert!(!good(&[(IF_NONE_MATCH, list)]), "{list}");
        }
    }

    #[test]
    fn the_date_counts_to_the_second_and_only_without_a_tag() {
        let (same, earlier) = (
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:36 GMT",
        );
        assert!(good(&[(IF_MODIFIED_SINCE, same)]));
        assert!(!good(&[(IF_MODIFIED_SINCE, earlier)]));
        assert!(!good(&[(IF_MODIFIED_SINCE, "yesterday")]));
        assert!(!good(&[
            (IF_MODIFIED_SINCE, same),
            (IF_NONE_MATCH, "\"x\"")
        ]));
        assert!(!good(&[]));
    }

    proptest! {
        #[test]
        fn no_list_panics(list in "[ -~]{0,60}") {
            let _ = names_tag(&list, "abc");
        }
    }
}

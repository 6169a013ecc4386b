//! The path of a request: what lies before `/images` is the gateway's business, what follows is ours.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use shoebox_core::ImageId;

/// The segment that every path of the service starts with.
const ROOT: &str = "images";

/// The longest path, in bytes, before `/images`. It is part of every link, and API Gateway refuses answers with more
/// than 10,240 bytes of headers.
const MAX_PREFIX_BYTES: usize = 1_024;

/// A request's path, split at its first `images` segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestPath<'a> {
    /// What stands before, as the client wrote it: empty, or with a leading and without a trailing slash.
    pub(crate) prefix: &'a str,
    /// `images` and what follows, each decoded on its own, so that an encoded slash stays inside its segment.
    segments: Vec<Cow<'a, str>>,
}

/// How a path relates to a route's pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// Another path.
    No,
    /// The same path but for an id that no image of this service has.
    BadId,
    /// This path, with its id where the pattern has one.
    Yes(Option<ImageId>),
}

impl<'a> RequestPath<'a> {
    /// Splits a path; `None` where it has no `images` segment, or too far in.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        let mut start = 0;
        for segment in path.split('/') {
            if start > MAX_PREFIX_BYTES + 1 {
                return None;
            }
            if decoded(segment) == ROOT {
                let rest = &path[start..];
                let rest = rest.strip_suffix('/').unwrap_or(rest);
                return Some(Self {
                    prefix: path[..start].trim_end_matches('/'),
                    segments: rest.split('/').map(decoded).collect(),
                });
            }
            start += segment.len() + 1;
        }
        None
    }

    /// Compares the path with a pattern such as `/images/{id}/content`.
    pub(crate) fn matches(&self, pattern: &str) -> Match {
        let wanted: Vec<&str> = pattern.trim_start_matches('/').split('/').collect();
        if wanted.len() != self.segments.len() {
            return Match::No;
        }
        let mut id = None;
        let mut bad_id = false;
        for (wanted, found) in wanted.into_iter().zip(&self.segments) {
            if wanted == "{id}" {
                match found.parse() {
                    Ok(parsed) => id = Some(parsed),
                    Err(_) => bad_id = true,
                }
            } else if wanted != found {
                return Match::No;
            }
        }
        if bad_id { Match::BadId } else { Match::Yes(id) }
    }
}

/// One segment without its percent-encoding; bytes that are no UTF-8 become replacement characters, which no
/// pattern and no id has.
fn decoded(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "0192f0c1-8b6a-7000-8000-00000000000a";

    fn matched(path: &str, pattern: &str) -> Match {
        RequestPath::parse(path).map_or(Match::No, |path| path.matches(pattern))
    }

    #[test]
    fn every_gateway_prefix_is_ignored_and_kept() {
        for prefix in [
            "",
            "/local",
            "/api/v1",
            "/restapis/abc123/local/_user_request_",
            "/a%20b",
        ] {
            for end in ["", "/"] {
                let path = format!("{prefix}/images/{ID}{end}");
                let parsed = RequestPath::parse(&path).unwrap();
                assert_eq!(parsed.prefix, prefix);
                assert_eq!(parsed.matches("/images/{id}"), Match::Yes(ID.parse().ok()));
            }
        }
    }

    #[test]
    fn a_prefix_is_ignored_up_to_its_limit_and_not_one_byte_further() {
        let path = |bytes: usize| format!("/{}/images", "a".repeat(bytes - 1));
        let longest = path(MAX_PREFIX_BYTES);
        assert_eq!(
            RequestPath::parse(&longest).unwrap().prefix.len(),
            MAX_PREFIX_BYTES
        );
        assert_eq!(RequestPath::parse(&path(MAX_PREFIX_BYTES + 1)), None);
    }

    #[test]
    fn an_encoded_slash_or_dot_segment_makes_no_other_path() {
        assert_eq!(matched("/images%2Fupload", "/images/upload"), Match::No);
        assert_eq!(matched("/images/%2e%2e", "/images/{id}"), Match::BadId);
        assert_eq!(matched("/images//", "/images/{id}"), Match::BadId);
        assert_eq!(matched("/images//", "/images"), Match::No);
        assert_eq!(matched("/%69mages", "/images"), Match::Yes(None));
        assert_eq!(matched("/Images", "/images"), Match::No);
        assert_eq!(matched("/images/%ff", "/images/{id}"), Match::BadId);
    }

    #[test]
    fn an_id_of_another_shape_is_told_from_another_path() {
        assert_eq!(matched("/images/42", "/images/{id}"), Match::BadId);
        assert_eq!(matched("/images/42/more", "/images/{id}"), Match::No);
        assert_eq!(matched("/pictures/42", "/images/{id}"), Match::No);
    }

    proptest! {
        #[test]
        fn any_prefix_without_images_leads_to_the_same_route(
            prefix in proptest::collection::vec("[a-z0-9_.-]{1,9}", 0..5)
        ) {
            prop_assume!(!prefix.iter().any(|segment| segment == ROOT));
            let prefix: String = prefix.iter().flat_map(|segment| ["/", segment]).collect();
            let path = format!("{prefix}/images/{ID}/content");
            let parsed = RequestPath::parse(&path).unwrap();
            prop_assert_eq!(parsed.prefix, prefix.as_str());
            prop_assert_eq!(parsed.matches("/images/{id}/content"), Match::Yes(ID.parse().ok()));
        }

        #[test]
        fn no_path_panics(path in ".{0,60}") {
            let _ = RequestPath::parse(&path).map(|path| path.matches("/images/{id}"));
        }
    }
}

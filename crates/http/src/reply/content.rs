//! An image's bytes as an answer, and the headers that keep them safe and cacheable.

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, LAST_MODIFIED, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use shoebox_core::{Image, PresignedUrl, Visibility, cache_control, content_disposition};

use super::Reply;
use crate::call::Call;
use crate::conditional::Validators;

/// The most that Lambda returns from a synchronous invocation, in bytes of JSON
/// (AWS Lambda quotas, "Invocation payload").
const LAMBDA_PAYLOAD_BYTES: usize = 6_291_456;

/// Kept for what surrounds the body in that JSON: API Gateway allows 10,240 bytes of headers, a load balancer
/// gets them twice, and escaping can double each.
const ENVELOPE_BYTES: usize = 4 * 10_240;

/// The largest image that is answered inline, in bytes: base64 makes four bytes of three. Anything larger is
/// answered by a redirect to its presigned URL.
pub const INLINE_LIMIT_BYTES: usize = (LAMBDA_PAYLOAD_BYTES - ENVELOPE_BYTES) / 4 * 3;

/// The most that a load balancer takes from a function, in bytes of JSON (Elastic Load Balancing, "Lambda
/// functions as targets": 1 MB).
const LOAD_BALANCER_PAYLOAD_BYTES: usize = 1_000_000;

/// As [`INLINE_LIMIT_BYTES`], behind a load balancer.
pub(crate) const LOAD_BALANCER_INLINE_LIMIT_BYTES: usize =
    (LOAD_BALANCER_PAYLOAD_BYTES - ENVELOPE_BYTES) / 4 * 3;

/// One image's bytes about to be sent.
#[derive(Debug)]
pub struct Content<'a> {
    image: &'a Image,
    attachment: bool,
}

impl<'a> Content<'a> {
    /// Content to be shown in place.
    #[must_use]
    pub fn of(image: &'a Image) -> Self {
        Self {
            image,
            attachment: false,
        }
    }

    /// To be saved instead of shown.
    #[must_use]
    pub fn as_attachment(mut self, attachment: bool) -> Self {
        self.attachment = attachment;
        self
    }

    /// Whether the bytes fit into one answer to this call.
    #[must_use]
    pub fn fits_inline(&self, call: &Call) -> bool {
        self.image.size_bytes <= call.inline_limit_bytes as u64
    }

    /// 304 where the client's copy is still good.
    #[must_use]
    pub fn not_modified(&self, request: &HeaderMap) -> Option<Reply> {
        self.validators()
            .still_good(request)
            .then(|| self.cacheable(Reply::empty(StatusCode::NOT_MODIFIED)))
    }

    /// 302 to where the bytes are. A copy of it may be kept for half the life of the URL, which outlives it so.
    #[must_use]
    pub fn redirect(&self, url: &PresignedUrl) -> Reply {
        let scope = match self.image.visibility {
            Visibility::Public => "public",
            Visibility::Private => "private",
        };
        let max_age = url.expires_in_secs / 2;
        Reply::redirect(&url.url).with(CACHE_CONTROL, &format!("{scope}, max-age={max_age}"))
    }

    /// 200 with the bytes.
    #[must_use]
    pub fn reply(&self, bytes: Bytes) -> Reply {
        self.described(Reply::bytes(StatusCode::OK, bytes))
    }

    /// What a `HEAD` is answered: as [`Content::reply`], without fetching the bytes.
    #[must_use]
    pub fn head(&self) -> Reply {
        self.described(Reply::empty(StatusCode::OK))
            .with(CONTENT_LENGTH, &self.image.size_bytes.to_string())
    }

    fn described(&self, reply: Reply) -> Reply {
        let mut disposition = content_disposition(self.image);
        if !self.attachment {
            disposition = disposition.replacen("attachment", "inline", 1);
        }
        self.cacheable(reply)
            .with(CONTENT_TYPE, self.image.format.content_type())
            .with(ACCEPT_RANGES, "none")
            .with(CONTENT_DISPOSITION, &disposition)
            .with(X_CONTENT_TYPE_OPTIONS, "nosniff")
            .with(CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
    }

    fn cacheable(&self, reply: Reply) -> Reply {
        let validators = self.validators();
        reply
            .with(ETAG, &validators.etag_header())
            .with(LAST_MODIFIED, &validators.last_modified_header())
            .with(CACHE_CONTROL, cache_control(self.image))
    }

    /// The bytes of an image never change, so their digest and the time of upload validate them.
    fn validators(&self) -> Validators {
        Validators {
            etag: self.image.sha256.to_string(),
            last_modified: self.image.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::image;

    #[test]
    fn bytes_carry_everything_that_keeps_them_safe_and_cacheable() {
        let image = image();
        let reply = Content::of(&image).reply(Bytes::from_static(b"GIF"));
        for (name, value) in [
            ("content-type", "image/png"),
            ("accept-ranges", "none"),
            ("content-disposition", "inline; filename=\"cat.png\""),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("last-modified", "Sat, 31 Jan 2026 12:00:00 GMT"),
        ] {
            assert_eq!(reply.header(name), Some(value));
        }
        assert_eq!(reply.header("etag").unwrap().len(), 66);
        assert_eq!(reply.body(), b"GIF");
    }

    #[test]
    fn a_private_image_stays_out_of_shared_caches() {
        let image = Image {
            visibility: Visibility::Private,
            filename: None,
            ..image()
        };
        let reply = Content::of(&image).as_attachment(true).head();
        assert_eq!(reply.header("cache-control"), Some("private"));
        assert_eq!(
            reply.header("content-disposition").unwrap(),
            format!("attachment; filename=\"{}.png\"", image.id)
        );
        assert_eq!(reply.header("content-length"), Some("3"));
    }

    #[test]
    fn a_redirect_is_kept_for_half_the_life_of_its_url_by_whoever_may_keep_the_image() {
        for (visibility, secs, expected) in [
            (Visibility::Public, 3_600, "public, max-age=1800"),
            (Visibility::Private, 3_601, "private, max-age=1800"),
            (Visibility::Private, 1, "private, max-age=0"),
        ] {
            let image = Image {
                visibility,
                ..image()
            };
            let url = PresignedUrl {
                url: "https://s3.example/x".to_owned(),
                expires_in_secs: secs,
                expires_at: image.created_at,
            };
            let reply = Content::of(&image).redirect(&url);
            assert_eq!(reply.status(), StatusCode::FOUND);
            assert_eq!(reply.header("location"), Some(url.url.as_str()));
            assert_eq!(reply.header("cache-control"), Some(expected));
        }
    }

    #[test]
    fn a_good_copy_is_answered_by_304_with_the_same_validators() {
        let image = image();
        let content = Content::of(&image);
        let full = content.reply(Bytes::new());
        let mut request = HeaderMap::new();
        assert_eq!(content.not_modified(&request), None);
        request.insert(
            "if-none-match",
            full.header("etag").unwrap().parse().unwrap(),
        );
        let reply = content.not_modified(&request).unwrap();
        assert_eq!(reply.status(), StatusCode::NOT_MODIFIED);
        for name in ["etag", "cache-control", "last-modified"] {
            assert_eq!(reply.header(name), full.header(name));
        }
        assert_eq!(reply.header("content-type"), None);
    }

    #[test]
    fn the_largest_inline_image_fits_into_the_payload() {
        for (limit, payload) in [
            (INLINE_LIMIT_BYTES, LAMBDA_PAYLOAD_BYTES),
            (
                LOAD_BALANCER_INLINE_LIMIT_BYTES,
                LOAD_BALANCER_PAYLOAD_BYTES,
            ),
        ] {
            assert!(limit.div_ceil(3) * 4 + ENVELOPE_BYTES <= payload);
            assert!((limit + 3).div_ceil(3) * 4 + ENVELOPE_BYTES > payload);
        }
    }
}

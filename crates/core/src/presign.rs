//! Presigned URLs: how an image's bytes are read straight from S3.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use imaging::ImageFormat;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::clients::Aws;
use crate::config::{ConfigError, Environment, MAX_PRESIGN_SECS, presign_secs};
use crate::repo::{Objects, SignedRead, StoreError, object_key};
use crate::{Error, Faults, Image, Visibility};

/// What `filename*` leaves unencoded: the `attr-char` of RFC 8187 section 3.2.1.
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// What a client asks of a presigned URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PresignOptions {
    /// How long it is to live, in seconds; the service's default where absent.
    pub expires_in_secs: Option<u32>,
    /// Whether browsers are to save the image under its filename.
    pub attachment: bool,
    /// Whether the URL is for `HEAD` instead of `GET`: a signature holds for one method.
    pub head: bool,
}

impl PresignOptions {
    /// Checks the lifetime: 1 to 604,800 seconds, the limits of Signature Version 4.
    pub fn parse(expires_in: Option<&str>, attachment: bool, faults: &mut Faults) -> Self {
        let parse = |text: &str| {
            let secs = text
                .parse()
                .ok()
                .filter(|secs| (1..=MAX_PRESIGN_SECS).contains(secs));
            secs.ok_or("must be a number of seconds from 1 to 604800")
        };
        Self {
            expires_in_secs: expires_in.and_then(|text| faults.check("expires_in", parse(text))),
            attachment,
            head: false,
        }
    }
}

/// A URL that reads the image's bytes without further credentials. Not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedUrl {
    /// The URL.
    pub url: String,
    /// How long it works, in seconds.
    pub expires_in_secs: u32,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for PresignedUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut fields = formatter.debug_struct("PresignedUrl");
        fields
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The credentials that would sign a URL have ended, or within a second will have.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the credentials have ended")]
struct CredentialsEnded;

/// Where images are, for those who may know: the same for every use case that answers with images.
#[derive(Debug, Clone)]
pub struct Links {
    aws: Aws,
    objects: Objects,
    default_secs: u32,
}

impl Links {
    pub(crate) fn new(
        aws: Aws,
        objects: Objects,
        environment: &Environment,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            aws,
            objects,
            default_secs: presign_secs(environment)?,
        })
    }

    /// Where an image is stored: `s3://bucket/key`, for its owner.
    #[must_use]
    pub fn s3_url(&self, image: &Image) -> String {
        self.objects.url(image)
    }

    /// How long a URL that is signed now works: as long as asked, or until the credentials end.
    ///
    /// # Errors
    /// [`Error::Presign`] where that is less than a second.
    pub(crate) fn lifetime(&self, asked: Duration, now: DateTime<Utc>) -> Result<Duration, Error> {
        let start = SystemTime::from(now);
        let end = self.aws.signature_end(start);
        let left = end.map(|end| end.duration_since(start).unwrap_or_default());
        match left.map_or(asked, |left| left.min(asked)) {
            life if life.as_secs() > 0 => Ok(life),
            _ => Err(Error::Presign(StoreError::unexpected(
                "presigning",
                CredentialsEnded,
            ))),
        }
    }

    /// Signs a URL that reads an image. It ends with the credentials that sign it, where they end first.
    ///
    /// # Errors
    /// [`Error::Presign`].
    pub async fn presign(
        &self,
        image: &Image,
        options: PresignOptions,
        now: DateTime<Utc>,
    ) -> Result<PresignedUrl, Error> {
        let start = SystemTime::from(now);
        let asked =
            Duration::from_secs(options.expires_in_secs.unwrap_or(self.default_secs).into());
        let expires_in_secs = self.lifetime(asked, now)?.as_secs();
        let key = object_key(image);
        let read = SignedRead {
            key: &key,
            expires_in: Duration::from_secs(expires_in_secs),
            content_type: image.format.content_type(),
            content_disposition: if options.attachment {
                content_disposition(image)
            } else {
                "inline".to_owned()
            },
            cache_control: cache_control(image),
            head: options.head,
        };
        let url = self
            .objects
            .presign(read, start)
            .await
            .map_err(Error::Presign)?;
        let expires_in_secs = u32::try_from(expires_in_secs).unwrap_or(MAX_PRESIGN_SECS);
        Ok(PresignedUrl {
            url,
            expires_in_secs,
            // SigV4 counts whole seconds.
            expires_at: DateTime::from_timestamp(now.timestamp() + i64::from(expires_in_secs), 0)
                .unwrap_or(now),
        })
    }
}

/// How long whoever holds the bytes may keep them. The bytes of an id never change.
#[must_use]
pub fn cache_control(image: &Image) -> &'static str {
    match image.visibility {
        Visibility::Public => "public, max-age=31536000, immutable",
        Visibility::Private => "private",
    }
}

/// `Content-Disposition` that saves the image under its filename: RFC 6266, with a plain form for old clients and
/// the UTF-8 form of RFC 8187. The extension is always one of the image's format, so that what is opened later is an
/// image: a sound GIF can hold a page, and `x.html` would be opened as one.
#[must_use]
pub fn content_disposition(image: &Image) -> String {
    let extension = image.format.extension();
    let name = match &image.filename {
        None => format!("{}.{extension}", image.id),
        Some(name) if has_extension(name.as_str(), image.format) => name.as_str().to_owned(),
        Some(name) => format!("{}.{extension}", name.as_str()),
    };
    let plain: String = name
        .chars()
        .map(|char| match char {
            '"' | '\\' | '%' => '_',
            ' '..='~' => char,
            _ => '_',
        })
        .collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let encoded = utf8_percent_encode(&name, ATTR_CHAR);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// Whether a file of this name is opened as an image of this format.
fn has_extension(name: &str, format: ImageFormat) -> bool {
    let extensions: &[&str] = match format {
        ImageFormat::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
        ImageFormat::Png => &["png", "apng"],
        ImageFormat::Gif => &["gif"],
        ImageFormat::Webp => &["webp"],
        ImageFormat::Avif => &["avif", "avifs"],
    };
    name.rsplit_once('.').is_some_and(|(_, found)| {
        extensions
            .iter()
            .any(|extension| extension.eq_ignore_ascii_case(found))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::HttpLayer;

    #[test]
    fn a_name_is_opened_as_an_image_where_its_extension_is_of_the_format() {
        for (name, format, expected) in [
            ("a.gif", ImageFormat::Gif, true),
            ("a.html.GIF", ImageFormat::Gif, true),
            ("a.JPEG", ImageFormat::Jpeg, true),
            ("a.gif.html", ImageFormat::Gif, false),
            ("a.gif", ImageFormat::Png, false),
            ("gif", ImageFormat::Gif, false),
            ("a.", ImageFormat::Gif, false),
            ("a.gif.", ImageFormat::Gif, false),
        ] {
            assert_eq!(has_extension(name, format), expected, "{name}");
        }
    }

    #[test]
    fn a_url_lives_as_long_as_asked_or_as_its_credentials_and_a_second_at_least() {
        let environment = Environment::from_iter([
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_SESSION_TOKEN", "t"),
            ("AWS_CREDENTIAL_EXPIRATION", "2026-01-31T12:00:00Z"),
        ]);
        let aws = Aws::new(&environment, &HttpLayer::default()).unwrap();
        let objects = Objects::new(&aws, "bucket".to_owned());
        let presigner = Links::new(aws, objects, &environment).unwrap();
        let end = DateTime::parse_from_rfc3339("2026-01-31T12:00:00Z").unwrap();
        let lifetime = |left: i64, asked: u64| {
            let now = end.to_utc() - chrono::TimeDelta::milliseconds(left);
            presigner.lifetime(Duration::from_millis(asked), now)
        };
        assert_eq!(lifetime(90_000, 60_000).unwrap().as_secs(), 60);
        assert_eq!(lifetime(30_000, 60_000).unwrap().as_secs(), 30);
        assert_eq!(lifetime(1_000, 60_000).unwrap().as_secs(), 1);
        for left in [999, 0, -5_000] {
            let refused = lifetime(left, 60_000).unwrap_err();
            assert!(matches!(refused, Error::Presign(_)), "{refused:?}");
        }
    }
}

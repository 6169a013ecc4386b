//! The formats the service stores, and their names on the wire.

/// An image format that can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImageFormat {
    /// JPEG, ITU-T T.81: baseline, extended sequential or progressive.
    Jpeg,
    /// PNG, animated PNG included.
    Png,
    /// GIF 87a and 89a, animated or not.
    Gif,
    /// WebP: lossy, lossless or animated.
    Webp,
    /// AVIF: a still image, a grid or an image sequence coded in AV1.
    Avif,
}

impl ImageFormat {
    /// Every format, in the order of their introduction.
    pub const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Gif, Self::Webp, Self::Avif];

    /// The registered media type, lower case and without parameters.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
        }
    }

    /// The format that a media type names, whatever its letter case.
    ///
    /// Takes the unregistered names that browsers have sent for years too: `image/jpg`,
    /// `image/pjpeg` and `image/x-png`. Parameters (`; charset=...`) are the caller's to remove.
    #[must_use]
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        const ALIASES: [(&str, ImageFormat); 3] = [
            ("image/jpg", ImageFormat::Jpeg),
            ("image/pjpeg", ImageFormat::Jpeg),
            ("image/x-png", ImageFormat::Png),
        ];
        let content_type = content_type.trim();
        Self::ALL
            .into_iter()
            .map(|format| (format.content_type(), format))
            .chain(ALIASES)
            .find_map(|(name, format)| name.eq_ignore_ascii_case(content_type).then_some(format))
    }

    /// The usual file name extension, without a dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Avif => "avif",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_content_type_names_its_own_format() {
        for format in ImageFormat::ALL {
            assert_eq!(
                ImageFormat::from_content_type(format.content_type()),
                Some(format)
            );
        }
    }

    #[test]
    fn content_types_are_read_without_regard_to_case_and_with_their_old_names() {
        assert_eq!(
            ImageFormat::from_content_type("IMAGE/JPG"),
            Some(ImageFormat::Jpeg)
        );
        assert_eq!(
            ImageFormat::from_content_type("image/pjpeg"),
            Some(ImageFormat::Jpeg)
        );
        assert_eq!(
            ImageFormat::from_content_type("Image/X-Png"),
            Some(ImageFormat::Png)
        );
        assert_eq!(ImageFormat::from_content_type("image/svg+xml"), None);
    }
}

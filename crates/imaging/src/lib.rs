//! Recognises, measures and verifies images.

/// An image format that the service takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
    /// AVIF.
    Avif,
}

impl ImageFormat {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Gif, Self::Webp, Self::Avif];

    /// The media type.
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

    /// The format of a media type.
    #[must_use]
    pub fn from_content_type(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if name == "image/jpg" {
            return Some(Self::Jpeg);
        }
        Self::ALL
            .into_iter()
            .find(|format| format.content_type() == name)
    }
}

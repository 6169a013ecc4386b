//! A decoder for each format, all with the same result.

mod avif;
mod gif;
mod jpeg;
mod png;
mod webp;

use crate::thumbnail::Thumbnail;
use crate::{ImageFormat, InspectError, Limits, Orientation};

/// What decoding an image in full has shown.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// Width in pixels as coded, before orientation.
    pub(crate) width: u32,
    /// Height in pixels as coded, before orientation.
    pub(crate) height: u32,
    /// Number of frames, at least 1.
    pub(crate) frames: u32,
    /// The orientation, where the format itself has one and EXIF's does not count.
    pub(crate) container_orientation: Option<Orientation>,
    /// EXIF metadata, from its TIFF header on.
    pub(crate) exif: Option<Vec<u8>>,
    /// The first frame as coded, before orientation.
    pub(crate) thumbnail: Thumbnail,
}

/// Decodes an image in full.
pub(crate) fn decode(
    format: ImageFormat,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Decoded, InspectError> {
    match format {
        ImageFormat::Jpeg => jpeg::decode(bytes, limits),
        ImageFormat::Png => png::decode(bytes, limits),
        ImageFormat::Gif => gif::decode(bytes, limits),
        ImageFormat::Webp => webp::decode(bytes, limits),
        ImageFormat::Avif => avif::decode(bytes, limits),
    }
}

/// The pixels of all frames that decoding the image goes through, as its headers say. Nothing is decoded.
pub(crate) fn declared_pixels(format: ImageFormat, bytes: &[u8]) -> Result<u64, InspectError> {
    match format {
        ImageFormat::Jpeg => jpeg::declared_pixels(bytes),
        ImageFormat::Png => png::declared_pixels(bytes),
        ImageFormat::Gif => gif::declared_pixels(bytes),
        ImageFormat::Webp => webp::declared_pixels(bytes),
        ImageFormat::Avif => avif::declared_pixels(bytes),
    }
}

/// Width times height times frames.
fn pixels(width: u32, height: u32, frames: u32) -> u64 {
    (u64::from(width) * u64::from(height)).saturating_mul(frames.into())
}

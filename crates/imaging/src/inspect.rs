//! The verification of a whole image: the one entry to the decoders.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::decode::{self, Decoded};
use crate::error::Defect;
use crate::exif::ExifFields;
use crate::{Exif, ImageFormat, InspectError, Limits, Orientation, Sniffed, sniff};

/// What is known of an image that has been verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The format, told from the bytes.
    pub format: ImageFormat,
    /// Width in pixels as displayed, after orientation.
    pub width_px: u32,
    /// Height in pixels as displayed, after orientation.
    pub height_px: u32,
    /// How the coded picture has to be turned to be displayed: EXIF's orientation, or for AVIF its
    /// own rotation and mirroring.
    pub orientation: Orientation,
    /// Number of frames: 1 unless the image is animated.
    pub frames: u32,
    /// What is kept of the camera's metadata.
    pub exif: Exif,
    /// A `ThumbHash` of the upright picture (of its first frame), at most 25 bytes: a blurred preview
    /// to show while the image loads.
    pub placeholder: Vec<u8>,
}

/// Verifies an image in full and tells what it is.
///
/// # Errors
///
/// Any of [`InspectError`]: an image that is not whole, not sound or not within `limits` is refused.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspection, InspectError> {
    if bytes.is_empty() {
        return Err(InspectError::Empty);
    }
    let format = match sniff(bytes) {
        Sniffed::Supported(format) => format,
        Sniffed::Unsupported(content_type) => {
            return Err(InspectError::Unsupported {
                content_type: Some(content_type),
            });
        }
        Sniffed::Unknown => return Err(InspectError::Unsupported { content_type: None }),
    };
    // Decoders panic on some hostile files: png 0.18.1 does on a palette whose length is no multiple
    // of three. All they hold is dropped with the panic, so nothing broken can be seen afterwards. A panic of AVIF's
    // decoder does not come here: it is called through functions of C's convention, which end the process.
    catch_unwind(AssertUnwindSafe(|| inspect_as(format, bytes, limits)))
        .unwrap_or_else(|_| Err(Defect("the decoder gave up on the file").into()))
}

/// The pixels, over all frames, that [`inspect`] would go through, as the headers say: what verifying the image
/// will cost, before anything of it is decoded. None where the headers are refused already, which costs nothing.
#[must_use]
pub fn declared_pixels(bytes: &[u8]) -> Option<u64> {
    let Sniffed::Supported(format) = sniff(bytes) else {
        return None;
    };
    let declared = || decode::declared_pixels(format, bytes).ok();
    catch_unwind(AssertUnwindSafe(declared)).ok().flatten()
}

fn inspect_as(
    format: ImageFormat,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Inspection, InspectError> {
    let Decoded {
        width,
        height,
        frames,
        container_orientation,
        exif,
        thumbnail,
    } = decode::decode(format, bytes, limits)?;

    let fields = exif.as_deref().map(ExifFields::parse).unwrap_or_default();
    let orientation = container_orientation.unwrap_or(fields.orientation);
    let (width_px, height_px) = orientation.displayed_size(width, height);
    Ok(Inspection {
        format,
        width_px,
        height_px,
        orientation,
        frames,
        exif: fields.exif,
        placeholder: thumbnail.turned_upright(orientation).thumb_hash(),
    })
}

//! WebP: lossy, lossless, with transparency, animated.

mod lossless;
mod prefix;
mod riff;

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use self::riff::Container;
use super::{Decoded, pixels};
use crate::error::Defect;
use crate::thumbnail::{Thumbnail, ThumbnailBuilder};
use crate::{InspectError, Limits};

/// Decodes a WebP image in full: every frame.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, InspectError> {
    let container = Container::parse(bytes)?;
    let (width, height) = (container.width, container.height);
    limits.check_pixels(width, height, container.frames)?;
    check_memory(&container, limits)?;

    let mut decoder = WebPDecoder::new(Cursor::new(container.bytes)).map_err(refusal)?;
    if decoder.dimensions() != (width, height) {
        return Err(Defect("two headers that contradict each other").into());
    }
    let size = decoder
        .output_buffer_size()
        .ok_or(Defect("a picture larger than memory"))?;
    let mut picture = vec![0; size];
    let thumbnail = if decoder.is_animated() {
        decoder.read_frame(&mut picture).map_err(refusal)?;
        let thumbnail = thumbnail(&picture, width, height, decoder.has_alpha());
        for _ in 1..decoder.num_frames() {
            decoder.read_frame(&mut picture).map_err(refusal)?;
        }
        thumbnail
    } else {
        decoder.read_image(&mut picture).map_err(refusal)?;
        thumbnail(&picture, width, height, decoder.has_alpha())
    };
    Ok(Decoded {
        width,
        height,
        frames: container.frames,
        container_orientation: None,
        exif: container.exif.map(<[u8]>::to_vec),
        thumbnail,
    })
}

/// Refuses what its decoder would take too much memory for: pictures, and what it makes of the heads of those that are
/// coded without loss, one after the other.
fn check_memory(container: &Container<'_>, limits: &Limits) -> Result<(), InspectError> {
    let (width, height) = (container.width, container.height);
    let picture_bytes = pixels(width, height, 1) * container.coding.bytes_per_pixel();
    limits.check_decoded_bytes(width, height, picture_bytes)?;
    let bytes_left = limits.max_decoded_bytes.saturating_sub(picture_bytes);
    for stream in container.lossless_streams() {
        let table_bytes = stream?.table_bytes(bytes_left)?;
        limits.check_decoded_bytes(width, height, picture_bytes + table_bytes)?;
    }
    Ok(())
}

/// See [`super::declared_pixels`].
pub(super) fn declared_pixels(bytes: &[u8]) -> Result<u64, InspectError> {
    let container = Container::parse(bytes)?;
    Ok(pixels(container.width, container.height, container.frames))
}

fn thumbnail(picture: &[u8], width: u32, height: u32, has_alpha: bool) -> Thumbnail {
    let mut builder = ThumbnailBuilder::new(width, height);
    let width = width as usize;
    if has_alpha {
        let (pixels, _) = picture.as_chunks::<4>();
        for (row, y) in pixels.chunks_exact(width).zip(0..) {
            builder.add_row(y, 0, 1, row.iter().copied());
        }
    } else {
        let (pixels, _) = picture.as_chunks::<3>();
        for (row, y) in pixels.chunks_exact(width).zip(0..) {
            builder.add_row(y, 0, 1, row.iter().map(|[r, g, b]| [*r, *g, *b, u8::MAX]));
        }
    }
    builder.finish()
}

fn refusal(error: DecodingError) -> InspectError {
    match error {
        DecodingError::IoError(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
            InspectError::Truncated
        }
        error => InspectError::corrupt(error),
    }
}

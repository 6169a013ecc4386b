//! PNG and animated PNG, decoded row by row.

mod adam7;
mod chunks;

use std::io::{BufRead, Cursor, Seek};

use ::png::{ColorType, DecodeOptions, Decoder, DecodingError, Reader, Transformations};

use self::chunks::Chunks;
use super::{Decoded, pixels};
use crate::error::Defect;
use crate::thumbnail::{Thumbnail, ThumbnailBuilder};
use crate::{InspectError, Limits};

/// Most bytes the decoder may take for rows and metadata: enough for rows of eight million pixels of 16
/// bits and four channels, far beyond any picture that is not a strip.
const MAX_DECODER_BYTES: usize = 64 * 1024 * 1024;

/// Decodes a PNG image in full: every frame, with its checksums.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, InspectError> {
    let chunks = Chunks::walk(bytes)?;
    limits.check_pixels(chunks.width, chunks.height, chunks.frames)?;
    Ok(Decoded {
        width: chunks.width,
        height: chunks.height,
        frames: chunks.frames,
        container_orientation: None,
        thumbnail: decode_frames(bytes).map_err(refusal)?,
        exif: chunks.exif.map(<[u8]>::to_vec),
    })
}

/// See [`super::declared_pixels`].
pub(super) fn declared_pixels(bytes: &[u8]) -> Result<u64, InspectError> {
    let chunks = Chunks::walk(bytes)?;
    Ok(pixels(chunks.width, chunks.height, chunks.frames))
}

fn decode_frames(bytes: &[u8]) -> Result<Thumbnail, DecodingError> {
    let mut options = DecodeOptions::default();
    options.set_ignore_adler32(false);
    options.set_skip_ancillary_crc_failures(false);
    // Texts and colour profiles inflate to any size, and nothing here needs them.
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
    decoder.set_limits(::png::Limits {
        bytes: MAX_DECODER_BYTES,
    });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;

    let info = reader.info();
    // The picture of IDAT belongs to the animation only if a frame control chunk precedes it (PNG
    // third edition, 4.9).
    let further_frames = match (info.animation_control, info.frame_control) {
        (Some(animation), Some(_)) => animation.num_frames.saturating_sub(1),
        (Some(animation), None) => animation.num_frames,
        (None, _) => 0,
    };
    let thumbnail = read_first_frame(&mut reader)?;
    for _ in 0..further_frames {
        reader.next_frame_info()?;
        while reader.next_row()?.is_some() {}
    }
    reader.finish()?;
    Ok(thumbnail)
}

fn read_first_frame<R: BufRead + Seek>(reader: &mut Reader<R>) -> Result<Thumbnail, DecodingError> {
    let (width, height) = reader.info().size();
    let is_interlaced = reader.info().interlaced;
    let (color_type, _) = reader.output_color_type();
    let mut builder = ThumbnailBuilder::new(width, height);
    let mut interlaced_rows = adam7::rows(width, height);
    let mut next_row = 0;
    while let Some(row) = reader.next_row()? {
        let (y, x, step) = if is_interlaced {
            interlaced_rows.next().unwrap_or((height, 0, 1))
        } else {
            next_row += 1;
            (next_row - 1, 0, 1)
        };
        add_row(&mut builder, (y, x, step), color_type, row.data());
    }
    Ok(builder.finish())
}

/// Adds a row of 8-bit samples.
fn add_row(
    builder: &mut ThumbnailBuilder,
    (y, x, step): (u32, u32, u32),
    color_type: ColorType,
    data: &[u8],
) {
    const OPAQUE: u8 = u8::MAX;
    match color_type {
        ColorType::Rgba => {
            builder.add_row(y, x, step, data.as_chunks().0.iter().copied());
        }
        ColorType::Rgb => {
            let pixels = data
                .as_chunks()
                .0
                .iter()
                .map(|[r, g, b]| [*r, *g, *b, OPAQUE]);
            builder.add_row(y, x, step, pixels);
        }
        ColorType::GrayscaleAlpha => {
            let pixels = data
                .as_chunks()
                .0
                .iter()
                .map(|[gray, a]| [*gray, *gray, *gray, *a]);
            builder.add_row(y, x, step, pixels);
        }
        // Indices do not occur: they are expanded to colours.
        ColorType::Grayscale | ColorType::Indexed => {
            let pixels = data.iter().map(|gray| [*gray, *gray, *gray, OPAQUE]);
            builder.add_row(y, x, step, pixels);
        }
    }
}

fn refusal(error: DecodingError) -> InspectError {
    match error {
        DecodingError::IoError(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
            InspectError::Truncated
        }
        DecodingError::LimitsExceeded => {
            Defect("rows or metadata larger than the decoder may take").into()
        }
        error => InspectError::corrupt(error),
    }
}

//! GIF 87a and 89a, decoded row by row.

mod blocks;
mod image;
mod lzw;

use std::iter;

use self::blocks::{Block, BlockReader, Image, Palette, Screen};
use super::{Decoded, pixels};
use crate::error::Defect;
use crate::thumbnail::{Thumbnail, ThumbnailBuilder};
use crate::{InspectError, Limits};

/// Decodes a GIF image in full: every frame.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, InspectError> {
    let (screen, mut blocks) = BlockReader::new(bytes)?;
    let survey = Survey::take(&screen, blocks.clone(), limits)?;

    let mut transparent = None;
    let mut thumbnail = None;
    let mut frames = 0;
    loop {
        match blocks.next()? {
            Block::GraphicControl { transparent: index } => transparent = index,
            Block::Image(frame) => {
                frames += 1;
                if frames == 1 {
                    thumbnail = Some(first_frame(&screen, &frame, transparent)?);
                } else if let Err(defect) = image::decode(&frame, |_, _| ()) {
                    // The frame before lost blocks is the one whose lengths are wrong.
                    if !(survey.ends_in_lost_blocks && frames == survey.frames) {
                        return Err(defect.into());
                    }
                }
            }
            Block::Other => {}
            Block::Trailer | Block::Lost => break,
        }
    }
    Ok(Decoded {
        width: screen.width.into(),
        height: screen.height.into(),
        frames,
        container_orientation: None,
        exif: None,
        thumbnail: thumbnail.ok_or(Defect("no frame"))?,
    })
}

/// See [`super::declared_pixels`].
pub(super) fn declared_pixels(bytes: &[u8]) -> Result<u64, InspectError> {
    let (screen, blocks) = BlockReader::new(bytes)?;
    let survey = Survey::take(&screen, blocks, &Limits::NONE)?;
    let shown = pixels(screen.width.into(), screen.height.into(), survey.frames);
    Ok(shown.max(survey.frame_pixels))
}

/// What a walk over all blocks tells without decoding.
struct Survey {
    frames: u32,
    frame_pixels: u64,
    ends_in_lost_blocks: bool,
}

impl Survey {
    /// Counts frames, and refuses more pixels than `limits` allow, on the screen or in the frames
    /// themselves, which may be larger.
    fn take(
        screen: &Screen<'_>,
        mut blocks: BlockReader<'_>,
        limits: &Limits,
    ) -> Result<Self, InspectError> {
        let (width, height) = (u32::from(screen.width), u32::from(screen.height));
        let mut survey = Self {
            frames: 0,
            frame_pixels: 0,
            ends_in_lost_blocks: false,
        };
        loop {
            match blocks.next()? {
                Block::Image(frame) => {
                    survey.frames += 1;
                    limits.check_pixels(width, height, survey.frames)?;
                    survey.frame_pixels += u64::from(frame.width) * u64::from(frame.height);
                    if survey.frame_pixels > limits.max_pixels {
                        return Err(InspectError::TooManyPixels {
                            width: frame.width.into(),
                            height: frame.height.into(),
                            frames: survey.frames,
                            limit: limits.max_pixels,
                        });
                    }
                }
                Block::GraphicControl { .. } | Block::Other => {}
                Block::Trailer => return Ok(survey),
                Block::Lost => {
                    survey.ends_in_lost_blocks = true;
                    return Ok(survey);
                }
            }
        }
    }
}

/// The first frame, on a transparent screen.
fn first_frame(
    screen: &Screen<'_>,
    frame: &Image<'_>,
    transparent: Option<u8>,
) -> Result<Thumbnail, InspectError> {
    const CLEAR: [u8; 4] = [0; 4];
    let palette = frame
        .palette
        .or(screen.palette)
        .ok_or(Defect("a frame without a colour table"))?;
    let (width, height) = (u32::from(screen.width), u32::from(screen.height));
    let mut builder = ThumbnailBuilder::new(width, height);
    let (left, top) = (u32::from(frame.left), u32::from(frame.top));
    let frame_rows = top..top + u32::from(frame.height);
    for y in (0..height).filter(|y| !frame_rows.contains(y)) {
        builder.add_row(y, 0, 1, iter::repeat_n(CLEAR, width as usize));
    }
    let color = |index: &u8| color(palette, *index, transparent);
    image::decode(frame, |row, indices| {
        let pixels = iter::repeat_n(CLEAR, left as usize)
            .chain(indices.iter().map(color))
            .chain(iter::repeat(CLEAR))
            .take(width as usize);
        builder.add_row(top + u32::from(row), 0, 1, pixels);
    })?;
    Ok(builder.finish())
}

/// The colour of an index; an index past the end of the table is transparent.
fn color(palette: Palette<'_>, index: u8, transparent: Option<u8>) -> [u8; 4] {
    match palette.get(usize::from(index)) {
        Some([red, green, blue]) if transparent != Some(index) => [*red, *green, *blue, u8::MAX],
        _ => [0; 4],
    }
}

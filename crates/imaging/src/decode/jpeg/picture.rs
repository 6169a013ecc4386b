//! The picture of an eighth of the size that DC coefficients make.

use super::color::ColorHints;
use super::frame::{Component, Frame};
use crate::error::Defect;
use crate::thumbnail::Thumbnail;

/// The thumbnail of a frame whose scans have all been decoded.
///
/// A pixel of it is the mean of the blocks it touches.
pub(super) fn thumbnail(frame: &Frame, hints: ColorHints) -> Result<Thumbnail, Defect> {
    let ids: Vec<u8> = frame
        .components
        .iter()
        .map(|component| component.id)
        .collect();
    let model = hints
        .model(&ids)
        .ok_or(Defect("a number of components that means no colour"))?;
    let planes = frame
        .components
        .iter()
        .map(|component| Means::new(frame, component))
        .collect::<Result<Vec<_>, _>>()?;

    let (width, height) = Thumbnail::size_for(frame.width(), frame.height());
    let columns = Spans::new(frame.width(), width);
    let rows = Spans::new(frame.height(), height);
    Ok(Thumbnail::from_fn((width, height), |x, y| {
        let mut values = [0; 4];
        for (value, plane) in values.iter_mut().zip(&planes) {
            *value = plane.mean(columns.of(x), rows.of(y));
        }
        let [red, green, blue] = model.to_rgb(values, hints.inks_are_inverted());
        [red, green, blue, u8::MAX]
    }))
}

/// The pixels of the picture along one axis that go into each pixel of the thumbnail.
struct Spans {
    length: u64,
    parts: u64,
}

impl Spans {
    fn new(length: u32, parts: u32) -> Self {
        Self {
            length: length.into(),
            parts: parts.into(),
        }
    }

    /// The first and the last pixel.
    fn of(&self, part: u32) -> (u64, u64) {
        let part = u64::from(part);
        let first = part * self.length / self.parts;
        let end = ((part + 1) * self.length).div_ceil(self.parts);
        (first, end - 1)
    }
}

/// The mean of each block of a component.
struct Means<'f> {
    component: &'f Component,
    dc_step: i32,
    block_width: u64,
    block_height: u64,
}

impl<'f> Means<'f> {
    fn new(frame: &Frame, component: &'f Component) -> Result<Self, Defect> {
        let (block_width, block_height) = frame.block_size(component);
        Ok(Self {
            component,
            dc_step: component
                .dc_step
                .ok_or(Defect("a component is in no scan"))?
                .into(),
            block_width: block_width.into(),
            block_height: block_height.into(),
        })
    }

    /// The mean of the blocks that hold any of the pixels of these columns and rows.
    fn mean(&self, columns: (u64, u64), rows: (u64, u64)) -> u8 {
        let plane = &self.component.plane;
        let blocks = |(first, last): (u64, u64), size: u64, count: u32| {
            let last_block = count as usize - 1;
            let block = |pixel: u64| usize::try_from(pixel / size).unwrap_or(last_block);
            block(first).min(last_block)..=block(last).min(last_block)
        };
        let across = blocks(columns, self.block_width, self.component.blocks_per_row);
        let down = blocks(rows, self.block_height, self.component.block_rows);
        let mut sum = 0i64;
        let mut count = 0i64;
        for row in down {
            let first = row * plane.stride as usize;
            let blocks = &plane.dc[first + across.start()..=first + across.end()];
            for dc in blocks {
                sum += i64::from(*dc);
                count += 1;
            }
        }
        // The DC coefficient is eight times the mean, and samples are shifted by 128 (T.81 A.3.1,
        // A.3.3).
        let mean = sum * i64::from(self.dc_step) / (count * 8) + 128;
        u8::try_from(mean.clamp(0, 255)).unwrap_or(u8::MAX)
    }
}

//! A picture of at most 100 by 100 pixels, made while rows stream by, and its `ThumbHash`.

use crate::Orientation;

/// Longest side in pixels; more than this `ThumbHash` does not take.
const MAX_SIDE_PX: u32 = 100;

/// A small picture, rows from the top, four bytes a pixel: red, green, blue, alpha (not
/// premultiplied).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thumbnail {
    width: usize,
    height: usize,
    rgba: Vec<[u8; 4]>,
}

impl Thumbnail {
    /// Width and height of the thumbnail of a picture: the same shape, no side over 100 pixels, never
    /// enlarged.
    pub(crate) fn size_for(width: u32, height: u32) -> (u32, u32) {
        let longest = width.max(height).max(1);
        if longest <= MAX_SIDE_PX {
            return (width.max(1), height.max(1));
        }
        let scaled = |side: u32| {
            let side = (u64::from(side) * u64::from(MAX_SIDE_PX) + u64::from(longest) / 2)
                / u64::from(longest);
            u32::try_from(side).unwrap_or(MAX_SIDE_PX).max(1)
        };
        (scaled(width), scaled(height))
    }

    /// A thumbnail whose pixels are asked for one by one, rows from the top.
    pub(crate) fn from_fn(
        (width, height): (u32, u32),
        mut pixel: impl FnMut(u32, u32) -> [u8; 4],
    ) -> Self {
        let rgba = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| pixel(x, y))
            .collect();
        Self {
            width: width as usize,
            height: height as usize,
            rgba,
        }
    }

    /// Takes each pixel's alpha from the red of another thumbnail of the same size.
    pub(crate) fn with_alpha(mut self, alpha: &Self) -> Self {
        for (pixel, alpha) in self.rgba.iter_mut().zip(&alpha.rgba) {
            pixel[3] = alpha[0];
        }
        self
    }

    pub(crate) fn turned_upright(&self, orientation: Orientation) -> Self {
        let (width, height) = if orientation.swaps_axes() {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        };
        let rgba = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|position| {
                let (x, y) = orientation.coded_position(position, (self.width, self.height));
                self.rgba[y * self.width + x]
            })
            .collect();
        Self {
            width,
            height,
            rgba,
        }
    }

    pub(crate) fn thumb_hash(&self) -> Vec<u8> {
        thumbhash::rgba_to_thumb_hash(self.width, self.height, self.rgba.as_flattened())
    }
}

/// Averages a picture into a thumbnail as its rows come in, in any order.
#[derive(Debug)]
pub(crate) struct ThumbnailBuilder {
    source_width: u32,
    source_height: u32,
    width: u32,
    height: u32,
    cells: Vec<Cell>,
}

/// Sums over the source pixels that fall into one pixel of the thumbnail; colours are weighted by
/// alpha, or the colour hidden under full transparency would shine through.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    color: [u64; 3],
    alpha: u64,
    count: u64,
}

impl Cell {
    fn add(&mut self, [red, green, blue, alpha]: [u8; 4]) {
        let alpha = u64::from(alpha);
        for (sum, value) in self.color.iter_mut().zip([red, green, blue]) {
            *sum += u64::from(value) * alpha;
        }
        self.alpha += alpha;
        self.count += 1;
    }

    fn merge(&mut self, other: &Self) {
        for (sum, value) in self.color.iter_mut().zip(other.color) {
            *sum += value;
        }
        self.alpha += other.alpha;
        self.count += other.count;
    }

    fn average(&self) -> [u8; 4] {
        let rounded = |sum: u64, weight: u64| {
            let average = (sum + weight / 2).checked_div(weight).unwrap_or(0);
            u8::try_from(average).unwrap_or(u8::MAX)
        };
        let [red, green, blue] = self.color.map(|sum| rounded(sum, self.alpha));
        [red, green, blue, rounded(self.alpha, self.count)]
    }
}

impl ThumbnailBuilder {
    /// A thumbnail of a picture of this width and height.
    pub(crate) fn new(source_width: u32, source_height: u32) -> Self {
        let (width, height) = Thumbnail::size_for(source_width, source_height);
        Self {
            source_width: source_width.max(1),
            source_height: source_height.max(1),
            width,
            height,
            cells: vec![Cell::default(); width as usize * height as usize],
        }
    }

    /// Adds pixels of row `y`, the first at column `x`, each `step` columns after the one before it.
    /// What lies outside the picture is left out.
    pub(crate) fn add_row(
        &mut self,
        y: u32,
        x: u32,
        step: u32,
        pixels: impl IntoIterator<Item = [u8; 4]>,
    ) {
        if y >= self.source_height {
            return;
        }
        let cell_y = scale(y, self.height, self.source_height);
        let row_start = cell_y as usize * self.width as usize;
        let mut pixels = pixels.into_iter();
        let mut x = x;
        // One cell at a time, so that its sums stay in registers.
        while x < self.source_width {
            let cell_x = scale(x, self.width, self.source_width);
            let cell_end = first_in_cell(cell_x + 1, self.width, self.source_width);
            let in_cell = (cell_end - x).div_ceil(step) as usize;
            let mut sums = Cell::default();
            for pixel in pixels.by_ref().take(in_cell) {
                sums.add(pixel);
            }
            self.cells[row_start + cell_x as usize].merge(&sums);
            if sums.count < in_cell as u64 {
                return;
            }
            let Some(next) = u32::try_from(in_cell)
                .ok()
                .and_then(|in_cell| in_cell.checked_mul(step)?.checked_add(x))
            else {
                return;
            };
            x = next;
        }
    }

    /// How many pixels of the picture to go on by, so that about so many for each pixel of the
    /// thumbnail are looked at in each direction.
    pub(crate) fn sampling_step(&self, samples: u32) -> u32 {
        let across = self.source_width / self.width;
        let down = self.source_height / self.height;
        (across.min(down) / samples).max(1)
    }

    pub(crate) fn finish(&self) -> Thumbnail {
        Thumbnail {
            width: self.width as usize,
            height: self.height as usize,
            rgba: self.cells.iter().map(Cell::average).collect(),
        }
    }
}

/// The cell, of `cells`, that a position of `length` falls into.
fn scale(position: u32, cells: u32, length: u32) -> u32 {
    let cell = u64::from(position) * u64::from(cells) / u64::from(length);
    u32::try_from(cell).unwrap_or(cells - 1)
}

/// The first position, of `length`, that falls into a cell.
fn first_in_cell(cell: u32, cells: u32, length: u32) -> u32 {
    let position = (u64::from(cell) * u64::from(length)).div_ceil(u64::from(cells));
    u32::try_from(position).unwrap_or(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: [u8; 4] = [255, 0, 0, 255];
    const BLUE: [u8; 4] = [0, 0, 255, 255];
    const CLEAR_GREEN: [u8; 4] = [0, 255, 0, 0];

    #[test]
    fn a_thumbnail_keeps_the_shape_and_never_enlarges() {
        assert_eq!(Thumbnail::size_for(4000, 3000), (100, 75));
        assert_eq!(Thumbnail::size_for(100, 101), (99, 100));
        assert_eq!(Thumbnail::size_for(3, 2), (3, 2));
        assert_eq!(Thumbnail::size_for(1, 65_535), (1, 100));
    }

    #[test]
    fn each_source_pixel_falls_into_exactly_one_cell() {
        for length in [1, 7, 99, 100, 101, 250, 65_535] {
            let cells = Thumbnail::size_for(length, 1).0;
            for cell in 0..cells {
                let first = first_in_cell(cell, cells, length);
                let end = first_in_cell(cell + 1, cells, length);
                assert!((first..end).all(|position| scale(position, cells, length) == cell));
            }
            assert_eq!(first_in_cell(cells, cells, length), length);
        }
    }

    #[test]
    fn rows_split_into_interleaved_parts_average_as_the_whole_row_does() {
        let pixels: Vec<_> = (0..=250u8).map(|value| [value, 0, 0, 255]).collect();
        let mut whole = ThumbnailBuilder::new(251, 1);
        whole.add_row(0, 0, 1, pixels.iter().copied());
        let mut parts = ThumbnailBuilder::new(251, 1);
        parts.add_row(0, 1, 2, pixels.iter().copied().skip(1).step_by(2));
        parts.add_row(0, 0, 2, pixels.iter().copied().step_by(2));
        assert_eq!(whole.finish(), parts.finish());
    }

    #[test]
    fn the_colour_under_full_transparency_does_not_count() {
        let mut builder = ThumbnailBuilder::new(200, 1);
        builder.add_row(0, 0, 1, [RED, CLEAR_GREEN].into_iter().cycle().take(200));
        let thumbnail = builder.finish();
        assert!(
            thumbnail
                .rgba
                .iter()
                .all(|pixel| *pixel == [255, 0, 0, 128])
        );
    }

    #[test]
    fn a_turned_thumbnail_has_its_sides_exchanged() {
        let thumbnail = Thumbnail::from_fn((2, 1), |x, _| if x == 0 { RED } else { BLUE });
        let upright = thumbnail.turned_upright(Orientation::Rotated270);
        assert_eq!((upright.width, upright.height), (1, 2));
        assert_eq!(upright.rgba, [BLUE, RED]);
    }
}

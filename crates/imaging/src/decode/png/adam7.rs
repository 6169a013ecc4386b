//! The places of interlaced rows (PNG third edition, 8.1).

/// First column, first row, column step and row step of each of the seven passes.
const PASSES: [(u32, u32, u32, u32); 7] = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
];

/// The rows of an interlaced picture in the order of the file: the row in the picture, the column of
/// its first pixel, and the columns from one pixel to the next. Passes without pixels are left out.
pub(super) fn rows(width: u32, height: u32) -> impl Iterator<Item = (u32, u32, u32)> {
    PASSES
        .into_iter()
        .filter(move |(first_x, ..)| *first_x < width)
        .flat_map(move |(first_x, first_y, step_x, step_y)| {
            (first_y..height)
                .step_by(step_y as usize)
                .map(move |y| (y, first_x, step_x))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_passes_cover_each_pixel_once() {
        for (width, height) in [(1, 1), (3, 5), (8, 8), (17, 9)] {
            let mut covered = vec![0; (width * height) as usize];
            for (y, first_x, step) in rows(width, height) {
                for x in (first_x..width).step_by(step as usize) {
                    covered[(y * width + x) as usize] += 1;
                }
            }
            assert!(covered.iter().all(|count| *count == 1));
        }
    }
}

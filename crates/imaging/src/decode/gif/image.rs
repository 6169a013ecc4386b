//! The rows of a frame (GIF 89a specification, section 22 and appendix E).

use super::blocks::Image;
use super::lzw;
use crate::error::Defect;

/// Decodes a frame in full and passes on each row with its number.
pub(super) fn decode(image: &Image<'_>, mut on_row: impl FnMut(u16, &[u8])) -> Result<(), Defect> {
    let mut rows = Rows {
        numbers: row_numbers(image.height, image.interlaced).peekable(),
        row: Vec::with_capacity(image.width.into()),
        width: image.width.into(),
    };
    if image.width == 0 {
        return Ok(());
    }
    lzw::decode(image.min_code_bits, image.data.clone(), |values| {
        rows.fill(values, &mut on_row)
    })?;
    match rows.numbers.peek() {
        None => Ok(()),
        Some(_) => Err(Defect("compressed data ends before its frame does")),
    }
}

/// Cuts pixels into rows.
struct Rows<I: Iterator<Item = u16>> {
    /// The numbers of the rows to come, that of the current row first.
    numbers: std::iter::Peekable<I>,
    /// What there is of the current row.
    row: Vec<u8>,
    width: usize,
}

impl<I: Iterator<Item = u16>> Rows<I> {
    /// Adds pixels and passes on the rows they complete. Returns whether any are still missing.
    fn fill(&mut self, mut values: &[u8], on_row: &mut impl FnMut(u16, &[u8])) -> bool {
        while !values.is_empty() {
            let missing = self.width - self.row.len();
            let (fitting, rest) = values.split_at(missing.min(values.len()));
            self.row.extend_from_slice(fitting);
            values = rest;
            if self.row.len() == self.width {
                let Some(number) = self.numbers.next() else {
                    return false;
                };
                on_row(number, &self.row);
                self.row.clear();
            }
        }
        self.numbers.peek().is_some()
    }
}

/// The numbers of rows in the order of the file.
fn row_numbers(height: u16, interlaced: bool) -> impl Iterator<Item = u16> {
    /// First row and step of each group of rows (appendix E).
    const GROUPS: [(u16, usize); 4] = [(0, 8), (4, 8), (2, 4), (1, 2)];
    const WHOLE: [(u16, usize); 1] = [(0, 1)];
    let groups: &[_] = if interlaced { &GROUPS } else { &WHOLE };
    groups
        .iter()
        .flat_map(move |(first, step)| (*first..height).step_by(*step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interlaced_rows_come_in_four_groups_that_cover_each_row_once() {
        let rows: Vec<u16> = row_numbers(10, true).collect();
        assert_eq!(rows, [0, 8, 4, 2, 6, 1, 3, 5, 7, 9]);
        assert_eq!(row_numbers(3, false).collect::<Vec<_>>(), [0, 1, 2]);
    }
}

//! The rows of a frame: LZW and interlacing (GIF 89a specification, section 22 and appendices E, F).

use weezl::{BitOrder, decode::Decoder};

use super::blocks::Image;
use crate::InspectError;
use crate::error::Defect;

/// Code sizes that GIF's dictionary of 4096 codes leaves room for.
const CODE_BITS: std::ops::RangeInclusive<u8> = 1..=11;

/// Decodes a frame in full and passes on each row with its number.
pub(super) fn decode(
    image: &Image<'_>,
    mut on_row: impl FnMut(u16, &[u8]),
) -> Result<(), InspectError> {
    if image.width == 0 || image.height == 0 {
        return Ok(());
    }
    if !CODE_BITS.contains(&image.min_code_bits) {
        return Err(Defect("an impossible code size").into());
    }
    let mut decoder = Decoder::new(BitOrder::Lsb, image.min_code_bits);
    let mut numbers = row_numbers(image.height, image.interlaced);
    let mut number = numbers.next();
    let mut row = vec![0; usize::from(image.width)];
    let mut filled = 0;
    // The decoder holds back what does not fit into the row: an empty piece at the end draws it out.
    for mut input in image.data.clone().chain([&[][..]]) {
        while let Some(current) = number {
            let result = decoder.decode_bytes(input, &mut row[filled..]);
            result.status.map_err(InspectError::corrupt)?;
            if result.consumed_in == 0 && result.consumed_out == 0 {
                break;
            }
            input = &input[result.consumed_in..];
            filled += result.consumed_out;
            if filled == row.len() {
                on_row(current, &row);
                filled = 0;
                number = numbers.next();
            }
        }
    }
    match number {
        None => Ok(()),
        Some(_) => Err(Defect("compressed data ends before its frame does").into()),
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

//! The units of AV1 data (AV1 specification 5.3), counted before any is decoded.

use crate::InspectError;
use crate::bytes::ByteReader;

/// Types of units that make the decoder decode a frame, or show one that it has: frame headers, frames, and redundant
/// frame headers, which count as headers where they come first.
const FRAME_TYPES: [u8; 3] = [3, 6, 7];
/// Most bytes of a size.
const MAX_SIZE_BYTES: u32 = 8;

/// How many frames the data makes a decoder decode or show. Where it is damaged the decoder stops, and so does this.
pub(super) fn frame_headers(data: &[u8]) -> u32 {
    let mut reader = ByteReader::new(data);
    let mut frames = 0;
    while !reader.is_at_end() {
        match skip_unit(&mut reader) {
            Ok(kind) => frames += u32::from(FRAME_TYPES.contains(&kind)),
            Err(_) => break,
        }
    }
    frames
}

/// Passes over a unit and gives its type.
fn skip_unit(reader: &mut ByteReader<'_>) -> Result<u8, InspectError> {
    let header = reader.u8()?;
    let (has_extension, has_size) = (header & 4 != 0, header & 2 != 0);
    if has_extension {
        reader.u8()?;
    }
    let size = if has_size {
        size(reader)?
    } else {
        reader.rest().len()
    };
    reader.take(size)?;
    Ok(header >> 3 & 15)
}

/// A number in groups of seven bits, the lowest first (4.10.5).
fn size(reader: &mut ByteReader<'_>) -> Result<usize, InspectError> {
    let mut size = 0u64;
    for place in 0..MAX_SIZE_BYTES {
        let byte = reader.u8()?;
        size |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    usize::try_from(size).map_err(|_| InspectError::Truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_headers_are_counted_among_other_units() {
        // A delimiter, a sequence header, a frame, a header with an extension, and a frame without a size.
        let units = b"\x12\0\x0A\x02ab\x32\x01c\x1E\0\x81\0d\x30efg";
        assert_eq!(frame_headers(units), 3);
        assert_eq!(frame_headers(b""), 0);
    }

    #[test]
    fn what_comes_behind_a_damaged_unit_is_not_decoded_and_not_counted() {
        assert_eq!(frame_headers(b"\x32\x01a\x32\x7Fa\x32\x01a"), 1);
        assert_eq!(frame_headers(b"\x32\xFF\xFF"), 0);
    }
}

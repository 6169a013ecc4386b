//! Boxes of the ISO base media file format (ISO/IEC 14496-12 4.2).

use crate::InspectError;
use crate::bytes::ByteReader;
use crate::error::Defect;

/// A box: its four-character code and what it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct IsoBox<'a> {
    pub(super) kind: [u8; 4],
    pub(super) payload: &'a [u8],
}

/// The boxes in a sequence of bytes, up to the first that does not fit.
#[derive(Debug, Clone)]
pub(super) struct Boxes<'a>(ByteReader<'a>);

impl<'a> Boxes<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(ByteReader::new(bytes))
    }

    /// The payload of the only box of a kind; none if there is no such box.
    pub(super) fn find(self, kind: [u8; 4]) -> Result<Option<&'a [u8]>, InspectError> {
        for found in self {
            let found = found?;
            if found.kind == kind {
                return Ok(Some(found.payload));
            }
        }
        Ok(None)
    }

    /// The payload of the only box of a kind, which must be there.
    pub(super) fn require(self, kind: [u8; 4]) -> Result<&'a [u8], InspectError> {
        self.find(kind)?
            .ok_or_else(|| Defect("a required box is missing").into())
    }

    fn read(&mut self) -> Result<IsoBox<'a>, InspectError> {
        let reader = &mut self.0;
        let start = reader.position();
        let size = reader.u32_be()?;
        let kind = reader.take_array()?;
        // A size of 0: to the end of what encloses the box.
        if size == 0 {
            let payload = reader.take(reader.rest().len())?;
            return Ok(IsoBox { kind, payload });
        }
        let size = if size == 1 {
            reader.u64_be()?
        } else {
            size.into()
        };
        let header_size = reader.position() - start;
        let payload_size = usize::try_from(size)
            .map_err(|_| InspectError::Truncated)?
            .checked_sub(header_size)
            .ok_or(Defect("a box smaller than its header"))?;
        let payload = reader.take(payload_size)?;
        Ok(IsoBox { kind, payload })
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<IsoBox<'a>, InspectError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_at_end() {
            return None;
        }
        let read = self.read();
        if read.is_err() {
            self.0 = ByteReader::new(&[]);
        }
        Some(read)
    }
}

/// The version and flags that start a full box, and a reader of the rest (ISO/IEC 14496-12 4.2.2).
pub(super) fn full_box(payload: &[u8]) -> Result<(u8, [u8; 3], ByteReader<'_>), InspectError> {
    let mut reader = ByteReader::new(payload);
    let version = reader.u8()?;
    let flags = reader.take_array()?;
    Ok((version, flags, reader))
}

/// An identifier or a count, of two bytes or, where the box is of a later version, of four.
pub(super) fn short_or_long(
    reader: &mut ByteReader<'_>,
    is_long: bool,
) -> Result<u32, InspectError> {
    if is_long {
        reader.u32_be()
    } else {
        Ok(reader.u16_be()?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_have_short_long_or_open_sizes() {
        let bytes = b"\0\0\0\x0Aabcd12\0\0\0\x01efgh\0\0\0\0\0\0\0\x113\0\0\0\0ijkl456";
        let boxes: Vec<_> = Boxes::new(bytes).map(Result::unwrap).collect();
        let payloads: Vec<_> = boxes.iter().map(|found| found.payload).collect();
        assert_eq!(payloads, [&b"12"[..], b"3", b"456"]);
        assert_eq!(boxes[2].kind, *b"ijkl");
    }

    #[test]
    fn a_box_that_claims_more_than_there_is_ends_the_walk_as_truncated() {
        let mut boxes = Boxes::new(b"\0\0\0\x0Babcd12");
        assert!(matches!(boxes.next(), Some(Err(InspectError::Truncated))));
        assert!(boxes.next().is_none());
    }

    #[test]
    fn a_box_smaller_than_its_header_is_corrupt() {
        let mut boxes = Boxes::new(b"\0\0\0\x07abcd12");
        assert!(matches!(
            boxes.next(),
            Some(Err(InspectError::Corrupt { .. }))
        ));
    }
}

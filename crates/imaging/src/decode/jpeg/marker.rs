//! Markers and the segments they open (T.81 B.1.1).

use crate::InspectError;
use crate::bytes::ByteReader;
use crate::error::Defect;

/// The second byte of a marker; the first is 0xFF (T.81 table B.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marker(u8);

impl Marker {
    pub(super) const DHT: Self = Self(0xC4);
    pub(super) const DQT: Self = Self(0xDB);
    pub(super) const DRI: Self = Self(0xDD);
    pub(super) const APP1: Self = Self(0xE1);
    pub(super) const APP14: Self = Self(0xEE);
    pub(super) const APP0: Self = Self(0xE0);
}

/// How the entropy-coded data of a frame is organised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Each scan holds whole blocks (SOF0, SOF1).
    Sequential,
    /// Each scan holds some bits of some coefficients (SOF2).
    Progressive,
}

/// A marker with its payload, as far as decoding tells them apart.
#[derive(Debug)]
pub(super) enum Segment<'a> {
    StartOfFrame(Coding, &'a [u8]),
    StartOfScan(&'a [u8]),
    /// DHT, DQT or DRI.
    Table(Marker, &'a [u8]),
    /// APP0 to APP15.
    Application(Marker, &'a [u8]),
    /// A comment or anything else without influence on decoding.
    Other,
    EndOfImage,
}

/// Walks over the segments of an image.
#[derive(Debug)]
pub(super) struct MarkerReader<'a> {
    bytes: ByteReader<'a>,
}

impl<'a> MarkerReader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes: ByteReader::new(bytes),
        }
    }

    pub(super) fn start_of_image(&mut self) -> Result<(), InspectError> {
        match self.bytes.take_array()? {
            [0xFF, 0xD8] => Ok(()),
            _ => Err(Defect("no start of image").into()),
        }
    }

    /// What follows the last segment.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.rest()
    }

    /// Passes over entropy-coded data, whose length only its decoder can tell.
    pub(super) fn skip(&mut self, length: usize) {
        // The length is that of a part of `rest`.
        let _ = self.bytes.take(length);
    }

    pub(super) fn next(&mut self) -> Result<Segment<'a>, InspectError> {
        let marker = self.next_marker()?;
        Ok(match marker.0 {
            0xD9 => Segment::EndOfImage,
            // TEM and restart markers have no payload; one outside a scan means nothing.
            0x01 | 0xD0..=0xD7 => Segment::Other,
            0xC0 | 0xC1 => Segment::StartOfFrame(Coding::Sequential, self.payload()?),
            0xC2 => Segment::StartOfFrame(Coding::Progressive, self.payload()?),
            0xC3 => return Err(unsupported("lossless JPEG")),
            0xC5..=0xC7 => return Err(unsupported("hierarchical JPEG")),
            0xC9..=0xCB | 0xCD..=0xCF => return Err(unsupported("arithmetic-coded JPEG")),
            0xF7 => return Err(unsupported("JPEG-LS")),
            0xC4 | 0xDB | 0xDD => Segment::Table(marker, self.payload()?),
            0xDA => Segment::StartOfScan(self.payload()?),
            0xE0..=0xEF => Segment::Application(marker, self.payload()?),
            0xD8 => return Err(Defect("a second start of image").into()),
            _ => {
                self.payload()?;
                Segment::Other
            }
        })
    }

    /// Finds the next marker. As other decoders do, it passes over bytes that belong to nothing, and
    /// over fill bytes (T.81 B.1.1.2).
    fn next_marker(&mut self) -> Result<Marker, InspectError> {
        loop {
            let rest = self.bytes.rest();
            let extraneous = rest
                .iter()
                .position(|byte| *byte == 0xFF)
                .ok_or(InspectError::Truncated)?;
            self.skip(extraneous + 1);
            let mut code = self.bytes.u8()?;
            while code == 0xFF {
                code = self.bytes.u8()?;
            }
            // 0xFF00 is a stuffed data byte left over from a scan.
            if code != 0 {
                return Ok(Marker(code));
            }
        }
    }

    fn payload(&mut self) -> Result<&'a [u8], InspectError> {
        let length = usize::from(self.bytes.u16_be()?);
        let length = length
            .checked_sub(2)
            .ok_or(Defect("a segment shorter than its own length field"))?;
        self.bytes.take(length)
    }
}

fn unsupported(coding: &'static str) -> InspectError {
    InspectError::UnsupportedCoding { coding }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_bytes_and_stray_bytes_before_a_marker_are_passed_over() {
        let mut reader = MarkerReader::new(b"\xFF\xD8ab\xFF\x00\xFF\xFF\xFF\xD9");
        reader.start_of_image().unwrap();
        assert!(matches!(reader.next(), Ok(Segment::EndOfImage)));
    }

    #[test]
    fn a_segment_that_claims_more_than_there_is_is_truncated() {
        let mut reader = MarkerReader::new(b"\xFF\xFE\x00\x09abc");
        assert!(matches!(reader.next(), Err(InspectError::Truncated)));
    }

    #[test]
    fn a_segment_shorter_than_its_length_field_is_corrupt() {
        let mut reader = MarkerReader::new(b"\xFF\xFE\x00\x01abc");
        assert!(matches!(reader.next(), Err(InspectError::Corrupt { .. })));
    }

    #[test]
    fn codings_that_nothing_displays_are_named() {
        let mut reader = MarkerReader::new(b"\xFF\xC9\x00\x02");
        assert!(matches!(
            reader.next(),
            Err(InspectError::UnsupportedCoding {
                coding: "arithmetic-coded JPEG"
            })
        ));
    }
}

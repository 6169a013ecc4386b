//! Bits of entropy-coded data, without its stuffed zero bytes (T.81 F.1.2.3).

use crate::InspectError;
use crate::error::Defect;

/// Bits that a refill leaves at least, unless the data ends: enough for the longest code (16) and
/// the longest coefficient (15).
const MIN_BITS: u32 = 32;

/// Reads bits, most significant first, up to the next marker.
///
/// Past the end of the data it hands out zeros, so that decoding needs no check at each bit;
/// [`BitReader::check`] tells whether any were used.
#[derive(Debug)]
pub(super) struct BitReader<'a> {
    data: &'a [u8],
    /// The first byte not yet in `buffer`. Never past a marker.
    position: usize,
    /// Bits to come, from the most significant down. Below the first `available` there may be more
    /// bits of the data, never others.
    buffer: u64,
    available: u32,
    /// How many of `available` are zeros made up after the end.
    padding: u32,
}

impl<'a> BitReader<'a> {
    pub(super) const fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            position: 0,
            buffer: 0,
            available: 0,
            padding: 0,
        }
    }

    /// Makes at least 32 bits available.
    #[inline]
    pub(super) fn refill(&mut self) {
        if self.available >= MIN_BITS {
            return;
        }
        match self.data.get(self.position..).and_then(<[u8]>::first_chunk) {
            Some(next) if !has_0xff(u64::from_be_bytes(*next)) => {
                self.buffer |= u64::from_be_bytes(*next) >> self.available;
                let whole_bytes = (u64::BITS - 1 - self.available) / 8;
                self.position += whole_bytes as usize;
                self.available += whole_bytes * 8;
            }
            _ => self.refill_bytewise(),
        }
    }

    /// The refill near a 0xFF and near the end.
    fn refill_bytewise(&mut self) {
        while self.available <= u64::BITS - 8 {
            let byte = match self.data.get(self.position..).unwrap_or_default() {
                [0xFF, 0x00, ..] => {
                    self.position += 2;
                    0xFF
                }
                // A marker, or the last byte of a file cut inside one.
                [0xFF, ..] | [] => {
                    self.available += 8;
                    self.padding += 8;
                    continue;
                }
                [byte, ..] => {
                    self.position += 1;
                    *byte
                }
            };
            self.buffer |= u64::from(byte) << (u64::BITS - 8 - self.available);
            self.available += 8;
        }
    }

    /// The next 16 bits, not consumed.
    #[inline]
    pub(super) const fn peek16(&self) -> u32 {
        (self.buffer >> 48) as u32
    }

    #[inline]
    pub(super) fn consume(&mut self, count: u32) {
        self.buffer <<= count;
        self.available = self.available.saturating_sub(count);
    }

    /// Takes up to 16 bits as a number. Refills nothing.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let bits = self.peek16() >> (16 - count);
        self.consume(count);
        bits
    }

    /// Fails if bits past the end of the data have been used.
    #[inline]
    pub(super) fn check(&self) -> Result<(), InspectError> {
        if self.available >= self.padding {
            return Ok(());
        }
        Err(self.ended_early())
    }

    #[cold]
    fn ended_early(&self) -> InspectError {
        if self.position + 1 >= self.data.len() {
            InspectError::Truncated
        } else {
            Defect("entropy-coded data ends before its image does").into()
        }
    }

    /// Passes the restart marker of this number (0 to 7) and whatever precedes it (T.81 F.2.1.3.1).
    pub(super) fn restart(&mut self, number: u8) -> Result<(), InspectError> {
        self.check()?;
        let rest = self.data.get(self.position..).unwrap_or_default();
        let mut marker = rest
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xFF));
        match marker.next() {
            None => Err(InspectError::Truncated),
            Some((offset, pair)) if pair[1] == 0xD0 + number => {
                *self = Self {
                    position: self.position + offset + 2,
                    ..Self::new(self.data)
                };
                Ok(())
            }
            Some(_) => Err(Defect("a restart marker is missing or out of order").into()),
        }
    }

    /// How many bytes have been read: a position at or before the marker that ends the data.
    pub(super) const fn position(&self) -> usize {
        self.position
    }
}

/// Whether any of eight bytes is 0xFF: the classic test for a zero byte, on the complement.
const fn has_0xff(bytes: u64) -> bool {
    const LOW_BITS: u64 = 0x0101_0101_0101_0101;
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    (!bytes).wrapping_sub(LOW_BITS) & bytes & HIGH_BITS != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(bits: &mut BitReader<'_>, count: u32) -> u32 {
        bits.refill();
        bits.take(count)
    }

    #[test]
    fn a_byte_of_0xff_is_found_wherever_it_stands() {
        assert!(!has_0xff(0xFE7F_0080_FEFE_0001));
        for place in 0..8 {
            assert!(has_0xff(0xFF << (8 * place)));
        }
    }

    #[test]
    fn stuffed_zeros_are_no_data() {
        let mut bits = BitReader::new(&[0xFF, 0x00, 0x12, 0xFF, 0xD9]);
        assert_eq!(take(&mut bits, 16), 0xFF12);
        assert!(bits.check().is_ok());
        take(&mut bits, 1);
        assert!(bits.check().is_err());
    }

    #[test]
    fn the_fast_and_the_bytewise_refill_agree() {
        let data: Vec<u8> = (0..64).map(|byte: u8| byte.wrapping_mul(37)).collect();
        let mut bits = BitReader::new(&data);
        let bytes: Vec<u32> = data.iter().map(|_| take(&mut bits, 8)).collect();
        assert_eq!(
            bytes,
            data.iter().map(|byte| u32::from(*byte)).collect::<Vec<_>>()
        );
        assert!(bits.check().is_ok());
    }

    #[test]
    fn the_end_of_the_file_is_truncation_and_a_marker_is_corruption() {
        let mut at_end = BitReader::new(&[0x12]);
        take(&mut at_end, 9);
        assert!(matches!(at_end.check(), Err(InspectError::Truncated)));
        let mut at_marker = BitReader::new(&[0x12, 0xFF, 0xD9]);
        take(&mut at_marker, 9);
        assert!(matches!(
            at_marker.check(),
            Err(InspectError::Corrupt { .. })
        ));
    }

    #[test]
    fn a_restart_marker_must_bear_the_next_number() {
        let data = [0x12, 0xFF, 0xD0, 0x34, 0xFF, 0xD5, 0x56];
        let mut bits = BitReader::new(&data);
        take(&mut bits, 8);
        bits.restart(0).unwrap();
        assert_eq!(take(&mut bits, 8), 0x34);
        assert!(matches!(bits.restart(1), Err(InspectError::Corrupt { .. })));
    }
}

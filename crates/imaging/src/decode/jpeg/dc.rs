//! DC coefficients: their differences (T.81 F.2.2.1) and their refinement (T.81 G.1.2.1).

use super::bits::BitReader;
use super::frame::Plane;
use super::huffman::HuffmanTable;
use super::scan::BlockDecoder;
use crate::error::Defect;

/// Most bits of a DC difference (T.81 table F.6 has 15, lossless coding alone 16).
const MAX_DIFFERENCE_BITS: u8 = 15;

/// A component's DC coefficients, each coded as the difference from the one before.
#[derive(Debug)]
pub(super) struct Differences<'t> {
    table: &'t HuffmanTable,
    previous: i32,
}

impl<'t> Differences<'t> {
    pub(super) const fn new(table: &'t HuffmanTable) -> Self {
        Self { table, previous: 0 }
    }

    pub(super) const fn restart(&mut self) {
        self.previous = 0;
    }

    /// Reads the next coefficient.
    #[inline]
    pub(super) fn next(&mut self, bits: &mut BitReader<'_>) -> Result<i32, Defect> {
        bits.refill();
        let size = self.table.symbol(bits)?;
        if size > MAX_DIFFERENCE_BITS {
            return Err(Defect("a DC difference of too many bits"));
        }
        let value = bits.take(size.into()).cast_signed();
        // T.81 F.2.2.1, figure F.12: numbers with a leading zero are negative.
        let difference = if size > 0 && value < 1 << (size - 1) {
            value - (1 << size) + 1
        } else {
            value
        };
        self.previous = self.previous.wrapping_add(difference);
        Ok(self.previous)
    }
}

/// Keeps a coefficient; one that no picture of 8 bits can have is cut to what fits.
#[inline]
pub(super) fn saturate(coefficient: i32) -> i16 {
    i16::try_from(coefficient).unwrap_or(if coefficient < 0 { i16::MIN } else { i16::MAX })
}

/// The first scan of DC coefficients in a progressive image.
#[derive(Debug)]
pub(super) struct DcFirst<'t> {
    components: Vec<Differences<'t>>,
    bit: u8,
}

impl<'t> DcFirst<'t> {
    /// For coefficients whose bits below `bit` come later.
    pub(super) fn new(tables: Vec<&'t HuffmanTable>, bit: u8) -> Self {
        Self {
            components: tables.into_iter().map(Differences::new).collect(),
            bit,
        }
    }
}

impl BlockDecoder for DcFirst<'_> {
    fn restart(&mut self) {
        self.components.iter_mut().for_each(Differences::restart);
    }

    #[inline]
    fn decode(
        &mut self,
        bits: &mut BitReader<'_>,
        component: usize,
        plane: &mut Plane,
        block: usize,
    ) -> Result<(), Defect> {
        let coefficient = self.components[component].next(bits)?;
        plane.dc[block] = saturate(coefficient.wrapping_shl(self.bit.into()));
        Ok(())
    }
}

/// A later scan of DC coefficients: one more bit of each.
#[derive(Debug)]
pub(super) struct DcRefinement {
    bit: u8,
}

impl DcRefinement {
    pub(super) const fn new(bit: u8) -> Self {
        Self { bit }
    }
}

impl BlockDecoder for DcRefinement {
    fn restart(&mut self) {}

    #[inline]
    fn decode(
        &mut self,
        bits: &mut BitReader<'_>,
        _component: usize,
        plane: &mut Plane,
        block: usize,
    ) -> Result<(), Defect> {
        bits.refill();
        if bits.take(1) == 1 {
            plane.dc[block] |= 1 << self.bit;
        }
        Ok(())
    }
}

//! AC coefficients, decoded for their length and place only: sequential blocks (T.81 F.2.2.2), and
//! the first and later scans of a progressive image (T.81 G.1.2.2 and G.1.2.3).

use std::ops::RangeInclusive;

use super::bits::BitReader;
use super::dc::{Differences, saturate};
use super::frame::Plane;
use super::huffman::{END_OF_BLOCK, HuffmanTable};
use super::scan::BlockDecoder;
use crate::error::Defect;

/// Coefficients of a block.
const COEFFICIENTS: u32 = 64;
/// A run of zeros that no coefficient follows (ZRL): sixteen.
const ZERO_RUN: u8 = 15;

const OUTSIDE_BAND: Defect = Defect("coefficients past the end of their block");

/// Whole blocks of a sequential image.
#[derive(Debug)]
pub(super) struct SequentialBlocks<'t> {
    components: Vec<(Differences<'t>, &'t HuffmanTable)>,
}

impl<'t> SequentialBlocks<'t> {
    pub(super) fn new(dc: Vec<&'t HuffmanTable>, ac: Vec<&'t HuffmanTable>) -> Self {
        let dc = dc.into_iter().map(Differences::new);
        Self {
            components: dc.zip(ac).collect(),
        }
    }
}

impl BlockDecoder for SequentialBlocks<'_> {
    fn restart(&mut self) {
        for (differences, _) in &mut self.components {
            differences.restart();
        }
    }

    #[inline]
    fn decode(
        &mut self,
        bits: &mut BitReader<'_>,
        component: usize,
        plane: &mut Plane,
        block: usize,
    ) -> Result<(), Defect> {
        let (differences, ac_table) = &mut self.components[component];
        plane.dc[block] = saturate(differences.next(bits)?);
        let mut position = 1;
        while position < COEFFICIENTS {
            bits.refill();
            let step = ac_table.ac_step(bits)?;
            bits.consume(step.bits.into());
            position += u32::from(step.advance);
        }
        if position == COEFFICIENTS || position >= u32::from(END_OF_BLOCK) {
            Ok(())
        } else {
            Err(OUTSIDE_BAND)
        }
    }
}

/// The coefficients of one progressive scan, and its run of blocks without any.
#[derive(Debug)]
struct Band<'t> {
    table: &'t HuffmanTable,
    start: u32,
    end: u32,
    /// Blocks to come, this one included, that have no further code (T.81 G.1.2.2: EOBRUN).
    end_of_band_run: u32,
}

impl<'t> Band<'t> {
    fn new(tables: &[&'t HuffmanTable], band: RangeInclusive<u8>) -> Result<Self, Defect> {
        Ok(Self {
            table: tables.first().ok_or(Defect("a scan of no component"))?,
            start: (*band.start()).into(),
            end: (*band.end()).into(),
            end_of_band_run: 0,
        })
    }

    /// Reads a code: the run of zeros and the size of the coefficient behind it.
    #[inline]
    fn run_and_size(&self, bits: &mut BitReader<'_>) -> Result<(u8, u8), Defect> {
        bits.refill();
        let symbol = self.table.symbol(bits)?;
        Ok((symbol >> 4, symbol & 15))
    }

    /// Reads how many blocks end here, this one included, behind a code of size 0.
    #[inline]
    fn read_end_of_band_run(&mut self, bits: &mut BitReader<'_>, run: u8) {
        bits.refill();
        self.end_of_band_run = (1 << run) + bits.take(run.into());
    }
}

/// The first scan of a band of AC coefficients.
#[derive(Debug)]
pub(super) struct AcFirst<'t>(Band<'t>);

impl<'t> AcFirst<'t> {
    pub(super) fn new(
        tables: &[&'t HuffmanTable],
        band: RangeInclusive<u8>,
    ) -> Result<Self, Defect> {
        Band::new(tables, band).map(Self)
    }
}

impl BlockDecoder for AcFirst<'_> {
    fn restart(&mut self) {
        self.0.end_of_band_run = 0;
    }

    #[inline]
    fn decode(
        &mut self,
        bits: &mut BitReader<'_>,
        _component: usize,
        plane: &mut Plane,
        block: usize,
    ) -> Result<(), Defect> {
        let band = &mut self.0;
        let mut position = band.start;
        while band.end_of_band_run == 0 && position <= band.end {
            let (run, size) = band.run_and_size(bits)?;
            if size != 0 {
                position += u32::from(run);
                if position > band.end {
                    return Err(OUTSIDE_BAND);
                }
                bits.consume(size.into());
                plane.nonzero[block] |= 1 << position;
                position += 1;
            } else if run == ZERO_RUN {
                position += 16;
            } else {
                band.read_end_of_band_run(bits, run);
            }
        }
        band.end_of_band_run = band.end_of_band_run.saturating_sub(1);
        Ok(())
    }
}

/// A later scan of a band: one more bit of each coefficient known not to be zero, and coefficients
/// whose first bit this is.
#[derive(Debug)]
pub(super) struct AcRefinement<'t>(Band<'t>);

impl<'t> AcRefinement<'t> {
    pub(super) fn new(
        tables: &[&'t HuffmanTable],
        band: RangeInclusive<u8>,
    ) -> Result<Self, Defect> {
        Band::new(tables, band).map(Self)
    }
}

impl BlockDecoder for AcRefinement<'_> {
    fn restart(&mut self) {
        self.0.end_of_band_run = 0;
    }

    #[inline]
    fn decode(
        &mut self,
        bits: &mut BitReader<'_>,
        _component: usize,
        plane: &mut Plane,
        block: usize,
    ) -> Result<(), Defect> {
        let band = &mut self.0;
        let nonzero = &mut plane.nonzero[block];
        let mut position = band.start;
        while band.end_of_band_run == 0 && position <= band.end {
            let (run, size) = band.run_and_size(bits)?;
            match (run, size) {
                (_, 1) => {
                    // The sign of the new coefficient stands before the corrections of the others.
                    bits.consume(1);
                    position = pass_zeros(bits, *nonzero, position..=band.end, run);
                    if position > band.end {
                        return Err(OUTSIDE_BAND);
                    }
                    *nonzero |= 1 << position;
                    position += 1;
                }
                (ZERO_RUN, 0) => {
                    position = pass_zeros(bits, *nonzero, position..=band.end, run) + 1;
                }
                (_, 0) => band.read_end_of_band_run(bits, run),
                _ => return Err(Defect("a refined coefficient of more than one bit")),
            }
        }
        if band.end_of_band_run > 0 {
            skip_corrections(bits, *nonzero, position..=band.end);
            band.end_of_band_run -= 1;
        }
        Ok(())
    }
}

/// Passes `run` coefficients that are zero, and the correction bits of those between that are not.
/// Returns the position of the next zero, past the end of the band if there is none.
#[inline]
fn pass_zeros(bits: &mut BitReader<'_>, nonzero: u64, band: RangeInclusive<u32>, run: u8) -> u32 {
    let (start, end) = (*band.start(), *band.end());
    let mut zeros_left = run;
    let mut position = start;
    while position <= end {
        if nonzero >> position & 1 == 0 {
            if zeros_left == 0 {
                break;
            }
            zeros_left -= 1;
        }
        position += 1;
    }
    if position > start {
        skip_corrections(bits, nonzero, start..=position - 1);
    }
    position
}

/// Skips a correction bit for each coefficient of the range that is not zero.
#[inline]
fn skip_corrections(bits: &mut BitReader<'_>, nonzero: u64, range: RangeInclusive<u32>) {
    let (start, end) = (*range.start(), *range.end());
    if start > end {
        return;
    }
    let from_start = u64::MAX << start;
    let to_end = u64::MAX >> (u64::BITS - 1 - end);
    let mut corrections = (nonzero & from_start & to_end).count_ones();
    while corrections > 0 {
        bits.refill();
        let taken = corrections.min(32);
        bits.consume(taken);
        corrections -= taken;
    }
}

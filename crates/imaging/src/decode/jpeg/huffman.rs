//! Huffman tables (T.81 annex C and F.2.2.3), arranged for one look-up a symbol.

use super::bits::BitReader;
use crate::error::Defect;

/// Codes up to this length are found by one look-up. Longer ones are rare: a look-up table for all
/// 16 bits would not stay in the first-level cache.
const LOOKUP_BITS: u32 = 10;
/// Longest code.
const MAX_CODE_BITS: u32 = 16;

/// What [`AcStep::advance`] says of the code that ends a block: enough to end it from anywhere, and
/// more than any run can reach.
pub(super) const END_OF_BLOCK: u8 = 128;

/// A symbol and the length of its code; length 0 where the code is longer than the look-up.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    symbol: u8,
    code_bits: u8,
}

/// What one code of a sequential scan does: its length with that of the coefficient bits behind it,
/// and how far it moves along the block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AcStep {
    pub(super) bits: u8,
    pub(super) advance: u8,
}

impl AcStep {
    /// T.81 F.1.2.2.1: the symbol holds a run of zeros and the size of the coefficient after it.
    const fn new(code_bits: u8, symbol: u8) -> Self {
        let (run, size) = (symbol >> 4, symbol & 15);
        let advance = match (run, size) {
            (15, _) | (_, 1..) => run + 1,
            (_, 0) => END_OF_BLOCK,
        };
        Self {
            bits: code_bits + size,
            advance,
        }
    }
}

/// A table of codes and the symbols they stand for.
#[derive(Debug)]
pub(super) struct HuffmanTable {
    lookup: Box<[Entry; 1 << LOOKUP_BITS]>,
    ac_lookup: Box<[AcStep; 1 << LOOKUP_BITS]>,
    /// For each code length, from 1, the first 16-bit pattern that is too large for it.
    ends: [u32; MAX_CODE_BITS as usize],
    /// For each code length, the index in `symbols` less the code.
    offsets: [i32; MAX_CODE_BITS as usize],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// A table from the number of codes of each length and the symbols in order of code (T.81 C.2).
    pub(super) fn new(counts: [u8; 16], symbols: &[u8]) -> Result<Self, Defect> {
        let mut table = Self {
            lookup: Box::new([Entry::default(); 1 << LOOKUP_BITS]),
            ac_lookup: Box::new([AcStep::default(); 1 << LOOKUP_BITS]),
            ends: [0; MAX_CODE_BITS as usize],
            offsets: [0; MAX_CODE_BITS as usize],
            symbols: symbols.to_vec(),
        };
        let mut code = 0u32;
        let mut index = 0u32;
        for ((bits, count), length) in (1..=MAX_CODE_BITS).zip(counts).zip(0..) {
            table.offsets[length] = index.cast_signed() - code.cast_signed();
            for symbol in symbols.iter().skip(index as usize).take(count.into()) {
                if code >> bits != 0 {
                    return Err(Defect("a Huffman table with too many codes"));
                }
                table.enter(code, bits, *symbol);
                code += 1;
            }
            index += u32::from(count);
            table.ends[length] = code << (MAX_CODE_BITS - bits);
            code <<= 1;
        }
        Ok(table)
    }

    fn enter(&mut self, code: u32, bits: u32, symbol: u8) {
        let Some(free_bits) = LOOKUP_BITS.checked_sub(bits) else {
            return;
        };
        let code_bits = bits.to_le_bytes()[0];
        let first = (code << free_bits) as usize;
        let patterns = first..first + (1 << free_bits);
        self.lookup[patterns.clone()].fill(Entry { symbol, code_bits });
        self.ac_lookup[patterns].fill(AcStep::new(code_bits, symbol));
    }

    /// Reads one symbol.
    #[inline]
    pub(super) fn symbol(&self, bits: &mut BitReader<'_>) -> Result<u8, Defect> {
        let pattern = bits.peek16();
        let entry = self.lookup[(pattern >> (MAX_CODE_BITS - LOOKUP_BITS)) as usize];
        let entry = if entry.code_bits == 0 {
            self.long_code(pattern)?
        } else {
            entry
        };
        bits.consume(entry.code_bits.into());
        Ok(entry.symbol)
    }

    /// What the next code does in a sequential scan. Nothing is consumed.
    #[inline]
    pub(super) fn ac_step(&self, bits: &BitReader<'_>) -> Result<AcStep, Defect> {
        let pattern = bits.peek16();
        let step = self.ac_lookup[(pattern >> (MAX_CODE_BITS - LOOKUP_BITS)) as usize];
        if step.bits == 0 {
            let entry = self.long_code(pattern)?;
            return Ok(AcStep::new(entry.code_bits, entry.symbol));
        }
        Ok(step)
    }

    /// T.81 F.2.2.3, figure F.16, for the codes the look-up does not hold.
    #[cold]
    fn long_code(&self, pattern: u32) -> Result<Entry, Defect> {
        const UNKNOWN_CODE: Defect = Defect("a Huffman code that is in no table");
        let (length, bits) = self
            .ends
            .iter()
            .zip(1..=MAX_CODE_BITS)
            .enumerate()
            .find_map(|(length, (end, bits))| (pattern < *end).then_some((length, bits)))
            .ok_or(UNKNOWN_CODE)?;
        let code = (pattern >> (MAX_CODE_BITS - bits)).cast_signed();
        let symbol = usize::try_from(code + self.offsets[length])
            .ok()
            .and_then(|index| self.symbols.get(index))
            .ok_or(UNKNOWN_CODE)?;
        Ok(Entry {
            symbol: *symbol,
            code_bits: bits.to_le_bytes()[0],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One code each of 1, 2, ... 16 bits: 0, 10, 110, ...
    fn staircase() -> HuffmanTable {
        let symbols: Vec<u8> = (1..=16).collect();
        HuffmanTable::new([1; 16], &symbols).unwrap()
    }

    #[test]
    fn short_and_long_codes_are_told_apart() {
        // 110, then fifteen ones and a zero, then 0.
        let data = [0b1101_1111, 0b1111_1111, 0, 0b1100_0000];
        let mut bits = BitReader::new(&data);
        bits.refill();
        let table = staircase();
        assert_eq!(table.symbol(&mut bits), Ok(3));
        assert_eq!(table.symbol(&mut bits), Ok(16));
        assert_eq!(table.symbol(&mut bits), Ok(1));
    }

    #[test]
    fn a_code_in_no_table_is_refused() {
        let mut bits = BitReader::new(&[0xFF, 0, 0xFF, 0]);
        bits.refill();
        assert!(staircase().symbol(&mut bits).is_err());
    }

    #[test]
    fn more_codes_than_their_length_has_room_for_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(HuffmanTable::new(counts, &[1, 2, 3]).is_err());
    }

    #[test]
    fn a_step_counts_the_coefficient_with_the_zeros_before_it() {
        let run_of_two_size_three = AcStep::new(4, 0x23);
        assert_eq!(
            (run_of_two_size_three.bits, run_of_two_size_three.advance),
            (7, 3)
        );
        let sixteen_zeros = AcStep::new(11, 0xF0);
        assert_eq!((sixteen_zeros.bits, sixteen_zeros.advance), (11, 16));
        let end_of_block = AcStep::new(4, 0x00);
        assert_eq!(end_of_block.advance, END_OF_BLOCK);
    }
}

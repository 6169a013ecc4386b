//! Prefix codes of a lossless picture (RFC 9649 section 3.7.2), read bit by bit: only few symbols are.

use crate::InspectError;
use crate::error::Defect;

/// Longest code.
const MAX_CODE_BITS: usize = 15;
/// Symbols of the code that codes the lengths of other codes, in the order in which their own lengths come.
const LENGTH_SYMBOLS: [usize; 19] = [
    17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
];

/// Bits, the lowest of each byte first.
#[derive(Debug, Clone)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    position_bits: usize,
}

impl<'a> BitReader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            position_bits: 0,
        }
    }

    /// A number of up to 32 bits.
    pub(super) fn read(&mut self, count: usize) -> Result<u32, InspectError> {
        let number = self.peek() & ((1 << count) - 1);
        self.skip(count)?;
        u32::try_from(number).map_err(InspectError::corrupt)
    }

    pub(super) fn flag(&mut self) -> Result<bool, InspectError> {
        Ok(self.read(1)? == 1)
    }

    /// What comes next, at least 57 bits; zeros behind the end.
    fn peek(&self) -> u64 {
        let rest = self.bytes.get(self.position_bits / 8..);
        let rest = rest.unwrap_or_default();
        let window = rest.first_chunk().copied().unwrap_or_else(|| {
            let mut window = [0; 8];
            window[..rest.len()].copy_from_slice(rest);
            window
        });
        u64::from_le_bytes(window) >> (self.position_bits % 8)
    }

    fn skip(&mut self, count: usize) -> Result<(), InspectError> {
        self.position_bits += count;
        if self.position_bits > self.bytes.len() * 8 {
            return Err(InspectError::Truncated);
        }
        Ok(())
    }
}

/// A prefix code.
#[derive(Debug)]
pub(super) enum PrefixCode {
    /// One symbol, which takes no bits.
    Single(usize),
    /// The number of codes of each length, from 1, and the symbols in order of code.
    Several {
        counts: [u16; MAX_CODE_BITS],
        symbols: Vec<usize>,
    },
}

impl PrefixCode {
    /// Reads the code of an alphabet of so many symbols.
    pub(super) fn read(bits: &mut BitReader<'_>, alphabet: usize) -> Result<Self, InspectError> {
        if bits.flag()? {
            return Self::read_simple(bits, alphabet);
        }
        let mut lengths = [0; LENGTH_SYMBOLS.len()];
        let count = 4 + bits.read(4)? as usize;
        for symbol in LENGTH_SYMBOLS.iter().take(count) {
            lengths[*symbol] = bits.read(3)?.to_le_bytes()[0];
        }
        let length_code = Self::of_lengths(&lengths)?;
        let lengths = read_lengths(bits, &length_code, alphabet)?;
        Ok(Self::of_lengths(&lengths)?)
    }

    /// One symbol, or two of one bit each, in the order in which they come.
    fn read_simple(bits: &mut BitReader<'_>, alphabet: usize) -> Result<Self, InspectError> {
        let has_two = bits.flag()?;
        let first_bits = if bits.flag()? { 8 } else { 1 };
        let mut symbol = |count| match bits.read(count)? as usize {
            symbol if symbol < alphabet => Ok(symbol),
            _ => Err(InspectError::from(Defect("a symbol outside its alphabet"))),
        };
        let first = symbol(first_bits)?;
        if !has_two {
            return Ok(Self::Single(first));
        }
        let mut counts = [0; MAX_CODE_BITS];
        counts[0] = 2;
        let symbols = vec![first, symbol(8)?];
        Ok(Self::Several { counts, symbols })
    }

    /// The canonical code of symbols with codes of these lengths, 0 for those that have none.
    fn of_lengths(lengths: &[u8]) -> Result<Self, Defect> {
        let coded = || lengths.iter().copied().map(usize::from).enumerate();
        let coded = || coded().filter(|(_, length)| *length > 0);
        let mut counts = [0; MAX_CODE_BITS];
        for (_, length) in coded() {
            counts[length - 1] += 1;
        }
        let mut next = [0; MAX_CODE_BITS];
        for length in 1..MAX_CODE_BITS {
            next[length] = next[length - 1] + usize::from(counts[length - 1]);
        }
        let mut symbols = vec![0; coded().count()];
        for (symbol, length) in coded() {
            symbols[next[length - 1]] = symbol;
            next[length - 1] += 1;
        }
        if let [symbol] = symbols[..] {
            return Ok(Self::Single(symbol));
        }
        let taken: u32 = (1..)
            .zip(counts)
            .map(|(length, count)| u32::from(count) << (MAX_CODE_BITS - length))
            .sum();
        if taken != 1 << MAX_CODE_BITS {
            return Err(Defect("a prefix code that is not complete"));
        }
        Ok(Self::Several { counts, symbols })
    }

    pub(super) fn symbol(&self, bits: &mut BitReader<'_>) -> Result<usize, InspectError> {
        let (counts, symbols) = match self {
            Self::Single(symbol) => return Ok(*symbol),
            Self::Several { counts, symbols } => (counts, symbols),
        };
        let window = bits.peek();
        let (mut code, mut first, mut index) = (0, 0, 0);
        for (place, count) in counts.iter().enumerate() {
            let count = u64::from(*count);
            code |= window >> place & 1;
            if code < first + count {
                bits.skip(place + 1)?;
                let index = usize::try_from(index + code - first).map_err(InspectError::corrupt)?;
                let symbol = symbols.get(index).copied();
                return symbol.ok_or_else(|| Defect("a code of no symbol").into());
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err(Defect("a code of no symbol").into())
    }

    /// Bytes of the tables that the decoder, `image-webp` 0.2, makes of the code: entries of 4 bytes for the first
    /// ten bits, and two nodes of 16 bytes for each symbol whose code is longer.
    pub(super) fn table_bytes(&self) -> u64 {
        const LOOKUP_BITS: usize = 10;
        /// What two allocations cost beside what they hold, and the nodes of a code of two symbols.
        const OVERHEAD_BYTES: u64 = 64;
        let Self::Several { counts, .. } = self else {
            return 0;
        };
        let longest = counts.iter().rposition(|count| *count > 0).unwrap_or(0) + 1;
        let long: u64 = counts[LOOKUP_BITS..].iter().copied().map(u64::from).sum();
        OVERHEAD_BYTES + (4 << longest.min(LOOKUP_BITS)) + 32 * long
    }
}

/// The lengths of the codes of an alphabet, run by run (RFC 9649 section 3.7.2.1.2).
fn read_lengths(
    bits: &mut BitReader<'_>,
    code: &PrefixCode,
    alphabet: usize,
) -> Result<Vec<u8>, InspectError> {
    let mut runs_left = alphabet;
    if bits.flag()? {
        let count_bits = 2 + 2 * bits.read(3)? as usize;
        runs_left = 2 + bits.read(count_bits)? as usize;
        if runs_left > alphabet {
            return Err(Defect("more code lengths than symbols").into());
        }
    }
    let mut lengths = Vec::with_capacity(alphabet);
    let mut previous = 8;
    while lengths.len() < alphabet && runs_left > 0 {
        runs_left -= 1;
        let (length, repeats) = match code.symbol(bits)?.to_le_bytes()[0] {
            16 => (previous, 3 + bits.read(2)?),
            17 => (0, 3 + bits.read(3)?),
            18 => (0, 11 + bits.read(7)?),
            length => (length, 1),
        };
        if length != 0 {
            previous = length;
        }
        lengths.resize(lengths.len() + repeats as usize, length);
        if lengths.len() > alphabet {
            return Err(Defect("more code lengths than symbols").into());
        }
    }
    Ok(lengths)
}

//! LZW with codes of growing length, as GIF has it (GIF 89a specification, appendix F).

use crate::error::Defect;

/// Codes are at most so long.
const MAX_CODE_BITS: u32 = 12;
/// Codes that a dictionary holds at most.
const MAX_CODES: usize = 1 << MAX_CODE_BITS;
/// Sizes in bits of the values that are coded.
const VALUE_BITS: std::ops::RangeInclusive<u8> = 1..=8;

/// Decodes the pieces of compressed data and passes on what they say, piece by piece, until `on_values`
/// returns false or an end code is met. Returns with whatever was decoded when the data runs out.
pub(super) fn decode<'a>(
    value_bits: u8,
    pieces: impl Iterator<Item = &'a [u8]>,
    mut on_values: impl FnMut(&[u8]) -> bool,
) -> Result<(), Defect> {
    if !VALUE_BITS.contains(&value_bits) {
        return Err(Defect("an impossible code size"));
    }
    let mut dictionary = Dictionary::new(value_bits);
    let mut buffer = 0u32;
    let mut available = 0;
    for byte in pieces.flatten() {
        buffer |= u32::from(*byte) << available;
        available += u8::BITS;
        while available >= dictionary.code_bits {
            let code = buffer & ((1 << dictionary.code_bits) - 1);
            buffer >>= dictionary.code_bits;
            available -= dictionary.code_bits;
            match dictionary.look_up(code as usize)? {
                Meaning::Values(values) => {
                    if !on_values(values) {
                        return Ok(());
                    }
                }
                Meaning::Clear => {}
                Meaning::End => return Ok(()),
            }
        }
    }
    Ok(())
}

/// What a code says.
enum Meaning<'d> {
    Values(&'d [u8]),
    Clear,
    End,
}

/// The strings that codes stand for. Each is an earlier one and a further value.
struct Dictionary {
    clear_code: usize,
    /// The code that the next string gets.
    next_code: usize,
    code_bits: u32,
    previous: Option<usize>,
    entries: Vec<Entry>,
    /// The string of the last code, at the end.
    string: Box<[u8; MAX_CODES]>,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    prefix: usize,
    /// Values of the string; at most one more than codes before it, so that `string` holds any.
    length: usize,
    first: u8,
    last: u8,
}

impl Dictionary {
    fn new(value_bits: u8) -> Self {
        let clear_code = 1 << value_bits;
        let mut entries = vec![Entry::default(); MAX_CODES];
        for (value, entry) in (0..=u8::MAX).zip(entries.iter_mut()).take(clear_code) {
            *entry = Entry {
                prefix: 0,
                length: 1,
                first: value,
                last: value,
            };
        }
        let mut dictionary = Self {
            clear_code,
            next_code: 0,
            code_bits: 0,
            previous: None,
            entries,
            string: Box::new([0; MAX_CODES]),
        };
        dictionary.clear();
        dictionary
    }

    const fn end_code(&self) -> usize {
        self.clear_code + 1
    }

    fn clear(&mut self) {
        self.next_code = self.clear_code + 2;
        self.code_bits = self.clear_code.ilog2() + 1;
        self.previous = None;
    }

    fn look_up(&mut self, code: usize) -> Result<Meaning<'_>, Defect> {
        if code == self.clear_code {
            self.clear();
            return Ok(Meaning::Clear);
        }
        if code == self.end_code() {
            return Ok(Meaning::End);
        }
        match self.previous {
            None if code > self.clear_code => {
                return Err(Defect("a code that has no meaning yet"));
            }
            None => {}
            Some(_) if code > self.next_code => {
                return Err(Defect("a code that has no meaning yet"));
            }
            // A full dictionary stays as it is until it is cleared.
            Some(_) if self.next_code == MAX_CODES => {}
            Some(previous) => self.add(previous, code),
        }
        self.previous = Some(code);
        Ok(Meaning::Values(self.string_of(code)))
    }

    /// Adds the previous string with the first value of the string of this code, which may be the very
    /// string that is added.
    fn add(&mut self, previous: usize, code: usize) {
        let prefix = self.entries[previous];
        let last = if code == self.next_code {
            prefix.first
        } else {
            self.entries[code].first
        };
        self.entries[self.next_code] = Entry {
            prefix: previous,
            length: prefix.length + 1,
            first: prefix.first,
            last,
        };
        self.next_code += 1;
        if self.next_code == 1 << self.code_bits && self.code_bits < MAX_CODE_BITS {
            self.code_bits += 1;
        }
    }

    /// The string of a code, put together from its end.
    fn string_of(&mut self, code: usize) -> &[u8] {
        let length = self.entries[code].length;
        let start = MAX_CODES - length;
        let mut code = code;
        for value in self.string[start..].iter_mut().rev() {
            let entry = self.entries[code];
            *value = entry.last;
            code = entry.prefix;
        }
        &self.string[start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_all(value_bits: u8, data: &[u8]) -> Result<Vec<u8>, Defect> {
        let mut decoded = Vec::new();
        decode(value_bits, data.chunks(2), |values| {
            decoded.extend_from_slice(values);
            true
        })?;
        Ok(decoded)
    }

    #[test]
    fn a_code_may_stand_for_the_very_string_it_completes() {
        // Three bits each: clear (4), 1, 6, 6, then 7 in four bits, and the end code (5).
        let codes: u32 = 4 | 1 << 3 | 6 << 6 | 6 << 9 | 5 << 12;
        let decoded = decode_all(2, &codes.to_le_bytes()[..2]);
        assert_eq!(decoded, Ok(vec![1, 1, 1, 1, 1]));
    }

    #[test]
    fn a_code_without_a_meaning_is_refused() {
        let codes: u32 = 4 | 1 << 3 | 7 << 6;
        assert!(decode_all(2, &codes.to_le_bytes()).is_err());
        let first: u32 = 4 | 6 << 3;
        assert!(decode_all(2, &first.to_le_bytes()).is_err());
    }

    #[test]
    fn a_long_run_fills_the_dictionary_and_goes_on() {
        let pixels = vec![3u8; 3_000_000];
        let mut file = Vec::new();
        let mut encoder = gif::Encoder::new(&mut file, 3000, 1000, &[0; 768]).unwrap();
        let frame = gif::Frame::from_indexed_pixels(3000, 1000, pixels, None);
        encoder.write_frame(&frame).unwrap();
        drop(encoder);
        let limits = crate::Limits::default();
        assert!(super::super::decode(&file, &limits).is_ok());
    }
}

//! The head of a lossless picture (RFC 9649 sections 3.4 to 3.7), read for what its decoder will take in memory.
//!
//! A picture may have up to 65,536 groups of prefix codes, as many as one pixel of its entropy image says, however
//! small it is; the decoder makes tables of all of them. So everything before the picture's own pixels is read here
//! as the decoder reads it, and the tables are added up, not made.

use crate::InspectError;
use crate::error::Defect;

use super::prefix::{BitReader, PrefixCode};

/// The alphabets of a group, but for colours of the cache: green and lengths, red, blue, alpha, distances.
const ALPHABETS: [usize; 5] = [256 + 24, 256, 256, 256, 40];
/// Symbols of green's alphabet from which lengths of copies and indices of the cache begin.
const FIRST_LENGTH: usize = 256;
const FIRST_CACHED: usize = 256 + 24;
/// Bytes that a group takes beside its tables: five codes of 56 bytes, in a vector that grows by doubling.
const GROUP_BYTES: u64 = 640;
/// Bytes of a pixel of the pictures that transforms and groups are chosen by.
const PIXEL_BYTES: u64 = 4;

/// A lossless picture on its own, or as the transparency of a lossy one, which has no header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream<'a> {
    pub(super) data: &'a [u8],
    pub(super) has_header: bool,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Stream<'_> {
    /// Bytes that the decoder takes beside the picture itself. Where they are more than `most`, they may not all have
    /// been counted.
    pub(super) fn table_bytes(&self, most: u64) -> Result<u64, InspectError> {
        let mut head = Head {
            bits: BitReader::new(self.data),
            bytes: 0,
        };
        if self.has_header {
            head.check_header((self.width, self.height))?;
        }
        let width = head.read_transforms(self.width, self.height)?;
        let cache_bits = head.read_cache_bits()?;
        let groups = head.read_group_count(width, self.height)?;
        for _ in 0..groups {
            if head.bytes > most {
                break;
            }
            head.bytes += GROUP_BYTES;
            for code in head.read_group(cache_bits)? {
                head.bytes += code.table_bytes();
            }
        }
        Ok(head.bytes)
    }
}

struct Head<'a> {
    bits: BitReader<'a>,
    bytes: u64,
}

impl Head<'_> {
    fn check_header(&mut self, size: (u32, u32)) -> Result<(), InspectError> {
        let _signature = self.bits.read(8)?;
        if (self.bits.read(14)? + 1, self.bits.read(14)? + 1) != size {
            return Err(Defect("two headers that contradict each other").into());
        }
        let _alpha_and_version = self.bits.read(4)?;
        Ok(())
    }

    /// Reads the transforms, each at most once, and gives the width of what they are applied to.
    fn read_transforms(&mut self, mut width: u32, height: u32) -> Result<u32, InspectError> {
        let mut seen = [false; 4];
        while self.bits.flag()? {
            let kind = self.bits.read(2)?;
            let is_repeated = seen.get_mut(kind as usize);
            if is_repeated.is_some_and(|seen| std::mem::replace(seen, true)) {
                return Err(Defect("a transform that is applied twice").into());
            }
            match kind {
                // Predictors and colours, by block.
                0 | 1 => {
                    let block_bits = self.bits.read(3)? + 2;
                    self.read_picture(blocks(width, block_bits), blocks(height, block_bits))?;
                }
                // Green is subtracted: there is nothing more to say.
                2 => {}
                // A palette; of a small one several indices share a pixel.
                _ => {
                    let colors = self.bits.read(8)? + 1;
                    self.read_picture(colors, 1)?;
                    width = blocks(
                        width,
                        match colors {
                            0..=2 => 3,
                            3..=4 => 2,
                            5..=16 => 1,
                            _ => 0,
                        },
                    );
                }
            }
        }
        Ok(width)
    }

    fn read_cache_bits(&mut self) -> Result<Option<u32>, InspectError> {
        if !self.bits.flag()? {
            return Ok(None);
        }
        match self.bits.read(4)? {
            bits @ 1..=11 => Ok(Some(bits)),
            _ => Err(Defect("a colour cache of an impossible size").into()),
        }
    }

    /// The groups of prefix codes: as many as the entropy image, if there is one, names.
    fn read_group_count(&mut self, width: u32, height: u32) -> Result<u32, InspectError> {
        if !self.bits.flag()? {
            return Ok(1);
        }
        let block_bits = self.bits.read(3)? + 2;
        let picture = self.read_picture(blocks(width, block_bits), blocks(height, block_bits))?;
        let groups = picture.iter().map(|pixel| pixel >> 8 & 0xFFFF);
        Ok(groups.max().unwrap_or(0) + 1)
    }

    fn read_group(&mut self, cache_bits: Option<u32>) -> Result<[PrefixCode; 5], InspectError> {
        let [green, red, blue, alpha, distance] = ALPHABETS;
        let cached = cache_bits.map_or(0, |bits| 1 << bits);
        let mut code = |alphabet| PrefixCode::read(&mut self.bits, alphabet);
        Ok([
            code(green + cached)?,
            code(red)?,
            code(blue)?,
            code(alpha)?,
            code(distance)?,
        ])
    }

    /// Decodes a picture that says something of the main one. It has one group and no transforms.
    fn read_picture(&mut self, width: u32, height: u32) -> Result<Vec<u32>, InspectError> {
        let count = width as usize * height as usize;
        self.bytes += PIXEL_BYTES * count as u64;
        let mut cache = ColorCache::new(self.read_cache_bits()?);
        let codes = self.read_group(cache.bits)?;
        let mut pixels: Vec<u32> = Vec::with_capacity(count);
        while pixels.len() < count {
            let symbol = codes[0].symbol(&mut self.bits)?;
            if symbol < FIRST_LENGTH {
                let mut sample = |code: usize| codes[code].symbol(&mut self.bits);
                let [red, blue, alpha] = [sample(1)?, sample(2)?, sample(3)?];
                let samples = [blue, symbol, red, alpha].map(|sample| sample.to_le_bytes()[0]);
                let pixel = u32::from_le_bytes(samples);
                cache.insert(pixel);
                pixels.push(pixel);
            } else if symbol < FIRST_CACHED {
                let length = self.read_copy_number(symbol - FIRST_LENGTH)?;
                let distance_symbol = codes[4].symbol(&mut self.bits)?;
                let distance = distance(self.read_copy_number(distance_symbol)?, width);
                let start = pixels.len().checked_sub(distance);
                let start = start.ok_or(Defect("a copy from before the picture"))?;
                if length > count - pixels.len() {
                    return Err(Defect("a copy beyond the picture").into());
                }
                for place in start..start + length {
                    let pixel = pixels[place];
                    cache.insert(pixel);
                    pixels.push(pixel);
                }
            } else {
                pixels.push(cache.get(symbol - FIRST_CACHED)?);
            }
        }
        Ok(pixels)
    }

    /// A length or distance, of which the symbol is only the size (RFC 9649 section 3.6.2.2).
    fn read_copy_number(&mut self, symbol: usize) -> Result<usize, InspectError> {
        if symbol < 4 {
            return Ok(symbol + 1);
        }
        let extra_bits = (symbol - 2) >> 1;
        let offset = (2 + (symbol & 1)) << extra_bits;
        Ok(offset + self.bits.read(extra_bits)? as usize + 1)
    }
}

/// Colours seen lately, by their hash (RFC 9649 section 3.6.3).
struct ColorCache {
    bits: Option<u32>,
    colors: Vec<u32>,
}

impl ColorCache {
    fn new(bits: Option<u32>) -> Self {
        Self {
            bits,
            colors: bits.map_or_else(Vec::new, |bits| vec![0; 1 << bits]),
        }
    }

    fn insert(&mut self, color: u32) {
        if let Some(bits) = self.bits {
            let index = 0x1E35_A7BD_u32.wrapping_mul(color) >> (u32::BITS - bits);
            self.colors[index as usize] = color;
        }
    }

    fn get(&self, index: usize) -> Result<u32, Defect> {
        let color = self.colors.get(index).copied();
        color.ok_or(Defect("a colour outside the cache"))
    }
}

/// How many blocks cover a length.
const fn blocks(length: u32, block_bits: u32) -> u32 {
    length.div_ceil(1 << block_bits)
}

/// The distance that a number stands for: the first 120 are places nearby, in two dimensions, in the order of how
/// far they are (RFC 9649 section 3.6.2.2).
fn distance(number: usize, width: u32) -> usize {
    let Some((across, down)) = NEARBY.get(number - 1) else {
        return number - NEARBY.len();
    };
    let distance = i64::from(*across) + i64::from(*down) * i64::from(width);
    usize::try_from(distance).unwrap_or(0).max(1)
}

#[rustfmt::skip]
const NEARBY: [(i8, i8); 120] = [
    (0, 1),  (1, 0),  (1, 1),  (-1, 1), (0, 2),  (2, 0),  (1, 2),  (-1, 2),
    (2, 1),  (-2, 1), (2, 2),  (-2, 2), (0, 3),  (3, 0),  (1, 3),  (-1, 3),
    (3, 1),  (-3, 1), (2, 3),  (-2, 3), (3, 2),  (-3, 2), (0, 4),  (4, 0),
    (1, 4),  (-1, 4), (4, 1),  (-4, 1), (3, 3),  (-3, 3), (2, 4),  (-2, 4),
    (4, 2),  (-4, 2), (0, 5),  (3, 4),  (-3, 4), (4, 3),  (-4, 3), (5, 0),
    (1, 5),  (-1, 5), (5, 1),  (-5, 1), (2, 5),  (-2, 5), (5, 2),  (-5, 2),
    (4, 4),  (-4, 4), (3, 5),  (-3, 5), (5, 3),  (-5, 3), (0, 6),  (6, 0),
    (1, 6),  (-1, 6), (6, 1),  (-6, 1), (2, 6),  (-2, 6), (6, 2),  (-6, 2),
    (4, 5),  (-4, 5), (5, 4),  (-5, 4), (3, 6),  (-3, 6), (6, 3),  (-6, 3),
    (0, 7),  (7, 0),  (1, 7),  (-1, 7), (5, 5),  (-5, 5), (7, 1),  (-7, 1),
    (4, 6),  (-4, 6), (6, 4),  (-6, 4), (2, 7),  (-2, 7), (7, 2),  (-7, 2),
    (3, 7),  (-3, 7), (7, 3),  (-7, 3), (5, 6),  (-5, 6), (6, 5),  (-6, 5),
    (8, 0),  (4, 7),  (-4, 7), (7, 4),  (-7, 4), (8, 1),  (8, 2),  (6, 6),
    (-6, 6), (8, 3),  (5, 7),  (-5, 7), (7, 5),  (-7, 5), (8, 4),  (6, 7),
    (-6, 7), (7, 6),  (-7, 6), (8, 5),  (7, 7),  (-7, 7), (8, 6),  (8, 7)
];

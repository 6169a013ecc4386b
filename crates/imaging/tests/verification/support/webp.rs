//! WebP files, made to order.

/// The head of a lossless picture of 4 by 4 pixels, all of them alike, that claims so many groups of prefix codes:
/// as many as a single pixel of its entropy image says. Each code has eleven symbols of up to ten bits.
pub(crate) fn lossless_of_groups(groups: u16, has_header: bool) -> Vec<u8> {
    let mut bits = Bits::default();
    if has_header {
        bits.number(0x2F, 8);
        bits.number(3, 14);
        bits.number(3, 14);
        bits.number(0, 4);
    }
    // No transform, no colour cache; an entropy image of blocks of 4 by 4 pixels, which has no cache either.
    bits.number(0b00_0100, 6);
    bits.number(0, 1);
    let [low, high] = (groups - 1).to_le_bytes();
    for symbol in [low, high, 0, 0, 0] {
        // A code of one symbol, of eight bits.
        bits.number(0b101, 3);
        bits.number(symbol.into(), 8);
    }
    for _ in 0..5 * u32::from(groups) {
        bits.code_of_ten_bits();
    }
    // Each pixel is four codes of one bit.
    bits.number(0, 32);
    bits.number(0, 32);
    bits.bytes()
}

/// A picture on its own, in the simple form of the file.
pub(crate) fn simple(name: [u8; 4], payload: &[u8]) -> Vec<u8> {
    file(&chunk(name, payload))
}

/// The extended form of the file, of 4 by 4 pixels, with these flags and chunks.
pub(crate) fn extended(flags: u8, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = chunk(*b"VP8X", &[flags, 0, 0, 0, 3, 0, 0, 3, 0, 0]);
    file(&[header, chunks.concat()].concat())
}

/// A frame of 4 by 4 pixels.
pub(crate) fn frame(chunks: &[u8]) -> Vec<u8> {
    let head = [0, 0, 0, 0, 0, 0, 3, 0, 0, 3, 0, 0, 100, 0, 0, 0];
    chunk(*b"ANMF", &[&head[..], chunks].concat())
}

/// A chunk, with its padding.
pub(crate) fn chunk(name: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    let padding = &[0][..payload.len() % 2];
    [&name[..], &length, payload, padding].concat()
}

fn file(chunks: &[u8]) -> Vec<u8> {
    chunk(*b"RIFF", &[b"WEBP", chunks].concat())
}

/// Bits, the lowest of each byte first.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn number(&mut self, number: u32, count: u32) {
        self.0.extend((0..count).map(|bit| number >> bit & 1 == 1));
    }

    /// A code of the symbols 0 to 10 with lengths of 1 to 10 bits, and of 10 again.
    fn code_of_ten_bits(&mut self) {
        // Not a simple code. Its lengths are coded themselves: 1 to 5 and 10 by three bits, the others by four.
        self.number(0, 1);
        let lengths = [0, 0, 0, 3, 3, 3, 3, 3, 0, 4, 4, 4, 4, 3];
        self.number(14 - 4, 4);
        for length in lengths {
            self.number(length, 3);
        }
        // Lengths for the first eleven symbols alone.
        self.number(1, 1);
        self.number(1, 3);
        self.number(11 - 2, 4);
        for length in (1..=10).chain([10]) {
            let (code, count) = match length {
                1..=5 => (length - 1, 3),
                10 => (5, 3),
                _ => (12 + length - 6, 4),
            };
            // Codes come with their highest bit first.
            self.0
                .extend((0..count).rev().map(|bit| code >> bit & 1 == 1));
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| bits.iter().rfold(0, |byte, bit| byte << 1 | u8::from(*bit));
        self.0.chunks(8).map(byte).collect()
    }
}

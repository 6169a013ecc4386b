//! A JPEG as a camera makes them, but of coefficients drawn by lot: baseline, 4:2:0, with the tables
//! of T.81 annex K.

/// T.81 table K.3: sizes of DC differences.
const DC_COUNTS: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_SYMBOLS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
/// Runs and sizes of AC coefficients: the commoner codes of T.81 table K.5, in order of length.
const AC_COUNTS: [u8; 16] = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 0, 0, 0, 0, 0, 0];
const AC_SYMBOLS: [u8; 28] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
    0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1,
];
const END_OF_BLOCK: u8 = 0x00;
/// Blocks of an MCU: four of luminance, one of each colour difference.
const BLOCKS_PER_MCU: u32 = 6;

/// A photograph with about `coefficients` AC coefficients in each block.
pub(crate) fn photograph(width: u16, height: u16, coefficients: u8) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8];
    let mut quantization = vec![0];
    quantization.extend([8; 64]);
    segment(&mut file, 0xDB, &quantization);
    let [width_high, width_low] = width.to_be_bytes();
    let [height_high, height_low] = height.to_be_bytes();
    let frame = [
        8,
        height_high,
        height_low,
        width_high,
        width_low,
        3,
        1,
        0x22,
        0,
        2,
        0x11,
        0,
        3,
        0x11,
        0,
    ];
    segment(&mut file, 0xC0, &frame);
    segment(
        &mut file,
        0xC4,
        &[&[0x00][..], &DC_COUNTS, &DC_SYMBOLS].concat(),
    );
    segment(
        &mut file,
        0xC4,
        &[&[0x10][..], &AC_COUNTS, &AC_SYMBOLS].concat(),
    );
    segment(&mut file, 0xDA, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);

    let mcus = u32::from(width).div_ceil(16) * u32::from(height).div_ceil(16);
    let mut bits = BitWriter {
        file,
        buffer: 0,
        used: 0,
    };
    scan(&mut bits, mcus * BLOCKS_PER_MCU, coefficients);
    bits.finish()
}

fn scan(bits: &mut BitWriter, blocks: u32, coefficients: u8) {
    let dc_codes = codes(DC_COUNTS, &DC_SYMBOLS);
    let ac_codes = codes(AC_COUNTS, &AC_SYMBOLS);
    let mut noise = noise();
    for _ in 0..blocks {
        // Differences from -1 to 1, one after the other, keep near the middle.
        let (code, length) = dc_codes[1];
        bits.write(code, length);
        bits.write((noise() & 1).into(), 1);
        let wanted = noise() % (2 * coefficients);
        let mut position = 1;
        for _ in 0..wanted {
            // The minimum of two draws: short codes are the common ones.
            let draw = (noise() % 28).min(noise() % 28);
            let symbol = AC_SYMBOLS[usize::from(draw)];
            let (run, size) = (symbol >> 4, symbol & 15);
            if symbol == END_OF_BLOCK || position + run > 62 {
                continue;
            }
            position += run + 1;
            let (code, length) = ac_codes[usize::from(draw)];
            bits.write(code, length);
            bits.write(u32::from(noise()) & ((1 << size) - 1), size.into());
        }
        let (code, length) = ac_codes[3];
        bits.write(code, length);
    }
}

/// The code and its length of each symbol (T.81 annex C).
fn codes(counts: [u8; 16], symbols: &[u8]) -> Vec<(u32, u32)> {
    let mut codes = Vec::with_capacity(symbols.len());
    let mut code = 0;
    for (count, length) in counts.into_iter().zip(1..) {
        for _ in 0..count {
            codes.push((code, length));
            code += 1;
        }
        code <<= 1;
    }
    codes
}

fn segment(file: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    file.extend_from_slice(&[0xFF, marker, length[0], length[1]]);
    file.extend_from_slice(payload);
}

struct BitWriter {
    file: Vec<u8>,
    buffer: u64,
    used: u32,
}

impl BitWriter {
    fn write(&mut self, value: u32, length: u32) {
        self.buffer = self.buffer << length | u64::from(value);
        self.used += length;
        while self.used >= 8 {
            self.used -= 8;
            let byte = (self.buffer >> self.used).to_le_bytes()[0];
            self.file.push(byte);
            if byte == 0xFF {
                self.file.push(0);
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.write(0x7F, 7);
        self.file.extend_from_slice(&[0xFF, 0xD9]);
        self.file
    }
}

/// Numbers that look random and are the same in each run (Knuth's MMIX generator).
pub(crate) fn noise() -> impl FnMut() -> u8 {
    let mut state = 1u64;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    }
}

//! Everything S3 keeps about the bytes of an object, computed in one pass.

use std::io::{self, Write};

use s3s::crypto::{Checksum as _, Md5};

use super::checksum::{Algorithm, Checksum, Hasher};

/// What is known about bytes once they have all been seen.
#[derive(Debug, Clone)]
pub(super) struct Digest {
    pub(super) size_bytes: u64,
    pub(super) md5: [u8; 16],
    pub(super) checksum: Checksum,
}

impl Digest {
    /// The entity tag of an object with these bytes, without quotes.
    pub(super) fn etag(&self) -> String {
        hex(&self.md5)
    }
}

/// Computes a [`Digest`] of what is written to it.
pub(super) struct Digester {
    size_bytes: u64,
    md5: Md5,
    checksum: Hasher,
}

impl Digester {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        Self {
            size_bytes: 0,
            md5: Md5::new(),
            checksum: algorithm.hasher(),
        }
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    pub(super) fn finish(self) -> Digest {
        Digest {
            size_bytes: self.size_bytes,
            md5: self.md5.finalize(),
            checksum: self.checksum.finish(),
        }
    }
}

impl Write for Digester {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.md5.update(bytes);
        self.checksum.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for nibble in [byte >> 4, byte & 0xf] {
            text.extend(char::from_digit(nibble.into(), 16));
        }
        text
    })
}

/// Reads what [`hex`] writes; `None` for anything else.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = (text.chars())
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    (rest.is_empty()).then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

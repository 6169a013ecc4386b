//! EXIF metadata, made to order.

/// A field's value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Byte(u8),
    Ascii(&'a str),
    Short(u16),
    Long(u32),
    Rationals(&'a [(u32, u32)]),
}

/// Fields by their numbers.
pub(crate) type Directory<'a> = &'a [(u16, Value<'a>)];

/// Metadata from its TIFF header on, of these directories: the main picture's, EXIF's and that of the place.
pub(crate) fn tiff(
    is_little_endian: bool,
    main: Directory<'_>,
    exif: Directory<'_>,
    gps: Directory<'_>,
) -> Vec<u8> {
    let mut writer = Writer {
        bytes: if is_little_endian { b"II" } else { b"MM" }.to_vec(),
        is_little_endian,
    };
    writer.u16(42);
    writer.u32(8);
    let mut main = main.to_vec();
    main.extend([(0x8769, Value::Long(0)), (0x8825, Value::Long(0))]);
    let main_at = writer.directory(&main);
    for (directory, from_the_end) in [(exif, 2), (gps, 1)] {
        let offset = writer.directory(directory);
        let entry = main_at + 2 + 12 * (main.len() - from_the_end);
        let pointer = writer.encoded_u32(offset);
        writer.bytes[entry + 8..entry + 12].copy_from_slice(&pointer);
    }
    writer.bytes
}

struct Writer {
    bytes: Vec<u8>,
    is_little_endian: bool,
}

impl Writer {
    /// Writes a directory and the values that it has no place for, and gives its offset.
    fn directory(&mut self, fields: Directory<'_>) -> usize {
        let start = self.bytes.len();
        self.u16(fields.len());
        let mut values_at = start + 2 + 12 * fields.len() + 4;
        let mut values = Vec::new();
        for (tag, value) in fields {
            let (kind, count, encoded) = self.encoded(*value);
            self.u16((*tag).into());
            self.u16(kind);
            self.u32(count);
            if encoded.len() <= 4 {
                self.bytes.extend(&encoded);
                self.bytes.resize(self.bytes.len() + 4 - encoded.len(), 0);
            } else {
                self.u32(values_at);
                values_at += encoded.len();
                values.extend(encoded);
            }
        }
        self.u32(0);
        self.bytes.extend(values);
        start
    }

    /// The type, count and bytes of a value.
    fn encoded(&self, value: Value<'_>) -> (usize, usize, Vec<u8>) {
        match value {
            Value::Byte(number) => (1, 1, vec![number]),
            Value::Ascii(text) => (2, text.len() + 1, [text.as_bytes(), b"\0"].concat()),
            Value::Short(number) => (3, 1, self.encoded_u16(number.into()).to_vec()),
            Value::Long(number) => (4, 1, self.encoded_u32(number as usize).to_vec()),
            Value::Rationals(quotients) => {
                let parts = quotients.iter().flat_map(|(numerator, denominator)| {
                    [*numerator, *denominator].map(|part| self.encoded_u32(part as usize))
                });
                (5, quotients.len(), parts.flatten().collect())
            }
        }
    }

    fn u16(&mut self, number: usize) {
        self.bytes.extend(self.encoded_u16(number));
    }

    fn u32(&mut self, number: usize) {
        self.bytes.extend(self.encoded_u32(number));
    }

    fn encoded_u16(&self, number: usize) -> [u8; 2] {
        let number = u16::try_from(number).unwrap();
        if self.is_little_endian {
            number.to_le_bytes()
        } else {
            number.to_be_bytes()
        }
    }

    fn encoded_u32(&self, number: usize) -> [u8; 4] {
        let number = u32::try_from(number).unwrap();
        if self.is_little_endian {
            number.to_le_bytes()
        } else {
            number.to_be_bytes()
        }
    }
}

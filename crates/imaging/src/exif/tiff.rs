//! TIFF directories (TIFF 6.0 section 2), as far as EXIF's fields need them.
//!
//! Of all directories only three are ever looked at, each found by the first pointer to it, and a field by the first
//! entry of its tag. So the work is a few walks over at most 65,536 entries, whatever points to what.

/// Bytes of a directory's entry.
const ENTRY_BYTES: usize = 12;

/// The directories that hold what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directory {
    /// That of the main picture.
    Main,
    Exif,
    Gps,
}

/// A field: its directory and number (CIPA DC-008 4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag(Directory, u16);

impl Tag {
    pub(super) const MAKE: Self = Self(Directory::Main, 0x010F);
    pub(super) const MODEL: Self = Self(Directory::Main, 0x0110);
    pub(super) const ORIENTATION: Self = Self(Directory::Main, 0x0112);
    pub(super) const DATE_TIME: Self = Self(Directory::Main, 0x0132);
    const EXIF_DIRECTORY: Self = Self(Directory::Main, 0x8769);
    const GPS_DIRECTORY: Self = Self(Directory::Main, 0x8825);

    pub(super) const EXPOSURE_TIME: Self = Self(Directory::Exif, 0x829A);
    pub(super) const F_NUMBER: Self = Self(Directory::Exif, 0x829D);
    pub(super) const PHOTOGRAPHIC_SENSITIVITY: Self = Self(Directory::Exif, 0x8827);
    pub(super) const DATE_TIME_ORIGINAL: Self = Self(Directory::Exif, 0x9003);
    pub(super) const DATE_TIME_DIGITIZED: Self = Self(Directory::Exif, 0x9004);
    pub(super) const OFFSET_TIME: Self = Self(Directory::Exif, 0x9010);
    pub(super) const OFFSET_TIME_ORIGINAL: Self = Self(Directory::Exif, 0x9011);
    pub(super) const OFFSET_TIME_DIGITIZED: Self = Self(Directory::Exif, 0x9012);
    pub(super) const FOCAL_LENGTH: Self = Self(Directory::Exif, 0x920A);
    pub(super) const LENS_MODEL: Self = Self(Directory::Exif, 0xA434);

    pub(super) const GPS_LATITUDE_REF: Self = Self(Directory::Gps, 1);
    pub(super) const GPS_LATITUDE: Self = Self(Directory::Gps, 2);
    pub(super) const GPS_LONGITUDE_REF: Self = Self(Directory::Gps, 3);
    pub(super) const GPS_LONGITUDE: Self = Self(Directory::Gps, 4);
    pub(super) const GPS_ALTITUDE_REF: Self = Self(Directory::Gps, 5);
    pub(super) const GPS_ALTITUDE: Self = Self(Directory::Gps, 6);
}

/// The type of a field's values (TIFF 6.0 section 2, "Types"), of those that EXIF's fields here have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Byte,
    Ascii,
    Short,
    Long,
    Rational,
}

impl Kind {
    fn of(number: u16) -> Option<Self> {
        Some(match number {
            1 => Self::Byte,
            2 => Self::Ascii,
            3 => Self::Short,
            4 => Self::Long,
            5 => Self::Rational,
            _ => return None,
        })
    }

    const fn size_bytes(self) -> usize {
        match self {
            Self::Byte | Self::Ascii => 1,
            Self::Short => 2,
            Self::Long => 4,
            Self::Rational => 8,
        }
    }
}

/// The fields of the main picture, by tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    tiff: &'a [u8],
    is_little_endian: bool,
    main: &'a [[u8; ENTRY_BYTES]],
    exif: &'a [[u8; ENTRY_BYTES]],
    gps: &'a [[u8; ENTRY_BYTES]],
}

impl<'a> Fields<'a> {
    /// Finds the directories of metadata that begins with a TIFF header; none if it does not. A directory that is
    /// missing or cut off has the fields that are there.
    pub(super) fn find(tiff: &'a [u8]) -> Option<Self> {
        let is_little_endian = match tiff.first_chunk()? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        let mut fields = Self {
            tiff,
            is_little_endian,
            main: &[],
            exif: &[],
            gps: &[],
        };
        fields.main = fields.entries(fields.u32(*tiff.get(4..)?.first_chunk()?));
        let directory = |tag| fields.unsigned(tag).map(|offset| fields.entries(offset));
        let exif = directory(Tag::EXIF_DIRECTORY).unwrap_or_default();
        let gps = directory(Tag::GPS_DIRECTORY).unwrap_or_default();
        Some(Self {
            exif,
            gps,
            ..fields
        })
    }

    /// A single whole number.
    pub(super) fn unsigned(&self, tag: Tag) -> Option<u32> {
        let (kind, value) = self.value(tag)?;
        match kind {
            Kind::Byte => value.first().copied().map(u32::from),
            Kind::Short => Some(self.u16(*value.first_chunk()?).into()),
            Kind::Long => Some(self.u32(*value.first_chunk()?)),
            Kind::Ascii | Kind::Rational => None,
        }
    }

    /// The first number of a field of rationals; none if its denominator is zero.
    pub(super) fn rational(&self, tag: Tag) -> Option<f64> {
        self.rationals(tag)?.first().copied()
    }

    /// All numbers of a field of rationals; none if a denominator is zero.
    pub(super) fn rationals(&self, tag: Tag) -> Option<Vec<f64>> {
        let (Kind::Rational, value) = self.value(tag)? else {
            return None;
        };
        let (numbers, _) = value.as_chunks::<4>();
        let (pairs, _) = numbers.as_chunks::<2>();
        let quotient = |[numerator, denominator]: &[[u8; 4]; 2]| {
            let denominator = self.u32(*denominator);
            (denominator != 0).then(|| f64::from(self.u32(*numerator)) / f64::from(denominator))
        };
        pairs.iter().map(quotient).collect()
    }

    /// The bytes of a text, up to its first zero byte.
    pub(super) fn ascii(&self, tag: Tag) -> Option<&'a [u8]> {
        let (Kind::Ascii, value) = self.value(tag)? else {
            return None;
        };
        value.split(|byte| *byte == 0).next()
    }

    /// The type and bytes of a field.
    fn value(&self, Tag(directory, number): Tag) -> Option<(Kind, &'a [u8])> {
        let entries = match directory {
            Directory::Main => self.main,
            Directory::Exif => self.exif,
            Directory::Gps => self.gps,
        };
        let [_, _, kind_0, kind_1, rest @ ..] = entries
            .iter()
            .find(|[first, second, ..]| self.u16([*first, *second]) == number)?;
        let kind = Kind::of(self.u16([*kind_0, *kind_1]))?;
        let (count, value_or_offset) = rest.split_first_chunk()?;
        let count = usize::try_from(self.u32(*count)).ok()?;
        let length = count.checked_mul(kind.size_bytes())?;
        // What fits into an offset stands in its place.
        if let Some(value) = value_or_offset.get(..length) {
            return Some((kind, value));
        }
        let offset = usize::try_from(self.u32(*value_or_offset.first_chunk()?)).ok()?;
        Some((kind, self.tiff.get(offset..)?.get(..length)?))
    }

    /// The entries of the directory at an offset, as far as they are there.
    fn entries(&self, offset: u32) -> &'a [[u8; ENTRY_BYTES]] {
        let directory = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.tiff.get(offset..)?.split_first_chunk());
        let Some((count, rest)) = directory else {
            return &[];
        };
        let (entries, _) = rest.as_chunks();
        let count = usize::from(self.u16(*count));
        entries.get(..count).unwrap_or(entries)
    }

    fn u16(&self, bytes: [u8; 2]) -> u16 {
        if self.is_little_endian {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        }
    }

    fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.is_little_endian {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tag: u16, kind: u16, count: u32, value: u32) -> [u8; ENTRY_BYTES] {
        let (tag, kind) = (tag.to_be_bytes(), kind.to_be_bytes());
        let (count, value) = (count.to_be_bytes(), value.to_be_bytes());
        *[&tag[..], &kind, &count, &value]
            .concat()
            .first_chunk()
            .unwrap()
    }

    /// Metadata whose directories lie one behind the other, from offset 8 on.
    fn tiff(directories: &[Vec<[u8; ENTRY_BYTES]>]) -> Vec<u8> {
        let mut bytes = b"MM\0*\0\0\0\x08".to_vec();
        for entries in directories {
            bytes.extend(u16::try_from(entries.len()).unwrap().to_be_bytes());
            bytes.extend(entries.as_flattened());
            bytes.extend([0; 4]);
        }
        bytes
    }

    #[test]
    fn a_directory_is_read_once_however_many_entries_point_to_it() {
        const POINTERS: usize = 450;
        let exif_at = 8 + 6 + 12 * 450;
        // Pointers to itself, to the directory behind, and from there to interoperability and to the start again.
        let bytes = tiff(&[
            vec![entry(0x8769, 4, 1, exif_at); POINTERS],
            vec![entry(0xA005, 4, 1, exif_at); POINTERS],
        ]);
        let fields = Fields::find(&bytes).unwrap();
        assert_eq!(fields.exif.len(), POINTERS);
        assert!(fields.gps.is_empty());
        // They are views of the bytes: nothing was made of them.
        let start = bytes.as_ptr_range();
        assert!(start.contains(&fields.exif.as_ptr().cast()));
        let to_itself = tiff(&[vec![entry(0x8769, 4, 1, 8); POINTERS]]);
        let fields = Fields::find(&to_itself).unwrap();
        assert_eq!(fields.exif.len(), POINTERS);
        assert_eq!(fields.unsigned(Tag::F_NUMBER), None);
    }

    #[test]
    fn numbers_are_read_in_either_byte_order_and_of_any_width() {
        let bytes = tiff(&[vec![
            entry(0x0112, 3, 1, 6 << 16),
            entry(0x8825, 1, 1, 7 << 24),
            entry(0x8769, 4, 1, 8),
        ]]);
        let fields = Fields::find(&bytes).unwrap();
        assert_eq!(fields.unsigned(Tag::ORIENTATION), Some(6));
        assert_eq!(fields.unsigned(Tag::GPS_DIRECTORY), Some(7));
        assert_eq!(fields.unsigned(Tag::EXIF_DIRECTORY), Some(8));
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let fields = Fields::find(little).unwrap();
        assert_eq!(fields.unsigned(Tag::ORIENTATION), Some(6));
    }

    #[test]
    fn what_is_cut_off_or_lies_outside_is_not_there_and_the_rest_is() {
        let mut bytes = tiff(&[vec![
            entry(0x010F, 2, 4, u32::from_be_bytes(*b"abc\0")),
            entry(0x0110, 2, 5, 100_000),
            entry(0x0132, 2, u32::MAX, 8),
            entry(0x829A, 5, u32::MAX, 8),
        ]]);
        bytes[9] = 200;
        let fields = Fields::find(&bytes).unwrap();
        assert_eq!(fields.ascii(Tag::MAKE), Some(&b"abc"[..]));
        assert_eq!(fields.ascii(Tag::MODEL), None);
        assert_eq!(fields.ascii(Tag::DATE_TIME), None);
        assert!(
            Fields::find(b"MM\0*\xFF\xFF\xFF\xFF")
                .unwrap()
                .main
                .is_empty()
        );
        assert!(Fields::find(b"MM\0*\0\0\0").is_none());
        assert!(Fields::find(b"MM\0+\0\0\0\x08").is_none());
    }
}

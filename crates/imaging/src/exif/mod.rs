//! Reading EXIF metadata (CIPA DC-008). Metadata never decides over an image: what cannot be read is
//! left out.

mod exposure;
mod place;
mod text;
mod time;

use exif::{Field, In, Tag};

use crate::{Exif, Orientation};

/// Most bytes of metadata looked at. In a JPEG it cannot have more than 64 KiB; larger ones are
/// embedded previews of other programs.
const MAX_EXIF_BYTES: usize = 1024 * 1024;

/// What is kept of EXIF metadata.
#[derive(Debug, Default)]
pub(crate) struct ExifFields {
    pub(crate) orientation: Orientation,
    pub(crate) exif: Exif,
}

impl ExifFields {
    /// Reads metadata from its TIFF header on, as far as it can be read.
    pub(crate) fn parse(tiff: &[u8]) -> Self {
        if tiff.len() > MAX_EXIF_BYTES {
            return Self::default();
        }
        let mut reader = exif::Reader::new();
        reader.continue_on_error(true);
        let Ok(fields) = reader
            .read_raw(tiff.to_vec())
            .or_else(|error| error.distill_partial_result(|_| ()))
        else {
            return Self::default();
        };
        let fields = Fields(&fields);
        Self {
            orientation: fields
                .unsigned(Tag::Orientation)
                .and_then(Orientation::from_exif_value)
                .unwrap_or_default(),
            exif: Exif {
                camera: text::camera(fields),
                lens: fields.text(Tag::LensModel),
                exposure: exposure::read(fields),
                taken_at: time::taken_at(fields),
                location: place::read(fields),
            },
        }
    }
}

/// The fields of the main picture, by tag.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a exif::Exif);

impl<'a> Fields<'a> {
    fn get(self, tag: Tag) -> Option<&'a Field> {
        self.0.get_field(tag, In::PRIMARY)
    }

    fn unsigned(self, tag: Tag) -> Option<u32> {
        self.get(tag)?.value.get_uint(0)
    }

    /// The first number of a field of rationals; none if its denominator is zero.
    fn rational(self, tag: Tag) -> Option<f64> {
        self.rationals(tag)?.first().copied()
    }

    /// All numbers of a field of rationals; none if a denominator is zero.
    fn rationals(self, tag: Tag) -> Option<Vec<f64>> {
        let exif::Value::Rational(values) = &self.get(tag)?.value else {
            return None;
        };
        values
            .iter()
            .map(|value| (value.denom != 0).then(|| value.to_f64()))
            .collect()
    }

    /// The bytes of a text, up to its first zero byte.
    fn ascii(self, tag: Tag) -> Option<&'a [u8]> {
        let exif::Value::Ascii(lines) = &self.get(tag)?.value else {
            return None;
        };
        lines.first().map(Vec::as_slice)
    }

    fn text(self, tag: Tag) -> Option<String> {
        text::clean(self.ascii(tag)?)
    }
}

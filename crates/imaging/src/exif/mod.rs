//! Reading EXIF metadata (CIPA DC-008). Metadata never decides over an image: what cannot be read is
//! left out.

mod exposure;
mod place;
mod text;
mod tiff;
mod time;

use self::tiff::{Fields, Tag};
use crate::{Exif, Orientation};

/// What is kept of EXIF metadata.
#[derive(Debug, Default)]
pub(crate) struct ExifFields {
    pub(crate) orientation: Orientation,
    pub(crate) exif: Exif,
}

impl ExifFields {
    /// Reads metadata from its TIFF header on, as far as it can be read.
    pub(crate) fn parse(tiff: &[u8]) -> Self {
        let Some(fields) = Fields::find(tiff) else {
            return Self::default();
        };
        Self {
            orientation: fields
                .unsigned(Tag::ORIENTATION)
                .and_then(Orientation::from_exif_value)
                .unwrap_or_default(),
            exif: Exif {
                camera: text::camera(&fields),
                lens: text::of(&fields, Tag::LENS_MODEL),
                exposure: exposure::read(&fields),
                taken_at: time::taken_at(&fields),
                location: place::read(&fields),
            },
        }
    }
}

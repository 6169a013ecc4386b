//! From the components of an image to red, green and blue.

use super::marker::Marker;

/// How components stand for colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColorModel {
    Gray,
    Rgb,
    /// Luminance and two colour differences (JFIF; ITU-R BT.601, full range).
    YCbCr,
    Cmyk,
    /// CMYK whose first three components are coded as luminance and colour differences.
    Ycck,
}

/// What application segments say of colour.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ColorHints {
    /// A JFIF segment: three components are `YCbCr`.
    jfif: bool,
    /// The transform of an Adobe segment: 0 none, 1 `YCbCr`, 2 YCCK.
    adobe_transform: Option<u8>,
}

impl ColorHints {
    pub(super) fn read(&mut self, marker: Marker, payload: &[u8]) {
        if marker == Marker::APP0 && payload.starts_with(b"JFIF\0") {
            self.jfif = true;
        }
        // "Adobe", version, two words of flags, transform.
        if marker == Marker::APP14 && payload.starts_with(b"Adobe") {
            self.adobe_transform = payload.get(11).copied();
        }
    }

    /// Adobe's programs store inks inverted.
    pub(super) const fn inks_are_inverted(self) -> bool {
        self.adobe_transform.is_some()
    }

    /// The colour model of an image with components of these identifiers; none for a number of
    /// components that has no colour model.
    pub(super) fn model(self, component_ids: &[u8]) -> Option<ColorModel> {
        match (component_ids, self.adobe_transform) {
            ([_], _) => Some(ColorModel::Gray),
            ([_, _, _], _) if self.jfif => Some(ColorModel::YCbCr),
            ([_, _, _], Some(0)) | (b"RGB", None) => Some(ColorModel::Rgb),
            ([_, _, _], _) => Some(ColorModel::YCbCr),
            ([_, _, _, _], Some(2)) => Some(ColorModel::Ycck),
            ([_, _, _, _], _) => Some(ColorModel::Cmyk),
            _ => None,
        }
    }
}

impl ColorModel {
    /// Red, green and blue of component values; `inverted` says that inks are stored as their
    /// complement.
    pub(super) fn to_rgb(self, [a, b, c, d]: [u8; 4], inverted: bool) -> [u8; 3] {
        match self {
            Self::Gray => [a; 3],
            Self::Rgb => [a, b, c],
            Self::YCbCr => ycbcr_to_rgb(a, b, c),
            Self::Cmyk if inverted => [a, b, c].map(|paper| multiply(paper, d)),
            Self::Cmyk => [a, b, c].map(|ink| multiply(!ink, !d)),
            // Only an Adobe segment says that there is a transform, so inks are inverted: once by Adobe's programs,
            // and of those in the transform once more, which Y, Cb and Cr stand for the complement of.
            Self::Ycck => ycbcr_to_rgb(a, b, c).map(|ink| multiply(!ink, d)),
        }
    }
}

fn multiply(value: u8, factor: u8) -> u8 {
    let product = u16::from(value) * u16::from(factor) + 127;
    (product / 255).to_le_bytes()[0]
}

/// JFIF 1.02, in fixed point of 16 bits.
fn ycbcr_to_rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let y = i32::from(y) << 16;
    let (cb, cr) = (i32::from(cb) - 128, i32::from(cr) - 128);
    [
        y + 91_881 * cr,
        y - 22_554 * cb - 46_802 * cr,
        y + 116_130 * cb,
    ]
    .map(|fixed| u8::try_from(((fixed + HALF) >> 16).clamp(0, 255)).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_differences_of_zero_are_grey() {
        for gray in [0, 1, 127, 128, 255] {
            assert_eq!(ycbcr_to_rgb(gray, 128, 128), [gray; 3]);
        }
        assert_eq!(ycbcr_to_rgb(76, 85, 255), [254, 0, 0]);
    }

    #[test]
    fn an_adobe_segment_or_component_names_tell_rgb_from_ycbcr() {
        let mut hints = ColorHints::default();
        assert_eq!(hints.model(&[1, 2, 3]), Some(ColorModel::YCbCr));
        assert_eq!(hints.model(b"RGB"), Some(ColorModel::Rgb));
        hints.read(Marker::APP14, b"Adobe\0d\0\0\0\0\0");
        assert_eq!(hints.model(&[1, 2, 3]), Some(ColorModel::Rgb));
    }

    #[test]
    fn no_ink_is_white_and_black_ink_is_black_inverted_or_not() {
        assert_eq!(ColorModel::Cmyk.to_rgb([0, 0, 0, 0], false), [255; 3]);
        assert_eq!(ColorModel::Cmyk.to_rgb([255; 4], true), [255; 3]);
        assert_eq!(ColorModel::Cmyk.to_rgb([0, 0, 0, 255], false), [0; 3]);
        assert_eq!(ColorModel::Ycck.to_rgb([255, 128, 128, 0], true), [0; 3]);
    }

    #[test]
    fn the_transform_of_inks_gives_what_libjpeg_and_its_viewers_make_of_it() {
        // libjpeg: inks are the complement of what the transform gives, black passes as it is. Viewers: both are
        // inverted.
        assert_eq!(
            ColorModel::Ycck.to_rgb([76, 85, 255, 255], true),
            [1, 255, 255]
        );
        assert_eq!(
            ColorModel::Ycck.to_rgb([76, 85, 255, 102], true),
            [0, 102, 102]
        );
        assert_eq!(ColorModel::Ycck.to_rgb([0, 128, 128, 255], true), [255; 3]);
    }
}

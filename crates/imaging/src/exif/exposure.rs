//! How a picture was exposed.

use super::tiff::{Fields, Tag};
use crate::Exposure;

/// Exposure times below this are written as a fraction, in seconds.
const FRACTIONS_BELOW_SECS: f64 = 0.3;

pub(super) fn read(fields: &Fields<'_>) -> Option<Exposure> {
    let exposure = Exposure {
        time: fields.rational(Tag::EXPOSURE_TIME).and_then(format_time),
        f_number: fields.rational(Tag::F_NUMBER).and_then(positive),
        iso: fields
            .unsigned(Tag::PHOTOGRAPHIC_SENSITIVITY)
            .filter(|iso| *iso > 0),
        focal_length_mm: fields.rational(Tag::FOCAL_LENGTH).and_then(positive),
    };
    (exposure != Exposure::default()).then_some(exposure)
}

/// `1/250`, `0.5`, `30`: as photographers write seconds.
fn format_time(seconds: f64) -> Option<String> {
    if !(seconds.is_finite() && seconds > 0.0) {
        return None;
    }
    if seconds < FRACTIONS_BELOW_SECS {
        return Some(format!("1/{:.0}", seconds.recip()));
    }
    Some(format!("{}", (seconds * 10.0).round() / 10.0))
}

/// A number above zero, to two decimals.
fn positive(value: f64) -> Option<f64> {
    let rounded = (value * 100.0).round() / 100.0;
    (rounded.is_finite() && rounded > 0.0).then_some(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposure_times_are_written_as_photographers_do() {
        assert_eq!(format_time(1.0 / 250.0).as_deref(), Some("1/250"));
        assert_eq!(format_time(10.0 / 1600.0).as_deref(), Some("1/160"));
        assert_eq!(format_time(0.5).as_deref(), Some("0.5"));
        assert_eq!(format_time(30.0).as_deref(), Some("30"));
        assert_eq!(format_time(0.0), None);
    }

    #[test]
    fn an_unknown_aperture_of_zero_is_left_out() {
        assert_eq!(positive(0.0), None);
        assert_eq!(positive(2.8), Some(2.8));
    }
}

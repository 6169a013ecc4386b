//! Where a picture was taken.

use super::tiff::{Fields, Tag};
use crate::Location;

/// Degrees, minutes and seconds of an angle add up as these parts of a degree.
const PARTS_OF_A_DEGREE: [f64; 3] = [1.0, 60.0, 3600.0];
/// Altitudes kept: from below the deepest trench to above any aircraft, in metres.
const ALTITUDES_M: std::ops::RangeInclusive<f64> = -12_000.0..=100_000.0;

/// The place, if latitude and longitude are both sound.
pub(super) fn read(fields: &Fields<'_>) -> Option<Location> {
    let latitude = angle(fields, Tag::GPS_LATITUDE, Tag::GPS_LATITUDE_REF, b'S', 90.0)?;
    let longitude = angle(
        fields,
        Tag::GPS_LONGITUDE,
        Tag::GPS_LONGITUDE_REF,
        b'W',
        180.0,
    )?;
    let below_sea_level = fields.unsigned(Tag::GPS_ALTITUDE_REF) == Some(1);
    let altitude_m = fields
        .rational(Tag::GPS_ALTITUDE)
        .map(|metres| if below_sea_level { -metres } else { metres })
        .filter(|metres| ALTITUDES_M.contains(metres));
    Some(Location {
        latitude,
        longitude,
        altitude_m,
    })
}

fn angle(
    fields: &Fields<'_>,
    tag: Tag,
    reference_tag: Tag,
    negative: u8,
    max_degrees: f64,
) -> Option<f64> {
    let reference = fields.ascii(reference_tag)?.first()?.to_ascii_uppercase();
    degrees(&fields.rationals(tag)?, reference == negative, max_degrees)
}

fn degrees(parts: &[f64], is_negative: bool, max_degrees: f64) -> Option<f64> {
    if !(1..=PARTS_OF_A_DEGREE.len()).contains(&parts.len()) {
        return None;
    }
    let degrees: f64 = parts
        .iter()
        .zip(PARTS_OF_A_DEGREE)
        .map(|(part, of_a_degree)| part / of_a_degree)
        .sum();
    let degrees = if is_negative { -degrees } else { degrees };
    (degrees.abs() <= max_degrees).then_some(degrees)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_minutes_and_seconds_add_up() {
        assert_eq!(
            degrees(&[43.0, 28.0, 2.5], false, 90.0),
            Some(43.0 + 28.0 / 60.0 + 2.5 / 3600.0)
        );
        assert_eq!(degrees(&[43.5], true, 90.0), Some(-43.5));
    }

    #[test]
    fn the_poles_are_the_limit() {
        assert_eq!(degrees(&[90.0, 0.0, 0.0], true, 90.0), Some(-90.0));
        assert_eq!(degrees(&[90.0, 0.0, 0.01], true, 90.0), None);
        assert_eq!(degrees(&[f64::NAN], false, 90.0), None);
        assert_eq!(degrees(&[], false, 90.0), None);
    }
}

//! When a picture was taken.

use chrono::{FixedOffset, NaiveDate, NaiveDateTime};
use exif::Tag;

use super::Fields;

/// The time of the picture, with the offset from UTC where the camera has noted it.
pub(super) fn taken_at(fields: Fields<'_>) -> Option<String> {
    const TIMES: [(Tag, Tag); 3] = [
        (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal),
        (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized),
        (Tag::DateTime, Tag::OffsetTime),
    ];
    TIMES
        .iter()
        .find_map(|(time, offset)| format(fields.ascii(*time)?, fields.ascii(*offset)))
}

/// RFC 3339 of a time with an offset, ISO 8601 of one without; none for a date that no calendar has.
fn format(time: &[u8], offset: Option<&[u8]>) -> Option<String> {
    let mut parsed = exif::DateTime::from_ascii(time).ok()?;
    let local = local_time(&parsed)?;
    let offset = offset
        .and_then(|offset| parsed.parse_offset(offset).ok())
        .and(parsed.offset)
        .and_then(|minutes| FixedOffset::east_opt(i32::from(minutes) * 60));
    let local = local.format("%Y-%m-%dT%H:%M:%S");
    Some(match offset {
        Some(offset) => format!("{local}{offset}"),
        None => local.to_string(),
    })
}

fn local_time(time: &exif::DateTime) -> Option<NaiveDateTime> {
    let day = NaiveDate::from_ymd_opt(time.year.into(), time.month.into(), time.day.into())?;
    // Cameras whose clock was never set write year zero.
    if time.year == 0 {
        return None;
    }
    day.and_hms_opt(time.hour.into(), time.minute.into(), time.second.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_an_offset_is_rfc_3339_and_one_without_is_local() {
        let time = b"2024:02:29 23:59:58";
        assert_eq!(
            format(time, Some(b"+05:30")).as_deref(),
            Some("2024-02-29T23:59:58+05:30")
        );
        assert_eq!(format(time, None).as_deref(), Some("2024-02-29T23:59:58"));
        assert_eq!(
            format(time, Some(b"      ")).as_deref(),
            Some("2024-02-29T23:59:58")
        );
    }

    #[test]
    fn dates_that_no_calendar_has_are_left_out() {
        assert_eq!(format(b"2023:02:29 00:00:00", None), None);
        assert_eq!(format(b"0000:00:00 00:00:00", None), None);
        assert_eq!(format(b"    :  :     :  :  ", None), None);
    }
}

//! When a picture was taken.

use chrono::{Datelike as _, FixedOffset, NaiveDateTime, Timelike as _};

use super::tiff::{Fields, Tag};

/// Bytes of a time: `2024:02:29 23:59:58`.
const TIME_BYTES: usize = 19;
/// Bytes of an offset from UTC: `+05:30`.
const OFFSET_BYTES: usize = 6;

/// The time of the picture, with the offset from UTC where the camera has noted it.
pub(super) fn taken_at(fields: &Fields<'_>) -> Option<String> {
    const TIMES: [(Tag, Tag); 3] = [
        (Tag::DATE_TIME_ORIGINAL, Tag::OFFSET_TIME_ORIGINAL),
        (Tag::DATE_TIME_DIGITIZED, Tag::OFFSET_TIME_DIGITIZED),
        (Tag::DATE_TIME, Tag::OFFSET_TIME),
    ];
    TIMES
        .iter()
        .find_map(|(time, offset)| format(fields.ascii(*time)?, fields.ascii(*offset)))
}

/// RFC 3339 of a time with an offset, ISO 8601 of one without; none for a date that no calendar has.
fn format(time: &[u8], offset: Option<&[u8]>) -> Option<String> {
    let local = local_time(time)?.format("%Y-%m-%dT%H:%M:%S");
    let offset = offset
        .and_then(|offset| std::str::from_utf8(offset.get(..OFFSET_BYTES)?).ok())
        .and_then(|offset| offset.parse::<FixedOffset>().ok());
    Some(match offset {
        Some(offset) => format!("{local}{offset}"),
        None => local.to_string(),
    })
}

fn local_time(time: &[u8]) -> Option<NaiveDateTime> {
    let time = std::str::from_utf8(time.get(..TIME_BYTES)?).ok()?;
    let time = NaiveDateTime::parse_from_str(time, "%Y:%m:%d %H:%M:%S").ok()?;
    // Cameras whose clock was never set write year zero. None writes leap seconds, which are read as nanoseconds.
    (time.year() > 0 && time.nanosecond() == 0).then_some(time)
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
        assert_eq!(
            format(time, Some(b"-03:00")).as_deref(),
            Some("2024-02-29T23:59:58-03:00")
        );
        assert_eq!(
            format(time, Some(b"+99:00")).as_deref(),
            Some("2024-02-29T23:59:58")
        );
    }

    #[test]
    fn dates_that_no_calendar_has_are_left_out() {
        assert_eq!(format(b"2023:02:29 00:00:00", None), None);
        assert_eq!(format(b"0000:00:00 00:00:00", None), None);
        assert_eq!(format(b"    :  :     :  :  ", None), None);
        assert_eq!(format(b"2016:12:31 23:59:60", None), None);
        assert_eq!(format(b"2024:02:29", None), None);
    }
}

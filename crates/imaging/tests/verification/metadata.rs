//! What is read of a camera's metadata, and that it never decides over an image.

use crate::support::avif::{Item, avif, coded_picture};
use crate::support::tiff::{Value, tiff};
use crate::support::{exif_with_orientation, png, sample, webp_with_exif, with_segment};
use imaging::{Exif, Exposure, Limits, Location, Orientation, inspect};

/// A photograph from the south-west, below the sea.
fn metadata(is_little_endian: bool) -> Vec<u8> {
    use Value::{Ascii, Byte, Rationals, Short};
    tiff(
        is_little_endian,
        &[
            (0x010F, Ascii("SONY")),
            (0x0110, Ascii("ILCE-7M3")),
            (0x0132, Ascii("2025:01:01 00:00:00")),
        ],
        &[
            (0x829A, Rationals(&[(10, 2500)])),
            (0x829D, Rationals(&[(28, 10)])),
            (0x8827, Short(400)),
            (0x9003, Ascii("2024:02:29 23:59:58")),
            (0x9011, Ascii("-03:00")),
            (0x920A, Rationals(&[(35, 1)])),
            (0xA434, Ascii("FE 35mm F1.8")),
        ],
        &[
            (1, Ascii("S")),
            (2, Rationals(&[(54, 1), (48, 1), (0, 1)])),
            (3, Ascii("W")),
            (4, Rationals(&[(68, 1), (30, 1), (0, 1)])),
            (5, Byte(1)),
            (6, Rationals(&[(25, 2)])),
        ],
    )
}

fn expected() -> Exif {
    Exif {
        camera: Some("SONY ILCE-7M3".to_owned()),
        lens: Some("FE 35mm F1.8".to_owned()),
        exposure: Some(Exposure {
            time: Some("1/250".to_owned()),
            f_number: Some(2.8),
            iso: Some(400),
            focal_length_mm: Some(35.0),
        }),
        taken_at: Some("2024-02-29T23:59:58-03:00".to_owned()),
        location: Some(Location {
            latitude: -54.8,
            longitude: -68.5,
            altitude_m: Some(-12.5),
        }),
    }
}

fn jpeg_with(tiff: &[u8]) -> Vec<u8> {
    let segment = [b"Exif\0\0", tiff].concat();
    with_segment(&sample("baseline.jpg").bytes, 0xE1, &segment)
}

fn exif_of(file: &[u8]) -> Exif {
    inspect(file, &Limits::default()).unwrap().exif
}

#[test]
fn the_same_metadata_is_read_from_every_format_in_either_byte_order() {
    let still = sample("still.avif").bytes;
    let picture = Item::picture(coded_picture(&still), 20, 12);
    for is_little_endian in [false, true] {
        let tiff = metadata(is_little_endian);
        assert_eq!(exif_of(&jpeg_with(&tiff)), expected(), "JPEG");
        assert_eq!(exif_of(&png(&[(b"eXIf", &tiff)])), expected(), "PNG");
        assert_eq!(exif_of(&webp_with_exif(&tiff)), expected(), "WebP");
        let file = avif(&[picture.clone(), Item::exif(&tiff)]);
        assert_eq!(exif_of(&file), expected(), "AVIF");
    }
}

#[test]
fn metadata_that_cannot_be_read_is_dropped_and_the_image_kept() {
    let jpeg = jpeg_with(b"MM\0*\xFF\xFF\xFF\xFF");
    let inspection = inspect(&jpeg, &Limits::default()).unwrap();
    assert!(inspection.exif.is_empty());
    assert_eq!(inspection.orientation, Orientation::Upright);
}

#[test]
fn a_jpeg_to_be_turned_is_measured_as_displayed() {
    let jpeg = jpeg_with(&exif_with_orientation(6));
    let inspection = inspect(&jpeg, &Limits::default()).unwrap();
    assert_eq!(inspection.orientation, Orientation::Rotated90);
    assert_eq!((inspection.width_px, inspection.height_px), (12, 20));
}

#[test]
fn directories_that_are_pointed_to_many_times_are_read_once() {
    // 450 pointers to a directory of 450 pointers to a directory of 450 fields: 91 million, were all followed.
    let pointers = |tag, offset| vec![(tag, Value::Long(offset)); 450];
    let directory_bytes = 2 + 12 * 450 + 4;
    let main = pointers(0x8769, 8 + directory_bytes);
    let mut levels = tiff(
        false,
        &main[..448],
        &pointers(0xA005, 8 + 2 * directory_bytes),
        &[],
    );
    levels.extend(
        [
            &[1, 194][..],
            &[0, 1, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0].repeat(450),
        ]
        .concat(),
    );
    // The last two pointers are those to EXIF's directory and to that of the place, which is empty.
    assert!(exif_of(&jpeg_with(&levels)).is_empty());
    // The same of a directory that points to itself.
    let itself = tiff(false, &pointers(0x8769, 8), &[], &[]);
    assert!(exif_of(&jpeg_with(&itself)).is_empty());
}

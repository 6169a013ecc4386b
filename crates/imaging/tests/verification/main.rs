//! What is let in and what is kept out, on small images.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod avif;
mod metadata;
mod support;
mod webp;

use imaging::{InspectError, Limits, Orientation, declared_pixels, inspect};
use proptest::prelude::*;
use support::{
    exif_with_orientation, gif_of, png, png_of, png_with_odd_palette, sample, samples, webp_of,
};

/// Bytes that tell any format: shorter files are of no known type.
const LONGEST_SIGNATURE_BYTES: usize = 24;

#[test]
fn every_sample_is_accepted_as_what_it_is() {
    for sample in samples() {
        let inspection = inspect(&sample.bytes, &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error:?}", sample.name));
        assert_eq!(inspection.format, sample.format, "{}", sample.name);
        let size = (inspection.width_px, inspection.height_px);
        assert_eq!(size, sample.size, "{}", sample.name);
        assert_eq!(inspection.frames, sample.frames, "{}", sample.name);
        assert!(!inspection.placeholder.is_empty(), "{}", sample.name);
    }
}

#[test]
fn every_part_of_a_file_from_its_start_is_refused_as_truncated() {
    for sample in samples() {
        for length in 0..sample.bytes.len() {
            let outcome = inspect(&sample.bytes[..length], &Limits::default());
            let is_right = match outcome {
                Err(InspectError::Empty) => length == 0,
                Err(InspectError::Unsupported { .. }) => length < LONGEST_SIGNATURE_BYTES,
                Err(InspectError::Truncated) => true,
                _ => false,
            };
            assert!(is_right, "{} cut at {length}: {outcome:?}", sample.name);
        }
    }
}

#[test]
fn bytes_behind_the_end_of_an_image_do_no_harm() {
    for sample in samples() {
        // Behind an AVIF there can only be boxes.
        let mut bytes = sample.bytes.to_vec();
        bytes.extend_from_slice(b"\0\0\0\x0Cfreemore");
        assert!(
            inspect(&bytes, &Limits::default()).is_ok(),
            "{}",
            sample.name
        );
    }
}

#[test]
fn pixels_are_counted_over_all_pictures_up_to_the_limit_itself() {
    for sample in samples() {
        let pixels = declared_pixels(&sample.bytes).unwrap();
        let limit = |max_pixels| Limits {
            max_pixels,
            ..Limits::default()
        };
        assert!(
            inspect(&sample.bytes, &limit(pixels)).is_ok(),
            "{}",
            sample.name
        );
        assert!(
            matches!(
                inspect(&sample.bytes, &limit(pixels - 1)),
                Err(InspectError::TooManyPixels { limit, .. }) if limit == pixels - 1
            ),
            "{}",
            sample.name
        );
    }
}

#[test]
fn a_jpeg_whose_scan_stops_half_way_is_corrupt_even_with_an_end_marker() {
    for name in ["baseline.jpg", "progressive.jpg", "restarted.jpg"] {
        let jpeg = sample(name).bytes;
        let scan = jpeg
            .windows(2)
            .position(|pair| pair == [0xFF, 0xDA])
            .unwrap();
        let middle = scan + 14;
        let mut cut = jpeg[..middle].to_vec();
        cut.extend_from_slice(&[0xFF, 0xD9]);
        let outcome = inspect(&cut, &Limits::default());
        assert!(
            matches!(outcome, Err(InspectError::Corrupt { .. })),
            "{name}: {outcome:?}"
        );
    }
}

#[test]
fn a_wrong_checksum_of_metadata_is_corrupt_before_and_behind_the_pixels() {
    let file = png(&[
        (b"eXIf", &exif_with_orientation(6)),
        (b"tEXt", b"Comment\0sound"),
    ]);
    assert!(inspect(&file, &Limits::default()).is_ok());
    let chunk = |name: &[u8; 4]| {
        let start = file.windows(4).position(|window| window == name).unwrap() - 4;
        let length = u32::from_be_bytes(*file[start..].first_chunk().unwrap());
        start..start + 12 + length as usize
    };
    for name in [b"eXIf", b"tEXt"] {
        let mut before = file.clone();
        before[chunk(name).end - 1] ^= 1;
        let mut behind = file.clone();
        let moved = before[chunk(name)].to_vec();
        let end = behind.len() - 12;
        behind.splice(end..end, moved);
        behind.drain(chunk(name));
        for file in [before, behind] {
            let outcome = inspect(&file, &Limits::default());
            assert!(matches!(outcome, Err(InspectError::Corrupt { .. })));
        }
    }
}

#[test]
fn a_jpeg_header_over_a_gigabyte_of_nothing_is_refused_by_its_size() {
    let mut jpeg = sample("baseline.jpg").bytes.to_vec();
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    jpeg[frame + 5..frame + 9].fill(0xFF);
    assert!(matches!(
        inspect(&jpeg, &Limits::default()),
        Err(InspectError::TooManyPixels {
            width: 65_535,
            height: 65_535,
            frames: 1,
            ..
        })
    ));
}

#[test]
fn a_palette_of_an_odd_length_is_corrupt_and_no_panic() {
    let file = png_with_odd_palette();
    assert!(matches!(
        inspect(&file, &Limits::default()),
        Err(InspectError::Corrupt { .. })
    ));
}

#[test]
fn a_wrong_checksum_of_the_pixels_is_corrupt() {
    let mut file = png(&[]);
    let end = file.len() - 12;
    // The last byte of the checksum of the image data chunk.
    file[end - 1] ^= 1;
    assert!(matches!(
        inspect(&file, &Limits::default()),
        Err(InspectError::Corrupt { .. })
    ));
}

#[test]
fn the_placeholder_is_that_of_the_upright_picture() {
    const WIDTH: u8 = 30;
    const HEIGHT: u8 = 20;
    let pixel = |x: u8, y: u8| [x * 8, y * 12, 90, 255];
    let upright: Vec<u8> = (0..HEIGHT)
        .flat_map(|y| (0..WIDTH).flat_map(move |x| pixel(x, y)))
        .collect();
    let expected = inspect(&png_of(30, 20, &upright, &[]), &Limits::default()).unwrap();

    for orientation in Orientation::ALL {
        // The coded picture that is displayed as the upright one.
        let (width, height) = orientation.displayed_size(30, 20);
        let size = (width as usize, height as usize);
        let mut coded = vec![0; upright.len()];
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let (coded_x, coded_y) = orientation.coded_position((x.into(), y.into()), size);
                let place = (coded_y * size.0 + coded_x) * 4;
                coded[place..place + 4].copy_from_slice(&pixel(x, y));
            }
        }
        let exif = exif_with_orientation(orientation.exif_value());
        let file = png_of(width, height, &coded, &[(b"eXIf", &exif)]);
        let inspection = inspect(&file, &Limits::default()).unwrap();
        assert_eq!(inspection.orientation, orientation);
        assert_eq!(inspection.placeholder, expected.placeholder);
        assert_eq!((inspection.width_px, inspection.height_px), (30, 20));
    }
}

/// Red, green and blue of each quarter of a placeholder, on a scale of 0 to 1: upper left, upper right, lower left,
/// lower right.
fn quarters(file: &[u8]) -> [[f32; 3]; 4] {
    let inspection = inspect(file, &Limits::default()).unwrap();
    let decoded = thumbhash::thumb_hash_to_rgba(&inspection.placeholder);
    let (width, height, pixels) = decoded.unwrap();
    let mut quarters = [[0.0; 3]; 4];
    for (place, pixel) in pixels.chunks_exact(4).enumerate() {
        let is_right = place % width >= width / 2;
        let is_lower = place / width >= height / 2;
        let quarter = &mut quarters[2 * usize::from(is_lower) + usize::from(is_right)];
        for (sum, sample) in quarter.iter_mut().zip(pixel) {
            *sum += f32::from(*sample);
        }
    }
    let pixels = u16::try_from(width * height / 4).unwrap();
    quarters.map(|quarter| quarter.map(|sum| sum / f32::from(pixels) / 255.0))
}

fn assert_near(name: &str, actual: [[f32; 3]; 4], expected: [[f32; 3]; 4], tolerance: f32) {
    let mut pairs = actual.as_flattened().iter().zip(expected.as_flattened());
    let is_near = pairs.all(|(actual, expected)| (actual - expected).abs() <= tolerance);
    assert!(is_near, "{name}: {actual:?}, not {expected:?}");
}

#[test]
fn a_picture_has_about_the_same_placeholder_in_every_format() {
    /// What lossy coding may change on the whole, and the smaller scale of JPEG, three by two pixels here, at a place.
    const TOLERANCES: (f32, f32) = (0.05, 0.2);
    let average = |file: &[u8]| {
        let inspection = inspect(file, &Limits::default()).unwrap();
        let average = thumbhash::thumb_hash_to_average_rgba(&inspection.placeholder);
        let (red, green, blue, _) = average.unwrap();
        [[red, green, blue]; 4]
    };
    let expected = sample("still.avif").bytes;
    for name in [
        "baseline.jpg",
        "progressive.jpg",
        "animated.webp",
        "animated.avif",
    ] {
        let actual = sample(name).bytes;
        assert_near(name, average(&actual), average(&expected), TOLERANCES.0);
        assert_near(name, quarters(&actual), quarters(&expected), TOLERANCES.1);
    }
}

#[test]
fn a_placeholder_shows_each_colour_at_its_place() {
    /// What a `ThumbHash` changes: it has few waves and few steps.
    const TOLERANCE: f32 = 0.2;
    const COLORS: [[u8; 3]; 4] = [[200, 60, 60], [60, 180, 60], [60, 60, 190], [180, 170, 60]];
    let quarter = |place: usize| 2 * usize::from(place / 32 >= 16) + usize::from(place % 32 >= 16);
    let opaque = |[red, green, blue]: [u8; 3]| [red, green, blue, 255];
    let pixels: Vec<u8> = (0..32 * 32)
        .flat_map(|place| opaque(COLORS[quarter(place)]))
        .collect();
    let indices = (0..32 * 32).map(|place| quarter(place).to_le_bytes()[0]);
    let indices: Vec<u8> = indices.collect();
    let expected = COLORS.map(|color| color.map(|sample| f32::from(sample) / 255.0));
    for (name, file) in [
        ("PNG", png_of(32, 32, &pixels, &[])),
        ("GIF", gif_of((32, 32), COLORS.as_flattened(), &indices)),
        ("WebP", webp_of((32, 32), &pixels, &[])),
    ] {
        assert_near(name, quarters(&file), expected, TOLERANCE);
    }
}

#[test]
fn a_progressive_jpeg_without_dc_coefficients_is_corrupt() {
    let mut jpeg = sample("progressive.jpg").bytes.to_vec();
    let scan = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xDA])
        .unwrap();
    // The first scan, of all components: its end is the next marker but stuffed bytes.
    let data = scan + 14;
    let length = jpeg[data..]
        .windows(2)
        .position(|pair| pair[0] == 0xFF && pair[1] != 0)
        .unwrap();
    jpeg.drain(scan..data + length);
    assert!(matches!(
        inspect(&jpeg, &Limits::default()),
        Err(InspectError::Corrupt { .. })
    ));
}

#[test]
fn the_pixels_that_headers_declare_are_those_that_are_decoded() {
    for sample in samples() {
        let (width, height) = sample.size;
        let shown = u64::from(width) * u64::from(height) * u64::from(sample.frames);
        // AVIF keeps transparency, and the picture to show before it plays, beside the frames.
        let decoded = match sample.name {
            "alpha.avif" => 2 * shown,
            "animated.avif" => shown + shown / u64::from(sample.frames),
            _ => shown,
        };
        let declared = declared_pixels(&sample.bytes);
        assert_eq!(declared, Some(decoded), "{}", sample.name);
        // Of a damaged file, too: its headers are as good as ever.
        if let Some(cut) = sample.bytes.get(..sample.bytes.len() - 3) {
            let declared = declared_pixels(cut);
            assert!(declared.is_none() || declared == Some(decoded));
        }
    }
    for nothing in [&b""[..], b"GIF89a", b"\x89PNG\r\n\x1a\n", b"text"] {
        assert_eq!(declared_pixels(nothing), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn damaged_files_neither_panic_nor_exceed_the_limits(
        choice in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let limits = Limits { max_pixels: 20_000, ..Limits::default() };
        let samples = samples();
        let mut bytes = choice.get(&samples).bytes.to_vec();
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Ok(inspection) = inspect(&bytes, &limits) {
            let pixels = u64::from(inspection.width_px)
                * u64::from(inspection.height_px)
                * u64::from(inspection.frames);
            prop_assert!(pixels <= limits.max_pixels);
        }
    }

    #[test]
    fn arbitrary_bytes_behind_a_signature_never_panic(
        choice in any::<prop::sample::Index>(),
        kept in 8usize..64,
        rest in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let samples = samples();
        let sample = choice.get(&samples);
        let mut bytes = sample.bytes[..kept.min(sample.bytes.len())].to_vec();
        bytes.extend(rest);
        let limits = Limits { max_pixels: 20_000, ..Limits::default() };
        let decoded = inspect(&bytes, &limits).is_ok();
        prop_assert!(!decoded || declared_pixels(&bytes).is_some());
    }
}

//! The container of AVIF: grids, transparency, tracks, and what does not fit together.

use imaging::{InspectError, Limits, inspect};

use crate::support::avif::{Item, avif, boxed, coded_picture};
use crate::support::sample;

#[test]
fn tracks_of_a_sequence_count_together_with_the_still_image_and_are_few() {
    let with_tracks = |count| {
        let limit = |max_pixels| Limits {
            max_pixels,
            ..Limits::default()
        };
        let file = avif_with_tracks(count);
        let pixels = 20 * 12 * (1 + 3 * count as u64);
        (
            inspect(&file, &limit(pixels)),
            inspect(&file, &limit(pixels - 1)),
        )
    };
    for count in 1..=4 {
        let (at_the_limit, past_it) = with_tracks(count);
        assert_eq!(at_the_limit.unwrap().frames, 3, "{count} tracks");
        let is_right = matches!(past_it, Err(InspectError::TooManyPixels { .. }));
        assert!(is_right, "{count} tracks");
    }
    let (at_the_limit, _) = with_tracks(5);
    assert!(matches!(at_the_limit, Err(InspectError::Corrupt { .. })));
}

/// The sample of an animated AVIF with its track so many times.
fn avif_with_tracks(count: usize) -> Vec<u8> {
    let mut file = sample("animated.avif").bytes.into_owned();
    let start_of = |file: &[u8], name: &[u8; 4]| {
        let found = file.windows(4).position(|window| window == name);
        found.unwrap() - 4
    };
    let whole = |bytes: &[u8], start: usize| {
        let size = u32::from_be_bytes(*bytes[start..].first_chunk().unwrap());
        bytes[start..start + size as usize].to_vec()
    };
    let start = start_of(&file, b"moov");
    let movie = whole(&file, start);
    // What is left in its place keeps all offsets as they are.
    file[start + 4..start + 8].copy_from_slice(b"free");
    let track = whole(&movie, start_of(&movie, b"trak"));
    let more = track.repeat(count - 1);
    let size = u32::try_from(movie.len() + more.len()).unwrap();
    file.extend(size.to_be_bytes());
    file.extend(&movie[4..]);
    file.extend(more);
    file
}

/// The picture of a sample, of 20 by 12 pixels. It can be transparency as well.
fn picture() -> Item {
    let still = sample("still.avif").bytes;
    Item::picture(coded_picture(&still), 20, 12)
}

fn is_corrupt(items: &[Item]) -> bool {
    let outcome = inspect(&avif(items), &Limits::default());
    matches!(outcome, Err(InspectError::Corrupt { .. }))
}

fn is_unsupported(items: &[Item]) -> bool {
    let outcome = inspect(&avif(items), &Limits::default());
    matches!(outcome, Err(InspectError::UnsupportedCoding { .. }))
}

fn size_of(items: &[Item]) -> (u32, u32) {
    let inspection = inspect(&avif(items), &Limits::default()).unwrap();
    (inspection.width_px, inspection.height_px)
}

#[test]
fn transparency_has_the_size_of_its_picture() {
    let (picture, alpha) = (picture(), picture());
    assert_eq!(
        size_of(&[picture.clone(), alpha.clone().alpha_of(&[1])]),
        (20, 12)
    );
    // Half of the picture, of a size of its own and whole in itself.
    let image = [
        Item::grid((2, 1), (40, 12), &[3, 4]),
        alpha.clone().alpha_of(&[1]),
    ];
    let tiled = [&image[..], &[picture.clone(), picture.clone()]].concat();
    assert!(is_corrupt(&tiled));
    let twice = [
        Item::grid((2, 1), (40, 12), &[2, 3]),
        picture.clone(),
        picture.clone(),
    ];
    assert_eq!(size_of(&twice), (40, 12));
    let alpha = Item::grid((2, 1), (40, 12), &[5, 6]).alpha_of(&[1]);
    let both = [&twice[..], &[alpha, picture.clone(), picture]].concat();
    assert_eq!(size_of(&both), (40, 12));
}

#[test]
fn transparency_of_tiles_is_held_to_what_tiles_are() {
    let (picture, alpha) = (picture(), picture());
    let with = |alpha: Item| {
        let grid = Item::grid((2, 1), (40, 12), &[2, 3]);
        let alphas = [alpha.clone().alpha_of(&[2]), alpha.alpha_of(&[3])];
        [&[grid, picture.clone(), picture.clone()], &alphas[..]].concat()
    };
    assert_eq!(size_of(&with(alpha.clone())), (40, 12));
    let mut of_another_kind = alpha.clone();
    of_another_kind.kind = *b"hvc1";
    assert!(is_unsupported(&with(of_another_kind)));
    let of_another_size = Item::picture(&alpha.data, 10, 12);
    assert!(is_corrupt(&with(of_another_size)));
    let mut unshowable = alpha;
    unshowable.properties.push(boxed(*b"abcd", b""));
    assert!(is_unsupported(&with(unshowable)));
}

#[test]
fn a_grid_names_each_tile_once() {
    let picture = picture();
    let repeated = [Item::grid((2, 1), (40, 12), &[2, 2]), picture];
    assert!(is_corrupt(&repeated));
}

#[test]
fn a_track_has_the_size_of_the_still_image() {
    let mut file = sample("animated.avif").bytes.into_owned();
    // The size in the sample entry: "av01", and 24 bytes of other fields.
    let is_entry = |window: &[u8]| window.starts_with(b"av01\0\0\0\0\0\0");
    let entry = file.windows(10).position(is_entry).unwrap();
    assert_eq!(file[entry + 28..entry + 32], [0, 20, 0, 12]);
    file[entry + 29] = 10;
    let outcome = inspect(&file, &Limits::default());
    assert!(matches!(outcome, Err(InspectError::Corrupt { .. })));
}

#[test]
fn a_sequence_without_a_still_image_is_not_supported_rather_than_truncated() {
    let mut file = sample("animated.avif").bytes.into_owned();
    let meta = file.windows(4).position(|name| name == b"meta").unwrap();
    file[meta..meta + 4].copy_from_slice(b"free");
    let outcome = inspect(&file, &Limits::default());
    assert!(matches!(
        outcome,
        Err(InspectError::UnsupportedCoding { .. })
    ));
}

#[test]
fn memory_is_counted_for_avif_up_to_the_limit_itself() {
    const PIXELS: u64 = 20 * 12;
    for (name, bytes) in [
        // Planes of 16 bits and the decoder's own tables.
        ("still.avif", PIXELS * 7),
        ("alpha.avif", PIXELS * 7),
        // Three frames and the one in work; they take more than the still image.
        ("animated.avif", PIXELS * 6 * 4),
    ] {
        let file = sample(name).bytes;
        let outcome = |max_decoded_bytes| {
            let limits = Limits {
                max_decoded_bytes,
                ..Limits::default()
            };
            inspect(&file, &limits)
        };
        assert!(outcome(bytes).is_ok(), "{name}");
        let is_right = matches!(
            outcome(bytes - 1),
            Err(InspectError::TooMuchMemory {
                width: 20,
                height: 12
            })
        );
        assert!(is_right, "{name}");
    }
}

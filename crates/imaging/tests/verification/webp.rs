//! What WebP pictures take in memory, and what is in which chunk.

use imaging::{InspectError, Limits, inspect};

use crate::support::sample;
use crate::support::webp::{chunk, extended, frame, lossless_of_groups, simple};

/// A lossy picture of 4 by 4 pixels: the sample's, with another size in its header.
fn lossy() -> Vec<u8> {
    let file = sample("lossy.webp").bytes;
    let name = file.windows(4).position(|name| name == b"VP8 ").unwrap();
    let mut payload = file[name + 8..].to_vec();
    payload[6..10].copy_from_slice(&[4, 0, 4, 0]);
    payload
}

/// Files with a lossless picture of so many groups at each place where there can be one, and the bytes that decoding
/// takes for each of their pixels.
fn files(groups: u16) -> [(&'static str, u64, Vec<u8>); 4] {
    let picture = lossless_of_groups(groups, true);
    let alpha = [vec![1], lossless_of_groups(groups, false)].concat();
    let with_alpha = [chunk(*b"ALPH", &alpha), chunk(*b"VP8 ", &lossy())];
    let loops = chunk(*b"ANIM", &[0; 6]);
    let animated = [loops.clone(), frame(&chunk(*b"VP8L", &picture))];
    let animated_alpha = [loops, frame(&with_alpha.concat())];
    [
        ("lossless", 7, simple(*b"VP8L", &picture)),
        ("alpha", 11, extended(0x10, &with_alpha)),
        ("animated", 19, extended(0x12, &animated)),
        ("animated alpha", 19, extended(0x12, &animated_alpha)),
    ]
}

#[test]
fn groups_of_prefix_codes_count_as_memory_before_any_is_made() {
    // The group, and five codes with a table of 1,024 entries each.
    const GROUP_BYTES: u64 = 640 + 5 * (64 + 4 * 1024);
    const ENTROPY_IMAGE_BYTES: u64 = 4;
    for (name, bytes_per_pixel, file) in files(3) {
        let bytes = 16 * bytes_per_pixel + ENTROPY_IMAGE_BYTES + 3 * GROUP_BYTES;
        let outcome = |max_decoded_bytes| {
            let limits = Limits {
                max_decoded_bytes,
                ..Limits::default()
            };
            inspect(&file, &limits)
        };
        let inspection = outcome(bytes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!((inspection.width_px, inspection.height_px), (4, 4));
        let is_right = matches!(
            outcome(bytes - 1),
            Err(InspectError::TooMuchMemory {
                width: 4,
                height: 4
            })
        );
        assert!(is_right, "{name}");
    }
    for (name, _, file) in files(20_000) {
        let outcome = inspect(&file, &Limits::default());
        let is_right = matches!(outcome, Err(InspectError::TooMuchMemory { .. }));
        assert!(is_right, "{name}: {outcome:?}");
    }
}

#[test]
fn a_lossy_picture_counts_as_memory_up_to_the_limit_itself() {
    let file = simple(*b"VP8 ", &lossy());
    let outcome = |max_decoded_bytes| {
        let limits = Limits {
            max_decoded_bytes,
            ..Limits::default()
        };
        inspect(&file, &limits)
    };
    assert!(outcome(16 * 5).is_ok());
    let past_it = outcome(16 * 5 - 1);
    assert!(matches!(past_it, Err(InspectError::TooMuchMemory { .. })));
}

#[test]
fn frames_belong_to_animations_and_lie_on_their_canvas() {
    let picture = chunk(*b"VP8L", &lossless_of_groups(1, true));
    let loops = chunk(*b"ANIM", &[0; 6]);
    let is_corrupt = |file: &[u8]| {
        let outcome = inspect(file, &Limits::default());
        matches!(outcome, Err(InspectError::Corrupt { .. }))
    };
    let animated = |frame: Vec<u8>| extended(0x12, &[loops.clone(), frame]);
    assert!(inspect(&animated(frame(&picture)), &Limits::default()).is_ok());
    assert!(is_corrupt(&extended(0x10, &[frame(&picture)])));
    let mut moved = frame(&picture);
    moved[8] = 1;
    assert!(is_corrupt(&animated(moved)));
    let mut of_another_size = frame(&picture);
    of_another_size[14] = 2;
    assert!(is_corrupt(&animated(of_another_size)));
    // An odd length would let the decoder find another frame than was looked at.
    let mut odd = frame(&picture);
    odd[4] += 1;
    odd.extend([0, 0]);
    let file = extended(0x12, &[loops.clone(), odd, frame(&picture)]);
    assert!(is_corrupt(&file));
}

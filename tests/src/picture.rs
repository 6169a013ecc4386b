//! Image files: made here where an encoder is at hand, else the small samples of crate `imaging`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// A JPEG of 20 by 12 pixels.
pub const JPEG: &[u8] = include_bytes!("../../crates/imaging/tests/samples/baseline.jpg");
/// An AVIF of 20 by 12 pixels.
pub const AVIF: &[u8] = include_bytes!("../../crates/imaging/tests/samples/still.avif");

/// One small image of each accepted type, with its size in pixels.
#[must_use]
pub fn one_of_each() -> [(&'static str, Vec<u8>, (u32, u32)); 5] {
    [
        ("image/jpeg", JPEG.to_vec(), (20, 12)),
        ("image/png", png(7, 5), (7, 5)),
        ("image/gif", gif(6, 4), (6, 4)),
        ("image/webp", webp(9, 8), (9, 8)),
        ("image/avif", AVIF.to_vec(), (20, 12)),
    ]
}

/// A PNG of that size in pixels.
#[must_use]
pub fn png(width: u32, height: u32) -> Vec<u8> {
    png_of(width, height, &gradient(width, height, 3), true)
}

/// A PNG of noise, stored as it is: three bytes a pixel and a little more.
#[must_use]
pub fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let pixels: Vec<u8> = (0..width * height * 3)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[4]
        })
        .collect();
    png_of(width, height, &pixels, false)
}

/// A GIF of that size in pixels.
#[must_use]
pub fn gif(width: u16, height: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let palette = [0, 0, 0, 255, 255, 255, 200, 20, 20, 20, 20, 200];
    let mut encoder = gif::Encoder::new(&mut file, width, height, &palette).unwrap();
    let indices: Vec<u8> = (0..usize::from(width) * usize::from(height))
        .map(|index| u8::try_from(index % 4).unwrap())
        .collect();
    let frame = gif::Frame::from_indexed_pixels(width, height, indices, None);
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    file
}

/// A lossless WebP of that size in pixels.
#[must_use]
pub fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let pixels = gradient(width, height, 3);
    image_webp::WebPEncoder::new(&mut file)
        .encode(&pixels, width, height, image_webp::ColorType::Rgb8)
        .unwrap();
    file
}

/// The JPEG with a note of where it was taken: 48.5 degrees north, 2.25 degrees west.
#[must_use]
pub fn jpeg_with_location() -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    // The first directory: one entry, which points at the GPS directory behind it.
    tiff.extend_from_slice(&entries(&[(0x8825, 4, 1, 26)]));
    let values_at = 26 + 2 + 4 * 12 + 4;
    tiff.extend_from_slice(&entries(&[
        (1, 2, 2, u32::from(b'N') << 24),
        (2, 5, 3, values_at),
        (3, 2, 2, u32::from(b'W') << 24),
        (4, 5, 3, values_at + 24),
    ]));
    for part in [48_u32, 1, 30, 1, 0, 1, 2, 1, 15, 1, 0, 1] {
        tiff.extend_from_slice(&part.to_be_bytes());
    }
    let mut payload = b"Exif\0\0".to_vec();
    payload.extend_from_slice(&tiff);
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    let mut file = JPEG[..2].to_vec();
    file.extend_from_slice(&[0xFF, 0xE1, length[0], length[1]]);
    file.extend_from_slice(&payload);
    file.extend_from_slice(&JPEG[2..]);
    file
}

/// A TIFF directory: tag, type, count and value of each entry.
fn entries(list: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let mut directory = u16::try_from(list.len()).unwrap().to_be_bytes().to_vec();
    for (tag, kind, count, value) in list {
        directory.extend_from_slice(&tag.to_be_bytes());
        directory.extend_from_slice(&kind.to_be_bytes());
        directory.extend_from_slice(&count.to_be_bytes());
        directory.extend_from_slice(&value.to_be_bytes());
    }
    directory.extend_from_slice(&[0; 4]);
    directory
}

/// Files of types that are never taken, with their type.
#[must_use]
pub fn unaccepted() -> [(&'static str, Vec<u8>); 3] {
    let mut heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
    heic.extend_from_slice(&[0; 64]);
    let mut bmp =
        b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
    bmp.extend_from_slice(&[0; 28]);
    let svg =
        br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>"#;
    [
        ("image/svg+xml", svg.to_vec()),
        ("image/heic", heic),
        ("image/bmp", bmp),
    ]
}

/// Bytes as base64.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The SHA-256 digest of bytes, in hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn gradient(width: u32, height: u32, channels: usize) -> Vec<u8> {
    let pixels = usize::try_from(width * height).unwrap();
    let values = (0..pixels * channels).map(|index| u8::try_from(index * 7 % 251).unwrap());
    values.collect()
}

fn png_of(width: u32, height: u32, pixels: &[u8], compressed: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    if !compressed {
        encoder.set_compression(png::Compression::NoCompression);
        encoder.set_filter(png::Filter::NoFilter);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    file
}

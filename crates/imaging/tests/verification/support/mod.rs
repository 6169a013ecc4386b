//! Small valid images: some made here, and in `tests/samples` some of the same kind that were made once
//! with the encoders of Pillow 13, for which there are none in Rust without a native library.

pub(crate) mod avif;
pub(crate) mod tiff;
pub(crate) mod webp;

use std::borrow::Cow;

use imaging::ImageFormat;

/// A valid image.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// What it is, for messages.
    pub(crate) name: &'static str,
    /// Its format.
    pub(crate) format: ImageFormat,
    /// Width and height in pixels.
    pub(crate) size: (u32, u32),
    /// Number of frames.
    pub(crate) frames: u32,
    /// The file.
    pub(crate) bytes: Cow<'static, [u8]>,
}

/// One image of each kind that is decoded in a way of its own.
pub(crate) fn samples() -> Vec<Sample> {
    use ImageFormat::{Avif, Gif, Jpeg, Png, Webp};
    macro_rules! kept {
        ($name:literal, $format:expr, $size:expr, $frames:expr) => {
            Sample {
                name: $name,
                format: $format,
                size: $size,
                frames: $frames,
                bytes: Cow::Borrowed(include_bytes!(concat!("../../samples/", $name))),
            }
        };
    }
    let made = |name, format, frames, bytes| Sample {
        name,
        format,
        size: (20, 12),
        frames,
        bytes: Cow::Owned(bytes),
    };
    vec![
        kept!("baseline.jpg", Jpeg, (20, 12), 1),
        kept!("progressive.jpg", Jpeg, (20, 12), 1),
        kept!("restarted.jpg", Jpeg, (40, 12), 1),
        made("PNG", Png, 1, png(&[])),
        made("animated PNG", Png, 3, animated_png()),
        made("animated GIF", Gif, 3, gif()),
        made("lossless WebP", Webp, 1, lossless_webp()),
        kept!("lossy.webp", Webp, (20, 12), 1),
        kept!("animated.webp", Webp, (20, 12), 3),
        kept!("still.avif", Avif, (20, 12), 1),
        kept!("alpha.avif", Avif, (20, 12), 1),
        kept!("animated.avif", Avif, (20, 12), 3),
        // Noise: the decoder takes paths on it that it takes on no smooth picture.
        kept!("textured.avif", Avif, (128, 128), 1),
    ]
}

/// The sample of a name.
pub(crate) fn sample(name: &str) -> Sample {
    let found = samples().into_iter().find(|sample| sample.name == name);
    found.unwrap_or_else(|| panic!("no sample {name}"))
}

/// The pixels of the samples made here: 20 by 12, four bytes each.
pub(crate) fn pixels() -> Vec<u8> {
    (0..12u8)
        .flat_map(|y| (0..20u8).map(move |x| (x, y)))
        .flat_map(|(x, y)| [x * 12, y * 20, (x ^ y) * 8, 255 - x * 3])
        .collect()
}

/// A PNG of 20 by 12 pixels with transparency, with further chunks before its image data.
pub(crate) fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    png_of(20, 12, &pixels(), chunks)
}

/// A PNG of these pixels, four bytes each.
pub(crate) fn png_of(
    width: u32,
    height: u32,
    pixels: &[u8],
    chunks: &[(&[u8; 4], &[u8])],
) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    for (name, payload) in chunks {
        writer
            .write_chunk(png::chunk::ChunkType(**name), payload)
            .unwrap();
    }
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    file
}

/// An indexed PNG with a palette of one colour and a byte.
pub(crate) fn png_with_odd_palette() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 1, 1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(&[1, 2, 3, 4][..]);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0]).unwrap();
    writer.finish().unwrap();
    file
}

fn animated_png() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 20, 12);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_animated(3, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for _ in 0..3 {
        writer.write_image_data(&pixels()).unwrap();
    }
    writer.finish().unwrap();
    file
}

fn gif() -> Vec<u8> {
    let mut file = Vec::new();
    let palette: Vec<u8> = (0..=255)
        .flat_map(|index: u8| [index, 255 - index, 7])
        .collect();
    let mut encoder = gif::Encoder::new(&mut file, 20, 12, &palette).unwrap();
    for first in 0..3u8 {
        let indices: Vec<u8> = (0..240)
            .map(|index: u8| index.wrapping_mul(first + 1))
            .collect();
        let frame = gif::Frame::from_indexed_pixels(20, 12, indices, Some(0));
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    file
}

fn lossless_webp() -> Vec<u8> {
    webp_with_exif(&[])
}

/// A lossless WebP with EXIF metadata, if it is not empty.
pub(crate) fn webp_with_exif(tiff: &[u8]) -> Vec<u8> {
    webp_of((20, 12), &pixels(), tiff)
}

/// A lossless WebP of these pixels, four bytes each, with EXIF metadata, if it is not empty.
pub(crate) fn webp_of((width, height): (u32, u32), pixels: &[u8], tiff: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut file);
    encoder.set_exif_metadata(tiff.to_vec());
    encoder
        .encode(pixels, width, height, image_webp::ColorType::Rgba8)
        .unwrap();
    file
}

/// A GIF of one frame of these indices into a palette of three bytes each.
pub(crate) fn gif_of((width, height): (u16, u16), palette: &[u8], indices: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = gif::Encoder::new(&mut file, width, height, palette).unwrap();
    let frame = gif::Frame::from_indexed_pixels(width, height, indices, None);
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    file
}

/// EXIF metadata that says nothing but an orientation.
pub(crate) fn exif_with_orientation(value: u8) -> Vec<u8> {
    tiff::tiff(
        false,
        &[(0x0112, tiff::Value::Short(value.into()))],
        &[],
        &[],
    )
}

/// A JPEG with a segment behind its start of image.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    let mut file = jpeg[..2].to_vec();
    file.extend_from_slice(&[0xFF, marker, length[0], length[1]]);
    file.extend_from_slice(payload);
    file.extend_from_slice(&jpeg[2..]);
    file
}

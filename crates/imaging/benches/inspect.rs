//! How long the verification of an image takes: medians over images made here.
//!
//! `cargo bench -p imaging --features codecs`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and fails by panicking"
)]

mod jpeg;

use std::time::{Duration, Instant};

use imaging::{Limits, inspect};
use jpeg::noise;

/// Runs of each image; the median of them is shown.
const RUNS: usize = 15;

fn main() {
    println!(
        "{:<28} {:>9} {:>9} {:>9} {:>9}",
        "image", "MiB", "ms", "MP/s", "MiB/s"
    );
    report("JPEG, 12 MP, 4:2:0", &jpeg::photograph(4000, 3000, 12));
    report(
        "JPEG, 12 MP, 4:2:0, fine",
        &jpeg::photograph(4000, 3000, 30),
    );
    report("JPEG, 2 MP, 4:2:0", &jpeg::photograph(1600, 1200, 12));
    report("PNG, 4 MP, RGB", &png(2400, 1600));
    report("GIF, 30 frames of 0.1 MP", &gif(400, 300, 30));
    report("WebP, lossless, 1 MP", &lossless_webp(1200, 800));
}

fn report(name: &str, bytes: &[u8]) {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            inspect(bytes, &Limits::default()).unwrap();
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    let seconds = times[RUNS / 2].as_secs_f64();
    let inspection = inspect(bytes, &Limits::default()).unwrap();
    let pixels = f64::from(inspection.width_px)
        * f64::from(inspection.height_px)
        * f64::from(inspection.frames);
    let mebibytes = f64::from(u32::try_from(bytes.len()).unwrap()) / f64::from(1 << 20);
    println!(
        "{name:<28} {mebibytes:>9.2} {:>9.2} {:>9.0} {:>9.0}",
        seconds * 1e3,
        pixels / seconds / 1e6,
        mebibytes / seconds
    );
}

/// Gradients with a little noise, three bytes a pixel.
fn gradients(width: u32, height: u32) -> Vec<u8> {
    let mut noise = noise();
    (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| [x / 8, y / 8, (x + y) / 16])
        .map(|value| value.to_le_bytes()[0].wrapping_add(noise() % 4))
        .collect()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&gradients(width, height)).unwrap();
    writer.finish().unwrap();
    file
}

fn gif(width: u16, height: u16, frames: u8) -> Vec<u8> {
    let mut noise = noise();
    let palette: Vec<u8> = (0..=u8::MAX).flat_map(|gray| [gray; 3]).collect();
    let mut file = Vec::new();
    let mut encoder = gif::Encoder::new(&mut file, width, height, &palette).unwrap();
    for frame in 0..frames {
        let indices: Vec<u8> = (0..height)
            .flat_map(|y| (0..width).map(move |x| x / 8 + y / 4))
            .map(|index| index.to_le_bytes()[0].wrapping_add(frame + noise() % 3))
            .collect();
        let frame = gif::Frame::from_indexed_pixels(width, height, indices, None);
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    file
}

fn lossless_webp(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    image_webp::WebPEncoder::new(&mut file)
        .encode(
            &gradients(width, height),
            width,
            height,
            image_webp::ColorType::Rgb8,
        )
        .unwrap();
    file
}

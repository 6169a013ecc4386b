//! Pixels of decoded pictures, for the thumbnail.

use re_rav1d::dav1d::pixel::{MatrixCoefficients, YUVRange};
use re_rav1d::dav1d::{Picture, PixelLayout, PlanarImageComponent, Plane};

use crate::thumbnail::ThumbnailBuilder;

/// Pixels looked at for each pixel of the thumbnail, in each direction.
const SAMPLES_PER_CELL: u32 = 4;

/// Adds a picture to the thumbnail of the image that it is a part of, at its place in it.
pub(super) fn add_to(builder: &mut ThumbnailBuilder, picture: &Picture, (left, top): (u32, u32)) {
    let step = builder.sampling_step(SAMPLES_PER_CELL);
    let converter = Converter::new(picture);
    for y in (0..picture.height()).step_by(step as usize) {
        let pixels = (0..picture.width())
            .step_by(step as usize)
            .map(|x| converter.rgba(x, y));
        builder.add_row(top + y, left, step, pixels);
    }
}

/// Luminance and colour differences to red, green and blue (ITU-T H.273 8.3).
struct Converter {
    luma: Samples,
    /// Colour differences, and how many pixels of the picture share one: across and down.
    chroma: Option<(Samples, Samples, u32, u32)>,
    matrix: MatrixCoefficients,
}

impl Converter {
    fn new(picture: &Picture) -> Self {
        let samples = |component| Samples::new(picture, component);
        let shared = match picture.pixel_layout() {
            PixelLayout::I400 => None,
            PixelLayout::I420 => Some((2, 2)),
            PixelLayout::I422 => Some((2, 1)),
            PixelLayout::I444 => Some((1, 1)),
        };
        Self {
            luma: samples(PlanarImageComponent::Y),
            chroma: shared.map(|(across, down)| {
                let u = samples(PlanarImageComponent::U);
                let v = samples(PlanarImageComponent::V);
                (u, v, across, down)
            }),
            matrix: picture.matrix_coefficients(),
        }
    }

    fn rgba(&self, x: u32, y: u32) -> [u8; 4] {
        let luma = self.luma.at(x, y);
        let [red, green, blue] = match &self.chroma {
            None => [self.luma.unit(luma); 3],
            Some((u, v, across, down)) => {
                let (x, y) = (x / across, y / down);
                self.rgb(luma, u, u.at(x, y), v.at(x, y))
            }
        }
        .map(to_byte);
        [red, green, blue, u8::MAX]
    }

    fn rgb(&self, luma: f32, planes: &Samples, u: f32, v: f32) -> [f32; 3] {
        let y = self.luma.unit(luma);
        let (cb, cr) = (planes.difference(u), planes.difference(v));
        let (kr, kb) = match self.matrix {
            MatrixCoefficients::Identity => {
                return [self.luma.unit(v), y, self.luma.unit(u)];
            }
            MatrixCoefficients::YCgCo => return [y - cb + cr, y + cb, y - cb - cr],
            MatrixCoefficients::BT709 => (0.2126, 0.0722),
            MatrixCoefficients::BT2020NonConstantLuminance
            | MatrixCoefficients::BT2020ConstantLuminance => (0.2627, 0.0593),
            _ => (0.299, 0.114),
        };
        let red = y + 2.0 * (1.0 - kr) * cr;
        let blue = y + 2.0 * (1.0 - kb) * cb;
        let green = (y - kr * red - kb * blue) / (1.0 - kr - kb);
        [red, green, blue]
    }
}

/// A value from 0 to 1 in 8 bits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what fits"
)]
fn to_byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// The samples of a plane.
struct Samples {
    data: Plane,
    stride_bytes: usize,
    bits: usize,
    is_full_range: bool,
}

impl Samples {
    fn new(picture: &Picture, component: PlanarImageComponent) -> Self {
        Self {
            stride_bytes: picture.stride(component) as usize,
            data: picture.plane(component),
            bits: picture.bit_depth(),
            is_full_range: picture.color_range() == YUVRange::Full,
        }
    }

    /// A sample on the scale of 8 bits: 0 to just under 256.
    fn at(&self, x: u32, y: u32) -> f32 {
        let row = y as usize * self.stride_bytes;
        let sample = if self.bits == 8 {
            self.data.get(row + x as usize).copied().map(u16::from)
        } else {
            let start = row + 2 * x as usize;
            let bytes = self.data.get(start..start + 2);
            bytes.map(|bytes| u16::from_ne_bytes([bytes[0], bytes[1]]))
        };
        let scale = 1u16 << (self.bits - 8);
        f32::from(sample.unwrap_or(0)) / f32::from(scale)
    }

    /// A sample of luminance or of a colour, from 0 to 1.
    fn unit(&self, sample: f32) -> f32 {
        if self.is_full_range {
            sample / 255.0
        } else {
            (sample - 16.0) / 219.0
        }
    }

    /// A sample of a colour difference, from -0.5 to 0.5.
    fn difference(&self, sample: f32) -> f32 {
        let range = if self.is_full_range { 255.0 } else { 224.0 };
        (sample - 128.0) / range
    }
}

//! The frame header, and the planes of coefficients it calls for (T.81 B.2.2 and A.1).

use super::marker::Coding;
use crate::bytes::ByteReader;
use crate::error::Defect;
use crate::{InspectError, Limits};

/// Most components: CMYK. The standard allows 255 (4 in progressive images), but gives no more than
/// four a meaning.
const MAX_COMPONENTS: u8 = 4;
/// Samples along a side of a block.
pub(super) const BLOCK_SIDE: u32 = 8;

/// The picture being decoded.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) coding: Coding,
    width: u16,
    height: u16,
    pub(super) components: Vec<Component>,
    max_horizontal: u32,
    max_vertical: u32,
    /// MCUs of an interleaved scan: in a row, and rows.
    pub(super) mcus_per_row: u32,
    pub(super) mcu_rows: u32,
}

/// One component of the picture, with what is kept of its coefficients.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Sampling factors: blocks of an MCU across and down (T.81 A.1.1).
    pub(super) horizontal: u32,
    pub(super) vertical: u32,
    pub(super) quantization: u8,
    /// The DC coefficient's quantization step, once a scan has brought the DC coefficients.
    pub(super) dc_step: Option<u16>,
    /// Blocks that hold samples of the picture: in a row, and rows (T.81 A.2.2). Interleaved scans
    /// fill up MCUs with more.
    pub(super) blocks_per_row: u32,
    pub(super) block_rows: u32,
    pub(super) plane: Plane,
}

/// What is kept of the coefficients of a component's blocks, row by row.
#[derive(Debug)]
pub(super) struct Plane {
    /// Blocks in a row, those that fill up the last MCU included.
    pub(super) stride: u32,
    /// DC coefficients, still quantized.
    pub(super) dc: Vec<i16>,
    /// For each block a bit for each coefficient, in zigzag order, set where it is not zero. Refining
    /// scans read a bit for each such coefficient (T.81 G.1.2.3). Progressive images only.
    pub(super) nonzero: Vec<u64>,
}

impl Frame {
    /// Reads width and height in pixels, with which a frame header begins.
    pub(super) fn size(bytes: &mut ByteReader<'_>) -> Result<(u16, u16), InspectError> {
        if bytes.u8()? != 8 {
            return Err(InspectError::UnsupportedCoding {
                coding: "JPEG of more than 8 bits a sample",
            });
        }
        let height = bytes.u16_be()?;
        let width = bytes.u16_be()?;
        // A height of 0 announces a DNL segment after the first scan (T.81 B.2.5): nothing writes it.
        if width == 0 || height == 0 {
            return Err(Defect("a picture without pixels").into());
        }
        Ok((width, height))
    }

    /// Reads a frame header, and makes room for the coefficients once the size is within `limits`.
    pub(super) fn parse(
        coding: Coding,
        payload: &[u8],
        limits: &Limits,
    ) -> Result<Self, InspectError> {
        let mut bytes = ByteReader::new(payload);
        let (width, height) = Self::size(&mut bytes)?;
        limits.check_pixels(width.into(), height.into(), 1)?;

        let count = bytes.u8()?;
        if !(1..=MAX_COMPONENTS).contains(&count) {
            return Err(Defect("a number of components that means no colour").into());
        }
        let headers = (0..count)
            .map(|_| ComponentHeader::read(&mut bytes))
            .collect::<Result<Vec<_>, _>>()?;
        let max_horizontal = headers.iter().map(|c| c.horizontal).max().unwrap_or(1);
        let max_vertical = headers.iter().map(|c| c.vertical).max().unwrap_or(1);
        let mut frame = Self {
            coding,
            width,
            height,
            components: Vec::new(),
            max_horizontal,
            max_vertical,
            mcus_per_row: u32::from(width).div_ceil(BLOCK_SIDE * max_horizontal),
            mcu_rows: u32::from(height).div_ceil(BLOCK_SIDE * max_vertical),
        };
        frame.components = headers
            .into_iter()
            .map(|header| frame.component(&header))
            .collect();
        Ok(frame)
    }

    fn component(&self, header: &ComponentHeader) -> Component {
        let samples = |size: u16, factor: u32, max: u32| (u32::from(size) * factor).div_ceil(max);
        let stride = self.mcus_per_row * header.horizontal;
        let blocks = stride as usize * (self.mcu_rows * header.vertical) as usize;
        let nonzero = match self.coding {
            Coding::Sequential => Vec::new(),
            Coding::Progressive => vec![0; blocks],
        };
        Component {
            id: header.id,
            horizontal: header.horizontal,
            vertical: header.vertical,
            quantization: header.quantization,
            dc_step: None,
            blocks_per_row: samples(self.width, header.horizontal, self.max_horizontal)
                .div_ceil(BLOCK_SIDE),
            block_rows: samples(self.height, header.vertical, self.max_vertical)
                .div_ceil(BLOCK_SIDE),
            plane: Plane {
                stride,
                dc: vec![0; blocks],
                nonzero,
            },
        }
    }

    pub(super) fn width(&self) -> u32 {
        self.width.into()
    }

    pub(super) fn height(&self) -> u32 {
        self.height.into()
    }

    /// Width and height in pixels of what one block of a component covers.
    pub(super) fn block_size(&self, component: &Component) -> (u32, u32) {
        (
            BLOCK_SIDE * self.max_horizontal / component.horizontal,
            BLOCK_SIDE * self.max_vertical / component.vertical,
        )
    }
}

/// A component as the frame header has it.
#[derive(Debug)]
struct ComponentHeader {
    id: u8,
    horizontal: u32,
    vertical: u32,
    quantization: u8,
}

impl ComponentHeader {
    fn read(bytes: &mut ByteReader<'_>) -> Result<Self, InspectError> {
        let [id, sampling, quantization] = bytes.take_array()?;
        let (horizontal, vertical) = (u32::from(sampling >> 4), u32::from(sampling & 15));
        if !(1..=4).contains(&horizontal) || !(1..=4).contains(&vertical) {
            return Err(Defect("a sampling factor that is not in 1 to 4").into());
        }
        Ok(Self {
            id,
            horizontal,
            vertical,
            quantization,
        })
    }
}

//! The blocks of a GIF file (GIF 89a specification, sections 15 to 27).

use crate::InspectError;
use crate::bytes::ByteReader;
use crate::error::Defect;

/// Red, green and blue of each index.
pub(super) type Palette<'a> = &'a [[u8; 3]];

/// The logical screen that frames are drawn on.
#[derive(Debug)]
pub(super) struct Screen<'a> {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) palette: Option<Palette<'a>>,
}

/// A frame, still compressed.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) left: u16,
    pub(super) top: u16,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) interlaced: bool,
    pub(super) palette: Option<Palette<'a>>,
    pub(super) min_code_bits: u8,
    pub(super) data: SubBlocks<'a>,
}

/// A block, as far as decoding tells them apart.
#[derive(Debug)]
pub(super) enum Block<'a> {
    Image(Image<'a>),
    /// What holds for the frame after it.
    GraphicControl {
        transparent: Option<u8>,
    },
    Other,
    Trailer,
    /// Bytes that open no block, after a frame: the lengths of its data were wrong, and what follows
    /// is lost. Browsers show what comes before as a whole image.
    Lost,
}

/// Walks over the blocks of a file.
#[derive(Debug, Clone)]
pub(super) struct BlockReader<'a> {
    bytes: ByteReader<'a>,
    has_image: bool,
}

impl<'a> BlockReader<'a> {
    /// Reads the header and the logical screen (sections 17 to 19).
    pub(super) fn new(bytes: &'a [u8]) -> Result<(Screen<'a>, Self), InspectError> {
        let mut bytes = ByteReader::new(bytes);
        let _signature: [u8; 6] = bytes.take_array()?;
        let width = bytes.u16_le()?;
        let height = bytes.u16_le()?;
        let [flags, _background, _aspect_ratio] = bytes.take_array()?;
        let palette = palette(&mut bytes, flags)?;
        if width == 0 || height == 0 {
            return Err(Defect("a screen without pixels").into());
        }
        let screen = Screen {
            width,
            height,
            palette,
        };
        let has_image = false;
        Ok((screen, Self { bytes, has_image }))
    }

    pub(super) fn next(&mut self) -> Result<Block<'a>, InspectError> {
        match self.bytes.u8()? {
            0x2C => {
                self.has_image = true;
                self.image().map(Block::Image)
            }
            0x21 => self.extension(),
            0x3B => Ok(Block::Trailer),
            _ if self.has_image => Ok(Block::Lost),
            _ => Err(Defect("a block of an unknown kind").into()),
        }
    }

    /// Sections 20 to 22.
    fn image(&mut self) -> Result<Image<'a>, InspectError> {
        let left = self.bytes.u16_le()?;
        let top = self.bytes.u16_le()?;
        let width = self.bytes.u16_le()?;
        let height = self.bytes.u16_le()?;
        let flags = self.bytes.u8()?;
        Ok(Image {
            left,
            top,
            width,
            height,
            interlaced: flags & 0x40 != 0,
            palette: palette(&mut self.bytes, flags)?,
            min_code_bits: self.bytes.u8()?,
            data: self.sub_blocks()?,
        })
    }

    /// Sections 23 to 26.
    fn extension(&mut self) -> Result<Block<'a>, InspectError> {
        let label = self.bytes.u8()?;
        let mut data = self.sub_blocks()?;
        Ok(match (label, data.next()) {
            (0xF9, Some([flags, _, _, index, ..])) => Block::GraphicControl {
                transparent: (flags & 1 != 0).then_some(*index),
            },
            _ => Block::Other,
        })
    }

    /// Section 15: blocks of up to 255 bytes, the last of them empty.
    fn sub_blocks(&mut self) -> Result<SubBlocks<'a>, InspectError> {
        let data = self.bytes.rest();
        let start = self.bytes.position();
        loop {
            let length = self.bytes.u8()?;
            if length == 0 {
                let length = self.bytes.position() - start;
                return Ok(SubBlocks(data.get(..length).unwrap_or_default()));
            }
            self.bytes.take(length.into())?;
        }
    }
}

/// The colour table that flags announce (sections 19 and 21).
fn palette<'a>(bytes: &mut ByteReader<'a>, flags: u8) -> Result<Option<Palette<'a>>, InspectError> {
    if flags & 0x80 == 0 {
        return Ok(None);
    }
    let colors = 2usize << (flags & 7);
    let (palette, _) = bytes.take(3 * colors)?.as_chunks();
    Ok(Some(palette))
}

/// Data cut into sub-blocks; the pieces in order.
#[derive(Debug, Clone)]
pub(super) struct SubBlocks<'a>(&'a [u8]);

impl<'a> Iterator for SubBlocks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first()?;
        let (piece, rest) = rest.split_at_checked(usize::from(*length))?;
        self.0 = rest;
        (!piece.is_empty()).then_some(piece)
    }
}

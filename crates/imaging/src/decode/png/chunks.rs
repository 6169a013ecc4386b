//! The chunks of a PNG file, walked over before anything is decoded (PNG third edition, 5.3).

use crate::InspectError;
use crate::bytes::ByteReader;
use crate::error::Defect;

/// Bytes of the signature, which the caller has seen.
const SIGNATURE_BYTES: usize = 8;
/// Bytes of an IHDR chunk.
const HEADER_BYTES: usize = 13;

/// What the chunks tell without decoding.
#[derive(Debug)]
pub(super) struct Chunks<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Pictures of the file: frames of the animation, and the one for viewers that know no animation
    /// where it is not among them.
    pub(super) frames: u32,
    pub(super) exif: Option<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    /// Walks to the end of the image. Checksums are left to the decoder.
    pub(super) fn walk(bytes: &'a [u8]) -> Result<Self, InspectError> {
        let mut reader = ByteReader::new(bytes);
        reader.take(SIGNATURE_BYTES)?;
        let (name, header) = chunk(&mut reader)?;
        if name != *b"IHDR" || header.len() != HEADER_BYTES {
            return Err(Defect("the first chunk is no header").into());
        }
        let mut header = ByteReader::new(header);
        let mut chunks = Self {
            width: header.u32_be()?,
            height: header.u32_be()?,
            frames: 1,
            exif: None,
        };
        if chunks.width == 0 || chunks.height == 0 {
            return Err(Defect("a picture without pixels").into());
        }

        let mut has_image_data = false;
        let mut animation_frames = 0;
        let mut still_frames = 1;
        loop {
            let (name, payload) = chunk(&mut reader)?;
            match &name {
                b"IDAT" => has_image_data = true,
                // Animation chunks count for the picture of IDAT only if they precede it (4.9).
                b"acTL" if !has_image_data => {
                    animation_frames = ByteReader::new(payload).u32_be()?;
                    if animation_frames == 0 {
                        return Err(Defect("an animation without frames").into());
                    }
                }
                b"fcTL" if !has_image_data => still_frames = 0,
                b"eXIf" => chunks.exif = Some(payload),
                b"IEND" if has_image_data => {
                    chunks.frames = match animation_frames {
                        0 => 1,
                        frames => frames.saturating_add(still_frames),
                    };
                    return Ok(chunks);
                }
                b"IEND" => return Err(Defect("no image data").into()),
                _ => {}
            }
        }
    }
}

fn chunk<'a>(reader: &mut ByteReader<'a>) -> Result<([u8; 4], &'a [u8]), InspectError> {
    let length = reader.u32_be()? as usize;
    let name = reader.take_array()?;
    let payload = reader.take(length)?;
    let _checksum: [u8; 4] = reader.take_array()?;
    Ok((name, payload))
}

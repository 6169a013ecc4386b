//! The RIFF container of a WebP file (RFC 9649 section 2), walked over before anything is decoded.

use crate::InspectError;
use crate::bytes::ByteReader;
use crate::error::Defect;

use super::lossless::Stream;

/// Flag of an extended header: the file is animated.
const ANIMATION_FLAG: u8 = 0b0000_0010;

/// How the pictures of a file are coded, as far as it decides on memory.
/// In the order of the memory they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Coding {
    Lossy,
    Lossless,
    LossyWithAlpha,
    Animated,
}

impl Coding {
    /// Bytes that decoding holds at once for each pixel: planes, the picture, and what it is made
    /// from.
    pub(super) const fn bytes_per_pixel(self) -> u64 {
        match self {
            // Planes of 1.5 bytes, rounded up; a picture of 3.
            Self::Lossy => 5,
            // Planes; a picture of 4; alpha, itself decoded from a picture of 4.
            Self::LossyWithAlpha => 11,
            // A picture of 4, and one of 3 without alpha.
            Self::Lossless => 7,
            // The canvas, a copy of it, and the frame with all of the above.
            Self::Animated => 4 + 4 + 11,
        }
    }
}

/// What the container tells without decoding.
#[derive(Debug)]
pub(super) struct Container<'a> {
    /// The file without anything behind the container.
    pub(super) bytes: &'a [u8],
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) frames: u32,
    pub(super) coding: Coding,
    /// EXIF metadata, from its TIFF header on.
    pub(super) exif: Option<&'a [u8]>,
    /// The chunks that hold pictures, and maybe others.
    chunks: ByteReader<'a>,
}

impl<'a> Container<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, InspectError> {
        let mut reader = ByteReader::new(bytes);
        let _riff: [u8; 4] = reader.take_array()?;
        let size = reader.u32_le()? as usize;
        let mut body = ByteReader::new(reader.take(size)?);
        let file = bytes.get(..reader.position()).unwrap_or(bytes);
        let _webp: [u8; 4] = body.take_array()?;
        let chunks = body.rest();

        let (name, payload) = chunk(&mut body)?;
        let mut container = Self {
            bytes: file,
            width: 0,
            height: 0,
            frames: 1,
            coding: Coding::Lossy,
            exif: None,
            chunks: ByteReader::new(chunks),
        };
        match &name {
            b"VP8 " => (container.width, container.height) = lossy_size(payload)?,
            b"VP8L" => {
                (container.width, container.height) = lossless_size(payload)?;
                container.coding = Coding::Lossless;
            }
            b"VP8X" => container.read_extended(payload, &mut body)?,
            _ => return Err(Defect("no picture in the first chunk").into()),
        }
        if name != *b"VP8X" {
            // Whatever follows a picture on its own is not looked at.
            let behind = body.rest().len();
            container.chunks = ByteReader::new(&chunks[..chunks.len() - behind]);
        }
        if container.width == 0 || container.height == 0 {
            return Err(Defect("a picture without pixels").into());
        }
        Ok(container)
    }

    /// RFC 9649 section 2.7.
    fn read_extended(
        &mut self,
        header: &[u8],
        body: &mut ByteReader<'a>,
    ) -> Result<(), InspectError> {
        let mut header = ByteReader::new(header);
        let [flags, _, _, _] = header.take_array()?;
        self.width = u24(header.take_array()?) + 1;
        self.height = u24(header.take_array()?) + 1;
        let is_animated = flags & ANIMATION_FLAG != 0;
        let mut frames = 0;
        while !body.is_at_end() {
            let (name, payload) = chunk(body)?;
            match &name {
                b"ANMF" => {
                    frames += 1;
                    // The decoder goes on right behind a frame, padding or not.
                    if payload.len() % 2 == 1 && !body.is_at_end() {
                        return Err(Defect("a frame of an odd length").into());
                    }
                }
                // Of several only one is decoded, and which is not for here to say.
                b"ALPH" => self.coding = self.coding.max(Coding::LossyWithAlpha),
                b"VP8L" => self.coding = self.coding.max(Coding::Lossless),
                // Some programs put JPEG's name for it in front.
                b"EXIF" => {
                    self.exif = Some(payload.strip_prefix(b"Exif\0\0").unwrap_or(payload));
                }
                _ => {}
            }
        }
        if is_animated {
            if frames == 0 {
                return Err(Defect("an animation without frames").into());
            }
            self.frames = frames;
            self.coding = Coding::Animated;
        } else if frames > 0 {
            return Err(Defect("frames of a picture that is not animated").into());
        }
        Ok(())
    }

    /// Everything in the file that is coded without loss.
    pub(super) fn lossless_streams(
        &self,
    ) -> impl Iterator<Item = Result<Stream<'a>, InspectError>> + use<'a> {
        let mut chunks = self.chunks.clone();
        let canvas = (self.width, self.height);
        std::iter::from_fn(move || {
            while !chunks.is_at_end() {
                let stream = chunk(&mut chunks).and_then(|(name, payload)| match &name {
                    b"ANMF" => frame_stream(payload, canvas),
                    _ => Ok(stream(name, payload, canvas)),
                });
                match stream {
                    Ok(None) => {}
                    Ok(Some(stream)) => return Some(Ok(stream)),
                    Err(error) => return Some(Err(error)),
                }
            }
            None
        })
    }
}

/// What of a frame is coded without loss (RFC 9649 section 2.7.1.2): it comes first.
fn frame_stream(payload: &[u8], canvas: (u32, u32)) -> Result<Option<Stream<'_>>, InspectError> {
    let mut frame = ByteReader::new(payload);
    let [left, top] = [u24(frame.take_array()?) * 2, u24(frame.take_array()?) * 2];
    let [width, height] = [u24(frame.take_array()?) + 1, u24(frame.take_array()?) + 1];
    if left + width > canvas.0 || top + height > canvas.1 {
        return Err(Defect("a frame outside its canvas").into());
    }
    let _duration_and_flags: [u8; 4] = frame.take_array()?;
    let (name, payload) = chunk(&mut frame)?;
    Ok(stream(name, payload, (width, height)))
}

/// What a chunk of a picture of this size holds that is coded without loss: all of it, or its transparency.
fn stream(name: [u8; 4], payload: &[u8], (width, height): (u32, u32)) -> Option<Stream<'_>> {
    /// The bits of a transparency's first byte that say how it is coded.
    const COMPRESSION_BITS: u8 = 3;
    let (data, has_header) = match (&name, payload) {
        (b"VP8L", data) => (data, true),
        (b"ALPH", [first, data @ ..]) if first & COMPRESSION_BITS == 1 => (data, false),
        _ => return None,
    };
    Some(Stream {
        data,
        has_header,
        width,
        height,
    })
}

/// A chunk, passing over the byte that pads it to an even length (RFC 9649 section 2.3).
fn chunk<'a>(reader: &mut ByteReader<'a>) -> Result<([u8; 4], &'a [u8]), InspectError> {
    let name = reader.take_array()?;
    let length = reader.u32_le()? as usize;
    let payload = reader.take(length)?;
    // The padding of the last chunk is often missing.
    if length % 2 == 1 && !reader.is_at_end() {
        reader.take(1)?;
    }
    Ok((name, payload))
}

/// The size in a VP8 key frame header (RFC 6386 section 9.1).
fn lossy_size(payload: &[u8]) -> Result<(u32, u32), InspectError> {
    const SIZE_BITS: u16 = 0x3FFF;
    let mut reader = ByteReader::new(payload);
    let _frame_tag: [u8; 3] = reader.take_array()?;
    if reader.take_array()? != [0x9D, 0x01, 0x2A] {
        return Err(Defect("no key frame").into());
    }
    let width = reader.u16_le()? & SIZE_BITS;
    let height = reader.u16_le()? & SIZE_BITS;
    Ok((width.into(), height.into()))
}

/// The size in a lossless header (RFC 9649 section 3.4).
fn lossless_size(payload: &[u8]) -> Result<(u32, u32), InspectError> {
    const SIZE_BITS: u32 = 0x3FFF;
    let mut reader = ByteReader::new(payload);
    if reader.u8()? != 0x2F {
        return Err(Defect("no lossless signature").into());
    }
    let sizes = reader.u32_le()?;
    Ok(((sizes & SIZE_BITS) + 1, (sizes >> 14 & SIZE_BITS) + 1))
}

fn u24([low, middle, high]: [u8; 3]) -> u32 {
    u32::from_le_bytes([low, middle, high, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_codings_the_one_that_takes_most_memory_counts() {
        let chunk = |name: &[u8; 4], payload: &[u8]| {
            let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
            [&name[..], &length, payload].concat()
        };
        let header = chunk(b"VP8X", &[0, 0, 0, 0, 9, 0, 0, 9, 0, 0]);
        let (alpha, lossless) = (chunk(b"ALPH", b""), chunk(b"VP8L", b""));
        for chunks in [[&alpha, &lossless], [&lossless, &alpha]] {
            let body = [b"WEBP", header.as_slice(), chunks[0], chunks[1]].concat();
            let file = chunk(b"RIFF", &body);
            let container = Container::parse(&file).unwrap();
            assert_eq!(container.coding, Coding::LossyWithAlpha);
        }
    }
}

//! JPEG (ITU-T T.81), verified to the last Huffman code.
//!
//! Decoders meant for viewing fill what is missing with grey and call it success. This one decodes
//! every entropy-coded bit of every scan and refuses an image that lacks some, but goes no further
//! than the coefficients: no inverse transform, no full-size picture. The DC coefficients, each the
//! mean of its 8 by 8 block, make a picture of an eighth of the size for the thumbnail.

mod ac;
mod bits;
mod color;
mod dc;
mod frame;
mod huffman;
mod marker;
mod picture;
mod scan;
mod tables;

use color::ColorHints;
use frame::Frame;
use marker::{Marker, MarkerReader, Segment};
use tables::Tables;

use super::{Decoded, pixels};
use crate::bytes::ByteReader;
use crate::error::Defect;
use crate::{InspectError, Limits};

/// Most scans of one image. A progressive image usually has ten, and with the finest useful scripts
/// some dozens; thousands of tiny scans over a large frame are an attack on processing time.
const MAX_SCANS: u32 = 200;

/// See [`super::declared_pixels`].
pub(super) fn declared_pixels(bytes: &[u8]) -> Result<u64, InspectError> {
    let mut reader = MarkerReader::new(bytes);
    reader.start_of_image()?;
    loop {
        match reader.next()? {
            Segment::StartOfFrame(_, payload) => {
                let (width, height) = Frame::size(&mut ByteReader::new(payload))?;
                return Ok(pixels(width.into(), height.into(), 1));
            }
            Segment::StartOfScan(_) | Segment::EndOfImage => {
                return Err(Defect("no frame header").into());
            }
            Segment::Table(..) | Segment::Application(..) | Segment::Other => {}
        }
    }
}

/// Decodes a JPEG image in full.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, InspectError> {
    let mut reader = MarkerReader::new(bytes);
    reader.start_of_image()?;

    let mut tables = Tables::default();
    let mut frame: Option<Frame> = None;
    let mut scans = 0;
    let mut exif = None;
    let mut color_hints = ColorHints::default();

    loop {
        match reader.next()? {
            Segment::StartOfFrame(coding, payload) => {
                if frame.is_some() {
                    return Err(Defect("a second frame header").into());
                }
                frame = Some(Frame::parse(coding, payload, limits)?);
            }
            Segment::StartOfScan(payload) => {
                let frame = frame
                    .as_mut()
                    .ok_or(Defect("a scan before the frame header"))?;
                scans += 1;
                if scans > MAX_SCANS {
                    return Err(Defect("too many scans").into());
                }
                let scan_length = scan::decode(frame, &tables, payload, reader.rest())?;
                reader.skip(scan_length);
            }
            Segment::Table(marker, payload) => tables.read(marker, payload)?,
            Segment::Application(marker, payload) => {
                color_hints.read(marker, payload);
                if marker == Marker::APP1 && exif.is_none() {
                    exif = payload.strip_prefix(b"Exif\0\0").map(<[u8]>::to_vec);
                }
            }
            Segment::Other => {}
            Segment::EndOfImage => break,
        }
    }

    let frame = frame.ok_or(Defect("no frame header"))?;
    Ok(Decoded {
        width: frame.width(),
        height: frame.height(),
        frames: 1,
        container_orientation: None,
        exif,
        thumbnail: picture::thumbnail(&frame, color_hints)?,
    })
}

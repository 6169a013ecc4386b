//! The image sequence of a file: tracks of coded pictures (ISO/IEC 14496-12 8.4 to 8.7, `moov`).

use crate::bytes::ByteReader;
use crate::decode;
use crate::error::Defect;
use crate::{InspectError, Limits};

use super::av1::Av1Decoder;
use super::boxes::{Boxes, full_box};

/// Pictures that a decoder holds at most: eight for reference, and the current one.
const MAX_PICTURES_HELD: u32 = 9;
/// Bytes of a pixel at most: three planes of 16 bits.
const BYTES_PER_PIXEL: u64 = 6;

/// Most tracks of coded pictures: colours and transparency make two.
const MAX_TRACKS: usize = 4;

/// A track of coded pictures.
#[derive(Debug)]
pub(super) struct Track<'a> {
    /// Whether it is displayed, rather than an auxiliary of such a one.
    is_main: bool,
    width: u32,
    height: u32,
    samples: u32,
    /// The size of all samples; 0 if each has its own.
    common_size: u32,
    sizes: ByteReader<'a>,
    chunks: Vec<Chunk>,
}

/// Samples that lie one after the other.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    offset: u64,
    samples: u32,
}

/// The AV1 tracks of a `moov` box, each checked against `limits`, of pictures of the size of the still image.
pub(super) fn tracks<'a>(
    movie: &'a [u8],
    size: (u32, u32),
    limits: &Limits,
) -> Result<Vec<Track<'a>>, InspectError> {
    let mut tracks: Vec<Track<'_>> = Vec::new();
    for found in Boxes::new(movie) {
        let found = found?;
        if found.kind != *b"trak" {
            continue;
        }
        let Some(track) = Track::parse(found.payload, limits)? else {
            continue;
        };
        if tracks.len() == MAX_TRACKS {
            return Err(Defect("too many tracks").into());
        }
        if (track.width, track.height) != size {
            return Err(Defect("a track of another size than the still image").into());
        }
        tracks.push(track);
    }
    Ok(tracks)
}

/// The number of frames of a sequence: those of its main track.
pub(super) fn frames(tracks: &[Track<'_>]) -> u32 {
    tracks
        .iter()
        .find(|track| track.is_main)
        .map_or(1, |track| track.samples.max(1))
}

impl<'a> Track<'a> {
    /// Reads a `trak` box and checks it against `limits`; none if it is a track of something else.
    fn parse(payload: &'a [u8], limits: &Limits) -> Result<Option<Self>, InspectError> {
        let media = Boxes::new(Boxes::new(payload).require(*b"mdia")?);
        let (_, _, mut handler) = full_box(media.clone().require(*b"hdlr")?)?;
        let _predefined = handler.u32_be()?;
        let is_main = match &handler.take_array()? {
            b"pict" => true,
            b"auxv" => false,
            _ => return Ok(None),
        };
        let information = Boxes::new(media.require(*b"minf")?);
        let sample_table = Boxes::new(information.require(*b"stbl")?);
        let Some((width, height)) = sample_entry_size(sample_table.clone().require(*b"stsd")?)?
        else {
            return Ok(None);
        };
        let (_, _, mut sizes) = full_box(sample_table.clone().require(*b"stsz")?)?;
        let common_size = sizes.u32_be()?;
        let samples = sizes.u32_be()?;
        if width == 0 || height == 0 || samples == 0 {
            return Err(Defect("a track without pictures").into());
        }
        limits.check_pixels(width, height, samples)?;
        let pictures_held = samples.saturating_add(1).min(MAX_PICTURES_HELD);
        let bytes = decode::pixels(width, height, pictures_held).saturating_mul(BYTES_PER_PIXEL);
        limits.check_decoded_bytes(width, height, bytes)?;
        Ok(Some(Self {
            is_main,
            width,
            height,
            samples,
            common_size,
            sizes,
            chunks: chunks(&sample_table, samples)?,
        }))
    }

    /// How many pictures it has.
    pub(super) const fn samples(&self) -> u32 {
        self.samples
    }

    /// The pixels of all pictures.
    pub(super) fn decoded_pixels(&self) -> u64 {
        decode::pixels(self.width, self.height, self.samples)
    }

    /// Decodes all its pictures, from no more than so many bytes.
    pub(super) fn decode(&self, file: &[u8], bytes_left: &mut usize) -> Result<(), InspectError> {
        // Some frames are never shown, but are what others are made from; each is shown, or replaced, once.
        let max_frames = self
            .samples
            .saturating_mul(2)
            .saturating_add(MAX_PICTURES_HELD);
        let mut decoder = Av1Decoder::new(self.width, self.height, max_frames)?;
        let mut sizes = self.sizes.clone();
        let mut pictures = 0u32;
        for chunk in &self.chunks {
            let offset = usize::try_from(chunk.offset).map_err(|_| InspectError::Truncated)?;
            let mut data = ByteReader::new(file.get(offset..).ok_or(InspectError::Truncated)?);
            for _ in 0..chunk.samples {
                let size = match self.common_size {
                    0 => sizes.u32_be()?,
                    size => size,
                };
                let sample = data.take(size as usize)?;
                *bytes_left = bytes_left
                    .checked_sub(sample.len())
                    .ok_or(Defect("tracks larger than their file"))?;
                decoder.decode(sample.to_vec(), |_| pictures += 1)?;
            }
        }
        if pictures < self.samples {
            return Err(Defect("a track with fewer pictures than it declares").into());
        }
        Ok(())
    }
}

/// Width and height of an AV1 sample entry (ISO/IEC 14496-12 12.1.3); none for other codings.
fn sample_entry_size(payload: &[u8]) -> Result<Option<(u32, u32)>, InspectError> {
    /// What precedes the size in a visual sample entry.
    const FIELDS_BEFORE_SIZE_BYTES: usize = 24;
    let (_, _, mut reader) = full_box(payload)?;
    let _count = reader.u32_be()?;
    let Some(entry) = Boxes::new(reader.rest()).find(*b"av01")? else {
        return Ok(None);
    };
    let mut reader = ByteReader::new(entry);
    reader.take(FIELDS_BEFORE_SIZE_BYTES)?;
    Ok(Some((reader.u16_be()?.into(), reader.u16_be()?.into())))
}

/// The chunks that hold a track's samples (ISO/IEC 14496-12 8.7.4 and 8.7.5).
fn chunks(table: &Boxes<'_>, samples: u32) -> Result<Vec<Chunk>, InspectError> {
    let (mut offsets, is_long) = match table.clone().find(*b"co64")? {
        Some(payload) => (full_box(payload)?.2, true),
        None => (full_box(table.clone().require(*b"stco")?)?.2, false),
    };
    let (_, _, mut runs) = full_box(table.clone().require(*b"stsc")?)?;
    let chunk_count = offsets.u32_be()?;
    let run_count = runs.u32_be()?;

    // Each run says of how many samples chunks are from its first chunk on, counted from 1.
    let mut next_run = |left: &mut u32| -> Result<Option<(u32, u32)>, InspectError> {
        if *left == 0 {
            return Ok(None);
        }
        *left -= 1;
        let (first_chunk, samples) = (runs.u32_be()?, runs.u32_be()?);
        let _description = runs.u32_be()?;
        Ok(Some((first_chunk, samples)))
    };
    let mut runs_left = run_count;
    let mut upcoming = next_run(&mut runs_left)?;
    let mut samples_per_chunk = 0;
    let mut samples_left = samples;
    let mut chunks = Vec::new();
    for number in 1..=chunk_count {
        // Chunks behind the last sample hold none.
        if samples_left == 0 {
            break;
        }
        if let Some((first_chunk, samples)) = upcoming
            && first_chunk <= number
        {
            samples_per_chunk = samples;
            upcoming = next_run(&mut runs_left)?;
        }
        let offset = if is_long {
            offsets.u64_be()?
        } else {
            offsets.u32_be()?.into()
        };
        let samples = samples_per_chunk.min(samples_left);
        samples_left -= samples;
        if samples > 0 {
            chunks.push(Chunk { offset, samples });
        }
    }
    if samples_left > 0 {
        return Err(Defect("a track with samples in no chunk").into());
    }
    Ok(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_count_against_what_is_left_for_all_tracks() {
        let file = include_bytes!("../../../tests/samples/animated.avif");
        let movie = Boxes::new(file).require(*b"moov").unwrap();
        let tracks = tracks(movie, (20, 12), &Limits::default()).unwrap();
        let mut left = file.len();
        tracks[0].decode(file, &mut left).unwrap();
        let mut enough = file.len() - left;
        let mut too_few = enough - 1;
        assert!(enough > 0 && tracks[0].decode(file, &mut enough).is_ok());
        assert_eq!(enough, 0);
        let refusal = tracks[0].decode(file, &mut too_few);
        assert!(matches!(refusal, Err(InspectError::Corrupt { .. })));
    }
}

//! AVIF (AV1 Image File Format 1.1): a still image, with a grid and transparency where it has them,
//! and an image sequence.
//!
//! The container is read here; AV1 itself is decoded by `re_rav1d`.

mod av1;
mod boxes;
mod location;
mod meta;
mod obu;
mod pixels;
mod properties;
mod sequence;
mod still;

use self::boxes::Boxes;
use self::meta::Meta;
use self::sequence::Track;
use self::still::Still;
use super::Decoded;
use crate::{InspectError, Limits};

/// Decodes an AVIF image in full.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, InspectError> {
    let file = File::parse(bytes)?;
    let meta = Meta::parse(bytes, file.meta)?;
    let Pictures {
        still,
        alpha,
        tracks,
    } = Pictures::find(&file, &meta, limits)?;

    let mut thumbnail = still.decode(&meta)?;
    if let Some(alpha) = alpha {
        thumbnail = thumbnail.with_alpha(&alpha.decode(&meta)?);
    }
    // Samples that lie on each other, in one track or several, could add up to any size.
    let mut bytes_left = bytes.len();
    for track in &tracks {
        track.decode(bytes, &mut bytes_left)?;
    }
    Ok(Decoded {
        width: still.width,
        height: still.height,
        frames: sequence::frames(&tracks),
        // Its own transformations count, not EXIF's orientation (ISO/IEC 23000-22 7.3.6.7).
        container_orientation: Some(meta.orientation(meta.primary)),
        exif: meta.exif_of(meta.primary),
        thumbnail,
    })
}

/// See [`super::declared_pixels`].
pub(super) fn declared_pixels(bytes: &[u8]) -> Result<u64, InspectError> {
    let file = File::parse(bytes)?;
    let meta = Meta::parse(bytes, file.meta)?;
    let pictures = Pictures::find(&file, &meta, &Limits::NONE)?;
    Ok(pictures.decoded_pixels())
}

/// All pictures of a file, before they are decoded.
struct Pictures<'a> {
    still: Still,
    /// Its transparency.
    alpha: Option<Still>,
    tracks: Vec<Track<'a>>,
}

impl<'a> Pictures<'a> {
    /// The pictures, each checked against `limits`, and the pixels of all of them together.
    fn find(file: &File<'a>, meta: &Meta<'a>, limits: &Limits) -> Result<Self, InspectError> {
        let still = Still::of_item(meta, meta.primary, None, limits)?;
        let pictures = Self {
            alpha: still.alpha(meta, meta.primary, limits)?,
            tracks: match file.movie {
                Some(movie) => sequence::tracks(movie, (still.width, still.height), limits)?,
                None => Vec::new(),
            },
            still,
        };
        if pictures.decoded_pixels() > limits.max_pixels {
            return Err(InspectError::TooManyPixels {
                width: pictures.still.width,
                height: pictures.still.height,
                frames: pictures.count(),
                limit: limits.max_pixels,
            });
        }
        Ok(pictures)
    }

    fn stills(&self) -> impl Iterator<Item = &Still> {
        [Some(&self.still), self.alpha.as_ref()]
            .into_iter()
            .flatten()
    }

    /// How many pictures there are, with those of transparency.
    fn count(&self) -> u32 {
        let stills = self.stills().map(|_| 1);
        let frames = self.tracks.iter().map(Track::samples);
        stills.chain(frames).fold(0, u32::saturating_add)
    }

    fn decoded_pixels(&self) -> u64 {
        let stills = self.stills().map(Still::decoded_pixels);
        let frames = self.tracks.iter().map(Track::decoded_pixels);
        stills.chain(frames).fold(0, u64::saturating_add)
    }
}

/// The boxes of a file that matter.
struct File<'a> {
    meta: &'a [u8],
    /// The tracks, if the file is first of all an image sequence.
    movie: Option<&'a [u8]>,
}

impl<'a> File<'a> {
    /// Walks over all boxes to the end of the file, so that none of them is cut off.
    fn parse(bytes: &'a [u8]) -> Result<Self, InspectError> {
        let mut meta = None;
        let mut movie = None;
        let mut is_sequence = false;
        for found in Boxes::new(bytes) {
            let found = found?;
            match &found.kind {
                b"ftyp" => is_sequence = found.payload.starts_with(b"avis"),
                b"meta" if meta.is_none() => meta = Some(found.payload),
                b"moov" if movie.is_none() => movie = Some(found.payload),
                _ => {}
            }
        }
        let movie = movie.filter(|_| is_sequence);
        match (meta, movie) {
            (Some(meta), movie) => Ok(Self { meta, movie }),
            (None, Some(_)) => Err(InspectError::UnsupportedCoding {
                coding: "AVIF sequence without a still image",
            }),
            // Every box so far is whole: what is missing is still to come.
            (None, None) => Err(InspectError::Truncated),
        }
    }
}

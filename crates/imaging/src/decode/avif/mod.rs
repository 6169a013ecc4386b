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
    let still = Still::of_item(&meta, meta.primary, None, limits)?;
    let alpha = still.alpha(&meta, meta.primary, limits)?;
    let tracks = match file.movie {
        Some(movie) => sequence::tracks(movie, limits)?,
        None => Vec::new(),
    };
    let frames = sequence::frames(&tracks);
    limits.check_pixels(still.width, still.height, frames)?;

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
        frames,
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
    let still = Still::of_item(&meta, meta.primary, None, &Limits::NONE)?;
    let alpha = still.alpha(&meta, meta.primary, &Limits::NONE)?;
    let tracks = match file.movie {
        Some(movie) => sequence::tracks(movie, &Limits::NONE)?,
        None => Vec::new(),
    };
    let stills = [Some(&still), alpha.as_ref()].into_iter().flatten();
    let stills = stills.map(Still::decoded_pixels);
    let frames = tracks.iter().map(Track::decoded_pixels);
    Ok(stills.chain(frames).fold(0, u64::saturating_add))
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
        Ok(Self {
            // Every box so far is whole: what is missing is still to come.
            meta: meta.ok_or(InspectError::Truncated)?,
            movie: movie.filter(|_| is_sequence),
        })
    }
}

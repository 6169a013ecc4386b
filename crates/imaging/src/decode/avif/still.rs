//! The still image of a file: one coded picture, or a grid of them (ISO/IEC 23008-12 6.6.2.3).

use crate::bytes::ByteReader;
use crate::decode;
use crate::error::Defect;
use crate::thumbnail::{Thumbnail, ThumbnailBuilder};
use crate::{InspectError, Limits};

use super::av1::Av1Decoder;
use super::meta::Meta;
use super::pixels;

/// Bytes that decoding a still picture holds for each pixel at most: three planes of 16 bits, and the
/// decoder's own tables. Whether less would do only its data tells.
const BYTES_PER_PIXEL: u64 = 7;

/// Most layers of a picture, where memory allows so many: files announce up to four.
const MAX_LAYERS: u32 = 8;

/// Most tiles of a grid. Phones write some dozens; each costs the start of a decoder.
const MAX_TILES: usize = 1024;

/// Most data of all tiles together, in bytes, unless the file itself is larger. Encoders store tiles
/// that are equal once, so tiles may have more than the file; but not any amount.
const MAX_TILE_BYTES: usize = 64 * 1024 * 1024;

/// The still image, as coded, and its parts.
#[derive(Debug)]
pub(super) struct Still {
    pub(super) width: u32,
    pub(super) height: u32,
    tile_width: u32,
    tile_height: u32,
    /// Coded frames of a picture at most: the decoder may hold all of them at once.
    max_layers: u32,
    tiles: Vec<Tile>,
}

/// A coded picture and its place in the image.
#[derive(Debug, Clone, Copy)]
struct Tile {
    item: u32,
    left: u32,
    top: u32,
}

impl Still {
    /// The image of an item, checked against `limits`. `default_size` is for items that declare none.
    pub(super) fn of_item(
        meta: &Meta<'_>,
        item: u32,
        default_size: Option<(u32, u32)>,
        limits: &Limits,
    ) -> Result<Self, InspectError> {
        check_properties(meta, item)?;
        let still = match &meta.kind(item)? {
            b"av01" => {
                let (width, height) = meta
                    .size(item)
                    .or(default_size)
                    .ok_or(Defect("a picture that declares no size"))?;
                Self {
                    width,
                    height,
                    tile_width: width,
                    tile_height: height,
                    max_layers: 1,
                    tiles: vec![Tile {
                        item,
                        left: 0,
                        top: 0,
                    }],
                }
            }
            b"grid" => Self::of_grid(meta, item, limits)?,
            _ => {
                return Err(InspectError::UnsupportedCoding {
                    coding: "AVIF whose main image is neither AV1 nor a grid",
                });
            }
        };
        if still.tile_width == 0 || still.tile_height == 0 {
            return Err(Defect("a picture without pixels").into());
        }
        limits.check_pixels(still.width, still.height, 1)?;
        let picture_bytes =
            decode::pixels(still.tile_width, still.tile_height, 1).saturating_mul(BYTES_PER_PIXEL);
        let (width, height) = (still.width, still.height);
        limits.check_decoded_bytes(width, height, picture_bytes)?;
        let layers_that_fit = (1..=MAX_LAYERS).rev().find(|layers| {
            let bytes = picture_bytes.saturating_mul((*layers).into());
            bytes <= limits.max_decoded_bytes
        });
        Ok(Self {
            max_layers: layers_that_fit.unwrap_or(1),
            ..still
        })
    }

    fn of_grid(meta: &Meta<'_>, item: u32, limits: &Limits) -> Result<Self, InspectError> {
        let grid = Grid::parse(&meta.data(item)?)?;
        let sources = meta.sources_of(item);
        if sources.len() != (grid.rows * grid.columns) as usize {
            return Err(Defect("a grid with another number of tiles than it declares").into());
        }
        if sources.len() > MAX_TILES {
            return Err(Defect("too many tiles").into());
        }
        let (tile_width, tile_height) = sources
            .first()
            .and_then(|tile| meta.size(*tile))
            .ok_or(Defect("a tile that declares no size"))?;
        for tile in sources {
            check_tile(meta, *tile, meta.size(*tile), (tile_width, tile_height))?;
        }
        // ISO/IEC 23000-22 7.3.11.4.2: tiles cover the image, and each of them holds some of it.
        let covered_width = tile_width.saturating_mul(grid.columns);
        let covered_height = tile_height.saturating_mul(grid.rows);
        limits.check_pixels(covered_width, covered_height, 1)?;
        let fits = |covered: u32, tile: u32, length: u32| {
            length > 0 && covered >= length && covered - tile < length
        };
        if !fits(covered_width, tile_width, grid.width)
            || !fits(covered_height, tile_height, grid.height)
        {
            return Err(Defect("tiles that do not cover their grid").into());
        }
        let places = (0..grid.rows).flat_map(|row| (0..grid.columns).map(move |c| (c, row)));
        Ok(Self {
            width: grid.width,
            height: grid.height,
            tile_width,
            tile_height,
            max_layers: 1,
            tiles: sources
                .iter()
                .zip(places)
                .map(|(item, (column, row))| Tile {
                    item: *item,
                    left: column * tile_width,
                    top: row * tile_height,
                })
                .collect(),
        })
    }

    /// The image of transparency that goes with this one: of the whole, or of each tile.
    pub(super) fn alpha(
        &self,
        meta: &Meta<'_>,
        item: u32,
        limits: &Limits,
    ) -> Result<Option<Self>, InspectError> {
        if let Some(alpha) = meta.alpha_of(item) {
            let size = (self.width, self.height);
            let alpha = Self::of_item(meta, alpha, Some(size), limits)?;
            if (alpha.width, alpha.height) != size {
                return Err(Defect("transparency of another size than its picture").into());
            }
            return Ok(Some(alpha));
        }
        let size = (self.tile_width, self.tile_height);
        let mut tiles = Vec::new();
        for tile in &self.tiles {
            let Some(item) = meta.alpha_of(tile.item) else {
                return Ok(None);
            };
            check_tile(meta, item, meta.size(item).or(Some(size)), size)?;
            tiles.push(Tile { item, ..*tile });
        }
        Ok(Some(Self { tiles, ..*self }))
    }

    /// The pixels of all tiles.
    pub(super) fn decoded_pixels(&self) -> u64 {
        let tiles = u32::try_from(self.tiles.len()).unwrap_or(u32::MAX);
        decode::pixels(self.tile_width, self.tile_height, tiles)
    }

    /// Decodes all pictures of the image.
    pub(super) fn decode(&self, meta: &Meta<'_>) -> Result<Thumbnail, InspectError> {
        let mut builder = ThumbnailBuilder::new(self.width, self.height);
        let mut total_bytes = 0;
        for tile in &self.tiles {
            let data = meta.data(tile.item)?;
            total_bytes += data.len();
            if total_bytes > MAX_TILE_BYTES.max(meta.file.len()) {
                return Err(Defect("tiles that add up to much more than their file").into());
            }
            let mut decoder = Av1Decoder::new(self.tile_width, self.tile_height, self.max_layers)?;
            let mut last = None;
            decoder.decode(data, |picture| last = Some(picture))?;
            let picture = last.ok_or(InspectError::Truncated)?;
            pixels::add_to(&mut builder, &picture, (tile.left, tile.top));
        }
        Ok(builder.finish())
    }
}

/// Refuses an item that only those may show who know a property that is not known here.
fn check_properties(meta: &Meta<'_>, item: u32) -> Result<(), InspectError> {
    if meta.needs_unknown_property(item) {
        return Err(InspectError::UnsupportedCoding {
            coding: "AVIF with an unknown essential property",
        });
    }
    Ok(())
}

/// Refuses a tile of a grid that is no coded picture, or whose declared size is not that of all others.
fn check_tile(
    meta: &Meta<'_>,
    tile: u32,
    declared: Option<(u32, u32)>,
    of_all: (u32, u32),
) -> Result<(), InspectError> {
    check_properties(meta, tile)?;
    if meta.kind(tile)? != *b"av01" {
        return Err(InspectError::UnsupportedCoding {
            coding: "AVIF whose tiles are not AV1",
        });
    }
    if declared != Some(of_all) {
        return Err(Defect("tiles of different sizes").into());
    }
    Ok(())
}

/// What the data of a grid item says.
struct Grid {
    rows: u32,
    columns: u32,
    width: u32,
    height: u32,
}

impl Grid {
    fn parse(data: &[u8]) -> Result<Self, InspectError> {
        let mut reader = ByteReader::new(data);
        let [version, flags, rows_minus_one, columns_minus_one] = reader.take_array()?;
        if version != 0 {
            return Err(Defect("a grid of an unknown version").into());
        }
        let has_long_sizes = flags & 1 == 1;
        let mut size = || super::boxes::short_or_long(&mut reader, has_long_sizes);
        Ok(Self {
            rows: u32::from(rows_minus_one) + 1,
            columns: u32::from(columns_minus_one) + 1,
            width: size()?,
            height: size()?,
        })
    }
}

//! Properties of items (ISO/IEC 23008-12 6.5, and ISO/IEC 14496-12 8.11.14: `iprp`).

use crate::InspectError;
use crate::bytes::ByteReader;
use crate::error::Defect;

use super::boxes::{Boxes, IsoBox, full_box, short_or_long};

/// The names of an auxiliary image of transparency (ISO/IEC 23000-22 and ISO/IEC 23008-12).
const ALPHA_TYPES: [&[u8]; 2] = [
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
    b"urn:mpeg:hevc:2015:auxid:1\0",
];

/// Most properties of all items: four of each of the most items read. Finding an item's is a walk over
/// all.
const MAX_ASSOCIATIONS: usize = 16_384;

/// What a property says, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Property {
    /// `ispe`: width and height in pixels.
    Size(u32, u32),
    /// `irot`: quarter turns anti-clockwise.
    Rotation(u8),
    /// `imir` with axis 0: top and bottom are exchanged.
    VerticalMirror,
    /// `imir` with axis 1: left and right are exchanged.
    HorizontalMirror,
    /// `auxC` of transparency.
    Alpha,
    /// Known, and without influence on what is done here. The clean aperture (`clap`) is one: it is
    /// not applied, as it is not in browsers.
    Irrelevant,
    Unknown,
}

/// A property of an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Association {
    pub(super) item: u32,
    /// Whether the item must not be shown by those who do not know the property.
    pub(super) is_essential: bool,
    pub(super) property: Property,
}

/// Reads an `iprp` box: the properties of all items, each item's in order.
pub(super) fn parse(payload: &[u8]) -> Result<Vec<Association>, InspectError> {
    let properties = Boxes::new(Boxes::new(payload).require(*b"ipco")?)
        .map(|property| read_property(property?))
        .collect::<Result<Vec<_>, _>>()?;
    let mut associations = Vec::new();
    for found in Boxes::new(payload) {
        let found = found?;
        if found.kind == *b"ipma" {
            read_associations(found.payload, &properties, &mut associations)?;
        }
    }
    Ok(associations)
}

fn read_property(property: IsoBox<'_>) -> Result<Property, InspectError> {
    let mut reader = ByteReader::new(property.payload);
    Ok(match &property.kind {
        b"ispe" => {
            let (_, _, mut reader) = full_box(property.payload)?;
            Property::Size(reader.u32_be()?, reader.u32_be()?)
        }
        b"irot" => Property::Rotation(reader.u8()? & 3),
        b"imir" if reader.u8()? & 1 == 0 => Property::VerticalMirror,
        b"imir" => Property::HorizontalMirror,
        b"auxC" => {
            let (_, _, reader) = full_box(property.payload)?;
            let is_alpha = ALPHA_TYPES
                .iter()
                .any(|name| reader.rest().starts_with(name));
            if is_alpha {
                Property::Alpha
            } else {
                Property::Irrelevant
            }
        }
        b"av1C" | b"pixi" | b"colr" | b"pasp" | b"clap" | b"clli" | b"mdcv" | b"cclv" | b"amve"
        | b"a1lx" | b"a1op" | b"lsel" | b"rloc" => Property::Irrelevant,
        _ => Property::Unknown,
    })
}

/// Reads an `ipma` box (ISO/IEC 14496-12 8.11.14.2).
fn read_associations(
    payload: &[u8],
    properties: &[Property],
    associations: &mut Vec<Association>,
) -> Result<(), InspectError> {
    let (version, [_, _, flags], mut reader) = full_box(payload)?;
    let entry_count = reader.u32_be()?;
    for _ in 0..entry_count {
        let item = short_or_long(&mut reader, version > 0)?;
        let count = reader.u8()?;
        for _ in 0..count {
            let (is_essential, number) = if flags & 1 == 1 {
                let value = reader.u16_be()?;
                (value & 0x8000 != 0, value & 0x7FFF)
            } else {
                let value = reader.u8()?;
                (value & 0x80 != 0, u16::from(value & 0x7F))
            };
            // Number 0 stands for no property.
            let Some(index) = usize::from(number).checked_sub(1) else {
                continue;
            };
            let property = *properties
                .get(index)
                .ok_or(Defect("an item with a property that is not there"))?;
            if associations.len() == MAX_ASSOCIATIONS {
                return Err(Defect("too many properties").into());
            }
            associations.push(Association {
                item,
                is_essential,
                property,
            });
        }
    }
    Ok(())
}

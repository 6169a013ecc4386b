//! Properties of items (ISO/IEC 23008-12 6.5, and ISO/IEC 14496-12 8.11.14: `iprp`).

use std::collections::BTreeMap;

use crate::InspectError;
use crate::bytes::ByteReader;
use crate::error::Defect;

use super::boxes::{Boxes, IsoBox, full_box, short_or_long};
use super::meta::insert;

/// The names of an auxiliary image of transparency (ISO/IEC 23000-22 and ISO/IEC 23008-12).
const ALPHA_TYPES: [&[u8]; 2] = [
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
    b"urn:mpeg:hevc:2015:auxid:1\0",
];

/// Most properties of all items: four of each of the most items read.
const MAX_ASSOCIATIONS: usize = 16_384;

/// Most properties that there are to choose from: their numbers have 15 bits.
const MAX_PROPERTIES: usize = 0x7FFF;

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
    /// Whether the item must not be shown by those who do not know the property.
    pub(super) is_essential: bool,
    pub(super) property: Property,
}

/// Reads an `iprp` box: the properties of each item, in order.
pub(super) fn parse(payload: &[u8]) -> Result<BTreeMap<u32, Vec<Association>>, InspectError> {
    let mut properties = Vec::new();
    for property in Boxes::new(Boxes::new(payload).require(*b"ipco")?) {
        if properties.len() == MAX_PROPERTIES {
            return Err(Defect("too many properties").into());
        }
        properties.push(read_property(property?)?);
    }
    let mut associations = BTreeMap::new();
    let mut associations_left = MAX_ASSOCIATIONS;
    for found in Boxes::new(payload) {
        let found = found?;
        if found.kind == *b"ipma" {
            let (payload, left) = (found.payload, &mut associations_left);
            read_associations(payload, &properties, left, &mut associations)?;
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

/// Reads an `ipma` box (ISO/IEC 14496-12 8.11.14.2). All of them together name an item at most once.
fn read_associations(
    payload: &[u8],
    properties: &[Property],
    associations_left: &mut usize,
    associations: &mut BTreeMap<u32, Vec<Association>>,
) -> Result<(), InspectError> {
    let (version, [_, _, flags], mut reader) = full_box(payload)?;
    let entry_count = reader.u32_be()?;
    for _ in 0..entry_count {
        let item = short_or_long(&mut reader, version > 0)?;
        let count = reader.u8()?;
        *associations_left = associations_left
            .checked_sub(count.into())
            .ok_or(Defect("too many properties"))?;
        let mut of_item = Vec::new();
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
            of_item.push(Association {
                is_essential,
                property,
            });
        }
        insert(associations, item, of_item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An `iprp` box of one property and of entries that give it so many times to an item each.
    fn properties(entries: &[(u16, u8)]) -> Vec<u8> {
        let mut associations = vec![0; 4];
        associations.extend(u32::try_from(entries.len()).unwrap().to_be_bytes());
        for (item, count) in entries {
            associations.extend(item.to_be_bytes());
            associations.push(*count);
            associations.extend(vec![1; usize::from(*count)]);
        }
        let size = u32::try_from(associations.len() + 8).unwrap();
        let property = b"\0\0\0\x11ipco\0\0\0\x09irot\x01";
        [property, &size.to_be_bytes()[..], b"ipma", &associations].concat()
    }

    #[test]
    fn an_item_has_its_properties_in_one_entry() {
        let found = parse(&properties(&[(7, 255), (8, 1)])).unwrap();
        assert_eq!(found[&7].len(), 255);
        let twice = parse(&properties(&[(7, 255), (7, 1)]));
        assert!(matches!(twice, Err(InspectError::Corrupt { .. })));
    }

    #[test]
    fn properties_are_counted_over_all_items() {
        let mut entries: Vec<_> = (0..64).map(|item| (item, 255)).collect();
        entries.push((64, 64));
        assert_eq!(parse(&properties(&entries)).unwrap().len(), 65);
        entries.push((65, 1));
        let more = parse(&properties(&entries));
        assert!(matches!(more, Err(InspectError::Corrupt { .. })));
    }
}

//! Where the data of items lies (ISO/IEC 14496-12 8.11.3, `iloc`).

use std::collections::BTreeMap;

use crate::InspectError;
use crate::bytes::ByteReader;
use crate::error::Defect;

use super::boxes::{full_box, short_or_long};
use super::meta::insert;

/// Most extents of all items: a handful each is usual.
const MAX_EXTENTS: usize = 65_536;

/// Where an item's data lies.
#[derive(Debug)]
pub(super) struct Location {
    /// Whether offsets count from the start of the `idat` box rather than of the file.
    in_item_data: bool,
    extents: Vec<Extent>,
}

#[derive(Debug, Clone, Copy)]
struct Extent {
    offset: u64,
    /// 0: to the end.
    length: u64,
}

/// The sizes in bytes of the fields of an `iloc` box.
struct FieldSizes {
    offset: u8,
    length: u8,
    base_offset: u8,
    index: u8,
}

/// Reads an `iloc` box: where each item's data lies.
pub(super) fn parse(payload: &[u8]) -> Result<BTreeMap<u32, Location>, InspectError> {
    let (version, _, mut reader) = full_box(payload)?;
    if version > 2 {
        return Err(Defect("an item location box of an unknown version").into());
    }
    let [offset_and_length, base_and_index] = reader.take_array()?;
    let sizes = FieldSizes {
        offset: offset_and_length >> 4,
        length: offset_and_length & 15,
        base_offset: base_and_index >> 4,
        index: if version == 0 { 0 } else { base_and_index & 15 },
    };
    let count = short_or_long(&mut reader, version == 2)?;
    let mut locations = BTreeMap::new();
    let mut extents = 0;
    for _ in 0..count {
        let item = short_or_long(&mut reader, version == 2)?;
        let location = read_location(&mut reader, version, &sizes)?;
        extents += location.extents.len();
        if extents > MAX_EXTENTS {
            return Err(Defect("too many extents").into());
        }
        insert(&mut locations, item, location)?;
    }
    Ok(locations)
}

fn read_location(
    reader: &mut ByteReader<'_>,
    version: u8,
    sizes: &FieldSizes,
) -> Result<Location, InspectError> {
    let construction_method = match version {
        0 => 0,
        _ => reader.u16_be()? & 15,
    };
    let data_reference = reader.u16_be()?;
    if construction_method > 1 || data_reference != 0 {
        return Err(InspectError::UnsupportedCoding {
            coding: "AVIF with data in other items or files",
        });
    }
    let base_offset = sized(reader, sizes.base_offset)?;
    let extent_count = reader.u16_be()?;
    let mut extents = Vec::new();
    for _ in 0..extent_count {
        sized(reader, sizes.index)?;
        let offset = sized(reader, sizes.offset)?;
        let length = sized(reader, sizes.length)?;
        extents.push(Extent {
            offset: base_offset
                .checked_add(offset)
                .ok_or(InspectError::Truncated)?,
            length,
        });
        // Fields of no size at all would let a short box claim any number of extents.
        if sizes.offset == 0 && sizes.length == 0 && extents.len() > 1 {
            return Err(Defect("an item with the same data more than once").into());
        }
    }
    Ok(Location {
        in_item_data: construction_method == 1,
        extents,
    })
}

/// A number of 0, 4 or 8 bytes.
fn sized(reader: &mut ByteReader<'_>, size: u8) -> Result<u64, InspectError> {
    match size {
        0 => Ok(0),
        4 => Ok(reader.u32_be()?.into()),
        8 => reader.u64_be(),
        _ => Err(Defect("an item location field of an impossible size").into()),
    }
}

impl Location {
    /// The data of the item, put together from its extents.
    pub(super) fn data(&self, file: &[u8], item_data: &[u8]) -> Result<Vec<u8>, InspectError> {
        let source = if self.in_item_data { item_data } else { file };
        let mut data = Vec::new();
        for extent in &self.extents {
            let offset = usize::try_from(extent.offset).map_err(|_| InspectError::Truncated)?;
            let rest = source.get(offset..).ok_or(InspectError::Truncated)?;
            let length = match extent.length {
                0 => rest.len(),
                length => usize::try_from(length).map_err(|_| InspectError::Truncated)?,
            };
            data.extend_from_slice(rest.get(..length).ok_or(InspectError::Truncated)?);
            // Extents that overlap could add up to any size.
            if data.len() > source.len() {
                return Err(Defect("an item larger than its file").into());
            }
        }
        Ok(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_are_counted_over_all_items() {
        let item = [&b"\0\0\xFF\xFF"[..], &vec![0; 4 * 0xFFFF]].concat();
        // Offsets of four bytes, lengths of none, one or two items.
        let one = [&b"\0\0\0\0\x40\0\0\x01"[..], b"\0\x01", &item].concat();
        assert_eq!(parse(&one).unwrap().len(), 1);
        let head = b"\0\0\0\0\x40\0\0\x02";
        let two = [head, &b"\0\x01"[..], &item, b"\0\x02", &item].concat();
        assert!(matches!(parse(&two), Err(InspectError::Corrupt { .. })));
    }

    #[test]
    fn items_without_data_are_counted_too() {
        // Six bytes each, and of no field any size.
        let items = |count: u16| {
            let entries = (0..count).flat_map(|item| [item.to_be_bytes(), [0; 2], [0; 2]]);
            let entries: Vec<_> = entries.flatten().collect();
            [&[0; 6][..], &count.to_be_bytes(), &entries].concat()
        };
        assert_eq!(parse(&items(4096)).unwrap().len(), 4096);
        let more = parse(&items(4097));
        assert!(matches!(more, Err(InspectError::Corrupt { .. })));
    }
}

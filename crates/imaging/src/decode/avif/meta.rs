//! The items of a file and how they relate (ISO/IEC 14496-12 8.11, `meta`).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::error::Defect;
use crate::{InspectError, Orientation};

use super::boxes::{Boxes, full_box, short_or_long};
use super::location::{self, Location};
use super::properties::{self, Association, Property};

/// Most items of a file, and most entries of each table of them: a grid has at most 65,536 tiles, but no camera
/// writes more than some dozens.
pub(super) const MAX_ITEMS: usize = 4096;

/// Most items that all references lead to: four of each of the most items.
const MAX_REFERRED: usize = 16_384;

/// The items of a file.
#[derive(Debug)]
pub(super) struct Meta<'a> {
    pub(super) file: &'a [u8],
    /// The item to be displayed.
    pub(super) primary: u32,
    /// The type of each item.
    kinds: BTreeMap<u32, [u8; 4]>,
    locations: BTreeMap<u32, Location>,
    references: Vec<Reference>,
    /// The properties of each item, in order.
    associations: BTreeMap<u32, Vec<Association>>,
    /// The item that holds the transparency of each that has some.
    alphas: BTreeMap<u32, u32>,
    item_data: &'a [u8],
}

/// A reference from one item to others, in order.
#[derive(Debug)]
struct Reference {
    kind: [u8; 4],
    from: u32,
    to: Vec<u32>,
}

impl<'a> Meta<'a> {
    /// Reads a `meta` box.
    pub(super) fn parse(file: &'a [u8], payload: &'a [u8]) -> Result<Self, InspectError> {
        let (_, _, reader) = full_box(payload)?;
        let boxes = Boxes::new(reader.rest());
        let (version, _, mut primary) = full_box(boxes.clone().require(*b"pitm")?)?;
        let references = match boxes.clone().find(*b"iref")? {
            Some(payload) => parse_references(payload)?,
            None => Vec::new(),
        };
        let associations = properties::parse(boxes.clone().require(*b"iprp")?)?;
        Ok(Self {
            file,
            primary: short_or_long(&mut primary, version > 0)?,
            kinds: parse_kinds(boxes.clone().require(*b"iinf")?)?,
            locations: location::parse(boxes.clone().require(*b"iloc")?)?,
            alphas: alphas(&references, &associations),
            references,
            associations,
            item_data: boxes.find(*b"idat")?.unwrap_or_default(),
        })
    }

    /// The type of an item.
    pub(super) fn kind(&self, item: u32) -> Result<[u8; 4], Defect> {
        let kind = self.kinds.get(&item).copied();
        kind.ok_or(Defect("an item that is not there"))
    }

    /// The data of an item.
    pub(super) fn data(&self, item: u32) -> Result<Vec<u8>, InspectError> {
        self.locations
            .get(&item)
            .ok_or(Defect("an item without data"))?
            .data(self.file, self.item_data)
    }

    /// Width and height in pixels that an item declares.
    pub(super) fn size(&self, item: u32) -> Option<(u32, u32)> {
        self.properties(item)
            .iter()
            .find_map(|association| match association.property {
                Property::Size(width, height) => Some((width, height)),
                _ => None,
            })
    }

    /// How an item has to be turned to be displayed: its transformations in order (ISO/IEC 23000-22
    /// 7.3.6.7).
    pub(super) fn orientation(&self, item: u32) -> Orientation {
        self.properties(item)
            .iter()
            .fold(
                Orientation::Upright,
                |orientation, association| match association.property {
                    Property::Rotation(turns) => orientation.then_rotated_anticlockwise(turns),
                    Property::VerticalMirror => orientation.then_mirrored_vertically(),
                    Property::HorizontalMirror => orientation.then_mirrored_horizontally(),
                    Property::Size(..)
                    | Property::Alpha
                    | Property::Irrelevant
                    | Property::Unknown => orientation,
                },
            )
    }

    /// Whether an item may be shown only by those who know a property that is not known here.
    pub(super) fn needs_unknown_property(&self, item: u32) -> bool {
        self.properties(item)
            .iter()
            .any(|found| found.is_essential && found.property == Property::Unknown)
    }

    /// The item that holds the transparency of another.
    pub(super) fn alpha_of(&self, item: u32) -> Option<u32> {
        self.alphas.get(&item).copied()
    }

    /// The items that an item is made from, in order.
    pub(super) fn sources_of(&self, item: u32) -> &[u32] {
        self.references
            .iter()
            .find(|reference| reference.kind == *b"dimg" && reference.from == item)
            .map(|reference| reference.to.as_slice())
            .unwrap_or_default()
    }

    /// EXIF metadata of an item, from its TIFF header on (ISO/IEC 23008-12 annex A.2.1).
    pub(super) fn exif_of(&self, item: u32) -> Option<Vec<u8>> {
        let describes = |reference: &&Reference| {
            reference.kind == *b"cdsc"
                && self.kind(reference.from) == Ok(*b"Exif")
                && reference.to.contains(&item)
        };
        let exif = self.references.iter().find(describes)?.from;
        let data = self.data(exif).ok()?;
        let (offset, rest) = data.split_first_chunk()?;
        let offset = usize::try_from(u32::from_be_bytes(*offset)).ok()?;
        rest.get(offset..).map(<[u8]>::to_vec)
    }

    fn properties(&self, item: u32) -> &[Association] {
        let properties = self.associations.get(&item);
        properties.map(Vec::as_slice).unwrap_or_default()
    }
}

/// The transparency of each item that has some: the first auxiliary image of that type that refers to it.
fn alphas(
    references: &[Reference],
    associations: &BTreeMap<u32, Vec<Association>>,
) -> BTreeMap<u32, u32> {
    let is_alpha = |association: &Association| association.property == Property::Alpha;
    let auxiliaries: BTreeSet<u32> = associations
        .iter()
        .filter(|(_, properties)| properties.iter().any(is_alpha))
        .map(|(item, _)| *item)
        .collect();
    let mut alphas = BTreeMap::new();
    for reference in references {
        if reference.kind == *b"auxl" && auxiliaries.contains(&reference.from) {
            for item in &reference.to {
                alphas.entry(*item).or_insert(reference.from);
            }
        }
    }
    alphas
}

/// Reads an `iinf` box (ISO/IEC 14496-12 8.11.6): the type of each item.
fn parse_kinds(payload: &[u8]) -> Result<BTreeMap<u32, [u8; 4]>, InspectError> {
    let (version, _, mut reader) = full_box(payload)?;
    let _count = short_or_long(&mut reader, version > 0)?;
    let mut kinds = BTreeMap::new();
    for entry in Boxes::new(reader.rest()) {
        let entry = entry?;
        let (version, _, mut reader) = full_box(entry.payload)?;
        // Versions 0 and 1 know no item types.
        if entry.kind != *b"infe" || version < 2 {
            continue;
        }
        let id = short_or_long(&mut reader, version > 2)?;
        let _protection = reader.u16_be()?;
        insert(&mut kinds, id, reader.take_array()?)?;
    }
    Ok(kinds)
}

/// Adds what a table says of an item. No table names an item twice, or more items than a file may have.
pub(super) fn insert<T>(
    table: &mut BTreeMap<u32, T>,
    item: u32,
    value: T,
) -> Result<(), InspectError> {
    if table.len() == MAX_ITEMS {
        return Err(Defect("too many items").into());
    }
    match table.entry(item) {
        Entry::Vacant(place) => {
            place.insert(value);
            Ok(())
        }
        Entry::Occupied(_) => Err(Defect("a table that names an item twice").into()),
    }
}

/// Reads an `iref` box (ISO/IEC 14496-12 8.11.12).
fn parse_references(payload: &[u8]) -> Result<Vec<Reference>, InspectError> {
    let (version, _, reader) = full_box(payload)?;
    let is_long = version > 0;
    let mut references = Vec::new();
    let mut referred = 0;
    for found in Boxes::new(reader.rest()) {
        let found = found?;
        let mut reader = crate::bytes::ByteReader::new(found.payload);
        let from = short_or_long(&mut reader, is_long)?;
        let count = reader.u16_be()?;
        referred += usize::from(count);
        if referred > MAX_REFERRED || references.len() == MAX_ITEMS {
            return Err(Defect("too many references").into());
        }
        let to = (0..count).map(|_| short_or_long(&mut reader, is_long));
        let to = to.collect::<Result<Vec<_>, _>>()?;
        // 8.11.12.3: within an array a value occurs at most once.
        if to.iter().collect::<BTreeSet<_>>().len() < to.len() {
            return Err(Defect("a reference that names an item twice").into());
        }
        references.push(Reference {
            kind: found.kind,
            from,
            to,
        });
    }
    Ok(references)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: [u8; 4], payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len() + 8).unwrap();
        [&size.to_be_bytes()[..], &kind, payload].concat()
    }

    /// A `meta` box of one item, number 7, with these properties in this order, all of them essential
    /// if `flag` says so, and with these extents, each of two numbers of four bytes.
    fn meta(properties: &[Vec<u8>], flag: u8, extents: &[[u32; 2]]) -> Vec<u8> {
        let mut associations = b"\0\0\0\0\0\0\0\x01\0\x07".to_vec();
        let count = u8::try_from(properties.len()).unwrap();
        associations.push(count);
        associations.extend((1..=count).map(|number| number | flag));
        let container = boxed(*b"ipco", &properties.concat());
        let mut locations = b"\0\0\0\0\x44\0\0\x01\0\x07\0\0\0".to_vec();
        locations.push(u8::try_from(extents.len()).unwrap());
        for number in extents.as_flattened() {
            locations.extend(number.to_be_bytes());
        }
        let entry = boxed(*b"infe", b"\x02\0\0\0\0\x07\0\0av01\0");
        [
            b"\0\0\0\0".to_vec(),
            boxed(*b"pitm", b"\0\0\0\0\0\x07"),
            boxed(*b"iinf", &[&b"\0\0\0\0\0\x01"[..], &entry].concat()),
            boxed(*b"iloc", &locations),
            boxed(
                *b"iprp",
                &[container, boxed(*b"ipma", &associations)].concat(),
            ),
        ]
        .concat()
    }

    #[test]
    fn rotation_and_mirroring_make_up_one_orientation_in_their_order() {
        let rotation = boxed(*b"irot", &[1]);
        let mirror = boxed(*b"imir", &[0]);
        let rotated_first = meta(&[rotation.clone(), mirror.clone()], 0x80, &[]);
        let rotated_first = Meta::parse(b"", &rotated_first).unwrap();
        assert_eq!(rotated_first.orientation(7), Orientation::Transposed);
        let mirrored_first = meta(&[mirror, rotation], 0x80, &[]);
        let mirrored_first = Meta::parse(b"", &mirrored_first).unwrap();
        assert_eq!(mirrored_first.orientation(7), Orientation::Transversed);
    }

    #[test]
    fn an_unknown_property_counts_only_if_it_is_essential() {
        let unknown = [boxed(*b"abcd", b"")];
        let essential = meta(&unknown, 0x80, &[]);
        let essential = Meta::parse(b"", &essential).unwrap();
        assert!(essential.needs_unknown_property(7));
        let optional = meta(&unknown, 0, &[]);
        let optional = Meta::parse(b"", &optional).unwrap();
        assert!(!optional.needs_unknown_property(7));
    }

    #[test]
    fn the_extents_of_an_item_are_joined() {
        let boxes = meta(&[], 0, &[[4, 2], [0, 3]]);
        let meta = Meta::parse(b"abcdef", &boxes).unwrap();
        assert_eq!(meta.data(7).unwrap(), b"efabc");
    }

    #[test]
    fn extents_past_the_end_are_truncated_and_overlapping_ones_cannot_outgrow_the_file() {
        let boxes = meta(&[], 0, &[[4, 3]]);
        let past_the_end = Meta::parse(b"abcdef", &boxes).unwrap();
        assert!(matches!(past_the_end.data(7), Err(InspectError::Truncated)));
        let boxes = meta(&[], 0, &[[0, 6], [0, 1]]);
        let overlapping = Meta::parse(b"abcdef", &boxes).unwrap();
        assert!(matches!(
            overlapping.data(7),
            Err(InspectError::Corrupt { .. })
        ));
    }

    #[test]
    fn references_are_counted_over_all_items() {
        let reference = |count: u16| {
            let targets: Vec<u8> = (0..count).flat_map(u16::to_be_bytes).collect();
            boxed(
                *b"auxl",
                &[&[0, 1], &count.to_be_bytes()[..], &targets].concat(),
            )
        };
        let box_of = |counts: &[u16]| {
            let references: Vec<_> = counts.iter().map(|count| reference(*count)).collect();
            [vec![0; 4], references.concat()].concat()
        };
        let most = box_of(&[16_000, 384]);
        assert_eq!(parse_references(&most).unwrap().len(), 2);
        let more = box_of(&[16_000, 385]);
        let refusal = parse_references(&more);
        assert!(matches!(refusal, Err(InspectError::Corrupt { .. })));
    }

    #[test]
    fn a_reference_names_an_item_once() {
        let reference = |targets: &[u8]| [&[0; 4], &boxed(*b"dimg", targets)[..]].concat();
        assert!(parse_references(&reference(b"\0\x01\0\x02\0\x02\0\x03")).is_ok());
        let twice = parse_references(&reference(b"\0\x01\0\x02\0\x02\0\x02"));
        assert!(matches!(twice, Err(InspectError::Corrupt { .. })));
    }

    #[test]
    fn tables_end_at_the_most_items_and_name_none_twice() {
        let mut table = BTreeMap::new();
        for item in 0..4096 {
            insert(&mut table, item, item).unwrap();
        }
        let more = insert(&mut table, 4096, 4096);
        assert!(matches!(more, Err(InspectError::Corrupt { .. })));
        let mut table = BTreeMap::from([(7, 'a')]);
        assert!(insert(&mut table, 7, 'b').is_err());
        assert_eq!(table, BTreeMap::from([(7, 'a')]));
        // Each entry is a few bytes of the file: they are refused before all of them are read.
        let count = 2 * 4096u16;
        let entries = (0..count).flat_map(|item| boxed(*b"infe", &kind_entry(item)));
        let file = [&[0; 6][..], &entries.collect::<Vec<_>>()].concat();
        assert!(matches!(
            parse_kinds(&file),
            Err(InspectError::Corrupt { .. })
        ));
        assert_eq!(parse_kinds(&file[..6 + 23 * 4096]).unwrap().len(), 4096);
    }

    fn kind_entry(item: u16) -> Vec<u8> {
        [&[2, 0, 0, 0][..], &item.to_be_bytes(), b"\0\0av01\0\0\0"].concat()
    }
}

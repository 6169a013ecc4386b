//! AVIF files, made to order around pictures that were encoded before.

/// An item of a file. Items are numbered from 1; the first is the one to be displayed.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) kind: [u8; 4],
    pub(crate) data: Vec<u8>,
    /// Whole boxes.
    pub(crate) properties: Vec<Vec<u8>>,
    /// References of a kind to items of these numbers.
    pub(crate) references: Vec<([u8; 4], Vec<u16>)>,
}

impl Item {
    /// A coded picture of a declared size.
    pub(crate) fn picture(data: &[u8], width: u32, height: u32) -> Self {
        Self {
            kind: *b"av01",
            data: data.to_vec(),
            properties: vec![size_property(width, height)],
            references: Vec::new(),
        }
    }

    /// The transparency of other items.
    pub(crate) fn alpha_of(mut self, items: &[u16]) -> Self {
        let name = b"\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
        self.properties.push(boxed(*b"auxC", name));
        self.references.push((*b"auxl", items.to_vec()));
        self
    }

    /// An image of tiles, by rows.
    pub(crate) fn grid((columns, rows): (u8, u8), size: (u16, u16), tiles: &[u16]) -> Self {
        let [width, height] = [size.0, size.1].map(u16::to_be_bytes);
        Self {
            kind: *b"grid",
            data: [&[0, 0, rows - 1, columns - 1], &width[..], &height].concat(),
            properties: vec![size_property(size.0.into(), size.1.into())],
            references: vec![(*b"dimg", tiles.to_vec())],
        }
    }

    /// EXIF metadata of the first item.
    pub(crate) fn exif(tiff: &[u8]) -> Self {
        Self {
            kind: *b"Exif",
            data: [&[0; 4], tiff].concat(),
            properties: Vec::new(),
            references: vec![(*b"cdsc", vec![1])],
        }
    }
}

/// The coded data of a sample, whose only picture is all that its `mdat` box holds.
pub(crate) fn coded_picture(file: &[u8]) -> &[u8] {
    let start = file.windows(4).position(|name| name == b"mdat").unwrap();
    let size = u32::from_be_bytes(*file[start - 4..].first_chunk().unwrap());
    &file[start + 4..start - 4 + size as usize]
}

/// The file of these items, with all data in its `idat` box.
pub(crate) fn avif(items: &[Item]) -> Vec<u8> {
    let number = |index: usize| u16::try_from(index + 1).unwrap().to_be_bytes();
    let count = u16::try_from(items.len()).unwrap().to_be_bytes();
    let mut entries = [&[0; 4][..], &count].concat();
    let mut locations = [&b"\x01\0\0\0\x44\0"[..], &count].concat();
    let mut references = vec![0; 4];
    let mut properties = Vec::new();
    let mut associations = [&[0; 6][..], &count].concat();
    let mut data = Vec::new();
    let mut property_count = 0u8;
    for (index, item) in items.iter().enumerate() {
        let id = number(index);
        let entry = [&b"\x02\0\0\0"[..], &id, &[0, 0], &item.kind, &[0]].concat();
        entries.extend(boxed(*b"infe", &entry));
        let (offset, length) = (data.len(), item.data.len());
        locations.extend([&id[..], &[0, 1, 0, 0, 0, 1]].concat());
        locations.extend(
            [offset, length]
                .map(|n| u32::try_from(n).unwrap().to_be_bytes())
                .concat(),
        );
        data.extend(&item.data);
        for (kind, to) in &item.references {
            let targets = to.iter().flat_map(|item| item.to_be_bytes());
            let targets: Vec<u8> = targets.collect();
            let count = u16::try_from(to.len()).unwrap().to_be_bytes();
            references.extend(boxed(*kind, &[&id[..], &count, &targets].concat()));
        }
        associations.extend(id);
        associations.push(u8::try_from(item.properties.len()).unwrap());
        // All are essential.
        for property in &item.properties {
            properties.extend(property);
            property_count += 1;
            associations.push(0x80 | property_count);
        }
    }
    let container = boxed(*b"ipco", &properties);
    let associations = boxed(*b"ipma", &associations);
    let meta = [
        vec![0; 4],
        boxed(*b"pitm", b"\0\0\0\0\0\x01"),
        boxed(*b"iinf", &entries),
        boxed(*b"iref", &references),
        boxed(*b"iprp", &[container, associations].concat()),
        boxed(*b"iloc", &locations),
        boxed(*b"idat", &data),
    ];
    [
        boxed(*b"ftyp", b"avif\0\0\0\0avifmif1"),
        boxed(*b"meta", &meta.concat()),
    ]
    .concat()
}

/// A box of a kind.
pub(crate) fn boxed(kind: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len() + 8).unwrap();
    [&size.to_be_bytes()[..], &kind, payload].concat()
}

fn size_property(width: u32, height: u32) -> Vec<u8> {
    let [width, height] = [width, height].map(u32::to_be_bytes);
    boxed(*b"ispe", &[&[0; 4][..], &width, &height].concat())
}

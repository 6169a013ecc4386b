//! Small images, and what is said of them.

use bytes::Bytes;
use serde_json::json;
use shoebox_core::{AttributeFields, Attributes, Faults};

/// A PNG of 2 by 2 pixels in a colour of its own.
pub(crate) fn picture(seed: u32) -> Bytes {
    let [_, red, green, blue] = seed.to_be_bytes();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 2);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer
        .write_image_data(&[red, green, blue].repeat(4))
        .unwrap();
    writer.finish().unwrap();
    bytes.into()
}

/// Bytes of the same size that are no image.
pub(crate) fn not_a_picture(like: &Bytes) -> Bytes {
    vec![b'x'; like.len()].into()
}

/// Attributes with every kind of listing.
pub(crate) fn attributes(visibility: &str, tags: &[&str], category: Option<&str>) -> Attributes {
    let mut faults = Faults::default();
    let fields = AttributeFields {
        filename: Some("a.png".to_owned()),
        category: category.map(str::to_owned),
        visibility: Some(visibility.to_owned()),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        metadata: Some(json!({"n": 1})),
        ..AttributeFields::default()
    };
    let attributes = Attributes::parse(fields, &mut faults);
    faults.or(attributes).unwrap()
}

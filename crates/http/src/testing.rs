//! What the tests of this crate share.

use chrono::DateTime;
use imaging::{Exif, ImageFormat, Location};
use shoebox_core::{Faults, Filename, Image, Sha256Digest, Status, Tags, UserId, Visibility};

/// A small public image of `ann`.
pub(crate) fn image() -> Image {
    let created_at = DateTime::parse_from_rfc3339("2026-01-31T12:00:00.123Z").unwrap();
    let tags = Tags::parse("tags", &["sea,sun".to_owned()], &mut Faults::default());
    Image {
        id: "0192f0c1-8b6a-7000-8000-00000000000a".parse().unwrap(),
        user_id: UserId::parse("ann").unwrap(),
        filename: Some(Filename::parse("cat.png").unwrap()),
        format: ImageFormat::Png,
        size_bytes: 3,
        width_px: 4,
        height_px: 5,
        sha256: Sha256Digest([0xab; 32]),
        object_name: shoebox_core::ObjectName::Digest,
        tags,
        description: None,
        category: None,
        visibility: Visibility::Public,
        metadata: None,
        exif: Exif {
            camera: Some("Pentax K-1".to_owned()),
            location: Some(Location::default()),
            ..Exif::default()
        },
        placeholder: Some(vec![1, 2, 3]),
        status: Status::Active,
        created_at: created_at.into(),
        updated_at: created_at.into(),
        revision: 1,
    }
}

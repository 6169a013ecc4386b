//! What is kept of the metadata a camera wrote into an image.

use serde::{Deserialize, Serialize};

/// What is kept of an image's EXIF metadata. Everything is optional, and what is absent is left out
/// when serialized.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exif {
    /// Maker and model of the camera, at most 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// Model of the lens, at most 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lens: Option<String>,
    /// How the picture was exposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure>,
    /// When the picture was taken: RFC 3339 where the offset from UTC is known, otherwise local time
    /// in ISO 8601 without an offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// Where the picture was taken: personal data, for its owner only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

impl Exif {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same without the place, for everyone but the owner.
    #[must_use]
    pub fn without_location(&self) -> Self {
        Self {
            location: None,
            ..self.clone()
        }
    }
}

/// How a picture was exposed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exposure {
    /// Exposure time in seconds, as photographers write it: `1/250`, `2.5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The f-number of the aperture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f_number: Option<f64>,
    /// Photographic sensitivity (ISO 12232).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iso: Option<u32>,
    /// Focal length of the lens in millimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focal_length_mm: Option<f64>,
}

/// A place on Earth (WGS 84).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees north of the equator, -90 to 90.
    pub latitude: f64,
    /// Degrees east of Greenwich, -180 to 180.
    pub longitude: f64,
    /// Metres above sea level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude_m: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_left_out_and_read_back_as_absent() {
        let exif = Exif {
            location: Some(Location {
                latitude: 1.5,
                longitude: -2.0,
                altitude_m: None,
            }),
            ..Exif::default()
        };
        let json = serde_json::to_string(&exif).unwrap();
        assert_eq!(json, r#"{"location":{"latitude":1.5,"longitude":-2.0}}"#);
        assert_eq!(serde_json::from_str::<Exif>(&json).unwrap(), exif);
    }

    #[test]
    fn metadata_for_others_has_no_location() {
        let exif = Exif {
            location: Some(Location::default()),
            ..Exif::default()
        };
        assert!(!exif.is_empty());
        assert!(exif.without_location().is_empty());
    }
}

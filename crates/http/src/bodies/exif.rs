//! What the camera noted.

use imaging::{Exif, Exposure, Location};
use serde::Serialize;
use utoipa::ToSchema;

/// What the camera noted in the file.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Exif)]
pub struct ExifBody {
    /// Maker and model.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Pentax K-1")]
    pub camera: Option<String>,
    /// The lens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "HD Pentax-D FA 24-70mm F2.8")]
    pub lens: Option<String>,
    /// How the picture was exposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exposure: Option<ExposureBody>,
    /// RFC 3339 where the camera knew its time zone, otherwise local time without an offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T16:20:00+01:00")]
    pub taken_at: Option<String>,
    /// Where the picture was taken; only the owner is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub location: Option<LocationBody>,
}

/// How a picture was exposed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Exposure)]
pub struct ExposureBody {
    /// Seconds, as photographers write them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1/250")]
    pub time: Option<String>,
    /// The f-number of the aperture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 2.8)]
    pub f_number: Option<f64>,
    /// Sensitivity, ISO 12232.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 400)]
    pub iso: Option<u32>,
    /// Millimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 35.0)]
    pub focal_length_mm: Option<f64>,
}

/// A place on Earth, WGS 84.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Location)]
pub struct LocationBody {
    /// Degrees north.
    #[schema(example = 52.52)]
    pub latitude: f64,
    /// Degrees east.
    #[schema(example = 13.405)]
    pub longitude: f64,
    /// Metres above sea level.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 34.0)]
    pub altitude_m: Option<f64>,
}

impl ExifBody {
    /// What is known, the place only `with_location`; `None` where nothing is.
    pub(super) fn of(exif: &Exif, with_location: bool) -> Option<Self> {
        let exif = if with_location {
            exif.clone()
        } else {
            exif.without_location()
        };
        (!exif.is_empty()).then(|| Self {
            camera: exif.camera,
            lens: exif.lens,
            exposure: exif.exposure.map(Into::into),
            taken_at: exif.taken_at,
            location: exif.location.map(Into::into),
        })
    }
}

impl From<Exposure> for ExposureBody {
    fn from(exposure: Exposure) -> Self {
        Self {
            time: exposure.time,
            f_number: exposure.f_number,
            iso: exposure.iso,
            focal_length_mm: exposure.focal_length_mm,
        }
    }
}

impl From<Location> for LocationBody {
    fn from(location: Location) -> Self {
        Self {
            latitude: location.latitude,
            longitude: location.longitude,
            altitude_m: location.altitude_m,
        }
    }
}

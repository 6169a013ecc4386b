//! Recognises, measures and verifies images.
//!
//! Pure: bytes in, facts out. It knows no storage, no HTTP, no configuration and no clock, and does
//! no input or output of its own.
//!
//! Without the feature `codecs` only light types and [`sniff()`] remain, so that a function that reads
//! stored metadata links no decoder. With it, [`inspect()`] verifies a whole image: every entropy-coded
//! bit is decoded, every checksum checked, and the number of pixels is known to be within [`Limits`]
//! before anything is decoded.

mod error;
mod format;
mod limits;
mod metadata;
mod orientation;
mod sniff;

#[cfg(feature = "codecs")]
mod bytes;
#[cfg(feature = "codecs")]
mod decode;
#[cfg(feature = "codecs")]
mod exif;
#[cfg(feature = "codecs")]
mod inspect;
#[cfg(feature = "codecs")]
mod thumbnail;

pub use error::{Cause, InspectError};
pub use format::ImageFormat;
pub use limits::Limits;
pub use metadata::{Exif, Exposure, Location};
pub use orientation::Orientation;
pub use sniff::{Sniffed, sniff};

#[cfg(feature = "codecs")]
pub use inspect::{Inspection, declared_pixels, inspect};

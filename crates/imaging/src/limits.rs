//! Bounds on what an image may ask of the machine, checked on its header before anything is decoded.

#[cfg(feature = "codecs")]
use crate::InspectError;

/// What one image may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels of a whole image: width times height times frames. Default
    /// [`Limits::DEFAULT_MAX_PIXELS`].
    pub max_pixels: u64,
    /// Most memory in bytes for decoded pictures, where a format cannot be decoded row by row (WebP
    /// and AVIF). Default [`Limits::DEFAULT_MAX_DECODED_BYTES`].
    pub max_decoded_bytes: u64,
}

impl Limits {
    /// A hundred megapixels: the largest photographs, and a bound on processing time.
    pub const DEFAULT_MAX_PIXELS: u64 = 100_000_000;
    /// 384 MiB: with the upload itself (50 MiB), a copy of it, and the code it fits the smallest function that verifies,
    /// the sweeper of 1,024 MB, twice.
    pub const DEFAULT_MAX_DECODED_BYTES: u64 = 384 * 1024 * 1024;
}

/// Most frames of an animation: eleven minutes at thirty a second. Each costs more than its pixels where
/// they are few.
#[cfg(feature = "codecs")]
const MAX_FRAMES: u32 = 20_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: Self::DEFAULT_MAX_PIXELS,
            max_decoded_bytes: Self::DEFAULT_MAX_DECODED_BYTES,
        }
    }
}

#[cfg(feature = "codecs")]
impl Limits {
    /// No bound at all, for headers that are read without decoding what follows.
    pub(crate) const NONE: Self = Self {
        max_pixels: u64::MAX,
        max_decoded_bytes: u64::MAX,
    };

    /// Refuses a picture of more than `max_pixels` in all its frames, or of too many frames.
    pub(crate) fn check_pixels(
        &self,
        width: u32,
        height: u32,
        frames: u32,
    ) -> Result<(), InspectError> {
        if frames > MAX_FRAMES {
            return Err(InspectError::TooManyFrames {
                frames,
                limit: MAX_FRAMES,
            });
        }
        let pixels = u128::from(width) * u128::from(height) * u128::from(frames);
        if pixels > u128::from(self.max_pixels) {
            return Err(InspectError::TooManyPixels {
                width,
                height,
                frames,
                limit: self.max_pixels,
            });
        }
        Ok(())
    }

    /// Refuses a picture whose decoder would hold more than `max_decoded_bytes`.
    pub(crate) fn check_decoded_bytes(
        &self,
        width: u32,
        height: u32,
        bytes: u64,
    ) -> Result<(), InspectError> {
        if bytes > self.max_decoded_bytes {
            return Err(InspectError::TooMuchMemory { width, height });
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "codecs"))]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_counted_over_all_frames_and_allowed_up_to_the_limit_itself() {
        let limits = Limits {
            max_pixels: 600,
            ..Limits::default()
        };
        assert!(limits.check_pixels(10, 20, 3).is_ok());
        assert!(matches!(
            limits.check_pixels(10, 20, 4),
            Err(InspectError::TooManyPixels {
                width: 10,
                height: 20,
                frames: 4,
                limit: 600
            })
        ));
    }

    #[test]
    fn frames_are_counted_however_small_they_are() {
        let limits = Limits::default();
        assert!(limits.check_pixels(1, 1, MAX_FRAMES).is_ok());
        assert!(matches!(
            limits.check_pixels(1, 1, MAX_FRAMES + 1),
            Err(InspectError::TooManyFrames {
                frames: 20_001,
                limit: 20_000
            })
        ));
    }

    #[test]
    fn the_largest_numbers_a_header_can_hold_do_not_overflow() {
        assert!(
            Limits::default()
                .check_pixels(u32::MAX, u32::MAX, u32::MAX)
                .is_err()
        );
    }

    #[test]
    fn decoded_bytes_are_allowed_up_to_the_limit_itself() {
        let limits = Limits {
            max_decoded_bytes: 400,
            ..Limits::default()
        };
        assert!(limits.check_decoded_bytes(10, 10, 400).is_ok());
        assert!(matches!(
            limits.check_decoded_bytes(10, 10, 401),
            Err(InspectError::TooMuchMemory {
                width: 10,
                height: 10
            })
        ));
    }
}

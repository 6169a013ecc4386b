//! Why an image was refused.

use std::error::Error;

/// The cause of a refusal, kept for the log.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why an image was refused.
///
/// Each message may be shown to the client; what a decoder had to say is the `source`.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// There is not one byte.
    #[error("the image is empty")]
    Empty,
    /// The file is of a type that is not stored.
    #[error("{}", describe_unsupported(*content_type))]
    Unsupported {
        /// The media type, where the file is of a known one.
        content_type: Option<&'static str>,
    },
    /// The image is larger than the limit on pixels.
    #[error(
        "the image has {width} x {height} pixels in {frames} frame(s), over the limit of {limit} pixels"
    )]
    TooManyPixels {
        /// Width of the picture in pixels, as coded.
        width: u32,
        /// Height of the picture in pixels, as coded.
        height: u32,
        /// Number of frames counted against the limit; for AVIF of all pictures, those of transparency too.
        frames: u32,
        /// Most pixels allowed.
        limit: u64,
    },
    /// Decoding the image would take more memory than it may.
    #[error("the image has {width} x {height} pixels and would take too much memory to decode")]
    TooMuchMemory {
        /// Width of the picture in pixels, as coded.
        width: u32,
        /// Height of the picture in pixels, as coded.
        height: u32,
    },
    /// The animation has more frames than the limit, whatever their size.
    #[error("the image has {frames} frames, over the limit of {limit} frames")]
    TooManyFrames {
        /// Number of frames, as far as they were counted.
        frames: u32,
        /// Most frames allowed.
        limit: u32,
    },
    /// The file ends before the image does.
    #[error("the image is truncated")]
    Truncated,
    /// The file breaks the rules of its format.
    #[error("the image is corrupt")]
    Corrupt {
        /// Which rule.
        #[source]
        source: Cause,
    },
    /// The file keeps to its format, but uses a coding that almost nothing can display.
    #[error("the image uses a coding that is not supported: {coding}")]
    UnsupportedCoding {
        /// The coding, by the name its standard gives it.
        coding: &'static str,
    },
}

fn describe_unsupported(content_type: Option<&'static str>) -> String {
    match content_type {
        Some(content_type) => format!("files of type {content_type} are not supported"),
        None => "the file is not an image of a supported type".to_owned(),
    }
}

/// A broken rule of a format, in words.
#[cfg(feature = "codecs")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Defect(pub(crate) &'static str);

#[cfg(feature = "codecs")]
impl From<Defect> for InspectError {
    fn from(defect: Defect) -> Self {
        Self::corrupt(defect)
    }
}

#[cfg(feature = "codecs")]
impl InspectError {
    /// A refusal for what a decoder found.
    pub(crate) fn corrupt(source: impl Error + Send + Sync + 'static) -> Self {
        Self::Corrupt {
            source: Box::new(source),
        }
    }
}

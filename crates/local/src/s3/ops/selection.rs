//! Ranges and parts: which bytes of an object a request is about.

use std::ops::Range;

use s3s::dto;

use crate::s3::error::Error;
use crate::s3::object::Object;

/// Which bytes of an object a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) bytes: Range<u64>,
    /// Whether these are not all bytes, or were asked for as if they were not.
    pub(super) partial: bool,
    /// How many parts there are, where one was asked for.
    pub(super) parts_count: Option<i32>,
}

impl Selection {
    /// # Errors
    /// [`Error::InvalidRange`], [`Error::InvalidPartNumber`], or [`Error::InvalidArgument`] for
    /// both a range and a part.
    pub(super) fn of(
        object: &Object,
        range: Option<dto::Range>,
        part_number: Option<i32>,
    ) -> Result<Self, Error> {
        let size_bytes = object.size_bytes;
        let (bytes, partial, parts_count) = match (range, part_number) {
            (None, None) => (0..size_bytes, false, None),
            (Some(range), None) => {
                let bytes = range.check(size_bytes).map_err(|_| Error::InvalidRange)?;
                (bytes, true, None)
            }
            (None, Some(number)) => (
                part(object, number)?,
                true,
                i32::try_from(object.part_sizes.len())
                    .ok()
                    .filter(|&n| n > 0),
            ),
            (Some(_), Some(_)) => {
                return Err(Error::InvalidArgument(
                    "Cannot specify both Range header and partNumber query parameter",
                ));
            }
        };
        Ok(Self {
            bytes,
            partial,
            parts_count,
        })
    }

    pub(super) fn length(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }

    pub(super) fn content_range(&self, size_bytes: u64) -> Option<String> {
        // An empty object has one part, of which there is no first byte to name.
        (self.partial && !self.bytes.is_empty()).then(|| {
            let last = self.bytes.end - 1;
            format!("bytes {}-{last}/{size_bytes}", self.bytes.start)
        })
    }
}

/// The bytes of part `number`, counted from 1.  An object that was not uploaded in parts has one.
fn part(object: &Object, number: i32) -> Result<Range<u64>, Error> {
    let index = usize::try_from(number)
        .ok()
        .and_then(|number| number.checked_sub(1))
        .ok_or(Error::InvalidPartNumber)?;
    if object.part_sizes.is_empty() && index == 0 {
        return Ok(0..object.size_bytes);
    }
    let size_bytes = (object.part_sizes.get(index)).ok_or(Error::InvalidPartNumber)?;
    let start: u64 = object.part_sizes.iter().take(index).sum();
    Ok(start..start + size_bytes)
}

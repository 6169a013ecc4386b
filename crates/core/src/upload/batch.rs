//! What the images of one request may cost together.

use super::File;
use crate::Error;

/// The pixels that one request may still have verified. The limit on one image holds for all of a request, too:
/// twenty files that each keep to it would otherwise keep a core busy for minutes.
#[derive(Debug, Clone)]
pub(super) struct PixelBudget {
    limit: u64,
    left: u64,
}

impl PixelBudget {
    /// The budget of a new request.
    pub(super) fn of(limit: u64) -> Self {
        Self { limit, left: limit }
    }

    /// Takes what a file will cost out of the budget, whether or not it turns out to be sound. A file whose header
    /// is refused costs nothing; one that is too large for any budget is left to be refused as such.
    ///
    /// # Errors
    /// [`Error::TooManyPixels`] where the files before it have left too little.
    pub(super) fn take(&mut self, file: &File) -> Result<(), Error> {
        self.take_pixels(imaging::declared_pixels(&file.bytes).unwrap_or(0))
    }

    fn take_pixels(&mut self, pixels: u64) -> Result<(), Error> {
        if pixels > self.limit {
            return Ok(());
        }
        match self.left.checked_sub(pixels) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Error::TooManyPixels {
                detail: format!(
                    "The images of this request have more than {} pixels in all their frames together; send \
                     this one in a request of its own.",
                    self.limit
                ),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_taken_up_to_the_limit_itself_and_smaller_ones_after_a_refusal() {
        let mut budget = PixelBudget::of(100);
        assert!(budget.take_pixels(60).is_ok());
        let refused = budget.take_pixels(41).unwrap_err();
        assert_eq!(refused.code(), "too_many_pixels");
        assert!(budget.take_pixels(40).is_ok());
        assert!(budget.take_pixels(0).is_ok());
        assert!(budget.take_pixels(1).is_err());
    }

    #[test]
    fn what_no_request_may_have_takes_nothing_from_the_others() {
        let mut budget = PixelBudget::of(100);
        assert!(budget.take_pixels(101).is_ok());
        assert!(budget.take_pixels(u64::MAX).is_ok());
        assert!(budget.take_pixels(100).is_ok());
    }
}

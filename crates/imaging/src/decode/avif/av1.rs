//! The AV1 decoder: one thread, no more than the expected picture, nothing added to it.

use re_rav1d::dav1d::{Decoder, Error, Picture, Settings};

use crate::InspectError;
use crate::error::Defect;

use super::obu;

/// Decodes pictures of one size.
pub(super) struct Av1Decoder {
    decoder: Decoder,
    width: u32,
    height: u32,
    /// How many more coded frames may come, shown or not.
    frames_left: u32,
}

impl Av1Decoder {
    /// A decoder of pictures of up to this width and height; it allocates nothing for larger ones. It takes no
    /// more than so many coded frames: a file can hold any number that are never shown.
    pub(super) fn new(width: u32, height: u32, max_frames: u32) -> Result<Self, InspectError> {
        let mut settings = Settings::new();
        settings.set_n_threads(1);
        settings.set_max_frame_delay(1);
        // Of a layered image only the last and best layer is wanted.
        settings.set_all_layers(false);
        // Film grain is added noise; it verifies nothing.
        settings.set_apply_grain(false);
        settings.set_frame_size_limit(width.saturating_mul(height));
        Ok(Self {
            decoder: Decoder::with_settings(&settings).map_err(InspectError::corrupt)?,
            width,
            height,
            frames_left: max_frames,
        })
    }

    /// Decodes a piece of data and passes on the pictures it completes.
    pub(super) fn decode(
        &mut self,
        data: Vec<u8>,
        mut on_picture: impl FnMut(Picture),
    ) -> Result<(), InspectError> {
        if data.is_empty() {
            return Err(Defect("a picture without data").into());
        }
        self.frames_left = self
            .frames_left
            .checked_sub(obu::frame_headers(&data))
            .ok_or(Defect("many more coded frames than pictures"))?;
        let mut sent = self.decoder.send_data(data, None, None, None);
        loop {
            let pictures = self.take_pictures(&mut on_picture)?;
            match sent {
                Ok(()) => return Ok(()),
                // The decoder waits for pictures to be taken before it goes on with the data.
                Err(error) if error.is_again() && pictures > 0 => {
                    sent = self.decoder.send_pending_data();
                }
                Err(error) => return Err(InspectError::corrupt(error)),
            }
        }
    }

    fn take_pictures(&mut self, on_picture: &mut impl FnMut(Picture)) -> Result<u32, InspectError> {
        let mut count = 0;
        loop {
            match self.decoder.get_picture() {
                Ok(picture) => {
                    // A layered image begins with smaller layers, but only its last one is passed
                    // on by the decoder.
                    if (picture.width(), picture.height()) != (self.width, self.height) {
                        return Err(
                            Defect("a picture of another size than its file declares").into()
                        );
                    }
                    count += 1;
                    on_picture(picture);
                }
                Err(Error::Again) => return Ok(count),
                Err(error) => return Err(InspectError::corrupt(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_frames_are_decoded_than_announced() {
        let file = include_bytes!("../../../tests/samples/still.avif");
        let media = file.windows(4).position(|name| name == b"mdat").unwrap();
        let data = file[media + 4..].repeat(3);
        let decode = |max_frames| {
            let mut pictures = 0;
            let mut decoder = Av1Decoder::new(20, 12, max_frames)?;
            decoder.decode(data.clone(), |_| pictures += 1)?;
            Ok::<_, InspectError>(pictures)
        };
        assert_eq!(decode(3).unwrap(), 3);
        assert!(matches!(decode(2), Err(InspectError::Corrupt { .. })));
    }
}

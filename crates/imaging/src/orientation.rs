//! How a coded picture has to be turned to stand upright.

/// The eight ways a coded picture can lie, numbered as in EXIF (CIPA DC-008 4.6.4, tag 0x0112).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Orientation {
    /// 1: upright already.
    #[default]
    Upright = 1,
    /// 2: left and right are exchanged.
    MirroredHorizontally = 2,
    /// 3: upside down.
    Rotated180 = 3,
    /// 4: top and bottom are exchanged.
    MirroredVertically = 4,
    /// 5: rows and columns are exchanged.
    Transposed = 5,
    /// 6: to be turned by 90 degrees clockwise.
    Rotated90 = 6,
    /// 7: rows and columns are exchanged along the other diagonal.
    Transversed = 7,
    /// 8: to be turned by 270 degrees clockwise.
    Rotated270 = 8,
}

impl Orientation {
    /// Every orientation, by its EXIF number.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::MirroredHorizontally,
        Self::Rotated180,
        Self::MirroredVertically,
        Self::Transposed,
        Self::Rotated90,
        Self::Transversed,
        Self::Rotated270,
    ];

    /// The orientation of an EXIF number; none if it is not in 1 to 8.
    #[must_use]
    pub fn from_exif_value(value: u32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|orientation| u32::from(orientation.exif_value()) == value)
    }

    /// The EXIF number, 1 to 8.
    #[must_use]
    pub const fn exif_value(self) -> u8 {
        self as u8
    }

    /// Whether width and height change places when the picture is displayed.
    #[must_use]
    pub const fn swaps_axes(self) -> bool {
        self.exif_value() >= Self::Transposed.exif_value()
    }

    /// Width and height as displayed, of a picture of this width and height as coded; and, being its
    /// own inverse, the other way round.
    #[must_use]
    pub const fn displayed_size(self, width: u32, height: u32) -> (u32, u32) {
        if self.swaps_axes() {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// The place in the coded picture of `width` by `height` that is displayed at (`x`, `y`).
    #[must_use]
    pub const fn coded_position(
        self,
        (x, y): (usize, usize),
        (width, height): (usize, usize),
    ) -> (usize, usize) {
        match self {
            Self::Upright => (x, y),
            Self::MirroredHorizontally => (width - 1 - x, y),
            Self::Rotated180 => (width - 1 - x, height - 1 - y),
            Self::MirroredVertically => (x, height - 1 - y),
            Self::Transposed => (y, x),
            Self::Rotated90 => (y, height - 1 - x),
            Self::Transversed => (width - 1 - y, height - 1 - x),
            Self::Rotated270 => (width - 1 - y, x),
        }
    }

    /// This orientation followed by quarter turns anti-clockwise, as `irot` asks
    /// (ISO/IEC 23008-12 6.5.10).
    #[must_use]
    pub fn then_rotated_anticlockwise(self, quarter_turns: u8) -> Self {
        let (mirrored, clockwise) = self.as_mirror_and_turns();
        Self::from_mirror_and_turns(mirrored, clockwise + 4 - quarter_turns % 4)
    }

    /// This orientation followed by an exchange of left and right.
    #[must_use]
    pub fn then_mirrored_horizontally(self) -> Self {
        let (mirrored, clockwise) = self.as_mirror_and_turns();
        Self::from_mirror_and_turns(!mirrored, 4 - clockwise)
    }

    /// This orientation followed by an exchange of top and bottom.
    #[must_use]
    pub fn then_mirrored_vertically(self) -> Self {
        self.then_mirrored_horizontally()
            .then_rotated_anticlockwise(2)
    }

    /// The orientation as an exchange of left and right, or none, then quarter turns clockwise.
    const fn as_mirror_and_turns(self) -> (bool, u8) {
        match self {
            Self::Upright => (false, 0),
            Self::Rotated90 => (false, 1),
            Self::Rotated180 => (false, 2),
            Self::Rotated270 => (false, 3),
            Self::MirroredHorizontally => (true, 0),
            Self::Transversed => (true, 1),
            Self::MirroredVertically => (true, 2),
            Self::Transposed => (true, 3),
        }
    }

    const fn from_mirror_and_turns(mirrored: bool, clockwise: u8) -> Self {
        match (mirrored, clockwise % 4) {
            (false, 0) => Self::Upright,
            (false, 1) => Self::Rotated90,
            (false, 2) => Self::Rotated180,
            (false, _) => Self::Rotated270,
            (true, 0) => Self::MirroredHorizontally,
            (true, 1) => Self::Transversed,
            (true, 2) => Self::MirroredVertically,
            (true, _) => Self::Transposed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of 3 by 2, told apart by its numbers, as it is displayed.
    fn displayed(orientation: Orientation, coded: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let size = (coded[0].len(), coded.len());
        let (width, height) = if orientation.swaps_axes() {
            (size.1, size.0)
        } else {
            size
        };
        (0..height)
            .map(|y| {
                (0..width)
                    .map(|x| {
                        let (x, y) = orientation.coded_position((x, y), size);
                        coded[y][x]
                    })
                    .collect()
            })
            .collect()
    }

    fn picture() -> Vec<Vec<u8>> {
        vec![vec![1, 2, 3], vec![4, 5, 6]]
    }

    #[test]
    fn a_picture_to_be_turned_clockwise_shows_its_lower_left_corner_at_the_upper_left() {
        assert_eq!(
            displayed(Orientation::Rotated90, &picture()),
            [vec![4, 1], vec![5, 2], vec![6, 3]]
        );
    }

    #[test]
    fn steps_taken_one_after_the_other_equal_the_orientation_they_make_up() {
        for first in Orientation::ALL {
            let upright = displayed(first, &picture());
            assert_eq!(
                displayed(first.then_mirrored_horizontally(), &picture()),
                displayed(Orientation::MirroredHorizontally, &upright)
            );
            assert_eq!(
                displayed(first.then_mirrored_vertically(), &picture()),
                displayed(Orientation::MirroredVertically, &upright)
            );
            assert_eq!(
                displayed(first.then_rotated_anticlockwise(1), &picture()),
                displayed(Orientation::Rotated270, &upright)
            );
        }
    }

    #[test]
    fn numbers_outside_one_to_eight_are_no_orientation() {
        assert_eq!(Orientation::from_exif_value(0), None);
        assert_eq!(
            Orientation::from_exif_value(8),
            Some(Orientation::Rotated270)
        );
        assert_eq!(Orientation::from_exif_value(9), None);
    }
}

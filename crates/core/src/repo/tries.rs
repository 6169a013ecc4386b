//! Making a call again that a store would take a little later.

use std::time::Duration;

use uuid::Uuid;

/// The tries of one call. It waits between them, and not after the last.
#[derive(Debug)]
pub(super) struct Tries {
    made: u32,
    most: u32,
}

impl Tries {
    /// Of a call that is to be made, at most so often.
    pub(super) fn at_most(most: u32) -> Self {
        Self { made: 1, most }
    }

    /// Whether the call may be made once more, after it failed: then when to make it is now.
    pub(super) async fn another(&mut self) -> bool {
        if self.made >= self.most {
            return false;
        }
        let chance = Uuid::new_v4().into_bytes()[0];
        tokio::time::sleep(wait(self.made, chance)).await;
        self.made += 1;
        true
    }
}

/// 25 ms after the first try, twice as long after each further one, and by chance up to half as much again: those that
/// collided are not to meet a second time.
fn wait(made: u32, chance: u8) -> Duration {
    const FIRST: Duration = Duration::from_millis(25);
    let least = FIRST * (1 << (made - 1));
    least + least * u32::from(chance) / (2 * u32::from(u8::MAX))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn waits_double_and_grow_by_half_at_most() {
        let millis = |made, chance| wait(made, chance).as_millis();
        assert_eq!(
            [1, 2, 3, 7].map(|made| millis(made, 0)),
            [25, 50, 100, 1_600]
        );
        assert_eq!(
            [1, 2, 3, 7].map(|made| millis(made, 255)),
            [37, 75, 150, 2_400]
        );
        assert!(wait(1, 0) < wait(1, 7) && wait(1, 7) < wait(1, 255));
    }

    #[tokio::test]
    async fn a_call_is_tried_so_often_and_nobody_waits_after_the_last_try() {
        let mut tries = Tries::at_most(3);
        let mut made = 1;
        loop {
            // One that waits is not ready at once.
            match tries.another().now_or_never() {
                Some(another) => break assert!(!another),
                None => assert!(tries.another().await),
            }
            made += 1;
        }
        assert_eq!(made, 3);
    }
}

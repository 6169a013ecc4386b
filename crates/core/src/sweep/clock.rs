//! How a run shares out its time: per row, and over the shards of the index.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::repo::SWEEP_SHARDS;

/// The time of one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    started: Instant,
    budget: Duration,
}

impl Clock {
    pub(super) fn start(budget: Duration) -> Self {
        Self {
            started: Instant::now(),
            budget,
        }
    }

    /// Whether no row may be begun any more.
    pub(super) fn is_over(self) -> bool {
        self.started.elapsed() >= self.budget
    }

    /// Whether there is time to verify an image: a quarter of the budget. One begun later would be cut off, and that
    /// be held against the image.
    pub(super) fn leaves_room(self) -> bool {
        self.started.elapsed() * 4 < self.budget * 3
    }

    /// Does the work, if it may still be begun.
    pub(super) async fn in_time<T>(self, work: impl Future<Output = T>) -> Option<T> {
        if self.is_over() {
            return None;
        }
        Some(work.await)
    }
}

/// The shards of the index, each minute another one first: should runs end early, they still come to all of them.
/// The schedules, of one minute and of five, have no factor in common with the number of shards.
pub(super) fn shards(now: DateTime<Utc>) -> impl Iterator<Item = u8> {
    let minute = now.timestamp().div_euclid(60);
    let first = minute.rem_euclid(SWEEP_SHARDS.into());
    (0..SWEEP_SHARDS).filter_map(move |step| {
        let shard = (first + i64::from(step)) % i64::from(SWEEP_SHARDS);
        u8::try_from(shard).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_comes_to_every_shard_and_each_schedule_puts_each_first() {
        let at = |minute: i64| DateTime::from_timestamp(1_800_000_000 + 60 * minute, 0).unwrap();
        for schedule_minutes in [1, 5] {
            let runs = (0..4).map(|run| shards(at(run * schedule_minutes)).collect::<Vec<_>>());
            let mut first: Vec<u8> = runs.clone().map(|shards| shards[0]).collect();
            first.sort_unstable();
            assert_eq!(first, [0, 1, 2, 3], "{schedule_minutes}");
            for mut shards in runs {
                shards.sort_unstable();
                assert_eq!(shards, [0, 1, 2, 3]);
            }
        }
    }

    #[test]
    fn a_verification_needs_more_time_than_any_other_row() {
        let clock = |elapsed_secs| Clock {
            started: Instant::now()
                .checked_sub(Duration::from_secs(elapsed_secs))
                .unwrap(),
            budget: Duration::from_secs(100),
        };
        let may = |elapsed_secs| {
            let clock = clock(elapsed_secs);
            (!clock.is_over(), clock.leaves_room())
        };
        assert_eq!(may(0), (true, true));
        assert_eq!(may(70), (true, true));
        assert_eq!(may(80), (true, false));
        assert_eq!(may(101), (false, false));
    }
}

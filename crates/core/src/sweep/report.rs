use serde::Serialize;

use crate::{Error, ImageId};

/// What one run of the sweeper did, in numbers of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SweepReport {
    /// Found in the index and due.
    pub examined: u64,
    /// Uploads that came to nothing and were removed.
    pub aborted: u64,
    /// Direct uploads whose bytes were there, verified and shown.
    pub published: u64,
    /// Direct uploads whose bytes were refused, and removed.
    pub rejected: u64,
    /// Deletes that were finished.
    pub deleted: u64,
    /// Tombstones whose waiting time was over.
    pub released: u64,
    /// Rows that something else had settled.
    pub settled: u64,
    /// Rows that failed and wait for the next run.
    pub failed: u64,
    /// Whether time ran out before the end of the index.
    pub unfinished: bool,
}

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Aborted,
    Published,
    Rejected,
    Deleted,
    Released,
    Settled,
}

impl SweepReport {
    pub(super) fn count(&mut self, id: ImageId, outcome: Result<Outcome, Error>) {
        self.examined += 1;
        let counter = match outcome {
            Ok(Outcome::Aborted) => &mut self.aborted,
            Ok(Outcome::Published) => &mut self.published,
            Ok(Outcome::Rejected) => &mut self.rejected,
            Ok(Outcome::Deleted) => &mut self.deleted,
            Ok(Outcome::Released) => &mut self.released,
            Ok(Outcome::Settled) => &mut self.settled,
            Err(error) => {
                tracing::warn!(image_id = %id, error = crate::error_chain(&error), "left for the next sweep");
                &mut self.failed
            }
        };
        *counter += 1;
    }
}

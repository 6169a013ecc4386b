use chrono::{DateTime, Utc};

use super::Sweeper;
use crate::Error;

impl Sweeper {
    /// How many rows are due, as the index has it: what a run that has just ended left, or has not caught up with yet.
    ///
    /// # Errors
    /// The index could not be read.
    pub async fn backlog(&self, now: DateTime<Utc>) -> Result<u64, Error> {
        self.images.due_count(now).await
    }
}

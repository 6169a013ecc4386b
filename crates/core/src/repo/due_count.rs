use aws_sdk_dynamodb::types::Select;
use chrono::{DateTime, Utc};

use super::keys::SWEEP_SHARDS;
use super::{Images, StoreError};
use crate::Error;

impl Images {
    /// How many rows of the sweeper's index are due. One call a shard: of more than a megabyte of keys in one, some ten
    /// thousand, only those are counted.
    pub(crate) async fn due_count(&self, now: DateTime<Utc>) -> Result<u64, Error> {
        let mut count = 0;
        for shard in 0..SWEEP_SHARDS {
            let query = self.due_query(shard, now).select(Select::Count);
            let answer = query.send().await;
            let answer = answer.map_err(|error| StoreError::new("Query", error))?;
            count += u64::try_from(answer.count).unwrap_or(0);
        }
        Ok(count)
    }
}

use aws_sdk_dynamodb::types::Select;
use chrono::{DateTime, Utc};

use super::keys::{SWEEP_INDEX, SWEEP_SHARDS};
use super::rows::{number, text};
use super::{Images, StoreError};
use crate::Error;

impl Images {
    /// How many rows of the sweeper's index are due. One call a shard: of more than a megabyte of keys in one, some ten
    /// thousand, only those are counted.
    pub(crate) async fn due_count(&self, now: DateTime<Utc>) -> Result<u64, Error> {
        let mut count = 0;
        for shard in 0..SWEEP_SHARDS {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(SWEEP_INDEX)
                .key_condition_expression("sweep_shard = :shard AND due_at <= :now")
                .expression_attribute_values(":shard", text(shard.to_string()))
                .expression_attribute_values(":now", number(now.timestamp()))
                .select(Select::Count);
            let answer = query.send().await;
            let answer = answer.map_err(|error| StoreError::new("Query", error))?;
            count += u64::try_from(answer.count).unwrap_or(0);
        }
        Ok(count)
    }
}

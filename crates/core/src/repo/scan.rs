//! What only the sweeper and the audit read: the rows that are due, and everything.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use chrono::{DateTime, Utc};

use super::keys::{self, Position};
use super::rows::{self, Item, Row, text};
use super::{Images, StoreError};
use crate::{Error, ImageId};

/// Rows read at a time.
const PAGE_ROWS: i32 = 100;

/// Where a read of several pages goes on.
#[derive(Debug, Default)]
pub(crate) struct Resume(Option<Item>);

/// A row of the table, as the audit sees it.
#[derive(Debug)]
pub(crate) enum AnyRow {
    /// An image row.
    Image(Box<Row>),
    /// A listing row.
    Listing {
        partition: String,
        position: Position,
        revision: u64,
    },
    /// A row under a key of this service that cannot be read.
    Corrupt {
        sort_key: String,
        /// Whose row it is, as far as its key tells.
        image: Option<ImageId>,
        cause: Error,
    },
    /// A row under a key that this service does not write.
    Foreign { partition: String, sort_key: String },
}

impl Images {
    /// A page of the rows of one shard that wait for the sweeper and are due. The index is eventually consistent:
    /// read each row again before acting on it.
    pub(crate) async fn due(
        &self,
        shard: u8,
        now: DateTime<Utc>,
        resume: Resume,
    ) -> Result<(Vec<ImageId>, Option<Resume>), Error> {
        let query = self
            .due_query(shard, now)
            .set_exclusive_start_key(resume.0)
            .limit(PAGE_ROWS);
        let answer = query
            .send()
            .await
            .map_err(|error| StoreError::new("Query", error))?;
        let items = answer.items.unwrap_or_default();
        let ids = items
            .iter()
            .filter_map(|item| keys::image_in(rows::string(item, "pk")?));
        Ok((
            ids.collect(),
            answer.last_evaluated_key.map(|key| Resume(Some(key))),
        ))
    }

    /// The rows of one shard of the sweeper's index that are due.
    pub(super) fn due_query(&self, shard: u8, now: DateTime<Utc>) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name(keys::SWEEP_INDEX)
            .key_condition_expression("sweep_shard = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", text(shard.to_string()))
            .expression_attribute_values(":now", rows::number(now.timestamp()))
    }

    /// A page of everything. Reads the whole table: for the audit alone.
    pub(crate) async fn scan(
        &self,
        resume: Resume,
    ) -> Result<(Vec<AnyRow>, Option<Resume>), Error> {
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true);
        let scan = scan.set_exclusive_start_key(resume.0);
        let answer = scan
            .send()
            .await
            .map_err(|error| StoreError::new("Scan", error))?;
        let items = answer.items.unwrap_or_default();
        Ok((
            items.into_iter().map(classify).collect(),
            answer.last_evaluated_key.map(|key| Resume(Some(key))),
        ))
    }
}

/// Every row is something: one that cannot be read must not hide those behind it.
fn classify(item: Item) -> AnyRow {
    let key = |name| rows::string(&item, name).unwrap_or_default().to_owned();
    let (partition, sort_key) = (key("pk"), key("sk"));
    let unreadable = |image, cause| AnyRow::Corrupt {
        sort_key: sort_key.clone(),
        image,
        cause,
    };
    if let Some(id) = keys::image_in(&partition)
        && sort_key == keys::IMAGE_SORT_KEY
    {
        return match Row::parse(item) {
            Ok(row) => AnyRow::Image(Box::new(row)),
            Err(cause) => unreadable(Some(id), cause),
        };
    }
    if keys::is_listing(&partition) {
        return match rows::read_listing_item(item) {
            Ok((image, _)) => AnyRow::Listing {
                position: Position::of(&image),
                revision: image.revision,
                partition,
            },
            Err(cause) => {
                let position = Position::parse(&sort_key);
                unreadable(position.map(|position| position.id), cause)
            }
        };
    }
    AnyRow::Foreign {
        partition,
        sort_key,
    }
}

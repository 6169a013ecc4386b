//! What only the sweeper and the audit read: the rows that are due, and everything.

use chrono::{DateTime, Utc};

use super::keys::{self, Position};
use super::rows::{self, Item, Row, State, text};
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
    /// Something that this service does not write.
    Foreign { partition: String },
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
            .client
            .query()
            .table_name(&self.table)
            .index_name(keys::SWEEP_INDEX)
            .key_condition_expression("sweep_shard = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", text(shard.to_string()))
            .expression_attribute_values(":now", rows::number(now.timestamp()))
            .set_exclusive_start_key(resume.0)
            .limit(PAGE_ROWS);
        let answer = query
            .send()
            .await
            .map_err(|error| StoreError::new("Query", error))?;
        let items = answer.items.unwrap_or_default();
        let ids = items
            .iter()
            .filter_map(|item| rows::string(item, "pk")?.strip_prefix("IMG#")?.parse().ok());
        Ok((
            ids.collect(),
            answer.last_evaluated_key.map(|key| Resume(Some(key))),
        ))
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
        let rows: Result<Vec<_>, _> = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(classify)
            .collect();
        Ok((
            rows?,
            answer.last_evaluated_key.map(|key| Resume(Some(key))),
        ))
    }

    /// Removes a listing row, unless its image has become active again at that revision: it cannot.
    pub(crate) async fn delete_listing(
        &self,
        partition: &str,
        position: Position,
    ) -> Result<(), Error> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete.set_key(Some(rows::item_key(partition, position.to_string())));
        delete
            .send()
            .await
            .map_err(|error| StoreError::new("DeleteItem", error))?;
        Ok(())
    }
}

impl Row {
    /// The image, where it is shown.
    pub(crate) fn active_image(&self) -> Option<&crate::Image> {
        match &self.state {
            State::Active(image) => Some(image),
            State::Uploading(_) | State::Direct(_) | State::Deleting | State::Deleted => None,
        }
    }
}

fn classify(item: Item) -> Result<AnyRow, Error> {
    let partition = rows::string(&item, "pk").unwrap_or_default().to_owned();
    if partition.starts_with("IMG#") {
        return Ok(AnyRow::Image(Box::new(Row::parse(item)?)));
    }
    if partition.starts_with("U#") || partition.starts_with('G') {
        let (image, _) = rows::read_listing_item(item)?;
        return Ok(AnyRow::Listing {
            partition,
            position: Position::of(&image),
            revision: image.revision,
        });
    }
    Ok(AnyRow::Foreign { partition })
}

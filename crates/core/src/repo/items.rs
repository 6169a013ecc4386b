//! Image rows: the state machine PENDING, ACTIVE, DELETING, tombstone. Every write is conditional on the state
//! that it leaves, so of two that race one wins and the other learns it.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::StoreError;
use super::keys::{self, IMAGE_SORT_KEY};
use super::rows::{self, Item, number, string, text};
use crate::{Error, Image, ImageId, Status};

/// How long an attempt to upload may act. Functions time out before.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How long after a row was left behind the sweeper may take it: longer than any function of the service runs.
const SWEEP_DELAY: TimeDelta = TimeDelta::minutes(15);
/// How long a tombstone outlives the image: past the 24 h for which an idempotency key is remembered.
const TOMBSTONE_LIFE: TimeDelta = TimeDelta::hours(25);
/// The most keys of one `BatchGetItem`.
const BATCH_GET_KEYS: usize = 100;
/// How often a transaction that collides with another is tried.
const CONFLICT_ATTEMPTS: u32 = 5;

/// Where an image row is in its life, with what only that state has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lifecycle {
    /// The upload that `attempt` names is under way.
    Pending,
    /// Stored and listed.
    Active,
    /// Hidden; its object is being removed.
    Deleting,
}

/// An image row that is not a tombstone.
#[derive(Debug)]
pub(crate) struct ImageRow {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) attempt: String,
    pub(crate) image: Image,
}

/// What became of the wish to start an upload.
#[derive(Debug)]
pub(crate) enum Begin {
    /// The row is ours.
    Started,
    /// The id is taken.
    Taken,
}

/// What became of a transition.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Commit {
    /// It was made.
    Done,
    /// The row was not in the state that the transition starts from.
    Refused,
}

/// The table.
#[derive(Debug, Clone)]
pub(crate) struct Images {
    pub(super) client: Client,
    pub(super) table: String,
}

impl Images {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Writes the PENDING row. Until [`Images::commit`] it is in no list and no reader sees it; left behind,
    /// the sweeper finds it by its `due_at`.
    pub(crate) async fn begin(
        &self,
        image: &Image,
        attempt: &str,
        now: DateTime<Utc>,
    ) -> Result<Begin, Error> {
        let mut item = rows::image_item(image)?;
        item.insert("attempt".into(), text(attempt));
        item.insert(
            "lease_until".into(),
            number((now + LEASE).timestamp_millis()),
        );
        insert_due(&mut item, image.id, now);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Begin::Started),
            Err(error) => match error.as_service_error() {
                // A retry of the SDK's can meet the row that its first try wrote.
                Some(PutItemError::ConditionalCheckFailedException(found))
                    if found.item().and_then(|item| string(item, "attempt")) == Some(attempt) =>
                {
                    Ok(Begin::Started)
                }
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(Begin::Taken),
                Some(_) | None => Err(StoreError::new("PutItem", error).into()),
            },
        }
    }

    /// PENDING to ACTIVE, fenced by the attempt, with every listing row, in one transaction. A doubtful outcome
    /// is settled by reading.
    pub(crate) async fn commit(&self, image: &Image, attempt: &str) -> Result<Commit, Error> {
        let activate = self
            .update(image.id)
            .update_expression("SET #status = :active REMOVE lease_until, sweep_shard, due_at")
            .condition_expression("#status = :pending AND attempt = :attempt")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":active", text(Status::Active.as_str()))
            .expression_attribute_values(":pending", text(Status::Pending.as_str()))
            .expression_attribute_values(":attempt", text(attempt));
        let mut writes = vec![update_write(activate)?];
        for item in rows::listing_items(image)? {
            let put = Put::builder().table_name(&self.table).set_item(Some(item));
            let put = put
                .build()
                .map_err(|error| StoreError::unexpected("TransactWriteItems", error))?;
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        match self.transact(writes).await {
            Ok(Commit::Done) => Ok(Commit::Done),
            // Refused can mean that an earlier try, whose answer was lost, had been applied.
            outcome @ (Ok(Commit::Refused) | Err(_)) => match self.get(image.id).await? {
                Some(row) if row.lifecycle == Lifecycle::Active && row.attempt == attempt => {
                    Ok(Commit::Done)
                }
                Some(_) | None => outcome,
            },
        }
    }

    /// ACTIVE to DELETING, and out of every list, in one transaction. Refused where the row is not the one that
    /// `image` was read from.
    pub(crate) async fn begin_delete(
        &self,
        image: &Image,
        now: DateTime<Utc>,
    ) -> Result<Commit, Error> {
        let revision = i64::try_from(image.revision).unwrap_or(i64::MAX);
        let hide = self
            .update(image.id)
            .update_expression("SET #status = :deleting, sweep_shard = :shard, due_at = :due")
            .condition_expression("#status = :active AND rev = :revision")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleting", text(Status::Deleting.as_str()))
            .expression_attribute_values(":active", text(Status::Active.as_str()))
            .expression_attribute_values(":revision", number(revision))
            .expression_attribute_values(":shard", text(keys::sweep_shard(image.id)))
            .expression_attribute_values(":due", number((now + SWEEP_DELAY).timestamp()));
        let mut writes = vec![update_write(hide)?];
        for partition in keys::listings(image) {
            let delete = Delete::builder()
                .table_name(&self.table)
                .key("pk", text(partition))
                .key("sk", text(keys::Position::of(image).to_string()))
                .build()
                .map_err(|error| StoreError::unexpected("TransactWriteItems", error))?;
            writes.push(TransactWriteItem::builder().delete(delete).build());
        }
        self.transact(writes).await
    }

    /// DELETING to a tombstone, once the object is gone. DynamoDB drops it when its time is over.
    pub(crate) async fn bury(&self, id: ImageId, now: DateTime<Utc>) -> Result<(), Error> {
        let tombstone = Item::from([
            ("pk".to_owned(), text(keys::image_partition(id))),
            ("sk".to_owned(), text(IMAGE_SORT_KEY)),
            ("status".to_owned(), text("deleted")),
            (
                "expires_at".to_owned(),
                number((now + TOMBSTONE_LIFE).timestamp()),
            ),
        ]);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(tombstone))
            .condition_expression("#status = :deleting")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleting", text(Status::Deleting.as_str()));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // Another delete of the same image was faster.
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                Some(_) | None => Err(StoreError::new("PutItem", error).into()),
            },
        }
    }

    /// Reads one image row, strongly consistent. A tombstone is no row.
    pub(crate) async fn get(&self, id: ImageId) -> Result<Option<ImageRow>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(image_key(id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::new("GetItem", error))?;
        answer.item.map_or(Ok(None), read_row)
    }

    /// Reads the active ones among some images, strongly consistent, in no particular order.
    pub(crate) async fn get_active(&self, ids: &[ImageId]) -> Result<Vec<Image>, Error> {
        let mut images = Vec::with_capacity(ids.len());
        for batch in ids.chunks(BATCH_GET_KEYS) {
            let mut keys: Vec<Item> = batch.iter().map(|id| image_key(*id)).collect();
            for attempt in 0.. {
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(keys))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| StoreError::unexpected("BatchGetItem", error))?;
                let answer = self
                    .client
                    .batch_get_item()
                    .request_items(&self.table, wanted)
                    .send()
                    .await
                    .map_err(|error| StoreError::new("BatchGetItem", error))?;
                for item in answer
                    .responses
                    .into_iter()
                    .filter_map(|mut found| found.remove(&self.table))
                    .flatten()
                {
                    images.extend(
                        read_row(item)?
                            .filter(|row| row.lifecycle == Lifecycle::Active)
                            .map(|row| row.image),
                    );
                }
                // What the table could not read within its throughput comes back to be asked again.
                match answer
                    .unprocessed_keys
                    .and_then(|mut left| left.remove(&self.table))
                {
                    None => break,
                    Some(_) if attempt == CONFLICT_ATTEMPTS => {
                        return Err(
                            StoreError::busy("BatchGetItem", "keys are left unprocessed").into(),
                        );
                    }
                    Some(left) => {
                        keys = left.keys;
                        back_off(attempt).await;
                    }
                }
            }
        }
        Ok(images)
    }

    fn update(&self, id: ImageId) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(image_key(id)))
    }

    /// Runs a transaction whose first write carries the only condition. One that collides with another
    /// transaction on the same rows is tried again: DynamoDB leaves that to its clients.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Commit, Error> {
        const NAME: &str = "TransactWriteItems";
        for attempt in 0..CONFLICT_ATTEMPTS {
            let call = self
                .client
                .transact_write_items()
                .set_transact_items(Some(writes.clone()));
            match call.send().await {
                Ok(_) => return Ok(Commit::Done),
                Err(error) => match cancellation(&error) {
                    Some(Cancellation::ConditionFailed) => return Ok(Commit::Refused),
                    Some(Cancellation::Conflict) => back_off(attempt).await,
                    None => return Err(StoreError::new(NAME, error).into()),
                },
            }
        }
        Err(StoreError::busy(NAME, "the transaction collided with others each time").into())
    }
}

enum Cancellation {
    ConditionFailed,
    Conflict,
}

fn cancellation<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Cancellation> {
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
        error.as_service_error()
    else {
        return None;
    };
    let has = |code| {
        let mut reasons = canceled.cancellation_reasons().iter();
        reasons.any(|reason| reason.code() == Some(code))
    };
    if has("ConditionalCheckFailed") {
        Some(Cancellation::ConditionFailed)
    } else if has("TransactionConflict")
        || has("ThrottlingError")
        || has("ProvisionedThroughputExceeded")
    {
        Some(Cancellation::Conflict)
    } else {
        None
    }
}

async fn back_off(attempt: u32) {
    const FIRST_MILLIS: u64 = 25;
    tokio::time::sleep(Duration::from_millis(FIRST_MILLIS << attempt)).await;
}

fn update_write(
    update: aws_sdk_dynamodb::types::builders::UpdateBuilder,
) -> Result<TransactWriteItem, Error> {
    let update = update
        .build()
        .map_err(|error| StoreError::unexpected("TransactWriteItems", error))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn insert_due(item: &mut Item, id: ImageId, now: DateTime<Utc>) {
    item.insert("sweep_shard".into(), text(keys::sweep_shard(id)));
    item.insert("due_at".into(), number((now + SWEEP_DELAY).timestamp()));
}

fn image_key(id: ImageId) -> Item {
    Item::from([
        (
            "pk".to_owned(),
            AttributeValue::S(keys::image_partition(id)),
        ),
        (
            "sk".to_owned(),
            AttributeValue::S(IMAGE_SORT_KEY.to_owned()),
        ),
    ])
}

fn read_row(item: Item) -> Result<Option<ImageRow>, Error> {
    let (lifecycle, status) = match string(&item, "status") {
        Some("pending") => (Lifecycle::Pending, Status::Pending),
        Some("active") => (Lifecycle::Active, Status::Active),
        Some("deleting") => (Lifecycle::Deleting, Status::Deleting),
        Some("deleted") => return Ok(None),
        other => {
            return Err(Error::CorruptRow(
                format!("a row of status {other:?}").into(),
            ));
        }
    };
    let attempt = string(&item, "attempt").unwrap_or_default().to_owned();
    let image = rows::read_image_item(item, status)?;
    Ok(Some(ImageRow {
        lifecycle,
        attempt,
        image,
    }))
}

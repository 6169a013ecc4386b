//! Reading and beginning image rows.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, Utc};

use super::StoreError;
use super::keys;
use super::rows::{self, Guard, Item, Row, State, image_key, number, text};
use super::status::RowStatus;
use super::transact::{COLLISION_TRIES, Transition, past_transactions};
use super::tries::Tries;
use crate::{Error, Image, ImageId};

/// The most keys of one `BatchGetItem`.
const BATCH_GET_KEYS: usize = 100;

/// The table.
#[derive(Debug, Clone)]
pub(crate) struct Images {
    pub(super) client: Client,
    pub(super) table: String,
}

/// What became of the wish to make a row.
#[derive(Debug)]
pub(crate) enum Begin {
    /// The row is there.
    Begun,
    /// The id is taken by this row. It can be this attempt's own: a retry of the SDK's meets what its first try wrote.
    Taken(Box<Row>),
}

impl Images {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Writes a PENDING row where there is none, or only a tombstone whose time is over: DynamoDB takes days to
    /// drop it. Until the row is committed it is in no list and no reader sees it; left behind, the sweeper finds
    /// it.
    pub(crate) async fn begin(&self, row: &Row, now: DateTime<Utc>) -> Result<Begin, Error> {
        let put = self
            .client
            .put_item()
            .condition_expression("attribute_not_exists(pk) OR expires_at < :now")
            .expression_attribute_values(":now", number(now.timestamp()));
        self.put_pending(put, row).await
    }

    /// Writes a PENDING row in place of the tombstone of an upload that came to nothing.
    pub(crate) async fn begin_anew(&self, tombstone: &Row, row: &Row) -> Result<Begin, Error> {
        let put = self
            .client
            .put_item()
            .condition_expression("#status = :deleted AND attempt = :attempt")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleted", RowStatus::Deleted.value())
            .expression_attribute_values(":attempt", text(&tombstone.guard.attempt));
        self.put_pending(put, row).await
    }

    async fn put_pending(&self, put: PutItemFluentBuilder, row: &Row) -> Result<Begin, Error> {
        const NAME: &str = "PutItem";
        let mut item = row.to_item()?;
        item.extend(keys::due(row.id, row.guard.hold_until));
        let put = put
            .table_name(&self.table)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = past_transactions(|| put.clone().send()).await else {
            return Ok(Begin::Begun);
        };
        let Some(PutItemError::ConditionalCheckFailedException(refusal)) = error.as_service_error()
        else {
            return Err(StoreError::new(NAME, error).into());
        };
        let found = match refusal.item() {
            Some(item) => Some(Row::parse(item.clone())?),
            None => self.find(row.id).await?,
        };
        match found {
            Some(found) => Ok(Begin::Taken(Box::new(found))),
            None => Err(StoreError::busy(NAME, "the row vanished").into()),
        }
    }

    /// Hands a PENDING row whose lease is over from one attempt to another.
    pub(crate) async fn take_over(&self, found: &Row, next: &Guard) -> Result<Transition, Error> {
        let [(shard, shard_value), (due, due_value)] = keys::due(found.id, next.hold_until);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(image_key(found.id)))
            .update_expression(format!(
                "SET attempt = :next, lease_until = :lease, hold_until = :hold, {shard} = :shard, {due} = :due"
            ))
            .condition_expression("#status = :pending AND attempt = :attempt")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", RowStatus::Pending.value())
            .expression_attribute_values(":attempt", text(&found.guard.attempt))
            .expression_attribute_values(":next", text(&next.attempt))
            .expression_attribute_values(":lease", number(next.lease_until.timestamp_millis()))
            .expression_attribute_values(":hold", number(next.hold_until.timestamp_millis()))
            .expression_attribute_values(":shard", shard_value)
            .expression_attribute_values(":due", due_value);
        Self::outcome(update).await
    }

    /// Ends the lease of an attempt that failed, so that a repeat need not wait for it.
    pub(crate) async fn release(&self, row: &Row, now: DateTime<Utc>) -> Result<Transition, Error> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(image_key(row.id)))
            .update_expression("SET lease_until = :now")
            .condition_expression("#status = :pending AND attempt = :attempt")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", RowStatus::Pending.value())
            .expression_attribute_values(":attempt", text(&row.guard.attempt))
            .expression_attribute_values(":now", number(now.timestamp_millis()));
        Self::outcome(update).await
    }

    /// Runs a conditional update.
    pub(super) async fn outcome(update: UpdateItemFluentBuilder) -> Result<Transition, Error> {
        let Err(error) = past_transactions(|| update.clone().send()).await else {
            return Ok(Transition::Made);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(Transition::Refused),
            Some(_) | None => Err(StoreError::new("UpdateItem", error).into()),
        }
    }

    /// Reads one image row, strongly consistent, in whatever state.
    pub(crate) async fn find(&self, id: ImageId) -> Result<Option<Row>, Error> {
        let get = self.client.get_item().table_name(&self.table);
        let get = get.set_key(Some(image_key(id))).consistent_read(true);
        let answer = get
            .send()
            .await
            .map_err(|error| StoreError::new("GetItem", error))?;
        answer.item.map(Row::parse).transpose()
    }

    /// Reads the active ones among some images, strongly consistent, in no particular order. A row that cannot be
    /// read is logged and passed over.
    pub(crate) async fn active(&self, ids: &[ImageId]) -> Result<Vec<Image>, Error> {
        let mut images = Vec::with_capacity(ids.len());
        for batch in ids.chunks(BATCH_GET_KEYS) {
            for item in self.batch_get(batch).await? {
                let key = rows::string(&item, "pk").unwrap_or_default().to_owned();
                match Row::parse(item).map(|row| row.state) {
                    Ok(State::Active(image)) => images.push(image),
                    Ok(_) => {}
                    Err(error) => tracing::error!(
                        key,
                        error = crate::error_chain(&error),
                        "an image row that cannot be read"
                    ),
                }
            }
        }
        Ok(images)
    }

    async fn batch_get(&self, ids: &[ImageId]) -> Result<Vec<Item>, Error> {
        const NAME: &str = "BatchGetItem";
        let mut items = Vec::with_capacity(ids.len());
        let mut keys: Vec<Item> = ids.iter().copied().map(image_key).collect();
        let mut tries = Tries::at_most(COLLISION_TRIES);
        loop {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true);
            let wanted = wanted
                .build()
                .map_err(|error| StoreError::unexpected(NAME, error))?;
            let call = self
                .client
                .batch_get_item()
                .request_items(&self.table, wanted);
            let answer = call
                .send()
                .await
                .map_err(|error| StoreError::new(NAME, error))?;
            items.extend(
                answer
                    .responses
                    .and_then(|mut found| found.remove(&self.table))
                    .into_iter()
                    .flatten(),
            );
            // What the table could not read within its throughput comes back to be asked again.
            match answer
                .unprocessed_keys
                .and_then(|mut left| left.remove(&self.table))
            {
                None => return Ok(items),
                Some(left) => keys = left.keys,
            }
            if !tries.another().await {
                return Err(StoreError::busy(NAME, "keys were left unprocessed each time").into());
            }
        }
    }
}

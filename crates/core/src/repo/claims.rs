//! What the sweeper and the audit write beside the transitions. Each write is conditional on what was read, so that a
//! request that comes in between wins.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::keys::{self, Position};
use super::rows::{Item, Row, State, Turn, image_key, item_key, number, text};
use super::status::RowStatus;
use super::transact::{Transition, past_transactions};
use super::{Images, StoreError, id_in_key, owner_in_key};
use crate::{Error, Visibility, timestamp};

/// What came of the wish to remove an object that no row accounts for.
#[derive(Debug)]
pub(crate) enum Claim {
    /// Its id is taken by this DELETING row: nobody else can write the object now.
    Taken(Box<Row>),
    /// Its id has a row, of another object: whoever writes under the id writes that one.
    Needless,
    /// A row accounts for it after all, or the key is not of our form.
    Refused,
}

impl Images {
    /// Changes a PENDING row's turn with the sweeper, if the row and its turn are still as read. A doubtful outcome is
    /// settled by reading.
    pub(crate) async fn reschedule(
        &self,
        row: &Row,
        from: Turn,
        to: Turn,
    ) -> Result<Transition, Error> {
        let [_, (_, due_as_read)] = keys::due_at(row.id, from.due_at);
        let [(_, shard), (_, due)] = keys::due_at(row.id, to.due_at);
        let tries_as_read = match from.tries {
            0 => "(attribute_not_exists(tries) OR tries = :tries_as_read)",
            _ => "tries = :tries_as_read",
        };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(image_key(row.id)))
            .update_expression("SET tries = :tries, sweep_shard = :shard, due_at = :due")
            .condition_expression(format!(
                "#status = :pending AND attempt = :attempt AND due_at = :due_as_read AND {tries_as_read}"
            ))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", RowStatus::Pending.value())
            .expression_attribute_values(":attempt", text(&row.guard.attempt))
            .expression_attribute_values(":due_as_read", due_as_read)
            .expression_attribute_values(":tries_as_read", number(from.tries.into()))
            .expression_attribute_values(":tries", number(to.tries.into()))
            .expression_attribute_values(":shard", shard)
            .expression_attribute_values(":due", due);
        match Self::outcome(update).await? {
            Transition::Made => Ok(Transition::Made),
            // Refused can mean that an earlier try, whose answer was lost, had been applied.
            Transition::Refused => {
                let found = self.find(row.id).await?;
                let is_made = found.is_some_and(|found| {
                    found.guard.attempt == row.guard.attempt
                        && found.turn.is_some_and(|turn| turn.is_written(to))
                });
                Ok(if is_made {
                    Transition::Made
                } else {
                    Transition::Refused
                })
            }
        }
    }

    /// Takes the id of an object that no row accounts for, by a DELETING row that the sweeper finishes should the
    /// caller not: so an upload under that id can begin before or after the removal, and not in between.
    pub(crate) async fn claim(&self, object_key: &str, now: DateTime<Utc>) -> Result<Claim, Error> {
        let Some(item) = claiming_item(object_key, now) else {
            return Ok(Claim::Refused);
        };
        let row = Row::parse(item.clone())?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = past_transactions(|| put.clone().send()).await else {
            return Ok(Claim::Taken(Box::new(row)));
        };
        let Some(PutItemError::ConditionalCheckFailedException(refusal)) = error.as_service_error()
        else {
            return Err(StoreError::new("PutItem", error).into());
        };
        let found = match refusal.item() {
            Some(item) => Row::parse(item.clone())?,
            None => return Ok(Claim::Refused),
        };
        // A retry of the SDK's met the row that its first try wrote.
        if found.guard.attempt == row.guard.attempt {
            return Ok(Claim::Taken(Box::new(found)));
        }
        match found.state {
            State::Deleted if found.turn.is_none() => self.reopen(found, now).await,
            _ if found.object_key != object_key => Ok(Claim::Needless),
            State::Uploading(_)
            | State::Direct(_)
            | State::Active(_)
            | State::Deleting
            | State::Deleted => Ok(Claim::Refused),
        }
    }

    /// A tombstone that waits for nothing more to DELETING.
    async fn reopen(&self, found: Row, now: DateTime<Utc>) -> Result<Claim, Error> {
        let [(_, shard), (_, due)] = keys::due_at(found.id, now);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(image_key(found.id)))
            .update_expression(
                "SET #status = :deleting, sweep_shard = :shard, due_at = :due REMOVE expires_at",
            )
            .condition_expression("#status = :deleted AND attempt = :attempt")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleting", RowStatus::Deleting.value())
            .expression_attribute_values(":deleted", RowStatus::Deleted.value())
            .expression_attribute_values(":attempt", text(&found.guard.attempt))
            .expression_attribute_values(":shard", shard)
            .expression_attribute_values(":due", due);
        Ok(match Self::outcome(update).await? {
            Transition::Made => Claim::Taken(Box::new(found)),
            Transition::Refused => Claim::Refused,
        })
    }

    /// Removes a listing row, if it is still of the revision that it was read at.
    pub(crate) async fn delete_listing(
        &self,
        partition: &str,
        position: Position,
        revision: u64,
    ) -> Result<Transition, Error> {
        let revision = number(i64::try_from(revision).unwrap_or(i64::MAX));
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(item_key(partition, position.to_string())))
            .condition_expression("rev = :revision")
            .expression_attribute_values(":revision", revision);
        match past_transactions(|| delete.clone().send()).await {
            Ok(_) => Ok(Transition::Made),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => {
                    Ok(Transition::Refused)
                }
                Some(_) | None => Err(StoreError::new("DeleteItem", error).into()),
            },
        }
    }
}

/// A DELETING row for an object that has none. No write of the object can still land, and the row is due at once.
fn claiming_item(object_key: &str, now: DateTime<Utc>) -> Option<Item> {
    let (id, user) = (id_in_key(object_key)?, owner_in_key(object_key)?);
    let never = || number(DateTime::UNIX_EPOCH.timestamp_millis());
    let mut item = image_key(id);
    item.extend(keys::due_at(id, now));
    item.extend([
        ("user".to_owned(), text(user.as_str())),
        ("vis".to_owned(), text(Visibility::Private.to_string())),
        ("status".to_owned(), RowStatus::Deleting.value()),
        ("created".to_owned(), text(timestamp(now))),
        ("key".to_owned(), text(object_key)),
        ("attempt".to_owned(), text(Uuid::new_v4().to_string())),
        ("lease_until".to_owned(), never()),
        ("hold_until".to_owned(), never()),
    ]);
    Some(item)
}

//! The transitions of an image row: PENDING, ACTIVE, DELETING, tombstone. Each is conditional on the state that it
//! leaves, so of two that race one wins and the other learns it.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};

use super::Images;
use super::keys::{self, Position};
use super::rows::{self, Guard, Row, State, image_key, item_key, number, text};
use super::status::RowStatus;
use super::transact::{Transition, put_write, update_write};
use crate::{Error, Image, ImageId};

/// How long a tombstone outlives the image: past the 24 h for which an idempotency key is remembered.
const TOMBSTONE_LIFE: TimeDelta = TimeDelta::hours(25);

impl Images {
    /// PENDING to ACTIVE, fenced by the attempt, with every listing row, in one transaction. A doubtful outcome
    /// is settled by reading.
    pub(crate) async fn commit(&self, image: &Image, guard: &Guard) -> Result<Transition, Error> {
        let row = Row::active(image.clone(), guard.clone());
        let activate = self
            .putting(row.to_item()?)
            .condition_expression("#status = :pending AND attempt = :attempt")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", RowStatus::Pending.value())
            .expression_attribute_values(":attempt", text(&guard.attempt));
        let mut writes = vec![put_write(activate)?];
        for item in rows::listing_items(image)? {
            writes.push(put_write(self.putting(item))?);
        }
        match self.transact(writes).await {
            Ok(Transition::Made) => Ok(Transition::Made),
            // Refused can mean that an earlier try, whose answer was lost, had been applied.
            outcome @ (Ok(Transition::Refused) | Err(_)) => match self.find(image.id).await {
                Ok(Some(found))
                    if matches!(found.state, State::Active(_))
                        && found.guard.attempt == guard.attempt =>
                {
                    Ok(Transition::Made)
                }
                Ok(_) => outcome,
                // What came of it is not known, so it must not be called a refusal.
                Err(unread) => outcome.and(Err(unread)),
            },
        }
    }

    /// ACTIVE to ACTIVE with other metadata, and every listing row with it, in one transaction. Refused where the
    /// row is not of the revision that `old` was read at.
    pub(crate) async fn update(
        &self,
        old: &Image,
        new: &Image,
        guard: &Guard,
    ) -> Result<Transition, Error> {
        let row = Row::active(new.clone(), guard.clone());
        let change = self
            .putting(row.to_item()?)
            .condition_expression("#status = :active AND rev = :revision")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":active", RowStatus::Active.value())
            .expression_attribute_values(":revision", revision(old));
        let mut writes = vec![put_write(change)?];
        let kept = keys::listings(new);
        for item in rows::listing_items(new)? {
            writes.push(put_write(self.putting(item))?);
        }
        for partition in keys::listings(old)
            .into_iter()
            .filter(|partition| !kept.contains(partition))
        {
            writes.push(self.deletion(item_key(partition, Position::of(old).to_string()))?);
        }
        match self.transact(writes).await {
            Ok(Transition::Made) => Ok(Transition::Made),
            // As in `commit`.
            outcome @ (Ok(Transition::Refused) | Err(_)) => match self.find(new.id).await {
                Ok(Some(Row {
                    state: State::Active(found),
                    ..
                })) if found == *new => Ok(Transition::Made),
                Ok(_) | Err(_) => outcome,
            },
        }
    }

    /// ACTIVE to DELETING, and out of every list, in one transaction. Refused where the row is not of the revision
    /// that `image` was read at.
    pub(crate) async fn begin_delete(
        &self,
        image: &Image,
        due_at: DateTime<Utc>,
    ) -> Result<Transition, Error> {
        let [(_, shard), (_, due)] = keys::due(image.id, due_at);
        let hide = self
            .updating(image.id)
            .update_expression("SET #status = :deleting, sweep_shard = :shard, due_at = :due")
            .condition_expression("#status = :active AND rev = :revision")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleting", RowStatus::Deleting.value())
            .expression_attribute_values(":active", RowStatus::Active.value())
            .expression_attribute_values(":revision", revision(image))
            .expression_attribute_values(":shard", shard)
            .expression_attribute_values(":due", due);
        let mut writes = vec![update_write(hide)?];
        for partition in keys::listings(image) {
            writes.push(self.deletion(item_key(partition, Position::of(image).to_string()))?);
        }
        self.transact(writes).await
    }

    /// PENDING to DELETING, fenced by the attempt: an upload that came to nothing, for a reason where the bytes
    /// were at fault. The row is marked, as no image of it was ever shown: its idempotency key may be tried again.
    pub(crate) async fn abort(
        &self,
        row: &Row,
        refusal: Option<&str>,
    ) -> Result<Transition, Error> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(image_key(row.id)))
            .condition_expression("#status = :pending AND attempt = :attempt")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleting", RowStatus::Deleting.value())
            .expression_attribute_values(":pending", RowStatus::Pending.value())
            .expression_attribute_values(":attempt", text(&row.guard.attempt))
            .expression_attribute_names("#aborted", rows::ABORTED)
            .expression_attribute_values(":aborted", AttributeValue::Bool(true));
        let update = match refusal {
            None => update.update_expression("SET #status = :deleting, #aborted = :aborted"),
            Some(refusal) => update
                .update_expression(
                    "SET #status = :deleting, #aborted = :aborted, #refusal = :refusal",
                )
                .expression_attribute_names("#refusal", rows::REFUSAL)
                .expression_attribute_values(":refusal", text(refusal)),
        };
        Self::outcome(update).await
    }

    /// DELETING to a tombstone, or a tombstone to what it is to be now, once the object is removed. While a write
    /// of the object may still land, it stays in the sweeper's index without a time to expire, for however long the
    /// sweeper takes to come and remove the object once more. Past that it leaves the index, and DynamoDB drops it
    /// when its time is over.
    ///
    /// Fenced by the attempt: whoever removed the object of one attempt must not bury the next one, which has
    /// another object.
    pub(crate) async fn bury(
        &self,
        id: ImageId,
        guard: &Guard,
        now: DateTime<Utc>,
    ) -> Result<Transition, Error> {
        // What was said and seen of the image goes with it. What stays is whose it was, and what guards the id.
        const EMPTIED: &str =
            "REMOVE #file, tags, cat, thumb, #desc, meta, exif, w, h, sha, #type, #bytes, upd";
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(image_key(id)))
            .condition_expression("#status IN (:deleting, :deleted) AND attempt = :attempt")
            .expression_attribute_values(":attempt", text(&guard.attempt))
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#file", "file")
            .expression_attribute_names("#desc", "desc")
            .expression_attribute_names("#type", "type")
            .expression_attribute_names("#bytes", "bytes")
            .expression_attribute_values(":deleting", RowStatus::Deleting.value())
            .expression_attribute_values(":deleted", RowStatus::Deleted.value());
        let update = if guard.hold_until < now {
            let expires_at = number((now + TOMBSTONE_LIFE).timestamp());
            update
                .update_expression(format!(
                    "SET #status = :deleted, expires_at = :expires_at {EMPTIED}, sweep_shard, due_at"
                ))
                .expression_attribute_values(":expires_at", expires_at)
        } else {
            let [(_, shard), (_, due)] = keys::due(id, guard.hold_until);
            update
                .update_expression(format!(
                    "SET #status = :deleted, sweep_shard = :shard, due_at = :due {EMPTIED}, expires_at"
                ))
                .expression_attribute_values(":shard", shard)
                .expression_attribute_values(":due", due)
        };
        Self::outcome(update).await
    }
}

fn revision(image: &Image) -> AttributeValue {
    number(i64::try_from(image.revision).unwrap_or(i64::MAX))
}

//! Transactions whose first write carries the only condition.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};

use super::rows::{Item, image_key};
use super::tries::Tries;
use super::{Images, StoreError};
use crate::{Error, ImageId};

const NAME: &str = "TransactWriteItems";
/// DynamoDB's word for a write of one row that meets a transaction.
const CONFLICT: &str = "TransactionConflictException";
/// How often a call that collides with another is tried.
pub(super) const COLLISION_TRIES: u32 = 6;

/// What became of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transition {
    /// It was made.
    Made,
    /// The row was not in the state that the transition starts from.
    Refused,
}

impl Images {
    pub(super) fn updating(&self, id: ImageId) -> UpdateBuilder {
        let update = Update::builder().table_name(&self.table);
        update.set_key(Some(image_key(id)))
    }

    pub(super) fn putting(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    pub(super) fn deletion(&self, key: Item) -> Result<TransactWriteItem, Error> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .build();
        let delete = delete.map_err(|error| StoreError::unexpected(NAME, error))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Runs a transaction. One that collides with another on the same rows is tried again: DynamoDB leaves that
    /// to its clients.
    pub(super) async fn transact(
        &self,
        writes: Vec<TransactWriteItem>,
    ) -> Result<Transition, Error> {
        let mut tries = Tries::at_most(COLLISION_TRIES);
        loop {
            let call = self.client.transact_write_items();
            match call.set_transact_items(Some(writes.clone())).send().await {
                Ok(_) => return Ok(Transition::Made),
                Err(error) => match cancellation(&error) {
                    Some(Cancellation::ConditionFailed) => return Ok(Transition::Refused),
                    Some(Cancellation::Collision) => {}
                    None => return Err(StoreError::new(NAME, error).into()),
                },
            }
            if !tries.another().await {
                let cause = "the transaction collided with others each time";
                return Err(StoreError::busy(NAME, cause).into());
            }
        }
    }
}

pub(super) fn put_write(put: PutBuilder) -> Result<TransactWriteItem, Error> {
    let put = put
        .build()
        .map_err(|error| StoreError::unexpected(NAME, error))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

pub(super) fn update_write(update: UpdateBuilder) -> Result<TransactWriteItem, Error> {
    let update = update
        .build()
        .map_err(|error| StoreError::unexpected(NAME, error))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

enum Cancellation {
    ConditionFailed,
    Collision,
}

fn cancellation<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Cancellation> {
    const COLLISIONS: [&str; 3] = [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ];
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
        error.as_service_error()
    else {
        return None;
    };
    let mut codes = canceled
        .cancellation_reasons()
        .iter()
        .filter_map(|reason| reason.code());
    if codes.clone().any(|code| code == "ConditionalCheckFailed") {
        return Some(Cancellation::ConditionFailed);
    }
    codes
        .any(|code| COLLISIONS.contains(&code))
        .then_some(Cancellation::Collision)
}

/// Makes a call of one row, and makes it again while it meets a transaction on that row: DynamoDB leaves that to its
/// clients.
pub(super) async fn past_transactions<T, E, R, F>(call: impl Fn() -> F) -> Result<T, SdkError<E, R>>
where
    E: ProvideErrorMetadata,
    F: Future<Output = Result<T, SdkError<E, R>>>,
{
    let mut tries = Tries::at_most(COLLISION_TRIES);
    loop {
        let outcome = call().await;
        let collided = matches!(&outcome, Err(error) if error.code() == Some(CONFLICT));
        if !collided || !tries.another().await {
            return outcome;
        }
    }
}

//! Transactions: an image row with its condition, and every listing row.

use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use futures_util::future::join_all;

use super::rows::{read, row, text};
use crate::place::{Place, unique};

/// The most that DynamoDB takes, and that a change of an image needs.
const WRITES: usize = 100;

/// A put of a row, where there is none.
fn put(place: &Place, pk: &str, writer: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(&place.table)
        .set_item(Some(row(pk, "IMG")))
        .item("writer", text(writer))
        .condition_expression("attribute_not_exists(pk)");
    TransactWriteItem::builder()
        .put(put.build().unwrap())
        .build()
}

async fn transact(
    place: &Place,
    writes: Vec<TransactWriteItem>,
) -> Result<TransactWriteItemsOutput, TransactWriteItemsError> {
    let call = place.stores.dynamodb.transact_write_items();
    let outcome = call.set_transact_items(Some(writes)).send().await;
    outcome.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error)
}

/// The codes of the reasons, one for each write.
fn reasons(error: &TransactWriteItemsError) -> Vec<&str> {
    let TransactWriteItemsError::TransactionCanceledException(canceled) = error else {
        panic!("{error:?}");
    };
    let reasons = canceled.cancellation_reasons().iter();
    reasons
        .map(|reason| reason.code().unwrap_or("None"))
        .collect()
}

pub(super) async fn a_hundred_writes_are_made_together(place: &Place) {
    let prefix = &unique();
    let name = |number: usize| format!("{prefix}{number}");
    let puts = (0..WRITES)
        .map(|number| put(place, &name(number), "one"))
        .collect();
    transact(place, puts).await.unwrap();
    let deletes = (0..WRITES).map(|number| {
        let delete = Delete::builder().table_name(&place.table);
        let delete = delete
            .set_key(Some(row(&name(number), "IMG")))
            .build()
            .unwrap();
        TransactWriteItem::builder().delete(delete).build()
    });
    assert!(read(place, &name(0), "IMG").await.is_some());
    assert!(read(place, &name(WRITES - 1), "IMG").await.is_some());
    transact(place, deletes.collect()).await.unwrap();
    for number in 0..WRITES {
        assert_eq!(read(place, &name(number), "IMG").await, None, "{number}");
    }
}

pub(super) async fn a_refused_transaction_says_which_condition_failed_and_writes_nothing(
    place: &Place,
) {
    let prefix = &unique();
    let name = |number: usize| format!("{prefix}{number}");
    let taken = WRITES / 2;
    transact(place, vec![put(place, &name(taken), "first")])
        .await
        .unwrap();
    let puts = (0..WRITES)
        .map(|number| put(place, &name(number), "second"))
        .collect();
    let error = transact(place, puts).await.unwrap_err();
    let mut expected = vec!["None"; WRITES];
    expected[taken] = "ConditionalCheckFailed";
    assert_eq!(reasons(&error), expected);
    for number in (0..WRITES).filter(|number| *number != taken) {
        assert_eq!(read(place, &name(number), "IMG").await, None, "{number}");
    }
    let kept = read(place, &name(taken), "IMG").await.unwrap();
    assert_eq!(kept["writer"], text("first"));
}

pub(super) async fn of_transactions_at_once_on_one_row_one_wins(place: &Place) {
    let prefix = &unique();
    let outcomes = join_all((0..8).map(|writer| {
        let own = format!("{prefix}-{writer}");
        let name = writer.to_string();
        transact(
            place,
            vec![put(place, prefix, &name), put(place, &own, &name)],
        )
    }))
    .await;
    let winner = outcomes.iter().position(Result::is_ok).unwrap();
    for (writer, outcome) in outcomes.iter().enumerate() {
        let own = read(place, &format!("{prefix}-{writer}"), "IMG").await;
        assert_eq!(own.is_some(), writer == winner, "{writer}: {outcome:?}");
        if let Err(error) = outcome {
            let allowed = ["ConditionalCheckFailed", "TransactionConflict"];
            assert!(
                reasons(error).iter().any(|code| allowed.contains(code)),
                "{error:?}"
            );
        }
    }
    let row = read(place, prefix, "IMG").await.unwrap();
    assert_eq!(row["writer"], text(winner.to_string()));
}

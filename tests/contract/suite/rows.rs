//! Rows, as the repository of images calls for them.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure, TimeToLiveStatus,
};
use futures_util::future::join_all;
use local::resources::{SWEEP_INDEX, TTL_ATTRIBUTE};

use crate::place::{Place, unique};

type Item = HashMap<String, AttributeValue>;

/// How long a global index may lag behind its table.
const INDEX_ATTEMPTS: u32 = 60;
const INDEX_INTERVAL: Duration = Duration::from_millis(250);

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn row(pk: &str, sk: &str) -> Item {
    Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

fn string<'a>(item: &'a Item, name: &str) -> &'a str {
    item[name].as_s().unwrap()
}

async fn write(place: &Place, item: Item) {
    let put = place.stores.dynamodb.put_item().table_name(&place.table);
    put.set_item(Some(item)).send().await.unwrap();
}

/// Reads a row, consistently.
pub(super) async fn read(place: &Place, pk: &str, sk: &str) -> Option<Item> {
    let get = place.stores.dynamodb.get_item().table_name(&place.table);
    let get = get.set_key(Some(row(pk, sk))).consistent_read(true);
    get.send().await.unwrap().item
}

/// The sort keys of one page between two bounds, and where the next begins.
async fn page(
    place: &Place,
    pk: &str,
    (lower, upper): (&str, &str),
    ascending: bool,
    after: Option<Item>,
) -> (Vec<String>, Option<Item>) {
    let query = place.stores.dynamodb.query().table_name(&place.table);
    let query = query
        .key_condition_expression("pk = :pk AND sk BETWEEN :lower AND :upper")
        .expression_attribute_values(":pk", text(pk))
        .expression_attribute_values(":lower", text(lower))
        .expression_attribute_values(":upper", text(upper))
        .scan_index_forward(ascending)
        .consistent_read(true)
        .limit(3)
        .set_exclusive_start_key(after);
    let answer = query.send().await.unwrap();
    let keys = answer
        .items()
        .iter()
        .map(|item| string(item, "sk").to_owned());
    (keys.collect(), answer.last_evaluated_key)
}

pub(super) async fn of_many_conditional_puts_of_a_row_one_wins_and_the_others_see_it(
    place: &Place,
) {
    const WRITERS: usize = 16;
    let pk = &unique();
    let puts = (0..WRITERS).map(|writer| {
        let mut item = row(pk, "IMG");
        item.insert("writer".into(), text(writer.to_string()));
        let put = place.stores.dynamodb.put_item().table_name(&place.table);
        put.set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    });
    let outcomes = join_all(puts).await;
    let winner = outcomes.iter().position(Result::is_ok).unwrap().to_string();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for error in outcomes.into_iter().filter_map(Result::err) {
        let error = error.into_service_error();
        let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
            failed,
        ) = error
        else {
            panic!("{error:?}");
        };
        let old = failed.item().expect("the row that was there");
        assert_eq!(string(old, "writer"), winner);
    }
    let stored = read(place, pk, "IMG").await.unwrap();
    assert_eq!(string(&stored, "writer"), winner);
}

pub(super) async fn an_update_is_refused_by_its_condition(place: &Place) {
    let pk = &unique();
    let mut item = row(pk, "IMG");
    item.insert("status".into(), text("pending"));
    item.insert("attempt".into(), text("one"));
    item.insert("tags".into(), AttributeValue::L(vec![text("a")]));
    write(place, item).await;
    let update = |attempt: &str| {
        let update = place.stores.dynamodb.update_item().table_name(&place.table);
        update
            .set_key(Some(row(pk, "IMG")))
            .update_expression("SET #status = :deleting REMOVE tags, absent")
            .condition_expression("#status IN (:pending, :other) AND attempt = :attempt")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleting", text("deleting"))
            .expression_attribute_values(":pending", text("pending"))
            .expression_attribute_values(":other", text("other"))
            .expression_attribute_values(":attempt", text(attempt))
            .send()
    };
    let error = update("two").await.unwrap_err();
    assert_eq!(error.code(), Some("ConditionalCheckFailedException"));
    let kept = read(place, pk, "IMG").await.unwrap();
    assert_eq!(string(&kept, "status"), "pending");
    assert!(kept.contains_key("tags"));
    update("one").await.unwrap();
    let changed = read(place, pk, "IMG").await.unwrap();
    assert_eq!(string(&changed, "status"), "deleting");
    assert!(!changed.contains_key("tags"));
}

pub(super) async fn a_query_sees_a_row_right_after_it_was_written(place: &Place) {
    let pk = &unique();
    let mut written = Vec::new();
    for number in 0..3 {
        let sk = number.to_string();
        write(place, row(pk, &sk)).await;
        written.push(sk);
        assert_eq!(page(place, pk, ("!", "~"), true, None).await.0, written);
    }
}

pub(super) async fn a_query_pages_in_both_orders_from_any_position(place: &Place) {
    let pk = &unique();
    // Every other position has a row.
    for number in 0..7 {
        write(place, row(pk, &format!("{:02}", 2 * number))).await;
    }
    for (ascending, expected) in [
        (true, ["00", "02", "04", "06", "08", "10", "12"]),
        (false, ["12", "10", "08", "06", "04", "02", "00"]),
    ] {
        let (mut found, mut after) = page(place, pk, ("!", "~"), ascending, None).await;
        while after.is_some() {
            let (more, next) = page(place, pk, ("!", "~"), ascending, after).await;
            found.extend(more);
            after = next;
        }
        assert_eq!(found, expected);
    }
    // A position whose row is gone, or never was, is one as well.
    let from = || Some(row(pk, "05"));
    let (up, _) = page(place, pk, ("!", "~"), true, from()).await;
    assert_eq!(up, ["06", "08", "10"]);
    let (down, _) = page(place, pk, ("!", "~"), false, from()).await;
    assert_eq!(down, ["04", "02", "00"]);
}

pub(super) async fn a_query_ends_at_both_bounds(place: &Place) {
    let pk = &unique();
    for sk in ["a", "b", "c", "d"] {
        write(place, row(pk, sk)).await;
    }
    let (found, next) = page(place, pk, ("b", "c"), true, None).await;
    assert_eq!((found, next), (vec!["b".to_owned(), "c".to_owned()], None));
}

pub(super) async fn only_rows_with_the_attributes_are_in_the_sparse_index(place: &Place) {
    let shard = unique();
    let due = |pk: &str, due_at: i64| {
        let mut item = row(pk, "IMG");
        item.insert("sweep_shard".into(), text(&*shard));
        item.insert("due_at".into(), AttributeValue::N(due_at.to_string()));
        item
    };
    let names = ["due", "later", "never", "settled"].map(|name| format!("{shard}-{name}"));
    write(place, due(&names[0], 10)).await;
    write(place, due(&names[1], 20)).await;
    write(place, row(&names[2], "IMG")).await;
    write(place, due(&names[3], 5)).await;
    let settle = place.stores.dynamodb.update_item().table_name(&place.table);
    let settle = settle.set_key(Some(row(&names[3], "IMG")));
    let settle = settle.update_expression("REMOVE sweep_shard, due_at");
    settle.send().await.unwrap();
    let mut found = Vec::new();
    for _ in 0..INDEX_ATTEMPTS {
        let query = place.stores.dynamodb.query().table_name(&place.table);
        let query = query
            .index_name(SWEEP_INDEX)
            .key_condition_expression("sweep_shard = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", text(&*shard))
            .expression_attribute_values(":now", AttributeValue::N("10".to_owned()));
        found = query.send().await.unwrap().items.unwrap_or_default();
        if found.len() == 1 {
            break;
        }
        tokio::time::sleep(INDEX_INTERVAL).await;
    }
    assert_eq!(found, [due(&names[0], 10)], "keys alone, of what is due");
}

pub(super) async fn a_hundred_rows_are_read_at_once(place: &Place) {
    let prefix = &unique();
    let keys: Vec<Item> = (0..100)
        .map(|number| row(&format!("{prefix}{number}"), "IMG"))
        .collect();
    join_all(keys.iter().skip(1).map(|key| write(place, key.clone()))).await;
    let mut found = Vec::new();
    let asked = KeysAndAttributes::builder()
        .set_keys(Some(keys.clone()))
        .consistent_read(true);
    let mut asked = HashMap::from([(place.table.clone(), asked.build().unwrap())]);
    while !asked.is_empty() {
        let get = place.stores.dynamodb.batch_get_item();
        let answer = get.set_request_items(Some(asked)).send().await.unwrap();
        found.extend(
            answer
                .responses
                .unwrap()
                .remove(&place.table)
                .unwrap_or_default(),
        );
        asked = answer.unprocessed_keys.unwrap_or_default();
    }
    let missing: Vec<&Item> = keys.iter().filter(|key| !found.contains(key)).collect();
    assert_eq!((missing, found.len()), (vec![&keys[0]], 99));
}

pub(super) async fn the_table_expires_rows_by_their_attribute(place: &Place) {
    let describe = place.stores.dynamodb.describe_time_to_live();
    let described = describe.table_name(&place.table).send().await.unwrap();
    let ttl = described.time_to_live_description.unwrap();
    assert_eq!(ttl.attribute_name(), Some(TTL_ATTRIBUTE));
    let status = ttl.time_to_live_status.unwrap();
    let on = [TimeToLiveStatus::Enabled, TimeToLiveStatus::Enabling];
    assert!(on.contains(&status), "{status:?}");
}

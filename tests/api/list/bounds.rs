//! What one request examines at most.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use serde_json::json;
use shoebox_tests::Shoebox;
use shoebox_tests::shoebox::{ids, text};
use shoebox_tests::store::Item;

/// More rows than one request examines.
const ROWS: usize = 1_100;

#[tokio::test]
async fn filters_that_seldom_meet_give_short_pages_that_lead_to_every_match() {
    let shoebox = Shoebox::with(&[]).await;
    let both = shoebox
        .upload("ann", json!({ "tags": ["left", "right"] }))
        .await;
    let both = text(&both, "image_id");
    for tag in ["left", "right"] {
        let image = shoebox.upload("ann", json!({ "tags": [tag] })).await;
        repeat(
            &shoebox,
            &text(&image, "image_id"),
            &format!("U#ann#public#T#{tag}"),
        )
        .await;
    }
    let first = "user_id=ann&tags=left,right&limit=20".to_owned();
    let (mut listed, mut pages, mut query) = (Vec::new(), 0, first.clone());
    loop {
        let page = shoebox.list_page(&query).await;
        pages += 1;
        assert!(pages <= 5, "the pages lead nowhere");
        listed.extend(ids(&page));
        let Some(key) = page["last_key"].as_str() else {
            break;
        };
        query = format!("{first}&last_key={key}");
    }
    assert_eq!(listed, [both]);
    assert!(pages >= 2, "one request examined {ROWS} rows");
    // One filter alone needs no search: its page is full.
    let page = shoebox.list_page("user_id=ann&tags=left&limit=100").await;
    assert_eq!(page["count"], 100);
}

/// Writes a listing row of an image again and again, as if there had been as many images a little later:
/// as many uploads would take a minute.
async fn repeat(shoebox: &Shoebox, id: &str, partition: &str) {
    let rows = shoebox.stores.rows().await;
    let row = rows.into_iter().find(|row| {
        row["pk"] == AttributeValue::S(partition.to_owned())
            && matches!(&row["sk"], AttributeValue::S(key) if key.ends_with(id))
    });
    let row = row.unwrap();
    let later = |number: usize| -> Item {
        let key = format!("2999-01-01T00:00:00.000Z#01900000-0000-7000-8000-{number:012x}");
        let mut copy = row.clone();
        copy.insert("sk".to_owned(), AttributeValue::S(key));
        copy
    };
    let copies: Vec<Item> = (0..ROWS).map(later).collect();
    for batch in copies.chunks(25) {
        let puts = batch.iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item.clone()));
            WriteRequest::builder()
                .put_request(put.build().unwrap())
                .build()
        });
        let requests = HashMap::from([(shoebox.stores.table.clone(), puts.collect())]);
        let write = shoebox.stores.dynamodb.batch_write_item();
        let written = write
            .set_request_items(Some(requests))
            .send()
            .await
            .unwrap();
        assert!(written.unprocessed_items().is_none_or(HashMap::is_empty));
    }
}

//! What one request examines at most.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use serde_json::json;
use shoebox_tests::Shoebox;
use shoebox_tests::shoebox::{ids, text};
use shoebox_tests::store::{Item, string};

/// More images than one request examines.
const MANY: usize = 1_100;

#[tokio::test]
async fn filters_that_seldom_meet_give_short_pages_that_lead_to_every_match() {
    let shoebox = Shoebox::with(&[]).await;
    let both = shoebox
        .upload("ann", json!({ "tags": ["left", "right"] }))
        .await;
    let both = text(&both, "image_id");
    for tag in ["left", "right"] {
        let image = shoebox.upload("ann", json!({ "tags": [tag] })).await;
        let listing = format!("U#ann#public#T#{tag}");
        let row = rows_in(&shoebox, &text(&image, "image_id"), &listing).await;
        repeat(&shoebox, &row, MANY).await;
    }
    let (listed, pages) = walk(&shoebox, "user_id=ann&tags=left,right&limit=20").await;
    assert_eq!(listed, [both]);
    assert!(pages >= 2, "one request examined {MANY} images");
    // One filter alone needs no search: its page is full.
    let page = shoebox.list_page("user_id=ann&tags=left&limit=100").await;
    assert_eq!(page["count"], 100);
}

#[tokio::test]
async fn any_of_many_tags_gives_full_pages_of_images_that_have_them_all() {
    const IMAGES: usize = 110;
    let shoebox = Shoebox::with(&[]).await;
    let tags: Vec<String> = (0..12).map(|number| format!("t{number}")).collect();
    let image = shoebox.upload("ann", json!({ "tags": tags })).await;
    let rows = rows_in(&shoebox, &text(&image, "image_id"), "#T#").await;
    assert_eq!(
        rows.len(),
        24,
        "each tag's list of the user, and of the feed"
    );
    repeat(&shoebox, &rows, IMAGES).await;
    let tags = tags.join(",");
    for of in ["user_id=ann&visibility=public", "user_id=ann", ""] {
        let query = format!("{of}&tags={tags}&tag_mode=any&limit=100");
        let page = shoebox.list_page(&query).await;
        assert_eq!(page["count"], 100, "{of}");
        let (listed, pages) = walk(&shoebox, &query).await;
        assert_eq!((listed.len(), pages), (IMAGES + 1, 2), "{of}");
    }
}

#[tokio::test]
async fn rows_that_cannot_be_read_count_as_examined_and_hide_nothing_behind_them() {
    let shoebox = Shoebox::with(&[]).await;
    let image = shoebox.upload("ann", json!({ "tags": ["a"] })).await;
    let id = text(&image, "image_id");
    let mut rows = rows_in(&shoebox, &id, "U#ann#public#T#a").await;
    rows[0].remove("type");
    repeat(&shoebox, &rows, MANY).await;
    let (listed, pages) = walk(&shoebox, "user_id=ann&tags=a").await;
    assert_eq!(listed, [id]);
    assert_eq!(pages, 2, "one request examined {MANY} rows");
}

/// All that a list shows, page by page, and of how many pages that is.
async fn walk(shoebox: &Shoebox, first: &str) -> (Vec<String>, usize) {
    let (mut listed, mut pages, mut query) = (Vec::new(), 0, first.to_owned());
    loop {
        let page = shoebox.list_page(&query).await;
        pages += 1;
        assert!(pages <= 5, "the pages lead nowhere");
        listed.extend(ids(&page));
        let Some(key) = page["last_key"].as_str() else {
            return (listed, pages);
        };
        query = format!("{first}&last_key={key}");
    }
}

/// The rows of an image in the listings whose keys hold `part`.
async fn rows_in(shoebox: &Shoebox, id: &str, part: &str) -> Vec<Item> {
    let mut rows = shoebox.stores.rows().await;
    rows.retain(|row| string(row, "pk").contains(part) && string(row, "sk").ends_with(id));
    rows
}

/// Writes listing rows again and again, as if there had been as many images a little later: as many uploads would
/// take a minute.
async fn repeat(shoebox: &Shoebox, rows: &[Item], times: usize) {
    let later = |number: usize| {
        rows.iter().map(move |row| {
            let key = format!("2999-01-01T00:00:00.000Z#01900000-0000-7000-8000-{number:012x}");
            let mut copy = row.clone();
            copy.insert("sk".to_owned(), AttributeValue::S(key));
            copy
        })
    };
    let copies: Vec<Item> = (0..times).flat_map(later).collect();
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

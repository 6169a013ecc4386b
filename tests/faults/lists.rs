//! Listing while images change, and over rows that cannot be read.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shoebox_core::{Caller, Error, Faults, Image, ListFields, ListQuery, Page, UserId};

use crate::support::{Script, World, interleave, picture, play};

/// Too large for a card, so that a list reads it from the image row.
const LARGE: usize = 2_000;

async fn list(world: &World, tag: &str) -> Result<Page, Error> {
    let fields = ListFields {
        tags: vec![tag.to_owned()],
        limit: Some("2".to_owned()),
        ..ListFields::default()
    };
    let mut faults = Faults::default();
    let query = ListQuery::parse(fields, &mut faults);
    let query = faults.or(query).unwrap();
    Box::pin(world.lister.list(&Caller::Unverified(None), &query)).await
}

/// Public images tagged `sea`, the oldest first, all but the first with what only their image rows hold.
async fn library(world: &World) -> Vec<Image> {
    let user = UserId::parse("ann").unwrap();
    let mut images = Vec::new();
    for number in 0..3 {
        let at = world.after(chrono::TimeDelta::seconds(number));
        let image = world.upload(&user, None, picture(1), at).await.unwrap();
        images.push(if number == 0 {
            image
        } else {
            let patch = json!({"description": "x".repeat(LARGE)});
            world.patch(&user, image.id, patch, at).await.unwrap()
        });
    }
    images
}

#[tokio::test]
async fn an_image_that_turns_private_under_a_list_is_dropped_from_it() {
    let world = World::new("1").await;
    let images = library(&world).await;
    let script = Arc::new(Script::default().with_gate_before("BatchGetItem"));
    let patch = json!({"visibility": "private"});
    let (page, patched) = interleave(
        &script,
        play(&script, list(&world, "sea")),
        world.patch(&images[2].user_id, images[2].id, patch, world.start),
    )
    .await;
    patched.unwrap();
    let page = page.good().unwrap();
    assert_eq!(page.images, [images[1].clone()]);
    assert!(page.last_key.is_some(), "the oldest is still to come");
}

/// Takes an attribute from a row, as no write of this service does.
async fn damage(world: &World, partition: &str, sort: &str, attribute: &str) {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let update = world.dynamodb.update_item().table_name(&world.table);
    let update = update.key("pk", text(partition)).key("sk", text(sort));
    let update = update.update_expression("REMOVE #attribute");
    let update = update.expression_attribute_names("#attribute", attribute);
    update.send().await.unwrap();
}

#[tokio::test]
async fn a_listing_row_that_cannot_be_read_is_passed_over_and_the_page_is_full() {
    let world = World::new("1").await;
    let images = library(&world).await;
    let (newest, created) = (&images[2], images[2].created_at);
    let created = created.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let id = newest.id.to_string();
    let shard = u8::from_str_radix(&id[id.len() - 2..], 16).unwrap() % 8;
    let sort = format!("{created}#{id}");
    damage(&world, &format!("G#T#sea#{shard}"), &sort, "type").await;
    let page = list(&world, "sea").await.unwrap();
    assert_eq!(page.images, [images[1].clone(), images[0].clone()]);
    assert_eq!(page.last_key, None);
}

#[tokio::test]
async fn an_image_row_that_cannot_be_read_takes_only_its_image_from_a_list() {
    let world = World::new("1").await;
    let images = library(&world).await;
    let partition = format!("IMG#{}", images[2].id);
    damage(&world, &partition, "IMG", "hold_until").await;
    let page = list(&world, "sea").await.unwrap();
    assert_eq!(page.images, [images[1].clone()]);
    assert!(page.last_key.is_some(), "the oldest is still to come");
}

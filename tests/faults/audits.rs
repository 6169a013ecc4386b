//! The audit beside writers, under faults, and over rows that nothing of this service wrote.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use serde_json::json;
use shoebox_core::{AuditReport, Error, IdempotencyKey, Image, ImageId, Repair, UserId};
use shoebox_tests::picture::sha256;

use crate::support::{
    Batch, Expect, Fault, Landing, Plan, Script, World, explore_with, interleave, picture, play,
};

/// When nothing that was written at the start can be part of a request.
const LATER: TimeDelta = TimeDelta::hours(3);
const FAULTS: [Fault; 4] = [
    Fault::Refused,
    Fault::AnswerLost,
    Fault::KilledAfter,
    Fault::KilledInFlight,
];

async fn audit(world: &World, repair: Repair, after: TimeDelta) -> Result<AuditReport, Error> {
    Box::pin(world.sweeper.audit(repair, world.after(after))).await
}

async fn found(world: &World, after: TimeDelta) -> AuditReport {
    audit(world, Repair::DryRun, after).await.unwrap()
}

async fn put_object(world: &World, key: &str) {
    let put = world.s3.put_object().bucket(&world.bucket).key(key);
    put.body(picture(1).into()).send().await.unwrap();
}

/// Puts the object that an upload under the key would put, without a row.
async fn put_orphan(world: &World, user: &UserId, key: &IdempotencyKey) {
    let digest = sha256(&picture(1));
    let id = ImageId::derived(user, key, 0);
    put_object(world, &format!("images/{user}/{id}/{digest}")).await;
}

fn key_of(partition: &str, sort: &str) -> Vec<(String, AttributeValue)> {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    vec![
        ("pk".to_owned(), text(partition)),
        ("sk".to_owned(), text(sort)),
    ]
}

async fn change(world: &World, key: Vec<(String, AttributeValue)>, expression: &str) {
    let update = world.dynamodb.update_item().table_name(&world.table);
    let update = update.set_key(Some(key.into_iter().collect()));
    let named = ["#type", "#expires"]
        .into_iter()
        .zip(["type", "expires_at"]);
    let used = named.filter(|(name, _)| expression.contains(name));
    let update = used.fold(update, |update, (name, attribute)| {
        update.expression_attribute_names(name, attribute)
    });
    update.update_expression(expression).send().await.unwrap();
}

async fn change_image(world: &World, id: ImageId, expression: &str) {
    change(world, key_of(&format!("IMG#{id}"), "IMG"), expression).await;
}

async fn set_number(world: &World, key: Vec<(String, AttributeValue)>, name: &str, number: i64) {
    let update = world.dynamodb.update_item().table_name(&world.table);
    let update = update.set_key(Some(key.into_iter().collect()));
    let number = AttributeValue::N(number.to_string());
    let update = update.update_expression(format!("SET {name} = :number"));
    let update = update.expression_attribute_values(":number", number);
    update.send().await.unwrap();
}

async fn set_due(world: &World, id: ImageId, seconds: i64) {
    let key = key_of(&format!("IMG#{id}"), "IMG");
    set_number(world, key, "due_at", seconds).await;
}

async fn put_row(world: &World, row: Vec<(String, AttributeValue)>) {
    let put = world.dynamodb.put_item().table_name(&world.table);
    let put = put.set_item(Some(row.into_iter().collect()));
    put.send().await.unwrap();
}

fn sort_key(image: &Image) -> String {
    let created = image.created_at;
    let created = created.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    format!("{created}#{}", image.id)
}

/// Puts a listing row of an image where it has none.
async fn put_stray(world: &World, image: &Image, partition: &str) {
    let (user, sort) = (&image.user_id, sort_key(image));
    let key = key_of(&format!("U#{user}#public"), &sort);
    let get = world.dynamodb.get_item().table_name(&world.table);
    let get = get.set_key(Some(key.into_iter().collect()));
    let mut row = get.send().await.unwrap().item.unwrap();
    row.extend(key_of(partition, &sort));
    put_row(world, row.into_iter().collect()).await;
}

#[tokio::test]
async fn an_audit_that_fails_anywhere_is_finished_by_the_next_or_the_sweeper() {
    let batch = Batch::new().await;
    explore_with(&FAULTS, 1, async |plan: Plan| {
        let world = &batch.world;
        let (user, key) = batch.user();
        put_orphan(world, &user, &key).await;
        let script = Arc::new(Script::of(&plan.faults));
        play(&script, audit(world, Repair::Apply, LATER)).await;
        batch.land(&script, &plan, Landing::AtOnce).await;
        let next = audit(world, Repair::Apply, LATER).await;
        if let Err(error) = next {
            batch.violation(format!("{plan:?}"), format!("the next audit: {error:?}"));
        }
        batch.land(&script, &plan, Landing::AfterTheClients).await;
        batch.expect(&user, format!("{plan:?}"), Expect::Gone);
        script.calls().len()
    })
    .await;
    batch.finish().await;
}

#[tokio::test]
async fn an_upload_that_meets_the_audit_is_shown_whole_or_refused() {
    let batch = Batch::new().await;
    let world = &batch.world;
    // Before the id is claimed, before the object is removed, before the row is let go.
    for (gate, uploads) in [
        ("PutItem", true),
        ("DeleteObjects", false),
        ("UpdateItem", false),
    ] {
        let (user, key) = batch.user();
        put_orphan(world, &user, &key).await;
        let script = Arc::new(Script::default().with_gate_before(gate));
        let (audited, uploaded) = interleave(
            &script,
            play(&script, audit(world, Repair::Apply, LATER)),
            world.upload(&user, Some(&key), picture(1), world.start),
        )
        .await;
        let repaired = audited.good().map(|report| report.repaired);
        assert_eq!(repaired, Some(u64::from(!uploads)), "{gate}");
        assert_eq!(uploaded.is_ok(), uploads, "{gate}: {uploaded:?}");
        let expect = if uploads { Expect::Shown } else { Expect::Gone };
        batch.expect(&user, format!("a gate before {gate}"), expect);
    }
    batch.finish().await;
}

#[tokio::test]
async fn an_object_whose_tombstone_is_final_is_removed() {
    let batch = Batch::new().await;
    let world = &batch.world;
    let (user, key) = batch.user();
    let image = world.upload(&user, Some(&key), picture(1), world.start);
    let image = image.await.unwrap();
    world
        .delete(&user, image.id, world.after(LATER))
        .await
        .unwrap();
    put_orphan(world, &user, &key).await;
    assert_eq!(found(world, LATER).await.objects_without_row, 1);
    let report = audit(world, Repair::Apply, LATER).await.unwrap();
    assert_eq!(report.repaired, 1);
    assert_eq!(found(world, LATER).await.finding_count(), 0);
    batch.expect(&user, "deleted for good", Expect::Gone);
    batch.finish().await;
}

#[tokio::test]
async fn a_listing_row_that_is_rewritten_while_the_audit_looks_is_kept() {
    let batch = Batch::new().await;
    let world = &batch.world;
    for races in [false, true] {
        let (user, _) = batch.user();
        let image = world.upload(&user, None, picture(1), world.start);
        let image = image.await.unwrap();
        put_stray(world, &image, &format!("U#{user}#public#T#new")).await;
        let script = Arc::new(Script::default().with_gate_before("DeleteItem"));
        let (audited, ()) = interleave(
            &script,
            play(&script, audit(world, Repair::Apply, LATER)),
            async {
                if races {
                    let patch = json!({"tags": ["sea", "new"]});
                    world
                        .patch(&user, image.id, patch, world.start)
                        .await
                        .unwrap();
                }
            },
        )
        .await;
        let report = audited.good().unwrap();
        assert_eq!(report.stray_listing_rows, 1);
        assert_eq!(report.repaired, u64::from(!races));
        batch.expect(
            &user,
            format!("a stray listing row, races {races}"),
            Expect::Shown,
        );
    }
    // Which rows there are is checked here.
    batch.finish().await;
}

#[tokio::test]
async fn rows_and_objects_that_cannot_be_read_are_counted_and_nothing_of_theirs_is_touched() {
    let world = World::new("1").await;
    let user = UserId::parse("ann").unwrap();
    let mut images = Vec::new();
    for _ in 0..3 {
        let upload = world.upload(&user, None, picture(1), world.start);
        images.push(upload.await.unwrap());
    }
    assert_eq!(found(&world, LATER).await.finding_count(), 0);
    change_image(&world, images[0].id, "REMOVE hold_until").await;
    let listing = key_of("U#ann#public#C#trips", &sort_key(&images[1]));
    change(&world, listing, "REMOVE #type").await;
    put_row(&world, key_of("X#1", "y")).await;
    put_row(&world, key_of("GARDEN", "y")).await;
    put_row(&world, key_of("IMG#none", "IMG")).await;
    for foreign in [
        "images/a.png",
        "images/a.b/01890000-0000-7000-8000-000000000000/object",
    ] {
        put_object(&world, foreign).await;
    }
    let report = audit(&world, Repair::Apply, LATER).await.unwrap();
    let expected = AuditReport {
        active_images: 2,
        objects: 5,
        corrupt_rows: 2,
        foreign_rows: 3,
        foreign_objects: 2,
        listing_rows: report.listing_rows,
        ..AuditReport::default()
    };
    assert_eq!(report, expected);
    let listed = world.s3.list_objects_v2().bucket(&world.bucket);
    assert_eq!(listed.send().await.unwrap().contents().len(), 5);
}

#[tokio::test]
async fn uploads_are_overdue_by_their_turn_with_the_sweeper() {
    let world = World::new("1").await;
    let user = UserId::parse("ann").unwrap();
    let start = world.start_direct(&user, None, 10, world.start);
    let id = start.await.unwrap().upload.id;
    let overdue = async |hours| found(&world, TimeDelta::hours(hours)).await.overdue_rows;
    assert_eq!((overdue(3).await, overdue(4).await), (0, 1));
    let due = world.after(TimeDelta::hours(6)).timestamp();
    set_due(&world, id, due).await;
    assert_eq!((overdue(4).await, overdue(9).await), (0, 1));
    change_image(&world, id, "REMOVE due_at, sweep_shard").await;
    assert_eq!(overdue(0).await, 1, "no sweeper will ever come to it");
}

#[tokio::test]
async fn tombstones_that_nothing_will_drop_are_found() {
    let world = World::new("1").await;
    let user = UserId::parse("ann").unwrap();
    let image = world.upload(&user, None, picture(1), world.start);
    let id = image.await.unwrap().id;
    world.delete(&user, id, world.start).await.unwrap();
    let stuck = async |hours| {
        found(&world, TimeDelta::hours(hours))
            .await
            .stuck_tombstones
    };
    assert_eq!((stuck(2).await, stuck(3).await), (0, 1));
    let sweep = world.sweeper.sweep(
        world.after(TimeDelta::hours(3)),
        std::time::Duration::from_mins(1),
    );
    assert_eq!(sweep.await.unwrap().released, 1);
    let day = 24;
    assert_eq!(
        (stuck(3).await, stuck(2 * day).await, stuck(10 * day).await),
        (0, 0, 1)
    );
    change_image(&world, id, "REMOVE #expires").await;
    assert_eq!(stuck(3).await, 1);
}

#[tokio::test]
async fn an_upload_or_delete_that_meets_the_audit_is_no_finding() {
    let world = World::new("1").await;
    let user = UserId::parse("ann").unwrap();
    let now = TimeDelta::zero();
    // The objects have been listed, the rows have not been read.
    let script = Arc::new(Script::default().with_gate_before("Scan"));
    let (audited, uploaded) = interleave(
        &script,
        play(&script, audit(&world, Repair::DryRun, now)),
        world.upload(&user, None, picture(1), world.start),
    )
    .await;
    let image = uploaded.unwrap();
    let report = audited.good().unwrap();
    assert_eq!((report.active_images, report.objects), (1, 0));
    assert_eq!(report.finding_count(), 0, "{report:?}");

    let key = format!("images/{user}/{}/{}", image.id, sha256(&picture(1)));
    let remove = world.s3.delete_object().bucket(&world.bucket).key(&key);
    remove.send().await.unwrap();
    let report = found(&world, now).await;
    let findings = (report.images_without_object, report.finding_count());
    assert_eq!(findings, (1, 1));
    let script = Arc::new(Script::default().with_gate_before("GetItem"));
    let (audited, deleted) = interleave(
        &script,
        play(&script, audit(&world, Repair::DryRun, now)),
        world.delete(&user, image.id, world.start),
    )
    .await;
    deleted.unwrap();
    let report = audited.good().unwrap();
    assert_eq!(report.finding_count(), 0, "{report:?}");
}

#[tokio::test]
async fn an_outdated_listing_row_is_found_and_kept_until_the_next_change_of_its_image() {
    let world = World::new("1").await;
    let user = UserId::parse("ann").unwrap();
    let image = world.upload(&user, None, picture(1), world.start);
    let image = image.await.unwrap();
    let patch = json!({"description": "new"});
    let patch = world.patch(&user, image.id, patch, world.start);
    patch.await.unwrap();
    let listing = key_of("U#ann#public#T#sea", &sort_key(&image));
    set_number(&world, listing, "rev", 1).await;
    let report = audit(&world, Repair::Apply, LATER).await.unwrap();
    let findings = (report.stray_listing_rows, report.missing_listing_rows);
    assert_eq!((findings, report.repaired), ((1, 1), 0));
    let again = found(&world, LATER).await;
    assert_eq!(again.listing_rows, report.listing_rows);
    let patch = json!({"description": "newer"});
    let patch = world.patch(&user, image.id, patch, world.start);
    patch.await.unwrap();
    assert_eq!(found(&world, LATER).await.finding_count(), 0);
}

//! Calls that took effect, whose answers were lost, and that the SDK makes again: a condition then meets what the first
//! try wrote.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use shoebox_core::{Error, IdempotencyKey, Ingested, UserId};

use crate::support::{Batch, Expect, Fault, Outcome, Script, caller, picture, play};

/// Everything of an attempt at the start is over.
const LATE: TimeDelta = TimeDelta::hours(1);
const LATER: TimeDelta = TimeDelta::hours(2);
/// Past the life of a signed URL.
const URL_OVER: TimeDelta = TimeDelta::hours(3);

/// The SDK makes each call a second time.
async fn batch() -> Batch {
    Batch::with_attempts("2").await
}

/// Runs a case with the answer lost to its first call, then to its second, and so on. All must succeed.
async fn losing_each_answer<T: Debug, F>(mut case: impl FnMut(Arc<Script>) -> F)
where
    F: Future<Output = Result<T, Error>>,
{
    let (mut call, mut calls) = (0, 1);
    while call < calls {
        let script = Arc::new(Script::of(&[(call, Fault::AnswerLost)]));
        let answer = case(Arc::clone(&script)).await;
        assert!(answer.is_ok(), "without the answer to {call}: {answer:?}");
        // One is of the retry.
        calls = script.calls().len() - 1;
        call += 1;
    }
    assert!(call > 1);
}

/// What a client hears whom nothing kills.
async fn heard<T>(
    script: &Arc<Script>,
    operation: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match play(script, operation).await {
        Outcome::Answered(answer) => answer,
        Outcome::Killed => panic!("nothing kills it"),
    }
}

/// A client whose first try under its key came to nothing and was swept, and whose second was killed.
async fn twice_unlucky(batch: &Batch) -> (UserId, IdempotencyKey) {
    let (user, key) = batch.user();
    let world = &batch.world;
    let first = world.upload(&user, Some(&key), picture(1), world.start);
    let killed = Arc::new(Script::of_operation("PutObject", Fault::KilledAfter, 1));
    assert!(play(&killed, first).await.good().is_none());
    batch.sweep(LATE).await;
    let second = world.upload(&user, Some(&key), picture(1), world.after(LATE));
    let killed = Arc::new(Script::of_operation("PutObject", Fault::KilledAfter, 1));
    assert!(play(&killed, second).await.good().is_none());
    (user, key)
}

#[tokio::test]
async fn a_repeat_goes_on_from_the_row_that_it_took_over() {
    let batch = batch().await;
    losing_each_answer(async |script| {
        let (user, key) = twice_unlucky(&batch).await;
        let now = batch.world.after(LATER);
        let third = batch.world.upload(&user, Some(&key), picture(1), now);
        let image = heard(&script, third).await?;
        batch.expect(&user, "taken over", Expect::Shown);
        Ok(image)
    })
    .await;
    batch.finish().await;
}

#[tokio::test]
async fn a_direct_upload_that_was_taken_over_is_signed_for_its_own_object() {
    let batch = batch().await;
    let (world, bytes) = (&batch.world, picture(1));
    // Signatures are checked against the clock of today.
    let ago = |hours: i64| world.after(TimeDelta::hours(-hours));
    losing_each_answer(async |script| {
        let (user, key) = batch.user();
        let ask = |now| world.start_direct(&user, Some(&key), bytes.len(), now);
        // The second finds the tombstone by its first call, and begins anew by its second.
        for (hours, last_call) in [(20, 0), (9, 1)] {
            let killed = Arc::new(Script::of(&[(last_call, Fault::KilledAfter)]));
            assert!(play(&killed, ask(ago(hours))).await.good().is_none());
            batch.sweep(TimeDelta::hours(-10)).await;
        }
        let started = heard(&script, ask(world.start)).await?;
        assert_eq!(world.put(&started, &bytes).await, 200);
        let (caller, id) = (caller(&user), started.upload.id);
        let image = world.uploader.complete(&caller, id, world.start);
        let image = Box::pin(image).await?;
        batch.expect(&user, "taken over", Expect::Shown);
        Ok(image)
    })
    .await;
    batch.finish().await;
}

#[tokio::test]
async fn every_write_succeeds_though_one_answer_is_lost() {
    let batch = batch().await;
    let world = &batch.world;
    losing_each_answer(async |script| {
        let (user, key) = batch.user();
        let upload = world.upload(&user, Some(&key), picture(1), world.start);
        let image = heard(&script, upload).await?;
        batch.expect(&user, "uploaded", Expect::Shown);
        Ok(image)
    })
    .await;
    losing_each_answer(async |script| {
        let (user, _) = batch.user();
        let image = world.upload(&user, None, picture(1), world.start).await?;
        let patch = json!({ "tags": ["night"], "visibility": "private" });
        let patch = world.patch(&user, image.id, patch, world.start);
        let image = heard(&script, patch).await?;
        batch.expect(&user, "patched", Expect::Shown);
        Ok(image)
    })
    .await;
    losing_each_answer(async |script| {
        let (user, _) = batch.user();
        let image = world.upload(&user, None, picture(1), world.start).await?;
        heard(&script, world.delete(&user, image.id, world.start)).await?;
        batch.expect(&user, "deleted", Expect::Gone);
        Ok(())
    })
    .await;
    batch.finish().await;
}

#[tokio::test]
async fn a_try_that_the_sweeper_could_not_hear_counted_is_used() {
    let batch = batch().await;
    let (world, bytes) = (&batch.world, picture(1));
    losing_each_answer(async |script| {
        let (user, _) = batch.user();
        let started = world.start_direct(&user, None, bytes.len(), world.start);
        let started = started.await?;
        assert_eq!(world.put(&started, &bytes).await, 200);
        let sweep = world
            .sweeper
            .sweep(world.after(URL_OVER), Duration::from_mins(1));
        let report = heard(&script, Box::pin(sweep)).await?;
        assert_eq!((report.published, report.failed), (1, 0), "{report:?}");
        batch.expect(&user, "published", Expect::Shown);
        Ok(report)
    })
    .await;
    batch.finish().await;
}

#[tokio::test]
async fn bytes_that_land_after_their_upload_was_begun_anew_are_removed_by_their_event() {
    let batch = Batch::new().await;
    let (world, bytes) = (&batch.world, picture(1));
    let (user, key) = batch.user();
    let ask = |now| world.start_direct(&user, Some(&key), bytes.len(), now);
    let first = ask(world.start).await.unwrap();
    let over = world.after(URL_OVER);
    batch.sweep(URL_OVER).await;
    let second = ask(over).await.unwrap();
    // By the clock of S3 the first URL still lives.
    assert_eq!(world.put(&first, &bytes).await, 200);
    let key = first.url.split('?').next().unwrap();
    let key = &key[key.find("images/").unwrap()..];
    let heard = world.ingester.object_created(key, over);
    assert_eq!(
        Box::pin(heard).await.unwrap(),
        Ingested::Removed(first.upload.id)
    );
    // Those of the second are its image.
    assert_eq!(first.upload.id, second.upload.id);
    let caller = caller(&user);
    let image = world.uploader.complete(&caller, second.upload.id, over);
    let missing = Box::pin(image).await.unwrap_err();
    assert!(matches!(missing, Error::BytesMissing), "{missing:?}");
    batch.expect(&user, "begun anew and never put", Expect::Gone);
    batch.sweep(URL_OVER + URL_OVER).await;
    batch.finish().await;
}

//! Uploads whose verification ends the process that attempts it, and sweeps whose time runs out: the sweeper always
//! comes to the rest.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use shoebox_core::{Error, ImageId, SweepReport};

use crate::support::{
    Batch, Expect, Fault, Outcome, Script, caller, interleave, not_a_picture, picture, play,
};

/// When every signed URL is over.
const LATE: TimeDelta = TimeDelta::hours(3);
/// Past the time for which a failed verification is put off.
const TURN: TimeDelta = TimeDelta::minutes(20);
const BUDGET: Duration = Duration::from_mins(1);

/// Asks for a direct upload, puts the bytes, and loses their event.
async fn put(batch: &Batch, label: &str, expect: Expect) -> ImageId {
    let (world, bytes) = (&batch.world, picture(1));
    let (user, _) = batch.user();
    let start = world.start_direct(&user, None, bytes.len(), world.start);
    let started = start.await.unwrap();
    assert_eq!(world.put(&started, &bytes).await, 200);
    batch.expect(&user, label, expect);
    started.upload.id
}

async fn sweep(
    batch: &Batch,
    script: &Arc<Script>,
    after: TimeDelta,
    budget: Duration,
) -> Outcome<SweepReport> {
    let now = batch.world.after(after);
    play(script, batch.world.sweeper.sweep(now, budget)).await
}

/// A shard of the index that an image's row is in.
fn shard(id: ImageId) -> u8 {
    let text = id.to_string();
    u8::from_str_radix(&text[text.len() - 2..], 16).unwrap() % 4
}

#[tokio::test]
async fn an_upload_that_ends_its_verifier_holds_up_nobody_and_is_refused_in_the_end() {
    let batch = Batch::new().await;
    let (user, _) = batch.user();
    let start = batch
        .world
        .start_direct(&user, None, picture(1).len(), batch.world.start);
    let poison = start.await.unwrap();
    assert_eq!(batch.world.put(&poison, &picture(1)).await, 200);
    let id = poison.upload.id;
    batch.expect(&user, "the poison", Expect::Gone);
    for number in 0..8 {
        put(
            &batch,
            &format!("beside the poison, {number}"),
            Expect::Shown,
        )
        .await;
    }
    let kill = || Arc::new(Script::of_object(&id.to_string(), Fault::KilledAfter));
    let mut kills = 0;
    let mut round = 0;
    let refused = loop {
        // The run after a kill comes to all others, for the poison is put off.
        match sweep(&batch, &kill(), LATE + TURN * round, BUDGET).await {
            Outcome::Killed => {}
            Outcome::Answered(report) => break report.unwrap(),
        }
        kills += 1;
        let next = LATE + TURN * round + TimeDelta::minutes(5);
        let next = sweep(&batch, &kill(), next, BUDGET).await;
        let next = next.good().expect("the poison is put off");
        assert_eq!((next.failed, next.rejected, next.unfinished), (0, 0, false));
        round += 1;
        assert!(round < 10, "the sweeper dies of the same object for ever");
    };
    assert_eq!(kills, 3);
    assert_eq!((refused.rejected, refused.published), (1, 0), "{refused:?}");
    let (caller, late) = (caller(&user), batch.world.after(LATE));
    match batch.world.uploader.complete(&caller, id, late).await {
        Err(Error::BadImage { detail, .. }) => {
            assert_eq!(detail, "The image could not be verified.");
        }
        other => panic!("{other:?}"),
    }
    batch.finish().await;
}

#[tokio::test]
async fn a_store_that_fails_however_often_is_not_held_against_an_upload() {
    let batch = Batch::new().await;
    put(&batch, "behind a store that fails", Expect::Shown).await;
    for (operation, fault) in [
        ("GetObject", Fault::Refused),
        ("GetObject", Fault::AnswerLost),
        ("TransactWriteItems", Fault::Refused),
        ("UpdateItem", Fault::AnswerLost),
    ] {
        for _ in 0..5 {
            let script = Arc::new(Script::of_operation(operation, fault, 1));
            let outcome = sweep(&batch, &script, LATE, BUDGET).await;
            let report = outcome.good().unwrap();
            // Taken up by each next run, for it is not put off either.
            assert_eq!(
                (report.examined, report.failed),
                (1, 1),
                "{operation}: {report:?}"
            );
        }
    }
    let report = sweep(&batch, &Arc::default(), LATE, BUDGET).await;
    assert_eq!(report.good().map(|report| report.published), Some(1));
    batch.finish().await;
}

#[tokio::test]
async fn images_are_verified_one_at_a_time() {
    let batch = Batch::new().await;
    for number in 0..8 {
        put(&batch, &format!("one of several, {number}"), Expect::Shown).await;
    }
    let script = Arc::new(Script::default());
    let outcome = sweep(&batch, &script, LATE, BUDGET).await;
    assert_eq!(outcome.good().map(|report| report.published), Some(8));
    let calls = script.calls();
    let of_images = calls
        .iter()
        .map(String::as_str)
        .filter(|call| matches!(*call, "GetObject" | "TransactWriteItems"));
    let in_turn = ["GetObject", "TransactWriteItems"].repeat(8);
    assert_eq!(of_images.collect::<Vec<_>>(), in_turn);
    batch.finish().await;
}

#[tokio::test]
async fn no_row_is_begun_once_time_is_over_and_the_next_run_has_them_all() {
    let batch = Batch::new().await;
    // All on one page of one shard.
    let mut due = 0;
    while due < 4 {
        let (world, bytes) = (&batch.world, picture(1));
        let (user, _) = batch.user();
        let start = world.start_direct(&user, None, bytes.len(), world.start);
        let started = start.await.unwrap();
        let in_shard = shard(started.upload.id) == 0;
        due += u32::from(in_shard);
        // The others have no bytes, so that they are aborted; they are in other shards.
        if in_shard {
            assert_eq!(world.put(&started, &bytes).await, 200);
        }
        let expect = if in_shard {
            Expect::Shown
        } else {
            Expect::Gone
        };
        batch.expect(&user, format!("in time {in_shard}"), expect);
    }
    let budget = Duration::from_millis(1500);
    // The minute at which shard 0 is first.
    let minutes = batch.world.after(LATE).timestamp().div_euclid(60);
    let late = LATE + TimeDelta::minutes(4 - minutes.rem_euclid(4));
    let script = Arc::new(Script::default().with_gate_before("GetObject"));
    let (outcome, ()) = interleave(
        &script,
        sweep(&batch, &script, late, budget),
        tokio::time::sleep(budget),
    )
    .await;
    let report = outcome.good().unwrap();
    assert_eq!(
        (report.published, report.unfinished),
        (1, true),
        "{report:?}"
    );
    let rest = sweep(&batch, &Arc::default(), late, BUDGET).await;
    let rest = rest.good().unwrap();
    assert_eq!((rest.published, rest.unfinished), (3, false), "{rest:?}");
    batch.finish().await;
}

#[tokio::test]
async fn the_objects_of_a_page_are_removed_by_one_call() {
    let batch = Batch::new().await;
    let mut in_shard = [0; 4];
    for number in 0..12 {
        let (world, bytes) = (&batch.world, picture(1));
        let (user, _) = batch.user();
        let image = world.upload(&user, None, bytes, world.start).await.unwrap();
        // Hidden, and no more.
        let script = Arc::new(Script::of(&[(2, Fault::KilledBefore)]));
        play(&script, world.delete(&user, image.id, world.start)).await;
        in_shard[usize::from(shard(image.id))] += 1;
        batch.expect(&user, format!("hidden {number}"), Expect::Gone);
    }
    let script = Arc::new(Script::default());
    let outcome = sweep(&batch, &script, LATE, BUDGET).await;
    assert_eq!(outcome.good().map(|report| report.deleted), Some(12));
    let calls = script.calls();
    let deletes = calls.iter().filter(|call| *call == "DeleteObjects").count();
    let shards = in_shard.iter().filter(|count| **count > 0).count();
    assert_eq!(deletes, shards, "{in_shard:?}");
    batch.finish().await;
}

#[tokio::test]
async fn a_refused_object_is_no_try_and_is_refused_at_once() {
    let batch = Batch::new().await;
    let (world, wrong) = (&batch.world, not_a_picture(&picture(1)));
    let (user, _) = batch.user();
    let start = world.start_direct(&user, None, wrong.len(), world.start);
    let started = start.await.unwrap();
    assert_eq!(world.put(&started, &wrong).await, 200);
    batch.expect(&user, "no image", Expect::Gone);
    let outcome = sweep(&batch, &Arc::default(), LATE, BUDGET).await;
    assert_eq!(outcome.good().map(|report| report.rejected), Some(1));
    batch.finish().await;
}

#[tokio::test]
async fn a_refusal_that_a_store_fails_is_tried_again_and_keeps_its_reason() {
    let batch = Batch::new().await;
    let (world, wrong) = (&batch.world, not_a_picture(&picture(1)));
    let (user, _) = batch.user();
    let start = world.start_direct(&user, None, wrong.len(), world.start);
    let started = start.await.unwrap();
    let id = started.upload.id;
    assert_eq!(world.put(&started, &wrong).await, 200);
    batch.expect(&user, "no image", Expect::Gone);
    // The shards before come first. In its own: the page, the row, the try, the object, the refusal.
    let minute = world.after(LATE).timestamp().div_euclid(60);
    let shards_before = (i64::from(shard(id)) - minute).rem_euclid(4);
    let refusal = usize::try_from(shards_before).unwrap() + 4;
    for _ in 0..5 {
        let script = Arc::new(Script::of(&[(refusal, Fault::Refused)]));
        let report = sweep(&batch, &script, LATE, BUDGET).await;
        let report = *report.good().unwrap();
        assert_eq!(
            script.calls()[refusal],
            "UpdateItem",
            "{:?}",
            script.calls()
        );
        assert_eq!((report.failed, report.rejected), (1, 0), "{report:?}");
    }
    let report = sweep(&batch, &Arc::default(), LATE, BUDGET).await;
    assert_eq!(report.good().map(|report| report.rejected), Some(1));
    let (caller, late) = (caller(&user), batch.world.after(LATE));
    match batch.world.uploader.complete(&caller, id, late).await {
        Err(Error::BadImage { detail, .. }) => {
            assert!(detail.contains("no known image"), "{detail}");
        }
        other => panic!("{other:?}"),
    }
    batch.finish().await;
}

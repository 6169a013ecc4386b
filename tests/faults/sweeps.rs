//! The sweeper itself under every fault, and two of it at once: whatever one leaves, the next one finishes.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use shoebox_core::{Error, SweepReport};

use crate::support::{
    Batch, Expect, Fault, Landing, Plan, Script, explore_with, meet, not_a_picture, picture, play,
};

const LATE: TimeDelta = TimeDelta::hours(3);
/// Those that differ to a program that reads, decides and writes anew each time.
const FAULTS: [Fault; 4] = [
    Fault::Refused,
    Fault::AnswerLost,
    Fault::KilledAfter,
    Fault::KilledInFlight,
];

/// Leaves one of each kind of row that the sweeper has to do with.
async fn litter(batch: &Batch, label: &str) {
    let (world, bytes) = (&batch.world, picture(1));
    for (faults, keyed) in [
        ([(2, Fault::KilledBefore)], false),
        ([(0, Fault::KilledAfter)], true),
    ] {
        let (user, key) = batch.user();
        let script = Arc::new(Script::of(&faults));
        let key = keyed.then_some(&key);
        play(
            &script,
            world.upload(&user, key, bytes.clone(), world.start),
        )
        .await;
        batch.expect(&user, format!("{label}, upload {faults:?}"), Expect::Gone);
    }
    let puts = [
        (Some(bytes.clone()), Expect::Shown),
        (Some(not_a_picture(&bytes)), Expect::Gone),
        (None, Expect::Gone),
    ];
    for (put, expect) in puts {
        let (user, _) = batch.user();
        let start = world.start_direct(&user, None, bytes.len(), world.start);
        let started = start.await.unwrap();
        if let Some(bytes) = &put {
            assert_eq!(world.put(&started, bytes).await, 200);
        }
        let label = format!("{label}, direct upload of {put:?}");
        batch.expect(&user, label, expect);
    }
    // Hidden, and no more.
    let (user, _) = batch.user();
    let image = world.upload(&user, None, bytes.clone(), world.start);
    let image = image.await.unwrap();
    let script = Arc::new(Script::of(&[(2, Fault::KilledBefore)]));
    play(&script, world.delete(&user, image.id, world.start)).await;
    batch.expect(&user, format!("{label}, delete"), Expect::Gone);
    // Deleted, and put again: only the tombstone knows.
    let (user, _) = batch.user();
    let start = world.start_direct(&user, None, bytes.len(), world.start);
    let started = start.await.unwrap();
    assert_eq!(world.put(&started, &bytes).await, 200);
    let caller = crate::support::caller(&user);
    let complete = world
        .uploader
        .complete(&caller, started.upload.id, world.start);
    complete.await.unwrap();
    world
        .delete(&user, started.upload.id, world.start)
        .await
        .unwrap();
    assert_eq!(world.put(&started, &bytes).await, 200);
    batch.expect(
        &user,
        format!("{label}, put after the delete"),
        Expect::Gone,
    );
}

async fn sweep(batch: &Batch) -> Result<SweepReport, Error> {
    let now = batch.world.after(LATE);
    Box::pin(batch.world.sweeper.sweep(now, Duration::from_mins(1))).await
}

#[tokio::test]
async fn a_sweep_that_fails_anywhere_is_finished_by_the_next() {
    let batch = Batch::new().await;
    explore_with(&FAULTS, 1, async |plan: Plan| {
        litter(&batch, &format!("{plan:?}")).await;
        let script = Arc::new(Script::of(&plan.faults));
        play(&script, sweep(&batch)).await;
        batch.land(&script, &plan, Landing::AtOnce).await;
        let next = sweep(&batch).await;
        if !matches!(next, Ok(SweepReport { failed: 0, .. })) {
            batch.violation(format!("{plan:?}"), format!("the next sweep: {next:?}"));
        }
        batch.land(&script, &plan, Landing::AfterTheClients).await;
        script.calls().len()
    })
    .await;
    batch.finish().await;
}

#[tokio::test]
async fn two_sweepers_at_once_do_no_harm_at_any_call() {
    let batch = Batch::new().await;
    let mut gate = 0;
    loop {
        let label = format!("gate {gate}");
        litter(&batch, &label).await;
        let script = Arc::new(Script::default().with_gate(gate));
        let (one, other) = meet(&script, play(&script, sweep(&batch)), sweep(&batch)).await;
        let Ok(one) = one else {
            break;
        };
        if one.error().is_some() || other.is_err() {
            batch.violation(label, format!("{one:?}, {other:?}"));
        }
        gate += 1;
    }
    // Each of them has rows to look at and objects to remove.
    assert!(gate > 10, "{gate}");
    batch.finish().await;
}

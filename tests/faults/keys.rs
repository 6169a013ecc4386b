//! Idempotency keys of uploads that came to nothing: swept away, repeated, and met by the sweeper that still works on
//! what was there before.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use shoebox_core::{DirectStart, Error, IdempotencyKey, Image, StartedUpload, SweepReport, UserId};

use crate::support::{
    Batch, Canned, Expect, Fault, Landing, Plan, Script, World, caller, explore, explore_with,
    interleave, not_a_picture, picture, play,
};

/// Leases are over, calls in flight are not.
const EARLY: TimeDelta = TimeDelta::minutes(4);
/// Everything of an attempt at the start is over.
const LATE: TimeDelta = TimeDelta::hours(1);
/// The same, of an attempt at [`LATE`].
const LATER: TimeDelta = TimeDelta::hours(2);
/// The calls of an upload: row, object, commit.
const CALLS: usize = 3;
/// Those that differ to a sweeper.
const SWEEPER_FAULTS: [Fault; 4] = [
    Fault::Refused,
    Fault::KilledAfter,
    Fault::Late,
    Fault::KilledInFlight,
];

struct Client<'a> {
    batch: &'a Batch,
    user: UserId,
    key: IdempotencyKey,
}

impl<'a> Client<'a> {
    fn new(batch: &'a Batch) -> Self {
        let (user, key) = batch.user();
        Self { batch, user, key }
    }

    async fn upload(&self, seed: u32, now: DateTime<Utc>) -> Result<Image, Error> {
        let (world, bytes) = (&self.batch.world, picture(seed));
        world.upload(&self.user, Some(&self.key), bytes, now).await
    }

    /// An attempt that ends before its commit, so that nobody is ever shown its image.
    async fn is_killed(&self, call: usize, fault: Fault) {
        let script = Arc::new(Script::of(&[(call, fault)]));
        let upload = self.upload(1, self.batch.world.start);
        assert!(play(&script, upload).await.good().is_none());
        script.land().await;
    }

    async fn must_succeed(&self, label: &str, now: DateTime<Utc>) -> Option<Image> {
        let answer = self.upload(1, now).await;
        if let Err(error) = &answer {
            self.batch
                .violation(label, format!("the repeat failed: {error:?}"));
        }
        answer.ok()
    }
}

async fn complete(world: &World, user: &UserId, started: &StartedUpload) -> Result<Image, Error> {
    let (caller, id) = (caller(user), started.upload.id);
    Box::pin(world.uploader.complete(&caller, id, world.start)).await
}

async fn sweep(batch: &Batch, delta: TimeDelta) -> Result<SweepReport, Error> {
    let now = batch.world.after(delta);
    Box::pin(batch.world.sweeper.sweep(now, Duration::from_mins(1))).await
}

#[tokio::test]
async fn a_key_works_again_after_its_upload_came_to_nothing_and_was_swept() {
    let batch = Batch::new().await;
    let cases = RefCell::new(Vec::new());
    explore(2, async |plan| {
        let client = Client::new(&batch);
        let script = Arc::new(Script::of(&plan.faults));
        let outcome = play(&script, client.upload(1, batch.world.start)).await;
        let calls = script.calls().len();
        cases.borrow_mut().push((client, plan, script, outcome));
        calls
    })
    .await;
    batch.sweep(EARLY).await;
    // All that was in flight lands before the hold ends, or never.
    let cases = cases.into_inner();
    for (_, _, script, _) in &cases {
        script.land().await;
    }
    batch.sweep(LATE).await;
    for (client, plan, _, outcome) in cases {
        let label = format!("{plan:?}: {outcome:?}");
        let again = client.must_succeed(&label, batch.world.after(LATE)).await;
        let third = client.must_succeed(&label, batch.world.after(LATER)).await;
        for image in [&again, &third].into_iter().flatten() {
            if outcome.good().is_some_and(|first| first != image) || again != third {
                batch.violation(&label, format!("{outcome:?}, {again:?}, {third:?}"));
            }
        }
        let other = client.upload(2, batch.world.after(LATE)).await;
        if !matches!(other, Err(Error::KeyReused)) {
            batch.violation(&label, format!("another request: {other:?}"));
        }
        batch.expect(&client.user, label, Expect::Shown);
    }
    batch.finish().await;
}

#[tokio::test]
async fn a_key_works_again_however_often_its_attempts_are_hit() {
    let batch = Batch::new().await;
    for call in 0..CALLS - 1 {
        explore(1, async |plan| {
            let client = Client::new(&batch);
            client.is_killed(call, Fault::KilledAfter).await;
            batch.sweep(LATE).await;
            let script = Arc::new(Script::of(&plan.faults));
            let again = play(&script, client.upload(1, batch.world.after(LATE))).await;
            let label = format!("killed after {call}, then {plan:?}: {again:?}");
            batch.land(&script, &plan, Landing::AtOnce).await;
            batch.sweep(LATE + EARLY).await;
            script.land().await;
            batch.sweep(LATER).await;
            let last = client.must_succeed(&label, batch.world.after(LATER)).await;
            if let (Some(again), Some(last)) = (again.good(), &last)
                && again != last
            {
                batch.violation(&label, format!("{again:?} came again as {last:?}"));
            }
            batch.expect(&client.user, label, Expect::Shown);
            script.calls().len()
        })
        .await;
    }
    batch.finish().await;
}

#[tokio::test]
async fn a_repeat_outlives_a_sweeper_that_fails_anywhere_and_is_heard_late() {
    let batch = Batch::new().await;
    for call in 0..CALLS - 1 {
        explore_with(&SWEEPER_FAULTS, 1, async |plan: Plan| {
            let client = Client::new(&batch);
            client.is_killed(call, Fault::KilledAfter).await;
            let script = Arc::new(Script::of(&plan.faults));
            play(&script, sweep(&batch, LATE)).await;
            batch.land(&script, &plan, Landing::AtOnce).await;
            let label = format!("killed after {call}, the sweeper {plan:?}");
            client.must_succeed(&label, batch.world.after(LATE)).await;
            // What the sweeper asked for takes effect when the new image is shown.
            script.land().await;
            batch.sweep(LATER).await;
            batch.expect(&client.user, label, Expect::Shown);
            script.calls().len()
        })
        .await;
    }
    batch.finish().await;
}

/// What happens while a sweeper stands at one of its calls.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Repeat,
    SweepAndRepeat,
    SweepRepeatAndHalfADelete,
}

#[tokio::test]
async fn a_sweeper_that_comes_late_to_what_was_repeated_harms_nothing() {
    let batch = Batch::new().await;
    for meanwhile in [
        Meanwhile::Repeat,
        Meanwhile::SweepAndRepeat,
        Meanwhile::SweepRepeatAndHalfADelete,
    ] {
        for call in 0..CALLS - 1 {
            let (mut gate, mut calls) = (0, 1);
            while gate < calls {
                calls = meet_a_sweeper(&batch, call, gate, meanwhile).await;
                gate += 1;
            }
        }
    }
    batch.finish().await;
}

async fn meet_a_sweeper(batch: &Batch, call: usize, gate: usize, meanwhile: Meanwhile) -> usize {
    let client = Client::new(batch);
    let label = format!("killed after {call}, the sweeper at {gate}, {meanwhile:?}");
    client.is_killed(call, Fault::KilledAfter).await;
    let script = Arc::new(Script::default().with_gate(gate));
    let now = batch.world.after(LATE);
    let (swept, expect) = interleave(&script, play(&script, sweep(batch, LATE)), async {
        if !matches!(meanwhile, Meanwhile::Repeat) {
            batch.sweep(LATE).await;
        }
        let image = client.must_succeed(&label, now).await;
        match (meanwhile, image) {
            (Meanwhile::SweepRepeatAndHalfADelete, Some(image)) => {
                let delete = batch.world.delete(&client.user, image.id, now);
                let dies = Arc::new(Script::of_operation(
                    "DeleteObjects",
                    Fault::KilledBefore,
                    1,
                ));
                play(&dies, delete).await;
                Expect::Gone
            }
            _ => Expect::Shown,
        }
    })
    .await;
    if swept.good().is_none_or(|report| report.failed > 0) {
        batch.violation(&label, format!("the sweeper: {swept:?}"));
    }
    batch.sweep(LATER).await;
    batch.expect(&client.user, label, expect);
    script.calls().len()
}

#[tokio::test]
async fn a_repeat_that_meets_a_sweeper_at_any_of_its_calls_succeeds_or_says_when_to_come_back() {
    let batch = Batch::new().await;
    for call in 0..CALLS - 1 {
        let (mut gate, mut calls) = (0, 1);
        while gate < calls {
            let client = Client::new(&batch);
            let label = format!("killed after {call}, the repeat at {gate}");
            client.is_killed(call, Fault::KilledAfter).await;
            let script = Arc::new(Script::default().with_gate(gate));
            let repeat = client.upload(1, batch.world.after(LATE));
            let sweeping = sweep(&batch, LATE);
            let (repeat, _) = interleave(&script, play(&script, repeat), sweeping).await;
            match repeat.error() {
                None => {}
                Some(error) if error.retry_after_secs().is_some() => {}
                Some(error) => batch.violation(&label, format!("answered {error:?}")),
            }
            client.must_succeed(&label, batch.world.after(LATER)).await;
            batch.expect(&client.user, label, Expect::Shown);
            calls = script.calls().len();
            gate += 1;
        }
    }
    batch.finish().await;
}

#[tokio::test]
async fn two_repeats_of_what_was_swept_make_one_image() {
    let batch = Batch::new().await;
    let (mut gate, mut calls) = (0, 1);
    while gate < calls {
        let client = Client::new(&batch);
        client.is_killed(1, Fault::KilledAfter).await;
        batch.sweep(LATE).await;
        let script = Arc::new(Script::default().with_gate(gate));
        let now = batch.world.after(LATE);
        let (one, other) = interleave(
            &script,
            play(&script, client.upload(1, now)),
            client.upload(1, now),
        )
        .await;
        let label = format!("gate {gate}: {one:?}, {other:?}");
        for error in [one.error(), other.as_ref().err()].into_iter().flatten() {
            if error.retry_after_secs().is_none() {
                batch.violation(&label, format!("answered {error:?}"));
            }
        }
        client.must_succeed(&label, now + LATE).await;
        batch.expect(&client.user, label, Expect::Shown);
        calls = script.calls().len();
        gate += 1;
    }
    batch.finish().await;
}

#[tokio::test]
async fn a_row_that_is_taken_at_the_last_try_is_gone_on_from() {
    let batch = Batch::new().await;
    let client = Client::new(&batch);
    client.is_killed(2, Fault::KilledBefore).await;
    sweep(&batch, LATE).await.unwrap();
    // The first says that the id is taken; of the five that take it the last is made.
    let lost = Fault::Answers(Canned::ConditionFailed);
    let script = Arc::new(Script::of_operation("PutItem", lost, 5));
    let upload = client.upload(1, batch.world.after(LATE));
    let outcome = play(&script, upload).await;
    assert!(
        outcome.good().is_some(),
        "{outcome:?}: {:?}",
        script.calls()
    );
    batch.expect(&client.user, "taken at the last try", Expect::Shown);
    batch.finish().await;
}

#[tokio::test]
async fn a_tombstone_counts_until_its_time_is_over_and_no_longer() {
    let batch = Batch::new().await;
    let client = Client::new(&batch);
    let image = client.upload(1, batch.world.start).await.unwrap();
    let deleted = batch
        .world
        .delete(&client.user, image.id, batch.world.start);
    deleted.await.unwrap();
    batch.sweep(LATE).await;
    let early = batch.world.after(LATE + TimeDelta::hours(24));
    let answer = client.upload(1, early).await;
    assert!(matches!(answer, Err(Error::KeySpent)), "{answer:?}");
    // DynamoDB has not dropped it yet.
    let late = batch.world.after(LATE + TimeDelta::hours(26));
    client.upload(2, late).await.unwrap();
    batch.expect(&client.user, "after the tombstone", Expect::Shown);
    batch.finish().await;
}

#[tokio::test]
async fn a_direct_upload_that_was_never_put_can_be_asked_for_again_under_its_key() {
    let batch = Batch::new().await;
    let (world, bytes) = (&batch.world, picture(1));
    for (killed, swept) in [(false, true), (true, true), (true, false)] {
        let client = Client::new(&batch);
        let (user, key) = (&client.user, Some(&client.key));
        // Signatures are checked against the clock of today.
        let yesterday = world.after(TimeDelta::hours(-20));
        let faults = killed.then_some((0, Fault::KilledAfter));
        let script = Arc::new(Script::of(faults.as_slice()));
        let first = play(&script, world.ask_direct(user, key, bytes.len(), yesterday)).await;
        assert_eq!(first.good().is_none(), killed);
        if swept {
            batch.sweep(TimeDelta::hours(-10)).await;
        }
        let again = world.start_direct(user, key, bytes.len(), world.start);
        let again = again.await.unwrap();
        assert_eq!(world.put(&again, &bytes).await, 200);
        let image = complete(world, user, &again).await.unwrap();
        let replayed = world.ask_direct(user, key, bytes.len(), world.start).await;
        assert_eq!(replayed.unwrap(), DirectStart::Complete(Box::new(image)));
        batch.expect(
            user,
            format!("killed {killed}, swept {swept}"),
            Expect::Shown,
        );
    }
    batch.finish().await;
}

#[tokio::test]
async fn the_key_of_a_direct_upload_that_was_refused_gives_the_reason() {
    let batch = Batch::new().await;
    let (world, bytes) = (&batch.world, picture(1));
    let client = Client::new(&batch);
    let (user, key) = (&client.user, Some(&client.key));
    let started = world.start_direct(user, key, bytes.len(), world.start);
    let started = started.await.unwrap();
    assert_eq!(world.put(&started, &not_a_picture(&bytes)).await, 200);
    let reason = complete(world, user, &started).await.unwrap_err();
    for now in [world.start, world.after(LATER)] {
        let again = world.ask_direct(user, key, bytes.len(), now).await;
        let again = again.unwrap_err();
        assert_eq!(
            (again.code(), again.detail()),
            ("invalid_image", reason.detail())
        );
        batch.sweep(LATER).await;
    }
    batch.expect(user, "refused", Expect::Gone);
    batch.finish().await;
}

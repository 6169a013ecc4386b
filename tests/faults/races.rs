//! Two attempts at once under one idempotency key: one stands at each of its calls in turn while the other runs
//! through, unharmed and under every fault.

use std::sync::Arc;

use chrono::TimeDelta;
use shoebox_core::Error;

use crate::support::{
    Batch, Expect, Fault, Landing, Outcome, Plan, Script, explore, interleave, picture, play,
};

/// Past the lease of an attempt that began at the start.
const LEASE_OVER: TimeDelta = TimeDelta::seconds(61);

/// How many calls an upload makes that nobody disturbs.
async fn calls_of_an_upload() -> usize {
    let batch = Batch::new().await;
    let (user, key) = batch.user();
    let script = Arc::new(Script::default());
    let upload = batch
        .world
        .upload(&user, Some(&key), picture(1), batch.world.start);
    let outcome = play(&script, upload).await;
    assert!(outcome.good().is_some(), "{outcome:?}");
    script.calls().len()
}

#[tokio::test]
async fn two_uploads_with_one_key_make_one_image() {
    // The first began anew, or outlives its lease, which the platform should not allow.
    for second_begins in [TimeDelta::zero(), LEASE_OVER] {
        let batch = Batch::new().await;
        for gate in 0..calls_of_an_upload().await {
            explore(1, async |plan| {
                race(&batch, gate, &[], plan, second_begins).await
            })
            .await;
        }
        batch.finish().await;
    }
}

#[tokio::test]
async fn an_upload_that_fails_while_another_takes_over_harms_nothing() {
    let batch = Batch::new().await;
    for gate in 1..=calls_of_an_upload().await {
        for fault in [Fault::Refused, Fault::AnswerLost, Fault::Late] {
            // The first fails, and stands where it looks at the outcome or gives its lease back.
            explore(1, async |plan| {
                race(&batch, gate, &[(gate - 1, fault)], plan, TimeDelta::zero()).await
            })
            .await;
        }
    }
    batch.finish().await;
}

/// The plan is of the second attempt.
async fn race(
    batch: &Batch,
    gate: usize,
    faults: &[(usize, Fault)],
    plan: Plan,
    second_begins: TimeDelta,
) -> usize {
    let (user, key) = batch.user();
    let world = &batch.world;
    let label = format!("gate {gate}, {faults:?}; second {second_begins} {plan:?}");
    let first = Arc::new(Script::of(faults).with_gate(gate));
    let second = Arc::new(Script::of(&plan.faults));
    let (one, other) = interleave(
        &first,
        play(
            &first,
            world.upload(&user, Some(&key), picture(1), world.start),
        ),
        async {
            let upload = world.upload(&user, Some(&key), picture(1), world.after(second_begins));
            let outcome = play(&second, upload).await;
            batch.land(&second, &plan, Landing::AtOnce).await;
            outcome
        },
    )
    .await;
    for outcome in [&one, &other] {
        check_answer(batch, &label, outcome);
    }
    // Whatever became of both: the client's next try, when every lease is over, finds or makes the image.
    let later = world.after(second_begins + LEASE_OVER);
    let last = world.upload(&user, Some(&key), picture(1), later).await;
    let mut expect = Expect::Shown;
    match &last {
        Err(error) => batch.violation(&label, format!("the last try failed: {error:?}")),
        Ok(image) => {
            for earlier in [&one, &other].into_iter().filter_map(Outcome::good) {
                if earlier != image {
                    batch.violation(&label, format!("{earlier:?} became {image:?}"));
                }
            }
            if plan.faults.first().is_some_and(|(index, _)| index % 2 == 1) {
                let deleted = world.delete(&user, image.id, later).await;
                expect = Expect::Gone;
                if let Err(error) = deleted {
                    batch.violation(&label, format!("the delete failed: {error:?}"));
                }
            }
        }
    }
    first.land().await;
    batch.land(&second, &plan, Landing::AfterTheClients).await;
    batch.expect(&user, format!("{label}: {one:?}, {other:?}"), expect);
    second.calls().len()
}

/// The other attempt is no reason for any but these answers.
fn check_answer<T: std::fmt::Debug>(batch: &Batch, label: &str, outcome: &Outcome<T>) {
    match outcome.error() {
        None | Some(Error::Conflict | Error::InProgress { .. } | Error::Store(_)) => {}
        Some(other) => batch.violation(label, format!("answered {other:?}")),
    }
}

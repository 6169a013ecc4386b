//! One upload under every fault, then whatever its client may do next.

use std::sync::Arc;

use chrono::TimeDelta;
use shoebox_core::{Error, Image, ImageId, UserId};

use crate::support::{Batch, Expect, Landing, Plan, Script, explore, picture, play};

/// What the client does after the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    Retry,
    RetryAndDelete,
}

#[tokio::test]
async fn an_upload_without_a_key_is_whole_or_not_there() {
    let batch = Batch::new().await;
    explore(2, async |plan| {
        let (user, _) = batch.user();
        let script = Arc::new(Script::of(&plan.faults));
        let upload = batch
            .world
            .upload(&user, None, picture(1), batch.world.start);
        let outcome = play(&script, upload).await;
        batch.land(&script, &plan, Landing::AtOnce).await;
        let mut expect = match outcome.good() {
            Some(_) => Expect::Shown,
            None => Expect::Either,
        };
        if let Some(image) = outcome.good()
            && plan.faults.len() % 2 == 1
        {
            expect = delete(&batch, &user, image.id, &plan).await;
        }
        batch.land(&script, &plan, Landing::AfterTheClients).await;
        batch.expect(&user, format!("{plan:?}: {outcome:?}"), expect);
        script.calls().len()
    })
    .await;
    batch.finish().await;
}

#[tokio::test]
async fn an_upload_with_a_key_makes_one_image_however_it_is_repeated() {
    for then in [Then::Nothing, Then::Retry, Then::RetryAndDelete] {
        let batch = Batch::new().await;
        explore(2, async |plan| one_with_a_key(&batch, plan, then).await).await;
        batch.finish().await;
    }
}

async fn one_with_a_key(batch: &Batch, plan: Plan, then: Then) -> usize {
    let (user, key) = batch.user();
    let world = &batch.world;
    let label = format!("{then:?} after {plan:?}");
    let script = Arc::new(Script::of(&plan.faults));
    let upload = world.upload(&user, Some(&key), picture(1), world.start);
    let outcome = play(&script, upload).await;
    let calls = script.calls().len();
    batch.land(&script, &plan, Landing::AtOnce).await;
    let mut expect = match outcome.good() {
        Some(_) => Expect::Shown,
        None => Expect::Either,
    };
    if then != Then::Nothing {
        let retry = retry(batch, &user, &label).await;
        expect = Expect::Shown;
        if let (Some(first), Some(again)) = (outcome.good(), &retry)
            && first != again
        {
            batch.violation(&label, format!("{first:?} came again as {again:?}"));
        }
        let other = world.upload(&user, Some(&key), picture(2), world.start);
        if !matches!(other.await, Err(Error::KeyReused)) {
            batch.violation(&label, "the key was given to another image");
        }
        if let (Some(image), Then::RetryAndDelete) = (retry, then) {
            expect = delete(batch, &user, image.id, &plan).await;
            let again = world.upload(&user, Some(&key), picture(1), world.start);
            if !matches!(again.await, Err(Error::KeySpent)) {
                batch.violation(&label, "the key of a deleted image works");
            }
        }
    }
    batch.land(&script, &plan, Landing::AfterTheClients).await;
    batch.expect(&user, format!("{label}: {outcome:?}"), expect);
    calls
}

/// Repeats the upload at once, and after the lease where it is told to wait. It must succeed.
async fn retry(batch: &Batch, user: &UserId, label: &str) -> Option<Image> {
    let (world, key) = (&batch.world, shoebox_core::IdempotencyKey::parse("key"));
    let key = key.unwrap();
    let mut now = world.start;
    loop {
        match world.upload(user, Some(&key), picture(1), now).await {
            Ok(image) => return Some(image),
            Err(Error::InProgress { retry_after_secs }) if now == world.start => {
                now += TimeDelta::seconds(retry_after_secs.into());
            }
            Err(error) => {
                batch.violation(label, format!("the retry failed: {error:?}"));
                return None;
            }
        }
    }
}

async fn delete(batch: &Batch, user: &UserId, id: ImageId, plan: &Plan) -> Expect {
    let deleted = batch.world.delete(user, id, batch.world.start).await;
    if let Err(error) = deleted {
        batch.violation(format!("{plan:?}"), format!("the delete failed: {error:?}"));
    }
    Expect::Gone
}

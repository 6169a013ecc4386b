//! Deleting under every fault, against itself and against everything else that acts on the image.

use std::sync::Arc;

use serde_json::json;
use shoebox_core::{Error, ImageId, Precondition, UserId};

use crate::support::{
    Batch, Expect, Fault, Landing, Plan, Script, caller, explore, interleave, not_a_picture,
    picture, play,
};

/// How many calls a delete makes that nobody disturbs.
async fn calls_of_a_delete() -> usize {
    let batch = Batch::new().await;
    let (user, key) = batch.user();
    let (world, now) = (&batch.world, batch.world.start);
    let image = world.upload(&user, Some(&key), picture(1), now).await;
    let script = Arc::new(Script::default());
    let outcome = play(&script, world.delete(&user, image.unwrap().id, now)).await;
    assert!(outcome.good().is_some(), "{outcome:?}");
    script.calls().len()
}

#[tokio::test]
async fn a_delete_that_fails_anywhere_is_finished_by_a_repeat_or_the_sweeper() {
    for repeats in [false, true] {
        for force in [false, true] {
            let batch = Batch::new().await;
            explore(2, async |plan| one(&batch, plan, force, repeats).await).await;
            batch.finish().await;
        }
    }
}

async fn one(batch: &Batch, plan: Plan, force: bool, repeats: bool) -> usize {
    let (world, now) = (&batch.world, batch.world.start);
    let (user, key) = batch.user();
    let label = format!("force {force}, repeats {repeats}, {plan:?}");
    let image = world.upload(&user, Some(&key), picture(1), now).await;
    let image = image.unwrap();
    let script = Arc::new(Script::of(&plan.faults));
    let caller = caller(&user);
    let delete = world
        .deleter
        .delete(&caller, image.id, &Precondition::None, force, now);
    let outcome = play(&script, delete).await;
    batch.land(&script, &plan, Landing::AtOnce).await;
    let mut expect = match outcome.good() {
        Some(()) => Expect::Gone,
        None => Expect::Either,
    };
    let hidden = world.reader.find(&caller, image.id).await.is_err();
    if outcome.good().is_some() && !hidden {
        batch.violation(&label, "a deleted image can be read");
    }
    if repeats {
        expect = Expect::Gone;
        match world.delete(&user, image.id, now).await {
            Ok(()) | Err(Error::NotFound) => {}
            Err(error) => batch.violation(&label, format!("the repeat failed: {error:?}")),
        }
        match world.delete(&user, image.id, now).await {
            Err(Error::NotFound) => {}
            other => batch.violation(&label, format!("a further repeat: {other:?}")),
        }
    }
    batch.land(&script, &plan, Landing::AfterTheClients).await;
    if hidden || expect == Expect::Gone {
        expect = Expect::Gone;
        let again = world.upload(&user, Some(&key), picture(1), now).await;
        if !matches!(again, Err(Error::KeySpent)) {
            batch.violation(&label, format!("its key works again: {again:?}"));
        }
    }
    batch.expect(&user, format!("{label}: {outcome:?}"), expect);
    script.calls().len()
}

#[tokio::test]
async fn a_bulk_delete_answers_for_each_image_what_became_of_it() {
    let batch = Batch::new().await;
    let run = async |plan: Plan| {
        let (world, now) = (&batch.world, batch.world.start);
        let mut ids: Vec<ImageId> = Vec::new();
        let mut users: Vec<UserId> = Vec::new();
        for _ in 0..3 {
            let (user, _) = batch.user();
            let image = world.upload(&user, None, picture(1), now).await;
            ids.push(image.unwrap().id);
            users.push(user);
        }
        let script = Arc::new(Script::of(&plan.faults));
        let anyone = shoebox_core::Caller::Unverified(None);
        let delete = async {
            let outcomes = world.deleter.delete_many(&anyone, &ids, false, now).await;
            Ok(outcomes)
        };
        let outcome = play(&script, delete).await;
        batch.land(&script, &plan, Landing::AtOnce).await;
        for (position, user) in users.iter().enumerate() {
            let answer = outcome.good().map(|answers| &answers[position].1);
            let expect = match answer {
                Some(Ok(())) => Expect::Gone,
                Some(Err(_)) | None => Expect::Either,
            };
            batch.expect(user, format!("{plan:?}: {answer:?}"), expect);
        }
        batch.land(&script, &plan, Landing::AfterTheClients).await;
        script.calls().len()
    };
    explore(1, run).await;
    batch.finish().await;
}

/// What happens while a delete stands at one of its calls.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Delete,
    Patch,
    Upload,
    Event,
}

#[tokio::test]
async fn nothing_that_meets_a_delete_brings_the_image_back() {
    use Meanwhile::{Delete, Event, Patch, Upload};
    let batch = Batch::new().await;
    for meanwhile in [Delete, Patch, Upload, Event] {
        for gate in 0..calls_of_a_delete().await {
            explore(1, async |plan| meet(&batch, gate, meanwhile, plan).await).await;
        }
    }
    batch.finish().await;
}

/// The plan is of what meets the delete.
async fn meet(batch: &Batch, gate: usize, meanwhile: Meanwhile, plan: Plan) -> usize {
    let (world, now) = (&batch.world, batch.world.start);
    let (user, key) = batch.user();
    let label = format!("gate {gate}, {meanwhile:?} {plan:?}");
    let image = world.upload(&user, Some(&key), picture(1), now).await;
    let image = image.unwrap();
    let first = Arc::new(Script::default().with_gate(gate));
    let second = Arc::new(Script::of(&plan.faults));
    let other = Box::pin(async {
        match meanwhile {
            Meanwhile::Delete => world.delete(&user, image.id, now).await,
            Meanwhile::Patch => {
                let patch = json!({"tags": ["new"], "visibility": "private"});
                world.patch(&user, image.id, patch, now).await.map(drop)
            }
            Meanwhile::Upload => {
                let upload = world.upload(&user, Some(&key), picture(1), now).await;
                upload.map(drop)
            }
            Meanwhile::Event => {
                let object = format!("images/{user}/{}/{}", image.id, image.sha256);
                let event = world.ingester.object_created(&object, now).await;
                event.map(drop)
            }
        }
    });
    let (deleted, met) = interleave(
        &first,
        play(&first, world.delete(&user, image.id, now)),
        async {
            let outcome = play(&second, other).await;
            batch.land(&second, &plan, Landing::AtOnce).await;
            outcome
        },
    )
    .await;
    batch.land(&second, &plan, Landing::AfterTheClients).await;
    // A repeat of a delete that another finished finds nothing.
    if let Some(error) = deleted.error()
        && !matches!(error, Error::NotFound)
    {
        batch.violation(&label, format!("the delete failed: {error:?}"));
    }
    batch.expect(
        &user,
        format!("{label}: {deleted:?}, {met:?}"),
        Expect::Gone,
    );
    second.calls().len()
}

#[tokio::test]
async fn bytes_that_land_after_the_delete_are_removed_again() {
    let batch = Batch::new().await;
    let (world, now) = (&batch.world, batch.world.start);
    for landing in [
        Landing::AtOnce,
        Landing::AfterTheClients,
        Landing::AfterASweep,
    ] {
        for fault in [Fault::Late, Fault::KilledInFlight] {
            let plan = Plan {
                faults: vec![(1, fault)],
                landing,
            };
            let (user, key) = batch.user();
            let script = Arc::new(Script::of(&plan.faults));
            let upload = world.upload(&user, Some(&key), picture(1), now);
            assert!(play(&script, upload).await.good().is_none());
            // Past the lease of the first, whose bytes are still on their way.
            let later = now + chrono::TimeDelta::seconds(61);
            let image = world.upload(&user, Some(&key), picture(1), later).await;
            world.delete(&user, image.unwrap().id, later).await.unwrap();
            batch.land(&script, &plan, Landing::AtOnce).await;
            batch.land(&script, &plan, Landing::AfterTheClients).await;
            batch.expect(&user, format!("{plan:?}"), Expect::Gone);
        }
    }
    batch.finish().await;
}

#[tokio::test]
async fn an_upload_that_was_never_shown_cannot_be_deleted_at_any_stage() {
    let batch = Batch::new().await;
    let (world, now) = (&batch.world, batch.world.start);
    let wrong = not_a_picture(&picture(1));
    // Before the refusal, before the removal, before the tombstone, and after it.
    for stage in 2..=5 {
        let (user, _) = batch.user();
        let started = world.start_direct(&user, None, wrong.len(), now).await;
        let started = started.unwrap();
        assert_eq!(world.put(&started, &wrong).await, 200);
        let script = Arc::new(Script::of(&[(stage, Fault::KilledBefore)]));
        let (id, caller) = (started.upload.id, caller(&user));
        play(&script, world.uploader.complete(&caller, id, now)).await;
        let deleted = world.delete(&user, id, now).await;
        assert!(
            matches!(deleted, Err(Error::NotFound)),
            "{stage}: {deleted:?}"
        );
        batch.expect(&user, format!("stage {stage}"), Expect::Gone);
    }
    batch.finish().await;
}

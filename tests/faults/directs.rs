//! Direct uploads: asked for, put by the client, and shown by `complete`, the bucket's event or the sweeper, whichever
//! comes first, under every fault and in any order.

use std::sync::Arc;

use bytes::Bytes;
use ingest::S3Event;
use serde_json::json;
use shoebox_core::{Error, ErrorKind, Image, ImageId, Ingested, StartedUpload, UserId};
use shoebox_http::Occasion;

use crate::support::{
    Batch, Canned, Expect, Fault, Landing, Outcome, Plan, Script, World, caller, explore,
    interleave, not_a_picture, picture, play,
};

/// Who shows a direct upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Via {
    Complete,
    Event,
}

fn object_key(user: &UserId, id: ImageId) -> String {
    format!("images/{user}/{id}/object")
}

async fn publish(world: &World, via: Via, user: &UserId, id: ImageId) -> Result<(), Error> {
    match via {
        Via::Complete => complete(world, user, id).await.map(drop),
        Via::Event => event(world, user, id).await.map(drop),
    }
}

async fn complete(world: &World, user: &UserId, id: ImageId) -> Result<Image, Error> {
    let caller = caller(user);
    Box::pin(world.uploader.complete(&caller, id, world.start)).await
}

async fn event(world: &World, user: &UserId, id: ImageId) -> Result<Ingested, Error> {
    let key = object_key(user, id);
    Box::pin(world.ingester.object_created(&key, world.start)).await
}

async fn started(world: &World, user: &UserId, bytes: &Bytes) -> StartedUpload {
    let started = world.start_direct(user, None, bytes.len(), world.start);
    let started = started.await.unwrap();
    assert_eq!(world.put(&started, bytes).await, 200);
    started
}

#[tokio::test]
async fn a_direct_upload_that_was_asked_for_under_any_fault_can_be_asked_for_again() {
    let batch = Batch::new().await;
    explore(2, async |plan| {
        let (world, bytes) = (&batch.world, picture(1));
        let (user, key) = batch.user();
        let script = Arc::new(Script::of(&plan.faults));
        let start = world.start_direct(&user, Some(&key), bytes.len(), world.start);
        let outcome = play(&script, start).await;
        batch.land(&script, &plan, Landing::AtOnce).await;
        let label = format!("{plan:?}: {:?}", outcome.error());
        let again = world.start_direct(&user, Some(&key), bytes.len(), world.start);
        let expect = match again.await {
            Ok(again) => {
                let deletes = plan.faults.iter().any(|(index, _)| index % 2 == 1);
                put_and_complete(&batch, &user, &again, &label, deletes).await
            }
            Err(error) => {
                batch.violation(&label, format!("asked again: {error:?}"));
                Expect::Either
            }
        };
        batch.land(&script, &plan, Landing::AfterTheClients).await;
        batch.expect(&user, &label, expect);
        script.calls().len()
    })
    .await;
    batch.finish().await;
}

async fn put_and_complete(
    batch: &Batch,
    user: &UserId,
    started: &StartedUpload,
    label: &str,
    deletes: bool,
) -> Expect {
    let (world, bytes, id) = (&batch.world, picture(1), started.upload.id);
    let statuses = (
        world.put(started, &bytes).await,
        world.put(started, &bytes).await,
    );
    if statuses != (200, 412) {
        batch.violation(label, format!("the URL works not once: {statuses:?}"));
    }
    if let Err(error) = complete(world, user, id).await {
        batch.violation(label, format!("complete failed: {error:?}"));
    }
    if !deletes {
        return Expect::Shown;
    }
    world.delete(user, id, world.start).await.unwrap();
    // The URL lives on, and works again now. The event of it is lost.
    let again = world.put(started, &bytes).await;
    if again != 200 {
        batch.violation(label, format!("the second put: {again}"));
    }
    Expect::Gone
}

#[tokio::test]
async fn bytes_that_were_put_are_shown_whatever_happens_to_complete_and_event() {
    let batch = Batch::new().await;
    for via in [Via::Complete, Via::Event] {
        for repeats in [false, true] {
            explore(2, async |plan| {
                let world = &batch.world;
                let (user, _) = batch.user();
                let id = started(world, &user, &picture(1)).await.upload.id;
                let script = Arc::new(Script::of(&plan.faults));
                let outcome = play(&script, publish(world, via, &user, id)).await;
                batch.land(&script, &plan, Landing::AtOnce).await;
                let label = format!("{via:?}, repeats {repeats}, {plan:?}: {outcome:?}");
                if repeats {
                    let again = complete(world, &user, id).await;
                    let heard = event(world, &user, id).await;
                    if again.is_err() || !matches!(heard, Ok(Ingested::Ignored)) {
                        batch.violation(&label, format!("repeats: {again:?}, {heard:?}"));
                    }
                }
                batch.land(&script, &plan, Landing::AfterTheClients).await;
                batch.expect(&user, label, Expect::Shown);
                script.calls().len()
            })
            .await;
        }
    }
    batch.finish().await;
}

#[tokio::test]
async fn bytes_that_are_no_image_are_never_shown_and_never_left() {
    let batch = Batch::new().await;
    for via in [Via::Complete, Via::Event] {
        explore(2, async |plan| {
            let world = &batch.world;
            let (user, _) = batch.user();
            let wrong = not_a_picture(&picture(1));
            let id = started(world, &user, &wrong).await.upload.id;
            let script = Arc::new(Script::of(&plan.faults));
            let outcome = play(&script, publish(world, via, &user, id)).await;
            batch.land(&script, &plan, Landing::AtOnce).await;
            let label = format!("{via:?}, {plan:?}: {outcome:?}");
            let refusal = |error: &Error| {
                // In full by whoever reads the bytes, in words by whoever comes later.
                matches!(
                    error.kind(),
                    ErrorKind::UnsupportedMediaType | ErrorKind::UnprocessableImage
                )
            };
            let again = complete(world, &user, id).await;
            if !again.as_ref().is_err_and(refusal) {
                batch.violation(&label, format!("complete again: {again:?}"));
            }
            batch.land(&script, &plan, Landing::AfterTheClients).await;
            batch.expect(&user, label, Expect::Gone);
            script.calls().len()
        })
        .await;
    }
    batch.finish().await;
}

/// What happens while `complete` stands at one of its calls.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Complete,
    Event,
    StartAgain,
}

#[tokio::test]
async fn whoever_shows_a_direct_upload_first_the_others_find_it_shown() {
    let batch = Batch::new().await;
    for meanwhile in [Meanwhile::Complete, Meanwhile::Event, Meanwhile::StartAgain] {
        for gate in 0..calls_of_complete(&picture(1)).await {
            explore(1, async |plan| meet(&batch, gate, meanwhile, plan).await).await;
        }
    }
    batch.finish().await;
}

/// How many calls `complete` makes that nobody disturbs.
async fn calls_of_complete(bytes: &Bytes) -> usize {
    let batch = Batch::new().await;
    let (user, _) = batch.user();
    let id = started(&batch.world, &user, bytes).await.upload.id;
    let script = Arc::new(Script::default());
    let outcome = play(&script, complete(&batch.world, &user, id)).await;
    assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
    script.calls().len()
}

/// The plan is of what meets `complete`.
async fn meet(batch: &Batch, gate: usize, meanwhile: Meanwhile, plan: Plan) -> usize {
    let (world, bytes) = (&batch.world, picture(1));
    let (user, key) = batch.user();
    let start = world.start_direct(&user, Some(&key), bytes.len(), world.start);
    let started = start.await.unwrap();
    let id = started.upload.id;
    assert_eq!(world.put(&started, &bytes).await, 200);
    let first = Arc::new(Script::default().with_gate(gate));
    let second = Arc::new(Script::of(&plan.faults));
    let other = async {
        match meanwhile {
            Meanwhile::Complete => complete(world, &user, id).await.map(drop),
            Meanwhile::Event => event(world, &user, id).await.map(drop),
            Meanwhile::StartAgain => {
                let again = world.ask_direct(&user, Some(&key), bytes.len(), world.start);
                again.await.map(drop)
            }
        }
    };
    let (shown, met) = interleave(&first, play(&first, complete(world, &user, id)), async {
        let outcome = play(&second, other).await;
        batch.land(&second, &plan, Landing::AtOnce).await;
        outcome
    })
    .await;
    let label = format!("gate {gate}, {meanwhile:?} {plan:?}: {shown:?}, {met:?}");
    match shown.error() {
        // Only a turn that another took in between.
        None | Some(Error::Conflict) => {}
        Some(error) => batch.violation(&label, format!("complete failed: {error:?}")),
    }
    batch.land(&second, &plan, Landing::AfterTheClients).await;
    batch.expect(&user, label, Expect::Shown);
    second.calls().len()
}

#[tokio::test]
async fn whoever_completes_while_the_bytes_are_refused_is_told_why() {
    let batch = Batch::new().await;
    let world = &batch.world;
    for gate in 0..calls_of_complete(&not_a_picture(&picture(1))).await {
        let (user, _) = batch.user();
        let wrong = not_a_picture(&picture(1));
        let id = started(world, &user, &wrong).await.upload.id;
        let script = Arc::new(Script::default().with_gate(gate));
        let first = play(&script, complete(world, &user, id));
        let (first, heard) = interleave(&script, first, event(world, &user, id)).await;
        let is_refused = matches!(heard, Ok(Ingested::Rejected(..) | Ingested::Removed(_)));
        assert!(is_refused, "gate {gate}: {heard:?}");
        let kind = first.error().map(Error::kind);
        assert_eq!(
            kind,
            Some(ErrorKind::UnprocessableImage),
            "gate {gate}: {first:?}"
        );
        batch.expect(&user, format!("gate {gate}"), Expect::Gone);
    }
    batch.finish().await;
}

#[tokio::test]
async fn no_url_is_given_out_for_an_upload_that_was_refused_meanwhile() {
    let batch = Batch::new().await;
    // The row is met, then taken over.
    for gate in 0..2 {
        let (world, bytes) = (&batch.world, picture(1));
        let (user, key) = batch.user();
        let start = world.start_direct(&user, Some(&key), bytes.len(), world.start);
        let first = start.await.unwrap();
        assert_eq!(world.put(&first, &not_a_picture(&bytes)).await, 200);
        let script = Arc::new(Script::default().with_gate(gate));
        let again = world.start_direct(&user, Some(&key), bytes.len(), world.start);
        let refusal = complete(world, &user, first.upload.id);
        let (again, refused) = interleave(&script, play(&script, again), refusal).await;
        assert!(refused.is_err(), "{refused:?}");
        let label = format!("gate {gate}");
        if let Some(again) = again.good() {
            batch.violation(&label, "a URL that leads nowhere was given out");
            world.put(again, &bytes).await;
        }
        batch.expect(&user, &label, Expect::Gone);
    }
    batch.finish().await;
}

#[tokio::test]
async fn events_that_come_early_late_twice_or_of_other_objects_change_nothing() {
    let batch = Batch::new().await;
    let (world, bytes) = (&batch.world, picture(1));
    let (user, _) = batch.user();
    let start = world.start_direct(&user, None, bytes.len(), world.start);
    let started = start.await.unwrap();
    let id = started.upload.id;
    assert_eq!(event(world, &user, id).await.unwrap(), Ingested::Ignored);
    for foreign in [
        "a.png".to_owned(),
        format!("renditions/{id}/thumb.webp"),
        format!("images/someone/{id}/object"),
        format!("images/{user}/{id}/other"),
        format!("images/{user}/01890000-0000-7000-8000-000000000000/object"),
    ] {
        let heard = world.ingester.object_created(&foreign, world.start).await;
        assert_eq!(heard.unwrap(), Ingested::Ignored, "{foreign}");
    }
    assert_eq!(world.put(&started, &bytes).await, 200);
    let heard = event(world, &user, id).await.unwrap();
    assert_eq!(heard, Ingested::Published(id));
    assert_eq!(event(world, &user, id).await.unwrap(), Ingested::Ignored);
    world.delete(&user, id, world.start).await.unwrap();
    let heard = event(world, &user, id).await.unwrap();
    assert_eq!(heard, Ingested::Removed(id));
    // The URL still works; this time its event comes.
    assert_eq!(world.put(&started, &bytes).await, 200);
    let heard = event(world, &user, id).await.unwrap();
    assert_eq!(heard, Ingested::Removed(id));
    batch.expect(&user, "all events", Expect::Gone);

    let (user, _) = batch.user();
    let image = world.upload(&user, None, bytes.clone(), world.start);
    let image = image.await.unwrap();
    let key = format!("images/{user}/{}/{}", image.id, image.sha256);
    let heard = world.ingester.object_created(&key, world.start).await;
    assert_eq!(heard.unwrap(), Ingested::Ignored);
    batch.expect(&user, "an upload through the function", Expect::Shown);

    let (user, _) = batch.user();
    let start = world.start_direct(&user, None, bytes.len(), world.start);
    start.await.unwrap();
    batch.expect(&user, "bytes that were never put", Expect::Gone);
    batch.finish().await;
}

#[tokio::test]
async fn a_delivery_looks_at_every_event_and_fails_with_the_first_failure() {
    let batch = Batch::new().await;
    let (world, bytes) = (&batch.world, picture(1));
    let mut uploads = Vec::new();
    for _ in 0..3 {
        let (user, _) = batch.user();
        let id = started(world, &user, &bytes).await.upload.id;
        uploads.push((user, id));
    }
    let records: Vec<_> = uploads
        .iter()
        .map(|(user, id)| {
            let object = json!({ "key": object_key(user, *id) });
            json!({ "eventName": "ObjectCreated:Put", "s3": { "object": object } })
        })
        .collect();
    let event: S3Event = serde_json::from_value(json!({ "Records": records })).unwrap();
    let occasion = Occasion {
        now: world.start,
        budget: std::time::Duration::from_mins(1),
    };
    let faults = [(0, Fault::Refused), (1, Fault::Answers(Canned::Throttled))];
    let script = Arc::new(Script::of(&faults));
    let ingester = Arc::new(world.ingester.clone());
    let delivery = Box::pin(ingest::handle(ingester, event, occasion));
    let outcome = play(&script, delivery).await;
    let kind = outcome.error().map(Error::kind);
    assert_eq!(kind, Some(ErrorKind::StoreFailed), "{outcome:?}");
    for (index, (user, id)) in uploads.iter().enumerate() {
        let shown = world.reader.find(&caller(user), *id).await.is_ok();
        assert_eq!(shown, index == 2, "upload {index}");
        batch.expect(user, index, Expect::Shown);
    }
    batch.finish().await;
}

//! Changing metadata under every fault and against another change: image row and listing rows change together.

use std::sync::Arc;

use serde_json::json;
use shoebox_core::{Error, Tags, Visibility};

use crate::support::{
    Batch, Expect, Landing, Plan, Script, caller, explore, interleave, picture, play,
};

#[tokio::test]
async fn a_patch_changes_everything_or_nothing_and_a_repeat_completes_it() {
    let batch = Batch::new().await;
    explore(2, async |plan| {
        let (world, now) = (&batch.world, batch.world.start);
        let (user, _) = batch.user();
        let image = world.upload(&user, None, picture(1), now).await.unwrap();
        let script = Arc::new(Script::of(&plan.faults));
        let patch = json!({"tags": ["sea", "x"], "category": null, "visibility": "private"});
        let outcome = play(&script, world.patch(&user, image.id, patch.clone(), now)).await;
        batch.land(&script, &plan, Landing::AtOnce).await;
        let label = format!("{plan:?}: {outcome:?}");
        let found = world.reader.find(&caller(&user), image.id).await.unwrap();
        let changed = found.visibility == Visibility::Private;
        if !changed && (outcome.good().is_some() || found != image) {
            batch.violation(&label, format!("{found:?}"));
        }
        if plan.faults.first().is_none_or(|(index, _)| index % 2 == 0) {
            match world.patch(&user, image.id, patch, now).await {
                Ok(again) if again.visibility == Visibility::Private && again.revision == 2 => {}
                other => batch.violation(&label, format!("the repeat: {other:?}")),
            }
        }
        batch.land(&script, &plan, Landing::AfterTheClients).await;
        batch.expect(&user, &label, Expect::Shown);
        script.calls().len()
    })
    .await;
    batch.finish().await;
}

#[tokio::test]
async fn two_patches_at_once_both_hold() {
    let batch = Batch::new().await;
    for gate in 0..2 {
        explore(1, async |plan| race(&batch, gate, plan).await).await;
    }
    batch.finish().await;
}

/// The plan is of the second patch.
async fn race(batch: &Batch, gate: usize, plan: Plan) -> usize {
    let (world, now) = (&batch.world, batch.world.start);
    let (user, _) = batch.user();
    let image = world.upload(&user, None, picture(1), now).await.unwrap();
    let first = Arc::new(Script::default().with_gate(gate));
    let second = Arc::new(Script::of(&plan.faults));
    let patch_tags = world.patch(&user, image.id, json!({"tags": ["x"]}), now);
    let patch_category = world.patch(&user, image.id, json!({"category": "new"}), now);
    let (tags, category) = interleave(&first, play(&first, patch_tags), async {
        let outcome = play(&second, patch_category).await;
        batch.land(&second, &plan, Landing::AtOnce).await;
        outcome
    })
    .await;
    batch.land(&second, &plan, Landing::AfterTheClients).await;
    let label = format!("gate {gate}, {plan:?}: {tags:?}, {category:?}");
    match tags.error() {
        None => {}
        Some(Error::Conflict) => batch.violation(&label, "one race is no reason to give up"),
        Some(other) => batch.violation(&label, format!("{other:?}")),
    }
    let found = world.reader.find(&caller(&user), image.id).await.unwrap();
    let kept = found.category.as_ref().map(ToString::to_string);
    let wrong_category = category.good().is_some() && kept.as_deref() != Some("new");
    if found.tags.as_slice().len() != 1 || wrong_category || found.tags == Tags::default() {
        batch.violation(&label, format!("a change is lost: {found:?}"));
    }
    batch.expect(&user, &label, Expect::Shown);
    second.calls().len()
}

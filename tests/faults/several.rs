//! Requests of several files under one key, under every fault: the key stands for one of them, whole.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use shoebox_core::{Error, IdempotencyKey, Image, UserId};

use crate::support::{
    Batch, Expect, Landing, Outcome, Plan, Script, explore, not_a_picture, picture, play,
};

/// Past the lease of an attempt at the start.
const LEASE_OVER: TimeDelta = TimeDelta::seconds(61);

type Answer = Result<Vec<Result<Image, Error>>, Error>;

struct Client<'a> {
    batch: &'a Batch,
    user: UserId,
    key: IdempotencyKey,
}

impl Client<'_> {
    /// Two pictures, and between them a file that is none.
    async fn ask(&self, now: DateTime<Utc>) -> Answer {
        let files = vec![picture(1), not_a_picture(&picture(2)), picture(3)];
        self.send(files, now).await
    }

    /// Without the last.
    async fn ask_for_less(&self, now: DateTime<Utc>) -> Answer {
        let files = vec![picture(1), not_a_picture(&picture(2))];
        self.send(files, now).await
    }

    async fn send(&self, files: Vec<bytes::Bytes>, now: DateTime<Utc>) -> Answer {
        let world = &self.batch.world;
        world
            .upload_all(&self.user, Some(&self.key), files, now)
            .await
    }
}

fn stored(answer: &[Result<Image, Error>]) -> Vec<Option<&Image>> {
    answer.iter().map(|image| image.as_ref().ok()).collect()
}

#[tokio::test]
async fn a_repeat_of_several_files_stores_what_is_missing_and_no_other_request_takes_the_key() {
    for other_first in [false, true] {
        let batch = Batch::new().await;
        explore(1, async |plan| several(&batch, plan, other_first).await).await;
        batch.finish().await;
    }
}

async fn several(batch: &Batch, plan: Plan, other_first: bool) -> usize {
    let (user, key) = batch.user();
    let client = Client { batch, user, key };
    let script = Arc::new(Script::of(&plan.faults));
    let first = play(&script, client.ask(batch.world.start)).await;
    batch.land(&script, &plan, Landing::AtOnce).await;
    let label = format!("{plan:?}, other first {other_first}: {first:?}");
    let later = batch.world.after(LEASE_OVER);
    let mut wrong = Vec::new();
    let mut expect = Expect::Several(2);
    let took_the_key = other_first && client.ask_for_less(later).await.is_ok();
    let again = client.ask(later).await;
    if took_the_key {
        // Only where nothing of the first was begun.
        expect = Expect::Shown;
        if !matches!(again, Err(Error::KeyReused)) || first.good().is_some() {
            wrong.push(format!("both have the key: {again:?}"));
        }
    } else {
        wrong.extend(repeated(&first, &again));
        let less = client.ask_for_less(later).await;
        if !matches!(less, Err(Error::KeyReused)) {
            wrong.push(format!("another request: {less:?}"));
        }
    }
    for wrong in wrong {
        batch.violation(&label, wrong);
    }
    batch.land(&script, &plan, Landing::AfterTheClients).await;
    batch.expect(&client.user, label, expect);
    script.calls().len()
}

/// What is wrong with the repeat of a request.
fn repeated(first: &Outcome<Vec<Result<Image, Error>>>, again: &Answer) -> Option<String> {
    let Ok(again) = again else {
        return Some(format!("the repeat failed: {again:?}"));
    };
    let now = stored(again);
    if !matches!(now[..], [Some(_), None, Some(_)]) {
        return Some(format!("the repeat stored {again:?}"));
    }
    let before = first.good().map(|first| stored(first)).unwrap_or_default();
    let changed = before
        .into_iter()
        .zip(now)
        .any(|(before, now)| before.is_some() && before != now);
    changed.then(|| format!("the repeat gave other images: {again:?}"))
}

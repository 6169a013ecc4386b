//! Stores that are too busy, or ill: asked again within bounds, and past them an answer that says which, and to come
//! back, with nothing half done.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;
use shoebox_core::{Error, ErrorKind, IdempotencyKey, ImageId, UserId};

use crate::support::{Batch, Canned, Expect, Fault, Outcome, Script, picture, play};

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Upload,
    Patch,
    Delete,
}

/// Every call of every operation on the way of a write, and how its store can be busy, or ill.
const BUSY: [(Ask, &str, Canned); 19] = [
    (Ask::Upload, "PutItem", Canned::Throttled),
    (Ask::Upload, "PutItem", Canned::ServerError),
    (Ask::Upload, "PutItem", Canned::Conflict),
    (Ask::Upload, "PutObject", Canned::Throttled),
    (Ask::Upload, "PutObject", Canned::ServerError),
    (Ask::Upload, "PutObject", Canned::Unavailable),
    (Ask::Upload, "PutObject", Canned::Conflict),
    (Ask::Upload, "TransactWriteItems", Canned::Throttled),
    (Ask::Upload, "TransactWriteItems", Canned::Conflict),
    (Ask::Upload, "TransactWriteItems", Canned::ServerError),
    (Ask::Patch, "GetItem", Canned::Throttled),
    (Ask::Patch, "TransactWriteItems", Canned::Conflict),
    (Ask::Patch, "TransactWriteItems", Canned::Unavailable),
    (Ask::Delete, "GetItem", Canned::Unavailable),
    (Ask::Delete, "TransactWriteItems", Canned::Conflict),
    (Ask::Delete, "DeleteObjects", Canned::Throttled),
    (Ask::Delete, "DeleteObjects", Canned::Unavailable),
    (Ask::Delete, "DeleteObjects", Canned::ServerError),
    (Ask::Delete, "UpdateItem", Canned::Conflict),
];

struct Client<'a> {
    batch: &'a Batch,
    user: UserId,
    key: IdempotencyKey,
    /// The image that is there before, where one must be.
    id: Option<ImageId>,
}

impl<'a> Client<'a> {
    async fn new(batch: &'a Batch, ask: Ask) -> Self {
        let (user, key) = batch.user();
        let mut client = Self {
            batch,
            user,
            key,
            id: None,
        };
        if ask != Ask::Upload {
            client.ask(Ask::Upload).await.unwrap();
            client.id = Some(ImageId::derived(&client.user, &client.key, 0));
        }
        client
    }

    async fn ask(&self, ask: Ask) -> Result<(), Error> {
        let (world, now) = (&self.batch.world, self.batch.world.start);
        match (ask, self.id) {
            (Ask::Upload, _) => {
                let upload = world.upload(&self.user, Some(&self.key), picture(1), now);
                upload.await.map(drop)
            }
            (Ask::Patch, Some(id)) => {
                let patch = json!({"tags": ["new"]});
                world.patch(&self.user, id, patch, now).await.map(drop)
            }
            (Ask::Delete, Some(id)) => world.delete(&self.user, id, now).await,
            (Ask::Patch | Ask::Delete, None) => Err(Error::NotFound),
        }
    }

    async fn ask_of_busy_stores(
        &self,
        (ask, operation, canned): (Ask, &'static str, Canned),
        times: usize,
    ) -> Outcome<()> {
        let fault = Fault::Answers(canned);
        let script = Arc::new(Script::of_operation(operation, fault, times));
        play(&script, self.ask(ask)).await
    }
}

#[tokio::test]
async fn a_store_that_is_busy_for_a_moment_is_asked_again() {
    let batch = Batch::with_attempts("3").await;
    let cases = BUSY.map(async |busy| {
        let client = Client::new(&batch, busy.0).await;
        let outcome = client.ask_of_busy_stores(busy, 1).await;
        let label = format!("{busy:?}: {outcome:?}");
        if outcome.good().is_none() {
            batch.violation(&label, "it was not asked again");
        }
        let expect = match busy.0 {
            Ask::Delete => Expect::Gone,
            Ask::Upload | Ask::Patch => Expect::Shown,
        };
        batch.expect(&client.user, label, expect);
    });
    join_all(cases.map(Box::pin)).await;
    batch.finish().await;
}

#[tokio::test]
async fn a_store_that_stays_busy_is_answered_by_when_to_come_back_and_a_repeat_succeeds() {
    for attempts in ["1", "2"] {
        let batch = Batch::with_attempts(attempts).await;
        let cases = BUSY.map(async |busy| {
            let client = Client::new(&batch, busy.0).await;
            let outcome = client.ask_of_busy_stores(busy, usize::MAX).await;
            let label = format!("{busy:?}: {outcome:?}");
            let answer = outcome.error();
            let answer = answer.map(|error| (error.kind(), error.retry_after_secs().is_some()));
            let kind = match busy.2 {
                Canned::ServerError => ErrorKind::StoreFailed,
                _ => ErrorKind::Unavailable,
            };
            if answer != Some((kind, true)) {
                batch.violation(&label, format!("answered {answer:?}"));
            }
            let expect = repeat(&client, busy, &label).await;
            batch.expect(&client.user, label, expect);
        });
        join_all(cases.map(Box::pin)).await;
        batch.finish().await;
    }
}

/// The failed attempt stands in nobody's way: the repeat need not wait.
async fn repeat(client: &Client<'_>, busy: (Ask, &str, Canned), label: &str) -> Expect {
    let batch = client.batch;
    match (busy.0, client.ask(busy.0).await) {
        (Ask::Upload | Ask::Patch, Ok(())) => Expect::Shown,
        (Ask::Delete, Ok(()) | Err(Error::NotFound)) => Expect::Gone,
        (_, answer) => {
            batch.violation(label, format!("the repeat: {answer:?}"));
            Expect::Either
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_or_does_not_answer_has_failed() {
    let batch = Batch::new().await;
    for (ask, operation) in [
        (Ask::Upload, "PutItem"),
        (Ask::Upload, "PutObject"),
        (Ask::Patch, "GetItem"),
        (Ask::Delete, "DeleteObjects"),
    ] {
        for fault in [Fault::Refused, Fault::AnswerLost] {
            let client = Client::new(&batch, ask).await;
            let script = Arc::new(Script::of_operation(operation, fault, usize::MAX));
            let outcome = play(&script, client.ask(ask)).await;
            let kind = outcome.error().map(Error::kind);
            assert_eq!(
                kind,
                Some(ErrorKind::StoreFailed),
                "{operation}: {outcome:?}"
            );
        }
    }
    batch.finish().await;
}

#[tokio::test]
async fn bytes_that_meet_another_write_of_themselves_are_stored_once_it_is_over() {
    let batch = Batch::new().await;
    for earlier_try in [false, true] {
        let client = Client::new(&batch, Ask::Upload).await;
        if earlier_try {
            // Its bytes are there when S3 knows again: 412, which is as good.
            let script = Arc::new(Script::of(&[(1, Fault::AnswerLost)]));
            let outcome = play(&script, client.ask(Ask::Upload)).await;
            assert!(outcome.good().is_none());
        }
        let busy = (Ask::Upload, "PutObject", Canned::Conflict);
        let outcome = client.ask_of_busy_stores(busy, 3).await;
        let label = format!("after an earlier try {earlier_try}: {outcome:?}");
        if outcome.good().is_none() {
            batch.violation(&label, "it was given up");
        }
        batch.expect(&client.user, label, Expect::Shown);
    }
    batch.finish().await;
}

#[tokio::test]
async fn an_upload_that_nobody_repeats_leaves_nothing_behind() {
    let batch = Batch::new().await;
    for (ask, operation, canned) in BUSY {
        if ask == Ask::Upload {
            let client = Client::new(&batch, ask).await;
            let busy = (ask, operation, canned);
            let outcome = client.ask_of_busy_stores(busy, usize::MAX).await;
            assert!(outcome.error().is_some(), "{outcome:?}");
            batch.expect(&client.user, format!("{busy:?}"), Expect::Gone);
        }
    }
    // Only the sweep at the end comes after it, hours later.
    batch.sweep(TimeDelta::minutes(1)).await;
    batch.finish().await;
}

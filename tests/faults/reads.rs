//! Bytes that are read while their image is deleted.

use std::sync::Arc;

use shoebox_core::{Error, ErrorKind};

use crate::support::{Batch, Canned, Expect, Fault, Script, interleave, picture, play};

#[tokio::test]
async fn bytes_of_an_image_that_is_deleted_meanwhile_are_not_there() {
    let batch = Batch::new().await;
    let (world, now) = (&batch.world, batch.world.start);
    // What S3 says of a missing object hangs on what the function may do.
    for answers in [None, Some(Canned::Forbidden)] {
        for half in [false, true] {
            let (user, _) = batch.user();
            let image = world.upload(&user, None, picture(1), now).await.unwrap();
            let faults = answers.map(|canned| (0, Fault::Answers(canned)));
            let script = Arc::new(Script::of(faults.as_slice()).with_gate(0));
            let delete = async {
                // One that is cut short has removed the bytes and not told the row.
                let cut = [(2, Fault::KilledAfter)];
                let script = Arc::new(Script::of(if half { &cut } else { &[] }));
                play(&script, world.delete(&user, image.id, now)).await
            };
            let read = play(&script, world.reader.content(&image));
            let (read, _) = interleave(&script, read, delete).await;
            assert!(matches!(read.error(), Some(Error::NotFound)), "{read:?}");
            batch.expect(&user, format!("{answers:?}"), Expect::Gone);
        }
    }
    batch.finish().await;
}

#[tokio::test]
async fn bytes_that_s3_does_not_give_of_an_image_that_is_shown_are_a_failed_store() {
    let batch = Batch::new().await;
    let (world, now) = (&batch.world, batch.world.start);
    let (user, _) = batch.user();
    let image = world.upload(&user, None, picture(1), now).await.unwrap();
    // The row cannot be read again either, or can.
    for faults in [
        vec![(0, Fault::Answers(Canned::Forbidden))],
        vec![(0, Fault::Refused), (1, Fault::Refused)],
    ] {
        let script = Arc::new(Script::of(&faults));
        let read = play(&script, world.reader.content(&image)).await;
        let kind = read.error().map(Error::kind);
        assert_eq!(kind, Some(ErrorKind::StoreFailed), "{read:?}");
    }
    let busy = Arc::new(Script::of(&[(0, Fault::Answers(Canned::Throttled))]));
    let read = play(&busy, world.reader.content(&image)).await;
    let kind = read.error().map(Error::kind);
    assert_eq!(kind, Some(ErrorKind::Unavailable), "{read:?}");
    assert_eq!(busy.calls(), ["GetObject"]);
    batch.expect(&user, "read", Expect::Shown);
    batch.finish().await;
}

//! Conditional requests.

use aws_sdk_s3::primitives::DateTime;

use crate::support::{BUCKET, Server, exists, put, read, refusal};

#[tokio::test]
async fn exactly_one_of_sixteen_writers_creates_an_object() {
    let (server, client) = Server::with_bucket().await;
    for round in 0..10 {
        let key = format!("key-{round}");
        let writers: Vec<_> = (0..16_u8)
            .map(|writer| {
                let put = client.put_object().bucket(BUCKET).key(&key);
                let put = put
                    .if_none_match("*")
                    .metadata("writer", writer.to_string());
                let put = put.body(vec![writer; 10_000].into());
                tokio::spawn(async move { put.send().await })
            })
            .collect();
        let mut winners = Vec::new();
        for (writer, task) in writers.into_iter().enumerate() {
            match task.await.unwrap() {
                Ok(_) => winners.push(u8::try_from(writer).unwrap()),
                refused => assert_eq!(refusal(refused), (412, "PreconditionFailed".to_owned())),
            }
        }
        let [winner] = winners[..] else {
            panic!("{} writers won", winners.len());
        };
        assert_eq!(read(&client, &key).await, vec![winner; 10_000]);
        let head = client.head_object().bucket(BUCKET).key(&key);
        let head = head.send().await.unwrap();
        assert_eq!(head.metadata().unwrap()["writer"], winner.to_string());
    }
    assert_eq!(server.count_blobs(), 10);
}

#[tokio::test]
async fn exactly_one_of_sixteen_writers_replaces_the_object_it_has_seen() {
    let (_server, client) = Server::with_bucket().await;
    put(&client, "key", "old").await;
    let seen = client.head_object().bucket(BUCKET).key("key");
    let seen = seen.send().await.unwrap().e_tag.unwrap();
    let writers: Vec<_> = (0..16_u8)
        .map(|writer| {
            let put = client
                .put_object()
                .bucket(BUCKET)
                .key("key")
                .if_match(&seen);
            let put = put.body(vec![writer; 100].into());
            tokio::spawn(async move { put.send().await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for task in writers {
        won += usize::from(task.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn a_put_whose_condition_fails_changes_nothing() {
    let (server, client) = Server::with_bucket().await;
    put(&client, "key", "old").await;
    let put = || {
        client
            .put_object()
            .bucket(BUCKET)
            .body(b"new".to_vec().into())
    };
    let other = "\"00000000000000000000000000000000\"";
    let refused = put().key("key").if_match(other).send().await;
    assert_eq!(refusal(refused), (412, "PreconditionFailed".to_owned()));
    let refused = put().key("absent").if_match(other).send().await;
    assert_eq!(refusal(refused), (404, "NoSuchKey".to_owned()));
    let refused = put().key("key").if_none_match(other).send().await;
    assert_eq!(refusal(refused), (501, "NotImplemented".to_owned()));
    assert_eq!(read(&client, "key").await, "old");
    assert!(!exists(&client, "absent").await);
    assert_eq!(server.count_blobs(), 1);
}

#[tokio::test]
async fn a_delete_removes_only_the_object_it_means() {
    let (_server, client) = Server::with_bucket().await;
    put(&client, "key", "bytes").await;
    let etag = client.head_object().bucket(BUCKET).key("key");
    let etag = etag.send().await.unwrap().e_tag.unwrap();
    let delete = |etag: &str| {
        let delete = client.delete_object().bucket(BUCKET).key("key");
        delete.if_match(etag).send()
    };
    let refused = delete("\"00000000000000000000000000000000\"").await;
    assert_eq!(refusal(refused), (412, "PreconditionFailed".to_owned()));
    assert!(exists(&client, "key").await);
    delete(&etag).await.unwrap();
    assert!(!exists(&client, "key").await);
}

#[tokio::test]
async fn a_reader_that_has_the_object_is_told_so() {
    let (_server, client) = Server::with_bucket().await;
    put(&client, "key", "bytes").await;
    let head = client.head_object().bucket(BUCKET).key("key");
    let head = head.send().await.unwrap();
    let (etag, modified) = (head.e_tag().unwrap(), *head.last_modified().unwrap());
    let (before, after) = (hours(&modified, -1), hours(&modified, 1));
    let get = || client.get_object().bucket(BUCKET).key("key");
    let other = "\"00000000000000000000000000000000\"";

    assert_eq!(refusal(get().if_none_match(etag).send().await).0, 304);
    assert_eq!(
        refusal(get().if_modified_since(modified).send().await).0,
        304
    );
    assert_eq!(refusal(get().if_modified_since(after).send().await).0, 304);
    assert_eq!(refusal(get().if_match(other).send().await).0, 412);
    assert_eq!(
        refusal(get().if_unmodified_since(before).send().await).0,
        412
    );
    let head = client.head_object().bucket(BUCKET).key("key");
    assert_eq!(refusal(head.if_none_match(etag).send().await).0, 304);

    get().if_none_match(other).send().await.unwrap();
    get().if_match(etag).send().await.unwrap();
    get().if_match("*").send().await.unwrap();
    get().if_modified_since(before).send().await.unwrap();
    get().if_unmodified_since(modified).send().await.unwrap();
    // An entity tag says more than a date.
    let both = get().if_match(etag).if_unmodified_since(before);
    both.send().await.unwrap();
    let both = get().if_none_match(other).if_modified_since(after);
    both.send().await.unwrap();
}

fn hours(time: &DateTime, hours: i64) -> DateTime {
    DateTime::from_secs(time.secs() + hours * 3600)
}

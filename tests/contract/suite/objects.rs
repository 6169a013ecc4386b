//! Objects, as the repository of the bytes calls for them.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use sha2::{Digest as _, Sha256};

use crate::place::{Place, unique};

/// A put as the service makes it: where there is nothing, with a checksum, and without signing the bytes.
fn put(place: &Place, key: &str, bytes: &[u8], digest_of: &[u8]) -> PutObjectFluentBuilder {
    let put = place.stores.s3.put_object().bucket(&place.bucket).key(key);
    put.content_type("image/png")
        .if_none_match("*")
        .checksum_sha256(STANDARD.encode(Sha256::digest(digest_of)))
        .body(ByteStream::from(bytes.to_vec()))
}

async fn stored(place: &Place, key: &str, bytes: &[u8]) {
    let put = put(place, key, bytes, bytes);
    let put = put.customize().disable_payload_signing();
    put.send().await.unwrap();
}

pub(super) async fn of_many_conditional_puts_at_once_one_wins(place: &Place) {
    const WRITERS: usize = 16;
    let key = &unique();
    let contents: Vec<Vec<u8>> = (0..WRITERS)
        .map(|writer| format!("bytes of writer {writer}").into_bytes())
        .collect();
    let outcomes = join_all(
        contents
            .iter()
            .map(|bytes| put(place, key, bytes, bytes).send()),
    )
    .await;
    let winners: Vec<usize> = (0..WRITERS)
        .filter(|writer| outcomes[*writer].is_ok())
        .collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        // The second is S3's word while another put of the key is under way.
        let allowed = ["PreconditionFailed", "ConditionalRequestConflict"];
        assert!(
            error.code().is_some_and(|code| allowed.contains(&code)),
            "{error:?}"
        );
    }
    assert_eq!(place.bytes(key).await, contents[winners[0]]);
}

pub(super) async fn a_second_conditional_put_is_refused_and_changes_nothing(place: &Place) {
    let key = &unique();
    stored(place, key, b"first").await;
    let error = put(place, key, b"second", b"second")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("PreconditionFailed"), "{error:?}");
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 412);
    assert_eq!(place.bytes(key).await, "first");
}

pub(super) async fn bytes_that_differ_from_their_checksum_are_refused_and_leave_nothing(
    place: &Place,
) {
    let key = &unique();
    let put = put(place, key, b"other bytes", b"the bytes");
    let put = put.customize().disable_payload_signing();
    let error = put.send().await.unwrap_err();
    assert_eq!(
        error.raw_response().unwrap().status().as_u16(),
        400,
        "{error:?}"
    );
    assert_eq!(place.keys(key).await, Vec::<String>::new());
}

pub(super) async fn a_missing_object_is_told_from_a_failing_store(place: &Place) {
    let get = place.stores.s3.get_object().bucket(&place.bucket);
    let error = get.key(unique()).send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchKey"), "{error:?}");
}

pub(super) async fn a_range_of_an_object_is_read_alone(place: &Place) {
    let key = &unique();
    stored(place, key, b"0123456789").await;
    let get = place.stores.s3.get_object().bucket(&place.bucket).key(key);
    let part = get.clone().range("bytes=2-5").send().await.unwrap();
    assert_eq!(part.content_range(), Some("bytes 2-5/10"));
    assert_eq!(part.body.collect().await.unwrap().into_bytes(), "2345");
    let whole = get.send().await.unwrap();
    assert_eq!(
        (whole.content_length(), whole.content_type()),
        (Some(10), Some("image/png"))
    );
}

pub(super) async fn keys_are_removed_together_whether_or_not_they_are_there(place: &Place) {
    let prefix = unique();
    let [there, missing] = ["there", "missing"].map(|name| format!("{prefix}/{name}"));
    stored(place, &there, b"bytes").await;
    for _ in 0..2 {
        let keys =
            [&there, &missing].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
        let keys = Delete::builder()
            .set_objects(Some(keys.to_vec()))
            .quiet(true);
        let delete = place.stores.s3.delete_objects().bucket(&place.bucket);
        let answer = delete.delete(keys.build().unwrap()).send().await.unwrap();
        assert!(answer.errors().is_empty(), "{answer:?}");
        assert_eq!(place.keys(&prefix).await, Vec::<String>::new());
    }
}

pub(super) async fn an_object_is_read_and_listed_right_after_its_put_and_not_after_its_delete(
    place: &Place,
) {
    for _ in 0..5 {
        let key = &unique();
        stored(place, key, b"bytes").await;
        assert_eq!(place.bytes(key).await, "bytes");
        assert_eq!(place.keys(key).await, [key.as_str()]);
        let delete = place.stores.s3.delete_object().bucket(&place.bucket);
        delete.key(key).send().await.unwrap();
        a_missing_object_is_told_from_a_failing_store(place).await;
        assert_eq!(place.keys(key).await, Vec::<String>::new());
    }
}

pub(super) async fn a_listing_goes_on_where_its_page_ended(place: &Place) {
    let prefix = unique();
    let keys: Vec<String> = (0..7).map(|number| format!("{prefix}/{number}")).collect();
    join_all(keys.iter().map(|key| stored(place, key, b"bytes"))).await;
    let mut found = Vec::new();
    let mut from = None;
    loop {
        let list = place.stores.s3.list_objects_v2().bucket(&place.bucket);
        let list = list
            .prefix(&prefix)
            .max_keys(3)
            .set_continuation_token(from);
        let page = list.send().await.unwrap();
        let objects = page.contents.unwrap_or_default();
        assert!(objects.len() <= 3 && objects.iter().all(|object| object.last_modified.is_some()));
        found.extend(objects.into_iter().map(|object| object.key.unwrap()));
        from = page.next_continuation_token;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(found, keys);
}

/// As they come of user names: the service encodes all but letters, digits, `-` and `_`.
pub(super) async fn keys_keep_every_character(place: &Place) {
    let prefix = unique();
    let key = format!("{prefix}/a%40b%2Ec/-_%25/object");
    stored(place, &key, b"bytes").await;
    assert_eq!(place.bytes(&key).await, "bytes");
    assert_eq!(place.keys(&prefix).await, [key]);
}

//! URLs that carry a signature: what a client may do by them, and what it may not.

use std::time::Duration;

use aws_sdk_s3::presigning::PresignedRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::place::{Place, Signed, send, send_signed, signed_for_an_hour, unique};

const BYTES: &[u8] = b"eleven byte";
const NOW: Duration = Duration::ZERO;

/// Signs a put of [`BYTES`] as the service does.
async fn signed_put(place: &Place, key: &str, age: Duration) -> PresignedRequest {
    let put = place.stores.s3.put_object().bucket(&place.bucket).key(key);
    put.content_type("image/png")
        .content_length(BYTES.len().try_into().unwrap())
        .checksum_sha256(STANDARD.encode(Sha256::digest(BYTES)))
        .if_none_match("*")
        .presigned(signed_for_an_hour(age))
        .await
        .unwrap()
}

fn headers(request: &PresignedRequest) -> Vec<(String, String)> {
    let headers = request.headers();
    headers
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[track_caller]
fn assert_refused(answer: &Signed, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {answer:?}");
}

pub(super) async fn a_signed_put_works_once(place: &Place) {
    let key = &unique();
    let put = signed_put(place, key, NOW).await;
    let first = send_signed(&put, BYTES).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(send_signed(&put, BYTES).await.status, 412);
    let get = place.stores.s3.get_object().bucket(&place.bucket).key(key);
    assert_eq!(get.send().await.unwrap().content_type(), Some("image/png"));
    assert_eq!(place.bytes(key).await, BYTES);
}

pub(super) async fn a_signed_put_takes_nothing_but_what_was_signed(place: &Place) {
    let key = &unique();
    let put = signed_put(place, key, NOW).await;
    let signed = headers(&put);
    let without = |name: &str| {
        let mut left = signed.clone();
        left.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        left
    };
    let other_type = [
        without("content-type"),
        vec![("content-type".to_owned(), "text/html".to_owned())],
    ]
    .concat();
    let same_size = [b'x'; BYTES.len()];
    for (what, headers, bytes) in [
        ("more bytes", signed.clone(), &b"twelve bytes"[..]),
        ("fewer bytes", signed.clone(), b"ten bytes."),
        ("other bytes", signed.clone(), &same_size),
        ("another type", other_type, BYTES),
        ("no condition", without("if-none-match"), BYTES),
        ("no checksum", without("x-amz-checksum-sha256"), BYTES),
    ] {
        let answer = send("PUT", put.uri(), &headers, bytes).await;
        assert_refused(&answer, what);
        assert_eq!(place.keys(key).await, Vec::<String>::new(), "{what}");
    }
}

pub(super) async fn a_signed_url_ends(place: &Place) {
    let long_ago = Duration::from_hours(2);
    let key = &unique();
    let late = signed_put(place, key, long_ago).await;
    assert_refused(&send_signed(&late, BYTES).await, "a late put");
    assert_eq!(place.keys(key).await, Vec::<String>::new());
    send_signed(&signed_put(place, key, NOW).await, BYTES).await;
    let get = place.stores.s3.get_object().bucket(&place.bucket).key(key);
    let late = get.presigned(signed_for_an_hour(long_ago)).await.unwrap();
    let answer = send_signed(&late, b"").await;
    assert_refused(&answer, "a late get");
    assert_ne!(answer.body, BYTES);
}

pub(super) async fn a_signed_put_cannot_be_turned_to_another_key(place: &Place) {
    let (key, other) = (unique(), unique());
    let put = signed_put(place, &key, NOW).await;
    let turned = put.uri().replace(&key, &other);
    assert_ne!(turned, put.uri());
    let answer = send("PUT", &turned, &headers(&put), BYTES).await;
    assert_refused(&answer, "another key");
    assert_eq!(place.keys(&other).await, Vec::<String>::new());
    let forged = put
        .uri()
        .replace("X-Amz-Expires=3600", "X-Amz-Expires=7200");
    assert_ne!(forged, put.uri());
    let answer = send("PUT", &forged, &headers(&put), BYTES).await;
    assert_refused(&answer, "a longer life");
    assert_eq!(place.keys(&key).await, Vec::<String>::new());
}

pub(super) async fn a_signed_get_answers_with_the_headers_that_it_names(place: &Place) {
    let key = &unique();
    let put = send_signed(&signed_put(place, key, NOW).await, BYTES).await;
    assert_eq!(put.status, 200, "{put:?}");
    let disposition = "attachment; filename=\"a_.png\"; filename*=UTF-8''a%C3%A4.png";
    let get = place.stores.s3.get_object().bucket(&place.bucket).key(key);
    let get = get
        .response_content_disposition(disposition)
        .response_cache_control("private")
        .presigned(signed_for_an_hour(NOW));
    let get = get.await.unwrap();
    let answer = send_signed(&get, b"").await;
    assert_eq!(
        (answer.status, &answer.body[..]),
        (200, BYTES),
        "{answer:?}"
    );
    assert_eq!(answer.header("content-disposition"), Some(disposition));
    assert_eq!(answer.header("cache-control"), Some("private"));
    assert_eq!(answer.header("content-type"), Some("image/png"));
    let range = [("range".to_owned(), "bytes=0-5".to_owned())];
    let part = send("GET", get.uri(), &range, b"").await;
    assert_eq!((part.status, &part.body[..]), (206, &BYTES[..6]));
    let forged = get.uri().replace("private", "public");
    assert_refused(&send("GET", &forged, &[], b"").await, "another header");
}

//! What the signature refuses, what the verification refuses, and what is left of either.

use serde_json::json;
use shoebox_tests::shoebox::text;
use shoebox_tests::store::string;
use shoebox_tests::{Shoebox, picture};

use super::{assert_published, complete, key_of, put, put_with, start, started, until_status};

/// Bytes, and the headers that are sent otherwise than told.
type Tried<'a> = (&'a [u8], &'a [(&'a str, &'a str)]);

#[tokio::test]
async fn the_url_takes_the_declared_size_type_and_digest_only() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("signed");
    let file = picture::png(11, 11);
    let more = json!({ "sha256": picture::sha256(&file) });
    let pending = started(&shoebox, &user, &file, &more).await;
    let mut longer = file.clone();
    longer.push(0);
    let mut other = file.clone();
    other[40] ^= 1;
    let digest = "x-amz-checksum-sha256";
    let cases: [Tried<'_>; 9] = [
        (&longer, &[]),
        (&file[..file.len() - 1], &[]),
        (b"", &[]),
        (&other, &[]),
        (&file, &[("content-type", "image/gif")]),
        (&file, &[("content-type", "")]),
        (&file, &[("if-none-match", "")]),
        (
            &other,
            &[(digest, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")],
        ),
        (&other, &[(digest, "")]),
    ];
    for (bytes, headers) in cases {
        let answer = put_with(&shoebox, &pending, bytes, headers).await;
        assert!(
            (400..500).contains(&answer.status),
            "{headers:?}: {answer:?}"
        );
        assert!(
            shoebox.stores.keys_of(&user).await.is_empty(),
            "{headers:?}"
        );
    }
    let url = text(&pending["upload"], "url");
    let elsewhere = url.replacen(&user, "somebody-else", 1);
    let mut moved = pending.clone();
    moved["upload"]["url"] = elsewhere.into();
    assert_eq!(put(&shoebox, &moved, &file).await.status, 403);
    assert_eq!(shoebox.get(&url).send().await.status, 403);
    let _ = complete(&shoebox, &user, &pending)
        .await
        .problem(409, "upload_missing");
    // After all that the URL still works, once.
    assert_eq!(put(&shoebox, &pending, &file).await.status, 200);
    assert_eq!(put(&shoebox, &pending, &file).await.status, 412);
    assert_eq!(complete(&shoebox, &user, &pending).await.status, 200);
    assert_eq!(put(&shoebox, &pending, &file).await.status, 412);
    assert_published(&shoebox, &user, &pending, &file).await;
}

#[tokio::test]
async fn bytes_that_are_no_such_image_are_removed_with_the_upload() {
    let shoebox = Shoebox::shared().await;
    let good = picture::png(10, 10);
    let cut = good[..good.len() - 20].to_vec();
    let gif = picture::gif(5, 5);
    for (file, more, reason) in [
        (b"this is no picture".to_vec(), json!({}), "no known image"),
        (gif, json!({}), "image/gif, but image/png was declared"),
        (cut, json!({}), "."),
        (good, json!({ "width": 11 }), "width is 10 pixels"),
    ] {
        let user = Shoebox::user("bad");
        let pending = started(&shoebox, &user, &file, &more).await;
        assert_eq!(put(&shoebox, &pending, &file).await.status, 200);
        // Whether this or the bucket's event is first, and whenever it is asked again: the same answer.
        let id = text(&pending, "image_id");
        let mut details = Vec::new();
        for _ in 0..2 {
            let answer = complete(&shoebox, &user, &pending).await;
            details.push(text(&answer.problem(422, "invalid_image"), "detail"));
            until_status(&shoebox, &id, "deleted").await;
        }
        assert!(details[0].contains(reason), "{details:?}");
        assert_eq!(details[0], details[1]);
        assert!(shoebox.stores.keys_of(&user).await.is_empty());
        assert!(shoebox.stores.listings(&id).await.is_empty());
        let _ = shoebox
            .image(&user, &id)
            .await
            .problem(404, "image_not_found");
        assert!(shoebox.list(&format!("user_id={user}")).await.is_empty());
        let other = complete(&shoebox, &Shoebox::user("bad"), &pending).await;
        let _ = other.problem(403, "not_the_owner");
    }
}

#[tokio::test]
async fn headers_that_nobody_asked_for_are_refused_or_reach_no_reader() {
    let shoebox = Shoebox::shared().await;
    let file = picture::png(7, 7);
    for (header, value) in [
        ("content-encoding", "gzip"),
        ("content-language", "tlh"),
        ("expires", "Thu, 01 Jan 2099 00:00:00 GMT"),
    ] {
        let user = Shoebox::user("unasked");
        let pending = started(&shoebox, &user, &file, &json!({})).await;
        let answer = put_with(&shoebox, &pending, &file, &[(header, value)]).await;
        assert_eq!(answer.status, 200, "{header}: {answer:?}");
        let answer = complete(&shoebox, &user, &pending).await;
        let detail = text(&answer.problem(422, "invalid_image"), "detail");
        assert!(detail.to_lowercase().contains(header), "{detail}");
        until_status(&shoebox, &text(&pending, "image_id"), "deleted").await;
        assert!(shoebox.stores.keys_of(&user).await.is_empty());
    }
    let user = Shoebox::user("overridden");
    let pending = started(&shoebox, &user, &file, &json!({})).await;
    let others = [
        ("content-disposition", "attachment; filename=\"evil.exe\""),
        ("cache-control", "public, max-age=1"),
    ];
    let answer = put_with(&shoebox, &pending, &file, &others).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(complete(&shoebox, &user, &pending).await.status, 200);
    let image = assert_published(&shoebox, &user, &pending, &file).await;
    let target = format!("/images/{}?presigned=true", text(&image, "image_id"));
    let url = text(&shoebox.get(&target).send().await.json(), "presigned_url");
    let read = shoebox.get(&url).send().await;
    assert_eq!(read.body, file);
    assert_eq!(read.header("content-disposition"), "inline");
    assert_eq!(
        read.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(read.header("content-type"), "image/png");
}

#[tokio::test]
async fn the_key_of_a_refused_upload_says_why() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("refusedkey");
    let file = b"no picture under a key";
    let ask = || {
        let body = json!({ "content_type": "image/png", "size": file.len() });
        let call = shoebox.post("/images/uploads").user(&user);
        let call = call.header("idempotency-key", "k");
        async move { call.json(&body).await }
    };
    let pending = ask().await.json();
    assert_eq!(put(&shoebox, &pending, file).await.status, 200);
    let answer = complete(&shoebox, &user, &pending).await;
    let reason = text(&answer.problem(422, "invalid_image"), "detail");
    let again = ask().await.problem(422, "invalid_image");
    assert_eq!(text(&again, "detail"), reason);
    // The bucket's event may have been first, and be at it still.
    until_status(&shoebox, &text(&pending, "image_id"), "deleted").await;
    assert!(shoebox.stores.keys_of(&user).await.is_empty());
}

#[tokio::test]
async fn the_event_alone_removes_bytes_that_are_no_image() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("badevent");
    let file = b"no picture either";
    let pending = started(&shoebox, &user, file, &json!({})).await;
    assert_eq!(put(&shoebox, &pending, file).await.status, 200);
    let id = text(&pending, "image_id");
    until_status(&shoebox, &id, "deleted").await;
    assert_eq!(shoebox.stores.object(&key_of(&user, &pending)).await, None);
    // The URL lives on, so the row stays where the sweeper finds it.
    let row = shoebox.stores.image_row(&id).await.unwrap();
    assert!(row.contains_key("sweep_shard"), "{row:?}");
}

#[tokio::test]
async fn a_declaration_is_checked_before_a_row_is_written() {
    let file = picture::png(4, 4);
    let limit = file.len().to_string();
    let shoebox = Shoebox::with(&[("MAX_IMAGE_SIZE", &limit)]).await;
    let past = file.len() + 1;
    for (more, status, code, fields) in [
        (json!({ "size": past }), 413, "image_too_large", vec![]),
        (json!({ "size": u64::MAX }), 413, "image_too_large", vec![]),
        (json!({ "size": 0 }), 400, "invalid_request", vec!["size"]),
        (
            json!({ "size": null }),
            400,
            "invalid_request",
            vec!["size"],
        ),
        (json!({ "size": -1 }), 400, "invalid_request", vec!["size"]),
        (
            json!({ "size": "many" }),
            400,
            "invalid_request",
            vec!["size"],
        ),
        (json!({ "size": 1.5 }), 400, "invalid_request", vec!["size"]),
        (
            json!({ "content_type": null }),
            400,
            "invalid_request",
            vec!["content_type"],
        ),
        (
            json!({ "content_type": 7 }),
            400,
            "invalid_request",
            vec!["content_type"],
        ),
        (
            json!({ "content_type": "image/svg+xml" }),
            415,
            "unsupported_image_type",
            vec![],
        ),
        (
            json!({ "content_type": "text/html" }),
            415,
            "unsupported_image_type",
            vec![],
        ),
        (
            json!({ "sha256": "abc" }),
            400,
            "invalid_request",
            vec!["sha256"],
        ),
        (
            json!({ "content_type": null, "size": null, "sha256": "x" }),
            400,
            "invalid_request",
            vec!["content_type", "sha256", "size"],
        ),
        (
            json!({ "tags": ["t".repeat(65)] }),
            400,
            "invalid_request",
            vec!["tags"],
        ),
        (
            json!({ "size": 0, "sha256": "x", "visibility": "x", "user_id": 1 }),
            400,
            "invalid_request",
            vec!["sha256", "size", "user_id", "visibility"],
        ),
    ] {
        let answer = start(&shoebox, "ann", &file, &more).await;
        let _ = answer.problem(status, code);
        assert_eq!(answer.faulty_fields(), fields, "{more}");
    }
    let nobody = json!({ "content_type": "image/png", "size": 5 });
    let answer = shoebox.post("/images/uploads").json(&nobody).await;
    assert_eq!(answer.faulty_fields(), ["user_id"]);
    shoebox.stores.assert_empty().await;
    let at = start(&shoebox, "ann", &file, &json!({})).await;
    assert_eq!(at.status, 202, "{at:?}");
}

#[tokio::test]
async fn only_who_asked_completes() {
    let shoebox = Shoebox::shared().await;
    let [user, other] = ["asker", "other"].map(Shoebox::user);
    let file = picture::png(2, 3);
    let pending = started(&shoebox, &user, &file, &json!({})).await;
    let answer = complete(&shoebox, &other, &pending).await;
    let _ = answer.problem(403, "not_the_owner");
    let row = shoebox.stores.image_row(&text(&pending, "image_id")).await;
    assert_eq!(string(&row.unwrap(), "status"), "pending");
    let unknown = json!({ "image_id": "0192f0c1-8b6a-7000-8000-00000000000a" });
    let answer = complete(&shoebox, &user, &unknown).await;
    let _ = answer.problem(404, "image_not_found");
}

#[tokio::test]
async fn who_completes_may_be_named_in_the_body_and_must_be_the_owner() {
    let shoebox = Shoebox::shared().await;
    let [user, other] = ["completer", "other"].map(Shoebox::user);
    let file = picture::png(6, 5);
    let pending = started(&shoebox, &user, &file, &json!({})).await;
    let target = format!("/images/{}/complete", text(&pending, "image_id"));
    let claim = |user_id: serde_json::Value| {
        let call = shoebox.post(&target);
        async move { call.json(&json!({ "user_id": user_id })).await }
    };
    let _ = claim(json!(other)).await.problem(403, "not_the_owner");
    let answer = claim(json!(7)).await;
    let _ = answer.problem(400, "invalid_request");
    assert_eq!(answer.faulty_fields(), ["user_id"]);
    assert!(shoebox.stores.keys_of(&user).await.is_empty());
    assert_eq!(put(&shoebox, &pending, &file).await.status, 200);
    let answer = claim(json!(user)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.json()["s3_url"].is_string(), "the owner's view");
    assert_published(&shoebox, &user, &pending, &file).await;
}

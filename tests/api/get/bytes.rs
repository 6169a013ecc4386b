//! The bytes: when they are the answer, and what comes with them.

use serde_json::json;
use shoebox_tests::shoebox::text;
use shoebox_tests::{Shoebox, picture};

#[tokio::test]
async fn accept_decides_between_json_and_bytes() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("accept");
    let file = picture::webp(4, 4);
    let id = text(
        &shoebox.upload_file(&user, &file, json!({})).await,
        "image_id",
    );
    let chrome =
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
    let chrome_img = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
    let firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for (accept, bytes) in [
        ("*/*", false),
        ("", false),
        ("application/json", false),
        ("application/json, image/*;q=0.9", false),
        ("image/*;q=0.5, application/json;q=0.5", false),
        ("image/*;q=0", false),
        ("nonsense", false),
        ("image/*", true),
        ("image/webp", true),
        ("image/*, application/json;q=0.9", true),
        (chrome, true),
        (chrome_img, true),
        (firefox, true),
    ] {
        let call = shoebox.get(&format!("/images/{id}"));
        let answer = call.header("accept", accept).send().await;
        assert_eq!(answer.status, 200, "{accept}: {answer:?}");
        assert_eq!(answer.header("vary"), "Accept", "{accept}");
        assert_eq!(answer.body == file, bytes, "{accept}: {answer:?}");
        assert!(bytes || answer.json()["image_id"] == id.as_str());
    }
    for (query, bytes) in [
        ("format=raw", true),
        ("format=json", false),
        ("presigned=true", false),
        ("presigned=true&format=raw", false),
        ("presigned=false&format=raw", true),
    ] {
        let call = shoebox.get(&format!("/images/{id}?{query}"));
        let accept = if bytes { "application/json" } else { "image/*" };
        let answer = call.header("accept", accept).send().await;
        assert_eq!(answer.body == file, bytes, "{query}: {answer:?}");
    }
    let wrong = shoebox
        .get(&format!("/images/{id}?format=xml"))
        .send()
        .await;
    let _ = wrong.problem(400, "invalid_request");
    assert_eq!(wrong.faulty_fields(), ["format"]);
}

#[tokio::test]
async fn bytes_come_with_headers_that_keep_them_safe_and_cacheable() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("headers");
    for (content_type, file, _) in picture::one_of_each() {
        for (visibility, cache) in [
            ("public", "public, max-age=31536000, immutable"),
            ("private", "private"),
        ] {
            let attributes = json!({ "visibility": visibility, "filename": "Grüße \"1\".bin" });
            let image = shoebox.upload_file(&user, &file, attributes).await;
            let id = text(&image, "image_id");
            let answer = shoebox.get(&format!("/images/{id}/content")).send().await;
            assert_eq!((answer.status, &answer.body[..]), (200, &file[..]));
            let etag = format!("\"{}\"", text(&image, "sha256"));
            // As an image of its format, whatever its name says.
            let extension = match content_type {
                "image/jpeg" => "jpg",
                other => other.trim_start_matches("image/"),
            };
            let disposition = format!(
                "inline; filename=\"Gr__e _1_.bin.{extension}\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.bin.{extension}"
            );
            for (name, value) in [
                ("content-type", content_type),
                ("cache-control", cache),
                ("etag", &etag),
                ("x-content-type-options", "nosniff"),
                ("content-security-policy", "default-src 'none'; sandbox"),
                ("content-disposition", &disposition),
                ("content-length", &file.len().to_string()),
                ("vary", ""),
            ] {
                assert_eq!(answer.header(name), value, "{name}");
            }
            assert!(answer.header("last-modified").ends_with(" GMT"));
            let attached = shoebox.get(&format!("/images/{id}/content?download=true"));
            let attached = attached.send().await;
            let expected = disposition.replacen("inline", "attachment", 1);
            assert_eq!(attached.header("content-disposition"), expected);
        }
    }
}

#[tokio::test]
async fn a_copy_that_is_still_good_gets_304_without_bytes() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("conditional");
    let image = shoebox.upload(&user, json!({})).await;
    let target = format!("/images/{}/content", text(&image, "image_id"));
    let first = shoebox.get(&target).send().await;
    let (etag, modified) = (first.header("etag"), first.header("last-modified"));
    let weak = format!("W/{etag}");
    let several = format!("\"x\", {etag}");
    let earlier = "Thu, 01 Jan 2026 00:00:00 GMT";
    for (name, value, status) in [
        ("if-none-match", etag, 304),
        ("if-none-match", &weak, 304),
        ("if-none-match", &several, 304),
        ("if-none-match", "*", 304),
        ("if-none-match", "\"x\"", 200),
        ("if-none-match", "garbage", 200),
        ("if-modified-since", modified, 304),
        ("if-modified-since", earlier, 200),
        ("if-modified-since", "garbage", 200),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = shoebox.call(method, &target).header(name, value);
            let answer = answer.send().await;
            assert_eq!(answer.status, status, "{method} {name}: {value}");
            if status == 304 {
                assert!(answer.body.is_empty());
                for kept in ["etag", "last-modified", "cache-control"] {
                    assert_eq!(answer.header(kept), first.header(kept), "{kept}");
                }
            }
        }
    }
    let both = shoebox.get(&target).header("if-none-match", "\"x\"");
    let both = both.header("if-modified-since", modified).send().await;
    assert_eq!(both.status, 200, "If-None-Match counts before the date");
    // The bytes never change, so a change of what is said of them leaves the copy good.
    let id = text(&image, "image_id");
    let patch = shoebox.patch(&format!("/images/{id}")).user(&user);
    assert_eq!(patch.json(&json!({ "tags": ["new"] })).await.status, 200);
    let again = shoebox.get(&target).header("if-none-match", etag);
    assert_eq!(again.send().await.status, 304);
}

#[tokio::test]
async fn a_missing_object_is_a_failed_store_and_tells_nothing_of_it() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("lost");
    let image = shoebox.upload(&user, json!({})).await;
    let key = shoebox.stores.key_of(&image);
    let delete = shoebox.stores.s3.delete_object().key(&key);
    let bucket = &shoebox.stores.bucket;
    delete.bucket(bucket).send().await.unwrap();
    let target = format!("/images/{}/content", text(&image, "image_id"));
    let answer = shoebox.get(&target).send().await;
    let problem = answer.problem(502, "store_failed");
    assert!(!problem.to_string().contains(&key));
}

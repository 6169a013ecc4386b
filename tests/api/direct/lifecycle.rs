//! From the asking to the listed image.

use serde_json::json;
use shoebox_tests::shoebox::text;
use shoebox_tests::store::string;
use shoebox_tests::{Answer, Shoebox, picture};

use super::{assert_published, complete, key_of, put, started, until_status};

#[tokio::test]
async fn a_pending_upload_says_what_it_is_and_is_shown_to_nobody() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("pending");
    let file = picture::png(6, 6);
    let attributes = json!({
        "filename": "a.png", "tags": ["T", user], "description": "d", "category": "C", "visibility": "public",
        "metadata": { "k": 1 }, "sha256": picture::sha256(&file), "width": 6, "height": 6,
    });
    let pending = started(&shoebox, &user, &file, &attributes).await;
    let id = text(&pending, "image_id");
    for (member, value) in [
        ("status", json!("pending")),
        ("user_id", json!(user)),
        ("filename", json!("a.png")),
        ("tags", json!(["t", user])),
        ("category", json!("c")),
        ("description", json!("d")),
        ("metadata", json!({ "k": 1 })),
        ("visibility", json!("public")),
        ("content_type", json!("image/png")),
        ("size", json!(file.len())),
        ("sha256", json!(picture::sha256(&file))),
    ] {
        assert_eq!(pending[member], value, "{member}");
    }
    assert_eq!(pending["upload"]["method"], "PUT");
    let ends: chrono::DateTime<chrono::Utc> =
        text(&pending["upload"], "expires_at").parse().unwrap();
    let life = (ends - chrono::Utc::now()).num_minutes();
    assert!((58..=60).contains(&life), "{life} minutes");

    let row = shoebox.stores.image_row(&id).await.unwrap();
    assert_eq!(string(&row, "status"), "pending");
    assert!(row.contains_key("sweep_shard"), "the sweeper must find it");
    assert!(shoebox.stores.listings(&id).await.is_empty());
    for rest in ["", "/content", "/download"] {
        let answer = shoebox.get(&format!("/images/{id}{rest}")).user(&user);
        let _ = answer.send().await.problem(404, "image_not_found");
    }
    let deleted = shoebox
        .delete(&format!("/images/{id}"))
        .user(&user)
        .send()
        .await;
    let _ = deleted.problem(404, "image_not_found");
    let patched = shoebox.patch(&format!("/images/{id}")).user(&user);
    let patched = patched.json(&json!({ "tags": [] })).await;
    let _ = patched.problem(404, "image_not_found");
    for query in [format!("user_id={user}"), format!("tags={user}")] {
        assert!(shoebox.list(&query).await.is_empty());
    }
    assert!(shoebox.stores.keys_of(&user).await.is_empty());
}

#[tokio::test]
async fn completing_publishes_and_repeats_change_nothing() {
    let shoebox = Shoebox::shared().await;
    for with_digest in [true, false] {
        let user = Shoebox::user("complete");
        let file = picture::png(6, 5);
        let mut attributes = json!({ "tags": ["t"], "filename": "a.png", "visibility": "private" });
        if with_digest {
            attributes["sha256"] = picture::sha256(&file).into();
        }
        let pending = started(&shoebox, &user, &file, &attributes).await;
        let early = complete(&shoebox, &user, &pending).await;
        let _ = early.problem(409, "upload_missing");
        let answer = put(&shoebox, &pending, &file).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let first = complete(&shoebox, &user, &pending).await;
        assert_eq!(first.status, 200, "{first:?}");
        let image = assert_published(&shoebox, &user, &pending, &file).await;
        assert_eq!(shoebox.stores.key_of(&image), key_of(&user, &pending));
        for member in [
            "filename",
            "tags",
            "visibility",
            "created_at",
            "etag",
            "width",
            "height",
            "sha256",
            "s3_url",
        ] {
            assert_eq!(first.json()[member], image[member], "{member}");
        }
        assert_eq!(
            first.header("etag"),
            format!("\"{}\"", text(&image, "etag"))
        );
        let row = shoebox.stores.image_row(&text(&image, "image_id")).await;
        for _ in 0..2 {
            let again = complete(&shoebox, &user, &pending).await;
            assert_eq!((again.status, &again.json()["etag"]), (200, &image["etag"]));
        }
        assert_eq!(
            shoebox.stores.image_row(&text(&image, "image_id")).await,
            row
        );
        let bytes = shoebox
            .get(&text(&first.json(), "presigned_url"))
            .send()
            .await;
        assert_eq!(bytes.body, file);
        assert_eq!(shoebox.list(&format!("user_id={user}")).await.len(), 1);
    }
}

#[tokio::test]
async fn whoever_completes_is_told_no_more_than_they_may_see() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("teller");
    let file = picture::jpeg_with_location();
    let attributes = json!({ "visibility": "public", "content_type": "image/jpeg" });
    let pending = started(&shoebox, &user, &file, &attributes).await;
    assert_eq!(put(&shoebox, &pending, &file).await.status, 200);
    let target = format!("/images/{}/complete", text(&pending, "image_id"));
    // The first verifies, the second finds it shown.
    for _ in 0..2 {
        let seen = shoebox.post(&target).send().await;
        assert_eq!(seen.status, 200, "{seen:?}");
        let seen = seen.json();
        assert_eq!(seen["sha256"], picture::sha256(&file));
        assert!(seen.get("s3_url").is_none(), "{seen}");
        assert!(seen["exif"].get("location").is_none(), "{seen}");
    }
    let own = complete(&shoebox, &user, &pending).await.json();
    assert_eq!(own["exif"]["location"]["latitude"], 48.5, "{own}");
    assert!(own["s3_url"].is_string(), "{own}");
    let other = Shoebox::user("teller");
    let refused = complete(&shoebox, &other, &pending).await;
    let _ = refused.problem(403, "not_the_owner");
}

#[tokio::test]
async fn the_buckets_event_publishes_where_nobody_completes() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("event");
    let file = picture::png(16, 5);
    let pending = started(&shoebox, &user, &file, &json!({ "tags": [user] })).await;
    assert_eq!(put(&shoebox, &pending, &file).await.status, 200);
    until_status(&shoebox, &text(&pending, "image_id"), "active").await;
    assert_published(&shoebox, &user, &pending, &file).await;
    assert_eq!(shoebox.list(&format!("tags={user}")).await.len(), 1);
    let late = complete(&shoebox, &user, &pending).await;
    assert_eq!(late.status, 200, "{late:?}");
}

#[tokio::test]
async fn an_image_too_large_for_the_gateway_goes_in_and_out_past_it() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("big");
    let file = picture::noise(1_400, 1_300);
    assert!(file.len() > 5_000_000);
    let pending = started(
        &shoebox,
        &user,
        &file,
        &json!({ "visibility": "private", "filename": "b.png" }),
    )
    .await;
    assert_eq!(put(&shoebox, &pending, &file).await.status, 200);
    let answer = complete(&shoebox, &user, &pending).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let image = assert_published(&shoebox, &user, &pending, &file).await;
    let id = text(&image, "image_id");
    for rest in ["/content", "?format=raw", "/content?download=true"] {
        for method in ["GET", "HEAD"] {
            let answer = shoebox.call(method, &format!("/images/{id}{rest}"));
            let answer = answer.send().await;
            assert_eq!(answer.status, 302, "{method} {rest}: {answer:?}");
            let kept = match method {
                "GET" => "private, max-age=1800",
                _ => "no-store",
            };
            assert_eq!(answer.header("cache-control"), kept);
            let followed = shoebox.call(method, answer.header("location"));
            let followed = followed.send().await;
            assert_eq!(followed.status, 200, "{method} {rest}: {followed:?}");
            if method == "GET" {
                assert!(followed.body == file, "other bytes");
                let attached = followed
                    .header("content-disposition")
                    .starts_with("attachment");
                assert_eq!(attached, rest.contains("download"));
            } else {
                assert_eq!(followed.header("content-length"), file.len().to_string());
            }
        }
    }
    let etag = format!("\"{}\"", picture::sha256(&file));
    let unchanged = shoebox.get(&format!("/images/{id}/content"));
    let unchanged = unchanged.header("if-none-match", &etag).send().await;
    assert_eq!(unchanged.status, 304);
}

#[tokio::test]
async fn a_repeated_start_gives_the_same_upload_and_the_image_once_it_is_complete() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("restart");
    let file = picture::png(3, 9);
    let body = json!({ "content_type": "image/png", "size": file.len(), "tags": ["a"] });
    let ask = |body: serde_json::Value| {
        let call = shoebox.post("/images/uploads").user(&user);
        let call = call.header("idempotency-key", "k");
        async move { call.json(&body).await }
    };
    let first = ask(body.clone()).await;
    let second = ask(body.clone()).await;
    assert_eq!((first.status, second.status), (202, 202), "{second:?}");
    assert_eq!(first.json()["image_id"], second.json()["image_id"]);
    assert_eq!(first.json()["created_at"], second.json()["created_at"]);
    let mut other = body.clone();
    other["size"] = json!(file.len() + 1);
    let _ = ask(other).await.problem(409, "idempotency_key_reused");
    assert_eq!(put(&shoebox, &second.json(), &file).await.status, 200);
    assert_eq!(complete(&shoebox, &user, &first.json()).await.status, 200);
    let image = assert_published(&shoebox, &user, &first.json(), &file).await;
    let third = ask(body.clone()).await;
    assert_eq!(third.status, 200, "{third:?}");
    let location = format!("/images/{}", text(&image, "image_id"));
    assert!(third.header("location").ends_with(&location), "{third:?}");
    let etag = format!("\"{}\"", text(&image, "etag"));
    assert_eq!(third.header("etag"), etag);
    let third = third.json();
    assert_eq!(third.get("upload"), None, "there is nothing to put");
    for member in ["image_id", "status", "etag", "created_at", "s3_url"] {
        assert_eq!(third[member], image[member], "{member}");
    }
    let call = shoebox.post("/images").user(&user);
    let call = call.header("idempotency-key", "k");
    let upload = json!({ "file_data": picture::base64(&file), "tags": ["a"] });
    let _ = call
        .json(&upload)
        .await
        .problem(409, "idempotency_key_reused");
    assert_eq!(shoebox.stores.keys_of(&user).await.len(), 1);
}

#[tokio::test]
async fn a_browser_may_put_from_a_page_of_another_origin() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("browser");
    let file = picture::png(2, 8);
    let pending = started(&shoebox, &user, &file, &json!({})).await;
    let url = text(&pending["upload"], "url");
    let headers = pending["upload"]["headers"].as_object().unwrap();
    let names: Vec<&str> = headers.keys().map(String::as_str).collect();
    let preflight = shoebox
        .call("OPTIONS", &url)
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", &names.join(", "));
    let preflight = preflight.send().await;
    assert_eq!(preflight.status, 200, "{preflight:?}");
    // An emulator's bucket lets all pages in, the local server's those of this machine.
    let is_granted = |answer: &Answer| {
        ["*", "http://localhost:3000"].contains(&answer.header("access-control-allow-origin"))
    };
    assert!(is_granted(&preflight), "{preflight:?}");
    assert!(
        preflight
            .header("access-control-allow-methods")
            .contains("PUT")
    );
    let allowed = preflight
        .header("access-control-allow-headers")
        .to_lowercase();
    for name in names {
        assert!(allowed.contains(name), "{name} is not in {allowed}");
    }
    let call = shoebox
        .call("PUT", &url)
        .header("origin", "http://localhost:3000");
    let call = headers
        .iter()
        .filter(|(name, _)| *name != "content-length")
        .fold(call, |call, (name, value)| {
            call.header(name, value.as_str().unwrap())
        });
    let answer = call.bytes(file.clone()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(is_granted(&answer), "{answer:?}");
    assert_eq!(complete(&shoebox, &user, &pending).await.status, 200);
}

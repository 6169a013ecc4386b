//! The JSON of an image, and who gets what.

use serde_json::{Value, json};
use shoebox_tests::shoebox::text;
use shoebox_tests::{Shoebox, picture};

#[tokio::test]
async fn the_json_has_every_member_and_a_url() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("json");
    let attributes = json!({
        "filename": "f.jpg", "tags": ["t"], "description": "d", "category": "c", "visibility": "private",
        "metadata": { "deep": { "er": [1, null, "x"] } },
    });
    let file = picture::jpeg_with_location();
    let uploaded = shoebox.upload_file(&user, &file, attributes).await;
    let id = text(&uploaded, "image_id");
    let answer = shoebox.image(&user, &id).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("vary"), "Accept");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    let image = answer.json();
    assert_eq!(
        answer.header("etag"),
        format!("\"{}\"", text(&image, "etag"))
    );
    for member in [
        "image_id",
        "user_id",
        "filename",
        "content_type",
        "size",
        "width",
        "height",
        "sha256",
        "tags",
        "description",
        "category",
        "visibility",
        "metadata",
        "exif",
        "placeholder",
        "status",
        "created_at",
        "updated_at",
        "etag",
        "s3_url",
    ] {
        assert_eq!(image[member], uploaded[member], "{member}");
        assert!(!image[member].is_null(), "{member}");
    }
    for member in ["presigned_url", "expires_in", "expires_at"] {
        assert!(!image[member].is_null(), "{member}");
    }
    let created = text(&image, "created_at");
    assert!(created.ends_with('Z') && created.len() == "2026-01-31T12:00:00.123Z".len());

    let plain = shoebox.upload(&user, json!({})).await;
    let plain = shoebox.image(&user, &text(&plain, "image_id")).await.json();
    assert!(
        plain
            .as_object()
            .unwrap()
            .values()
            .all(|value| !value.is_null()),
        "{plain}"
    );
    assert!(plain.get("description").is_none() && plain.get("exif").is_none());
}

#[tokio::test]
async fn where_it_was_taken_and_where_it_is_kept_is_told_to_the_owner_only() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("place");
    let file = picture::jpeg_with_location();
    let image = shoebox.upload_file(&user, &file, json!({})).await;
    let id = text(&image, "image_id");
    let own = shoebox.image(&user, &id).await.json();
    assert_eq!(
        own["exif"]["location"],
        json!({ "latitude": 48.5, "longitude": -2.25 })
    );
    let target = format!("/images/{id}");
    for answer in [
        shoebox.get(&target).send().await,
        shoebox.image(&Shoebox::user("place"), &id).await,
        shoebox
            .get(&format!("{target}?presigned=true"))
            .send()
            .await,
        shoebox.get(&format!("{target}/download")).send().await,
    ] {
        let seen = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, 200);
        assert!(
            !seen.contains("location") && !seen.contains("48.5"),
            "{seen}"
        );
        assert!(!seen.contains("s3://"), "{seen}");
    }
    // A reader is who the header says: the query says what to read.
    let named = shoebox
        .get(&format!("{target}?user_id={user}"))
        .send()
        .await;
    assert!(named.json()["exif"].get("location").is_none(), "{named:?}");
    assert!(named.json().get("s3_url").is_none(), "{named:?}");
}

#[tokio::test]
async fn what_is_no_image_of_ours_is_404_on_every_path() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("gone");
    let image = shoebox.upload(&user, json!({})).await;
    let id = text(&image, "image_id");
    let deleted = shoebox.delete(&format!("/images/{id}")).user(&user);
    assert_eq!(deleted.send().await.status, 200);
    let other_version = "0192f0c1-8b6a-4000-8000-00000000000a";
    let unknown = "0192f0c1-8b6a-7000-8000-00000000000a";
    for id in [
        &id,
        unknown,
        other_version,
        "42",
        "..",
        "%2e%2e",
        "IMG",
        "null",
        &"x".repeat(500),
    ] {
        for rest in [
            "",
            "/content",
            "/download",
            "?format=raw",
            "?presigned=true",
        ] {
            let answer = shoebox.get(&format!("/images/{id}{rest}")).send().await;
            let problem = answer.any_problem();
            assert_eq!(answer.status, 404, "{id}{rest}: {answer:?}");
            let code = problem["code"].as_str().unwrap();
            assert!(
                ["image_not_found", "path_not_found"].contains(&code),
                "{id}{rest}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_id_may_be_written_in_capitals() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("capitals");
    let id = text(&shoebox.upload(&user, json!({})).await, "image_id");
    let answer = shoebox.image(&user, &id.to_uppercase()).await;
    assert_eq!(answer.json()["image_id"], Value::from(id), "{answer:?}");
}

#[tokio::test]
async fn head_says_what_get_would_say() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("head");
    let id = text(&shoebox.upload(&user, json!({})).await, "image_id");
    for rest in ["", "?format=raw", "/content", "/download"] {
        let target = format!("/images/{id}{rest}");
        let get = shoebox.get(&target).send().await;
        let head = shoebox.call("HEAD", &target).send().await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{rest}");
        for name in [
            "content-type",
            "content-length",
            "etag",
            "last-modified",
            "cache-control",
            "content-disposition",
            "vary",
        ] {
            assert_eq!(head.header(name), get.header(name), "{name} of {rest}");
        }
    }
    let missing = shoebox.call("HEAD", "/images/42").send().await;
    assert_eq!((missing.status, missing.body.len()), (404, 0));
}

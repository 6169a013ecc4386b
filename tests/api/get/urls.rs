//! Presigned URLs: what they say, what they give and when they end.

use std::time::Duration;

use serde_json::json;
use shoebox_tests::shoebox::text;
use shoebox_tests::{Shoebox, picture};

#[tokio::test]
async fn expires_in_is_bounded_goes_by_two_names_and_is_told_truly() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("expires");
    let id = text(&shoebox.upload(&user, json!({})).await, "image_id");
    for rest in ["?presigned=true&", "/download?", "?"] {
        for (query, secs) in [
            ("", 3_600),
            ("expires_in=1", 1),
            ("expires=1", 1),
            ("expires_in=604800", 604_800),
            ("expires_in=60&expires=60", 60),
        ] {
            let asked = chrono::Utc::now();
            let answer = shoebox.get(&format!("/images/{id}{rest}{query}"));
            let body = answer.send().await.json();
            assert_eq!(body["expires_in"], secs, "{rest}{query}");
            let end: chrono::DateTime<chrono::Utc> = text(&body, "expires_at").parse().unwrap();
            let life = (end - asked).num_seconds();
            assert!(
                (secs - 2..=secs + 2).contains(&life),
                "{rest}{query}: {life}"
            );
            let name = if rest.starts_with("/download") {
                "download_url"
            } else {
                "presigned_url"
            };
            let url = text(&body, name);
            assert!(url.contains(&format!("X-Amz-Expires={secs}&")), "{url}");
        }
        for wrong in [
            "expires_in=0",
            "expires=604801",
            "expires_in=-1",
            "expires_in=1e3",
            "expires_in=60&expires=61",
        ] {
            let answer = shoebox
                .get(&format!("/images/{id}{rest}{wrong}"))
                .send()
                .await;
            let _ = answer.problem(400, "invalid_request");
            assert_eq!(answer.faulty_fields(), ["expires_in"], "{rest}{wrong}");
        }
    }
}

#[tokio::test]
async fn a_url_gives_the_bytes_until_it_ends_and_to_nobody_who_changes_it() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("signature");
    let file = picture::gif(9, 9);
    let image = shoebox.upload_file(&user, &file, json!({ "visibility": "private" }));
    let id = text(&image.await, "image_id");
    let other = shoebox
        .upload(&user, json!({ "visibility": "private" }))
        .await;
    let asked = shoebox.get(&format!("/images/{id}?presigned=true&expires_in=2"));
    let url = text(&asked.send().await.json(), "presigned_url");
    let good = shoebox.get(&url).send().await;
    assert_eq!((good.status, &good.body[..]), (200, &file[..]));
    assert_eq!(good.header("content-type"), "image/gif");
    assert_eq!(good.header("cache-control"), "private");

    let other_key = shoebox.stores.key_of(&other);
    let (before, query) = url.split_once('?').unwrap();
    let host = before.split("/images/").next().unwrap();
    for forged in [
        format!("{host}/{other_key}?{query}"),
        url.replace("X-Amz-Expires=2", "X-Amz-Expires=604800"),
        url.replace(
            "response-cache-control=private",
            "response-cache-control=public",
        ),
        url.replace("x-id=GetObject", "x-id=PutObject"),
        before.to_owned(),
    ] {
        assert_ne!(forged, url);
        let answer = shoebox.get(&forged).send().await;
        assert_eq!(answer.status, 403, "{forged}: {answer:?}");
        assert!(!answer.body.windows(6).any(|window| window == b"GIF89a"));
    }
    let put = shoebox.call("PUT", &url).bytes("other bytes").await;
    assert_eq!(put.status, 403);
    assert_eq!(shoebox.call("DELETE", &url).send().await.status, 403);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(shoebox.get(&url).send().await.status, 403, "it has ended");
    let still = shoebox.get(&format!("/images/{id}/content")).send().await;
    assert_eq!(still.body, file);
}

#[tokio::test]
async fn download_answers_a_url_or_leads_to_it() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("download");
    let file = picture::png(5, 5);
    let image = shoebox
        .upload_file(&user, &file, json!({ "filename": "東京.png" }))
        .await;
    let id = text(&image, "image_id");
    let target = format!("/images/{id}/download");
    let body = shoebox.get(&target).send().await.json();
    assert_eq!(body["image_id"], id.as_str());
    assert_eq!(body["filename"], "東京.png");
    let followed = shoebox.get(&text(&body, "download_url")).send().await;
    assert_eq!(followed.body, file);
    let expected = "attachment; filename=\"__.png\"; filename*=UTF-8''%E6%9D%B1%E4%BA%AC.png";
    assert_eq!(followed.header("content-disposition"), expected);

    for (query, accept, redirects) in [
        ("", "*/*", false),
        ("", "application/json", false),
        ("", "image/*", true),
        ("", "text/html,*/*;q=0.8", true),
        ("?redirect=true", "application/json", true),
        ("?redirect=false", "image/*", false),
    ] {
        let answer = shoebox.get(&format!("{target}{query}"));
        let answer = answer.header("accept", accept).send().await;
        if redirects {
            assert_eq!(answer.status, 302, "{query} {accept}: {answer:?}");
            assert_eq!(answer.header("cache-control"), "no-store");
            let followed = shoebox.get(answer.header("location")).send().await;
            assert_eq!(followed.body, file);
            assert_eq!(followed.header("content-disposition"), expected);
            let head = shoebox.call("HEAD", &format!("{target}{query}"));
            let head = head.header("accept", accept).send().await;
            let followed = shoebox.call("HEAD", head.header("location")).send().await;
            assert_eq!(followed.status, 200, "{query} {accept}: {followed:?}");
        } else {
            assert_eq!(answer.status, 200, "{query} {accept}: {answer:?}");
        }
    }
    let unnamed = shoebox.upload(&user, json!({})).await;
    let id = text(&unnamed, "image_id");
    let body = shoebox.get(&format!("/images/{id}/download")).send().await;
    assert_eq!(body.json()["filename"], format!("{id}.png"));
}

#[tokio::test]
async fn a_presigned_url_is_to_be_saved_where_download_is_asked_for() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("saved");
    let image = shoebox.upload(&user, json!({ "filename": "a.png" })).await;
    let id = text(&image, "image_id");
    for (query, disposition) in [
        ("presigned=true", "inline"),
        (
            "presigned=true&download=true",
            "attachment; filename=\"a.png\"",
        ),
    ] {
        let answer = shoebox.get(&format!("/images/{id}?{query}")).send().await;
        let url = text(&answer.json(), "presigned_url");
        let followed = shoebox.get(&url).send().await;
        assert_eq!(followed.header("content-disposition"), disposition);
    }
}

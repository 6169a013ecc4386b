//! Who sees what in a list, and when.

use serde_json::json;
use shoebox_tests::shoebox::text;
use shoebox_tests::{Shoebox, picture};

#[tokio::test]
async fn private_images_are_never_in_the_feed_whatever_the_filter() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("feed");
    let attributes = |visibility| json!({ "tags": [user, "feed-too"], "category": user, "visibility": visibility });
    let public = shoebox.upload(&user, attributes("public")).await;
    let private = shoebox.upload(&user, attributes("private")).await;
    let (public, private) = (text(&public, "image_id"), text(&private, "image_id"));
    for query in [
        format!("tags={user}"),
        format!("tags={user},feed-too"),
        format!("tags={user},other&tag_mode=any"),
        format!("category={user}"),
        format!("category={user}&tags=feed-too&content_type=image/png"),
        format!("tags={user}&visibility=public"),
        format!("tags={user}&order=asc&date_from=2020-01-01"),
    ] {
        assert_eq!(shoebox.list(&query).await, [public.as_str()], "{query}");
    }
    let feed = shoebox.list("limit=100").await;
    assert!(feed.contains(&public) && !feed.contains(&private));
    let own = shoebox.list(&format!("user_id={user}")).await;
    assert_eq!(own, [private, public]);
}

#[tokio::test]
async fn a_list_right_after_a_write_shows_it() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("fresh");
    for round in 0..10 {
        let image = shoebox.upload(&user, json!({ "tags": [user] })).await;
        let id = text(&image, "image_id");
        for query in [format!("user_id={user}"), format!("tags={user}")] {
            assert_eq!(shoebox.list(&query).await, [id.as_str()], "round {round}");
        }
        let patched = shoebox.patch(&format!("/images/{id}")).user(&user);
        let patched = patched.json(&json!({ "category": user })).await;
        assert_eq!(patched.status, 200, "{patched:?}");
        let by_category = shoebox.list(&format!("category={user}")).await;
        assert_eq!(by_category, [id.as_str()]);
        let deleted = shoebox.delete(&format!("/images/{id}")).user(&user);
        assert_eq!(deleted.send().await.status, 200);
        for query in [
            format!("user_id={user}"),
            format!("tags={user}"),
            format!("category={user}"),
        ] {
            assert!(shoebox.list(&query).await.is_empty(), "round {round}");
        }
    }
}

#[tokio::test]
async fn large_descriptions_and_metadata_are_listed_whole() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("large");
    let tags: Vec<String> = (0..20).map(|n| format!("{n:ü<64}")).collect();
    let attributes = json!({
        "description": "🌊".repeat(2_000), "metadata": { "k": "m".repeat(4_088) }, "tags": tags,
        "filename": "é".repeat(255), "category": "c".repeat(64),
    });
    let file = picture::jpeg_with_location();
    let large = shoebox.upload_file(&user, &file, attributes.clone()).await;
    let small = shoebox.upload(&user, json!({ "description": "d" })).await;
    shoebox.stores.assert_stored(&large, &file).await;
    let call = shoebox.get(&format!("/images?user_id={user}")).user(&user);
    let page = call.send().await.json();
    assert_eq!(page["count"], 2);
    assert_eq!(page["images"][0]["image_id"], small["image_id"]);
    let listed = &page["images"][1];
    for (member, value) in large.as_object().unwrap() {
        if !["presigned_url", "expires_in", "expires_at"].contains(&member.as_str()) {
            assert_eq!(&listed[member], value, "{member}");
        }
    }
    for (member, value) in attributes.as_object().unwrap() {
        assert_eq!(&listed[member], value, "{member}");
    }
    let by_tag = shoebox
        .list_page(&format!("tags=0{}", "%C3%BC".repeat(63)))
        .await;
    assert_eq!(
        by_tag["images"][0]["description"],
        attributes["description"]
    );
}

#[tokio::test]
async fn where_a_picture_was_taken_is_listed_to_its_owner_only() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("located");
    let file = picture::jpeg_with_location();
    let image = shoebox
        .upload_file(&user, &file, json!({ "tags": [user] }))
        .await;
    assert_eq!(image["exif"]["location"]["latitude"], 48.5);
    assert_eq!(image["exif"]["location"]["longitude"], -2.25);
    let other = Shoebox::user("located");
    for query in [
        format!("tags={user}"),
        format!("tags={user}&presigned=true"),
        // Whose images to list is no word on who lists them.
        format!("user_id={user}"),
    ] {
        let target = format!("/images?{query}");
        let own = shoebox.get(&target).user(&user).send().await.json();
        assert_eq!(own["images"][0]["exif"], image["exif"]);
        assert_eq!(own["images"][0]["s3_url"], image["s3_url"]);
        for answer in [
            shoebox.get(&target).user(&other).send().await,
            shoebox.get(&target).send().await,
        ] {
            let seen = &answer.json()["images"][0];
            assert_eq!(seen["image_id"], image["image_id"]);
            assert!(seen["exif"].get("location").is_none(), "{seen}");
            assert!(seen.get("s3_url").is_none(), "{seen}");
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains("48.5") && !text.contains("2.25"), "{text}");
        }
    }
}

#[tokio::test]
async fn presigned_lists_carry_a_working_url_for_each_image() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("signed");
    for (_, file, _) in picture::one_of_each() {
        shoebox.upload_file(&user, &file, json!({})).await;
    }
    let query = format!("user_id={user}&presigned=true&expires=60");
    let page = shoebox.list_page(&query).await;
    assert_eq!(page["count"], 5);
    for image in page["images"].as_array().unwrap() {
        assert_eq!(image["expires_in"], 60);
        let url = text(image, "presigned_url");
        let bytes = shoebox.get(&url).send().await;
        assert_eq!(bytes.status, 200, "{bytes:?}");
        assert_eq!(picture::sha256(&bytes.body), text(image, "sha256"));
    }
    let plain = shoebox.list_page(&format!("user_id={user}")).await;
    assert!(plain["images"][0].get("presigned_url").is_none());
}

#[tokio::test]
async fn head_answers_as_get_does_without_the_body() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("head");
    shoebox.upload(&user, json!({})).await;
    let target = format!("/images?user_id={user}");
    let get = shoebox.get(&target).send().await;
    let head = shoebox.call("HEAD", &target).send().await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-type", "content-length", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}

//! Links lead back through the path by which the client came.

use serde_json::json;
use shoebox_tests::shoebox::text;
use shoebox_tests::{Shoebox, picture};

#[tokio::test]
async fn location_and_next_link_keep_whatever_stands_before_images() {
    let shoebox = Shoebox::shared().await;
    let (api, aws) = (shoebox.api_url.clone(), shoebox.aws_url.clone());
    for base in [
        api.clone(),
        format!("{api}/api/v1"),
        format!("{api}/local"),
        format!("{api}/restapis/a1b2/local/_user_request_"),
        format!("{aws}/restapis/a1b2/local/_user_request_"),
        format!("{aws}/restapis/a1b2/prod/_user_request_/api/v1"),
        format!("{aws}/_aws/execute-api/a1b2/local"),
    ] {
        let user = Shoebox::user("links");
        let mut ids = Vec::new();
        for width in [1, 2] {
            let body = json!({ "file_data": picture::base64(&picture::png(width, 1)) });
            let call = shoebox.post(&format!("{base}/images")).user(&user);
            let answer = call.json(&body).await;
            assert_eq!(answer.status, 201, "{base}: {answer:?}");
            let id = text(&answer.json(), "image_id");
            let location = answer.header("location").to_owned();
            assert_eq!(location, format!("{base}/images/{id}"));
            let found = shoebox.get(&location).send().await;
            assert_eq!(found.json()["image_id"], id.as_str(), "{found:?}");
            ids.push(id);
        }
        let first = shoebox.get(&format!("{base}/images?user_id={user}&limit=1"));
        let first = first.send().await;
        assert_eq!(first.json()["images"][0]["image_id"], ids[1].as_str());
        let next = first.next_link().unwrap();
        assert!(next.starts_with(&format!("{base}/images?")), "{next}");
        let second = shoebox.get(&next).send().await;
        assert_eq!(second.json()["images"][0]["image_id"], ids[0].as_str());
        assert_eq!(second.next_link(), None);
        let deleted = shoebox.delete(&format!("{base}/images/{}", ids[0]));
        assert_eq!(deleted.user(&user).send().await.status, 200);
    }
}

#[tokio::test]
async fn a_host_that_could_be_anything_else_is_not_repeated() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("host");
    let body = json!({ "file_data": picture::base64(&picture::png(1, 1)) });
    let call = shoebox.post("/images").user(&user);
    let answer = call
        .header("x-forwarded-host", "evil.example/\"><script>")
        .json(&body)
        .await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(!answer.header("location").contains("script"), "{answer:?}");
    let call = shoebox.post("/images").user(&user);
    let call = call.header("x-forwarded-host", "evil.example");
    let answer = call.json(&body).await;
    let api = &shoebox.api_url;
    assert!(answer.header("location").starts_with(api), "{answer:?}");
}

#[tokio::test]
async fn an_image_that_is_stored_is_answered_as_such_without_a_url_where_none_can_be_signed() {
    let ended = ("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z");
    let shoebox = Shoebox::with(&[ended]).await;
    let file = picture::png(3, 2);
    let image = shoebox.upload_file("ann", &file, json!({})).await;
    let id = text(&image, "image_id");
    let complete = shoebox.post(&format!("/images/{id}/complete")).user("ann");
    let complete = complete.send().await;
    assert_eq!(complete.status, 200, "{complete:?}");
    for image in [image, complete.json()] {
        assert_eq!(image.get("presigned_url"), None, "{image}");
        shoebox.stores.assert_stored(&image, &file).await;
    }
    // Whoever asks for the URL is told.
    let _ = shoebox
        .image("ann", &id)
        .await
        .problem(502, "presigning_failed");
}

//! The largest image, in bytes and in pixels, and what a function takes at all.

use serde_json::json;
use shoebox_tests::{Form, Shoebox, picture};

#[tokio::test]
async fn bytes_are_bounded_by_configuration() {
    let file = picture::noise(16, 16);
    let at = file.len().to_string();
    let past = (file.len() - 1).to_string();
    for (limit, name, accepted) in [
        (&at, "MAX_IMAGE_SIZE", true),
        (&past, "MAX_IMAGE_SIZE", false),
        (&past, "MAX_FILE_SIZE", false),
    ] {
        let shoebox = Shoebox::with(&[(name, limit)]).await;
        let raw = shoebox.post("/images").user("u");
        let raw = raw.typed("image/png", file.clone()).await;
        let json = json!({ "file_data": picture::base64(&file) });
        let json = shoebox.post("/images").user("u").json(&json).await;
        let form = Form::new().file("file", "a.png", "image/png", &file);
        let form = shoebox.post("/images").user("u").form(form).await;
        for answer in [raw, json, form] {
            if accepted {
                assert_eq!(answer.status, 201, "{answer:?}");
                shoebox.stores.assert_stored(&answer.json(), &file).await;
            } else {
                let problem = answer.problem(413, "image_too_large");
                let detail = problem["detail"].as_str().unwrap();
                // Direct uploads have the same limit.
                assert!(detail.contains(&file.len().to_string()), "{detail}");
                assert!(!detail.contains("/images/uploads"), "{detail}");
            }
        }
        if !accepted {
            shoebox.stores.assert_empty().await;
        }
    }
}

#[tokio::test]
async fn pixels_are_bounded_by_configuration_whatever_the_type() {
    let shoebox = Shoebox::with(&[("MAX_IMAGE_PIXELS", "300")]).await;
    for (content_type, at, past) in [
        ("image/png", picture::png(30, 10), picture::png(43, 7)),
        ("image/gif", picture::gif(30, 10), picture::gif(43, 7)),
        ("image/webp", picture::webp(30, 10), picture::webp(43, 7)),
    ] {
        let user = Shoebox::user("pixels");
        let call = shoebox.post("/images").user(&user);
        let answer = call.typed(content_type, past).await;
        let _ = answer.problem(413, "too_many_pixels");
        shoebox.stores.assert_nothing_of(&user).await;
        let call = shoebox.post("/images").user(&user);
        let answer = call.typed(content_type, at.clone()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        shoebox.stores.assert_stored(&answer.json(), &at).await;
    }
}

#[tokio::test]
async fn only_allowed_types_are_taken() {
    let shoebox = Shoebox::with(&[("ALLOWED_CONTENT_TYPES", "image/png, image/gif")]).await;
    for (content_type, file, _) in picture::one_of_each() {
        let user = Shoebox::user("allowed");
        let call = shoebox.post("/images").user(&user);
        let answer = call.typed(content_type, file.clone()).await;
        if ["image/png", "image/gif"].contains(&content_type) {
            assert_eq!(answer.status, 201, "{answer:?}");
            shoebox.stores.assert_stored(&answer.json(), &file).await;
        } else {
            let _ = answer.problem(415, "unsupported_image_type");
            shoebox.stores.assert_nothing_of(&user).await;
        }
    }
}

#[tokio::test]
async fn what_a_function_cannot_take_gets_413_with_the_way_around() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("payload");
    let call = shoebox.post("/images").user(&user);
    let answer = call.typed("image/png", vec![0; 4_900_000]).await;
    let problem = answer.problem(413, "request_too_large");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("POST /images/uploads")
    );
    shoebox.stores.assert_nothing_of(&user).await;
    // As much as fits passes.
    let file = picture::noise(1_220, 1_220);
    let call = shoebox.post("/images").user(&user);
    let answer = call.typed("image/png", file.clone()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    shoebox.stores.assert_stored(&answer.json(), &file).await;
}

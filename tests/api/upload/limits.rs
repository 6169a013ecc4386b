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
async fn the_pixels_of_a_request_are_bounded_as_those_of_an_image() {
    let shoebox = Shoebox::with(&[("MAX_IMAGE_PIXELS", "300")]).await;
    // A checksum that is wrong, before the 12 bytes that end the file.
    let broken = |mut file: Vec<u8>| {
        let place = file.len() - 13;
        file[place] ^= 1;
        file
    };
    let sums = [
        ([picture::png(20, 10), picture::gif(10, 10)], true, 201),
        ([picture::png(20, 10), picture::gif(101, 1)], false, 207),
        (
            [broken(picture::png(20, 10)), picture::gif(10, 10)],
            true,
            207,
        ),
        // What was decoded before it turned out to be broken was decoded all the same.
        (
            [broken(picture::png(20, 10)), picture::gif(101, 1)],
            false,
            422,
        ),
    ];
    for (files, last_is_stored, status) in sums {
        let user = Shoebox::user("sum");
        let mut form = Form::new().file("files", "notes", "text/plain", b"costs nothing");
        for file in &files {
            form = form.file("files", "picture", "application/octet-stream", file);
        }
        let form = form.file("files", "wide", "image/gif", &picture::gif(301, 1));
        let answer = shoebox.post("/images").user(&user).form(form).await;
        let body = answer.json();
        let stored = shoebox.stores.keys_of(&user).await.len();
        if status == 422 {
            let _ = answer.problem(422, "invalid_image");
            let detail = body["errors"][2]["detail"].as_str().unwrap();
            assert!(detail.contains("more than 300 pixels"), "{detail}");
            assert_eq!(stored, 0);
            continue;
        }
        assert_eq!(answer.status, 207, "{answer:?}");
        let first_is_stored = status == 201 || !last_is_stored;
        let expected = usize::from(first_is_stored) + usize::from(last_is_stored);
        assert_eq!(stored, expected, "{body}");
        let failed = body["failed"].as_array().unwrap();
        let too_many: Vec<_> = failed
            .iter()
            .filter(|file| file["code"] == "too_many_pixels")
            .map(|file| file["index"].as_u64().unwrap())
            .collect();
        let expected = if last_is_stored { vec![3] } else { vec![2, 3] };
        assert_eq!(too_many, expected, "{body}");
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

#[tokio::test]
async fn an_image_in_json_is_encoded_twice_and_bounded_by_that() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("twice");
    // 16 bytes of the event hold 9 of the image: 3,538,944 bytes at the very most.
    for (side, status) in [(1_080, 201), (1_090, 413)] {
        let file = picture::noise(side, side);
        let body = json!({ "file_data": picture::base64(&file) });
        let answer = shoebox.post("/images").user(&user).json(&body).await;
        assert_eq!(answer.status, status, "{}: {answer:?}", file.len());
        if status == 413 {
            assert!(file.len() > 3_538_944, "{}", file.len());
            let _ = answer.problem(413, "request_too_large");
        } else {
            assert!(file.len() > 3_490_000, "{}", file.len());
            shoebox.stores.assert_stored(&answer.json(), &file).await;
        }
    }
}

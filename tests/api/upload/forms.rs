//! The three forms of an upload.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shoebox_tests::{Form, Shoebox, picture};

#[tokio::test]
async fn every_type_is_stored_byte_exact_with_its_row_and_all_its_listings_in_every_form() {
    let shoebox = Shoebox::shared().await;
    for (content_type, file, (width, height)) in picture::one_of_each() {
        let user = Shoebox::user("forms");
        let json = json!({
            "user_id": user, "file_data": picture::base64(&file), "filename": "a file.bin",
            "tags": ["One", "two"], "category": "Cats", "description": "A.", "metadata": { "n": 1 },
        });
        let as_json = shoebox.post("/images").json(&json).await;
        let form = Form::new()
            .text("user_id", &user)
            .text("tags", "One, two")
            .text("category", "Cats")
            .text("description", "A.")
            .text("metadata", r#"{"n":1}"#)
            .file("image", "a file.bin", content_type, &file);
        let as_form = shoebox.post("/images").form(form).await;
        let query = "tags=One&tags=two&category=Cats&description=A.&metadata=%7B%22n%22%3A1%7D";
        let as_bytes = shoebox
            .post(&format!("/images?{query}&filename=a+file.bin"))
            .user(&user)
            .typed(content_type, file.clone())
            .await;
        for answer in [as_json, as_form, as_bytes] {
            assert_eq!(answer.status, 201, "{answer:?}");
            let image = answer.json();
            let expected = json!({
                "user_id": user, "filename": "a file.bin", "content_type": content_type, "size": file.len(),
                "width": width, "height": height, "sha256": picture::sha256(&file), "tags": ["one", "two"],
                "description": "A.", "category": "cats", "visibility": "public", "metadata": { "n": 1 },
                "status": "active",
            });
            for (member, value) in expected.as_object().unwrap() {
                assert_eq!(&image[member], value, "{member} of {content_type}");
            }
            assert_eq!(image["created_at"], image["updated_at"]);
            assert!(image["placeholder"].is_string(), "{image}");
            shoebox.stores.assert_stored(&image, &file).await;
        }
        assert_eq!(shoebox.list(&format!("user_id={user}")).await.len(), 3);
    }
}

#[tokio::test]
async fn base64_is_read_in_every_alphabet_and_as_a_data_url() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("base64");
    let file = picture::png(40, 31);
    let standard = picture::base64(&file);
    let (first, second) = standard.split_at(76);
    let texts = [
        standard.clone(),
        STANDARD_NO_PAD.encode(&file),
        URL_SAFE.encode(&file),
        URL_SAFE_NO_PAD.encode(&file),
        format!("data:image/png;base64,{standard}"),
        format!("data:;base64,{standard}"),
        format!("{first}\r\n{second}\n"),
    ];
    for text in texts {
        let answer = shoebox
            .post("/images")
            .user(&user)
            .json(&json!({ "file_data": text }))
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        shoebox.stores.assert_stored(&answer.json(), &file).await;
    }
}

#[tokio::test]
async fn files_are_taken_from_whatever_field_clients_use_for_them() {
    let shoebox = Shoebox::shared().await;
    let file = picture::png(2, 2);
    for field in ["image", "file", "files", "files[]", "images", "photo"] {
        let user = Shoebox::user("field");
        let form = Form::new().file(field, "x.png", "application/octet-stream", &file);
        let answer = shoebox.post("/images").user(&user).form(form).await;
        assert_eq!(answer.status, 201, "{field}: {answer:?}");
        shoebox.stores.assert_stored(&answer.json(), &file).await;
    }
    let user = Shoebox::user("field");
    let form = Form::new().file("image", "x.png", "image/png", &file).file(
        "attachment",
        "y.txt",
        "text/plain",
        b"no image",
    );
    let answer = shoebox.post("/images").user(&user).form(form).await;
    assert_eq!(answer.status, 207, "{answer:?}");
    assert_eq!(answer.json()["failed"][0]["filename"], "y.txt");
}

#[tokio::test]
async fn an_attribute_with_two_values_is_refused_and_neither_is_stored() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("twice");
    let file = picture::png(2, 2);
    let form = Form::new()
        .file("image", "x.png", "image/png", &file)
        .text("visibility", "private")
        .text("visibility", "public");
    let as_form = shoebox.post("/images").user(&user).form(form).await;
    let query = "/images?visibility=private&visibility=public";
    let as_bytes = shoebox.post(query).user(&user);
    for answer in [as_form, as_bytes.typed("image/png", file.clone()).await] {
        let _ = answer.problem(400, "invalid_request");
        assert_eq!(answer.faulty_fields(), ["visibility"]);
    }
    let other = Shoebox::user("twice");
    let two = format!("/images?user_id={user}&user_id={other}");
    let answer = shoebox.post(&two).typed("image/png", file.clone()).await;
    let _ = answer.problem(400, "invalid_request");
    assert_eq!(answer.faulty_fields(), ["user_id"]);
    shoebox.stores.assert_nothing_of(&user).await;
    shoebox.stores.assert_nothing_of(&other).await;

    let image = shoebox.upload(&user, json!({})).await;
    let id = image["image_id"].as_str().unwrap();
    let two = format!("/images/{id}?user_id={user}&user_id={other}");
    let answer = shoebox.delete(&two).send().await;
    let _ = answer.problem(400, "invalid_request");
    assert_eq!(shoebox.image(&user, id).await.status, 200);
}

#[tokio::test]
async fn bytes_may_come_without_a_type_of_their_own() {
    let shoebox = Shoebox::shared().await;
    for content_type in ["application/octet-stream", "image/*"] {
        let user = Shoebox::user("octets");
        let file = picture::webp(5, 4);
        let call = shoebox.post(&format!("/images?user_id={user}"));
        let answer = call.typed(content_type, file.clone()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.json()["content_type"], "image/webp");
        shoebox.stores.assert_stored(&answer.json(), &file).await;
    }
}

#[tokio::test]
async fn the_alias_path_uploads_too() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("alias");
    let body = json!({ "file_data": picture::base64(&picture::gif(3, 3)) });
    let answer = shoebox.post("/images/upload").user(&user).json(&body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    shoebox
        .stores
        .assert_stored(&answer.json(), &picture::gif(3, 3))
        .await;
}

#[tokio::test]
async fn the_answer_carries_a_url_that_gives_the_bytes_and_the_version() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("answer");
    let file = picture::png(8, 8);
    let body = json!({ "file_data": picture::base64(&file) });
    let answer = shoebox.post("/images").user(&user).json(&body).await;
    let image: Value = answer.json();
    assert_eq!(
        answer.header("etag"),
        format!("\"{}\"", image["etag"].as_str().unwrap())
    );
    assert_eq!(image["expires_in"], 3600);
    let url = image["presigned_url"].as_str().unwrap();
    let bytes = shoebox.get(url).send().await;
    assert_eq!((bytes.status, &bytes.body[..]), (200, &file[..]));
}

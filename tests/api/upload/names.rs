//! File names: shown back as they were sent, and never a path.

use serde_json::json;
use shoebox_tests::shoebox::text;
use shoebox_tests::{Form, Shoebox, picture};

#[tokio::test]
async fn only_the_last_segment_of_a_path_is_kept_and_it_is_in_no_key() {
    let shoebox = Shoebox::shared().await;
    for (sent, kept) in [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\a.png", "a.png"),
        ("/absolute/b.png", "b.png"),
        ("..%2f..%2fc.png", "..%2f..%2fc.png"),
        ("....//d.png", "d.png"),
        ("images/other/e", "e"),
    ] {
        let user = Shoebox::user("paths");
        let image = shoebox.upload(&user, json!({ "filename": sent })).await;
        assert_eq!(image["filename"], kept);
        shoebox
            .stores
            .assert_stored(&image, &picture::png(3, 2))
            .await;
        let key = shoebox.stores.key_of(&image);
        let expected = format!(
            "images/{user}/{}/{}",
            text(&image, "image_id"),
            text(&image, "sha256")
        );
        assert_eq!(key, expected);
    }
}

#[tokio::test]
async fn names_of_every_script_come_back_from_every_form() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("scripts");
    let name = "Grüße 東京 🌊 \"q\" 100%.png";
    let file = picture::png(2, 2);
    let image = shoebox.upload(&user, json!({ "filename": name })).await;
    assert_eq!(image["filename"], name);

    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    let encoded = encoded.to_string();
    let call = shoebox.post(&format!("/images?filename={encoded}"));
    let answer = call.user(&user).typed("image/png", file.clone()).await;
    assert_eq!(answer.json()["filename"], name, "{answer:?}");

    let disposition = format!("attachment; filename=\"fallback.png\"; filename*=UTF-8''{encoded}");
    let call = shoebox.post("/images").user(&user);
    let call = call.header("content-disposition", &disposition);
    let answer = call.typed("image/png", file.clone()).await;
    assert_eq!(answer.json()["filename"], name, "{answer:?}");

    // A browser writes the name as it is, quotes escaped; RFC 8187's form counts before it.
    let plain = "form-data; name=\"image\"; filename=\"Grüße 東京 🌊 \\\"q\\\" 100%.png\"";
    let extended = format!("form-data; name=\"image\"; filename=\"x\"; filename*=UTF-8''{encoded}");
    for disposition in [plain, &extended] {
        let headers = format!("Content-Disposition: {disposition}\r\nContent-Type: image/png");
        let form = Form::new().part(&headers, &file);
        let answer = shoebox.post("/images").user(&user).form(form).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.json()["filename"], name, "{disposition}");
    }
    let page = shoebox.list_page(&format!("user_id={user}")).await;
    for image in page["images"].as_array().unwrap() {
        assert_eq!(image["filename"], name);
    }
    assert_eq!(page["count"], 5);
}

#[tokio::test]
async fn a_name_given_as_attribute_counts_before_that_of_the_file() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("named");
    let form = Form::new()
        .file("image", "file.png", "image/png", &picture::png(1, 1))
        .text("filename", "attribute.png");
    let answer = shoebox.post("/images").user(&user).form(form).await;
    assert_eq!(answer.json()["filename"], "attribute.png");
    let unnamed = shoebox.upload(&user, json!({})).await;
    assert!(unnamed.get("filename").is_none(), "{unnamed}");
}

//! Several images in one request.

use shoebox_tests::shoebox::text;
use shoebox_tests::{Form, Shoebox, picture};

#[tokio::test]
async fn several_images_share_the_attributes_and_keep_their_names() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("several");
    let files = picture::one_of_each();
    let mut form = Form::new()
        .text("tags", "a,b")
        .text("visibility", "private");
    for (index, (content_type, file, _)) in files.iter().enumerate() {
        form = form.file("files", &format!("{index}.bin"), content_type, file);
    }
    let answer = shoebox.post("/images").user(&user).form(form).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["count"], 5);
    assert!(body.get("failed").is_none(), "{body}");
    for (index, (content_type, file, _)) in files.iter().enumerate() {
        let image = &body["images"][index];
        assert_eq!(image["content_type"], *content_type);
        assert_eq!(image["filename"], format!("{index}.bin"));
        assert_eq!(image["tags"], serde_json::json!(["a", "b"]));
        assert_eq!(image["visibility"], "private");
        shoebox.stores.assert_stored(image, file).await;
    }
    assert_eq!(shoebox.list(&format!("user_id={user}")).await.len(), 5);
}

#[tokio::test]
async fn where_some_fail_the_answer_is_207_and_the_others_are_stored() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("some");
    let form = Form::new()
        .file("files", "good.png", "image/png", &picture::png(2, 1))
        .file("files", "notes.txt", "text/plain", b"notes")
        .file("files", "good.gif", "image/gif", &picture::gif(2, 1))
        .file("files", "cut.png", "image/png", &picture::png(9, 9)[..40]);
    let answer = shoebox.post("/images").user(&user).form(form).await;
    assert_eq!(answer.status, 207, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["count"], 2);
    let failed = body["failed"].as_array().unwrap();
    let failed: Vec<_> = failed
        .iter()
        .map(|file| {
            (
                &file["index"],
                &file["filename"],
                &file["status"],
                &file["code"],
            )
        })
        .map(|(index, name, status, code)| format!("{index} {name} {status} {code}"))
        .collect();
    assert_eq!(
        failed,
        [
            r#"1 "notes.txt" 422 "invalid_image""#,
            r#"3 "cut.png" 422 "invalid_image""#
        ]
    );
    let mut listed = shoebox.list(&format!("user_id={user}")).await;
    // Uploaded in the same millisecond, so their order is that of their ids.
    listed.sort();
    let stored = [0, 1].map(|index| text(&body["images"][index], "image_id"));
    let mut stored = stored.to_vec();
    stored.sort();
    assert_eq!(listed, stored);
    assert_eq!(shoebox.stores.keys_of(&user).await.len(), 2);
}

#[tokio::test]
async fn where_all_fail_one_problem_names_each() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("none");
    let form = Form::new()
        .file("files", "a.txt", "text/plain", b"text")
        .file("files", "b.png", "image/png", b"");
    let answer = shoebox.post("/images").user(&user).form(form).await;
    let _ = answer.problem(422, "invalid_image");
    assert_eq!(
        answer.faulty_fields(),
        ["files[0] (a.txt)", "files[1] (b.png)"]
    );
    shoebox.stores.assert_nothing_of(&user).await;
}

#[tokio::test]
async fn twenty_images_are_taken_and_one_more_is_refused_whole() {
    let shoebox = Shoebox::shared().await;
    for (count, status) in [(20, 201), (21, 400)] {
        let user = Shoebox::user("twenty");
        let mut form = Form::new();
        for index in 0..count {
            form = form.file(
                "files[]",
                &format!("{index}.gif"),
                "image/gif",
                &picture::gif(1, 1),
            );
        }
        let answer = shoebox.post("/images").user(&user).form(form).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 201 {
            assert_eq!(shoebox.stores.keys_of(&user).await.len(), 20);
        } else {
            assert_eq!(answer.faulty_fields(), ["files"]);
            shoebox.stores.assert_nothing_of(&user).await;
        }
    }
}

#[tokio::test]
async fn one_attribute_out_of_rule_refuses_all_files() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("refused");
    let form = Form::new()
        .file("files", "a.png", "image/png", &picture::png(1, 1))
        .file("files", "b.png", "image/png", &picture::png(1, 2))
        .text("visibility", "hidden");
    let answer = shoebox.post("/images").user(&user).form(form).await;
    let _ = answer.problem(400, "invalid_request");
    shoebox.stores.assert_nothing_of(&user).await;
}

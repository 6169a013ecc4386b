//! What is no acceptable image, and what is no acceptable request.

use serde_json::json;
use shoebox_tests::{Form, Shoebox, picture};

#[tokio::test]
async fn types_that_are_never_taken_get_415_however_they_are_declared() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("types");
    for (content_type, file) in picture::unaccepted() {
        let raw = shoebox.post("/images").user(&user);
        let raw = raw.typed("application/octet-stream", file.clone()).await;
        let _ = raw.problem(415, "unsupported_image_type");
        let json = json!({ "file_data": format!("data:{content_type};base64,{}", picture::base64(&file)) });
        let json = shoebox.post("/images").user(&user).json(&json).await;
        assert_eq!(json.any_problem()["status"], 415, "{content_type}");
        let form = Form::new().file("file", "a", "image/png", &file);
        let form = shoebox.post("/images").user(&user).form(form).await;
        let _ = form.problem(415, "unsupported_image_type");
    }
    shoebox.stores.assert_nothing_of(&user).await;
}

#[tokio::test]
async fn bytes_of_no_known_type_get_422_however_they_are_declared() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("unknown");
    let damaged = picture::png(3, 3)[1..].to_vec();
    for file in [b"no picture at all".to_vec(), damaged] {
        for declared in ["application/octet-stream", "image/png"] {
            let raw = shoebox.post("/images").user(&user);
            let raw = raw.typed(declared, file.clone()).await;
            let _ = raw.problem(422, "invalid_image");
        }
        let text = picture::base64(&file);
        let json = json!({ "file_data": format!("data:text/plain;base64,{text}") });
        let json = shoebox.post("/images").user(&user).json(&json).await;
        let _ = json.problem(422, "invalid_image");
        let form = Form::new().file("file", "a.txt", "text/plain", &file);
        let form = shoebox.post("/images").user(&user).form(form).await;
        let _ = form.problem(422, "invalid_image");
    }
    shoebox.stores.assert_nothing_of(&user).await;
}

#[tokio::test]
async fn a_declared_type_that_contradicts_the_bytes_gets_415() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("contradiction");
    let all = picture::one_of_each();
    for (index, (declared, _, _)) in all.iter().enumerate() {
        let (_, file, _) = &all[(index + 1) % all.len()];
        let raw = shoebox.post("/images").user(&user);
        let raw = raw.typed(declared, file.clone()).await;
        let _ = raw.problem(415, "content_type_mismatch");
        let form = Form::new().file("image", "a", declared, file);
        let form = shoebox.post("/images").user(&user).form(form).await;
        let _ = form.problem(415, "content_type_mismatch");
        let text = picture::base64(file);
        for json in [
            json!({ "file_data": text, "content_type": declared }),
            json!({ "file_data": format!("data:{declared};base64,{text}") }),
        ] {
            let json = shoebox.post("/images").user(&user).json(&json).await;
            let _ = json.problem(415, "content_type_mismatch");
        }
    }
    shoebox.stores.assert_nothing_of(&user).await;
}

#[tokio::test]
async fn empty_cut_and_damaged_images_get_422() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("damage");
    let empty = shoebox.post("/images").user(&user);
    let _ = empty
        .typed("image/png", "")
        .await
        .problem(422, "invalid_image");
    let empty = json!({ "file_data": "" });
    let answer = shoebox.post("/images").user(&user).json(&empty).await;
    let _ = answer.problem(422, "invalid_image");
    let form = Form::new().file("image", "empty.png", "image/png", b"");
    let answer = shoebox.post("/images").user(&user).form(form).await;
    let _ = answer.problem(422, "invalid_image");
    for (content_type, file, _) in picture::one_of_each() {
        for kept in [file.len() / 2, file.len() - file.len() / 6] {
            let cut = &file[..kept];
            let call = shoebox.post("/images").user(&user);
            let answer = call.typed(content_type, cut.to_vec()).await;
            let _ = answer.problem(422, "invalid_image");
        }
        // Zeros from the middle on: a good head with no picture behind it.
        let mut zeroed = file.clone();
        let middle = zeroed.len() / 2;
        zeroed[middle..].fill(0);
        let call = shoebox.post("/images").user(&user);
        let answer = call.typed(content_type, zeroed).await;
        let _ = answer.problem(422, "invalid_image");
    }
    shoebox.stores.assert_nothing_of(&user).await;
}

#[tokio::test]
async fn forms_that_cannot_be_read_say_why() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("unreadable");
    for (content_type, body, status, code) in [
        ("application/json", "{", 400, "malformed_body"),
        ("application/json", "[]", 400, "malformed_body"),
        ("application/json", "{}", 400, "invalid_request"),
        (
            "application/json",
            r#"{"file_data":"%%%"}"#,
            400,
            "invalid_request",
        ),
        (
            "application/json",
            r#"{"file_data":7}"#,
            400,
            "invalid_request",
        ),
        (
            "application/json",
            r#"{"file_data":"data:image/png,x"}"#,
            400,
            "invalid_request",
        ),
        ("multipart/form-data", "--x--", 400, "malformed_body"),
        (
            "multipart/form-data; boundary=x",
            "--x\r\n",
            400,
            "malformed_body",
        ),
        ("text/plain", "hello", 415, "unsupported_content_type"),
        (
            "application/x-www-form-urlencoded",
            "a=b",
            415,
            "unsupported_content_type",
        ),
        ("", "hello", 415, "unsupported_content_type"),
    ] {
        let call = shoebox.post("/images").user(&user);
        let answer = call.typed(content_type, body).await;
        let _ = answer.problem(status, code);
    }
    shoebox.stores.assert_nothing_of(&user).await;
}

//! What is answered before anything is stored. The stores here are a port that nobody listens on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_http::http::request::Builder;
use lambda_http::{Body, Context, Response};
use serde_json::{Value, json};
use shoebox_core::config::Environment;
use shoebox_http::{Service, respond};

use super::*;

async fn answer(request: Builder, body: Body) -> (Response<Body>, Value) {
    let environment = Environment::from_iter([
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("MAX_IMAGE_SIZE", "1000"),
    ]);
    let service = Service::new(ROUTES, handle, &environment).unwrap();
    // On the heap: the work on an image is a large future.
    let response = Box::pin(respond(&service, request.body(body).unwrap())).await;
    let body = serde_json::from_slice(response.body()).unwrap();
    (response, body)
}

fn post(path: &str, content_type: &str) -> Builder {
    Builder::new()
        .method("POST")
        .uri(path)
        .header("content-type", content_type)
}

fn form(files: &[(&str, &str)]) -> Body {
    let mut body = String::new();
    for (name, text) in files {
        body.push_str("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"");
        body.push_str(name);
        body.push_str("\"\r\n\r\n");
        body.push_str(text);
        body.push_str("\r\n");
    }
    body.push_str("--b--\r\n");
    body.into()
}

#[tokio::test]
async fn everything_wrong_with_the_attributes_is_named_at_once() {
    let upload = json!({
        "file_data": "!", "user_id": "a b", "visibility": "hidden", "width": "x",
        "tags": ["t".repeat(65)], "metadata": [],
    });
    for path in ["/images", "/images/upload", "/local/images"] {
        let request = post(path, "application/json; charset=utf-8");
        let (response, problem) = answer(request, upload.to_string().into()).await;
        assert_eq!(response.status(), 400, "{path}");
        let errors = problem["errors"].as_array().unwrap().iter();
        let mut fields: Vec<_> = errors
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "file_data",
                "metadata",
                "tags",
                "user_id",
                "visibility",
                "width"
            ]
        );
    }
}

#[tokio::test]
async fn one_bad_image_is_answered_by_its_own_problem() {
    let raw = |content_type| post("/images", content_type).header("x-user-id", "ann");
    let (response, problem) = answer(raw("image/png"), "no picture".into()).await;
    assert_eq!(response.status(), 422);
    assert_eq!(problem["code"], "invalid_image");
    let (response, problem) = answer(raw("image/png"), "%PDF-1.7".into()).await;
    assert_eq!(response.status(), 415);
    assert_eq!(problem["code"], "unsupported_image_type");
    let (response, _) = answer(raw("image/png"), Body::Empty).await;
    assert_eq!(response.status(), 422);
    let (response, problem) = answer(raw("image/png"), vec![0; 1001].into()).await;
    assert_eq!(response.status(), 413);
    assert_eq!(problem["code"], "image_too_large");
    let request = raw("multipart/form-data; boundary=b");
    let (response, problem) = answer(request, form(&[("a.png", "text")])).await;
    assert_eq!(response.status(), 422);
    assert_eq!(problem.get("errors"), None);
}

#[tokio::test]
async fn several_bad_images_are_one_problem_that_names_each() {
    let request = post("/images", "multipart/form-data; boundary=b").header("x-user-id", "ann");
    let files = form(&[("a.png", "text"), ("b.png", ""), ("c.png", "text")]);
    let (response, problem) = answer(request, files).await;
    assert_eq!(response.status(), 422);
    let errors = problem["errors"].as_array().unwrap().iter();
    let fields: Vec<_> = errors
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        ["files[0] (a.png)", "files[1] (b.png)", "files[2] (c.png)"]
    );
}

#[test]
fn a_verification_that_takes_too_long_is_cut_off_and_keeps_nothing_else_from_going_on() {
    /// What is left of the function's time, of which half a second is for the answer.
    const TIME_LEFT: Duration = Duration::from_millis(600);
    // The only thread that images are verified on is busy until the test lets go of it.
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().max_blocking_threads(1).build();
    let runtime = runtime.unwrap();
    let (let_go, held) = std::sync::mpsc::channel::<()>();
    let busy = runtime.spawn_blocking(move || held.recv().is_err());

    let deadline = (SystemTime::now() + TIME_LEFT).duration_since(UNIX_EPOCH);
    let mut context = Context::default();
    context.deadline = u64::try_from(deadline.unwrap().as_millis()).unwrap();
    let request = post("/images", "image/png").header("x-user-id", "ann");
    let request = request.extension(context);
    let (upload, others) = runtime.block_on(async {
        let mut others = 0;
        let others_go_on = async {
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                others += 1;
            }
        };
        let upload = tokio::select! {
            upload = answer(request, "no picture".into()) => upload,
            () = others_go_on => unreachable!(),
        };
        (upload, others)
    });
    let (response, problem) = upload;
    assert_eq!(response.status(), 503);
    assert_eq!(problem["code"], "out_of_time");
    assert!(others > 0);
    drop(let_go);
    assert!(runtime.block_on(busy).unwrap());
}

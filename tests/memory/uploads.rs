//! The uploads that are counted.

use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use shoebox_tests::event::Incoming;
use shoebox_tests::lambda::{FunctionProcess, stores};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::counted::{ASK_AT, Counts};
use crate::jpeg;

/// What the product promises: beside the body itself there is room for its event and its decoded form.
const MOST_COPIES: usize = 4;

/// A sound image that makes a body of about 4 MB in a form that does not encode it again.
fn large_jpeg() -> Vec<u8> {
    jpeg::photograph(3600, 2700, 30)
}

/// A function that uploads, and the counts of its process.
async fn started() -> (local::Running, FunctionProcess, Counts) {
    let running = local::start(local::Options::default()).await.unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut variables = stores(&running);
    let address = listener.local_addr().unwrap().to_string();
    variables.push((ASK_AT.to_owned(), address));
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "counted::the_function"]);
    let function = FunctionProcess::start(command, &variables).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    (running, function, Counts::new(stream))
}

fn upload() -> Incoming {
    Incoming::new("POST", "/images").header("x-user-id", "ann")
}

/// Uploads a small image first, so that connections and what is made once are not counted.
async fn heap_held_by(event: &Incoming) -> usize {
    let (running, mut function, mut counts) = started().await;
    let small = jpeg::photograph(64, 48, 4);
    let small = upload().body("image/jpeg", small);
    uploaded(&mut function, &small).await;

    let before = counts.reset().await;
    uploaded(&mut function, event).await;
    let held = counts.peak().await - before;
    running.stop().await;
    held
}

async fn uploaded(function: &mut FunctionProcess, event: &Incoming) {
    let answer = function.invoke(event.rest_event()).await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
}

/// As text, so that a failure says by how much.
fn assert_few_copies(held: usize, body_bytes: usize) {
    let most = MOST_COPIES * body_bytes;
    assert!(
        held <= most,
        "{held} bytes were held for a body of {body_bytes}: more than {MOST_COPIES} copies"
    );
}

#[tokio::test]
async fn an_upload_of_the_bytes_themselves_holds_at_most_four_copies_of_them() {
    let body = large_jpeg();
    let event = upload().body("image/jpeg", body.as_slice());
    assert_few_copies(heap_held_by(&event).await, body.len());
}

#[tokio::test]
async fn a_multipart_upload_holds_at_most_four_copies_of_its_body() {
    let mut body =
        b"--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n"
            .to_vec();
    body.extend(large_jpeg());
    body.extend(b"\r\n--limit--\r\n");
    let event = upload().body("multipart/form-data; boundary=limit", body.as_slice());
    assert_few_copies(heap_held_by(&event).await, body.len());
}

#[tokio::test]
async fn a_json_upload_holds_at_most_four_copies_of_its_body() {
    let body = json!({ "file_data": STANDARD.encode(jpeg::photograph(3200, 2400, 30)) });
    let event = upload().json(&body);
    assert_few_copies(heap_held_by(&event).await, body.to_string().len());
}

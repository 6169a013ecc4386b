//! Direct uploads: `POST /images/uploads`, the `PUT` into the bucket, `POST /images/{id}/complete`.

mod lifecycle;
mod refusals;

use serde_json::{Value, json};
use shoebox_tests::shoebox::text;
use shoebox_tests::{Answer, Shoebox, picture};

/// Asks for an upload of a file as it is, with further members.
async fn start(shoebox: &Shoebox, user: &str, file: &[u8], more: &Value) -> Answer {
    let mut body = json!({ "content_type": "image/png", "size": file.len() });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    shoebox.post("/images/uploads").user(user).json(&body).await
}

/// A pending upload.
async fn started(shoebox: &Shoebox, user: &str, file: &[u8], more: &Value) -> Value {
    let answer = start(shoebox, user, file, more).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()
}

/// Puts bytes as the answer says.
async fn put(shoebox: &Shoebox, pending: &Value, bytes: &[u8]) -> Answer {
    put_with(shoebox, pending, bytes, &[]).await
}

/// As [`put`], with other values for some headers, and others beside; an empty one leaves the header out.
async fn put_with(
    shoebox: &Shoebox,
    pending: &Value,
    bytes: &[u8],
    other: &[(&str, &str)],
) -> Answer {
    let upload = &pending["upload"];
    let mut call = shoebox.call(&text(upload, "method"), &text(upload, "url"));
    for (name, value) in upload["headers"].as_object().unwrap() {
        let value = value.as_str().unwrap();
        let value = other
            .iter()
            .find(|(other, _)| other == name)
            .map_or(value, |(_, value)| value);
        // The client library sets the length itself.
        if name != "content-length" && !value.is_empty() {
            call = call.header(name, value);
        }
    }
    let told = upload["headers"].as_object().unwrap();
    for (name, value) in other.iter().filter(|(name, _)| !told.contains_key(*name)) {
        call = call.header(name, value);
    }
    call.bytes(bytes.to_vec()).await
}

async fn complete(shoebox: &Shoebox, user: &str, pending: &Value) -> Answer {
    let target = format!("/images/{}/complete", text(pending, "image_id"));
    shoebox.post(&target).user(user).send().await
}

/// The key under which the bytes of a pending upload are to lie.
fn key_of(user: &str, pending: &Value) -> String {
    let name = pending["sha256"].as_str().unwrap_or("object");
    format!("images/{user}/{}/{name}", text(pending, "image_id"))
}

/// Waits until the bucket's event has brought an image to a status.
async fn until_status(shoebox: &Shoebox, id: &str, status: &str) {
    for _ in 0..400 {
        let row = shoebox.stores.image_row(id).await.unwrap();
        if shoebox_tests::store::string(&row, "status") == status {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("{id} is not {status} after 10 s");
}

/// Checks that an upload is settled as an active image, listed once, byte-exact.
async fn assert_published(shoebox: &Shoebox, user: &str, pending: &Value, file: &[u8]) -> Value {
    let id = text(pending, "image_id");
    let image = shoebox.image(user, &id).await.json();
    assert_eq!(image["status"], "active");
    assert_eq!(image["sha256"], picture::sha256(file));
    shoebox.stores.assert_stored(&image, file).await;
    assert!(shoebox.list(&format!("user_id={user}")).await.contains(&id));
    image
}

//! `Idempotency-Key`: repeats of a request have one effect.

use serde_json::{Value, json};
use shoebox_tests::shoebox::text;
use shoebox_tests::{Answer, Form, Shoebox, picture};

async fn upload(shoebox: &Shoebox, user: &str, key: &str, body: &Value) -> Answer {
    let call = shoebox.post("/images").user(user);
    call.header("idempotency-key", key).json(body).await
}

fn body(width: u32) -> Value {
    json!({ "file_data": picture::base64(&picture::png(width, 1)), "tags": ["a"], "filename": "a.png" })
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_stores_nothing_more() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("replay");
    let longest = "k".repeat(128);
    for key in ["first", "!~", &longest] {
        let first = upload(&shoebox, &user, key, &body(1)).await;
        assert_eq!(first.status, 201, "{first:?}");
        let (keys, rows) = (
            shoebox.stores.keys_of(&user).await,
            shoebox.stores.rows_of(&user).await.len(),
        );
        let second = upload(&shoebox, &user, key, &body(1)).await;
        assert_eq!(second.status, 201, "{second:?}");
        let (mut first, mut second) = (first.json(), second.json());
        // The URL is signed anew.
        for image in [&mut first, &mut second] {
            for member in ["presigned_url", "expires_at"] {
                image.as_object_mut().unwrap().remove(member);
            }
        }
        assert_eq!(first, second);
        assert_eq!(shoebox.stores.keys_of(&user).await, keys);
        assert_eq!(shoebox.stores.rows_of(&user).await.len(), rows);
    }
}

#[tokio::test]
async fn repeats_at_the_same_time_store_one_image() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("race");
    let body = body(2);
    let racing = (0..8).map(|_| upload(&shoebox, &user, "k", &body));
    let answers = futures_util::future::join_all(racing).await;
    let mut ids = Vec::new();
    for answer in &answers {
        if answer.status == 201 {
            ids.push(text(&answer.json(), "image_id"));
        } else {
            let _ = answer.problem(409, "request_in_progress");
            assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
        }
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{answers:?}");
    assert_eq!(shoebox.stores.keys_of(&user).await.len(), 1);
    assert_eq!(shoebox.list(&format!("user_id={user}")).await, ids);
}

#[tokio::test]
async fn a_key_stands_for_one_content_of_one_user() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("reused");
    let first = upload(&shoebox, &user, "k", &body(1)).await.json();
    let keys = shoebox.stores.keys_of(&user).await;
    let mut other_tags = body(1);
    other_tags["tags"] = json!(["b"]);
    let mut other_visibility = body(1);
    other_visibility["visibility"] = json!("private");
    for other in [body(2), other_tags, other_visibility] {
        let answer = upload(&shoebox, &user, "k", &other).await;
        let _ = answer.problem(409, "idempotency_key_reused");
    }
    assert_eq!(shoebox.stores.keys_of(&user).await, keys);
    shoebox
        .stores
        .assert_stored(&first, &picture::png(1, 1))
        .await;

    let another = Shoebox::user("reused");
    let second = upload(&shoebox, &another, "k", &body(2)).await;
    assert_eq!(second.status, 201, "{second:?}");
    assert_ne!(second.json()["image_id"], first["image_id"]);
}

#[tokio::test]
async fn a_key_whose_image_was_deleted_is_spent() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("spent");
    let image = upload(&shoebox, &user, "k", &body(1)).await.json();
    let id = text(&image, "image_id");
    let deleted = shoebox.delete(&format!("/images/{id}")).user(&user).send();
    assert_eq!(deleted.await.status, 200);
    let answer = upload(&shoebox, &user, "k", &body(1)).await;
    let _ = answer.problem(409, "idempotency_key_spent");
    assert_eq!(shoebox.stores.keys_of(&user).await, Vec::<String>::new());
    assert_eq!(shoebox.image(&user, &id).await.status, 404);
}

#[tokio::test]
async fn keys_outside_the_rule_are_refused_before_anything_is_stored() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("badkey");
    for key in ["", "k".repeat(129).as_str(), "a b", "é"] {
        let answer = upload(&shoebox, &user, key, &body(1)).await;
        let _ = answer.problem(400, "invalid_request");
        assert_eq!(answer.faulty_fields(), ["Idempotency-Key"], "{key}");
    }
    shoebox.stores.assert_nothing_of(&user).await;
}

/// A request of several files: name, bytes, declared type.
type Files<'a> = Vec<(&'a str, &'a [u8], &'a str)>;

async fn upload_files(
    shoebox: &Shoebox,
    user: &str,
    files: &Files<'_>,
    texts: &[(&str, &str)],
) -> Answer {
    let mut form = Form::new();
    for (name, bytes, declared) in files {
        form = form.file("files", name, declared, bytes);
    }
    for (name, text) in texts {
        form = form.text(name, text);
    }
    let call = shoebox.post("/images").user(user);
    call.header("idempotency-key", "k").form(form).await
}

#[tokio::test]
async fn a_key_stands_for_all_files_of_a_request_in_their_order() {
    let shoebox = Shoebox::shared().await;
    let pictures = [1, 2, 3, 4].map(|width| picture::png(width, 7));
    let [a, b, c, d] = &pictures;
    let (a, b, c, d) = (
        ("a.png", a.as_slice(), "image/png"),
        ("b.png", b.as_slice(), "image/png"),
        ("c.png", c.as_slice(), "image/png"),
        ("d.png", d.as_slice(), "image/png"),
    );
    let renamed = ("other.png", a.1, "image/png");
    let requests = [
        vec![a],
        vec![a, b],
        vec![a, b, c],
        vec![b, a],
        vec![b],
        vec![a, d, c],
        vec![a, b, d],
        vec![c, b, a],
        vec![a, a],
        vec![renamed, b, c],
    ];
    for files in &requests[..3] {
        let user = Shoebox::user("whole");
        let first = upload_files(&shoebox, &user, files, &[("tags", "x")]).await;
        let again = upload_files(&shoebox, &user, files, &[("tags", "x")]).await;
        assert_eq!((first.status, again.status), (201, 201), "{again:?}");
        let ids = |answer: &Answer| match answer.json()["images"].as_array() {
            Some(images) => images.iter().map(|image| text(image, "image_id")).collect(),
            None => vec![text(&answer.json(), "image_id")],
        };
        assert_eq!(ids(&first), ids(&again));
        assert_eq!(ids(&first).len(), files.len());
        let keys = shoebox.stores.keys_of(&user).await;
        for other in requests.iter().filter(|other| *other != files) {
            let answer = upload_files(&shoebox, &user, other, &[("tags", "x")]).await;
            let _ = answer.problem(409, "idempotency_key_reused");
        }
        for texts in [
            vec![],
            vec![("tags", "y")],
            vec![("tags", "x"), ("description", "d")],
            vec![("tags", "x"), ("visibility", "private")],
            vec![("tags", "x"), ("metadata", r#"{"n":1}"#)],
        ] {
            let answer = upload_files(&shoebox, &user, files, &texts).await;
            let _ = answer.problem(409, "idempotency_key_reused");
        }
        assert_eq!(shoebox.stores.keys_of(&user).await, keys);
        assert_eq!(
            shoebox.list(&format!("user_id={user}")).await.len(),
            files.len()
        );
    }
}

#[tokio::test]
async fn a_request_that_was_stored_in_part_is_answered_in_part_again_and_no_other_takes_its_key() {
    let shoebox = Shoebox::shared().await;
    let (good, better) = (picture::png(5, 7), picture::png(6, 7));
    let bad = ("bad.png", b"no picture".as_slice(), "image/png");
    let good = ("good.png", good.as_slice(), "image/png");
    let better = ("better.png", better.as_slice(), "image/png");
    for files in [vec![bad, good], vec![good, bad], vec![bad, good, better]] {
        let user = Shoebox::user("part");
        let first = upload_files(&shoebox, &user, &files, &[]).await;
        let again = upload_files(&shoebox, &user, &files, &[]).await;
        assert_eq!((first.status, again.status), (207, 207), "{again:?}");
        for member in ["count", "images", "failed"] {
            assert_eq!(first.json()[member], again.json()[member], "{member}");
        }
        let keys = shoebox.stores.keys_of(&user).await;
        // Mended, cut down, or with what was bad alone in another's place.
        for other in [
            vec![better, good],
            vec![good],
            vec![better],
            vec![good, good, bad],
        ] {
            let answer = upload_files(&shoebox, &user, &other, &[]).await;
            let _ = answer.problem(409, "idempotency_key_reused");
        }
        assert_eq!(shoebox.stores.keys_of(&user).await, keys);
    }
}

#[tokio::test]
async fn a_key_of_a_refused_request_can_be_used_again() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("again");
    let bad = json!({ "file_data": picture::base64(b"no image") });
    assert_eq!(upload(&shoebox, &user, "k", &bad).await.status, 422);
    let good = upload(&shoebox, &user, "k", &body(1)).await;
    assert_eq!(good.status, 201, "{good:?}");
}

//! `DELETE /images/{id}` and `DELETE /images`.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shoebox_core::Sweeper;
use shoebox_core::config::{Environment, FromEnvironment as _};
use shoebox_tests::shoebox::text;
use shoebox_tests::store::{Item, number, string};
use shoebox_tests::{Answer, Shoebox, picture};

/// Checks that of an image nothing is left but a tombstone that the sweeper will find.
async fn assert_gone(shoebox: &Shoebox, image: &Value) {
    let id = text(image, "image_id");
    let key = shoebox.stores.key_of(image);
    assert_eq!(shoebox.stores.object(&key).await, None);
    assert!(shoebox.stores.listings(&id).await.is_empty());
    let row: Item = shoebox.stores.image_row(&id).await.expect("a tombstone");
    assert_eq!(string(&row, "status"), "deleted");
    // The sweeper looks once more after every write of the object that could be late; only then is it forgotten.
    assert_eq!(
        number(&row, "due_at"),
        number(&row, "hold_until") / 1_000 + 60
    );
    assert!(!row.contains_key("expires_at"), "{row:?}");
    for said in ["file", "tags", "cat", "desc", "meta", "exif", "thumb"] {
        assert!(!row.contains_key(said), "{said} outlives the image");
    }
}

async fn bulk(shoebox: &Shoebox, user: Option<&str>, ids: &Value) -> Answer {
    let mut body = json!({ "image_ids": ids });
    if let Some(user) = user {
        body["user_id"] = user.into();
    }
    shoebox.delete("/images").json(&body).await
}

#[tokio::test]
async fn a_deleted_image_is_gone_from_both_stores_and_a_repeat_is_404() {
    let shoebox = Shoebox::shared().await;
    for visibility in ["public", "private"] {
        let user = Shoebox::user("delete");
        let attributes = json!({
            "tags": ["a", "b"], "category": "c", "visibility": visibility, "description": "d", "filename": "f",
            "metadata": { "k": 1 },
        });
        let image = shoebox.upload(&user, attributes).await;
        let other = shoebox.upload(&user, json!({})).await;
        let target = format!("/images/{}", text(&image, "image_id"));
        let answer = shoebox.delete(&target).user(&user).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let expected =
            json!({ "message": "Image deleted successfully", "image_id": image["image_id"] });
        assert_eq!(answer.json(), expected);
        assert_gone(&shoebox, &image).await;
        shoebox
            .stores
            .assert_stored(&other, &picture::png(3, 2))
            .await;
        let again = shoebox.delete(&target).user(&user).send().await;
        let _ = again.problem(404, "image_not_found");
        let url = shoebox.get(&text(&image, "presigned_url")).send().await;
        assert_eq!(url.status, 404);
    }
}

#[tokio::test]
async fn the_tombstone_of_an_image_that_no_write_can_bring_back_ends_in_25_hours() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("old");
    let image = shoebox.upload(&user, json!({})).await;
    let id = text(&image, "image_id");
    // As if the upload had been an hour ago.
    let past = (chrono::Utc::now().timestamp_millis() - 3_600_000).to_string();
    let update = shoebox.stores.dynamodb.update_item();
    let update = update
        .table_name(&shoebox.stores.table)
        .key("pk", AttributeValue::S(format!("IMG#{id}")))
        .key("sk", AttributeValue::S("IMG".to_owned()))
        .update_expression("SET hold_until = :past")
        .expression_attribute_values(":past", AttributeValue::N(past));
    update.send().await.unwrap();
    let deleted = shoebox.delete(&format!("/images/{id}")).user(&user).send();
    assert_eq!(deleted.await.status, 200);
    let row = shoebox.stores.image_row(&id).await.expect("a tombstone");
    assert_eq!(string(&row, "status"), "deleted");
    assert!(!row.contains_key("sweep_shard"), "{row:?}");
    let left = number(&row, "expires_at") - chrono::Utc::now().timestamp();
    assert!((24 * 3_600..=26 * 3_600).contains(&left), "{left} s");
}

#[tokio::test]
async fn only_the_owner_deletes_and_a_refusal_leaves_everything() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("owner");
    let other = Shoebox::user("owner");
    let image = shoebox.upload(&user, json!({ "tags": ["t"] })).await;
    let target = format!("/images/{}", text(&image, "image_id"));
    let by_header = shoebox.delete(&target).user(&other).send().await;
    let by_query = shoebox.delete(&format!("{target}?user_id={other}&force=true"));
    let by_query = by_query.send().await;
    let by_body = shoebox
        .delete(&target)
        .json(&json!({ "user_id": other }))
        .await;
    for answer in [by_header, by_query, by_body] {
        let _ = answer.problem(403, "not_the_owner");
        shoebox
            .stores
            .assert_stored(&image, &picture::png(3, 2))
            .await;
    }
    // Where nobody is told apart, whoever claims to be nobody in particular may.
    assert_eq!(shoebox.delete(&target).send().await.status, 200);
    assert_gone(&shoebox, &image).await;
}

#[tokio::test]
async fn if_match_deletes_the_version_that_it_names_only() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("match");
    let image = shoebox.upload(&user, json!({})).await;
    let target = format!("/images/{}", text(&image, "image_id"));
    let change = shoebox.patch(&target).user(&user);
    let changed = change.json(&json!({ "tags": ["new"] })).await;
    let (old, new) = (
        format!("\"{}\"", text(&image, "etag")),
        changed.header("etag"),
    );
    let send = |condition: &str| {
        let call = shoebox.delete(&target).user(&user);
        call.header("if-match", condition).send()
    };
    for stale in [&old, "\"x\"", &format!("W/{new}"), "garbage"] {
        let _ = send(stale).await.problem(412, "precondition_failed");
        shoebox
            .stores
            .assert_stored(&changed.json(), &picture::png(3, 2))
            .await;
    }
    let answer = send(&format!("\"x\", {new}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_gone(&shoebox, &image).await;
    let _ = send("*").await.problem(404, "image_not_found");
}

#[tokio::test]
async fn force_is_read_from_query_and_body_which_may_not_contradict() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("force");
    for (query, body) in [
        ("?force=true", json!({})),
        ("", json!({ "force": true })),
        ("?force=1", json!({ "force": "true" })),
    ] {
        let image = shoebox.upload(&user, json!({})).await;
        let target = format!("/images/{}{query}", text(&image, "image_id"));
        let answer = shoebox.delete(&target).user(&user).json(&body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_gone(&shoebox, &image).await;
    }
    let image = shoebox.upload(&user, json!({})).await;
    let target = format!("/images/{}", text(&image, "image_id"));
    for (query, body) in [
        ("?force=true", json!({ "force": false })),
        ("?force=maybe", json!({})),
        ("", json!({ "force": 3 })),
    ] {
        let call = shoebox.delete(&format!("{target}{query}")).user(&user);
        let answer = call.json(&body).await;
        let _ = answer.problem(400, "invalid_request");
        assert_eq!(answer.faulty_fields(), ["force"]);
    }
    shoebox
        .stores
        .assert_stored(&image, &picture::png(3, 2))
        .await;
}

#[tokio::test]
async fn a_hundred_images_are_deleted_at_once_and_one_more_is_refused_whole() {
    let shoebox = Shoebox::with(&[]).await;
    let mut images = Vec::new();
    for _ in 0..101 {
        images.push(shoebox.upload("ann", json!({})).await);
    }
    let ids: Vec<String> = images.iter().map(|image| text(image, "image_id")).collect();
    let answer = bulk(&shoebox, Some("ann"), &json!(ids)).await;
    let _ = answer.problem(400, "invalid_request");
    assert_eq!(answer.faulty_fields(), ["image_ids"]);
    assert_eq!(shoebox.stores.keys("images/").await.len(), 101);

    let answer = bulk(&shoebox, Some("ann"), &json!(ids[..100])).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.json(),
        json!({ "deleted": ids[..100], "failed": [] })
    );
    assert_eq!(shoebox.list("user_id=ann").await, ids[100..]);
    let left = shoebox.stores.key_of(&images[100]);
    assert_eq!(shoebox.stores.keys("").await, [left]);
    for image in [&images[0], &images[57], &images[99]] {
        assert_gone(&shoebox, image).await;
    }
    let again = bulk(&shoebox, Some("ann"), &json!(ids[..100])).await;
    assert_eq!(again.status, 207, "{again:?}");
    let again = again.json();
    assert_eq!(again["deleted"], json!([]));
    let failed = again["failed"].as_array().unwrap();
    assert!(failed.iter().all(|failure| failure["status"] == 404));
    assert_eq!(failed.len(), 100);
}

#[tokio::test]
async fn each_id_has_its_own_outcome() {
    let shoebox = Shoebox::shared().await;
    let [user, other] = ["mine", "theirs"].map(Shoebox::user);
    let mine = shoebox.upload(&user, json!({})).await;
    let theirs = shoebox.upload(&other, json!({})).await;
    let (a, b) = (text(&mine, "image_id"), text(&theirs, "image_id"));
    let unknown = "0192f0c1-8b6a-7000-8000-00000000000a";
    let ids = json!([a, b, unknown, "42", a, "42", a.to_uppercase()]);
    let answer = bulk(&shoebox, Some(&user), &ids).await;
    assert_eq!(answer.status, 207, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["deleted"], json!([a]));
    let failed = body["failed"].as_array().unwrap().iter();
    let failed: Vec<_> = failed
        .map(|failure| {
            assert!(failure["detail"].is_string());
            (
                text(failure, "image_id"),
                failure["status"].as_u64().unwrap(),
                text(failure, "code"),
            )
        })
        .collect();
    let expected = [
        (b.as_str(), 403, "not_the_owner"),
        (unknown, 404, "image_not_found"),
        ("42", 404, "image_not_found"),
    ];
    let expected = expected.map(|(id, status, code)| (id.to_owned(), status, code.to_owned()));
    assert_eq!(failed, expected);
    assert_gone(&shoebox, &mine).await;
    shoebox
        .stores
        .assert_stored(&theirs, &picture::png(3, 2))
        .await;
}

#[tokio::test]
async fn a_list_of_ids_that_is_none_deletes_nothing() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("noids");
    let image = shoebox.upload(&user, json!({})).await;
    let id = &image["image_id"];
    for (body, field) in [
        (json!({}), "image_ids"),
        (json!({ "image_ids": [] }), "image_ids"),
        (json!({ "image_ids": id }), "image_ids"),
        (json!({ "image_ids": [id, 7] }), "image_ids[1]"),
        (json!({ "image_ids": [id, null] }), "image_ids[1]"),
        (json!({ "image_ids": [id], "force": "x" }), "force"),
        (json!({ "image_ids": [id], "user_id": "a b" }), "user_id"),
    ] {
        for method in ["DELETE", "POST"] {
            let path = if method == "POST" {
                "/images/batch-delete"
            } else {
                "/images"
            };
            let answer = shoebox.call(method, path).json(&body).await;
            let _ = answer.problem(400, "invalid_request");
            assert_eq!(answer.faulty_fields(), [field], "{body}");
        }
    }
    let answer = shoebox
        .delete("/images")
        .typed("application/json", "[1")
        .await;
    let _ = answer.problem(400, "malformed_body");
    shoebox
        .stores
        .assert_stored(&image, &picture::png(3, 2))
        .await;
}

#[tokio::test]
async fn ids_of_any_length_have_a_result_each_in_an_answer_that_stays_small() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("long-ids");
    // Of what is answered, control characters take most room in JSON in JSON.
    let ids: Vec<String> = (0..100)
        .map(|n| format!("{}{n}", "\u{1}".repeat(400)))
        .collect();
    let call = shoebox.post("/images/batch-delete").user(&user);
    let answer = call.json(&json!({ "image_ids": ids })).await;
    assert_eq!(answer.status, 207, "{answer:?}");
    let failed = answer.json()["failed"].clone();
    assert_eq!(failed.as_array().unwrap().len(), 100);
    for failure in failed.as_array().unwrap() {
        assert_eq!(failure["status"], 404);
        assert!(text(failure, "image_id").ends_with('…'), "{failure}");
    }
    assert!(answer.body.len() < 100_000, "{}", answer.body.len());
}

#[tokio::test]
async fn a_list_of_ids_is_read_up_to_its_limit_and_not_one_byte_further() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("large-ids");
    let image = shoebox.upload(&user, json!({})).await;
    let body = json!({ "image_ids": [image["image_id"]] }).to_string();
    for (size, status) in [(256 * 1024 + 1, 413), (256 * 1024, 200)] {
        let padded = format!("{body}{}", " ".repeat(size - body.len()));
        let call = shoebox.post("/images/batch-delete").user(&user);
        let answer = call.typed("application/json", padded).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 413 {
            let _ = answer.problem(413, "request_too_large");
            shoebox
                .stores
                .assert_stored(&image, &picture::png(3, 2))
                .await;
        }
    }
    assert_gone(&shoebox, &image).await;
}

#[tokio::test]
async fn what_s3_fails_to_remove_is_an_error_or_with_force_the_sweepers() {
    let shoebox = Shoebox::with(&[]).await;
    let stores = &shoebox.stores;
    let image = shoebox.upload("ann", json!({})).await;
    let id = text(&image, "image_id");
    let key = stores.key_of(&image);
    // S3 refuses whatever is asked of a bucket that is not there.
    let removed = stores.s3.delete_object().bucket(&stores.bucket).key(&key);
    removed.send().await.unwrap();
    let removed = stores.s3.delete_bucket().bucket(&stores.bucket);
    removed.send().await.unwrap();
    let target = format!("/images/{id}");
    for _ in 0..2 {
        let answer = shoebox.delete(&target).user("ann").send().await;
        let _ = answer.problem(502, "store_failed");
    }
    let forced = shoebox.delete(&format!("{target}?force=true")).user("ann");
    assert_eq!(forced.send().await.status, 200);
    let gone = shoebox.image("ann", &id).await;
    let _ = gone.problem(404, "image_not_found");
    assert!(shoebox.list("user_id=ann").await.is_empty());
    let row = stores.image_row(&id).await.expect("a row for the sweeper");
    assert_eq!(string(&row, "status"), "deleting");

    // S3 is back. The object itself is not put again: the bucket's event would be as fast as the sweeper.
    let back = stores.s3.create_bucket().bucket(&stores.bucket);
    back.send().await.unwrap();
    let due = chrono::Utc::now() + chrono::TimeDelta::minutes(3);
    let budget = std::time::Duration::from_mins(1);
    let report = sweeper(&shoebox).sweep(due, budget).await.unwrap();
    assert_eq!((report.deleted, report.failed), (1, 0), "{report:?}");
    assert_gone(&shoebox, &image).await;
}

/// The sweeper over the stores of a service.
fn sweeper(shoebox: &Shoebox) -> Sweeper {
    let running = shoebox.running();
    let environment = Environment::from_iter([
        ("AWS_ACCESS_KEY_ID", local::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", local::ACCESS_KEY),
        ("AWS_ENDPOINT_URL_S3", running.aws_url.as_str()),
        ("AWS_ENDPOINT_URL_DYNAMODB", running.dynamodb_url.as_str()),
        ("BUCKET_NAME", running.bucket.as_str()),
        ("TABLE_NAME", running.table.as_str()),
    ]);
    Sweeper::from_environment(&environment).unwrap()
}

//! `PATCH /images/{id}`.

use serde_json::{Value, json};
use shoebox_tests::shoebox::text;
use shoebox_tests::{Answer, Shoebox, picture};

async fn patch(shoebox: &Shoebox, user: &str, image: &Value, body: &Value) -> Answer {
    let target = format!("/images/{}", text(image, "image_id"));
    let call = shoebox.patch(&target).user(user);
    call.typed("application/merge-patch+json", body.to_string())
        .await
}

#[tokio::test]
async fn members_that_are_there_change_null_removes_and_the_rest_stays() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("merge");
    let before = json!({
        "tags": ["a"], "description": "old", "category": "c", "visibility": "private", "filename": "f.png",
        "metadata": { "keep": 1, "drop": 2, "deep": { "x": 1, "y": [1, 2] } },
    });
    let image = shoebox.upload(&user, before).await;
    let steps = [
        (
            json!({ "description": "new" }),
            json!({ "description": "new" }),
        ),
        (
            json!({ "description": null }),
            json!({ "description": null }),
        ),
        (json!({ "category": " X " }), json!({ "category": "x" })),
        (json!({ "category": null }), json!({ "category": null })),
        (
            json!({ "tags": ["B", "a", "b"] }),
            json!({ "tags": ["b", "a"] }),
        ),
        (
            json!({ "metadata": { "drop": null, "new": [3], "deep": { "x": null, "z": 1 } } }),
            json!({ "metadata": { "keep": 1, "new": [3], "deep": { "y": [1, 2], "z": 1 } } }),
        ),
        (json!({ "metadata": null }), json!({ "metadata": null })),
        (json!({ "tags": null }), json!({ "tags": [] })),
        (
            json!({ "visibility": "public" }),
            json!({ "visibility": "public" }),
        ),
    ];
    let mut expected = image.clone();
    for (revision, (change, effect)) in steps.iter().enumerate() {
        let answer = patch(&shoebox, &user, &image, change).await;
        assert_eq!(answer.status, 200, "{change}: {answer:?}");
        let now = answer.json();
        for (member, value) in effect.as_object().unwrap() {
            expected[member] = value.clone();
        }
        for member in [
            "tags",
            "description",
            "category",
            "visibility",
            "metadata",
            "filename",
            "created_at",
            "sha256",
        ] {
            assert_eq!(now[member], expected[member], "{member} after {change}");
        }
        let etag = format!("{}-{}", &text(&image, "sha256")[..16], revision + 2);
        assert_eq!(now["etag"], etag);
        assert_eq!(answer.header("etag"), format!("\"{etag}\""));
        assert!(text(&now, "updated_at") >= text(&now, "created_at"));
        shoebox
            .stores
            .assert_stored(&now, &picture::png(3, 2))
            .await;
        let read = shoebox.image(&user, &text(&image, "image_id")).await.json();
        assert_eq!(read["etag"], etag);
        let page = shoebox.list_page(&format!("user_id={user}")).await;
        assert_eq!(page["images"][0]["etag"], etag);
    }
}

#[tokio::test]
async fn twenty_old_tags_become_twenty_new_ones_as_the_visibility_changes() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("hundred");
    let tags =
        |prefix: &str| -> Vec<String> { (0..20).map(|n| format!("{prefix}{n}-{user}")).collect() };
    for (from, to) in [("private", "public"), ("public", "private")] {
        let attributes = json!({ "tags": tags("old"), "category": "old", "visibility": from });
        let image = shoebox.upload(&user, attributes).await;
        let change = json!({ "tags": tags("new"), "category": "new", "visibility": to });
        let answer = patch(&shoebox, &user, &image, &change).await;
        assert_eq!(answer.status, 200, "{from} to {to}: {answer:?}");
        let now = answer.json();
        shoebox
            .stores
            .assert_stored(&now, &picture::png(3, 2))
            .await;
        let id = text(&image, "image_id");
        let in_feed = shoebox.list(&format!("tags=new7-{user}")).await;
        assert_eq!(in_feed.contains(&id), to == "public");
        assert!(shoebox.list(&format!("tags=old7-{user}")).await.is_empty());
        assert!(
            shoebox
                .list(&format!("user_id={user}&visibility={to}&tags=new19-{user}"))
                .await
                .contains(&id)
        );
        let deleted = shoebox.delete(&format!("/images/{id}")).user(&user);
        assert_eq!(deleted.send().await.status, 200);
        assert!(shoebox.stores.listings(&id).await.is_empty());
    }
}

#[tokio::test]
async fn a_patch_that_changes_nothing_writes_nothing() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("noop");
    let image = shoebox
        .upload(&user, json!({ "tags": ["a"], "metadata": { "k": 1 } }))
        .await;
    let id = text(&image, "image_id");
    let before = shoebox.stores.image_row(&id).await.unwrap();
    for body in [
        json!({}),
        json!({ "tags": ["A", "a"] }),
        json!({ "description": null }),
        json!({ "metadata": { "k": 1, "absent": null } }),
        json!({ "user_id": user }),
    ] {
        let answer = patch(&shoebox, &user, &image, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["etag"], image["etag"]);
        assert_eq!(
            shoebox.stores.image_row(&id).await.unwrap(),
            before,
            "{body}"
        );
    }
}

#[tokio::test]
async fn what_is_not_valid_is_named_at_once_and_changes_nothing() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("invalid");
    let image = shoebox
        .upload(&user, json!({ "tags": ["a"], "metadata": { "k": "x" } }))
        .await;
    let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    for (body, fields) in [
        (json!({ "filename": "new.png" }), vec!["filename"]),
        (
            json!({ "image_id": "x", "sha256": "y", "created_at": null }),
            vec!["created_at", "image_id", "sha256"],
        ),
        (json!({ "visibility": null }), vec!["visibility"]),
        (json!({ "visibility": "hidden" }), vec!["visibility"]),
        (json!({ "tags": many }), vec!["tags"]),
        (json!({ "tags": [7] }), vec!["tags"]),
        (
            json!({ "description": "d".repeat(2_001) }),
            vec!["description"],
        ),
        (json!({ "category": "" }), vec!["category"]),
        (json!({ "metadata": [] }), vec!["metadata"]),
        (
            json!({ "metadata": { "m": "m".repeat(4_090) } }),
            vec!["metadata"],
        ),
        (
            json!({ "tags": {}, "description": 1, "category": "c".repeat(65), "visibility": 1, "metadata": 1, "x": 1 }),
            vec![
                "category",
                "description",
                "metadata",
                "tags",
                "visibility",
                "x",
            ],
        ),
    ] {
        let answer = patch(&shoebox, &user, &image, &body).await;
        let _ = answer.problem(400, "invalid_request");
        assert_eq!(answer.faulty_fields(), fields, "{body}");
    }
    for body in ["", "[]", "null", "{", "\"x\"", "{\"tags\":[}"] {
        let target = format!("/images/{}", text(&image, "image_id"));
        let answer = shoebox
            .patch(&target)
            .user(&user)
            .typed("application/json", body);
        let _ = answer.await.problem(400, "malformed_body");
    }
    shoebox
        .stores
        .assert_stored(&image, &picture::png(3, 2))
        .await;
    let now = shoebox.image(&user, &text(&image, "image_id")).await.json();
    assert_eq!(now["etag"], image["etag"]);
}

#[tokio::test]
async fn if_match_lets_one_of_two_writers_through() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("match");
    let image = shoebox.upload(&user, json!({})).await;
    let target = format!("/images/{}", text(&image, "image_id"));
    let etag = format!("\"{}\"", text(&image, "etag"));
    let send = |condition: String, tag: &str| {
        let call = shoebox
            .patch(&target)
            .user(&user)
            .header("if-match", &condition);
        let body = json!({ "tags": [tag] });
        async move { call.json(&body).await }
    };
    let first = send(etag.clone(), "first").await;
    assert_eq!(first.status, 200, "{first:?}");
    for stale in [
        etag.clone(),
        "\"x\"".to_owned(),
        format!("W/{}", first.header("etag")),
        "garbage".to_owned(),
        // Not readable as text at all.
        "\"é\"".to_owned(),
    ] {
        let answer = send(stale, "second").await;
        let _ = answer.problem(412, "precondition_failed");
    }
    let now = first.json();
    shoebox
        .stores
        .assert_stored(&now, &picture::png(3, 2))
        .await;
    // The first, repeated as if its answer had been lost.
    let repeat = send(etag.clone(), "first").await;
    assert_eq!(repeat.status, 200, "{repeat:?}");
    assert_eq!(repeat.json()["etag"], now["etag"]);
    let several = send(format!("\"x\", {}", first.header("etag")), "third").await;
    assert_eq!(several.json()["tags"], json!(["third"]), "{several:?}");
    let any = send("*".to_owned(), "fourth").await;
    assert_eq!(any.json()["tags"], json!(["fourth"]), "{any:?}");
}

#[tokio::test]
async fn changes_at_the_same_time_are_all_kept() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("together");
    let image = shoebox.upload(&user, json!({})).await;
    let changes: Vec<Value> = (0..4)
        .map(|n| json!({ "metadata": { format!("k{n}"): n } }))
        .collect();
    let racing = changes
        .iter()
        .map(|change| patch(&shoebox, &user, &image, change));
    let mut expected = json!({});
    for (n, answer) in futures_util::future::join_all(racing)
        .await
        .iter()
        .enumerate()
    {
        match answer.status {
            200 => expected[format!("k{n}")] = json!(n),
            _ => {
                let _ = answer.problem(409, "image_changing");
            }
        }
    }
    let now = shoebox.image(&user, &text(&image, "image_id")).await.json();
    assert_eq!(now["metadata"], expected);
    shoebox
        .stores
        .assert_stored(&now, &picture::png(3, 2))
        .await;
}

#[tokio::test]
async fn only_the_owner_changes_an_image_and_nobody_one_that_is_gone() {
    let shoebox = Shoebox::shared().await;
    let [user, other] = ["changer", "other"].map(Shoebox::user);
    let image = shoebox.upload(&user, json!({})).await;
    let change = json!({ "tags": ["x"] });
    let answer = patch(&shoebox, &other, &image, &change).await;
    let _ = answer.problem(403, "not_the_owner");
    let target = format!("/images/{}", text(&image, "image_id"));
    for user_id in [json!(3), json!(null), json!([user]), json!({ "a": user })] {
        let claimed = json!({ "tags": ["x"], "user_id": user_id });
        let answer = shoebox.patch(&target).json(&claimed).await;
        let _ = answer.problem(400, "invalid_request");
        assert_eq!(answer.faulty_fields(), ["user_id"], "{user_id}");
    }
    let claimed = json!({ "tags": ["x"], "user_id": other });
    let answer = shoebox.patch(&target).json(&claimed).await;
    let _ = answer.problem(403, "not_the_owner");
    shoebox
        .stores
        .assert_stored(&image, &picture::png(3, 2))
        .await;
    assert_eq!(shoebox.delete(&target).user(&user).send().await.status, 200);
    let answer = patch(&shoebox, &user, &image, &change).await;
    let _ = answer.problem(404, "image_not_found");
    assert!(
        shoebox
            .stores
            .listings(&text(&image, "image_id"))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn numbers_in_metadata_come_back_as_they_were_sent_through_every_operation() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("numbers");
    let texts = "[0.1,1e-7,1.7976931348623157e308,5e-324,123456.789012345678,-9223372036854775808,\
                 18446744073709551615,9007199254740993,2.220446049250313e-16,7.0420557077594588669468784357561207e-40]";
    let numbers: Value = serde_json::from_str(texts).unwrap();
    let image = shoebox
        .upload(&user, json!({ "metadata": { "n": numbers } }))
        .await;
    let id = text(&image, "image_id");
    for round in 0..3 {
        let found = shoebox.image(&user, &id).await;
        assert_eq!(found.json()["metadata"]["n"], numbers, "round {round}");
        let change = json!({ "metadata": { "round": round } });
        let patched = patch(&shoebox, &user, &image, &change).await;
        assert_eq!(patched.json()["metadata"]["n"], numbers, "round {round}");
    }
    let listed = shoebox.list_page(&format!("user_id={user}")).await;
    assert_eq!(listed["images"][0]["metadata"]["n"], numbers);

    // What 64 bits do not hold would come back as another number.
    let large = r#"{"metadata":{"n":18446744073709551616}}"#;
    let target = format!("/images/{id}");
    let call = shoebox.patch(&target).user(&user);
    let refused = call.typed("application/json", large).await;
    let _ = refused.problem(400, "malformed_body");
    let body = large.replace('{', "{\"file_data\":\"AAAA\",");
    let body = body.replacen("\"file_data\":\"AAAA\",\"n\"", "\"n\"", 1);
    let refused = shoebox.post("/images").user(&user);
    let refused = refused.typed("application/json", body).await;
    let _ = refused.problem(400, "invalid_request");
    assert_eq!(refused.faulty_fields(), ["metadata"]);
}

#[tokio::test]
async fn no_metadata_that_is_taken_makes_a_list_unreadable() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("deep");
    let image = shoebox.upload(&user, json!({})).await;
    // A name that the JSON library knows lets a text count as JSON, each with levels of its own.
    let inner = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    let hidden = json!({ "k": { "$serde_json::private::RawValue": inner } });
    let deep = json!({ "metadata": { "a": { "b": { "c": hidden } } } });
    let refused = patch(&shoebox, &user, &image, &deep).await;
    let _ = refused.problem(400, "invalid_request");
    let mut body = deep.clone();
    body["file_data"] = picture::base64(&picture::png(1, 1)).into();
    let refused = shoebox.post("/images").user(&user).json(&body).await;
    let _ = refused.problem(400, "invalid_request");
    assert_eq!(shoebox.list(&format!("user_id={user}")).await.len(), 1);
}

//! The rule of every attribute, at its bound and one past it.

use serde_json::{Value, json};
use shoebox_tests::{Answer, Form, Shoebox, picture};

async fn upload(shoebox: &Shoebox, user: &str, attributes: &Value) -> Answer {
    let mut body = attributes.clone();
    body["file_data"] = picture::base64(&picture::png(3, 2)).into();
    shoebox.post("/images").user(user).json(&body).await
}

#[tokio::test]
async fn attributes_hold_up_to_their_bounds_and_are_shown_as_stored() {
    let shoebox = Shoebox::shared().await;
    let twenty: Vec<String> = (0..20).map(|n| format!("tag{n}")).collect();
    // 4,096 bytes as compact JSON: {"k":"..."} has 8 besides the text.
    let metadata = json!({ "k": "m".repeat(4_088) });
    let cases = [
        ("filename", json!("n".repeat(255)), json!("n".repeat(255))),
        ("filename", json!("é".repeat(255)), json!("é".repeat(255))),
        ("tags", json!(twenty), json!(twenty)),
        ("tags", json!(["T".repeat(64)]), json!(["t".repeat(64)])),
        ("tags", json!([" Ä ", "ä", "b"]), json!(["ä", "b"])),
        ("tags", json!("x, Y ,x"), json!(["x", "y"])),
        ("tags", json!("[\"p\", \"q\"]"), json!(["p", "q"])),
        ("tags", json!([]), json!([])),
        (
            "description",
            json!("d".repeat(2_000)),
            json!("d".repeat(2_000)),
        ),
        (
            "description",
            json!("🌊".repeat(2_000)),
            json!("🌊".repeat(2_000)),
        ),
        ("category", json!("C".repeat(64)), json!("c".repeat(64))),
        ("visibility", json!("private"), json!("private")),
        ("visibility", json!("public"), json!("public")),
        ("metadata", metadata.clone(), metadata),
        ("metadata", json!({}), Value::Null),
        ("width", json!(3), json!(3)),
        ("height", json!("2"), json!(2)),
    ];
    for (name, value, shown) in cases {
        let user = Shoebox::user("bounds");
        let answer = upload(&shoebox, &user, &json!({ name: value })).await;
        assert_eq!(answer.status, 201, "{name}: {answer:?}");
        let image = answer.json();
        assert_eq!(image[name], shown, "{name}");
        shoebox
            .stores
            .assert_stored(&image, &picture::png(3, 2))
            .await;
        // The list shows it whole, too, however much of it fits into a listing row.
        let page = shoebox.list_page(&format!("user_id={user}")).await;
        assert_eq!(page["images"][0][name], shown, "{name} as listed");
    }
}

#[tokio::test]
async fn one_past_a_bound_is_refused_by_name_and_nothing_is_stored() {
    let shoebox = Shoebox::shared().await;
    let many: Vec<String> = (0..21).map(|n| format!("tag{n}")).collect();
    let cases = [
        ("filename", json!("n".repeat(256))),
        ("filename", json!("a\u{7}b")),
        ("filename", json!("..")),
        ("filename", json!("folder/")),
        ("filename", json!(7)),
        ("tags", json!(many)),
        ("tags", json!(["t".repeat(65)])),
        ("tags", json!(["a\u{0}b"])),
        ("tags", json!([" "])),
        ("tags", json!([1])),
        ("tags", json!({ "a": 1 })),
        ("description", json!("d".repeat(2_001))),
        ("description", json!(["d"])),
        ("category", json!("c".repeat(65))),
        ("category", json!("a\nb")),
        ("visibility", json!("hidden")),
        ("visibility", json!("PUBLIC")),
        ("metadata", json!({ "k": "m".repeat(4_089) })),
        ("metadata", json!([1])),
        ("metadata", json!("text")),
        ("width", json!("wide")),
        ("width", json!(-3)),
        ("height", json!(2.5)),
        ("height", json!(99_999_999_999_u64)),
    ];
    for (name, value) in cases {
        let user = Shoebox::user("past");
        let answer = upload(&shoebox, &user, &json!({ name: value })).await;
        let _ = answer.problem(400, "invalid_request");
        let fields = answer.faulty_fields();
        let of_name = |field: &String| field.split('[').next() == Some(name);
        assert!(
            fields.len() == 1 && fields.iter().all(of_name),
            "{answer:?}"
        );
        shoebox.stores.assert_nothing_of(&user).await;
    }
}

#[tokio::test]
async fn user_ids_are_bounded_in_length_and_characters() {
    let shoebox = Shoebox::shared().await;
    let longest = format!("{}{}", "u".repeat(120), Shoebox::user("x"));
    let longest = format!("{longest:-<128}");
    for user in ["Az09._@:+-", "..", ".", "a@b.example", &longest] {
        let answer = upload(&shoebox, user, &json!({})).await;
        assert_eq!(answer.status, 201, "{user}: {answer:?}");
        let image = answer.json();
        assert_eq!(image["user_id"], user);
        shoebox
            .stores
            .assert_stored(&image, &picture::png(3, 2))
            .await;
        let key = shoebox.stores.key_of(&image);
        assert!(
            !key.split('/').any(|segment| [".", ".."].contains(&segment)),
            "{key}"
        );
        let query = user.replace('+', "%2B");
        let id = image["image_id"].as_str().unwrap();
        let listed = shoebox.list(&format!("user_id={query}")).await;
        assert!(listed.iter().any(|listed| listed == id), "{user}");
        let bytes = shoebox.get(&format!("/images/{id}/content")).send().await;
        assert_eq!(bytes.body, picture::png(3, 2));
    }
    for user in [
        "u".repeat(129).as_str(),
        "a b",
        "a/b",
        "../x",
        "ü",
        "a#b",
        "%2e",
        "*",
    ] {
        let body = json!({ "user_id": user, "file_data": picture::base64(&picture::png(3, 2)) });
        let answer = shoebox.post("/images").json(&body).await;
        let _ = answer.problem(400, "invalid_request");
        assert_eq!(answer.faulty_fields(), ["user_id"]);
        shoebox.stores.assert_nothing_of(user).await;
    }
    let nobody = json!({ "file_data": picture::base64(&picture::png(3, 2)) });
    let answer = shoebox.post("/images").json(&nobody).await;
    assert_eq!(answer.faulty_fields(), ["user_id"]);
}

#[tokio::test]
async fn everything_wrong_is_named_at_once_in_every_form() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("all");
    let (long, past) = ("c".repeat(65), "d".repeat(2_001));
    let body = json!({
        "file_data": "!", "tags": [long], "category": long, "description": past, "visibility": "x",
        "metadata": 1, "width": "w", "filename": "..",
    });
    let call = shoebox.post("/images").user(&user);
    let answer = call.header("idempotency-key", "no good").json(&body).await;
    let mut expected = vec![
        "Idempotency-Key",
        "category",
        "description",
        "file_data",
        "filename",
        "metadata",
        "tags",
        "visibility",
        "width",
    ];
    assert_eq!(answer.faulty_fields(), expected, "{answer:?}");
    expected.retain(|name| !["Idempotency-Key", "file_data"].contains(name));

    let form = Form::new()
        .text("tags", &long)
        .text("category", &long)
        .text("description", &past)
        .text("visibility", "x")
        .text("metadata", "1")
        .text("width", "w")
        .text("filename", "..")
        .file("image", "a.png", "image/png", &picture::png(1, 1));
    let answer = shoebox.post("/images").user(&user).form(form).await;
    assert_eq!(answer.faulty_fields(), expected, "{answer:?}");

    let query = format!(
        "tags={long}&category={long}&description={past}&visibility=x&metadata=1&width=w&filename=.."
    );
    let call = shoebox.post(&format!("/images?{query}")).user(&user);
    let answer = call.typed("image/png", picture::png(1, 1)).await;
    assert_eq!(answer.faulty_fields(), expected, "{answer:?}");
    shoebox.stores.assert_nothing_of(&user).await;
}

#[tokio::test]
async fn claimed_sizes_must_be_those_of_the_picture() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("claims");
    for claim in [
        json!({ "width": 4 }),
        json!({ "height": 1 }),
        json!({ "width": 2, "height": 3 }),
    ] {
        let answer = upload(&shoebox, &user, &claim).await;
        let _ = answer.problem(422, "invalid_image");
    }
    shoebox.stores.assert_nothing_of(&user).await;
}

#[tokio::test]
async fn the_header_names_the_user_before_body_and_query_do() {
    let shoebox = Shoebox::shared().await;
    let [header, body, query] = ["header", "body", "query"].map(Shoebox::user);
    let json = json!({ "user_id": body, "file_data": picture::base64(&picture::png(1, 1)) });
    let target = format!("/images?user_id={query}");
    let image = shoebox.post(&target).user(&header).json(&json).await.json();
    assert_eq!(image["user_id"], header);
    let image = shoebox.post(&target).json(&json).await.json();
    assert_eq!(image["user_id"], body);
    shoebox.stores.assert_nothing_of(&query).await;
}

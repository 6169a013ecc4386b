//! Each function answers the events of every trigger alike.

use serde_json::{Value, json};
use shoebox_tests::event::{Incoming, Reply, Trigger};
use shoebox_tests::shoebox::{ids, text};
use shoebox_tests::{Form, Shoebox, picture};

async fn invoke(shoebox: &Shoebox, function: &str, trigger: Trigger, request: &Incoming) -> Reply {
    let event = serde_json::to_vec(&request.event(trigger)).unwrap();
    let answer = shoebox.running().gateway().invoke(function, &event).await;
    let answer = answer.unwrap_or_else(|error| panic!("{trigger:?}: {error}"));
    let raw: Value = serde_json::from_slice(&answer).unwrap();
    // What each trigger needs to take the answer for one.
    assert!(raw["statusCode"].is_u64(), "{raw}");
    match trigger {
        Trigger::AlbMultiValue => assert!(raw["multiValueHeaders"].is_object(), "{raw}"),
        Trigger::Rest | Trigger::HttpApi | Trigger::FunctionUrl | Trigger::Alb => {
            assert!(raw["headers"].is_object(), "{raw}");
        }
    }
    Reply::parse(&answer)
}

#[tokio::test]
async fn uploads_of_every_form_are_stored_alike() {
    let shoebox = Shoebox::shared().await;
    for trigger in Trigger::ALL {
        let user = Shoebox::user("trigger");
        let form = Form::new().text("tags", "a b,ü&").file(
            "image",
            "ü.gif",
            "image/gif",
            &picture::gif(4, 4),
        );
        let form_type = form.content_type();
        let json = json!({ "file_data": picture::base64(&picture::gif(4, 4)), "tags": ["a b", "ü&"], "filename": "ü.gif" });
        let query = "/images?tags=a%20b&tags=%C3%BC%26&filename=%C3%BC.gif";
        for request in [
            Incoming::new("POST", "/images").body("application/json", json.to_string()),
            Incoming::new("POST", "/images").body(&form_type, form.into_body()),
            Incoming::new("POST", query).body("image/gif", picture::gif(4, 4)),
        ] {
            let request = request.header("x-user-id", &user);
            let reply = invoke(&shoebox, "upload", trigger, &request).await;
            assert_eq!(reply.status, 201, "{trigger:?}: {reply:?}");
            let image = reply.json();
            // A load balancer without multi-value headers keeps the last of repeated parameters only.
            let one_tag =
                trigger == Trigger::Alb && request.path == "/images" && !request.query.is_empty();
            let last_only = one_tag || (trigger == Trigger::Alb && request.query.contains("tags="));
            let tags = if last_only {
                json!(["ü&"])
            } else {
                json!(["a b", "ü&"])
            };
            assert_eq!(image["tags"], tags, "{trigger:?}");
            assert_eq!(image["filename"], "ü.gif", "{trigger:?}");
            shoebox
                .stores
                .assert_stored(&image, &picture::gif(4, 4))
                .await;
            let ending = format!("/images/{}", text(&image, "image_id"));
            let location = &reply.headers["location"];
            assert!(
                location.starts_with("https://") && location.ends_with(&ending),
                "{location}"
            );
            let staged = location.contains("/local/images") || location.contains("/prod/images");
            assert_eq!(
                staged,
                [Trigger::Rest, Trigger::HttpApi].contains(&trigger),
                "{location}"
            );
        }
    }
}

#[tokio::test]
async fn lists_pages_and_filters_are_alike() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("listed");
    let mut all = Vec::new();
    for tags in [json!(["a b"]), json!(["c&d", "a b"]), json!(["x"])] {
        let image = shoebox.upload(&user, json!({ "tags": tags })).await;
        all.insert(0, text(&image, "image_id"));
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    for trigger in Trigger::ALL {
        let list = async |query: String| {
            let request = Incoming::new("GET", &format!("/images?{query}"));
            invoke(&shoebox, "list", trigger, &request).await
        };
        let filtered = list(format!("user_id={user}&tags=a%20b,c%26d")).await;
        assert_eq!(ids(&filtered.json()), [all[1].clone()], "{trigger:?}");
        let plus = list(format!("user_id={user}&tags=a+b")).await;
        assert_eq!(ids(&plus.json()), all[1..], "{trigger:?}");
        let first = list(format!("user_id={user}&limit=2")).await;
        assert_eq!(ids(&first.json()), all[..2], "{trigger:?}");
        let link = &first.headers["link"];
        let query = link.split_once('?').unwrap().1.split_once('>').unwrap().0;
        let second = list(query.to_owned()).await;
        assert_eq!(ids(&second.json()), all[2..], "{trigger:?}");
        let wrong = list("limit=0&order=x".to_owned()).await;
        assert_eq!(wrong.status, 400, "{trigger:?}");
        assert_eq!(wrong.json()["errors"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_page_has_as_many_images_as_a_load_balancer_takes_and_leads_to_the_rest() {
    /// Elastic Load Balancing, "Lambda functions as targets".
    const MAX_PAYLOAD_BYTES: usize = 1_000_000;
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("heavy");
    let description = "\u{1f30a}".repeat(2_000);
    let metadata = json!({ "quotes": "\"".repeat(1_900) }).to_string();
    for _ in 0..5 {
        let mut form = Form::new()
            .text("description", &description)
            .text("metadata", &metadata);
        for _ in 0..20 {
            form = form.file("files", "w.gif", "image/gif", &picture::gif(2, 2));
        }
        let answer = shoebox.post("/images").user(&user).form(form).await;
        assert_eq!(answer.json()["count"], 20, "{answer:?}");
    }
    let path = format!("/images?user_id={user}&limit=100");
    let whole = shoebox.get(&path).send().await;
    assert!(whole.body.len() > MAX_PAYLOAD_BYTES);
    let mut seen = Vec::new();
    let mut next = path;
    loop {
        let event = Incoming::new("GET", &next).event(Trigger::Alb);
        let event = serde_json::to_vec(&event).unwrap();
        let gateway = shoebox.running().gateway();
        let answer = gateway.invoke("list", &event).await.unwrap();
        assert!(answer.len() <= MAX_PAYLOAD_BYTES, "{}", answer.len());
        let reply = Reply::parse(&answer);
        assert_eq!(reply.status, 200, "{reply:?}");
        let page = reply.json();
        assert!(!ids(&page).is_empty());
        seen.extend(ids(&page));
        let Some(last_key) = page["last_key"].as_str() else {
            break;
        };
        next = format!("/images?user_id={user}&limit=100&last_key={last_key}");
    }
    assert_eq!(seen, ids(&whole.json()));
}

#[tokio::test]
async fn bytes_json_redirects_and_304_are_alike() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("read");
    let file = picture::webp(6, 6);
    let image = shoebox.upload_file(&user, &file, json!({})).await;
    let id = text(&image, "image_id");
    for trigger in Trigger::ALL {
        let get = async |path: String, name: &str, value: &str| {
            let request = Incoming::new("GET", &path).header(name, value);
            invoke(&shoebox, "get", trigger, &request).await
        };
        let json = get(format!("/images/{id}"), "x-user-id", &user).await;
        assert_eq!(json.json()["s3_url"], image["s3_url"], "{trigger:?}");
        let shown = get(format!("/images/{id}"), "accept", "image/*").await;
        assert_eq!((shown.status, &shown.body), (200, &file), "{trigger:?}");
        assert_eq!(shown.headers["content-type"], "image/webp");
        let etag = shown.headers["etag"].clone();
        let same = get(format!("/images/{id}/content"), "if-none-match", &etag).await;
        assert_eq!((same.status, same.body.len()), (304, 0), "{trigger:?}");
        let led = get(format!("/images/{id}/download?redirect=true"), "a", "b").await;
        assert_eq!(led.status, 302, "{trigger:?}");
        let followed = shoebox.get(&led.headers["location"]).send().await;
        assert_eq!(followed.body, file);
        let head = Incoming::new("HEAD", &format!("/images/{id}/content"));
        let head = invoke(&shoebox, "get", trigger, &head).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{trigger:?}");
        let missing = get("/images/42".to_owned(), "a", "b").await;
        assert_eq!(missing.json()["code"], "image_not_found", "{trigger:?}");
    }
}

#[tokio::test]
async fn what_is_too_large_for_a_load_balancer_is_redirected() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("balancer");
    let file = picture::noise(540, 540);
    let call = shoebox.post("/images").user(&user);
    let image = call.typed("image/png", file.clone()).await.json();
    let request = Incoming::new(
        "GET",
        &format!("/images/{}/content", text(&image, "image_id")),
    );
    for trigger in Trigger::ALL {
        let reply = invoke(&shoebox, "get", trigger, &request).await;
        if [Trigger::Alb, Trigger::AlbMultiValue].contains(&trigger) {
            assert_eq!(reply.status, 302, "{trigger:?}");
            let followed = shoebox.get(&reply.headers["location"]).send().await;
            assert!(followed.body == file, "other bytes");
        } else {
            assert_eq!(reply.status, 200, "{trigger:?}");
            assert!(reply.body == file, "other bytes");
        }
    }
}

#[tokio::test]
async fn changes_deletes_and_direct_uploads_are_alike() {
    let shoebox = Shoebox::shared().await;
    for trigger in Trigger::ALL {
        let user = Shoebox::user("changed");
        let send = async |function: &str, method: &str, path: String, body: Value| {
            let request = Incoming::new(method, &path).header("x-user-id", &user);
            let request = request.body("application/json", body.to_string());
            invoke(&shoebox, function, trigger, &request).await
        };
        let image = shoebox.upload(&user, json!({})).await;
        let id = text(&image, "image_id");
        let changed = send(
            "update",
            "PATCH",
            format!("/images/{id}"),
            json!({ "tags": ["ü"] }),
        )
        .await;
        assert_eq!(changed.status, 200, "{trigger:?}: {changed:?}");
        shoebox
            .stores
            .assert_stored(&changed.json(), &picture::png(3, 2))
            .await;

        let other = text(&shoebox.upload(&user, json!({})).await, "image_id");
        let deleted = send("delete", "DELETE", format!("/images/{id}"), json!({})).await;
        assert_eq!(deleted.json()["image_id"], id.as_str(), "{trigger:?}");
        let bulk = send(
            "delete",
            "DELETE",
            "/images".to_owned(),
            json!({ "image_ids": [other, id] }),
        )
        .await;
        assert_eq!(
            (bulk.status, &bulk.json()["deleted"]),
            (207, &json!([other])),
            "{trigger:?}"
        );
        assert!(shoebox.stores.keys_of(&user).await.is_empty());

        let file = picture::png(5, 1);
        let declared = json!({ "content_type": "image/png", "size": file.len() });
        let pending = send("upload", "POST", "/images/uploads".to_owned(), declared).await;
        assert_eq!(pending.status, 202, "{trigger:?}: {pending:?}");
        let pending = pending.json();
        let mut put = shoebox.call("PUT", &text(&pending["upload"], "url"));
        for (name, value) in pending["upload"]["headers"].as_object().unwrap() {
            if name != "content-length" {
                put = put.header(name, value.as_str().unwrap());
            }
        }
        assert_eq!(put.bytes(file.clone()).await.status, 200);
        let path = format!("/images/{}/complete", text(&pending, "image_id"));
        let complete = send("upload", "POST", path, json!({})).await;
        assert_eq!(complete.status, 200, "{trigger:?}: {complete:?}");
        shoebox.stores.assert_stored(&complete.json(), &file).await;
    }
}

//! Each function's program answers true events, over the same stores as all the others.

use serde_json::{Value, json};
use shoebox_tests::event::{Incoming, Reply, Trigger};
use shoebox_tests::lambda::TRACE_ID;
use shoebox_tests::shoebox::text;
use shoebox_tests::{Shoebox, picture};

use crate::function::Function;

async fn send(function: &Function, request: &Incoming) -> Reply {
    let event = request.event(Trigger::Rest);
    Reply::parse(&function.handle(&event).await.unwrap())
}

#[tokio::test]
async fn the_functions_store_list_read_change_and_delete_one_image_between_them() {
    let shoebox = Shoebox::with(&[]).await;
    let file = picture::JPEG;
    let as_ann = |method: &str, path: &str| Incoming::new(method, path).header("x-user-id", "ann");

    let upload = Function::start("upload", &shoebox).await;
    let request = as_ann("POST", "/images?tags=a").body("image/jpeg", file);
    let reply = send(&upload, &request).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let image = reply.json();
    shoebox.stores.assert_stored(&image, file).await;
    let refused = as_ann("POST", "/images").body("image/jpeg", b"no image");
    assert_eq!(
        send(&upload, &refused).await.status,
        422,
        "it goes on after a refusal"
    );
    let bytes = shoebox.get(&text(&image, "presigned_url")).send().await;
    assert_eq!(bytes.body, file);

    let id = text(&image, "image_id");
    let one = format!("/images/{id}");
    let list = Function::start("list", &shoebox).await;
    let page = send(&list, &as_ann("GET", "/images?user_id=ann&tags=a")).await;
    assert_eq!(page.json()["images"][0]["image_id"], id.as_str());

    let get = Function::start("get", &shoebox).await;
    let read = send(&get, &as_ann("GET", &format!("{one}/content"))).await;
    assert_eq!((read.status, &read.body[..]), (200, file));

    let update = Function::start("update", &shoebox).await;
    let change = as_ann("PATCH", &one).body("application/json", br#"{"tags":["b"]}"#);
    let changed = send(&update, &change).await.json();
    assert_eq!(changed["tags"], json!(["b"]));
    shoebox.stores.assert_stored(&changed, file).await;

    let delete = Function::start("delete", &shoebox).await;
    let gone = send(&delete, &as_ann("DELETE", &one)).await;
    assert_eq!(gone.json()["message"], "Image deleted successfully");
    assert!(shoebox.stores.keys("").await.is_empty());
    assert!(shoebox.stores.listings(&id).await.is_empty());
    assert_eq!(send(&get, &as_ann("GET", &one)).await.status, 404);

    for function in [upload, list, get, update, delete] {
        let log = function.log().await;
        let lines: Vec<Value> = log
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(!lines.is_empty(), "nothing was logged");
        let metrics = lines.iter().find(|line| line.get("_aws").is_some());
        let metrics = metrics.expect("a line with metrics");
        let first = &metrics["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(first["Namespace"], "Shoebox");
        assert_eq!(
            (&metrics["stage"], &metrics["cold_starts"]),
            (&json!("local"), &json!(1))
        );
        assert!(metrics["span"]["request_id"].is_string(), "{metrics}");
        assert_eq!(metrics["span"]["trace_id"], TRACE_ID);
        for secret in ["X-Amz-Signature", "X-Amz-Credential", "AWS_SECRET"] {
            assert!(!log.contains(secret), "{log}");
        }
    }
}

/// A direct upload whose bytes are still to come.
async fn pending(shoebox: &Shoebox, file: &[u8]) -> Value {
    let body = json!({ "content_type": "image/png", "size": file.len() });
    let answer = shoebox
        .post("/images/uploads")
        .user("ann")
        .json(&body)
        .await;
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn ingest_looks_at_every_record_and_sweep_at_what_is_due() {
    let shoebox = Shoebox::with(&[]).await;
    let file = picture::png(4, 4);
    let waiting = pending(&shoebox, &file).await;
    let key = format!("images/ann/{}/object", text(&waiting, "image_id"));
    let record = |key: &str| {
        json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventName": "ObjectCreated:Put",
            "eventTime": "2026-01-31T12:00:00.123Z",
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "ingest",
                "bucket": { "name": shoebox.stores.bucket, "arn": "arn:aws:s3:::b" },
                "object": { "key": key, "size": file.len(), "eTag": "x", "sequencer": "0A1B2C3D4E5F678901" },
            },
        })
    };
    let ingest = Function::start("ingest", &shoebox).await;
    // An event of an object that is not there yet, one of somebody else's, and the test event.
    let events = json!({ "Records": [record(&key), record("other/x")] });
    let summary: Value = ingest.answer(&events).await;
    assert_eq!(
        summary,
        json!({ "published": 0, "rejected": 0, "removed": 0, "ignored": 2 })
    );
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b" });
    let summary: Value = ingest.answer(&test).await;
    assert_eq!(summary["ignored"], 0);
    // Whichever of the two functions is first, the image is shown, once.
    let put = shoebox
        .stores
        .s3
        .put_object()
        .bucket(&shoebox.stores.bucket)
        .key(&key);
    let put = put.content_type("image/png").body(file.clone().into());
    put.send().await.unwrap();
    let summary: Value = ingest.answer(&events).await;
    assert_eq!(summary["rejected"], 0, "{summary}");
    let image = shoebox
        .image("ann", &text(&waiting, "image_id"))
        .await
        .json();
    shoebox.stores.assert_stored(&image, &file).await;
    // What cannot be read is a failure, so that it is delivered again.
    let unreadable = ingest.handle(&json!({ "Records": 7 })).await;
    let error = unreadable.unwrap_err().to_string();
    assert!(error.starts_with("the function failed: "), "{error}");

    let sweep = Function::start("sweep", &shoebox).await;
    let tick = json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "123456789012", "time": "2026-01-31T12:00:00Z", "region": "us-east-1",
        "resources": [], "detail": {},
    });
    let before = shoebox.stores.rows().await.len();
    let report: Value = sweep.answer(&tick).await;
    assert!(
        report
            .as_object()
            .unwrap()
            .values()
            .all(|count| *count == 0 || !count.is_number()),
        "{report}"
    );
    assert_eq!(shoebox.stores.rows().await.len(), before);
    shoebox.stores.assert_stored(&image, &file).await;

    let told: Value = serde_json::from_str(sweep.log().await.trim()).unwrap();
    assert_eq!(
        (&told["operation"], &told["backlog"]),
        (&json!("sweep"), &json!(0))
    );
    let metrics = told["_aws"]["CloudWatchMetrics"][0]["Metrics"]
        .as_array()
        .unwrap();
    let backlog = json!({ "Name": "backlog", "Unit": "Count" });
    assert!(metrics.contains(&backlog), "{told}");
}

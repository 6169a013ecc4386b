//! What each operation asks of the stores, in calls and capacity units: the numbers of the cost table in
//! `docs/STORAGE.md`.

use std::fmt::Write as _;
use std::sync::Arc;

use local::Options;
use serde_json::{Value, json};
use shoebox_tests::meter::{Consumed, Meter};
use shoebox_tests::shoebox::text;
use shoebox_tests::{Shoebox, picture};

const USER: &str = "ann";

/// A service before stores that are counted.
struct Counted {
    shoebox: Shoebox,
    meter: Meter,
    report: String,
}

impl Counted {
    async fn start() -> Self {
        let meter = Meter::start().await;
        let counted = |name: &str| (name.to_owned(), meter.url());
        let options = Options {
            variables: vec![
                counted("AWS_ENDPOINT_URL_S3"),
                counted("AWS_ENDPOINT_URL_DYNAMODB"),
            ],
            // They would be counted, and complete a direct upload first.
            has_events: false,
            ..Options::default()
        };
        let running = local::start(options).await.unwrap();
        meter.pass_on_to(&running.aws_url);
        Self {
            shoebox: Shoebox::over(Arc::new(running)),
            meter,
            report: String::new(),
        }
    }

    /// Calls an operation and gives its answer with what it asked of the stores.
    async fn call(&self, method: &str, path: &str, body: &Value) -> (Value, Consumed) {
        let _before = self.meter.take();
        let call = self.shoebox.call(method, path).user(USER);
        let answer = match body {
            Value::Null => call.send().await,
            body => call.json(body).await,
        };
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        (answer.json(), self.meter.take())
    }

    /// Calls an operation and compares what it asked of the stores.
    async fn costs(
        &mut self,
        name: &str,
        (method, path, body): (&str, &str, &Value),
        (calls, write_units, read_units): (&str, f64, f64),
    ) -> Value {
        let (answer, found) = self.call(method, path, body).await;
        let calls_found = found.calls.join(", ");
        let line = (found.write_units, found.read_units);
        writeln!(self.report, "{name}: {calls_found}: {line:?}").unwrap();
        assert_eq!(
            (calls_found.as_str(), line),
            (calls, (write_units, read_units)),
            "{}",
            self.report
        );
        answer
    }
}

fn upload(visibility: &str, tags: &[&str]) -> Value {
    json!({
        "file_data": picture::base64(&picture::gif(1, 1)), "filename": "harbour.gif", "visibility": visibility,
        "tags": tags, "category": "travel",
    })
}

const TAGS: [&str; 5] = ["harbour", "evening", "boats", "summer", "north"];
const UPLOAD: &str = "PutItem, S3 PUT, TransactWriteItems";
const DELETE: &str = "GetItem, TransactWriteItems, S3 POST, UpdateItem";

#[tokio::test(flavor = "multi_thread")]
async fn uploads_changes_and_deletes_cost_what_the_documentation_says() {
    let mut service = Counted::start().await;
    let none = Value::Null;
    let create = ("POST", "/images");
    let mut paths = Vec::new();
    for (visibility, write_units) in [("private", 21.0), ("public", 37.0)] {
        let body = upload(visibility, &TAGS);
        let name = format!("upload, {visibility}");
        let costs = service.costs(
            &name,
            (create.0, create.1, &body),
            (UPLOAD, write_units, 0.0),
        );
        paths.push(format!("/images/{}", text(&costs.await, "image_id")));
    }
    let [private, public] = [paths[0].as_str(), paths[1].as_str()];
    let described = json!({ "description": "At dusk" });
    let retagged = json!({ "tags": ["harbour", "evening", "boats", "summer", "south"] });
    let change = "GetItem, TransactWriteItems";
    for (name, call, cost) in [
        ("get", ("GET", private, &none), ("GetItem", 0.0, 1.0)),
        (
            "patch, private",
            ("PATCH", private, &described),
            (change, 18.0, 1.0),
        ),
        (
            "patch of a tag, public",
            ("PATCH", public, &retagged),
            (change, 38.0, 1.0),
        ),
        (
            "delete, private",
            ("DELETE", private, &none),
            (DELETE, 22.0, 1.0),
        ),
        (
            "delete, public",
            ("DELETE", public, &none),
            (DELETE, 38.0, 1.0),
        ),
    ] {
        service.costs(name, call, cost).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn direct_uploads_cost_what_the_documentation_says() {
    let mut service = Counted::start().await;
    let bytes = picture::gif(1, 1);
    let mut declared = upload("private", &TAGS);
    declared["content_type"] = "image/gif".into();
    declared["size"] = bytes.len().into();
    let ask = ("POST", "/images/uploads", &declared);
    let started = service
        .costs("direct upload", ask, ("PutItem", 2.0, 0.0))
        .await;
    let headers = started["upload"]["headers"].as_object().unwrap();
    let put = (service.shoebox).call("PUT", &text(&started["upload"], "url"));
    let put = headers.iter().fold(put, |put, (name, value)| {
        put.header(name, value.as_str().unwrap())
    });
    let put = put.bytes(bytes).await;
    assert_eq!(put.status, 200, "{put:?}");
    let complete = format!("/images/{}/complete", text(&started, "image_id"));
    let complete = ("POST", complete.as_str(), &Value::Null);
    let calls = "GetItem, S3 GET, TransactWriteItems";
    service
        .costs("complete", complete, (calls, 19.0, 1.0))
        .await;
    service
        .costs("complete again", complete, ("GetItem", 0.0, 1.0))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_cost_what_the_documentation_says() {
    let mut service = Counted::start().await;
    let body = upload("public", &TAGS);
    for _ in 0..21 {
        let create = ("POST", "/images", &body);
        service.costs("upload", create, (UPLOAD, 37.0, 0.0)).await;
    }
    let page = "/images?user_id=ann&visibility=public&limit=20";
    for path in [page.to_owned(), format!("{page}&tags=harbour")] {
        let get = ("GET", path.as_str(), &Value::Null);
        service.costs(&path, get, ("Query", 0.0, 2.0)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_filters_at_once_cost_what_the_documentation_says() {
    let service = Counted::start().await;
    let tags: Vec<String> = (0..20).map(|n| format!("t{n}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let body = upload("public", &tags);
    for _ in 0..30 {
        service.call("POST", "/images", &body).await;
    }
    let tags = tags.join(",");
    let mut report = Vec::new();
    // How the images spread over the shards is chance, so these are bounds.
    for (name, query, most) in [
        ("feed", String::new(), 16_u32),
        (
            "feed, two filters",
            "tags=t1&category=travel".to_owned(),
            20,
        ),
        (
            "feed, 22 filters",
            format!("tags={tags}&category=travel&content_type=image/gif"),
            40,
        ),
        (
            "feed, any of 20 tags",
            format!("tags={tags}&tag_mode=any"),
            320,
        ),
        ("user, 20 tags", format!("user_id=ann&tags={tags}"), 42),
    ] {
        let path = format!("/images?{query}");
        let (_page, found) = service.call("GET", &path, &Value::Null).await;
        let queries = found.calls.len();
        let units = found.read_units;
        assert!(found.calls.iter().all(|call| call == "Query"), "{found:?}");
        report.push(format!("{name}: {queries} Query, {units} units"));
        let is_within = queries <= most as usize && units <= f64::from(most);
        assert!(is_within, "{report:#?}");
        assert!(found.most_at_once <= 32, "{name}: {}", found.most_at_once);
    }
}

//! What each operation asks of the stores, in calls and capacity units: the numbers of the cost table in
//! `docs/STORAGE.md`. The functions run against the embedded stores through a proxy that asks DynamoDB for the
//! consumed capacity and counts.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine as _;
use bytes::Bytes;
use local::gateway::{Gateway, INTEGRATION_TIMEOUT};
use local::{Options, Running, dynamodb_client, s3_client, store_credentials};
use serde_json::{Value, json};
use shoebox_core::config::Environment;
use tokio::runtime::Handle;

use crate::support::{json_of, request, send};

/// A GIF of one pixel.
const PIXEL: &str = "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==";

/// What was asked of the stores.
#[derive(Debug, Default, Clone, PartialEq)]
struct Tally {
    /// Operations in their order.
    calls: Vec<String>,
    /// Write capacity units, those of the index included.
    write_units: f64,
    /// Read capacity units.
    read_units: f64,
    /// How many calls are under way, and the most that were.
    under_way: usize,
    most_at_once: usize,
}

#[derive(Clone)]
struct Proxy {
    upstream: String,
    tally: Arc<Mutex<Tally>>,
}

async fn pass_on(State(proxy): State<Proxy>, request: Request) -> Response {
    {
        let mut tally = proxy.tally.lock().unwrap();
        tally.under_way += 1;
        tally.most_at_once = tally.most_at_once.max(tally.under_way);
    }
    let response = counted(&proxy, request).await;
    proxy.tally.lock().unwrap().under_way -= 1;
    response
}

async fn counted(proxy: &Proxy, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let target = parts.headers.get("x-amz-target");
    let target = target.map(|value| {
        value
            .to_str()
            .unwrap()
            .rsplit_once('.')
            .unwrap()
            .1
            .to_owned()
    });
    let path = parts.uri.path_and_query().unwrap().as_str();
    let mut onward = http::Request::builder()
        .method(parts.method.clone())
        .uri(format!("{}{path}", proxy.upstream));
    for (name, value) in &parts.headers {
        if name != "content-length" {
            onward = onward.header(name, value);
        }
    }
    let body = if target.is_some() {
        let mut asked: Value = serde_json::from_slice(&body).unwrap();
        asked["ReturnConsumedCapacity"] = "TOTAL".into();
        Bytes::from(asked.to_string())
    } else {
        body
    };
    let answer = send(onward.body(body).unwrap()).await;
    let mut tally = proxy.tally.lock().unwrap();
    match target {
        None => tally.calls.push(format!("S3 {}", parts.method)),
        Some(name) => {
            let units = units(&json_of(&answer)["ConsumedCapacity"]);
            if ["GetItem", "BatchGetItem", "Query"].contains(&name.as_str()) {
                tally.read_units += units;
            } else {
                tally.write_units += units;
            }
            tally.calls.push(name);
        }
    }
    answer.map(Body::from)
}

/// One consumed capacity, or a list of them.
fn units(consumed: &Value) -> f64 {
    match consumed {
        Value::Array(all) => all.iter().map(units).sum(),
        one => one["CapacityUnits"].as_f64().unwrap_or_default(),
    }
}

async fn proxy_before(upstream: &str, tally: &Arc<Mutex<Tally>>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = Proxy {
        upstream: upstream.to_owned(),
        tally: Arc::clone(tally),
    };
    let router = Router::new().fallback(pass_on).with_state(proxy);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// The functions before stores that are counted.
struct Counted {
    gateway: Gateway,
    tally: Arc<Mutex<Tally>>,
    report: String,
    _running: Running,
}

impl Counted {
    async fn start() -> Self {
        let running = local::start(Options::default()).await.unwrap();
        let tally = Arc::new(Mutex::new(Tally::default()));
        let s3_url = proxy_before(&running.aws_url, &tally).await;
        let dynamodb_url = proxy_before(&running.dynamodb_url, &tally).await;
        // A table of its own, so that the server's own event functions do not get there first.
        let (bucket, table) = (running.bucket.as_str(), "counted");
        let s3 = s3_client(&running.aws_url, store_credentials());
        let dynamodb = dynamodb_client(&running.dynamodb_url, store_credentials());
        let made = local::resources::create(&s3, &dynamodb, bucket, table);
        made.await.unwrap();
        let environment = Environment::from_iter([
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL_S3", &s3_url),
            ("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb_url),
            ("PUBLIC_S3_ENDPOINT_URL", &running.aws_url),
            ("BUCKET_NAME", bucket),
            ("TABLE_NAME", table),
        ]);
        let functions = local::mount(&environment).unwrap();
        Self {
            gateway: Gateway::new(functions, Handle::current(), INTEGRATION_TIMEOUT),
            tally,
            report: String::new(),
            _running: running,
        }
    }

    /// Calls an operation and compares what it asked of the stores.
    async fn costs(
        &mut self,
        name: &str,
        (method, path, body): (&str, &str, &Value),
        (calls, write_units, read_units): (&str, f64, f64),
    ) -> Value {
        *self.tally.lock().unwrap() = Tally::default();
        let mut call = request(method, path, body.to_string());
        let headers = call.headers_mut();
        headers.insert("content-type", "application/json".parse().unwrap());
        headers.insert("x-user-id", "ann".parse().unwrap());
        let answer = self.gateway.call(call).await;
        assert!(answer.status().is_success(), "{name}: {answer:?}");
        let found = self.tally.lock().unwrap().clone();
        let calls_found = found.calls.join(", ");
        let line = (found.write_units, found.read_units);
        writeln!(self.report, "{name}: {calls_found}: {line:?}").unwrap();
        assert_eq!(
            (calls_found.as_str(), line),
            (calls, (write_units, read_units)),
            "{}",
            self.report
        );
        json_of(&answer)
    }
}

fn upload(visibility: &str) -> Value {
    json!({
        "file_data": PIXEL, "filename": "harbour.gif", "visibility": visibility,
        "tags": ["harbour", "evening", "boats", "summer", "north"], "category": "travel",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_costs_what_the_documentation_says() {
    const UPLOAD: &str = "PutItem, S3 PUT, TransactWriteItems";
    const DELETE: &str = "GetItem, TransactWriteItems, S3 POST, UpdateItem";
    let mut service = Counted::start().await;
    let none = Value::Null;

    let private = upload("private");
    let uploaded = service
        .costs(
            "upload, private",
            ("POST", "/images", &private),
            (UPLOAD, 21.0, 0.0),
        )
        .await;
    let public = upload("public");
    let shown = service
        .costs(
            "upload, public",
            ("POST", "/images", &public),
            (UPLOAD, 37.0, 0.0),
        )
        .await;
    let private = format!("/images/{}", uploaded["image_id"].as_str().unwrap());
    let public = format!("/images/{}", shown["image_id"].as_str().unwrap());

    service
        .costs("get", ("GET", &private, &none), ("GetItem", 0.0, 1.0))
        .await;
    let described = json!({"description": "At dusk"});
    service
        .costs(
            "patch, private",
            ("PATCH", &private, &described),
            ("GetItem, TransactWriteItems", 18.0, 1.0),
        )
        .await;
    let retagged = json!({"tags": ["harbour", "evening", "boats", "summer", "south"]});
    service
        .costs(
            "patch of a tag, public",
            ("PATCH", &public, &retagged),
            ("GetItem, TransactWriteItems", 38.0, 1.0),
        )
        .await;
    service
        .costs(
            "delete, private",
            ("DELETE", &private, &none),
            (DELETE, 22.0, 1.0),
        )
        .await;
    service
        .costs(
            "delete, public",
            ("DELETE", &public, &none),
            (DELETE, 38.0, 1.0),
        )
        .await;

    let bytes = base64::engine::general_purpose::STANDARD
        .decode(PIXEL)
        .unwrap();
    let mut declared = upload("private");
    declared["content_type"] = "image/gif".into();
    declared["size"] = bytes.len().into();
    let started = service
        .costs(
            "direct upload",
            ("POST", "/images/uploads", &declared),
            ("PutItem", 2.0, 0.0),
        )
        .await;
    let mut put = http::Request::put(started["upload"]["url"].as_str().unwrap());
    for (name, value) in started["upload"]["headers"].as_object().unwrap() {
        put = put.header(name, value.as_str().unwrap());
    }
    let put = send(put.body(bytes.into()).unwrap()).await;
    assert!(put.status().is_success(), "{put:?}");
    let complete = format!("/images/{}/complete", started["image_id"].as_str().unwrap());
    let path = ("POST", complete.as_str(), &none);
    service
        .costs(
            "complete",
            path,
            ("GetItem, S3 GET, TransactWriteItems", 19.0, 1.0),
        )
        .await;
    service
        .costs("complete again", path, ("GetItem", 0.0, 1.0))
        .await;

    let page = "/images?user_id=ann&visibility=public&limit=20";
    for _ in 0..21 {
        let upload = upload("public");
        let path = ("POST", "/images", &upload);
        service.costs("upload", path, (UPLOAD, 37.0, 0.0)).await;
    }
    service
        .costs("page of 20", ("GET", page, &none), ("Query", 0.0, 2.0))
        .await;
    let tagged = format!("{page}&tags=harbour");
    let path = ("GET", tagged.as_str(), &none);
    service
        .costs("page of 20, one tag", path, ("Query", 0.0, 2.0))
        .await;
}

/// What a page asks of the table: the number of Queries, and read units.
async fn page_cost(service: &Counted, query: &str) -> (usize, f64) {
    let most_at_once = service.tally.lock().unwrap().most_at_once;
    *service.tally.lock().unwrap() = Tally {
        most_at_once,
        ..Tally::default()
    };
    let call = request("GET", &format!("/images?{query}"), "");
    let answer = service.gateway.call(call).await;
    assert!(answer.status().is_success(), "{query}: {answer:?}");
    let found = service.tally.lock().unwrap().clone();
    assert!(
        found.calls.iter().all(|call| call == "Query"),
        "{:?}",
        found.calls
    );
    (found.calls.len(), found.read_units)
}

#[tokio::test(flavor = "multi_thread")]
async fn many_filters_at_once_cost_what_the_documentation_says() {
    let service = Counted::start().await;
    let tags: Vec<String> = (0..20).map(|n| format!("t{n}")).collect();
    for _ in 0..30 {
        let mut upload = upload("public");
        upload["tags"] = json!(tags);
        let mut call = request("POST", "/images", upload.to_string());
        let headers = call.headers_mut();
        headers.insert("content-type", "application/json".parse().unwrap());
        headers.insert("x-user-id", "ann".parse().unwrap());
        let answer = service.gateway.call(call).await;
        assert!(answer.status().is_success(), "{answer:?}");
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
        let (queries, units) = page_cost(&service, &query).await;
        report.push(format!("{name}: {queries} Query, {units} units"));
        let most_units = f64::from(most);
        assert!(
            queries <= most as usize && units <= most_units,
            "{report:#?}"
        );
    }
    let most_at_once = service.tally.lock().unwrap().most_at_once;
    assert!(most_at_once <= 32, "{most_at_once}");
}

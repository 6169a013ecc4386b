use serde_json::{Value, json};
use shoebox_core::Faults;

use super::*;
use crate::form::UploadForm;

const ID: &str = "0192f0c1-8b6a-7000-8000-00000000000a";

/// Lambda's id of the invocation.
const INVOCATION: &str = "8f507cfc-xmpl-4697-b07a-ac58fc914c95";

const EVENTS: [(&str, &str); 5] = [
    ("rest", include_str!("events/rest_v1.json")),
    ("http api", include_str!("events/http_api_v2.json")),
    ("function url", include_str!("events/function_url.json")),
    ("alb", include_str!("events/alb.json")),
    (
        "alb, multi-value",
        include_str!("events/alb_multi_value.json"),
    ),
];

const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        pattern: "/images/{id}",
        operation: "get_image",
    },
    Route {
        method: "DELETE",
        pattern: "/images/{id}",
        operation: "delete_image",
    },
    Route {
        method: "POST",
        pattern: "/images",
        operation: "upload_images",
    },
];

#[derive(Debug)]
struct Nothing;

impl FromEnvironment for Nothing {
    fn from_environment(_environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

/// Runs one event through a handler as Lambda does, on a clock that leaps over all waiting.
fn answer<F>(event: &str, handle: impl Fn(Call) -> F + Clone) -> (Response<Body>, Value)
where
    F: Future<Output = Result<Reply, Failure>>,
{
    answer_in(&Environment::default(), event, handle)
}

/// As [`answer`], with variables.
fn answer_in<F>(
    environment: &Environment,
    event: &str,
    handle: impl Fn(Call) -> F + Clone,
) -> (Response<Body>, Value)
where
    F: Future<Output = Result<Reply, Failure>>,
{
    let handle = |_state: Arc<Nothing>, call: Call| handle(call);
    let service = Service::new(ROUTES, handle, environment).unwrap();
    let mut context = Context::default();
    context.request_id = INVOCATION.to_owned();
    let deadline = SystemTime::now() + Duration::from_mins(1);
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    context.deadline = u64::try_from(deadline.as_millis()).unwrap();
    let request = lambda_http::request::from_str(event).unwrap();
    let request = request.with_lambda_context(context);
    let mut clock = tokio::runtime::Builder::new_current_thread();
    let runtime = clock.enable_time().start_paused(true).build().unwrap();
    let response = runtime.block_on(respond(&service, request));
    let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    (response, body)
}

/// Shows a handler's view of a call.
async fn describe(call: Call) -> Result<Reply, Failure> {
    let mut faults = Faults::default();
    let seen = json!({
        "operation": call.operation,
        "id": call.image_id()?.to_string(),
        "tags": call.query.all("tags").collect::<Vec<_>>(),
        "q": call.query.all("q").collect::<Vec<_>>(),
        "body": String::from_utf8_lossy(&call.body),
        "user": call.reader(&mut faults).user_id().map(ToString::to_string),
        "image": call.preferences().image_over_json(),
        "request_id": call.request_id,
        "inline_limit": call.inline_limit_bytes,
        "url": call.image_url(call.image_id()?),
    });
    Reply::json(http::StatusCode::OK, &seen)
}

fn rest_event(method: &str, path: &str) -> String {
    let mut event: Value = serde_json::from_str(EVENTS[0].1).unwrap();
    event["httpMethod"] = method.into();
    event["requestContext"]["httpMethod"] = method.into();
    event["path"] = path.into();
    event["requestContext"]["path"] = format!("/local{path}").into();
    event.to_string()
}

#[test]
fn a_handler_that_takes_too_long_is_cut_off_and_the_client_told_to_repeat() {
    let event = rest_event("GET", &format!("/images/{ID}"));
    let (response, problem) = answer(&event, |_call| std::future::pending());
    assert_eq!(response.status(), 503);
    assert_eq!(problem["code"], "out_of_time");
    assert!(response.headers().contains_key("retry-after"));
}

#[test]
fn every_kind_of_event_is_the_same_call() {
    for (kind, event) in EVENTS {
        let (response, seen) = answer(event, describe);
        assert_eq!(response.status(), 200, "{kind}: {seen}");
        assert_eq!(seen["operation"], "get_image", "{kind}");
        assert_eq!(seen["id"], ID, "{kind}");
        assert_eq!(seen["body"], "body", "{kind}");
        assert_eq!(seen["user"], "ann", "{kind}");
        assert_eq!(seen["image"], true, "{kind}");
        assert_eq!(seen["q"], json!(["a&b=c"]), "{kind}");
        // A load balancer without multi-value headers joins repeated parameters itself.
        let tags = match kind {
            "alb" => json!(["a,b,c,d e"]),
            _ => json!(["a", "b,c", "d e"]),
        };
        assert_eq!(seen["tags"], tags, "{kind}");
        let request_id = match kind {
            "alb" | "alb, multi-value" => INVOCATION,
            _ => "6f1f4a52-9d1c-4f0e-8a55-0e9d3a1f7c11",
        };
        assert_eq!(seen["request_id"], request_id, "{kind}");
        let base = match kind {
            "function url" => "https://u1.lambda-url.us-east-1.on.aws",
            "alb" | "alb, multi-value" => "http://img.example.com/api/v1",
            _ => "https://a1b2c3.execute-api.us-east-1.amazonaws.com/local",
        };
        let limit = match kind {
            "alb" | "alb, multi-value" => 719_280,
            _ => 4_687_872,
        };
        assert_eq!(seen["inline_limit"], limit, "{kind}");
        assert_eq!(seen["url"], format!("{base}/images/{ID}"), "{kind}");
    }
}

#[test]
fn links_begin_with_the_public_base_url_where_one_is_set() {
    let environment = Environment::from_iter([("PUBLIC_BASE_URL", "https://img.example/a/")]);
    for (kind, event) in EVENTS {
        let (_, seen) = answer_in(&environment, event, describe);
        let expected = format!("https://img.example/a/images/{ID}");
        assert_eq!(seen["url"], expected, "{kind}");
    }
}

#[test]
fn head_is_answered_as_get_without_a_body() {
    let (response, _) = answer(&rest_event("HEAD", &format!("/images/{ID}")), describe);
    assert_eq!(response.status(), 200);
    assert_eq!(*response.body(), Body::Empty);
    assert_ne!(response.headers()["content-length"], "0");
}

#[test]
fn what_cannot_be_routed_is_a_problem_document() {
    for (method, path, status, code) in [
        ("GET", "/images/42".to_owned(), 404, "image_not_found"),
        ("PUT", "/images/42".to_owned(), 404, "image_not_found"),
        ("GET", "/elsewhere".to_owned(), 404, "path_not_found"),
        ("GET", format!("/images/{ID}/more"), 404, "path_not_found"),
        ("PUT", format!("/images/{ID}"), 405, "method_not_allowed"),
        ("GET", "/images".to_owned(), 405, "method_not_allowed"),
    ] {
        let (response, body) = answer(&rest_event(method, &path), describe);
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(body["code"], code, "{method} {path}");
        assert_eq!(body["request_id"], "6f1f4a52-9d1c-4f0e-8a55-0e9d3a1f7c11");
        let allow = response
            .headers()
            .get("allow")
            .map(|value| value.to_str().unwrap());
        let expected = match (status, path.as_str()) {
            (405, "/images") => Some("POST"),
            (405, _) => Some("GET, HEAD, DELETE"),
            _ => None,
        };
        assert_eq!(allow, expected);
    }
}

#[test]
fn a_panic_is_a_500_and_the_next_call_is_answered() {
    async fn panicking(call: Call) -> Result<Reply, Failure> {
        assert!(call.head, "only HEAD survives");
        describe(call).await
    }
    let path = format!("/images/{ID}");
    let (response, body) = answer(&rest_event("GET", &path), panicking);
    assert_eq!(response.status(), 500);
    assert_eq!(body["detail"], "The service failed.");
    let (response, _) = answer(&rest_event("HEAD", &path), panicking);
    assert_eq!(response.status(), 200);
}

fn upload(
    content_type: Option<&str>,
    query: &Value,
    headers: &[(&str, &str)],
    body: &str,
) -> Value {
    async fn read(mut call: Call) -> Result<Reply, Failure> {
        let mut faults = Faults::default();
        let form = UploadForm::read(&mut call, &mut faults).await?;
        let user = call.user(form.fields.user_id.as_deref(), &mut faults);
        faults.or(())?;
        let file = &form.files[0];
        let seen = json!({
            "user": user.map(|user| user.to_string()),
            "tags": form.fields.tags,
            "attribute": form.fields.filename,
            "filename": file.filename,
            "type": file.declared_type,
            "bytes": String::from_utf8_lossy(&file.bytes),
            "left": call.body.len(),
        });
        Reply::json(http::StatusCode::OK, &seen)
    }
    let mut event: Value = serde_json::from_str(&rest_event("POST", "/images")).unwrap();
    let mut all: serde_json::Map<String, Value> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!([value])))
        .collect();
    if let Some(content_type) = content_type {
        all.insert("content-type".to_owned(), json!([content_type]));
    }
    event["headers"] = json!({});
    event["multiValueHeaders"] = all.into();
    event["queryStringParameters"] = json!({});
    event["multiValueQueryStringParameters"] = query.clone();
    event["body"] = body.into();
    event["isBase64Encoded"] = false.into();
    answer(&event.to_string(), read).1
}

#[test]
fn raw_bytes_take_their_attributes_from_query_and_headers() {
    let ann = ("x-user-id", "ann");
    let named = ("content-disposition", "attachment; filename=\"c.png\"");
    let query = json!({ "tags": ["a", "b"], "filename": ["q.png"] });
    let seen = upload(Some("image/png"), &query, &[ann, named], "PNG");
    assert_eq!(
        seen,
        json!({
            "user": "ann", "tags": ["a", "b"], "attribute": "q.png", "filename": "c.png",
            "type": "image/png", "bytes": "PNG", "left": 0,
        })
    );
    let seen = upload(Some("application/octet-stream"), &json!({}), &[ann], "PNG");
    assert_eq!(
        (&seen["type"], &seen["filename"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn an_upload_without_a_form_or_a_user_says_what_is_missing() {
    for content_type in [
        None,
        Some("text/plain"),
        Some("nonsense"),
        Some("multipart/mixed; boundary=b"),
    ] {
        let problem = upload(content_type, &json!({}), &[], "x");
        assert_eq!(problem["status"], 415, "{content_type:?}");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("multipart/form-data")
        );
    }
    let lenient = upload(Some("image/*;"), &json!({}), &[("x-user-id", "ann")], "x");
    assert_eq!(
        (&lenient["type"], &lenient["bytes"]),
        (&Value::Null, &json!("x"))
    );
    let problem = upload(Some("application/json;"), &json!({}), &[], "{}");
    assert_eq!(problem["errors"][0]["field"], "file_data");
    assert_eq!(problem["errors"][1]["field"], "user_id");
    let problem = upload(Some("application/json"), &json!({}), &[], "{");
    assert_eq!(problem["code"], "malformed_body");
}

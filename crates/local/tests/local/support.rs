//! What several tests need: functions of their own behind a gateway, and a plain HTTP client.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lambda_http::{Body, RequestExt as _};
use local::gateway::{Function, Gateway, INTEGRATION_TIMEOUT};
use serde_json::{Value, json};
use shoebox_http::Route;
use tokio::runtime::Handle;

const fn route(method: &'static str, pattern: &'static str) -> Route {
    Route {
        method,
        pattern,
        operation: "test",
    }
}

/// A PNG of four by three pixels, in base64.
pub(crate) const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAIAAAA7ljmRAAAAGUlEQVR42mP4UGEDRwwfFgTAEcOHEylwBACmFhaBlHvFMgAAAABJRU5ErkJggg==";

/// Two functions that share paths, as the service's own do.
pub(crate) const WRITER_ROUTES: &[Route] = &[
    route("POST", "/images"),
    route("POST", "/images/uploads"),
    route("DELETE", "/images/{id}"),
];
pub(crate) const READER_ROUTES: &[Route] = &[
    route("GET", "/images"),
    route("GET", "/images/{id}"),
    route("GET", "/images/{id}/content"),
];

/// Answers with what the function was told.
fn echo(name: &'static str, request: &lambda_http::Request) -> lambda_http::Response<Body> {
    let told = json!({
        "function": name,
        "method": request.method().as_str(),
        "path": request.raw_http_path(),
        "uri": request.uri().to_string(),
        "id": request.path_parameters_ref().and_then(|parameters| parameters.first("id")),
        "body_bytes": request.body().len(),
        "body_is_binary": matches!(request.body(), Body::Binary(_)),
        "request_id": request.lambda_context_ref().map(|context| context.request_id.clone()),
    });
    lambda_http::Response::builder()
        .header("content-type", "application/json")
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2")
        .body(Body::Text(told.to_string()))
        .unwrap()
}

pub(crate) fn echo_gateway() -> Gateway {
    let function = |name, routes| {
        Function::new(
            name,
            routes,
            move |request| async move { echo(name, &request) },
        )
    };
    let functions = vec![
        function("writer", WRITER_ROUTES),
        function("reader", READER_ROUTES),
    ];
    Gateway::new(functions, Handle::current(), INTEGRATION_TIMEOUT)
}

/// A gateway before one function of `GET /images`, among others.
pub(crate) fn gateway_before<H, F>(timeout: Duration, handle: H) -> Gateway
where
    H: Fn(lambda_http::Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = lambda_http::Response<Body>> + Send + 'static,
{
    let function = Function::new("reader", READER_ROUTES, handle);
    Gateway::new(vec![function], Handle::current(), timeout)
}

pub(crate) fn request(method: &str, uri: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("host", "localhost");
    request.body(body.into()).unwrap()
}

pub(crate) fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

/// Sends a request over a connection of its own.
pub(crate) async fn send(request: Request<Bytes>) -> Response<Bytes> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request.map(Full::new)).await.unwrap();
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

pub(crate) async fn get(url: &str) -> Response<Bytes> {
    send(Request::get(url).body(Bytes::new()).unwrap()).await
}

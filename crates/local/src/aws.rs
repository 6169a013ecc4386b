//! The AWS endpoint: DynamoDB, S3 and the emulator's paths of the API behind one port, told apart as
//! `LocalStack` does.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::{Json, Router};
use http::header::{CONNECTION, HOST, ORIGIN, TRANSFER_ENCODING};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::gateway::{Gateway, Refusal};
use crate::guard::{Guard, Stranger};
use crate::ingress;
use crate::s3::S3;

/// The header by which a request says that it is for DynamoDB.
const TARGET: &str = "x-amz-target";

/// Where the emulator's tools ask whether it runs.
const HEALTH_PATH: &str = "/_localstack/health";

/// What the endpoint passes requests to.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) gateway: Gateway,
    pub(crate) guard: Guard,
    pub(crate) s3: S3,
    pub(crate) dynamodb: SocketAddr,
}

#[derive(Clone)]
struct Shared {
    endpoint: Endpoint,
    client: Client<HttpConnector, Body>,
}

/// The endpoint's router.
pub(crate) fn router(endpoint: Endpoint) -> Router {
    let client = Client::builder(TokioExecutor::new()).build_http();
    Router::new()
        .fallback(answer)
        .with_state(Shared { endpoint, client })
}

async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let guard = &shared.endpoint.guard;
    if let Err(stranger) = guard.admit_host(&request) {
        return refuse(stranger);
    }
    let path = request.uri().path();
    if path == HEALTH_PATH {
        return health();
    }
    if Gateway::is_emulator_path(path) {
        if let Err(stranger) = guard.admit(&request) {
            return refuse(stranger);
        }
        return ingress::forward(&shared.endpoint.gateway, peer, request).await;
    }
    if is_for_dynamodb(request.headers()) {
        return dynamodb(&shared, request).await;
    }
    // It goes by the rules of the bucket, which may let pages of other sites in.
    shared.endpoint.s3.call(request).await.map(Body::new)
}

fn refuse(stranger: Stranger) -> Response {
    Gateway::refuse(Refusal::stranger(stranger)).map(Body::from)
}

fn health() -> Response {
    let services = serde_json::json!({
        "apigateway": "running", "dynamodb": "running", "lambda": "running", "s3": "running",
    });
    let body = serde_json::json!({
        "services": services, "edition": "shoebox", "version": env!("CARGO_PKG_VERSION"),
    });
    axum::response::IntoResponse::into_response(Json(body))
}

fn is_for_dynamodb(headers: &HeaderMap) -> bool {
    let target = headers
        .get(TARGET)
        .map(HeaderValue::as_bytes)
        .unwrap_or_default();
    target.starts_with(b"DynamoDB_20120810.") || target.starts_with(b"DynamoDBStreams_20120810.")
}

/// Passes a request on. The database checks no signature, so a page in a browser must not reach it:
/// browsers always send `Origin` with such a request.
async fn dynamodb(shared: &Shared, mut request: Request) -> Response {
    if request.headers().contains_key(ORIGIN) {
        let detail = "Requests of web pages are not passed to DynamoDB.";
        return refusal(StatusCode::FORBIDDEN, "AccessDeniedException", detail);
    }
    let Ok(authority) = Authority::try_from(shared.endpoint.dynamodb.to_string()) else {
        return unavailable();
    };
    let mut uri = Uri::default().into_parts();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Some(authority);
    uri.path_and_query = Some(PathAndQuery::from_static("/"));
    let Ok(uri) = Uri::from_parts(uri) else {
        return unavailable();
    };
    *request.uri_mut() = uri;
    for connection_header in [CONNECTION, TRANSFER_ENCODING, HOST] {
        request.headers_mut().remove(connection_header);
    }
    match shared.client.request(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            tracing::error!(%error, "the tables do not answer");
            unavailable()
        }
    }
}

fn unavailable() -> Response {
    let detail = "The tables do not answer.";
    refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "ServiceUnavailable",
        detail,
    )
}

/// An error as SDKs read it from DynamoDB.
fn refusal(status: StatusCode, kind: &str, detail: &str) -> Response {
    let body = serde_json::json!({"__type": kind, "message": detail});
    let mut response = axum::response::IntoResponse::into_response(Json(body));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("application/x-amz-json-1.0");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, content_type);
    response
}

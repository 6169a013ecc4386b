//! The API's port: the pages, and everything else through the gateway.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::Method;

use crate::gateway::Gateway;
use crate::ingress;
use crate::pages::Pages;

#[derive(Clone)]
struct Shared {
    gateway: Gateway,
    pages: Arc<Pages>,
}

/// The router. `s3_url` is where the gallery may load and send images besides.
pub(crate) fn router(gateway: Gateway, s3_url: &str) -> Router {
    let pages = Arc::new(Pages::new(s3_url));
    Router::new()
        .fallback(answer)
        .with_state(Shared { gateway, pages })
}

async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    match shared.pages.find(request.uri().path()) {
        Some(page) if [Method::GET, Method::HEAD].contains(request.method()) => page,
        Some(_) => Gateway::refuse_method(request.method(), ["GET", "HEAD"]).map(Body::from),
        None => ingress::forward(&shared.gateway, peer, request).await,
    }
}

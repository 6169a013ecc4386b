//! The API's port: the pages, and everything else through the gateway.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::Method;

use crate::gateway::{Gateway, Refusal};
use crate::guard::Guard;
use crate::ingress;
use crate::pages::Pages;

#[derive(Clone)]
struct Shared {
    gateway: Gateway,
    guard: Guard,
    pages: Arc<Pages>,
}

/// The router. `s3_url` is where the gallery may load and send images besides.
pub(crate) fn router(gateway: Gateway, guard: Guard, s3_url: &str) -> Router {
    let pages = Arc::new(Pages::new(s3_url));
    Router::new().fallback(answer).with_state(Shared {
        gateway,
        guard,
        pages,
    })
}

async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    if let Err(stranger) = shared.guard.admit(&request) {
        return Gateway::refuse(Refusal::stranger(stranger)).map(Body::from);
    }
    match shared.pages.find(request.uri().path()) {
        Some(page) if [Method::GET, Method::HEAD].contains(request.method()) => page,
        Some(_) => {
            let allowed = ["GET", "HEAD"].into();
            let refusal = Refusal::method_not_allowed(request.method(), allowed);
            Gateway::refuse(refusal).map(Body::from)
        }
        None => ingress::forward(&shared.gateway, peer, request).await,
    }
}

//! The way of a request from a connection into the gateway: the body read whole, within its limit.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::header::EXPECT;
use http::{HeaderMap, Request, StatusCode};

use crate::gateway::{Gateway, MAX_GATEWAY_BODY_BYTES, Peer};

/// How much of a refused body is read and thrown away, so that its sender gets to read the answer.
const MAX_DRAIN_BYTES: usize = 256 * 1024 * 1024;

/// How long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_mins(1);

/// Why a body is not there.
enum Refusal {
    TooLarge,
    Broken,
}

/// Passes a request to the gateway.
pub(crate) async fn forward(
    gateway: &Gateway,
    peer: SocketAddr,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(BODY_TIMEOUT, read(&parts.headers, body));
    let answer = match read.await.unwrap_or(Err(Refusal::Broken)) {
        Ok(bytes) => {
            let mut request = Request::from_parts(parts, bytes);
            request.extensions_mut().insert(Peer(peer.ip()));
            gateway.call(request).await
        }
        Err(Refusal::TooLarge) => {
            Gateway::refuse(crate::gateway::Refusal::gateway_body_too_large())
        }
        Err(Refusal::Broken) => {
            let mut answer = http::Response::new(Bytes::new());
            *answer.status_mut() = StatusCode::REQUEST_TIMEOUT;
            answer
        }
    };
    answer.map(Body::from)
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let declared = http_body::Body::size_hint(&body).lower();
    let is_oversize = declared > MAX_GATEWAY_BODY_BYTES as u64;
    if is_oversize && headers.contains_key(EXPECT) {
        // The client waits for leave to send, so there is nothing to drain.
        return Err(Refusal::TooLarge);
    }
    let mut chunks = body.into_data_stream();
    let mut kept = BytesMut::new();
    let mut received = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::Broken)?;
        received = received.saturating_add(chunk.len());
        if is_oversize || received > MAX_GATEWAY_BODY_BYTES {
            kept = BytesMut::new();
            if received > MAX_DRAIN_BYTES {
                break;
            }
        } else {
            kept.extend_from_slice(&chunk);
        }
    }
    if is_oversize || received > MAX_GATEWAY_BODY_BYTES {
        return Err(Refusal::TooLarge);
    }
    Ok(kept.freeze())
}

//! The way of a request from a connection into the gateway: the body read whole, within its limit.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::header::EXPECT;
use http::{HeaderMap, Request};
use tokio::time::{Instant, timeout_at};

use crate::gateway::{Gateway, MAX_GATEWAY_BODY_BYTES, Peer, Refusal};

/// How much of a refused body is read and thrown away, so that its sender gets to read the answer.
const MAX_DRAIN_BYTES: usize = 256 * 1024 * 1024;

/// How long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_mins(1);

/// Passes a request to the gateway.
pub(crate) async fn forward(
    gateway: &Gateway,
    peer: SocketAddr,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match read(&parts.headers, body, Instant::now() + BODY_TIMEOUT).await {
        Ok(bytes) => {
            let mut request = Request::from_parts(parts, bytes);
            request.extensions_mut().insert(Peer(peer.ip()));
            gateway.call(request).await
        }
        Err(refusal) => Gateway::refuse(refusal),
    };
    answer.map(Body::from)
}

async fn read(headers: &HeaderMap, body: Body, deadline: Instant) -> Result<Bytes, Refusal> {
    let declared = http_body::Body::size_hint(&body).lower();
    let is_oversize = declared > MAX_GATEWAY_BODY_BYTES as u64;
    if is_oversize && headers.contains_key(EXPECT) {
        // The client waits for leave to send, so there is nothing to drain.
        return Err(Refusal::gateway_body_too_large());
    }
    let mut chunks = body.into_data_stream();
    if !is_oversize {
        let kept = timeout_at(deadline, keep(&mut chunks)).await;
        let kept = kept.map_err(|_| Refusal::body_too_slow())?;
        if let Some(bytes) = kept.map_err(|_| Refusal::body_broken())? {
            return Ok(bytes);
        }
    }
    // However far that comes, the answer is known.
    let _ = timeout_at(deadline, drain(&mut chunks)).await;
    Err(Refusal::gateway_body_too_large())
}

/// Reads a body to its end; none where it passes the limit.
async fn keep(chunks: &mut BodyDataStream) -> Result<Option<Bytes>, axum::Error> {
    let mut kept = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        kept.extend_from_slice(&chunk?);
        if kept.len() > MAX_GATEWAY_BODY_BYTES {
            return Ok(None);
        }
    }
    Ok(Some(kept.freeze()))
}

async fn drain(chunks: &mut BodyDataStream) {
    let mut left = MAX_DRAIN_BYTES;
    while let Some(Ok(chunk)) = chunks.next().await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http::StatusCode;

    type Chunk = Result<Bytes, std::io::Error>;

    /// What a client is answered whose body begins with these chunks and never ends.
    async fn answer_to(chunks: Vec<Chunk>) -> http::Response<Bytes> {
        let never_ending = stream::iter(chunks).chain(stream::pending());
        let body = Body::from_stream(never_ending);
        let soon = Instant::now() + Duration::from_millis(50);
        let refusal = read(&HeaderMap::new(), body, soon).await.unwrap_err();
        Gateway::refuse(refusal)
    }

    fn assert_problem(answer: &http::Response<Bytes>, status: StatusCode, code: &str) {
        assert_eq!(answer.status(), status);
        let content_type = &answer.headers()["content-type"];
        assert_eq!(content_type, "application/problem+json");
        let problem: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(problem["code"], code);
        let id = answer.headers()["x-amzn-requestid"].to_str().unwrap();
        assert_eq!(problem["request_id"], id);
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_in_time_is_a_problem_that_says_so() {
        let answer = answer_to(vec![Ok(Bytes::from_static(b"half"))]).await;
        assert_problem(&answer, StatusCode::REQUEST_TIMEOUT, "body_too_slow");
    }

    #[tokio::test]
    async fn a_body_that_passed_the_limit_is_413_even_if_its_rest_does_not_come() {
        let chunk = Bytes::from(vec![0; MAX_GATEWAY_BODY_BYTES / 2 + 1]);
        let answer = answer_to(vec![Ok(chunk.clone()), Ok(chunk)]).await;
        assert_problem(&answer, StatusCode::PAYLOAD_TOO_LARGE, "request_too_large");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_no_sound_request() {
        let broken = std::io::Error::other("broken");
        let answer = answer_to(vec![Ok(Bytes::from_static(b"half")), Err(broken)]).await;
        assert_problem(&answer, StatusCode::BAD_REQUEST, "malformed_body");
    }
}

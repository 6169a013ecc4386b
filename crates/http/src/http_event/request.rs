//! The request in an event.
//!
//! `lambda_http` makes a URL of host, path and query, and panics where they make none. A client behind a load
//! balancer can write any `Host`, and a function that panics is answered by 502. So the host, which no route needs,
//! is left out of the URL, and what is still none is refused.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::header::HOST;
use lambda_http::Request;
use lambda_http::aws_lambda_events::alb::AlbTargetGroupRequest;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use lambda_http::request::LambdaRequest;

/// The request; none where its parts make no URL.
pub(super) fn request_of(mut head: LambdaRequest) -> Option<Request> {
    let maps = match &mut head {
        LambdaRequest::ApiGatewayV1(event) => [
            Some(&mut event.headers),
            Some(&mut event.multi_value_headers),
        ],
        LambdaRequest::ApiGatewayV2(event) => [Some(&mut event.headers), None],
        LambdaRequest::Alb(event) => [
            Some(&mut event.headers),
            Some(&mut event.multi_value_headers),
        ],
        _ => [None, None],
    };
    let hosts = maps.map(|map| map.and_then(|map| map.remove(HOST)));
    let made = catch_unwind(AssertUnwindSafe(|| Request::from(head)));
    let mut request = made.ok()?;
    if let Some(host) = hosts.into_iter().flatten().next() {
        request.headers_mut().insert(HOST, host);
    }
    Some(request)
}

/// An empty event of the same gateway.
pub(super) fn empty_like(head: &LambdaRequest) -> LambdaRequest {
    match head {
        LambdaRequest::ApiGatewayV2(_) => {
            LambdaRequest::ApiGatewayV2(ApiGatewayV2httpRequest::default())
        }
        LambdaRequest::Alb(_) => LambdaRequest::Alb(AlbTargetGroupRequest::default()),
        _ => LambdaRequest::ApiGatewayV1(ApiGatewayProxyRequest::default()),
    }
}

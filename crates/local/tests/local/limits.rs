//! The limits of API Gateway and Lambda, at the bound and one past it.

use std::time::Duration;

use http::StatusCode;
use lambda_http::{Body, Response};
use local::gateway::{
    Gateway, INTEGRATION_TIMEOUT, InvokeError, MAX_GATEWAY_BODY_BYTES, MAX_HEADER_BYTES,
    MAX_LAMBDA_PAYLOAD_BYTES,
};

use crate::support::{echo_gateway, gateway_before, json_of, request};

const EVENT: &str = r#"{"resource":"/images","path":"/images","httpMethod":"GET","headers":{},
    "multiValueHeaders":{},"requestContext":{"stage":"local","requestId":"r","httpMethod":"GET"},
    "body":null,"isBase64Encoded":false}"#;

#[test]
fn the_limits_are_those_that_aws_documents() {
    assert_eq!(MAX_GATEWAY_BODY_BYTES, 10_485_760);
    assert_eq!(MAX_LAMBDA_PAYLOAD_BYTES, 6_291_456);
    assert_eq!(MAX_HEADER_BYTES, 10_240);
    assert_eq!(INTEGRATION_TIMEOUT, Duration::from_secs(29));
}

#[tokio::test]
async fn an_event_of_the_limit_is_taken_and_one_byte_more_is_not() {
    let gateway = echo_gateway();
    // White space after a JSON value is part of the text, so it pads without changing it.
    let padded = |bytes: usize| {
        let mut padded = EVENT.as_bytes().to_vec();
        padded.resize(bytes, b' ');
        padded
    };
    let at_limit = padded(MAX_LAMBDA_PAYLOAD_BYTES);
    assert_eq!(at_limit.len(), MAX_LAMBDA_PAYLOAD_BYTES);
    assert!(gateway.invoke("reader", &at_limit).await.is_ok());
    let past = gateway
        .invoke("reader", &padded(MAX_LAMBDA_PAYLOAD_BYTES + 1))
        .await;
    assert!(
        matches!(past, Err(InvokeError::RequestTooLarge(6_291_457))),
        "{past:?}"
    );
}

#[tokio::test]
async fn a_response_of_the_limit_is_passed_on_and_one_byte_more_is_502() {
    let answering = |bytes: usize| {
        gateway_before(INTEGRATION_TIMEOUT, move |_| async move {
            Response::new(Body::Text("x".repeat(bytes)))
        })
    };
    let envelope = answering(1000)
        .invoke("reader", EVENT.as_bytes())
        .await
        .unwrap()
        .len()
        - 1000;
    let fitting = MAX_LAMBDA_PAYLOAD_BYTES - envelope;
    let at_limit = answering(fitting).call(request("GET", "/images", "")).await;
    assert_eq!(at_limit.status(), StatusCode::OK);
    assert_eq!(at_limit.body().len(), fitting);
    let past = answering(fitting + 1)
        .call(request("GET", "/images", ""))
        .await;
    assert_eq!(past.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(past.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn headers_of_an_answer_beyond_what_api_gateway_passes_on_are_502() {
    for (bytes, status) in [
        (MAX_HEADER_BYTES - "x-pad".len(), StatusCode::OK),
        (
            MAX_HEADER_BYTES - "x-pad".len() + 1,
            StatusCode::BAD_GATEWAY,
        ),
    ] {
        let gateway = gateway_before(INTEGRATION_TIMEOUT, move |_| async move {
            let response = Response::builder().header("x-pad", "x".repeat(bytes));
            response.body(Body::Empty).unwrap()
        });
        let answer = gateway.call(request("GET", "/images", "")).await;
        assert_eq!(answer.status(), status);
    }
}

async fn upload(gateway: &Gateway, bytes: usize) -> http::Response<bytes::Bytes> {
    let mut upload = request("POST", "/images", vec![b'x'; bytes]);
    let content_type = http::HeaderValue::from_static("text/plain");
    upload.headers_mut().insert("content-type", content_type);
    gateway.call(upload).await
}

#[tokio::test]
async fn a_body_that_makes_the_event_too_large_is_413_with_the_way_around() {
    // Base64 makes four bytes of three.
    let encoded = |bytes: usize| bytes / 4 * 3;
    let gateway = echo_gateway();
    let fitting = encoded(MAX_LAMBDA_PAYLOAD_BYTES - 4096);
    let taken = upload(&gateway, fitting).await;
    assert_eq!(json_of(&taken)["body_bytes"], fitting);
    for bytes in [encoded(MAX_LAMBDA_PAYLOAD_BYTES), MAX_GATEWAY_BODY_BYTES] {
        let refused = upload(&gateway, bytes).await;
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let detail = json_of(&refused)["detail"].to_string();
        assert!(detail.contains("6291456 bytes"), "{detail}");
        assert!(detail.contains("POST /images/uploads"), "{detail}");
    }
}

#[tokio::test]
async fn a_body_past_the_gateways_limit_is_413_before_it_is_an_event() {
    let refused = upload(&echo_gateway(), MAX_GATEWAY_BODY_BYTES + 1).await;
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let detail = json_of(&refused)["detail"].to_string();
    assert!(detail.contains("10485760 bytes"), "{detail}");
    assert!(detail.contains("POST /images/uploads"), "{detail}");
}

#[tokio::test]
async fn headers_of_the_limit_are_taken_and_one_byte_more_is_431() {
    let gateway = echo_gateway();
    let line_and_host = "GET/images".len() + "localhost".len();
    for (extra, status) in [
        (0, StatusCode::OK),
        (1, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
    ] {
        let mut request = request("GET", "/images", "");
        let value = "x".repeat(MAX_HEADER_BYTES - line_and_host + extra);
        request
            .headers_mut()
            .insert("x-pad", value.parse().unwrap());
        assert_eq!(gateway.call(request).await.status(), status);
    }
}

#[tokio::test]
async fn a_function_that_does_not_answer_in_time_is_504_and_is_let_go_of() {
    let gateway = gateway_before(Duration::from_millis(200), |request| async move {
        if request.uri().path().contains("stuck") {
            std::future::pending::<()>().await;
        }
        Response::new(Body::Empty)
    });
    // More than may run at once: were they not let go of, the last request would not be answered.
    let stuck: Vec<_> = (0..=local::gateway::MAX_CONCURRENT_INVOCATIONS)
        .map(|_| {
            let gateway = gateway.clone();
            tokio::spawn(async move { gateway.call(request("GET", "/images/stuck", "")).await })
        })
        .collect();
    for stuck in stuck {
        let response = stuck.await.unwrap();
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(json_of(&response)["code"], "gateway_timeout");
    }
    let next = gateway.call(request("GET", "/images/quick", "")).await;
    assert_eq!(next.status(), StatusCode::OK);
}

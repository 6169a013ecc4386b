//! Routing, problems, preflights and the way through events and back.

use std::time::{Duration, Instant};

use http::StatusCode;
use lambda_http::{Body, Response};

use crate::support::{echo_gateway, gateway_before, json_of, request};

#[tokio::test]
async fn a_request_reaches_the_function_of_its_path_and_method() {
    let gateway = echo_gateway();
    for (method, path, function, id) in [
        ("POST", "/images", "writer", None),
        ("GET", "/images", "reader", None),
        ("GET", "/images/", "reader", None),
        ("GET", "/api/v1/images", "reader", None),
        ("GET", "/images/42", "reader", Some("42")),
        ("DELETE", "/images/42", "writer", Some("42")),
        ("GET", "/images/4%202/content", "reader", Some("4 2")),
        ("POST", "/images/uploads", "writer", None),
    ] {
        let response = gateway.call(request(method, path, "")).await;
        assert_eq!(response.status(), StatusCode::OK, "{method} {path}");
        let told = json_of(&response);
        assert_eq!(told["function"], function, "{method} {path}");
        assert_eq!(told["id"].as_str(), id, "{method} {path}");
        assert_eq!(told["path"], path);
    }
}

#[tokio::test]
async fn emulator_paths_reach_the_functions_without_their_prefix_and_with_their_stage() {
    let gateway = echo_gateway();
    for path in [
        "/restapis/abc/dev/_user_request_/images/42?x=y",
        "/_aws/execute-api/abc/dev/images/42?x=y",
    ] {
        let told = json_of(&gateway.call(request("GET", path, "")).await);
        assert_eq!(told["path"], "/images/42");
        assert_eq!(told["uri"], "http://localhost/dev/images/42?x=y");
    }
    let root = gateway
        .call(request("GET", "/restapis/abc/dev/_user_request_", ""))
        .await;
    assert_eq!(root.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_answer_of_the_function_comes_back_whole() {
    let bytes: Vec<u8> = (0..=255).collect();
    let sent = bytes.clone();
    let gateway = gateway_before(Duration::from_secs(5), move |_| {
        let sent = sent.clone();
        async move {
            let response = Response::builder()
                .status(206)
                .header("content-type", "image/png");
            let response = response.header("vary", "accept").header("vary", "origin");
            response.body(Body::Binary(sent)).unwrap()
        }
    });
    let response = gateway.call(request("GET", "/images/42", "")).await;
    assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(response.body(), &bytes);
    assert_eq!(response.headers()["content-type"], "image/png");
    assert_eq!(response.headers().get_all("vary").iter().count(), 2);

    let head = gateway.call(request("HEAD", "/images/42", "")).await;
    assert_eq!(head.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(head.headers()["content-length"], "256");
    assert!(head.body().is_empty());
}

#[tokio::test]
async fn every_answer_carries_the_id_that_the_function_knows() {
    let gateway = echo_gateway();
    let response = gateway.call(request("GET", "/images", "")).await;
    assert_eq!(
        json_of(&response)["request_id"],
        response.headers()["x-amzn-requestid"].to_str().unwrap()
    );
    let refused = gateway.call(request("GET", "/pictures", "")).await;
    assert_eq!(
        json_of(&refused)["request_id"],
        refused.headers()["x-amzn-requestid"].to_str().unwrap()
    );
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_is_405_with_all_that_is_allowed() {
    let gateway = echo_gateway();
    for path in ["/", "/pictures", "/images/1/2/3", "/imagesque"] {
        let response = gateway.call(request("GET", path, "")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(json_of(&response)["status"], 404);
    }
    for (method, path, allow) in [
        ("PUT", "/images", "GET, HEAD, POST, OPTIONS"),
        ("POST", "/images/42", "DELETE, GET, HEAD, OPTIONS"),
        ("GET", "/images/uploads", "POST, OPTIONS"),
    ] {
        let response = gateway.call(request(method, path, "")).await;
        assert_eq!(
            response.status(),
            StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}"
        );
        assert_eq!(response.headers()["allow"], allow);
        assert_eq!(json_of(&response)["code"], "method_not_allowed");
        // As little as any answer of a function.
        let granted = "access-control-allow-origin";
        assert!(!response.headers().contains_key(granted));
    }
}

#[tokio::test]
async fn a_page_of_another_origin_is_granted_nothing() {
    let gateway = echo_gateway();
    let mut preflight = request("OPTIONS", "/images/42", "");
    let headers = preflight.headers_mut();
    headers.insert("origin", "https://elsewhere.example".parse().unwrap());
    headers.insert("access-control-request-method", "DELETE".parse().unwrap());
    let response = gateway.call(preflight).await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["allow"], "DELETE, GET, HEAD, OPTIONS");
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-origin")
    );
}

#[tokio::test]
async fn a_function_that_panics_is_502_and_answers_the_next_request() {
    let gateway = gateway_before(Duration::from_secs(5), |request| async move {
        assert!(!request.uri().path().contains("42"), "on purpose");
        Response::new(Body::Empty)
    });
    let crashed = gateway.call(request("GET", "/images/42", "")).await;
    assert_eq!(crashed.status(), StatusCode::BAD_GATEWAY);
    assert!(!String::from_utf8_lossy(crashed.body()).contains("on purpose"));
    let next = gateway.call(request("GET", "/images/43", "")).await;
    assert_eq!(next.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_host_that_is_none_is_refused() {
    let gateway = echo_gateway();
    let mut odd = request("GET", "/images", "");
    odd.headers_mut()
        .insert("host", http::HeaderValue::from_static("a b%%:x"));
    let refused = gateway.call(odd).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(json_of(&refused)["code"], "bad_host");
    let next = gateway.call(request("GET", "/images", "")).await;
    assert_eq!(next.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_function_that_computes_does_not_hold_up_another() {
    let gateway = gateway_before(Duration::from_secs(5), |request| async move {
        if request.uri().path().contains("slow") {
            std::thread::sleep(Duration::from_millis(800));
        }
        Response::new(Body::Empty)
    });
    let busy: Vec<_> = (0..4)
        .map(|_| {
            let gateway = gateway.clone();
            tokio::spawn(async move { gateway.call(request("GET", "/images/slow", "")).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    let quick = gateway.call(request("GET", "/images/quick", "")).await;
    assert_eq!(quick.status(), StatusCode::OK);
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
    for busy in busy {
        assert_eq!(busy.await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn every_kind_of_event_is_understood() {
    let gateway = echo_gateway();
    let v2 = r#"{"version":"2.0","routeKey":"$default","rawPath":"/images/42","rawQueryString":"",
        "headers":{"host":"h"},"requestContext":{"stage":"$default","requestId":"r",
        "http":{"method":"GET","path":"/images/42","protocol":"HTTP/1.1","sourceIp":"1.2.3.4","userAgent":"u"}},
        "isBase64Encoded":false}"#;
    let alb = r#"{"requestContext":{"elb":{"targetGroupArn":"arn:x"}},"httpMethod":"GET","path":"/images/42",
        "queryStringParameters":{},"headers":{"host":"h"},"body":"","isBase64Encoded":false}"#;
    for event in [v2, alb] {
        let answer = gateway.invoke("reader", event.as_bytes()).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["statusCode"], 200);
        let told: serde_json::Value =
            serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(told["path"], "/images/42");
    }
    let no_event = gateway.invoke("reader", b"{\"Records\":[]}").await;
    assert!(matches!(
        no_event,
        Err(local::gateway::InvokeError::NotAnEvent(_))
    ));
    let no_function = gateway.invoke("painter", v2.as_bytes()).await;
    assert!(matches!(
        no_function,
        Err(local::gateway::InvokeError::UnknownFunction(_))
    ));
}

//! What is answered before or without the stores: here they are a port that nobody listens on.

use lambda_http::http::request::Builder;
use lambda_http::{Body, Response};
use serde_json::Value;
use shoebox_core::config::Environment;
use shoebox_http::{Service, respond};

use super::*;

const ID: &str = "0192f0c1-8b6a-7000-8000-00000000000a";

async fn answer(uri: &str) -> (Response<Body>, Value) {
    let environment = Environment::from_iter([
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("TABLE_NAME", "secret-table"),
    ]);
    let service = Service::new(ROUTES, handle, &environment).unwrap();
    let request = Builder::new().uri(uri).body(Body::Empty).unwrap();
    let response = respond(&service, request).await;
    let body = serde_json::from_slice(response.body()).unwrap();
    (response, body)
}

#[tokio::test]
async fn every_wrong_parameter_is_named_at_once() {
    for (path, expected) in [
        (
            "",
            ["download", "expires_in", "presigned", "format"].as_slice(),
        ),
        ("/content", &["download", "expires_in"]),
        ("/download", &["download", "expires_in", "redirect"]),
    ] {
        let query = "expires_in=0&download=x&presigned=x&format=xml&redirect=x";
        let (response, problem) = answer(&format!("/images/{ID}{path}?{query}")).await;
        assert_eq!(response.status(), 400);
        let errors = problem["errors"].as_array().unwrap().iter();
        let fields: Vec<_> = errors
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        assert_eq!(fields, expected, "{path}");
    }
    let contradiction = format!("/images/{ID}?expires=1&expires_in=2");
    assert_eq!(
        answer(&contradiction).await.1["errors"][0]["field"],
        "expires_in"
    );
}

#[tokio::test]
async fn an_id_of_another_shape_is_not_found_without_asking_a_store() {
    for path in [
        "/images/42",
        "/images/42/content",
        "/local/images/42/download/",
    ] {
        let (response, problem) = answer(path).await;
        assert_eq!(response.status(), 404);
        assert_eq!(problem["code"], "image_not_found");
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_a_502_that_names_nothing_inside() {
    let (response, problem) = answer(&format!("/images/{ID}")).await;
    assert_eq!(response.status(), 502);
    assert_eq!(problem["code"], "store_failed");
    assert!(!problem.to_string().contains("secret-table"));
    assert!(!problem.to_string().contains("127.0.0.1"));
}

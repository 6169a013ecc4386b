use futures_util::FutureExt as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const EVENTS: [&str; 5] = [
    include_str!("../service/events/rest_v1.json"),
    include_str!("../service/events/http_api_v2.json"),
    include_str!("../service/events/function_url.json"),
    include_str!("../service/events/alb.json"),
    include_str!("../service/events/alb_multi_value.json"),
];

/// What a handler sees of an event.
fn request(event: &str) -> Request {
    let event: HttpEvent = serde_json::from_str(event).unwrap();
    let seen = std::cell::RefCell::new(None);
    let answer = event.answer(Context::default(), |request| {
        seen.replace(Some(request));
        std::future::ready(Response::new(Body::Empty))
    });
    drop(answer.now_or_never());
    seen.into_inner().unwrap()
}

/// An event with another body.
fn with_body(event: &str, body: &Value, is_base64_encoded: bool) -> String {
    let mut event: Value = serde_json::from_str(event).unwrap();
    event["body"] = body.clone();
    event["isBase64Encoded"] = is_base64_encoded.into();
    event.to_string()
}

/// The parts of a URI; the order of parameters is that of a hash map.
fn in_order(uri: &http::Uri) -> Vec<String> {
    let text = uri.path_and_query().unwrap().as_str();
    let mut parts: Vec<_> = text.split(['?', '&']).map(ToOwned::to_owned).collect();
    parts.sort_unstable();
    parts
}

#[test]
fn a_request_is_as_lambda_http_reads_it() {
    for event in EVENTS {
        for (body, is_base64_encoded) in [
            (json!("{\"a\": \"\u{e9}\\n\"}"), false),
            (json!("QUL/AA=="), true),
            (json!(""), false),
            (Value::Null, false),
        ] {
            let event = with_body(event, &body, is_base64_encoded);
            let expected = lambda_http::request::from_str(&event).unwrap();
            let (expected, expected_body) = expected.into_parts();
            let (seen, seen_body) = request(&event).into_parts();
            assert_eq!(seen_body, expected_body, "{event}");
            assert_eq!(seen.method, expected.method);
            // The host is in the headers; no route is told by it.
            assert_eq!(in_order(&seen.uri), in_order(&expected.uri));
            assert_eq!(seen.headers, expected.headers);
        }
    }
}

#[test]
fn an_event_without_a_body_is_one_with_an_empty_body() {
    let mut event: Value = serde_json::from_str(EVENTS[0]).unwrap();
    event.as_object_mut().unwrap().remove("body");
    assert_eq!(*request(&event.to_string()).body(), Body::Empty);
}

#[test]
fn an_answer_has_the_form_of_the_gateway_that_asked() {
    for (event, has_status_description) in [(EVENTS[0], false), (EVENTS[3], true)] {
        let event: HttpEvent = serde_json::from_str(event).unwrap();
        let answer = event.answer(Context::default(), |_| {
            let body = Body::Binary(vec![0, 255]);
            let response = Response::builder().header("content-type", "image/png");
            std::future::ready(response.status(201).body(body).unwrap())
        });
        let answer = serde_json::to_value(answer.now_or_never().unwrap()).unwrap();
        assert_eq!(answer["statusCode"], 201);
        assert_eq!(answer["body"], "AP8=");
        assert_eq!(answer["isBase64Encoded"], true);
        assert_eq!(
            answer.get("statusDescription").is_some(),
            has_status_description
        );
    }
}

/// What is answered to an event that no handler is to see.
fn refused(event: &str) -> Value {
    let event: HttpEvent = serde_json::from_str(event).unwrap();
    let answer = event.answer(Context::default(), |request| -> std::future::Ready<_> {
        panic!("{request:?}")
    });
    serde_json::to_value(answer.now_or_never().unwrap()).unwrap()
}

#[test]
fn a_body_that_is_not_what_it_says_is_400_and_no_panic() {
    for (body, is_base64_encoded) in [(json!("*"), true), (json!(5), false), (json!({}), true)] {
        for event in EVENTS {
            let answer = refused(&with_body(event, &body, is_base64_encoded));
            assert_eq!(answer["statusCode"], 400, "{answer}");
            let body = answer["body"].as_str().unwrap();
            assert!(body.contains("\"malformed_body\""), "{body}");
        }
    }
    let error = serde_json::from_str::<HttpEvent>("{\"Records\": []}").unwrap_err();
    assert!(error.to_string().contains("API Gateway"), "{error}");
}

#[test]
fn no_host_makes_a_function_panic_and_each_reaches_the_handler() {
    for host in ["a:99999", "[::", ":", "1.2.3.999", "a b", "xn--a", "@", ""] {
        for event in EVENTS {
            let mut event: Value = serde_json::from_str(event).unwrap();
            for (member, value) in [
                ("headers", json!(host)),
                ("multiValueHeaders", json!([host])),
            ] {
                if let Some(headers) = event[member].as_object_mut() {
                    headers.retain(|name, _| !name.eq_ignore_ascii_case("host"));
                    headers.insert("host".to_owned(), value);
                }
            }
            let seen = request(&event.to_string());
            assert_eq!(seen.headers()["host"], host);
        }
    }
}

#[test]
fn a_path_that_makes_no_url_is_400() {
    for path in [":99999", "@[", "[::"] {
        for event in &EVENTS[3..] {
            let mut event: Value = serde_json::from_str(event).unwrap();
            event["path"] = path.into();
            let answer = refused(&event.to_string());
            assert_eq!(answer["statusCode"], 400, "{path}: {answer}");
        }
    }
}

proptest! {
    #[test]
    fn every_body_arrives_as_it_was_sent(bytes: Vec<u8>, text: String) {
        let encoded = STANDARD.encode(&bytes);
        let binary = with_body(EVENTS[0], &json!(encoded), true);
        prop_assert_eq!(request(&binary).into_body(), Body::Binary(bytes));
        let text_event = with_body(EVENTS[0], &json!(text), false);
        prop_assert_eq!(request(&text_event).into_body(), Body::Text(text));
    }
}

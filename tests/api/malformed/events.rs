//! The same as events: what reaches a function past a gateway that looked at nothing.

use local::gateway::InvokeError;
use serde_json::{Value, json};
use shoebox_tests::event::{Incoming, Reply, Trigger};

use super::empty;

/// The functions that answer HTTP.
const FUNCTIONS: [&str; 5] = ["upload", "list", "get", "update", "delete"];

fn requests() -> Vec<Incoming> {
    let id = "0192f0c1-8b6a-7000-8000-00000000000a";
    let json = |method: &str, path: &str, body: &str| {
        let request = Incoming::new(method, path).header("x-user-id", "ann");
        request.body("application/json", body.as_bytes())
    };
    let one = format!("/images/{id}");
    vec![
        Incoming::new("GET", "/"),
        Incoming::new("GET", ""),
        Incoming::new("GET", "/nothing"),
        Incoming::new("BREW", "/images"),
        Incoming::new("POST", "/images"),
        Incoming::new("GET", "/images/%00"),
        Incoming::new("GET", "/images/%ff"),
        Incoming::new("GET", "/images?limit=%00"),
        Incoming::new("GET", "/images?limit=999&order=x&date_from=%ff"),
        Incoming::new("GET", "/images/\u{0}"),
        Incoming::new("GET", "/images/é"),
        Incoming::new("PATCH", &one),
        Incoming::new("GET", &one).header("accept", "\u{0}"),
        Incoming::new("GET", &one).header("x-user-id", "\u{7f}"),
        json("POST", "/images", "{"),
        json("POST", "/images", "null"),
        json("POST", "/images", "{\"file_data\":null}"),
        json("POST", "/images", "{\"file_data\":\"\u{1F30A}\"}"),
        json(
            "POST",
            "/images/uploads",
            "{\"size\":1e308,\"content_type\":[]}",
        ),
        json("POST", &format!("{one}/complete"), "{"),
        json("PATCH", &one, "[]"),
        json("PATCH", &one, "{\"tags\":[null]}"),
        json("DELETE", &one, "{"),
        json("DELETE", "/images", "{\"image_ids\":{}}"),
        json("POST", "/images/batch-delete", "[[["),
        Incoming::new("POST", "/images").body("image/png", b"\x89PNG\r\n\x1a\n".to_vec()),
        Incoming::new("POST", "/images").body("multipart/form-data", vec![0, 159, 146, 150]),
        Incoming::new("POST", "/images").body("\u{0}", b"x".to_vec()),
    ]
}

/// Ways to spoil an event of any form, member by member.
fn spoiled(event: &Value) -> Vec<Value> {
    let mut all = vec![event.clone()];
    for (name, value) in [
        ("body", json!("%%% no base64")),
        ("body", json!("")),
        ("body", Value::Null),
        ("headers", Value::Null),
        ("headers", json!({})),
        ("multiValueHeaders", Value::Null),
        ("queryStringParameters", json!({ "": "", "limit": "\u{0}" })),
        ("multiValueQueryStringParameters", json!({ "limit": [] })),
        ("rawQueryString", json!("%%%&&&=\u{0}")),
        ("pathParameters", json!({ "proxy": "\u{0}" })),
        ("stageVariables", json!({ "a": "b" })),
        ("isBase64Encoded", json!(true)),
    ] {
        if event.get(name).is_some() {
            let mut spoiled = event.clone();
            spoiled[name] = value;
            all.push(spoiled);
        }
    }
    all
}

#[tokio::test]
async fn no_event_makes_a_function_fail_or_store_anything() {
    let shoebox = empty().await;
    let mut answered = 0;
    for request in requests() {
        for trigger in Trigger::ALL {
            for event in spoiled(&request.event(trigger)) {
                for function in FUNCTIONS {
                    let json = serde_json::to_vec(&event).unwrap();
                    let answer = match shoebox.running().gateway().invoke(function, &json).await {
                        Ok(answer) => answer,
                        // The runtime itself refuses the event: the function never sees it.
                        Err(InvokeError::NotAnEvent(_)) => continue,
                        Err(error) => panic!("{function} {trigger:?} {event}: {error}"),
                    };
                    answered += 1;
                    let reply = Reply::parse(&answer);
                    assert!(
                        reply.status < 500,
                        "{function} {trigger:?} {event}: {reply:?}"
                    );
                    if reply.status >= 400 && request.method != "HEAD" {
                        assert_eq!(reply.headers["content-type"], "application/problem+json");
                        assert_eq!(reply.json()["status"], reply.status);
                        assert!(reply.json()["request_id"].is_string());
                    }
                }
            }
        }
    }
    assert!(answered > 2_000, "{answered}");
    shoebox.stores.assert_empty().await;
}

//! Random hostile events before every function.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestError, TestRunner};
use serde_json::{Value, json};
use shoebox_tests::Shoebox;
use shoebox_tests::event::{Incoming, Reply, Trigger};
use shoebox_tests::{Form, picture};

use super::empty;

/// The functions that answer HTTP.
const FUNCTIONS: [&str; 5] = ["upload", "list", "get", "update", "delete"];
/// What Lambda passes on, in bytes of JSON.
const MAX_ANSWER_BYTES: usize = 6_291_456;
/// What API Gateway passes on, in bytes of names and values.
const MAX_HEADER_BYTES: usize = 10_240;
const CASES: u32 = 600;

/// Texts that something could trip over.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        "[ -~]{0,40}",
        "(%[0-9a-fA-F]{2}){0,20}",
        "%[0-9a-g]{0,1}|%zz|\\+|&|=|;|#|\\?",
        Just("\u{0}".to_owned()),
        Just("\u{202e}\u{feff}\r\nset-cookie: a=b".to_owned()),
        Just("../../etc/passwd".to_owned()),
        Just("99999999999999999999999999".to_owned()),
        Just("-1e999".to_owned()),
        Just("{{7*7}}${jndi:x}".to_owned()),
        "[a-z]".prop_flat_map(|letter| (1..6_000_usize).prop_map(move |n| letter.repeat(n))),
        (1..2_000_usize).prop_map(|n| "é,\u{1}\"".repeat(n)),
    ]
}

fn path() -> impl Strategy<Value = String> {
    let id = "0192f0c1-8b6a-7000-8000-00000000000a";
    let known = select(vec![
        "/images".to_owned(),
        "/images/".to_owned(),
        "/images/upload".to_owned(),
        "/images/uploads".to_owned(),
        "/images/batch-delete".to_owned(),
        format!("/images/{id}"),
        format!("/images/{id}/content"),
        format!("/images/{id}/download"),
        format!("/images/{id}/complete"),
        format!("/local/images/{id}"),
    ]);
    prop_oneof![
        4 => known.clone(),
        1 => (known, text()).prop_map(|(path, more)| format!("{path}/{more}")),
        1 => (text(), text()).prop_map(|(a, b)| format!("/{a}/images/{b}")),
        1 => text(),
    ]
}

fn query() -> impl Strategy<Value = String> {
    let names = [
        "user_id",
        "tags",
        "tags[]",
        "tag_mode",
        "category",
        "content_type",
        "visibility",
        "date_from",
        "date_to",
        "order",
        "limit",
        "last_key",
        "cursor",
        "presigned",
        "expires_in",
        "download",
        "redirect",
        "format",
        "force",
        "metadata",
        "width",
        "filename",
        "description",
        "X-HTTP-Method-Override",
        "_method",
    ];
    let values = prop_oneof![
        2 => text(),
        1 => select(vec!["true", "ann", "a,b", "any", "public", "image/png", "1", "2026-01-31", "raw"])
            .prop_map(str::to_owned),
    ];
    let pair = (select(names.to_vec()), values);
    prop_oneof![
        6 => prop::collection::vec(pair, 0..8).prop_map(|pairs| {
            let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join("&")
        }),
        1 => text(),
        1 => (1..10_000_usize).prop_map(|n| "a=b&".repeat(n)),
        1 => (1..2_000_usize).prop_map(|n| "tags=x&limit=5&".repeat(n)),
    ]
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let names = [
        "host",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-user-id",
        "accept",
        "range",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "content-disposition",
        "idempotency-key",
        "x-http-method-override",
        "x-amzn-trace-id",
        "content-encoding",
        "expect",
        "cookie",
        "x-api-key",
        "authorization",
        "content-length",
    ];
    let values = prop_oneof![
        2 => "[ -~\u{80}-\u{ff}]{0,60}",
        1 => select(vec![
            "*/*", "image/*", "bytes=0-", "bytes=5-1,-,x", "*", "W/\"\"", "ann", "DELETE",
            "a:99999", "[::", "evil.example", "attachment; filename*=UTF-8''%ff%00",
        ])
        .prop_map(str::to_owned),
        1 => (1..4_000_usize).prop_map(|n| "x,\"".repeat(n)),
    ];
    let some = prop::collection::vec((select(names.to_vec()), values), 0..6);
    let some = some.prop_map(|pairs| {
        let owned = pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        owned.collect::<Vec<_>>()
    });
    let many = (1..300_usize).prop_map(|n| {
        let many = (0..n).map(|index| (format!("x-{index}"), "y".to_owned()));
        many.collect::<Vec<_>>()
    });
    prop_oneof![5 => some, 1 => many]
}

/// JSON bodies: members that are known, with values that they should not have.
fn json_body() -> impl Strategy<Value = Vec<u8>> {
    let names = [
        "file_data",
        "user_id",
        "filename",
        "tags",
        "description",
        "category",
        "visibility",
        "metadata",
        "width",
        "height",
        "content_type",
        "size",
        "sha256",
        "image_ids",
        "force",
        "$serde_json::private::RawValue",
        "$serde_json::private::Number",
        "",
    ];
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!(picture::base64(&picture::png(2, 1)))),
    ];
    let value = leaf.prop_recursive(6, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(select(names.to_vec()), inner, 0..8)
                .prop_map(|members| json!(members)),
        ]
    });
    let members = prop::collection::btree_map(select(names.to_vec()), value, 0..6);
    let nested = (
        1..3_000_usize,
        select(vec![("[", "]"), ("{\"metadata\":", "}")]),
    );
    prop_oneof![
        6 => members.prop_map(|members| json!(members).to_string().into_bytes()),
        1 => nested.prop_map(|(n, (open, close))| {
            format!("{}1{}", open.repeat(n), close.repeat(n)).into_bytes()
        }),
        1 => (1..20_000_usize).prop_map(|n| {
            format!("{{\"image_ids\":[{}0]}}", "{\"\":[]},".repeat(n)).into_bytes()
        }),
        1 => "[0-9]{1,500}".prop_map(|n| format!("{{\"metadata\":{{\"n\":{n}}}}}").into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn form_body() -> impl Strategy<Value = (String, Vec<u8>)> {
    let part = (text(), text(), any::<bool>());
    prop::collection::vec(part, 0..30).prop_map(|parts| {
        let mut form = Form::new();
        for (name, value, is_file) in parts {
            let name = name.replace(['\r', '\n', '"'], "");
            form = if is_file {
                form.file("files", &name, "image/png", value.as_bytes())
            } else {
                form.text(&name, &value)
            };
        }
        (form.content_type(), form.into_body())
    })
}

fn body() -> impl Strategy<Value = Option<(String, Vec<u8>)>> {
    let types = select(vec![
        "application/json",
        "application/merge-patch+json",
        "image/png",
        "image/*",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "",
    ]);
    prop_oneof![
        2 => Just(None),
        4 => json_body().prop_map(|body| Some(("application/json".to_owned(), body))),
        2 => form_body().prop_map(Some),
        2 => (types, prop::collection::vec(any::<u8>(), 0..300))
            .prop_map(|(of, body)| Some((of.to_owned(), body))),
    ]
}

/// What is done to the event itself.
#[derive(Debug, Clone)]
enum Spoiling {
    Nothing,
    Remove(&'static str),
    Set(&'static str, Value),
}

fn spoiling() -> impl Strategy<Value = Spoiling> {
    let removable = vec![
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
        "isBase64Encoded",
        "rawQueryString",
    ];
    let settable = vec![
        ("body", json!("%%% no base64")),
        ("body", json!("\u{fffd}\u{0}")),
        ("isBase64Encoded", json!(true)),
        ("isBase64Encoded", json!(false)),
        ("multiValueQueryStringParameters", Value::Null),
        (
            "multiValueQueryStringParameters",
            json!({ "limit": [], "tags": ["", "\u{0}"] }),
        ),
        ("rawQueryString", json!("%%%&&&=%")),
        ("stageVariables", json!({ "a": "b" })),
    ];
    prop_oneof![
        6 => Just(Spoiling::Nothing),
        1 => select(removable).prop_map(Spoiling::Remove),
        1 => select(settable).prop_map(|(name, value)| Spoiling::Set(name, value)),
    ]
}

fn event() -> impl Strategy<Value = (Trigger, Value)> {
    let methods = select(vec![
        "GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "PUT", "TRACE", "get", "BREW",
    ]);
    let request = (methods, path(), query(), headers(), body());
    (select(Trigger::ALL.to_vec()), request, spoiling()).prop_map(|(trigger, request, spoiling)| {
        let (method, path, query, headers, body) = request;
        let request = Incoming {
            method: method.to_owned(),
            path,
            query,
            headers,
            ..Incoming::default()
        };
        let request = match body {
            Some((content_type, bytes)) => request.body(&content_type, bytes),
            None => request,
        };
        let mut event = request.event(trigger);
        match (spoiling, event.as_object_mut()) {
            (Spoiling::Remove(name), Some(members)) => drop(members.remove(name)),
            (Spoiling::Set(name, value), Some(members)) if members.contains_key(name) => {
                members.insert(name.to_owned(), value);
            }
            _ => {}
        }
        (trigger, event)
    })
}

/// Why the answer of a function to an event is not one that it may give.
async fn offence(shoebox: &Shoebox, function: &str, event: &Value) -> Option<String> {
    let json = serde_json::to_vec(event).unwrap();
    let answer = match shoebox.running().gateway().invoke(function, &json).await {
        Ok(answer) => answer,
        // No gateway writes such an event.
        Err(local::gateway::InvokeError::NotAnEvent(_)) => return None,
        Err(error) => return Some(error.to_string()),
    };
    if answer.len() > MAX_ANSWER_BYTES {
        return Some(format!("an answer of {} bytes", answer.len()));
    }
    let reply = Reply::parse(&answer);
    let sizes = reply
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len());
    let header_bytes: usize = sizes.sum();
    if header_bytes > MAX_HEADER_BYTES {
        return Some(format!("headers of {header_bytes} bytes"));
    }
    let is_line = |value: &String| !value.contains(['\r', '\n', '\u{0}']);
    if !reply.headers.values().all(is_line) {
        return Some(format!("headers of more than a line: {:?}", reply.headers));
    }
    let links = ["location", "link"].map(|name| reply.headers.get(name));
    if links
        .into_iter()
        .flatten()
        .any(|link| link.contains("evil.example"))
    {
        // Only a load balancer's `Host` is all that there is to tell where a link leads.
        let named_by_host = event["requestContext"]["elb"].is_object();
        if !named_by_host {
            return Some(format!(
                "a link to where the client said: {:?}",
                reply.headers
            ));
        }
    }
    if reply.status >= 500 {
        return Some(format!(
            "{}: {}",
            reply.status,
            String::from_utf8_lossy(&reply.body)
        ));
    }
    let of_head = reply.body.is_empty();
    if reply.status >= 400 && !of_head {
        let is_problem = reply.headers["content-type"] == "application/problem+json";
        let document = reply.json();
        let is_whole = document["status"] == reply.status && document["request_id"].is_string();
        if !is_problem || !is_whole {
            return Some(format!("no problem document: {document}"));
        }
    }
    None
}

#[test]
fn no_random_event_makes_a_function_fail_or_answer_too_much() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let shoebox = runtime.block_on(empty());
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&event(), |(trigger, event)| {
        for function in FUNCTIONS {
            let offence = runtime.block_on(offence(&shoebox, function, &event));
            prop_assert_eq!(offence, None, "{} {:?}", function, trigger);
        }
        Ok(())
    });
    if let Err(TestError::Fail(reason, (trigger, event))) = result {
        panic!("{trigger:?}: {reason}\n{event:.4000}");
    }
    result.unwrap();
}

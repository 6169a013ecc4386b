use super::*;
use serde_json::{Value, json};
use shoebox_core::Faults;

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(reply.body()).unwrap()
}

#[test]
fn all_faults_are_named_at_once_and_each_once() {
    let mut faults = Faults::default();
    faults.add("limit", "must be 1 to 100");
    faults.add("user_id", "is wrong");
    faults.add("user_id", "is wrong");
    let reply = Failure::from(faults).reply("r-1");
    assert_eq!(reply.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    let body = body(&reply);
    assert_eq!(body["code"], "invalid_request");
    assert_eq!(body["type"], "urn:shoebox:problem:invalid_request");
    assert_eq!(body["request_id"], "r-1");
    assert_eq!(
        body["errors"],
        json!([
            { "field": "limit", "detail": "must be 1 to 100" },
            { "field": "user_id", "detail": "is wrong" },
        ])
    );
}

#[test]
fn a_method_problem_says_what_is_allowed() {
    let failure = Failure::MethodNotAllowed {
        allow: "GET, HEAD".to_owned(),
    };
    let reply = failure.reply("r");
    assert_eq!(reply.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reply.header("allow"), Some("GET, HEAD"));
}

#[test]
fn an_image_past_the_services_own_limit_is_sent_no_other_way() {
    let error = Error::TooManyBytes {
        size_bytes: 11,
        limit_bytes: 10,
    };
    let reply = Failure::from(error).reply("r");
    assert_eq!(reply.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let detail = body(&reply)["detail"].to_string();
    assert!(!detail.contains("POST /images/uploads"), "{detail}");
}

#[test]
fn a_failure_of_ours_tells_the_client_nothing() {
    for failure in [
        Failure::Panicked("secret".to_owned()),
        Failure::Answer("secret".into()),
        Failure::from(Error::CorruptRow("secret".into())),
    ] {
        let reply = failure.reply("r");
        assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body(&reply).to_string().contains("secret"));
        assert!(failure.chain().contains("secret"));
    }
}

#[test]
fn several_failed_files_are_one_problem_of_the_gravest_status() {
    let failure = Failure::Files(vec![
        FailedFile {
            index: 0,
            filename: Some("a.png".to_owned()),
            error: Error::BadImage {
                detail: "It is empty.".to_owned(),
                cause: None,
            },
        },
        FailedFile {
            index: 1,
            filename: None,
            error: Error::CorruptRow("x".into()),
        },
    ]);
    let reply = failure.reply("r");
    assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = body(&reply);
    assert_eq!(body["errors"][0]["field"], "files[0] (a.png)");
    assert_eq!(body["errors"][1]["field"], "files[1]");
}

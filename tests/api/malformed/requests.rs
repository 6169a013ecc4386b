//! Paths, query strings, headers and methods.

use serde_json::json;
use shoebox_tests::shoebox::text;
use shoebox_tests::{Shoebox, picture};

use super::{assert_refused, empty};

#[tokio::test]
async fn odd_paths_are_404_whatever_the_method() {
    let shoebox = empty().await;
    let id = "0192f0c1-8b6a-7000-8000-00000000000a";
    let long = format!("/images/{}", "a".repeat(4_000));
    let nested = format!("/images{}", "/x".repeat(500));
    let paths = [
        "/nothing",
        "/image",
        "/Images",
        "/images/",
        "/images//",
        "//",
        "/%69mages/%2e%2e",
        "/images/..%2f..%2fetc",
        "/images/%00",
        "/images/%ff%fe",
        "/images/%",
        "/images/%zz",
        "/images/%E2%80%AE",
        "/images/$(id)",
        "/images/';drop",
        "/images/0192f0c1-8b6a-7000-8000-00000000000",
        "/images/0192f0c18b6a70008000000000000000a",
        "/images/{id}",
        "/images/*",
        "/images/IMG%23x",
        "/images/0192f0c1-8b6a-7000-8000-00000000000a%00",
        "/images/0192f0c1-8b6a-7000-8000-00000000000a/nothing",
        "/images/x/y/z",
        "/images/uploads/x",
        "/images/uploads/complete",
        "/images/x/complete/y",
        "/images/images",
        "/restapis",
        "/restapis/x",
        "/restapis/x/local",
        "/restapis/x/local/_user_request_",
        "/restapis/x/local/_user_request_/",
        "/restapis//local/_user_request_/images/x",
        "/images/%2Fcontent",
        "/api/v1/",
        "/images/x%0d%0aset-cookie:a=b",
        &long,
        &nested,
    ];
    for path in paths {
        for method in ["GET", "POST", "DELETE", "PATCH", "PUT"] {
            // Those are the list and the upload themselves.
            if ["/images/", "/images//", "/%69mages/%2e%2e"].contains(&path)
                && ["GET", "POST", "DELETE"].contains(&method)
            {
                continue;
            }
            let answer = shoebox.call(method, path).user("ann").send().await;
            if answer.status == 200 && method == "GET" {
                assert!(["/", "//"].contains(&path), "{path}: {answer:?}");
                continue;
            }
            assert_refused(&answer, &format!("{method} {path:.80}"));
            assert!(
                [404, 405].contains(&answer.status),
                "{method} {path:.80}: {answer:?}"
            );
        }
    }
    for rest in ["", "/content", "/download", "/complete"] {
        for method in ["GET", "POST", "DELETE", "PATCH"] {
            let target = format!("/images/{id}{rest}");
            let answer = shoebox
                .call(method, &target)
                .user("ann")
                .typed("application/json", "{}")
                .await;
            assert_refused(&answer, &format!("{method} {target}"));
        }
    }
    shoebox.stores.assert_empty().await;
}

#[tokio::test]
async fn a_wrong_method_is_405_and_says_which_are_right() {
    let shoebox = empty().await;
    let id = "/images/0192f0c1-8b6a-7000-8000-00000000000a";
    for (path, allowed) in [
        ("/images".to_owned(), "DELETE, GET, HEAD, POST"),
        ("/images/uploads".to_owned(), "POST"),
        ("/images/upload".to_owned(), "POST"),
        ("/images/batch-delete".to_owned(), "POST"),
        (id.to_owned(), "DELETE, GET, HEAD, PATCH"),
        (format!("{id}/content"), "GET, HEAD"),
        (format!("{id}/download"), "GET, HEAD"),
        (format!("{id}/complete"), "POST"),
    ] {
        for method in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "BREW",
        ] {
            if allowed.split(", ").any(|allowed| allowed == method) {
                continue;
            }
            let answer = shoebox.call(method, &path).user("ann").send().await;
            let _ = answer.problem(405, "method_not_allowed");
            let mut told: Vec<&str> = answer
                .header("allow")
                .split(", ")
                .filter(|name| *name != "OPTIONS")
                .collect();
            told.sort_unstable();
            assert_eq!(told.join(", "), allowed, "{method} {path}");
        }
        let preflight = shoebox
            .call("OPTIONS", &path)
            .header("origin", "http://x.example");
        let preflight = preflight
            .header("access-control-request-method", "GET")
            .send()
            .await;
        assert!(
            [200, 204].contains(&preflight.status),
            "{path}: {preflight:?}"
        );
        // A server that checks nobody grants pages of other origins nothing.
        assert_eq!(preflight.header("access-control-allow-origin"), "");
    }
    shoebox.stores.assert_empty().await;
}

#[tokio::test]
async fn odd_query_strings_are_refused_or_passed_over() {
    let shoebox = empty().await;
    let many: Vec<String> = (0..500).map(|n| format!("a{n}=b")).collect();
    let many = many.join("&");
    let commas = format!("tags={}", ",".repeat(3_000));
    let tags = format!("tags={}", "t,".repeat(3_000));
    let values: String = "limit=5&".repeat(300);
    for query in [
        "limit=%00",
        "limit=5%00",
        "limit=%ff",
        "limit=1e2",
        "limit=0x10",
        "limit=5;drop",
        "limit=-9223372036854775809",
        "date_from=99999999999999999999",
        "date_from=-99999999999999999",
        "date_from=%00",
        "date_to=2026-13-45",
        "date_from=2026-01-31T25:00:00Z",
        "date_from=253402300800",
        "last_key=%00%ff",
        "last_key=AAAA",
        "user_id=%00",
        "user_id=%F0%9F%8C%8A",
        "user_id=a&user_id=b",
        "category=%0a",
        "category=a%00b",
        "tags=%01",
        "presigned=yes",
        "order=desc&order=asc",
        "content_type=image/png%00",
        "visibility=public%20",
        "tag_mode=any%00",
        "limit==5",
        "limit=+5+",
    ] {
        let answer = shoebox.get(&format!("/images?{query}")).send().await;
        assert_refused(&answer, query);
    }
    for query in [
        "", "&", "&&=&", "=", "=x", "%00=%00", "a=%", "%zz=%zz", "limit", "tags=", &many, &commas,
        &tags, &values,
    ] {
        let answer = shoebox.get(&format!("/images?{query}")).send().await;
        assert!(
            answer.status == 200 || answer.any_problem()["status"] == 400,
            "{query:.60}: {answer:?}"
        );
    }
    let too_long = format!("/images?tags={}", "x".repeat(12_000));
    let answer = shoebox.get(&too_long).send().await;
    assert_refused(&answer, "a query string of 12 KB");
    shoebox.stores.assert_empty().await;
}

#[tokio::test]
async fn a_caller_whose_name_is_no_name_is_told_so_and_is_not_nobody() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("named");
    let image = shoebox.upload(&user, json!({})).await;
    let target = format!("/images/{}", text(&image, "image_id"));
    for name in ["josé", "é", "a b"] {
        let call = |method: &str| shoebox.call(method, &target).user(name);
        for answer in [
            call("DELETE").send().await,
            call("PATCH").json(&json!({ "tags": ["x"] })).await,
            call("GET").send().await,
        ] {
            let _ = answer.problem(400, "invalid_request");
            assert_eq!(answer.faulty_fields(), ["X-User-Id"], "{name}");
        }
    }
    shoebox
        .stores
        .assert_stored(&image, &picture::png(3, 2))
        .await;
}

#[tokio::test]
async fn odd_headers_are_refused_or_passed_over() {
    let shoebox = empty().await;
    let png = picture::png(1, 1);
    for (name, value) in [
        ("x-user-id", "a b"),
        ("x-user-id", "é"),
        ("x-user-id", "a\tb"),
        ("x-user-id", "../../x"),
        ("content-type", ";;;"),
        ("content-type", "image"),
        ("content-type", "/"),
        ("content-type", "application/json; charset=utf-16"),
        ("content-type", "image/png, image/gif"),
        ("content-type", "é"),
        ("content-type", "multipart/form-data; boundary=é"),
        ("idempotency-key", "a b"),
        ("idempotency-key", "\t"),
        ("content-disposition", "attachment; filename=\"..\""),
        ("content-disposition", "attachment; filename=\"/\""),
    ] {
        let mut call = shoebox.post("/images").header(name, value);
        if name != "x-user-id" {
            call = call.user("ann");
        }
        if name != "content-type" {
            call = call.header("content-type", "image/png");
        }
        let answer = call.bytes(png.clone()).await;
        assert_refused(&answer, &format!("{name}: {value}"));
    }
    for (name, value) in [
        ("accept", "image/*;q=nonsense, ;;;, */"),
        ("accept", "é"),
        ("range", "bytes=5-1"),
        ("if-none-match", "\"\"\"\",,,W/"),
        ("if-modified-since", "31/31/31"),
        ("if-match", "é"),
        ("x-forwarded-for", "\",;"),
        ("x-forwarded-host", "a b"),
        ("x-amzn-trace-id", "é"),
        ("cookie", "a=b; c"),
        ("content-type", "\t"),
        ("expect", "nothing"),
    ] {
        let answer = shoebox.get("/images").header(name, value).send().await;
        assert!(
            answer.status == 200 || (400..500).contains(&answer.status),
            "{name}: {answer:?}"
        );
    }
    // A body that is encoded once more is no image.
    let call = shoebox
        .post("/images")
        .user("ann")
        .header("content-encoding", "gzip");
    let answer = call
        .typed("image/png", &b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..])
        .await;
    assert_refused(&answer, "gzip");
    let big = "x".repeat(11_000);
    let answer = shoebox.get("/images").header("x-large", &big).send().await;
    assert_refused(&answer, "headers of 11 KB");
    shoebox.stores.assert_empty().await;
}

//! Pages of other sites, which have nothing but the browser of whoever runs the server.

use bytes::Bytes;
use http::{Request, StatusCode};
use local::{Options, Running, start};

use crate::support::{PICTURE, json_of, send};

fn request(method: &str, url: &str, headers: &[(&str, &str)]) -> http::request::Builder {
    let request = Request::builder().method(method).uri(url);
    let with = |request: http::request::Builder, (name, value): &(&str, &str)| {
        request.header(*name, *value)
    };
    headers.iter().fold(request, with)
}

async fn answer(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> http::Response<Bytes> {
    send(request(method, url, headers).body(body.into()).unwrap()).await
}

/// Where the API is: at its own port, and at the AWS endpoint as emulators have it.
fn apis(running: &Running) -> [String; 2] {
    let emulated = format!("{}/restapis/any/local/_user_request_", running.aws_url);
    [running.api_url.clone(), emulated]
}

#[tokio::test]
async fn a_page_of_another_site_deletes_nothing() {
    let running = start(Options::default()).await.unwrap();
    let images = format!("{}/images", running.api_url);
    let picture = serde_json::json!({ "user_id": "ann", "file_data": PICTURE }).to_string();
    let json = [("content-type", "application/json")];
    let uploaded = answer("POST", &images, &json, picture).await;
    assert_eq!(uploaded.status(), StatusCode::CREATED, "{uploaded:?}");
    let id = json_of(&uploaded)["image_id"].as_str().unwrap().to_owned();
    let all = serde_json::json!({ "user_id": "ann", "image_ids": [&id] }).to_string();
    for api in apis(&running) {
        for origin in ["http://evil.example", "null"] {
            // What `fetch` sends without asking first, in its mode `no-cors`.
            let page = [("origin", origin), ("content-type", "text/plain")];
            let url = format!("{api}/images/batch-delete");
            let refused = answer("POST", &url, &page, all.clone()).await;
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{api} {origin}");
            assert_eq!(json_of(&refused)["code"], "foreign_origin");
            let granted = refused.headers().get("access-control-allow-origin");
            assert_eq!(granted, None);
        }
    }
    let image = format!("{images}/{id}");
    let page = [("origin", "http://evil.example")];
    let read = answer("GET", &image, &page, "").await;
    assert_eq!(read.status(), StatusCode::OK);
    let own = [("origin", "http://localhost:3000"), ("x-user-id", "ann")];
    let deleted = answer("DELETE", &image, &own, "").await;
    assert_eq!(deleted.status(), StatusCode::OK);
    running.stop().await;
}

#[tokio::test]
async fn a_name_that_was_made_to_lead_here_is_not_answered() {
    let running = start(Options::default()).await.unwrap();
    let [api, emulated] = apis(&running);
    for url in [
        format!("{api}/"),
        format!("{api}/images"),
        format!("{emulated}/images"),
        format!("{}/image-service-bucket", running.aws_url),
        format!("{}/_localstack/health", running.aws_url),
    ] {
        let refused = answer("GET", &url, &[("host", "evil.example:8000")], "").await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{url}");
        assert_eq!(json_of(&refused)["code"], "foreign_host", "{url}");
    }
    let tables = [
        ("host", "evil.example"),
        ("x-amz-target", "DynamoDB_20120810.ListTables"),
    ];
    let refused = answer("POST", &running.aws_url, &tables, "{}").await;
    assert_eq!(json_of(&refused)["code"], "foreign_host");
    let own = answer(
        "GET",
        &format!("{api}/images"),
        &[("host", "box.localhost")],
        "",
    )
    .await;
    assert_eq!(own.status(), StatusCode::OK);
    running.stop().await;
}

#[tokio::test]
async fn the_name_that_the_user_gave_the_server_is_answered() {
    let options = Options {
        variables: vec![(
            "PUBLIC_S3_ENDPOINT_URL".to_owned(),
            "http://pictures.example:9000".to_owned(),
        )],
        ..Options::default()
    };
    let running = start(options).await.unwrap();
    let url = format!("{}/health", running.api_url);
    let named = answer("GET", &url, &[("host", "pictures.example")], "").await;
    assert_eq!(named.status(), StatusCode::OK);
    running.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_tables_are_not_where_a_page_would_look_for_them() {
    let address = |running: &Running| {
        let address = running.dynamodb_url.strip_prefix("http://").unwrap();
        address.parse::<std::net::SocketAddr>().unwrap().ip()
    };
    let (one, other) = (
        start(Options::default()).await.unwrap(),
        start(Options::default()).await.unwrap(),
    );
    let addresses = [address(&one), address(&other)];
    assert_ne!(addresses[0], addresses[1]);
    for address in addresses {
        assert!(address.is_loopback(), "{address}");
        assert_ne!(address, std::net::Ipv4Addr::LOCALHOST);
    }
    one.stop().await;
    other.stop().await;
}

//! What browsers let pages of other origins do.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use http::{HeaderMap, Method, Response, StatusCode};

use crate::support::{BUCKET, Server, bare, exists, for_a_minute, put, refusal, send};

type Answer = Response<bytes::Bytes>;

async fn preflight(server: &Server, origin: &str, method: &str, headers: &str) -> Answer {
    let mut asked = HeaderMap::new();
    asked.insert("origin", origin.parse().unwrap());
    asked.insert("access-control-request-method", method.parse().unwrap());
    asked.insert("access-control-request-headers", headers.parse().unwrap());
    let uri = format!("{}/{BUCKET}/key", server.endpoint);
    send(bare(Method::OPTIONS, &uri, asked)).await
}

async fn get(server: &Server, origin: &str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert("origin", origin.parse().unwrap());
    let uri = format!("{}/{BUCKET}/key", server.endpoint);
    send(bare(Method::GET, &uri, headers)).await
}

async fn delete_signed(client: &Client, origin: &str) -> Answer {
    let delete = client.delete_object().bucket(BUCKET).key("key");
    let delete = delete.presigned(for_a_minute()).await.unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("origin", origin.parse().unwrap());
    send(bare(Method::DELETE, delete.uri(), headers)).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

#[tokio::test]
async fn without_rules_pages_of_this_machine_may_use_presigned_urls() {
    let (server, _client) = Server::with_bucket().await;
    for origin in [
        "http://localhost:8000",
        "http://127.0.0.1",
        "https://[::1]:3000",
    ] {
        let answer = preflight(&server, origin, "PUT", "content-type, x-amz-meta-a").await;
        assert_eq!(answer.status(), StatusCode::OK);
        let granted = header(&answer, "access-control-allow-origin");
        assert_eq!(granted, Some(origin));
        let methods = header(&answer, "access-control-allow-methods");
        assert_eq!(methods, Some("GET, HEAD, PUT"));
        let headers = header(&answer, "access-control-allow-headers");
        assert_eq!(headers, Some("content-type, x-amz-meta-a"));
        // A refusal can be read too, so a page can say what went wrong.
        let refused = get(&server, origin).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        let granted = header(&refused, "access-control-allow-origin");
        assert_eq!(granted, Some(origin));
        let exposed = header(&refused, "access-control-expose-headers");
        assert_eq!(exposed, Some("ETag"));

        let delete = preflight(&server, origin, "DELETE", "").await;
        assert_eq!(delete.status(), StatusCode::FORBIDDEN);
        assert_eq!(header(&delete, "access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn without_rules_pages_of_other_sites_are_granted_nothing_and_change_nothing() {
    let (server, client) = Server::with_bucket().await;
    put(&client, "key", "bytes").await;
    for origin in [
        "https://evil.example",
        "http://localhost.evil.example",
        "null",
    ] {
        for method in ["GET", "HEAD", "PUT"] {
            let refused = preflight(&server, origin, method, "").await;
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{origin}");
            assert_eq!(header(&refused, "access-control-allow-origin"), None);
        }
        let read = get(&server, origin).await;
        assert_eq!(header(&read, "access-control-allow-origin"), None);
        // The key pair is no secret, so a page can sign for itself.
        let refused = delete_signed(&client, origin).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{origin}");
    }
    assert!(exists(&client, "key").await);
}

#[tokio::test]
async fn rules_of_a_bucket_replace_the_default() {
    let (server, client) = Server::with_bucket().await;
    let rule = CorsRule::builder()
        .allowed_origins("https://*.example.com")
        .allowed_methods("PUT")
        .allowed_methods("DELETE")
        .allowed_headers("X-Amz-Meta-*")
        .expose_headers("x-amz-version-id")
        .max_age_seconds(600);
    let rule = rule.build().unwrap();
    let rules = CorsConfiguration::builder()
        .cors_rules(rule.clone())
        .build()
        .unwrap();
    let set = client
        .put_bucket_cors()
        .bucket(BUCKET)
        .cors_configuration(rules);
    set.send().await.unwrap();
    let read = || client.get_bucket_cors().bucket(BUCKET).send();
    assert_eq!(read().await.unwrap().cors_rules(), [rule]);

    let answer = preflight(&server, "https://a.example.com", "DELETE", "x-amz-meta-b").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let origin = header(&answer, "access-control-allow-origin");
    assert_eq!(origin, Some("https://a.example.com"));
    assert_eq!(header(&answer, "access-control-max-age"), Some("600"));
    assert_eq!(
        header(&answer, "access-control-allow-credentials"),
        Some("true")
    );
    for (origin, method, headers) in [
        ("https://example.org", "PUT", ""),
        ("https://a.example.com", "GET", ""),
        ("https://a.example.com", "PUT", "content-type"),
    ] {
        let refused = preflight(&server, origin, method, headers).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }
    put(&client, "key", "bytes").await;
    let refused = delete_signed(&client, "https://example.org").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let deleted = delete_signed(&client, "https://a.example.com").await;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    let other = get(&server, "https://a.example.com").await;
    assert_eq!(header(&other, "access-control-allow-origin"), None);

    client
        .delete_bucket_cors()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let none = (404, "NoSuchCORSConfiguration".to_owned());
    assert_eq!(refusal(read().await), none);
    let again = preflight(&server, "https://a.example.com", "PUT", "").await;
    assert_eq!(again.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn rules_that_s3_would_not_take_are_refused() {
    let (_server, client) = Server::with_bucket().await;
    for (origin, method) in [("*", "PATCH"), ("https://*.*.com", "GET")] {
        let rule = CorsRule::builder()
            .allowed_origins(origin)
            .allowed_methods(method);
        let rules = CorsConfiguration::builder().cors_rules(rule.build().unwrap());
        let set = client.put_bucket_cors().bucket(BUCKET);
        let set = set.cors_configuration(rules.build().unwrap());
        assert_eq!(
            refusal(set.send().await),
            (400, "InvalidRequest".to_owned())
        );
    }
    let read = client.get_bucket_cors().bucket(BUCKET).send().await;
    assert_eq!(refusal(read).0, 404);
}

#[tokio::test]
async fn a_preflight_request_says_what_it_asks_for() {
    let (server, _client) = Server::with_bucket().await;
    let uri = format!("{}/{BUCKET}/key", server.endpoint);
    let answer = send(bare(Method::OPTIONS, &uri, HeaderMap::new())).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

//! Signatures and presigned URLs.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::Full;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{
    BUCKET, Server, bare, exists, for_a_minute, noise, put, read, refusal, send, send_presigned,
    send_to,
};

async fn presigned_put(server: &Server) -> PresignedRequest {
    let put = server.client().put_object().bucket(BUCKET).key("key");
    let put = put
        .content_length(5)
        .content_type("image/png")
        .if_none_match("*");
    let put = put.checksum_sha256("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    put.presigned(for_a_minute()).await.unwrap()
}

fn code(body: &Bytes) -> &str {
    let text = std::str::from_utf8(body).unwrap();
    let (_, rest) = text.split_once("<Code>").unwrap();
    rest.split_once("</Code>").unwrap().0
}

#[tokio::test]
async fn a_presigned_put_works_as_signed_and_once() {
    let (server, client) = Server::with_bucket().await;
    let presigned = presigned_put(&server).await;
    let answer = send_presigned(&presigned, "hello").await;
    assert_eq!(answer.status(), StatusCode::OK, "{:?}", answer.body());
    assert_eq!(read(&client, "key").await, "hello");
    let again = send_presigned(&presigned, "hello").await;
    assert_eq!(again.status(), StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn a_presigned_put_of_other_bytes_is_refused() {
    let (server, client) = Server::with_bucket().await;
    let presigned = presigned_put(&server).await;
    // The size is right and the checksum is not.
    let answer = send_presigned(&presigned, "jello").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(answer.body()), "BadDigest");
    assert!(!exists(&client, "key").await);
    assert_eq!(server.count_blobs(), 0);
}

#[tokio::test]
async fn a_presigned_put_with_a_header_changed_is_refused() {
    let (server, client) = Server::with_bucket().await;
    let presigned = presigned_put(&server).await;
    let changes = [
        ("content-length", "7", "hello!!"),
        ("content-type", "text/html", "hello"),
        ("host", "localhost:1", "hello"),
        ("x-amz-meta-added", "unsigned", "hello"),
        ("x-amz-copy-source", "bucket/secret", ""),
    ];
    for (name, value, body) in changes {
        let mut request = http::Request::builder().method("PUT").uri(presigned.uri());
        for (signed, value) in presigned.headers().filter(|(signed, _)| *signed != name) {
            request = request.header(signed, value);
        }
        let request = request.header(name, value).body(Full::new(body.into()));
        let answer = send(request.unwrap()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}");
        assert!(!exists(&client, "key").await, "{name}");
    }
}

#[tokio::test]
async fn no_other_spelling_of_the_signed_headers_lets_one_more_in() {
    let (server, client) = Server::with_bucket().await;
    let presigned = presigned_put(&server).await;
    for spelling in ["X-Amz-SignedHeader%73", "%58-Amz-SignedHeaders"] {
        // It means the same, so the signature holds.
        let uri = (presigned.uri()).replace("X-Amz-SignedHeaders", spelling);
        assert!(uri.contains(spelling));
        let mut request = http::Request::builder().method("PUT").uri(&uri);
        for (name, value) in presigned.headers() {
            request = request.header(name, value);
        }
        let request = request.header("x-amz-meta-added", "unsigned");
        let answer = send(request.body(Full::new("hello".into())).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{uri}");
        assert!(!exists(&client, "key").await, "{uri}");
    }
}

#[tokio::test]
async fn a_presigned_url_that_is_tampered_with_is_refused() {
    let (server, client) = Server::with_bucket().await;
    put(&client, "key", "bytes").await;
    put(&client, "kez", "secret").await;
    let get = client.get_object().bucket(BUCKET).key("key");
    let get = get.presigned(for_a_minute()).await.unwrap();
    assert_eq!(send_presigned(&get, "").await.body(), "bytes");
    let uri = get.uri();
    let tampered = [
        uri.replace("/key?", "/kez?"),
        uri.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
        uri.replace("X-Amz-Credential=shoebox", "X-Amz-Credential=test"),
        format!("{uri}&response-content-type=text%2Fhtml"),
    ];
    for uri in tampered {
        let answer = send_to(&uri, &get, "").await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{uri}");
        assert_eq!(code(answer.body()), "SignatureDoesNotMatch");
    }
    let other = bare(Method::DELETE, uri, HeaderMap::new());
    assert_eq!(send(other).await.status(), StatusCode::FORBIDDEN);
    assert!(exists(&client, "key").await);
    drop(server);
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_sends_everything_first() {
    let (server, _client) = Server::with_bucket().await;
    let presigned = presigned_put(&server).await;
    let address = server.endpoint.strip_prefix("http://").unwrap();
    let path = presigned.uri().strip_prefix(&server.endpoint).unwrap();
    // The signed headers are missing, which is known before the body comes.
    let head = format!(
        "PUT {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 30000000\r\n\
         connection: close\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&noise(12, 30_000_000)).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

#[tokio::test]
async fn more_than_five_gibibytes_are_refused_before_they_come() {
    let (server, client) = Server::with_bucket().await;
    let put = client.put_object().bucket(BUCKET).key("key");
    let presigned = put.presigned(for_a_minute()).await.unwrap();
    let address = server.endpoint.strip_prefix("http://").unwrap();
    let path = presigned.uri().strip_prefix(&server.endpoint).unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head =
        format!("PUT {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 5368709121\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1000];
    let length = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("EntityTooLarge"), "{answer}");
    assert_eq!(server.count_blobs(), 0);
}

#[tokio::test]
async fn a_presigned_url_expires() {
    let (_server, client) = Server::with_bucket().await;
    put(&client, "key", "bytes").await;
    let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
    let expired = PresigningConfig::builder().start_time(an_hour_ago);
    let expired = expired
        .expires_in(Duration::from_secs(3590))
        .build()
        .unwrap();
    let get = client.get_object().bucket(BUCKET).key("key");
    let answer = send_presigned(&get.presigned(expired).await.unwrap(), "").await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(code(answer.body()), "AccessDenied");
}

#[tokio::test]
async fn a_presigned_get_can_override_headers_of_the_answer() {
    let (_server, client) = Server::with_bucket().await;
    put(&client, "key", "bytes").await;
    let get = client.get_object().bucket(BUCKET).key("key");
    let get = get
        .response_content_type("image/png")
        .response_content_disposition("attachment; filename*=UTF-8''%C3%BC.png")
        .response_cache_control("no-store")
        .response_content_language("de")
        .response_content_encoding("identity");
    let answer = send_presigned(&get.presigned(for_a_minute()).await.unwrap(), "").await;
    let header = |name| answer.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "image/png");
    let disposition = "attachment; filename*=UTF-8''%C3%BC.png";
    assert_eq!(header("content-disposition"), disposition);
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("content-language"), "de");
    assert_eq!(header("content-encoding"), "identity");
    assert_eq!(answer.body(), "bytes");
}

#[tokio::test]
async fn only_known_keys_open_the_store() {
    let (server, client) = Server::with_bucket().await;
    put(&client, "key", "bytes").await;
    assert_eq!(
        read(&server.client_of("test", "test"), "key").await,
        "bytes"
    );
    let list = |client: aws_sdk_s3::Client| async move {
        refusal(client.list_objects_v2().bucket(BUCKET).send().await)
    };
    let unknown = list(server.client_of("nobody", "test")).await;
    assert_eq!(unknown, (403, "InvalidAccessKeyId".to_owned()));
    let wrong = list(server.client_of("test", "guess")).await;
    assert_eq!(wrong, (403, "SignatureDoesNotMatch".to_owned()));
    let uri = format!("{}/{BUCKET}/key", server.endpoint);
    let anonymous = send(bare(Method::GET, &uri, HeaderMap::new())).await;
    assert_eq!(anonymous.status(), StatusCode::FORBIDDEN);
    assert_eq!(code(anonymous.body()), "AccessDenied");
}

#[tokio::test]
async fn buckets_are_found_in_host_names_too() {
    let (server, client) = Server::with_bucket().await;
    put(&client, "key", "bytes").await;
    let port = server.endpoint.rsplit(':').next().unwrap();
    for host in ["localhost", "s3.localhost.localstack.cloud"] {
        let endpoint = format!("http://{host}:{port}");
        let config = server
            .config()
            .endpoint_url(&endpoint)
            .force_path_style(false);
        let client = aws_sdk_s3::Client::from_conf(config.build());
        let get = client.get_object().bucket(BUCKET).key("key");
        let get = get.presigned(for_a_minute()).await.unwrap();
        let authority = format!("{BUCKET}.{host}:{port}");
        let path = get
            .uri()
            .strip_prefix(&format!("http://{authority}"))
            .unwrap();
        // The name needs no resolver: the request goes to the server's address.
        let mut request = bare(
            Method::GET,
            &format!("{}{path}", server.endpoint),
            HeaderMap::new(),
        );
        request
            .headers_mut()
            .insert("host", authority.parse().unwrap());
        assert_eq!(send(request).await.body(), "bytes", "{host}");
    }
}

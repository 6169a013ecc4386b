//! Putting, getting and deleting objects.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use local::s3::ObjectCreated;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{BUCKET, Server, exists, noise, put, read, refusal, send};

#[tokio::test]
async fn an_object_comes_back_byte_for_byte_with_all_its_writer_said() {
    let (_server, client) = Server::with_bucket().await;
    let body = noise(1, 3_000_000);
    let expires = DateTime::from_secs(1_900_000_000);
    let expires_text = expires.fmt(DateTimeFormat::HttpDate).unwrap();
    let put = client
        .put_object()
        .bucket(BUCKET)
        .key("photo.jpg")
        .body(body.clone().into())
        .content_type("image/jpeg")
        .content_disposition("attachment; filename=\"photo.jpg\"")
        .content_encoding("identity")
        .content_language("de")
        .cache_control("private")
        .expires(expires)
        .metadata("camera", "Leica")
        .metadata("place", "Zürich");
    let put = put.send().await.unwrap();

    let get = client.get_object().bucket(BUCKET).key("photo.jpg");
    let got = get.send().await.unwrap();
    assert_eq!(got.content_type(), Some("image/jpeg"));
    let disposition = got.content_disposition();
    assert_eq!(disposition, Some("attachment; filename=\"photo.jpg\""));
    assert_eq!(got.content_encoding(), Some("identity"));
    assert_eq!(got.content_language(), Some("de"));
    assert_eq!(got.cache_control(), Some("private"));
    assert_eq!(got.expires_string(), Some(expires_text.as_str()));
    assert_eq!(got.content_length(), Some(3_000_000));
    assert_eq!(got.accept_ranges(), Some("bytes"));
    assert_eq!(got.e_tag(), put.e_tag());
    let metadata = got.metadata().cloned().unwrap();
    let expected = [("camera", "Leica"), ("place", "=?UTF-8?B?WsO8cmljaA==?=")];
    let decoded = [("camera", "Leica"), ("place", "Zürich")];
    let map = |pairs: [(&str, &str); 2]| -> HashMap<String, String> {
        HashMap::from(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
    };
    assert!(
        metadata == map(expected) || metadata == map(decoded),
        "{metadata:?}"
    );
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), body);

    let head = client.head_object().bucket(BUCKET).key("photo.jpg");
    let head = head.send().await.unwrap();
    assert_eq!(head.content_length(), Some(3_000_000));
    assert_eq!(head.content_type(), Some("image/jpeg"));
    assert_eq!(head.e_tag(), put.e_tag());
    assert_eq!(head.metadata().unwrap(), &metadata);
}

#[tokio::test]
async fn an_object_without_a_declared_type_is_a_stream_of_octets() {
    let (_server, client) = Server::with_bucket().await;
    // The SDK always declares a type; others who use its presigned URLs do not.
    let presigning = PresigningConfig::expires_in(Duration::from_mins(1)).unwrap();
    let put = client.put_object().bucket(BUCKET).key("empty");
    let put = put.presigned(presigning).await.unwrap();
    let uri = put.uri().parse().unwrap();
    let mut request = http::Request::new(http_body_util::Full::default());
    *request.method_mut() = http::Method::PUT;
    *request.uri_mut() = uri;
    assert_eq!(send(request).await.status(), http::StatusCode::OK);
    let got = client.get_object().bucket(BUCKET).key("empty");
    let got = got.send().await.unwrap();
    assert_eq!(got.content_type(), Some("binary/octet-stream"));
    assert_eq!(got.content_length(), Some(0));
    // The MD5 of nothing.
    assert_eq!(got.e_tag(), Some("\"d41d8cd98f00b204e9800998ecf8427e\""));
    assert!(got.content_encoding().is_none());
}

#[tokio::test]
async fn overwriting_replaces_bytes_and_metadata_and_leaves_one_blob() {
    let (server, client) = Server::with_bucket().await;
    for version in 0..5_u8 {
        let put = client.put_object().bucket(BUCKET).key("key");
        let put = put.metadata("version", version.to_string());
        put.body(vec![version; 1000].into()).send().await.unwrap();
    }
    assert_eq!(read(&client, "key").await, vec![4; 1000]);
    let head = client.head_object().bucket(BUCKET).key("key");
    let head = head.send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["version"], "4");
    assert_eq!(server.count_blobs(), 1);
}

#[tokio::test]
async fn a_reader_keeps_the_object_it_began_to_read() {
    let (_server, client) = Server::with_bucket().await;
    let old = noise(2, 20_000_000);
    put(&client, "key", old.clone()).await;
    let got = client.get_object().bucket(BUCKET).key("key");
    let mut got = got.send().await.unwrap();
    let first = got.body.next().await.unwrap().unwrap();
    put(&client, "key", "new").await;
    let delete = client.delete_object().bucket(BUCKET).key("key");
    delete.send().await.unwrap();
    let rest = got.body.collect().await.unwrap().into_bytes();
    assert!([first, rest].concat() == old);
    assert!(!exists(&client, "key").await);
}

#[tokio::test]
async fn readers_and_writers_of_one_key_never_disturb_each_other() {
    let (server, client) = Server::with_bucket().await;
    put(&client, "key", vec![0; 50_000]).await;
    let writers = (0..4_u8).map(|writer| {
        let client = client.clone();
        tokio::spawn(async move {
            for _ in 0..25 {
                put(&client, "key", vec![writer; 50_000]).await;
            }
        })
    });
    let readers = (0..4).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            for _ in 0..50 {
                let body = read(&client, "key").await;
                assert_eq!(body.len(), 50_000);
                assert!(body.iter().all(|byte| *byte == body[0]), "torn object");
            }
        })
    });
    for task in writers.chain(readers).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(server.count_blobs(), 1);
}

#[tokio::test]
async fn any_key_is_safe() {
    let (_server, client) = Server::with_bucket().await;
    let longest = "k".repeat(1024);
    let keys = [
        "../../etc/passwd",
        "a/../b",
        "./.",
        "..",
        "/leading",
        "double//slash",
        "trailing/",
        "ümläut/日本語/🦀",
        "space and + and % and ?&=#",
        "%2e%2e%2f",
        "back\\slash",
        "tab\tnew\nline",
        "CON",
        "sqlite'; DROP TABLE object; --",
        longest.as_str(),
    ];
    for key in keys {
        put(&client, key, key.to_owned()).await;
    }
    for key in keys {
        assert_eq!(read(&client, key).await, key.as_bytes(), "{key}");
    }
    let list = client.list_objects_v2().bucket(BUCKET);
    let list = list.encoding_type(aws_sdk_s3::types::EncodingType::Url);
    let list = list.send().await.unwrap();
    assert_eq!(list.key_count(), Some(15));
    for key in keys {
        let delete = client.delete_object().bucket(BUCKET).key(key);
        delete.send().await.unwrap();
        assert!(!exists(&client, key).await, "{key}");
    }
}

#[tokio::test]
async fn keys_and_metadata_have_their_limits() {
    let (server, client) = Server::with_bucket().await;
    let key = client.put_object().bucket(BUCKET).key("k".repeat(1025));
    let refused = key.body(vec![1].into()).send().await;
    assert_eq!(refusal(refused), (400, "KeyTooLongError".to_owned()));

    let with_metadata = |bytes: usize| {
        let value = "v".repeat(bytes - "name".len());
        let put = client.put_object().bucket(BUCKET).key("key");
        put.metadata("name", value).body(vec![1].into()).send()
    };
    let refused = with_metadata(2049).await;
    assert_eq!(refusal(refused), (400, "MetadataTooLarge".to_owned()));
    assert_eq!(server.count_blobs(), 0);
    with_metadata(2048).await.unwrap();
    assert!(exists(&client, "key").await);
}

#[tokio::test]
async fn deleting_is_idempotent_and_removes_the_blob() {
    let (server, client) = Server::with_bucket().await;
    put(&client, "key", "bytes").await;
    for _ in 0..2 {
        let delete = client.delete_object().bucket(BUCKET).key("key");
        delete.send().await.unwrap();
        assert!(!exists(&client, "key").await);
    }
    assert_eq!(server.count_blobs(), 0);
}

#[tokio::test]
async fn a_thousand_keys_are_deleted_at_once() {
    let (server, client) = Server::with_bucket().await;
    for number in 0..5 {
        put(&client, &format!("key-{number}"), "bytes").await;
    }
    put(&client, "kept", "bytes").await;
    let delete = |keys: usize, quiet: bool| {
        let objects = (0..keys).map(|number| {
            let object = ObjectIdentifier::builder().key(format!("key-{number}"));
            object.build().unwrap()
        });
        let delete = Delete::builder().set_objects(Some(objects.collect()));
        let delete = delete.quiet(quiet).build().unwrap();
        client.delete_objects().bucket(BUCKET).delete(delete).send()
    };
    let too_many = delete(1001, false).await;
    assert_eq!(refusal(too_many), (400, "MalformedXML".to_owned()));
    assert!(exists(&client, "key-0").await);
    let deleted = delete(1000, false).await.unwrap();
    assert_eq!(deleted.deleted().len(), 1000);
    assert!(deleted.errors().is_empty());
    assert!(!exists(&client, "key-0").await);
    assert!(delete(3, true).await.unwrap().deleted().is_empty());
    assert!(exists(&client, "kept").await);
    assert_eq!(server.count_blobs(), 1);
}

#[tokio::test]
async fn ranges_are_answered_with_exactly_those_bytes() {
    let (_server, client) = Server::with_bucket().await;
    let body = noise(3, 1_500_000);
    put(&client, "key", body.clone()).await;
    let cases = [
        ("bytes=0-0", 0..1, "bytes 0-0/1500000"),
        (
            "bytes=700000-1299999",
            700_000..1_300_000,
            "bytes 700000-1299999/1500000",
        ),
        (
            "bytes=1499999-",
            1_499_999..1_500_000,
            "bytes 1499999-1499999/1500000",
        ),
        (
            "bytes=-10",
            1_499_990..1_500_000,
            "bytes 1499990-1499999/1500000",
        ),
        ("bytes=-9999999", 0..1_500_000, "bytes 0-1499999/1500000"),
        ("bytes=5-9999999", 5..1_500_000, "bytes 5-1499999/1500000"),
    ];
    for (range, expected, content_range) in cases {
        let get = client.get_object().bucket(BUCKET).key("key").range(range);
        let got = get.send().await.unwrap();
        assert_eq!(got.content_range(), Some(content_range));
        let bytes = got.body.collect().await.unwrap().into_bytes();
        assert!(bytes == body.slice(expected), "{range}");
    }
    for range in ["bytes=1500000-", "bytes=-0"] {
        let get = client.get_object().bucket(BUCKET).key("key").range(range);
        assert_eq!(refusal(get.send().await), (416, "InvalidRange".to_owned()));
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_nothing() {
    let (server, client) = Server::with_bucket().await;
    put(&client, "key", "old").await;
    let presigning = PresigningConfig::expires_in(Duration::from_mins(1)).unwrap();
    let put = client.put_object().bucket(BUCKET).key("key");
    let put = put.presigned(presigning).await.unwrap();
    let address = server.endpoint.strip_prefix("http://").unwrap();
    let path = put.uri().strip_prefix(&server.endpoint).unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("PUT {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 9000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&noise(4, 5_000_000)).await.unwrap();
    while server.count_blobs() < 2 {
        tokio::task::yield_now().await;
    }
    drop(stream);
    while server.count_blobs() > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(read(&client, "key").await, "old");
}

#[tokio::test]
async fn listeners_hear_of_every_object_once_it_is_there() {
    let (server, client) = Server::with_bucket().await;
    let mut created = server.s3.object_created();
    put(&client, "key", "bytes").await;
    let refused = client.put_object().bucket(BUCKET).key("key");
    let refused = refused.if_none_match("*").body(vec![1].into()).send().await;
    assert_eq!(refusal(refused).0, 412);
    put(&client, "other", "more").await;
    let expected = |key: &str, size, etag: &str| ObjectCreated {
        bucket: BUCKET.to_owned(),
        key: key.to_owned(),
        size,
        etag: etag.to_owned(),
    };
    let first = created.recv().await.unwrap();
    assert_eq!(
        first,
        expected("key", 5, "4b3a6218bb3e3a7303e8a171a60fcf92")
    );
    let second = created.recv().await.unwrap();
    assert_eq!(second, expected("other", 4, &second.etag));
    assert!(created.try_recv().is_err());
}

#[tokio::test]
async fn promises_that_would_be_broken_are_not_made() {
    let (_server, client) = Server::with_bucket().await;
    let put = || {
        client
            .put_object()
            .bucket(BUCKET)
            .key("key")
            .body(vec![1].into())
    };
    let refused = put().tagging("project=shoebox").send().await;
    assert_eq!(refusal(refused), (501, "NotImplemented".to_owned()));
    let key = put()
        .sse_customer_algorithm("AES256")
        .sse_customer_key("a2V5");
    let refused = key.sse_customer_key_md5("a2V5").send().await;
    assert_eq!(refusal(refused), (501, "NotImplemented".to_owned()));
    assert!(!exists(&client, "key").await);

    put().send().await.unwrap();
    let tags = client.get_object_tagging().bucket(BUCKET).key("key");
    assert!(tags.send().await.unwrap().tag_set().is_empty());
    let versioning = client.get_bucket_versioning().bucket(BUCKET);
    assert_eq!(versioning.send().await.unwrap().status(), None);
}

#[tokio::test]
async fn a_store_is_open_once() {
    let dir = tempfile::TempDir::new().unwrap();
    let server = Server::start_in(dir.path()).await;
    let second = local::s3::S3::open(dir.path(), []).await;
    assert!(matches!(second, Err(local::s3::OpenError::InUse { .. })));
    drop(server);
}

//! Checksums: verified on the way in, given back on the way out.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType};

use crate::support::{BUCKET, Server, exists, noise, put, read, refusal};

/// A client that neither adds nor verifies checksums on its own.
fn plain_client(server: &Server) -> Client {
    let config = (server.config())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    Client::from_conf(config.build())
}

#[tokio::test]
async fn every_algorithm_is_verified_and_given_back() {
    let (_server, client) = Server::with_bucket().await;
    let body = noise(5, 2_500_000);
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        // The SDK sends the checksum as a trailer of a chunked body.
        let put = client.put_object().bucket(BUCKET).key("key");
        let put = put
            .checksum_algorithm(algorithm.clone())
            .body(body.clone().into());
        let put = put.send().await.unwrap();
        let get = client.get_object().bucket(BUCKET).key("key");
        let get = get
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        assert_eq!(get.checksum_crc32(), put.checksum_crc32());
        assert_eq!(get.checksum_crc32_c(), put.checksum_crc32_c());
        assert_eq!(get.checksum_crc64_nvme(), put.checksum_crc64_nvme());
        assert_eq!(get.checksum_sha1(), put.checksum_sha1());
        assert_eq!(get.checksum_sha256(), put.checksum_sha256());
        assert_eq!(get.checksum_type(), Some(&ChecksumType::FullObject));
        let given = match algorithm {
            ChecksumAlgorithm::Crc32 => get.checksum_crc32(),
            ChecksumAlgorithm::Crc32C => get.checksum_crc32_c(),
            ChecksumAlgorithm::Crc64Nvme => get.checksum_crc64_nvme(),
            ChecksumAlgorithm::Sha1 => get.checksum_sha1(),
            _ => get.checksum_sha256(),
        };
        assert!(given.is_some(), "{algorithm}");
        assert!(get.content_encoding().is_none());
        // Collecting makes the SDK verify the checksum.
        assert!(get.body.collect().await.unwrap().into_bytes() == body);
    }
}

#[tokio::test]
async fn an_object_put_without_checksum_has_one_and_shows_it_when_asked() {
    let (server, _) = Server::with_bucket().await;
    let client = plain_client(&server);
    put(&client, "key", "123456789").await;
    let head = || client.head_object().bucket(BUCKET).key("key");
    let asked = head().checksum_mode(ChecksumMode::Enabled).send().await;
    // The check value of CRC-64/NVME.
    assert_eq!(asked.unwrap().checksum_crc64_nvme(), Some("rosUhgp5mIg="));
    assert!(head().send().await.unwrap().checksum_crc64_nvme().is_none());
}

/// Declares something about the bytes that are put.
type Declare = fn(PutObjectFluentBuilder) -> PutObjectFluentBuilder;

#[tokio::test]
async fn a_wrong_checksum_is_refused_without_a_trace() {
    let (server, _) = Server::with_bucket().await;
    let client = plain_client(&server);
    put(&client, "taken", "old").await;
    let wrong: [(Declare, &str); 7] = [
        (
            |put| put.content_md5("AAAAAAAAAAAAAAAAAAAAAA=="),
            "BadDigest",
        ),
        (|put| put.content_md5("no digest"), "InvalidDigest"),
        (|put| put.checksum_crc32("AAAAAA=="), "BadDigest"),
        (|put| put.checksum_crc32_c("AAAAAA=="), "BadDigest"),
        (|put| put.checksum_crc64_nvme("AAAAAAAAAAA="), "BadDigest"),
        (
            |put| put.checksum_sha1("AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            "BadDigest",
        ),
        (
            |put| put.checksum_sha256("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            "BadDigest",
        ),
    ];
    for (declare, code) in wrong {
        for key in ["taken", "free"] {
            let put = client.put_object().bucket(BUCKET).key(key);
            let put = declare(put).body(noise(6, 2_000_000).into());
            assert_eq!(refusal(put.send().await), (400, code.to_owned()));
        }
    }
    assert_eq!(read(&client, "taken").await, "old");
    assert!(!exists(&client, "free").await);
    assert_eq!(server.count_blobs(), 1);
}

#[tokio::test]
async fn a_right_checksum_is_accepted() {
    let (server, _) = Server::with_bucket().await;
    let client = plain_client(&server);
    let put = || {
        client
            .put_object()
            .bucket(BUCKET)
            .key("key")
            .body(b"hello".to_vec().into())
    };
    put()
        .content_md5("XUFAKrxLKna5cZ2REBfFkg==")
        .send()
        .await
        .unwrap();
    put().checksum_crc32("NhCmhg==").send().await.unwrap();
    put()
        .checksum_sha1("qvTGHdzF6KLavt4PO0gs2a6pQ00=")
        .send()
        .await
        .unwrap();
    assert_eq!(read(&client, "key").await, "hello");
    let both = put().checksum_crc32("NhCmhg==");
    let both = both
        .checksum_sha1("qvTGHdzF6KLavt4PO0gs2a6pQ00=")
        .send()
        .await;
    assert_eq!(refusal(both), (400, "InvalidArgument".to_owned()));
}

//! Copying objects.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::copy_object::builders::CopyObjectFluentBuilder;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, MetadataDirective,
};

use crate::support::{BUCKET, Server, exists, noise, put, read, refusal};

fn copy(client: &Client, from: &str, to: &str) -> CopyObjectFluentBuilder {
    let source = format!("{BUCKET}/{from}");
    client
        .copy_object()
        .bucket(BUCKET)
        .key(to)
        .copy_source(source)
}

async fn put_source(client: &Client) {
    let put = client
        .put_object()
        .bucket(BUCKET)
        .key("source")
        .content_type("image/png");
    let put = put.metadata("name", "old").body(noise(11, 100_000).into());
    put.send().await.unwrap();
}

#[tokio::test]
async fn a_copy_has_the_bytes_and_by_default_the_metadata() {
    let (_server, client) = Server::with_bucket().await;
    put_source(&client).await;
    copy(&client, "source", "copy").send().await.unwrap();
    let delete = client.delete_object().bucket(BUCKET).key("source");
    delete.send().await.unwrap();
    // The copy stays when the source goes.
    assert!(read(&client, "copy").await == noise(11, 100_000));
    let head = client.head_object().bucket(BUCKET).key("copy");
    let head = head.send().await.unwrap();
    assert_eq!(head.content_type(), Some("image/png"));
    assert_eq!(head.metadata().unwrap()["name"], "old");
}

#[tokio::test]
async fn metadata_can_be_replaced_by_copying_an_object_to_itself() {
    let (server, client) = Server::with_bucket().await;
    put_source(&client).await;
    let refused = copy(&client, "source", "source").send().await;
    assert_eq!(refusal(refused), (400, "InvalidRequest".to_owned()));
    let replace = copy(&client, "source", "source").metadata("name", "new");
    let replace = replace.metadata_directive(MetadataDirective::Replace);
    replace.send().await.unwrap();
    assert!(read(&client, "source").await == noise(11, 100_000));
    let head = client.head_object().bucket(BUCKET).key("source");
    let head = head.send().await.unwrap();
    assert_eq!(head.content_type(), Some("binary/octet-stream"));
    assert_eq!(head.metadata().unwrap()["name"], "new");
    assert_eq!(server.count_blobs(), 1);
}

#[tokio::test]
async fn conditions_on_the_source_hold_or_nothing_is_copied() {
    let (server, client) = Server::with_bucket().await;
    put_source(&client).await;
    let etag = client.head_object().bucket(BUCKET).key("source");
    let etag = etag.send().await.unwrap().e_tag.unwrap();
    let other = "\"00000000000000000000000000000000\"";
    let failed = (412, "PreconditionFailed".to_owned());
    let copy = || copy(&client, "source", "copy");
    assert_eq!(
        refusal(copy().copy_source_if_match(other).send().await),
        failed
    );
    assert_eq!(
        refusal(copy().copy_source_if_none_match(&etag).send().await),
        failed
    );
    assert!(!exists(&client, "copy").await);
    assert_eq!(server.count_blobs(), 1);
    copy().copy_source_if_match(&etag).send().await.unwrap();
    assert!(exists(&client, "copy").await);
}

#[tokio::test]
async fn a_source_that_does_not_exist_is_reported() {
    let (_server, client) = Server::with_bucket().await;
    let refused = copy(&client, "absent", "copy").send().await;
    assert_eq!(refusal(refused), (404, "NoSuchKey".to_owned()));
    let elsewhere = client.copy_object().bucket(BUCKET).key("copy");
    let refused = elsewhere.copy_source("unknown/key").send().await;
    assert_eq!(refusal(refused), (404, "NoSuchBucket".to_owned()));
}

#[tokio::test]
async fn keys_of_sources_are_decoded() {
    let (_server, client) = Server::with_bucket().await;
    put(&client, "ü /+", "bytes").await;
    copy(&client, "%C3%BC%20/%2B", "copy").send().await.unwrap();
    assert_eq!(read(&client, "copy").await, "bytes");
}

#[tokio::test]
async fn a_copy_of_an_object_in_parts_is_in_one_piece() {
    let (_server, client) = Server::with_bucket().await;
    let begun = client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("source");
    let id = begun.send().await.unwrap().upload_id.unwrap();
    let part = client
        .upload_part()
        .bucket(BUCKET)
        .key("source")
        .upload_id(&id);
    let part = part.part_number(1).body(b"hello".to_vec().into());
    let etag = part.send().await.unwrap().e_tag.unwrap();
    let part = CompletedPart::builder().part_number(1).e_tag(etag).build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("source");
    complete
        .upload_id(id)
        .multipart_upload(parts)
        .send()
        .await
        .unwrap();

    let copied = copy(&client, "source", "copy");
    let copied = copied.checksum_algorithm(ChecksumAlgorithm::Sha1);
    let copied = copied.send().await.unwrap().copy_object_result.unwrap();
    // MD5 and SHA-1 of "hello".
    assert_eq!(copied.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert_eq!(copied.checksum_sha1(), Some("qvTGHdzF6KLavt4PO0gs2a6pQ00="));
}

//! Buckets come and go.

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};

use crate::support::{BUCKET, Server, put, refusal};

#[tokio::test]
async fn a_bucket_is_there_from_its_creation_to_its_deletion() {
    let server = Server::start().await;
    let client = server.client();
    let head = || client.head_bucket().bucket(BUCKET).send();
    assert_eq!(refusal(head().await).0, 404);

    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    assert_eq!(head().await.unwrap().bucket_region(), Some("us-east-1"));
    let listed = client.list_buckets().send().await.unwrap();
    let names: Vec<_> = listed.buckets().iter().filter_map(|b| b.name()).collect();
    assert_eq!(names, [BUCKET]);
    let again = client.create_bucket().bucket(BUCKET).send().await;
    assert_eq!(refusal(again), (409, "BucketAlreadyOwnedByYou".to_owned()));

    client.delete_bucket().bucket(BUCKET).send().await.unwrap();
    assert_eq!(refusal(head().await).0, 404);
    let again = client.delete_bucket().bucket(BUCKET).send().await;
    assert_eq!(refusal(again), (404, "NoSuchBucket".to_owned()));
}

#[tokio::test]
async fn a_bucket_with_objects_is_not_deleted() {
    let (_server, client) = Server::with_bucket().await;
    put(&client, "key", "bytes").await;
    let refused = client.delete_bucket().bucket(BUCKET).send().await;
    assert_eq!(refusal(refused), (409, "BucketNotEmpty".to_owned()));
    let delete = client.delete_object().bucket(BUCKET).key("key");
    delete.send().await.unwrap();
    client.delete_bucket().bucket(BUCKET).send().await.unwrap();
}

#[tokio::test]
async fn deleting_a_bucket_drops_the_uploads_begun_in_it() {
    let (server, client) = Server::with_bucket().await;
    let upload = client.create_multipart_upload().bucket(BUCKET).key("key");
    let upload = upload.send().await.unwrap();
    let part = client.upload_part().bucket(BUCKET).key("key");
    let part = part.upload_id(upload.upload_id().unwrap()).part_number(1);
    part.body(b"part".to_vec().into()).send().await.unwrap();
    assert_eq!(server.count_blobs(), 1);
    client.delete_bucket().bucket(BUCKET).send().await.unwrap();
    assert_eq!(server.count_blobs(), 0);
}

#[tokio::test]
async fn a_bucket_keeps_the_region_it_was_created_in() {
    let server = Server::start().await;
    let client = server.client();
    let configuration = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::EuCentral1)
        .build();
    let create = client.create_bucket().bucket("bucket-eu");
    let create = create.create_bucket_configuration(configuration);
    create.send().await.unwrap();
    client
        .create_bucket()
        .bucket("bucket-us")
        .send()
        .await
        .unwrap();

    let location = |bucket| client.get_bucket_location().bucket(bucket).send();
    let constraint = location("bucket-eu").await.unwrap();
    let constraint = constraint.location_constraint().cloned();
    assert_eq!(constraint, Some(BucketLocationConstraint::EuCentral1));
    // S3 has no name for its first region here.
    let constraint = location("bucket-us").await.unwrap();
    let constraint = constraint
        .location_constraint()
        .map(BucketLocationConstraint::as_str);
    assert!(constraint.is_none_or(str::is_empty));
}

#[tokio::test]
async fn every_operation_on_an_unknown_bucket_says_so() {
    let server = Server::start().await;
    let client = server.client();
    let expected = (404, "NoSuchBucket".to_owned());
    let put = client.put_object().bucket("unknown").key("key");
    assert_eq!(refusal(put.body(vec![1; 10].into()).send().await), expected);
    let get = client.get_object().bucket("unknown").key("key");
    assert_eq!(refusal(get.send().await), expected);
    let delete = client.delete_object().bucket("unknown").key("key");
    assert_eq!(refusal(delete.send().await), expected);
    let list = client.list_objects_v2().bucket("unknown");
    assert_eq!(refusal(list.send().await), expected);
    let begin = client
        .create_multipart_upload()
        .bucket("unknown")
        .key("key");
    assert_eq!(refusal(begin.send().await), expected);
    assert_eq!(server.count_blobs(), 0);
}

#[tokio::test]
async fn names_that_no_bucket_can_have_are_refused() {
    let server = Server::start().await;
    let client = server.client();
    for name in ["Capital", "ab", "under_score", "10.0.0.1"] {
        let created = client.create_bucket().bucket(name).send().await;
        assert_eq!(refusal(created), (400, "InvalidBucketName".to_owned()));
    }
}

//! Multipart uploads.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};
use bytes::Bytes;

use crate::support::{BUCKET, Server, exists, noise, put, read, refusal};

const MIB: usize = 1024 * 1024;

async fn begin(client: &Client, key: &str) -> String {
    let begun = client.create_multipart_upload().bucket(BUCKET).key(key);
    let begun = begun.metadata("by", "parts").send().await.unwrap();
    begun.upload_id.unwrap()
}

async fn upload(client: &Client, key: &str, id: &str, number: i32, bytes: Bytes) -> CompletedPart {
    let part = client.upload_part().bucket(BUCKET).key(key).upload_id(id);
    let part = part.part_number(number).body(bytes.into());
    let part = part.send().await.unwrap();
    CompletedPart::builder()
        .part_number(number)
        .set_e_tag(part.e_tag)
        .set_checksum_crc32(part.checksum_crc32)
        .set_checksum_sha256(part.checksum_sha256)
        .build()
}

fn complete(
    client: &Client,
    key: &str,
    id: &str,
    parts: impl IntoIterator<Item = CompletedPart>,
) -> CompleteMultipartUploadFluentBuilder {
    let parts = Some(parts.into_iter().collect());
    let upload = CompletedMultipartUpload::builder().set_parts(parts).build();
    let complete = client.complete_multipart_upload().bucket(BUCKET).key(key);
    complete.upload_id(id).multipart_upload(upload)
}

#[tokio::test]
async fn parts_become_one_object() {
    let (server, client) = Server::with_bucket().await;
    let body = noise(7, 12 * MIB);
    let id = begin(&client, "key").await;
    let mut parts = Vec::new();
    // Parts may come in any order, and more than once.
    upload(&client, "key", &id, 2, noise(8, 100)).await;
    for number in [3, 1, 2_i32] {
        let start = (usize::try_from(number).unwrap() - 1) * 5 * MIB;
        let bytes = body.slice(start..body.len().min(start + 5 * MIB));
        parts.push(upload(&client, "key", &id, number, bytes).await);
    }
    parts.sort_by_key(CompletedPart::part_number);
    assert!(!exists(&client, "key").await);
    let completed = complete(&client, "key", &id, parts).send().await.unwrap();
    assert!(completed.e_tag().unwrap().ends_with("-3\""));
    assert!(read(&client, "key").await == body);
    let head = client.head_object().bucket(BUCKET).key("key");
    let head = head.part_number(2).send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["by"], "parts");
    assert_eq!(head.e_tag(), completed.e_tag());
    assert_eq!(head.parts_count(), Some(3));
    assert_eq!(head.content_length(), Some(5 * 1024 * 1024));
    let third = client.get_object().bucket(BUCKET).key("key").part_number(3);
    let third = third.send().await.unwrap();
    assert_eq!(
        third.content_range(),
        Some("bytes 10485760-12582911/12582912")
    );
    let third = third.body.collect().await.unwrap().into_bytes();
    assert!(third == body.slice(10 * MIB..));
    assert_eq!(server.count_blobs(), 1);
    let gone = client.list_parts().bucket(BUCKET).key("key").upload_id(&id);
    assert_eq!(refusal(gone.send().await), (404, "NoSuchUpload".to_owned()));
}

#[tokio::test]
async fn the_entity_tag_is_the_md5_of_the_md5s() {
    let (_server, client) = Server::with_bucket().await;
    let id = begin(&client, "key").await;
    let part = upload(&client, "key", &id, 1, Bytes::from_static(b"hello")).await;
    let completed = complete(&client, "key", &id, [part]).send().await.unwrap();
    // md5(md5("hello"))
    let expected = "\"62109206880d38a4010a98e11243924a-1\"";
    assert_eq!(completed.e_tag(), Some(expected));
}

#[tokio::test]
async fn both_kinds_of_checksums_are_computed_over_parts() {
    let (_server, client) = Server::with_bucket().await;
    let body = noise(9, 6 * MIB);
    for (algorithm, kind) in [
        (ChecksumAlgorithm::Crc32, ChecksumType::FullObject),
        (ChecksumAlgorithm::Sha256, ChecksumType::Composite),
    ] {
        let begun = client.create_multipart_upload().bucket(BUCKET).key("key");
        let begun = begun
            .checksum_algorithm(algorithm.clone())
            .checksum_type(kind.clone());
        let id = begun.send().await.unwrap().upload_id.unwrap();
        let mut parts = Vec::new();
        for (number, bytes) in [(1, body.slice(..5 * MIB)), (2, body.slice(5 * MIB..))] {
            let part = client
                .upload_part()
                .bucket(BUCKET)
                .key("key")
                .upload_id(&id);
            let part = part
                .checksum_algorithm(algorithm.clone())
                .part_number(number);
            let part = part.body(bytes.into()).send().await.unwrap();
            let done = CompletedPart::builder()
                .part_number(number)
                .set_e_tag(part.e_tag);
            let done = done.set_checksum_crc32(part.checksum_crc32);
            parts.push(done.set_checksum_sha256(part.checksum_sha256).build());
        }
        let completed = complete(&client, "key", &id, parts).send().await.unwrap();
        assert_eq!(completed.checksum_type(), Some(&kind));
        let get = client.get_object().bucket(BUCKET).key("key");
        let get = get
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        assert_eq!(get.checksum_crc32(), completed.checksum_crc32());
        assert_eq!(get.checksum_sha256(), completed.checksum_sha256());
        if kind == ChecksumType::Composite {
            assert!(get.checksum_sha256().unwrap().ends_with("-2"));
        }
        // The SDK verifies the checksum of the full object.
        assert!(get.body.collect().await.unwrap().into_bytes() == body);
    }
}

#[tokio::test]
async fn a_wrong_list_of_parts_is_refused_and_the_upload_stays() {
    let (_server, client) = Server::with_bucket().await;
    let id = begin(&client, "key").await;
    let small = upload(&client, "key", &id, 1, Bytes::from_static(b"small")).await;
    let last = upload(&client, "key", &id, 2, Bytes::from_static(b"last")).await;
    let absent = CompletedPart::builder()
        .part_number(3)
        .e_tag(last.e_tag().unwrap())
        .build();
    let wrong = CompletedPart::builder()
        .part_number(1)
        .e_tag(last.e_tag().unwrap())
        .build();
    let cases = [
        (vec![small.clone(), last.clone()], "EntityTooSmall"),
        (vec![last.clone(), small.clone()], "InvalidPartOrder"),
        (vec![small.clone(), small.clone()], "InvalidPartOrder"),
        (vec![absent], "InvalidPart"),
        (vec![wrong], "InvalidPart"),
        (vec![], "MalformedXML"),
    ];
    for (parts, code) in cases {
        let refused = complete(&client, "key", &id, parts).send().await;
        assert_eq!(refusal(refused), (400, code.to_owned()));
        assert!(!exists(&client, "key").await);
    }
    let parts = client.list_parts().bucket(BUCKET).key("key").upload_id(&id);
    assert_eq!(parts.send().await.unwrap().parts().len(), 2);
    let other = upload_to_unknown(&client).await;
    assert_eq!(other, (404, "NoSuchUpload".to_owned()));
}

async fn upload_to_unknown(client: &Client) -> (u16, String) {
    let part = client
        .upload_part()
        .bucket(BUCKET)
        .key("key")
        .upload_id("unknown");
    refusal(part.part_number(1).body(vec![1].into()).send().await)
}

#[tokio::test]
async fn an_upload_completes_only_where_its_condition_holds() {
    let (_server, client) = Server::with_bucket().await;
    let id = begin(&client, "key").await;
    let part = upload(&client, "key", &id, 1, Bytes::from_static(b"new")).await;
    put(&client, "key", "old").await;
    let refused = complete(&client, "key", &id, [part.clone()]).if_none_match("*");
    let refused = refusal(refused.send().await);
    assert_eq!(refused, (412, "PreconditionFailed".to_owned()));
    assert_eq!(read(&client, "key").await, "old");
    complete(&client, "key", &id, [part]).send().await.unwrap();
    assert_eq!(read(&client, "key").await, "new");
}

#[tokio::test]
async fn aborting_leaves_nothing() {
    let (server, client) = Server::with_bucket().await;
    let id = begin(&client, "key").await;
    upload(&client, "key", &id, 1, Bytes::from_static(b"part")).await;
    let abort = || {
        client
            .abort_multipart_upload()
            .bucket(BUCKET)
            .key("key")
            .upload_id(&id)
    };
    abort().send().await.unwrap();
    assert_eq!(server.count_blobs(), 0);
    assert_eq!(
        refusal(abort().send().await),
        (404, "NoSuchUpload".to_owned())
    );
}

#[tokio::test]
async fn uploads_and_parts_are_listed_in_pages() {
    let (_server, client) = Server::with_bucket().await;
    let mut begun = Vec::new();
    for key in ["a/1", "a/1", "a/2", "b"] {
        begun.push((key.to_owned(), begin(&client, key).await));
    }
    let mut listed = Vec::new();
    let (mut key, mut id) = (None, None);
    loop {
        let page = client
            .list_multipart_uploads()
            .bucket(BUCKET)
            .max_uploads(1);
        let page = page
            .set_key_marker(key)
            .set_upload_id_marker(id)
            .send()
            .await
            .unwrap();
        listed.extend(page.uploads().iter().map(|upload| {
            (
                upload.key().unwrap().to_owned(),
                upload.upload_id().unwrap().to_owned(),
            )
        }));
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, id) = (page.next_key_marker, page.next_upload_id_marker);
    }
    assert_eq!(listed, begun);
    let below = client.list_multipart_uploads().bucket(BUCKET).prefix("a/");
    assert_eq!(below.send().await.unwrap().uploads().len(), 3);

    let (key, id) = &begun[3];
    for number in [1, 2, 10] {
        upload(&client, key, id, number, Bytes::from(vec![0; 10])).await;
    }
    let list = || {
        client
            .list_parts()
            .bucket(BUCKET)
            .key(key)
            .upload_id(id)
            .max_parts(2)
    };
    let first = list().send().await.unwrap();
    assert_eq!((first.parts().len(), first.is_truncated()), (2, Some(true)));
    let marker = first.next_part_number_marker().unwrap();
    let second = list().part_number_marker(marker).send().await.unwrap();
    assert_eq!(second.parts()[0].part_number(), Some(10));
    assert_eq!(second.parts()[0].size(), Some(10));
    assert_eq!(second.is_truncated(), Some(false));
}

#[tokio::test]
async fn parts_are_copied_from_ranges_of_other_objects() {
    let (_server, client) = Server::with_bucket().await;
    let body = noise(10, 7 * MIB);
    put(&client, "source", body.clone()).await;
    let id = begin(&client, "key").await;
    let copy = |number: i32, range: &str| {
        let copy = client
            .upload_part_copy()
            .bucket(BUCKET)
            .key("key")
            .upload_id(&id);
        let copy = copy
            .copy_source(format!("{BUCKET}/source"))
            .part_number(number);
        copy.copy_source_range(range).send()
    };
    let mut parts = Vec::new();
    for (number, range) in [(1, "bytes=0-5242879"), (2, "bytes=5242880-7340031")] {
        let copied = copy(number, range).await.unwrap().copy_part_result.unwrap();
        let part = CompletedPart::builder().part_number(number);
        parts.push(part.set_e_tag(copied.e_tag).build());
    }
    let beyond = copy(3, "bytes=9999999-99999999").await;
    assert_eq!(refusal(beyond), (416, "InvalidRange".to_owned()));
    complete(&client, "key", &id, parts).send().await.unwrap();
    assert!(read(&client, "key").await == body);
}

#[tokio::test]
async fn part_numbers_go_from_one_to_ten_thousand() {
    let (_server, client) = Server::with_bucket().await;
    let id = begin(&client, "key").await;
    for number in [0, 10_001] {
        let part = client
            .upload_part()
            .bucket(BUCKET)
            .key("key")
            .upload_id(&id);
        let refused = part.part_number(number).body(vec![1].into()).send().await;
        assert_eq!(refusal(refused), (400, "InvalidArgument".to_owned()));
    }
    upload(&client, "key", &id, 10_000, Bytes::from_static(b"part")).await;
}

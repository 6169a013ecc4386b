//! The AWS endpoint: told apart by header and path, closed to web pages.

use bytes::Bytes;
use http::{Request, StatusCode};
use local::{Options, dynamodb_client, s3_client, start, store_credentials};

use crate::support::{get, json_of, send};

#[tokio::test]
async fn sdk_clients_find_bucket_and_table_behind_one_port() {
    let running = start(Options::default()).await.unwrap();
    let s3 = s3_client(&running.aws_url, store_credentials());
    let buckets = s3.list_buckets().send().await.unwrap();
    let names: Vec<_> = buckets
        .buckets()
        .iter()
        .filter_map(|bucket| bucket.name())
        .collect();
    assert_eq!(names, [running.bucket.as_str()]);

    // DynamoDB takes any key pair; S3 only those it knows.
    let strangers = aws_credential_types::Credentials::from_keys("AKIAX", "secret", None);
    let dynamodb = dynamodb_client(&running.aws_url, strangers.clone());
    let tables = dynamodb.list_tables().send().await.unwrap();
    assert_eq!(tables.table_names(), [running.table.as_str()]);
    let refused = s3_client(&running.aws_url, strangers)
        .list_buckets()
        .send()
        .await;
    let code = refused
        .unwrap_err()
        .into_service_error()
        .meta()
        .code()
        .map(str::to_owned);
    assert_eq!(code.as_deref(), Some("InvalidAccessKeyId"));
    running.stop().await;
}

#[tokio::test]
async fn the_table_has_the_index_and_the_expiry_that_the_service_needs() {
    let running = start(Options::default()).await.unwrap();
    let dynamodb = dynamodb_client(&running.dynamodb_url, store_credentials());
    let s3 = s3_client(&running.aws_url, store_credentials());
    // A second time changes nothing and fails on nothing.
    local::resources::create(&s3, &dynamodb, &running.bucket, &running.table)
        .await
        .unwrap();

    let described = dynamodb
        .describe_table()
        .table_name(&running.table)
        .send()
        .await
        .unwrap();
    let table = described.table.unwrap();
    let key = |schema: &[aws_sdk_dynamodb::types::KeySchemaElement]| -> Vec<String> {
        schema
            .iter()
            .map(|element| element.attribute_name().to_owned())
            .collect()
    };
    assert_eq!(key(table.key_schema()), ["pk", "sk"]);
    let index = &table.global_secondary_indexes()[0];
    assert_eq!(index.index_name(), Some(local::resources::SWEEP_INDEX));
    assert_eq!(key(index.key_schema()), ["sweep_shard", "due_at"]);
    let expiry = dynamodb
        .describe_time_to_live()
        .table_name(&running.table)
        .send()
        .await
        .unwrap();
    let expiry = expiry.time_to_live_description.unwrap();
    assert_eq!(expiry.attribute_name(), Some("expires_at"));
    running.stop().await;
}

#[tokio::test]
async fn a_web_page_does_not_reach_the_tables() {
    let running = start(Options::default()).await.unwrap();
    let list = |origin: bool| {
        let mut request = Request::post(&running.aws_url)
            .header("x-amz-target", "DynamoDB_20120810.ListTables")
            .header("x-amz-date", "20260101T000000Z")
            .header("content-type", "application/x-amz-json-1.0")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00",
            );
        if origin {
            request = request.header("origin", "http://evil.example");
        }
        request.body(Bytes::from_static(b"{}")).unwrap()
    };
    let plain = send(list(false)).await;
    assert_eq!(plain.status(), StatusCode::OK);
    assert_eq!(json_of(&plain)["TableNames"][0], running.table.as_str());
    let refused = send(list(true)).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(json_of(&refused)["__type"], "AccessDeniedException");
    running.stop().await;
}

#[tokio::test]
async fn health_and_the_emulators_api_paths_are_answered() {
    let running = start(Options::default()).await.unwrap();
    let health = get(&format!("{}/_localstack/health", running.aws_url)).await;
    assert_eq!(json_of(&health)["services"]["s3"], "running");
    let path = "/restapis/any/local/_user_request_/pictures";
    let missing = get(&format!("{}{path}", running.aws_url)).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert_eq!(json_of(&missing)["code"], "path_not_found");
    running.stop().await;
}

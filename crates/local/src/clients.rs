//! SDK clients for plain-HTTP endpoints: the embedded stores, or an emulator beside them.

use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;

/// The region of local stores.
pub const REGION: &str = "us-east-1";

/// A client of an S3 endpoint, addressing buckets by path.
#[must_use]
pub fn s3_client(endpoint_url: &str, credentials: Credentials) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .region(aws_sdk_s3::config::Region::new(REGION))
        .endpoint_url(endpoint_url)
        .credentials_provider(credentials)
        .force_path_style(true)
        .http_client(Builder::new().build_http())
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// A client of a DynamoDB endpoint.
#[must_use]
pub fn dynamodb_client(endpoint_url: &str, credentials: Credentials) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(aws_sdk_dynamodb::config::Region::new(REGION))
        .endpoint_url(endpoint_url)
        .credentials_provider(credentials)
        .http_client(Builder::new().build_http())
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

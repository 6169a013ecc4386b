//! The bucket and the table that the service needs, made where absent. Works against any endpoint.

use std::time::Duration;

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};

/// The sparse index of what is to be cleaned up.
pub const SWEEP_INDEX: &str = "SweepIndex";

/// The attribute that holds when an item expires, in Unix seconds.
pub const TTL_ATTRIBUTE: &str = "expires_at";

/// The region whose buckets are made without a location.
const DEFAULT_REGION: &str = "us-east-1";

/// How long a table may take to become active.
const TABLE_ATTEMPTS: u32 = 120;
const TABLE_ATTEMPT_INTERVAL: Duration = Duration::from_millis(500);

/// Why the resources are not there.
#[derive(Debug, thiserror::Error)]
pub enum ResourceError {
    /// The bucket could not be made.
    #[error("cannot create the bucket {name:?}")]
    Bucket {
        /// Its name.
        name: String,
        /// The failed call.
        #[source]
        source: Box<aws_sdk_s3::Error>,
    },
    /// The table could not be made or described.
    #[error("cannot create the table {name:?}")]
    Table {
        /// Its name.
        name: String,
        /// The failed call.
        #[source]
        source: Box<aws_sdk_dynamodb::Error>,
    },
    /// The table did not become active in time.
    #[error("the table {name:?} is not active after a minute")]
    NotActive {
        /// Its name.
        name: String,
    },
    /// A request could not be built.
    #[error("a request is incomplete")]
    Request(#[from] BuildError),
}

/// Makes bucket and table where they are absent; changes neither where they are there.
///
/// # Errors
/// The first call that failed.
pub async fn create(
    s3: &aws_sdk_s3::Client,
    dynamodb: &aws_sdk_dynamodb::Client,
    bucket: &str,
    table: &str,
) -> Result<(), ResourceError> {
    create_bucket(s3, bucket).await?;
    create_table(dynamodb, table).await
}

async fn create_bucket(s3: &aws_sdk_s3::Client, name: &str) -> Result<(), ResourceError> {
    let region = s3.config().region().map_or(DEFAULT_REGION, AsRef::as_ref);
    let location = (region != DEFAULT_REGION).then(|| {
        CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(region))
            .build()
    });
    if s3.head_bucket().bucket(name).send().await.is_ok() {
        return Ok(());
    }
    let created = s3
        .create_bucket()
        .bucket(name)
        .set_create_bucket_configuration(location)
        .send()
        .await;
    match created {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(CreateBucketError::is_bucket_already_owned_by_you) =>
        {
            Ok(())
        }
        Err(error) => Err(ResourceError::Bucket {
            name: name.to_owned(),
            source: Box::new(error.into()),
        }),
    }
}

async fn create_table(
    dynamodb: &aws_sdk_dynamodb::Client,
    name: &str,
) -> Result<(), ResourceError> {
    let index = GlobalSecondaryIndex::builder()
        .index_name(SWEEP_INDEX)
        .key_schema(key("sweep_shard", KeyType::Hash)?)
        .key_schema(key("due_at", KeyType::Range)?)
        .projection(
            Projection::builder()
                .projection_type(ProjectionType::KeysOnly)
                .build(),
        )
        .build()?;
    if is_listed(dynamodb, name).await? {
        wait_until_active(dynamodb, name).await?;
        return enable_expiry(dynamodb, name).await;
    }
    let created = dynamodb
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("sk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("sweep_shard", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("due_at", ScalarAttributeType::N)?)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .global_secondary_indexes(index)
        .send()
        .await;
    match created {
        Err(error)
            if !error
                .as_service_error()
                .is_some_and(CreateTableError::is_resource_in_use_exception) =>
        {
            return Err(of_table(name, error));
        }
        Ok(_) | Err(_) => {}
    }
    wait_until_active(dynamodb, name).await?;
    enable_expiry(dynamodb, name).await
}

/// Whether the table is there. To ask for it by name, or to make it anyway, would be an error in the store's log.
async fn is_listed(dynamodb: &aws_sdk_dynamodb::Client, name: &str) -> Result<bool, ResourceError> {
    let mut names = dynamodb.list_tables().into_paginator().items().send();
    while let Some(found) = names.next().await {
        if found.map_err(|error| of_table(name, error))? == name {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn wait_until_active(
    dynamodb: &aws_sdk_dynamodb::Client,
    name: &str,
) -> Result<(), ResourceError> {
    for _ in 0..TABLE_ATTEMPTS {
        let described = dynamodb.describe_table().table_name(name).send().await;
        let table = described.map_err(|error| of_table(name, error))?.table;
        let status = table.and_then(|table| table.table_status);
        if status == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(TABLE_ATTEMPT_INTERVAL).await;
    }
    Err(ResourceError::NotActive {
        name: name.to_owned(),
    })
}

async fn enable_expiry(
    dynamodb: &aws_sdk_dynamodb::Client,
    name: &str,
) -> Result<(), ResourceError> {
    let described = dynamodb
        .describe_time_to_live()
        .table_name(name)
        .send()
        .await;
    let described = described.map_err(|error| of_table(name, error))?;
    let status = described
        .time_to_live_description
        .and_then(|description| description.time_to_live_status);
    if matches!(
        status,
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
    ) {
        return Ok(());
    }
    let specification = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name(TTL_ATTRIBUTE)
        .build()?;
    let updated = dynamodb
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(specification)
        .send()
        .await;
    updated.map(drop).map_err(|error| of_table(name, error))
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()
}

fn of_table<E, R>(name: &str, error: SdkError<E, R>) -> ResourceError
where
    aws_sdk_dynamodb::Error: From<SdkError<E, R>>,
{
    ResourceError::Table {
        name: name.to_owned(),
        source: Box::new(error.into()),
    }
}

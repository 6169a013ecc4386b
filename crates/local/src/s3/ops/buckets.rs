//! `CreateBucket`, `HeadBucket`, `DeleteBucket`, `ListBuckets`, `GetBucketLocation`,
//! `GetBucketVersioning`.

use s3s::dto::{
    self, BucketLocationConstraint, CreateBucketInput, CreateBucketOutput, DeleteBucketInput,
    DeleteBucketOutput, GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, HeadBucketInput, HeadBucketOutput, ListBucketsInput,
    ListBucketsOutput,
};
use s3s::{S3Request, S3Response, S3Result};

use super::owner;
use crate::s3::error::Error;
use crate::s3::index::buckets::{self, Bucket};
use crate::s3::object::Instant;
use crate::s3::store::Store;

/// The region of a bucket that is created without one.  S3 never names it: it stands for none.
const DEFAULT_REGION: &str = "us-east-1";

impl Store {
    pub(in crate::s3) async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let input = request.input;
        let region = (input.create_bucket_configuration)
            .and_then(|configuration| configuration.location_constraint)
            .map_or(DEFAULT_REGION.to_owned(), |region| {
                region.as_str().to_owned()
            });
        let bucket = Bucket {
            name: input.bucket,
            region,
            created: Instant::now(),
        };
        let location = format!("/{}", bucket.name);
        self.run(move |store| store.index.write(|tx| buckets::create(tx, &bucket)))
            .await?;
        Ok(S3Response::new(CreateBucketOutput {
            location: Some(location),
        }))
    }

    pub(in crate::s3) async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        let bucket = self.describe_bucket(request.input.bucket).await?;
        Ok(S3Response::new(HeadBucketOutput {
            bucket_region: Some(bucket.region),
            ..HeadBucketOutput::default()
        }))
    }

    pub(in crate::s3) async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        let bucket = self.describe_bucket(request.input.bucket).await?;
        let constraint = Some(bucket.region).filter(|region| region != DEFAULT_REGION);
        Ok(S3Response::new(GetBucketLocationOutput {
            location_constraint: constraint.map(BucketLocationConstraint::from),
        }))
    }

    /// No bucket has versioning; clients ask before they copy or delete.
    pub(in crate::s3) async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        self.describe_bucket(request.input.bucket).await?;
        Ok(S3Response::new(GetBucketVersioningOutput::default()))
    }

    pub(in crate::s3) async fn delete_bucket(
        &self,
        request: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        let name = request.input.bucket;
        self.run(move |store| {
            let unnamed = store.index.write(|tx| buckets::delete(tx, &name))?;
            store.blobs.remove(unnamed);
            Ok(())
        })
        .await?;
        Ok(S3Response::new(DeleteBucketOutput::default()))
    }

    pub(in crate::s3) async fn list_buckets(
        &self,
        request: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let prefix = request.input.prefix;
        let all = (self.run(|store| store.index.read(buckets::list))).await?;
        let wanted = prefix.as_deref().unwrap_or_default();
        let buckets = (all.into_iter())
            .filter(|bucket| bucket.name.starts_with(wanted))
            .map(|bucket| dto::Bucket {
                bucket_region: Some(bucket.region),
                creation_date: Some(bucket.created.timestamp()),
                name: Some(bucket.name),
            })
            .collect();
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(buckets),
            owner: Some(owner()),
            prefix,
            ..ListBucketsOutput::default()
        }))
    }

    async fn describe_bucket(&self, name: String) -> Result<Bucket, Error> {
        self.run(move |store| store.index.read(|tx| buckets::describe(tx, &name)))
            .await
    }
}

//! `PutBucketCors`, `GetBucketCors`, `DeleteBucketCors`.

use s3s::dto::{
    CORSRule, DeleteBucketCorsInput, DeleteBucketCorsOutput, GetBucketCorsInput,
    GetBucketCorsOutput, PutBucketCorsInput, PutBucketCorsOutput,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::s3::error::Error;
use crate::s3::index::buckets;
use crate::s3::store::Store;

/// The most rules of a bucket (a limit of S3).
const MAX_RULES: usize = 100;
/// The methods that a rule can allow (a limit of S3).
const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

impl Store {
    pub(in crate::s3) async fn put_bucket_cors(
        &self,
        request: S3Request<PutBucketCorsInput>,
    ) -> S3Result<S3Response<PutBucketCorsOutput>> {
        let bucket = request.input.bucket;
        let rules = request.input.cors_configuration.cors_rules;
        validate(&rules)?;
        self.run(move |store| {
            (store.index).write(|tx| buckets::set_cors(tx, &bucket, Some(&rules)))
        })
        .await?;
        Ok(S3Response::new(PutBucketCorsOutput::default()))
    }

    pub(in crate::s3) async fn get_bucket_cors(
        &self,
        request: S3Request<GetBucketCorsInput>,
    ) -> S3Result<S3Response<GetBucketCorsOutput>> {
        let rules = (self.cors_rules(request.input.bucket).await?).ok_or(Error::NoSuchCors)?;
        Ok(S3Response::new(GetBucketCorsOutput {
            cors_rules: Some(rules),
        }))
    }

    pub(in crate::s3) async fn delete_bucket_cors(
        &self,
        request: S3Request<DeleteBucketCorsInput>,
    ) -> S3Result<S3Response<DeleteBucketCorsOutput>> {
        let bucket = request.input.bucket;
        self.run(move |store| store.index.write(|tx| buckets::set_cors(tx, &bucket, None)))
            .await?;
        Ok(S3Response::new(DeleteBucketCorsOutput::default()))
    }

    /// The rules of a bucket; `None` where none were set.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], or a failure of the store.
    pub(in crate::s3) async fn cors_rules(
        &self,
        bucket: String,
    ) -> Result<Option<Vec<CORSRule>>, Error> {
        self.run(move |store| store.index.read(|tx| buckets::cors(tx, &bucket)))
            .await
    }
}

/// # Errors
/// [`Error::MalformedXml`] for no rules or too many, [`Error::InvalidCors`] for one that S3 would
/// not take.
fn validate(rules: &[CORSRule]) -> Result<(), Error> {
    if rules.is_empty() || rules.len() > MAX_RULES {
        return Err(Error::MalformedXml);
    }
    for rule in rules {
        if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
            return Err(Error::MalformedXml);
        }
        if !(rule.allowed_methods.iter()).all(|method| METHODS.contains(&method.as_str())) {
            return Err(Error::InvalidCors(
                "Found unsupported HTTP method in CORS config",
            ));
        }
        let patterns = rule.allowed_headers.iter().flatten();
        if (patterns.chain(&rule.allowed_origins)).any(|text| text.matches('*').count() > 1) {
            return Err(Error::InvalidCors(
                "A pattern of the CORS config can not have more than one wildcard",
            ));
        }
    }
    Ok(())
}

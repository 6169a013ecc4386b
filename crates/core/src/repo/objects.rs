//! Objects: the bytes of images.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use base64::Engine as _;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::StoreError;
use crate::clients::Aws;
use crate::{Error, Image};

/// What stays as it is in a key. A dot does not: a user called `..` would make a path that clients fold.
const KEY_CHARACTERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
/// The most keys of one `DeleteObjects`.
const DELETE_KEYS: usize = 1_000;

/// How a presigned URL answers.
#[derive(Debug)]
pub(crate) struct SignedRead<'a> {
    pub(crate) key: &'a str,
    pub(crate) expires_in: Duration,
    pub(crate) content_disposition: Option<String>,
    pub(crate) cache_control: &'a str,
}

/// The bucket.
#[derive(Debug, Clone)]
pub(crate) struct Objects {
    client: Client,
    presigner: Client,
    bucket: String,
}

/// The key of an image's bytes.
pub(crate) fn object_key(image: &Image) -> String {
    let user = utf8_percent_encode(image.user_id.as_str(), KEY_CHARACTERS);
    format!("images/{user}/{}/{}", image.id, image.sha256)
}

impl Objects {
    pub(crate) fn new(aws: &Aws, bucket: String) -> Self {
        Self {
            client: aws.s3(),
            presigner: aws.public_s3(),
            bucket,
        }
    }

    /// `s3://bucket/key`.
    pub(crate) fn url(&self, image: &Image) -> String {
        format!("s3://{}/{}", self.bucket, object_key(image))
    }

    /// Puts the bytes of an image where there are none yet; S3 checks them against the digest. Bytes that are
    /// there already are the same, as the key holds their digest.
    pub(crate) async fn put(&self, image: &Image, bytes: Bytes) -> Result<(), Error> {
        let digest = base64::engine::general_purpose::STANDARD.encode(image.sha256.0);
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(object_key(image))
            .content_type(image.format.content_type())
            .checksum_sha256(digest)
            .if_none_match("*")
            .body(bytes.into())
            .customize()
            // The checksum above covers the bytes; hashing them again for the signature would not add to it.
            .disable_payload_signing();
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("PreconditionFailed") => Ok(()),
            Err(error) => Err(StoreError::new("PutObject", error).into()),
        }
    }

    /// Reads the bytes of an image.
    pub(crate) async fn get(&self, image: &Image) -> Result<Bytes, Error> {
        const NAME: &str = "GetObject";
        let answer = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(object_key(image))
            .send()
            .await
            .map_err(|error| StoreError::new(NAME, error))?;
        let body = answer.body.collect().await;
        Ok(body
            .map_err(|error| StoreError::unexpected(NAME, error))?
            .into_bytes())
    }

    /// Removes objects, present or not, and says of each, in their order, whether that failed.
    pub(crate) async fn delete(&self, keys: &[String]) -> Vec<Result<(), StoreError>> {
        let mut outcomes = Vec::with_capacity(keys.len());
        for batch in keys.chunks(DELETE_KEYS) {
            match self.delete_batch(batch).await {
                Ok(results) => outcomes.extend(results),
                Err(error) => outcomes.extend(batch.iter().map(|_| Err(error.clone()))),
            }
        }
        outcomes
    }

    async fn delete_batch(
        &self,
        keys: &[String],
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        const NAME: &str = "DeleteObjects";
        let unexpected = |error| StoreError::unexpected(NAME, error);
        let objects: Result<Vec<_>, _> = keys
            .iter()
            .map(|key| ObjectIdentifier::builder().key(key).build())
            .collect();
        let delete = Delete::builder()
            .set_objects(Some(objects.map_err(unexpected)?))
            .quiet(true)
            .build()
            .map_err(unexpected)?;
        let answer = self
            .client
            .delete_objects()
            .bucket(&self.bucket)
            .delete(delete)
            .send()
            .await
            .map_err(|error| StoreError::new(NAME, error))?;
        let outcome = |key: &String| {
            let failed = answer
                .errors()
                .iter()
                .find(|error| error.key() == Some(key));
            failed.map_or(Ok(()), |error| {
                Err(StoreError::unexpected(
                    NAME,
                    error.code().unwrap_or("no code"),
                ))
            })
        };
        Ok(keys.iter().map(outcome).collect())
    }

    /// Signs a URL that reads an object. Nothing is asked of S3.
    pub(crate) async fn presign(
        &self,
        read: SignedRead<'_>,
        now: SystemTime,
    ) -> Result<String, StoreError> {
        const NAME: &str = "presigning GetObject";
        let config = PresigningConfig::builder()
            .start_time(now)
            .expires_in(read.expires_in)
            .build()
            .map_err(|error| StoreError::unexpected(NAME, error))?;
        let request = self
            .presigner
            .get_object()
            .bucket(&self.bucket)
            .key(read.key)
            .set_response_content_disposition(read.content_disposition)
            .response_cache_control(read.cache_control)
            .presigned(config)
            .await
            .map_err(|error| StoreError::new(NAME, error))?;
        Ok(request.uri().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_id_makes_a_path_that_clients_fold() {
        let encoded = |user: &str| utf8_percent_encode(user, KEY_CHARACTERS).to_string();
        assert_eq!(encoded(".."), "%2E%2E");
        assert_eq!(encoded("ann-b_c@x.org"), "ann-b_c%40x%2Eorg");
    }
}

//! Objects: the bytes of images.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use base64::Engine as _;
use bytes::Bytes;

use super::StoreError;
use super::error::WRITE_CONFLICT;
use super::object_keys::{OBJECT_PREFIX, direct_key, object_key};
use super::tries::Tries;
use crate::clients::Aws;
use crate::{DirectUpload, Error, Image, Sha256Digest};

/// The most keys of one `DeleteObjects`.
const DELETE_KEYS: usize = 1_000;
const GET: &str = "GetObject";
/// How often a write that meets another one of its key is tried: over 3 s in all and under 5, which leaves the
/// function time to answer.
const CONFLICT_TRIES: u32 = 8;

/// How a presigned URL answers.
#[derive(Debug)]
pub(crate) struct SignedRead<'a> {
    pub(crate) key: &'a str,
    pub(crate) expires_in: Duration,
    pub(crate) content_type: &'a str,
    pub(crate) content_disposition: String,
    pub(crate) cache_control: &'a str,
    /// Whether it answers `HEAD` instead of `GET`.
    pub(crate) head: bool,
}

/// What a presigned URL takes.
#[derive(Debug)]
pub(crate) struct SignedWrite<'a> {
    pub(crate) upload: &'a DirectUpload,
    pub(crate) expires_in: Duration,
}

/// What was found under a key.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// Nothing.
    Missing,
    /// More bytes than were asked for; none was read.
    TooLarge { size_bytes: u64 },
    /// The bytes, and the name of a header that they were put with although nobody was told to send it, and that S3
    /// would send to every reader.
    Bytes(Bytes, Option<&'static str>),
}

/// Some of the objects of images, in the order of their keys.
#[derive(Debug)]
pub(crate) struct ObjectPage {
    /// Keys, and when each was last written.
    pub(crate) objects: Vec<(String, SystemTime)>,
    /// Where the next page begins, if one follows.
    pub(crate) next: Option<String>,
}

/// The bucket.
#[derive(Debug, Clone)]
pub(crate) struct Objects {
    client: Client,
    presigner: Client,
    bucket: String,
}

impl Objects {
    pub(crate) fn new(aws: &Aws, bucket: String) -> Self {
        let client = aws.s3();
        Self {
            presigner: aws.public_s3().unwrap_or_else(|| client.clone()),
            client,
            bucket,
        }
    }

    /// `s3://bucket/key`.
    pub(crate) fn url(&self, image: &Image) -> String {
        format!("s3://{}/{}", self.bucket, object_key(image))
    }

    /// Puts the bytes of an image where there are none yet; S3 checks them against the digest. Bytes that are
    /// there already are the same, as only repeats of one request put under one key.
    ///
    /// While another write of the key is under way, an earlier try's as a rule, S3 refuses this one without saying
    /// what will be there, so it is asked again until it knows.
    pub(crate) async fn put(&self, image: &Image, bytes: Bytes) -> Result<(), Error> {
        let digest = base64_text(&image.sha256);
        let key = object_key(image);
        let mut tries = Tries::at_most(CONFLICT_TRIES);
        loop {
            let put = self
                .client
                .put_object()
                .bucket(&self.bucket)
                .key(&key)
                .content_type(image.format.content_type())
                .checksum_sha256(&digest)
                .if_none_match("*")
                .body(bytes.clone().into())
                .customize()
                // The checksum above covers the bytes; hashing them again for the signature would not add to it.
                .disable_payload_signing();
            let Err(error) = put.send().await else {
                return Ok(());
            };
            if error.code() == Some("PreconditionFailed") {
                return Ok(());
            }
            if error.code() != Some(WRITE_CONFLICT) || !tries.another().await {
                return Err(StoreError::new("PutObject", error).into());
            }
        }
    }

    /// Reads the bytes of an image.
    pub(crate) async fn get(&self, image: &Image) -> Result<Bytes, Error> {
        match self.fetch(&object_key(image), image.size_bytes).await? {
            Fetched::Bytes(bytes, _) => Ok(bytes),
            Fetched::Missing => Err(StoreError::unexpected(GET, "the object is missing").into()),
            Fetched::TooLarge { .. } => {
                Err(StoreError::unexpected(GET, "the object has grown").into())
            }
        }
    }

    /// Reads an object of at most so many bytes. A larger one is not read at all.
    pub(crate) async fn fetch(&self, key: &str, limit_bytes: u64) -> Result<Fetched, Error> {
        let answer = match self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(Fetched::Missing),
            Err(error) => return Err(StoreError::new(GET, error).into()),
        };
        let size_bytes = answer
            .content_length
            .and_then(|length| u64::try_from(length).ok());
        match size_bytes {
            Some(size_bytes) if size_bytes > limit_bytes => {
                return Ok(Fetched::TooLarge { size_bytes });
            }
            Some(_) => {}
            None => return Err(StoreError::unexpected(GET, "the answer has no length").into()),
        }
        let unasked = unasked_header(&answer);
        let body = answer.body.collect().await;
        let body = body.map_err(|error| StoreError::unexpected(GET, error))?;
        Ok(Fetched::Bytes(body.into_bytes(), unasked))
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
            failed.map_or(Ok(()), |error| Err(StoreError::of_part(NAME, error.code())))
        };
        Ok(keys.iter().map(outcome).collect())
    }

    /// A page of all objects of images: for the audit.
    pub(crate) async fn list(&self, from: Option<String>) -> Result<ObjectPage, Error> {
        let list = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(OBJECT_PREFIX);
        let list = list.set_continuation_token(from);
        let answer = list
            .send()
            .await
            .map_err(|error| StoreError::new("ListObjectsV2", error))?;
        let objects = answer
            .contents
            .unwrap_or_default()
            .into_iter()
            .filter_map(|object| {
                let written = object
                    .last_modified
                    .and_then(|time| SystemTime::try_from(time).ok());
                Some((object.key?, written?))
            });
        Ok(ObjectPage {
            objects: objects.collect(),
            next: answer.next_continuation_token,
        })
    }

    /// Signs a URL that reads an object. Nothing is asked of S3. What the object was put with beside its bytes is not
    /// what readers get: a client that has a URL to put it can send more headers than are signed.
    pub(crate) async fn presign(
        &self,
        read: SignedRead<'_>,
        now: SystemTime,
    ) -> Result<String, StoreError> {
        const NAME: &str = "presigning a read";
        let config = PresigningConfig::builder()
            .start_time(now)
            .expires_in(read.expires_in)
            .build()
            .map_err(|error| StoreError::unexpected(NAME, error))?;
        let request = if read.head {
            let head = self.presigner.head_object();
            head.bucket(&self.bucket)
                .key(read.key)
                .response_content_type(read.content_type)
                .response_content_disposition(read.content_disposition)
                .response_cache_control(read.cache_control)
                .presigned(config)
                .await
                .map_err(|error| StoreError::new(NAME, error))?
        } else {
            let get = self.presigner.get_object();
            get.bucket(&self.bucket)
                .key(read.key)
                .response_content_type(read.content_type)
                .response_content_disposition(read.content_disposition)
                .response_cache_control(read.cache_control)
                .presigned(config)
                .await
                .map_err(|error| StoreError::new(NAME, error))?
        };
        Ok(request.uri().to_owned())
    }

    /// Signs a URL that takes the bytes of a direct upload: once, of the declared size, type and digest. Gives
    /// the headers that must be sent with them.
    pub(crate) async fn presign_put(
        &self,
        write: SignedWrite<'_>,
        now: SystemTime,
    ) -> Result<(String, Vec<(String, String)>), StoreError> {
        const NAME: &str = "presigning PutObject";
        let unexpected = |error| StoreError::unexpected(NAME, error);
        let config = PresigningConfig::builder()
            .start_time(now)
            .expires_in(write.expires_in);
        let upload = write.upload;
        let length = i64::try_from(upload.size_bytes)
            .map_err(|error| StoreError::unexpected(NAME, error))?;
        let digest = upload.sha256.map(|digest| base64_text(&digest));
        let request = self
            .presigner
            .put_object()
            .bucket(&self.bucket)
            .key(direct_key(upload))
            .content_type(upload.format.content_type())
            .content_length(length)
            .set_checksum_sha256(digest)
            .if_none_match("*")
            .presigned(config.build().map_err(unexpected)?)
            .await
            .map_err(|error| StoreError::new(NAME, error))?;
        // Only what is signed: on Lambda the SDK adds the function's own trace, which is nobody else's to send.
        let signed = signed_headers(request.uri());
        // Whoever sends a body sends its length; browsers do not let pages set that header.
        let headers = request.headers().filter(|(name, _)| {
            let name = name.to_ascii_lowercase();
            name != "content-length" && signed.contains(&name)
        });
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok((request.uri().to_owned(), headers.collect()))
    }
}

/// A header that an object was put with and that no URL to read it overrides.
fn unasked_header(answer: &GetObjectOutput) -> Option<&'static str> {
    let headers = [
        ("Content-Encoding", answer.content_encoding()),
        ("Content-Language", answer.content_language()),
        ("Expires", answer.expires_string()),
    ];
    let present = headers
        .into_iter()
        .find(|(_, value)| value.is_some_and(|value| !value.is_empty()));
    present.map(|(name, _)| name)
}

/// The names, in lower case, of the headers that a presigned URL is only good with.
fn signed_headers(url: &str) -> Vec<String> {
    let parameters = url
        .split_once('?')
        .map_or("", |(_, query)| query)
        .split('&');
    let signed = parameters
        .filter_map(|parameter| parameter.strip_prefix("X-Amz-SignedHeaders="))
        .flat_map(|names| names.split("%3B"));
    signed.map(str::to_owned).collect()
}

fn base64_text(digest: &Sha256Digest) -> String {
    base64::engine::general_purpose::STANDARD.encode(digest.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_that_a_url_needs_are_those_that_it_signs() {
        let url = "https://s3.example/b/k?X-Amz-Date=1&X-Amz-SignedHeaders=content-type%3Bhost&X-Amz-Signature=2";
        assert_eq!(signed_headers(url), ["content-type", "host"]);
        assert!(signed_headers("https://s3.example/b/k").is_empty());
    }
}

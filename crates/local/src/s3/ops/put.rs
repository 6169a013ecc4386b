//! `PutObject`.

use s3s::dto::{PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Response, S3Result};

use super::etag;
use crate::s3::checksum::{Algorithm, put_checksums, take_checksums};
use crate::s3::conditions::WriteConditions;
use crate::s3::declared::Declaration;
use crate::s3::error::Error;
use crate::s3::object::{Instant, Object, attributes_of};
use crate::s3::store::Store;

impl Store {
    pub(in crate::s3) async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let mut input = request.input;
        refuse_promises(input.sse_customer_key.as_deref(), input.tagging.as_deref())?;
        let declared = Declaration {
            content_length: input.content_length,
            content_md5: input.content_md5.as_deref(),
            checksums: take_checksums!(input),
            headers: &request.headers,
            trailing_headers: request.trailing_headers,
            default_algorithm: (input.checksum_algorithm.as_ref())
                .map_or(Ok(Algorithm::DEFAULT), Algorithm::requested)?,
        }
        .parse()?;
        let attributes = attributes_of!(input).accept()?;
        let conditions = WriteConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
        };

        let received = self.receive(input.body, declared).await?;
        let (key, bucket) = (input.key, input.bucket);
        let digest = self
            .run(move |store| {
                let object = Object {
                    key,
                    blob: received.blob.id().clone(),
                    size_bytes: received.digest.size_bytes,
                    etag: received.digest.etag(),
                    checksum: Some(received.digest.checksum.clone()),
                    modified: Instant::now(),
                    attributes,
                    part_sizes: Vec::new(),
                };
                store.publish(&bucket, received.blob, &object, &conditions, |_, _| {
                    Ok(Vec::new())
                })?;
                Ok(received.digest)
            })
            .await?;

        let mut output = PutObjectOutput {
            e_tag: Some(etag(&digest.etag())),
            checksum_type: Some(digest.checksum.kind.to_dto()),
            ..PutObjectOutput::default()
        };
        put_checksums!(output, digest.checksum.to_dto());
        Ok(S3Response::new(output))
    }
}

/// Refuses what would be broken promises: an object in the clear whose writer brought a key for
/// it, an object without the tags it was given.
///
/// # Errors
/// [`Error::NotImplemented`]
pub(super) fn refuse_promises(
    customer_key: Option<&str>,
    tagging: Option<&str>,
) -> Result<(), Error> {
    if customer_key.is_some() {
        return Err(Error::NotImplemented("Encryption with customer keys"));
    }
    if tagging.is_some_and(|tags| !tags.is_empty()) {
        return Err(Error::NotImplemented("Tagging"));
    }
    Ok(())
}

//! `CopyObject`, and the reading of copy sources.

use std::io::{self, BufReader};

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, MetadataDirective,
};
use s3s::{S3Request, S3Response, S3Result};

use super::put::refuse_promises;
use super::{etag, get};
use crate::s3::blobs::{Blobs, NewBlob};
use crate::s3::checksum::{Algorithm, put_checksums};
use crate::s3::conditions::{ReadConditions, WriteConditions};
use crate::s3::digest::{Digest, Digester};
use crate::s3::error::Error;
use crate::s3::object::{Instant, Object, attributes_of};
use crate::s3::store::Store;

/// How much of a blob, in bytes, is read at a time to be copied or digested again.
pub(super) const COPY_BUFFER_BYTES: usize = 512 * 1024;

impl Store {
    pub(in crate::s3) async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let mut input = request.input;
        refuse_promises(input.sse_customer_key.as_deref(), input.tagging.as_deref())?;
        let source = Source::parse(input.copy_source)?;
        let algorithm = (input.checksum_algorithm.as_ref())
            .map(Algorithm::requested)
            .transpose()?;
        let replacement = match input
            .metadata_directive
            .as_ref()
            .map(MetadataDirective::as_str)
        {
            None | Some(MetadataDirective::COPY) => None,
            Some(MetadataDirective::REPLACE) => Some(attributes_of!(input).accept()?),
            Some(_) => return Err(Error::InvalidArgument("Unknown metadata directive").into()),
        };
        if replacement.is_none() && source.bucket == input.bucket && source.key == input.key {
            return Err(Error::CopyToItself.into());
        }
        let conditions = ReadConditions {
            if_match: input.copy_source_if_match,
            if_none_match: input.copy_source_if_none_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
        };
        let (bucket, key) = (input.bucket, input.key);
        let copy = self
            .run(move |store| {
                let (original, blob) =
                    store.take(&source.bucket, &source.key, Blobs::create_copy)?;
                conditions.check_source(&original)?;
                let copy = Object {
                    key,
                    blob: blob.id().clone(),
                    modified: Instant::now(),
                    attributes: replacement.unwrap_or_else(|| original.attributes.clone()),
                    ..digested(original, &blob, algorithm)?
                };
                let unconditional = WriteConditions::default();
                store.publish(&bucket, blob, &copy, &unconditional, |_, _| Ok(Vec::new()))?;
                Ok(copy)
            })
            .await?;

        let mut result = CopyObjectResult {
            e_tag: Some(etag(&copy.etag)),
            last_modified: Some(copy.modified.timestamp()),
            ..CopyObjectResult::default()
        };
        if let Some(checksum) = copy.checksum {
            put_checksums!(result, checksum.to_dto());
            result.checksum_type = Some(checksum.kind.to_dto());
        }
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(result),
            ..CopyObjectOutput::default()
        }))
    }
}

/// A copy is an object in one piece, so what an original in parts says about its bytes is
/// computed anew, as it is when another checksum is asked for.
fn digested(
    original: Object,
    blob: &NewBlob,
    algorithm: Option<Algorithm>,
) -> Result<Object, Error> {
    let present = original
        .checksum
        .as_ref()
        .map(|checksum| checksum.algorithm);
    let wanted = algorithm.or(present).unwrap_or(Algorithm::DEFAULT);
    if original.part_sizes.is_empty() && present == Some(wanted) {
        return Ok(original);
    }
    let digest = digest(blob, wanted)?;
    Ok(Object {
        etag: digest.etag(),
        checksum: Some(digest.checksum),
        part_sizes: Vec::new(),
        ..original
    })
}

fn digest(blob: &NewBlob, algorithm: Algorithm) -> io::Result<Digest> {
    let mut digester = Digester::new(algorithm);
    let mut bytes = BufReader::with_capacity(COPY_BUFFER_BYTES, blob.read()?);
    io::copy(&mut bytes, &mut digester)?;
    Ok(digester.finish())
}

/// Which object is to be copied.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) bucket: String,
    pub(super) key: String,
}

impl Source {
    /// # Errors
    /// [`Error::NotImplemented`] for access points, [`Error::NoSuchVersion`] for a version.
    pub(super) fn parse(source: CopySource) -> Result<Self, Error> {
        match source {
            CopySource::Bucket {
                bucket,
                key,
                version_id,
            } => {
                get::refuse_version(version_id.as_deref())?;
                Ok(Self {
                    bucket: bucket.into(),
                    key: key.into(),
                })
            }
            CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => {
                Err(Error::NotImplemented("Copying from an access point"))
            }
        }
    }
}

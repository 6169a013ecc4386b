//! Multipart uploads up to their completion: `CreateMultipartUpload`, `UploadPart`,
//! `UploadPartCopy`, `AbortMultipartUpload`, `ListParts`, `ListMultipartUploads`.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use s3s::dto::{
    self, AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumType, CopyPartResult,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, UploadPartCopyInput,
    UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result};
use uuid::Uuid;

use super::copy::{COPY_BUFFER_BYTES, Source};
use super::etag;
use super::put::refuse_promises;
use crate::s3::blobs::Blobs;
use crate::s3::checksum::{Algorithm, Kind, put_checksums, take_checksums};
use crate::s3::conditions::ReadConditions;
use crate::s3::declared::Declaration;
use crate::s3::error::Error;
use crate::s3::index::buckets;
use crate::s3::index::uploads::{self, Part, Upload};
use crate::s3::object::{Instant, MAX_PUT_BYTES, attributes_of, check_key};
use crate::s3::receive::{Received, Sink};
use crate::s3::store::{Inner, Store};

/// The highest number of a part; the lowest is 1 (a limit of S3).
pub(super) const MAX_PART_NUMBER: i32 = 10_000;

impl Store {
    pub(in crate::s3) async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let mut input = request.input;
        refuse_promises(input.sse_customer_key.as_deref(), input.tagging.as_deref())?;
        check_key(&input.key)?;
        let algorithm = (input.checksum_algorithm.as_ref())
            .map_or(Ok(Algorithm::DEFAULT), Algorithm::requested)?;
        let upload = Upload {
            id: Uuid::now_v7().simple().to_string(),
            key: input.key.clone(),
            initiated: Instant::now(),
            algorithm,
            checksum_kind: checksum_kind(algorithm, input.checksum_type.as_ref())?,
            attributes: attributes_of!(input).accept()?,
        };
        let output = CreateMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key),
            upload_id: Some(upload.id.clone()),
            checksum_algorithm: Some(upload.algorithm.to_dto()),
            checksum_type: Some(upload.checksum_kind.to_dto()),
            ..CreateMultipartUploadOutput::default()
        };
        let bucket = input.bucket;
        self.run(move |store| {
            (store.index).write(|tx| uploads::create(tx, buckets::find(tx, &bucket)?, &upload))
        })
        .await?;
        Ok(S3Response::new(output))
    }

    pub(in crate::s3) async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let mut input = request.input;
        let target = Target::new(input.bucket, input.key, input.upload_id, input.part_number)?;
        let target = Arc::new(target);
        let lookup = Arc::clone(&target);
        let upload = self.run(move |store| lookup.upload(store)).await?;
        let declared = Declaration {
            content_length: input.content_length,
            content_md5: input.content_md5.as_deref(),
            checksums: take_checksums!(input),
            headers: &request.headers,
            trailing_headers: request.trailing_headers,
            default_algorithm: upload.algorithm,
        }
        .parse()?;
        if upload.checksum_kind == Kind::Composite && declared.algorithm() != upload.algorithm {
            return Err(Error::InvalidArgument(
                "Checksum type mismatch: the upload was begun with another algorithm",
            )
            .into());
        }
        let received = self.receive(input.body, declared).await?;
        let part = (self.run(move |store| target.put(store, received))).await?;
        let mut output = UploadPartOutput {
            e_tag: Some(etag(&part.etag)),
            ..UploadPartOutput::default()
        };
        put_checksums!(output, part.checksum.to_dto());
        Ok(S3Response::new(output))
    }

    pub(in crate::s3) async fn upload_part_copy(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let input = request.input;
        let target = Target::new(input.bucket, input.key, input.upload_id, input.part_number)?;
        let source = Source::parse(input.copy_source)?;
        let range = (input.copy_source_range.as_deref())
            .map(dto::Range::parse)
            .transpose()
            .map_err(|_| Error::InvalidArgument("The copy source range is malformed"))?;
        let conditions = ReadConditions {
            if_match: input.copy_source_if_match,
            if_none_match: input.copy_source_if_none_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
        };
        let part = self
            .run(move |store| {
                let upload = target.upload(store)?;
                let (original, mut file) = store.take(&source.bucket, &source.key, Blobs::read)?;
                conditions.check_source(&original)?;
                let bytes = match range {
                    Some(range) => {
                        (range.check(original.size_bytes)).map_err(|_| Error::InvalidRange)?
                    }
                    None => 0..original.size_bytes,
                };
                let length = bytes.end - bytes.start;
                if length > MAX_PUT_BYTES {
                    return Err(Error::TooLarge);
                }
                file.seek(SeekFrom::Start(bytes.start))?;
                let mut sink = Sink::create(&store.blobs, upload.algorithm)?;
                let mut bytes = BufReader::with_capacity(COPY_BUFFER_BYTES, file.take(length));
                io::copy(&mut bytes, &mut sink)?;
                target.put(store, sink.finish())
            })
            .await?;
        let mut result = CopyPartResult {
            e_tag: Some(etag(&part.etag)),
            last_modified: Some(part.modified.timestamp()),
            ..CopyPartResult::default()
        };
        put_checksums!(result, part.checksum.to_dto());
        Ok(S3Response::new(UploadPartCopyOutput {
            copy_part_result: Some(result),
            ..UploadPartCopyOutput::default()
        }))
    }

    pub(in crate::s3) async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        self.run(move |store| {
            let unnamed = store.index.write(|tx| {
                let bucket = buckets::find(tx, &input.bucket)?;
                let upload = uploads::find(tx, bucket, &input.key, &input.upload_id)?;
                uploads::delete(tx, &upload.id)
            })?;
            store.blobs.remove(unnamed);
            Ok(())
        })
        .await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

/// # Errors
/// [`Error::InvalidArgument`] for a combination that S3 does not have.
fn checksum_kind(algorithm: Algorithm, asked: Option<&ChecksumType>) -> Result<Kind, Error> {
    let kind = match asked.map(ChecksumType::as_str) {
        None => return Ok(algorithm.default_kind()),
        Some(ChecksumType::COMPOSITE) => Kind::Composite,
        Some(ChecksumType::FULL_OBJECT) => Kind::FullObject,
        Some(_) => return Err(Error::InvalidArgument("Unknown checksum type")),
    };
    match (algorithm, kind) {
        (Algorithm::Crc64Nvme, Kind::Composite)
        | (Algorithm::Sha1 | Algorithm::Sha256, Kind::FullObject) => Err(Error::InvalidArgument(
            "The checksum type cannot be used with the checksum algorithm",
        )),
        _ => Ok(kind),
    }
}

/// Where a part goes.
#[derive(Debug)]
struct Target {
    bucket: String,
    key: String,
    upload_id: String,
    number: i32,
}

impl Target {
    fn new(bucket: String, key: String, upload_id: String, number: i32) -> Result<Self, Error> {
        if !(1..=MAX_PART_NUMBER).contains(&number) {
            return Err(Error::InvalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive",
            ));
        }
        Ok(Self {
            bucket,
            key,
            upload_id,
            number,
        })
    }

    fn upload(&self, store: &Inner) -> Result<Upload, Error> {
        store.index.read(|tx| {
            let bucket = buckets::find(tx, &self.bucket)?;
            uploads::find(tx, bucket, &self.key, &self.upload_id)
        })
    }

    /// Adds the part in place of the one of its number.
    fn put(&self, store: &Inner, received: Received) -> Result<Part, Error> {
        let Received { mut blob, digest } = received;
        let part = Part {
            number: self.number,
            blob: blob.id().clone(),
            size_bytes: digest.size_bytes,
            etag: digest.etag(),
            modified: Instant::now(),
            checksum: digest.checksum,
        };
        store.blobs.seal(&mut blob)?;
        let replaced = store.index.write(|tx| {
            let bucket = buckets::find(tx, &self.bucket)?;
            let upload = uploads::find(tx, bucket, &self.key, &self.upload_id)?;
            let replaced = uploads::put_part(tx, &upload.id, &part)?;
            blob.keep();
            Ok(replaced)
        })?;
        store.blobs.remove(replaced);
        Ok(part)
    }
}

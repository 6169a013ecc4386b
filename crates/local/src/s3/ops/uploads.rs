//! `ListParts` and `ListMultipartUploads`.

use s3s::dto::{
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput,
    MultipartUpload, Part, StorageClass,
};
use s3s::{S3Request, S3Response, S3Result};

use super::list::{Names, page_size};
use super::{etag, owner};
use crate::s3::checksum::put_checksums;
use crate::s3::error::Error;
use crate::s3::index::buckets;
use crate::s3::index::uploads::{self, Upload};
use crate::s3::store::Store;

impl Store {
    pub(in crate::s3) async fn list_parts(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let max_parts = page_size(input.max_parts)?;
        let after = input.part_number_marker.unwrap_or(0);
        let (bucket, key, upload_id) = (
            input.bucket.clone(),
            input.key.clone(),
            input.upload_id.clone(),
        );
        let (upload, mut parts) = self
            .run(move |store| {
                store.index.read(|tx| {
                    let bucket = buckets::find(tx, &bucket)?;
                    let upload = uploads::find(tx, bucket, &key, &upload_id)?;
                    // One more than asked for tells whether there are more.
                    let parts = uploads::parts(tx, &upload_id, after, max_parts + 1)?;
                    Ok((upload, parts))
                })
            })
            .await?;
        let is_truncated = parts.len() > max_parts;
        parts.truncate(max_parts);
        let next = parts
            .last()
            .map(|part| part.number)
            .filter(|_| is_truncated);
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            checksum_algorithm: Some(upload.algorithm.to_dto()),
            checksum_type: Some(upload.checksum_kind.to_dto()),
            max_parts: i32::try_from(max_parts).ok(),
            part_number_marker: Some(after),
            next_part_number_marker: next,
            is_truncated: Some(is_truncated),
            owner: Some(owner()),
            parts: Some(parts.iter().map(part).collect()),
            storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
            ..ListPartsOutput::default()
        }))
    }

    pub(in crate::s3) async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        /// Follows the id of every upload.
        const LAST_UPLOAD: &str = "\u{10ffff}";
        let input = request.input;
        if input
            .delimiter
            .as_ref()
            .is_some_and(|text| !text.is_empty())
        {
            return Err(Error::NotImplemented("A delimiter in a list of uploads").into());
        }
        let max_uploads = page_size(input.max_uploads)?;
        let names = Names::new(input.encoding_type.as_ref())?;
        let bucket = input.bucket.clone();
        let prefix = input.prefix.clone().unwrap_or_default();
        let after = match (input.key_marker.clone(), input.upload_id_marker.clone()) {
            (None, _) => (String::new(), String::new()),
            (Some(key), Some(upload_id)) => (key, upload_id),
            (Some(key), None) => (key, LAST_UPLOAD.to_owned()),
        };
        let mut uploads = self
            .run(move |store| {
                store.index.read(|tx| {
                    let bucket = buckets::find(tx, &bucket)?;
                    let after = (after.0.as_str(), after.1.as_str());
                    uploads::list(tx, bucket, &prefix, after, max_uploads + 1)
                })
            })
            .await?;
        let is_truncated = uploads.len() > max_uploads;
        uploads.truncate(max_uploads);
        let last = uploads.last().filter(|_| is_truncated);
        Ok(S3Response::new(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            prefix: input.prefix.map(|text| names.write(text)),
            key_marker: Some(names.write(input.key_marker.unwrap_or_default())),
            upload_id_marker: input.upload_id_marker,
            next_key_marker: last.map(|upload| names.write(upload.key.clone())),
            next_upload_id_marker: last.map(|upload| upload.id.clone()),
            encoding_type: input.encoding_type,
            max_uploads: i32::try_from(max_uploads).ok(),
            is_truncated: Some(is_truncated),
            uploads: Some(uploads.into_iter().map(|it| entry(it, names)).collect()),
            ..ListMultipartUploadsOutput::default()
        }))
    }
}

fn part(part: &uploads::Part) -> Part {
    let mut entry = Part {
        e_tag: Some(etag(&part.etag)),
        last_modified: Some(part.modified.timestamp()),
        part_number: Some(part.number),
        size: i64::try_from(part.size_bytes).ok(),
        ..Part::default()
    };
    put_checksums!(entry, part.checksum.to_dto());
    entry
}

fn entry(upload: Upload, names: Names) -> MultipartUpload {
    MultipartUpload {
        checksum_algorithm: Some(upload.algorithm.to_dto()),
        checksum_type: Some(upload.checksum_kind.to_dto()),
        initiated: Some(upload.initiated.timestamp()),
        key: Some(names.write(upload.key)),
        owner: Some(owner()),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        upload_id: Some(upload.id),
        ..MultipartUpload::default()
    }
}

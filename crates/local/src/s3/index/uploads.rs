//! The rows of multipart uploads and their parts.

use rusqlite::{OptionalExtension, Transaction, params};

use super::buckets::BucketId;
use super::{from_json, size_of, to_integer, to_json};
use crate::s3::blobs::BlobId;
use crate::s3::checksum::{Algorithm, Checksum, Kind};
use crate::s3::error::Error;
use crate::s3::object::{Attributes, Instant};

/// An upload that has been begun and neither completed nor aborted.
#[derive(Debug, Clone)]
pub(in crate::s3) struct Upload {
    pub(in crate::s3) id: String,
    pub(in crate::s3) key: String,
    pub(in crate::s3) initiated: Instant,
    pub(in crate::s3) algorithm: Algorithm,
    /// What the checksum of the finished object is to cover.
    pub(in crate::s3) checksum_kind: Kind,
    pub(in crate::s3) attributes: Attributes,
}

/// A part that has been uploaded.
#[derive(Debug, Clone)]
pub(in crate::s3) struct Part {
    pub(in crate::s3) number: i32,
    pub(in crate::s3) blob: BlobId,
    pub(in crate::s3) size_bytes: u64,
    /// Without quotes; the MD5 of the bytes in hexadecimal digits.
    pub(in crate::s3) etag: String,
    pub(in crate::s3) modified: Instant,
    pub(in crate::s3) checksum: Checksum,
}

fn upload_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Upload> {
    Ok(Upload {
        id: row.get("upload_id")?,
        key: row.get("key")?,
        initiated: Instant(row.get("initiated_ms")?),
        algorithm: from_json(row, "algorithm")?,
        checksum_kind: from_json(row, "checksum_kind")?,
        attributes: from_json(row, "attributes")?,
    })
}

fn part_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Part> {
    Ok(Part {
        number: row.get("number")?,
        blob: BlobId::from_row(row.get("blob")?),
        size_bytes: size_of(row, "size_bytes")?,
        etag: row.get("etag")?,
        modified: Instant(row.get("modified_ms")?),
        checksum: from_json(row, "checksum")?,
    })
}

/// # Errors
/// [`Error::Index`]
pub(in crate::s3) fn create(
    tx: &Transaction<'_>,
    bucket: BucketId,
    upload: &Upload,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO upload
         (upload_id, bucket_id, key, initiated_ms, algorithm, checksum_kind, attributes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            upload.id,
            bucket.0,
            upload.key,
            upload.initiated.0,
            to_json(&upload.algorithm)?,
            to_json(&upload.checksum_kind)?,
            to_json(&upload.attributes)?,
        ],
    )?;
    Ok(())
}

/// # Errors
/// [`Error::NoSuchUpload`], also where the upload is one of another key.
pub(in crate::s3) fn find(
    tx: &Transaction<'_>,
    bucket: BucketId,
    key: &str,
    upload_id: &str,
) -> Result<Upload, Error> {
    tx.prepare_cached("SELECT * FROM upload WHERE upload_id = ?1 AND bucket_id = ?2 AND key = ?3")?
        .query_row(params![upload_id, bucket.0, key], upload_from_row)
        .optional()?
        .ok_or(Error::NoSuchUpload)
}

/// Adds a part to an upload, and returns the blob of the part it replaces.
///
/// # Errors
/// [`Error::Index`]
pub(in crate::s3) fn put_part(
    tx: &Transaction<'_>,
    upload_id: &str,
    part: &Part,
) -> Result<Option<BlobId>, Error> {
    let replaced = tx
        .prepare_cached("SELECT blob FROM part WHERE upload_id = ?1 AND number = ?2")?
        .query_row(params![upload_id, part.number], |row| row.get(0))
        .optional()?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO part
         (upload_id, number, blob, size_bytes, etag, modified_ms, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        upload_id,
        part.number,
        part.blob.as_str(),
        to_integer(part.size_bytes),
        part.etag,
        part.modified.0,
        to_json(&part.checksum)?,
    ])?;
    Ok(replaced.map(BlobId::from_row))
}

/// Up to `max_parts` parts with numbers above `after`, in ascending order.
///
/// # Errors
/// [`Error::Index`]
pub(in crate::s3) fn parts(
    tx: &Transaction<'_>,
    upload_id: &str,
    after: i32,
    max_parts: usize,
) -> Result<Vec<Part>, Error> {
    let mut statement = tx.prepare_cached(
        "SELECT * FROM part WHERE upload_id = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
    )?;
    let limit = i64::try_from(max_parts).unwrap_or(i64::MAX);
    let parts = statement.query_map(params![upload_id, after, limit], part_from_row)?;
    Ok(parts.collect::<Result<_, _>>()?)
}

/// Deletes an upload and its parts, and returns the blobs that no row names any more.
///
/// # Errors
/// [`Error::Index`]
pub(in crate::s3) fn delete(tx: &Transaction<'_>, upload_id: &str) -> Result<Vec<BlobId>, Error> {
    let blobs = tx
        .prepare("SELECT blob FROM part WHERE upload_id = ?1")?
        .query_map([upload_id], |row| Ok(BlobId::from_row(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    tx.execute("DELETE FROM upload WHERE upload_id = ?1", [upload_id])?;
    Ok(blobs)
}

/// Up to `max_uploads` uploads of keys with `prefix` that come after the given key and upload, by
/// key and then by upload.
///
/// # Errors
/// [`Error::Index`]
pub(in crate::s3) fn list(
    tx: &Transaction<'_>,
    bucket: BucketId,
    prefix: &str,
    after: (&str, &str),
    max_uploads: usize,
) -> Result<Vec<Upload>, Error> {
    let mut statement = tx.prepare_cached(
        "SELECT * FROM upload
         WHERE bucket_id = ?1 AND key >= ?2 AND (key, upload_id) > (?3, ?4)
         ORDER BY key, upload_id",
    )?;
    let mut rows = statement.query(params![bucket.0, prefix, after.0, after.1])?;
    let mut uploads = Vec::new();
    while let Some(row) = rows.next()? {
        let upload = upload_from_row(row)?;
        if uploads.len() == max_uploads || !upload.key.starts_with(prefix) {
            break;
        }
        uploads.push(upload);
    }
    Ok(uploads)
}

//! The rows of objects.

use rusqlite::{OptionalExtension, Transaction, params};

use super::buckets::BucketId;
use super::{from_json, size_of, to_integer, to_json};
use crate::s3::blobs::BlobId;
use crate::s3::error::Error;
use crate::s3::object::{Instant, Object};

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Object> {
    Ok(Object {
        key: row.get("key")?,
        blob: BlobId::from_row(row.get("blob")?),
        size_bytes: size_of(row, "size_bytes")?,
        etag: row.get("etag")?,
        checksum: from_json(row, "checksum")?,
        modified: Instant(row.get("modified_ms")?),
        attributes: from_json(row, "attributes")?,
        part_sizes: from_json(row, "part_sizes")?,
    })
}

/// # Errors
/// [`Error::Index`]
pub(in crate::s3) fn find(
    tx: &Transaction<'_>,
    bucket: BucketId,
    key: &str,
) -> Result<Option<Object>, Error> {
    Ok(
        (tx.prepare_cached("SELECT * FROM object WHERE bucket_id = ?1 AND key = ?2")?)
            .query_row(params![bucket.0, key], from_row)
            .optional()?,
    )
}

/// Adds an object, or replaces the one of its key.
///
/// # Errors
/// [`Error::Index`]
pub(in crate::s3) fn put(
    tx: &Transaction<'_>,
    bucket: BucketId,
    object: &Object,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO object
         (bucket_id, key, blob, size_bytes, etag, modified_ms, checksum, attributes, part_sizes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        bucket.0,
        object.key,
        object.blob.as_str(),
        to_integer(object.size_bytes),
        object.etag,
        object.modified.0,
        to_json(&object.checksum)?,
        to_json(&object.attributes)?,
        to_json(&object.part_sizes)?,
    ])?;
    Ok(())
}

/// Deletes an object, if there is one of this key.
///
/// # Errors
/// [`Error::Index`]
pub(in crate::s3) fn delete(
    tx: &Transaction<'_>,
    bucket: BucketId,
    key: &str,
) -> Result<(), Error> {
    tx.prepare_cached("DELETE FROM object WHERE bucket_id = ?1 AND key = ?2")?
        .execute(params![bucket.0, key])?;
    Ok(())
}

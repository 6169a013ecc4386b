//! The rows of buckets.

use rusqlite::{OptionalExtension, Transaction, params};
use s3s::dto::CORSRule;

use super::{from_json, to_json};
use crate::s3::blobs::BlobId;
use crate::s3::error::Error;
use crate::s3::object::Instant;

/// Names the row of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::s3) struct BucketId(pub(super) i64);

/// A bucket as clients see it.
#[derive(Debug, Clone)]
pub(in crate::s3) struct Bucket {
    pub(in crate::s3) name: String,
    pub(in crate::s3) region: String,
    pub(in crate::s3) created: Instant,
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Bucket> {
    Ok(Bucket {
        name: row.get("name")?,
        region: row.get("region")?,
        created: Instant(row.get("created_ms")?),
    })
}

/// # Errors
/// [`Error::BucketExists`] where there is one of that name.
pub(in crate::s3) fn create(tx: &Transaction<'_>, bucket: &Bucket) -> Result<(), Error> {
    let inserted = tx.execute(
        "INSERT INTO bucket (name, region, created_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![bucket.name, bucket.region, bucket.created.0],
    )?;
    if inserted == 0 {
        return Err(Error::BucketExists);
    }
    Ok(())
}

/// # Errors
/// [`Error::NoSuchBucket`]
pub(in crate::s3) fn find(tx: &Transaction<'_>, name: &str) -> Result<BucketId, Error> {
    (tx.prepare_cached("SELECT bucket_id FROM bucket WHERE name = ?1")?)
        .query_row([name], |row| Ok(BucketId(row.get(0)?)))
        .optional()?
        .ok_or(Error::NoSuchBucket)
}

/// # Errors
/// [`Error::NoSuchBucket`]
pub(in crate::s3) fn describe(tx: &Transaction<'_>, name: &str) -> Result<Bucket, Error> {
    (tx.prepare_cached("SELECT * FROM bucket WHERE name = ?1")?)
        .query_row([name], from_row)
        .optional()?
        .ok_or(Error::NoSuchBucket)
}

/// All buckets, by name.
///
/// # Errors
/// [`Error::Index`]
pub(in crate::s3) fn list(tx: &Transaction<'_>) -> Result<Vec<Bucket>, Error> {
    let mut statement = tx.prepare_cached("SELECT * FROM bucket ORDER BY name")?;
    let buckets = statement.query_map([], from_row)?;
    Ok(buckets.collect::<Result<_, _>>()?)
}

/// Deletes an empty bucket together with the uploads begun in it, and returns the blobs of their
/// parts, which no row names any more.
///
/// # Errors
/// [`Error::NoSuchBucket`], [`Error::BucketNotEmpty`]
pub(in crate::s3) fn delete(tx: &Transaction<'_>, name: &str) -> Result<Vec<BlobId>, Error> {
    let BucketId(id) = find(tx, name)?;
    let occupied: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM object WHERE bucket_id = ?1)",
        [id],
        |row| row.get(0),
    )?;
    if occupied {
        return Err(Error::BucketNotEmpty);
    }
    let blobs = tx
        .prepare("SELECT blob FROM part JOIN upload USING (upload_id) WHERE bucket_id = ?1")?
        .query_map([id], |row| Ok(BlobId::from_row(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    tx.execute("DELETE FROM upload WHERE bucket_id = ?1", [id])?;
    tx.execute("DELETE FROM bucket WHERE bucket_id = ?1", [id])?;
    Ok(blobs)
}

/// The CORS rules of a bucket; `None` where none were set.
///
/// # Errors
/// [`Error::NoSuchBucket`]
pub(in crate::s3) fn cors(
    tx: &Transaction<'_>,
    name: &str,
) -> Result<Option<Vec<CORSRule>>, Error> {
    (tx.prepare_cached("SELECT cors FROM bucket WHERE name = ?1")?)
        .query_row([name], |row| from_json(row, "cors"))
        .optional()?
        .ok_or(Error::NoSuchBucket)
}

/// Sets the CORS rules of a bucket, or with `None` drops them.
///
/// # Errors
/// [`Error::NoSuchBucket`]
pub(in crate::s3) fn set_cors(
    tx: &Transaction<'_>,
    name: &str,
    rules: Option<&[CORSRule]>,
) -> Result<(), Error> {
    let rules = rules.map(|rules| to_json(&rules)).transpose()?;
    let updated = tx.execute(
        "UPDATE bucket SET cors = ?2 WHERE name = ?1",
        params![name, rules],
    )?;
    if updated == 0 {
        return Err(Error::NoSuchBucket);
    }
    Ok(())
}

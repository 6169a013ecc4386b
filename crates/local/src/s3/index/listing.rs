//! Pages of a bucket's objects.

use rusqlite::{Transaction, params};

use super::buckets::BucketId;
use super::size_of;
use crate::s3::error::Error;
use crate::s3::object::Instant;

/// Which entries a page holds.
#[derive(Debug, Clone)]
pub(in crate::s3) struct Query {
    pub(in crate::s3) prefix: String,
    /// Keys that have this after the prefix are rolled up into one common prefix.  Never empty.
    pub(in crate::s3) delimiter: Option<String>,
    /// The page begins with the first key that is not less than this; `None` is past all keys.
    pub(in crate::s3) from: Option<String>,
    pub(in crate::s3) max_entries: usize,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::s3) enum Entry {
    Object(Summary),
    CommonPrefix(String),
}

impl Entry {
    /// The key or the common prefix.
    pub(in crate::s3) fn name(&self) -> &str {
        match self {
            Self::Object(summary) => &summary.key,
            Self::CommonPrefix(prefix) => prefix,
        }
    }
}

/// What a listing says about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::s3) struct Summary {
    pub(in crate::s3) key: String,
    pub(in crate::s3) size_bytes: u64,
    /// Without quotes.
    pub(in crate::s3) etag: String,
    pub(in crate::s3) modified: Instant,
}

/// Entries in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::s3) struct Page {
    pub(in crate::s3) entries: Vec<Entry>,
    /// Where the next page begins ([`Query::from`]); `None` on the last one.
    pub(in crate::s3) next: Option<String>,
}

/// Reads a page.  The cost is one step in the index per entry: what lies below a common prefix is
/// skipped by one seek, however much it is.
///
/// # Errors
/// [`Error::Index`]
pub(in crate::s3) fn page(
    tx: &Transaction<'_>,
    bucket: BucketId,
    query: &Query,
) -> Result<Page, Error> {
    let mut page = Page {
        entries: Vec::new(),
        next: None,
    };
    let mut statement = tx.prepare_cached(
        "SELECT key, size_bytes, etag, modified_ms FROM object
         WHERE bucket_id = ?1 AND key >= ?2 ORDER BY key",
    )?;
    // Where to seek next; `None` at the end of the listing.
    let mut seek = (query.from.clone()).map(|from| from.max(query.prefix.clone()));
    while let Some(from) = seek.take() {
        let mut rows = statement.query(params![bucket.0, from])?;
        while let Some(row) = rows.next()? {
            let key: String = row.get("key")?;
            if !key.starts_with(&query.prefix) || query.max_entries == 0 {
                break;
            }
            if page.entries.len() == query.max_entries {
                page.next = Some(key);
                break;
            }
            if let Some(common) = common_prefix(&key, &query.prefix, query.delimiter.as_deref()) {
                seek = after_all_with_prefix(common);
                page.entries.push(Entry::CommonPrefix(common.to_owned()));
                break;
            }
            page.entries.push(Entry::Object(Summary {
                size_bytes: size_of(row, "size_bytes")?,
                etag: row.get("etag")?,
                modified: Instant(row.get("modified_ms")?),
                key,
            }));
        }
    }
    Ok(page)
}

/// What `key`, which begins with `prefix`, is rolled up into: all of it up to and with the first
/// `delimiter` after the prefix.
pub(in crate::s3) fn common_prefix<'key>(
    key: &'key str,
    prefix: &str,
    delimiter: Option<&str>,
) -> Option<&'key str> {
    let delimiter = delimiter?;
    let end = key.strip_prefix(prefix)?.find(delimiter)? + prefix.len() + delimiter.len();
    key.get(..end)
}

/// The least string that is greater than `key`.
pub(in crate::s3) fn after(key: &str) -> String {
    format!("{key}\0")
}

/// The least string that is greater than every string beginning with `prefix`; `None` where there
/// is none.  Bytes of UTF-8 compare as the characters do, so it is the prefix with its last
/// character replaced by the next one.
pub(in crate::s3) fn after_all_with_prefix(prefix: &str) -> Option<String> {
    let mut chars = prefix.chars();
    while let Some(last) = chars.next_back() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            return Some(format!("{}{next}", chars.as_str()));
        }
    }
    None
}

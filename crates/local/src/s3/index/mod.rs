//! The index: which objects there are, in a `SQLite` file.
//!
//! Everything here blocks, so it is called from worker threads.  There is one writer at a time,
//! and every change is one `BEGIN IMMEDIATE` transaction, conditions included; readers have
//! connections of their own and never wait for the disk behind a writer.  A change has reached
//! the disk (`synchronous = FULL`) when [`Index::write`] returns.

pub(super) mod buckets;
pub(super) mod listing;
pub(super) mod objects;
pub(super) mod uploads;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::types::Type;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::blobs::BlobId;
use super::error::Error;

/// The version of `schema.sql`, kept in `user_version`.
const SCHEMA_VERSION: i64 = 1;
/// How many connections for readers are kept open; more are opened and closed as needed.
const MAX_IDLE_READERS: usize = 8;
/// Prepared statements kept by each connection; there are fewer than this.
const CACHED_STATEMENTS: usize = 64;

/// The connections to the index.
#[derive(Debug)]
pub(super) struct Index {
    path: PathBuf,
    writer: Mutex<Connection>,
    idle_readers: Mutex<Vec<Connection>>,
}

impl Index {
    /// Opens the index in the file `path`, creating it where there is none.
    ///
    /// # Errors
    /// Any failure of `SQLite`; [`rusqlite::Error::InvalidQuery`] for a file that a newer version
    /// wrote.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let writer = connect(path)?;
        let version: i64 = writer.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version > SCHEMA_VERSION {
            return Err(rusqlite::Error::InvalidQuery);
        }
        writer.execute_batch(include_str!("schema.sql"))?;
        writer.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            idle_readers: Mutex::default(),
        })
    }

    /// Runs `change` as one transaction: all of it happens, and is on the disk, or nothing.
    ///
    /// # Errors
    /// That of `change`, after which nothing has changed, or [`Error::Index`].
    pub(super) fn write<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = change(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Runs `question` on one state of the index, which holds every change made before.
    ///
    /// # Errors
    /// That of `question`, or [`Error::Index`].
    pub(super) fn read<T>(
        &self,
        question: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let idle = lock(&self.idle_readers).pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => connect(&self.path)?,
        };
        let transaction = reader.transaction()?;
        let result = question(&transaction);
        transaction.finish()?;
        let mut idle = lock(&self.idle_readers);
        if idle.len() < MAX_IDLE_READERS {
            idle.push(reader);
        }
        result
    }
}

/// Every blob that a row names.
///
/// # Errors
/// [`Error::Index`]
pub(super) fn named_blobs(tx: &Transaction<'_>) -> Result<HashSet<BlobId>, Error> {
    let mut statement = tx.prepare("SELECT blob FROM object UNION ALL SELECT blob FROM part")?;
    let blobs = statement.query_map([], |row| Ok(BlobId::from_row(row.get(0)?)))?;
    Ok(blobs.collect::<Result<_, _>>()?)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(connection)
}

/// A connection stays usable after a panic: its transaction was rolled back on the way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The content of a JSON column.
fn to_json(value: &impl Serialize) -> Result<String, Error> {
    Ok(serde_json::to_string(value)?)
}

/// Reads a JSON column.
fn from_json<T: DeserializeOwned>(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<T> {
    let index = row.as_ref().column_index(column)?;
    let text = row.get_ref(index)?.as_str_or_null()?.unwrap_or("null");
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
    })
}

/// Sizes are below 2^63, so the conversion never clips.
fn to_integer(size_bytes: u64) -> i64 {
    i64::try_from(size_bytes).unwrap_or(i64::MAX)
}

/// Reads a size in bytes.
fn size_of(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<u64> {
    let size: i64 = row.get(column)?;
    Ok(size.unsigned_abs())
}

//! The object store: the index and the blobs together, and the order of every write.
//!
//! A write seals its blob (file and directory synced), then commits the row that names it, then
//! removes the blobs that no row names any more, then tells the listeners.  A crash before the
//! commit leaves a blob without a row, a crash after it an old blob without a row; [`Store::open`]
//! removes both.  There is no moment at which a row names bytes that are not there.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Transaction;
use tokio::sync::broadcast;

use super::blobs::{BlobId, Blobs, NewBlob};
use super::conditions::WriteConditions;
use super::error::Error;
use super::index::buckets::{self, BucketId};
use super::index::{self, Index, objects};
use super::object::{Object, check_key};
use super::{ObjectCreated, OpenError};

/// How many notifications a slow listener may fall behind before it misses some.
const NOTIFICATION_BACKLOG: usize = 1024;

/// A handle on the store; clones share it.
#[derive(Debug, Clone)]
pub(super) struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) index: Index,
    pub(super) blobs: Blobs,
    created: broadcast::Sender<ObjectCreated>,
    /// Held for as long as the store is open: a second process would collect the blobs that this
    /// one is about to name.
    _lock: File,
}

impl Store {
    /// Opens the store in `dir`, creating it where there is none, and removes what a crash left.
    /// Blocks.
    pub(super) fn open(dir: &Path) -> Result<Self, OpenError> {
        let failed = |source: Error| OpenError::Unusable {
            dir: dir.to_owned(),
            source: Box::new(source),
        };
        fs::create_dir_all(dir).map_err(|error| failed(error.into()))?;
        let lock = File::create(dir.join("lock")).map_err(|error| failed(error.into()))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::InUse {
                dir: dir.to_owned(),
            },
            TryLockError::Error(error) => failed(error.into()),
        })?;
        let (index, blobs) = recover(dir).map_err(failed)?;
        Ok(Self {
            inner: Arc::new(Inner {
                index,
                blobs,
                created: broadcast::Sender::new(NOTIFICATION_BACKLOG),
                _lock: lock,
            }),
        })
    }

    /// Runs `work` on a thread that may block.  Once begun it runs to its end, even when the
    /// caller goes away, so what follows a commit is never skipped.
    ///
    /// # Errors
    /// That of `work`, or [`Error::Worker`].
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || work(&inner)).await?
    }

    pub(super) fn object_created(&self) -> broadcast::Receiver<ObjectCreated> {
        self.inner.created.subscribe()
    }
}

fn recover(dir: &Path) -> Result<(Index, Blobs), Error> {
    let blobs = Blobs::open(dir)?;
    let index = Index::open(&dir.join("index.sqlite"))?;
    let named = index.read(index::named_blobs)?;
    let removed = blobs.collect(&named)?;
    if removed > 0 {
        tracing::info!("S3: removed {removed} blobs that an interrupted write left");
    }
    Ok((index, blobs))
}

impl Inner {
    /// Makes `object` visible in `bucket`, whole and with its metadata, in place of the one of its
    /// key.  Everything is decided and changed in one transaction: `conditions` against the
    /// object that would be replaced, and whatever `also` does, which returns further blobs that
    /// no row names any more.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::PreconditionFailed`], those of `also`, or a failure of
    /// the store; in each case nothing has changed.
    pub(super) fn publish(
        &self,
        bucket: &str,
        mut blob: NewBlob,
        object: &Object,
        conditions: &WriteConditions,
        also: impl FnOnce(&Transaction<'_>, BucketId) -> Result<Vec<BlobId>, Error>,
    ) -> Result<(), Error> {
        check_key(&object.key)?;
        self.blobs.seal(&mut blob)?;
        let unnamed = self.index.write(|tx| {
            let bucket = buckets::find(tx, bucket)?;
            let replaced = objects::find(tx, bucket, &object.key)?;
            conditions.check(replaced.as_ref())?;
            let mut unnamed = also(tx, bucket)?;
            objects::put(tx, bucket, object)?;
            unnamed.extend(replaced.map(|object| object.blob));
            // From here on only the commit itself can fail, and a commit that reports a failure
            // may still have reached the disk.
            blob.keep();
            Ok(unnamed)
        })?;
        self.blobs.remove(unnamed);
        // Nobody listening is no failure.
        let _ = self.created.send(ObjectCreated {
            bucket: bucket.to_owned(),
            key: object.key.clone(),
            size: object.size_bytes,
            etag: object.etag.clone(),
        });
        Ok(())
    }

    /// Looks an object up and gets hold of its blob with `take`.
    ///
    /// The object can be replaced, and its blob removed, between the two; then the new one is
    /// taken.  A blob that is missing twice is lost.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchKey`], [`Error::LostBlob`], or a failure of the
    /// store.
    pub(super) fn take<T>(
        &self,
        bucket: &str,
        key: &str,
        take: impl Fn(&Blobs, &BlobId) -> io::Result<T>,
    ) -> Result<(Object, T), Error> {
        let mut missing = None;
        loop {
            let object = self.find(bucket, key)?;
            match take(&self.blobs, &object.blob) {
                Ok(taken) => return Ok((object, taken)),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                Err(_) if missing.as_ref() == Some(&object.blob) => return Err(Error::LostBlob),
                Err(_) => missing = Some(object.blob),
            }
        }
    }

    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchKey`], or a failure of the store.
    pub(super) fn find(&self, bucket: &str, key: &str) -> Result<Object, Error> {
        self.index
            .read(|tx| objects::find(tx, buckets::find(tx, bucket)?, key)?.ok_or(Error::NoSuchKey))
    }
}

//! The bytes of objects: immutable files with unique names.
//!
//! `blobs/<aa>/<id>` holds a finished blob, `tmp/<id>` one that is still being written.  A blob is
//! renamed, and then it and its directory are synced, all before a row of the index may name it;
//! it is removed only after no row names it any more.  So the only thing a crash can leave behind
//! is a file without a row, whole or not, which [`Blobs::collect`] removes.
//!
//! Keys never become file names, which makes every key safe.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

/// Names one blob file, for ever: ids are never used again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct BlobId(String);

impl BlobId {
    fn unique() -> Self {
        Self(Uuid::now_v7().simple().to_string())
    }

    /// The id as a row of the index holds it.
    pub(super) fn from_row(text: String) -> Self {
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The directory of a blob: the last two digits, which in a version 7 UUID are random.
    fn shard(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(2)..).unwrap_or("00")
    }
}

/// The directory of blob files.
#[derive(Debug)]
pub(super) struct Blobs {
    finished: PathBuf,
    unfinished: PathBuf,
    /// The directories below `finished` that a crash would not take.
    durable_shards: Mutex<HashSet<String>>,
}

impl Blobs {
    /// Creates the directories below `dir` that are missing and empties that of unfinished blobs.
    ///
    /// # Errors
    /// Any failure of the file system.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let blobs = Self {
            finished: dir.join("blobs"),
            unfinished: dir.join("tmp"),
            durable_shards: Mutex::default(),
        };
        if blobs.unfinished.exists() {
            fs::remove_dir_all(&blobs.unfinished)?;
        }
        fs::create_dir_all(&blobs.unfinished)?;
        fs::create_dir_all(&blobs.finished)?;
        sync_dir(dir)?;
        Ok(blobs)
    }

    /// Removes every blob that is not in `named`, and says how many those were.
    ///
    /// # Errors
    /// Any failure of the file system.
    pub(super) fn collect(&self, named: &HashSet<BlobId>) -> io::Result<usize> {
        let mut removed = 0;
        for shard in fs::read_dir(&self.finished)? {
            let shard = shard?;
            if !shard.file_type()?.is_dir() {
                continue;
            }
            for entry in fs::read_dir(shard.path())? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.file_type()?.is_file() && !named.contains(&BlobId(name)) {
                    fs::remove_file(entry.path())?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    /// Begins a new blob.
    ///
    /// # Errors
    /// Any failure of the file system.
    pub(super) fn create(&self) -> io::Result<NewBlob> {
        let id = BlobId::unique();
        let path = self.unfinished.join(id.as_str());
        let file = File::create_new(&path)?;
        Ok(NewBlob {
            id,
            path,
            file: Some(file),
            keep: false,
        })
    }

    /// A new blob with the bytes of `source`.  It shares them where the file system can, which
    /// costs no copying and is safe because blobs never change.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when `source` has been removed, or any failure of the file
    /// system.
    pub(super) fn create_copy(&self, source: &BlobId) -> io::Result<NewBlob> {
        let id = BlobId::unique();
        let path = self.unfinished.join(id.as_str());
        match fs::hard_link(self.path(source), &path) {
            Ok(()) => Ok(NewBlob {
                id,
                path,
                file: None,
                keep: false,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            // No links here, or no more of them to this file.
            Err(_) => {
                let mut copy = self.create()?;
                io::copy(&mut self.read(source)?, &mut copy)?;
                Ok(copy)
            }
        }
    }

    /// Opens a blob for reading.  The file can be read to its end even if the blob is removed
    /// meanwhile.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when the blob has been removed, or any failure of the file
    /// system.
    pub(super) fn read(&self, id: &BlobId) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Removes blobs that no row names any more.  A failure leaves files that the next
    /// [`collect`](Self::collect) finds, so it is only logged.
    pub(super) fn remove(&self, ids: impl IntoIterator<Item = BlobId>) {
        for id in ids {
            if let Err(error) = fs::remove_file(self.path(&id)) {
                tracing::warn!("S3: blob {} could not be removed: {error}", id.as_str());
            }
        }
    }

    /// Makes a new blob durable under its final name.  Only now may a row name it.
    ///
    /// # Errors
    /// Any failure of the file system; the blob is then removed when `blob` is dropped.
    pub(super) fn seal(&self, blob: &mut NewBlob) -> io::Result<()> {
        let shard = self.durable_shard(&blob.id)?;
        let path = shard.join(blob.id.as_str());
        fs::rename(&blob.path, &path)?;
        blob.path = path;
        // After the rename, so that a journaling file system writes both at once; the name means
        // nothing yet.
        if let Some(file) = blob.file.take() {
            file.sync_all()?;
        }
        sync_dir(&shard)
    }

    /// The directory of a blob, which is on the disk when this returns.
    fn durable_shard(&self, id: &BlobId) -> io::Result<PathBuf> {
        let path = self.finished.join(id.shard());
        let mut durable = (self.durable_shards.lock()).unwrap_or_else(PoisonError::into_inner);
        if !durable.contains(id.shard()) {
            fs::create_dir_all(&path)?;
            sync_dir(&self.finished)?;
            durable.insert(id.shard().to_owned());
        }
        Ok(path)
    }

    fn path(&self, id: &BlobId) -> PathBuf {
        self.finished.join(id.shard()).join(id.as_str())
    }
}

/// A blob that no row names yet.  Dropping it removes its file, so whatever goes wrong on the way
/// to the index (a client that hangs up, a wrong checksum, a failed condition) leaves nothing.
#[derive(Debug)]
pub(super) struct NewBlob {
    id: BlobId,
    path: PathBuf,
    file: Option<File>,
    keep: bool,
}

impl NewBlob {
    pub(super) fn id(&self) -> &BlobId {
        &self.id
    }

    /// The file under its present name, for reading back what was written.
    ///
    /// # Errors
    /// Any failure of the file system.
    pub(super) fn read(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// Says that a row may name the blob from here on, so it is no longer removed on drop.
    pub(super) fn keep(&mut self) {
        self.keep = true;
    }
}

impl Write for NewBlob {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => Err(io::Error::other("a sealed blob never changes")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for NewBlob {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!("S3: an abandoned blob could not be removed: {error}");
        }
    }
}

/// Makes names created in or removed from `dir` durable.
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

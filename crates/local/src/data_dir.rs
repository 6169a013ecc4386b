//! The directory that holds the data, locked against a second server.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::dynamodb::Tables;

/// The file that is locked. While it is, it holds the URL of the server's AWS endpoint, once that answers.
const LOCK: &str = "lock";

/// Where a server keeps its data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Data {
    /// In this directory, made where absent; it is there at the next start.
    Directory(PathBuf),
    /// In memory and a temporary directory, gone when the server stops.
    #[default]
    Ephemeral,
}

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another server runs on it.
    #[error(
        "the data directory {} is in use by another shoebox; stop that one, or choose another with --data-dir or --ephemeral",
        .0.display()
    )]
    InUse(PathBuf),
    /// It cannot be made or locked.
    #[error("cannot use the data directory {}", .path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// What failed.
        #[source]
        source: io::Error,
    },
}

/// An open data directory. While it lives no other process can open the same one.
#[derive(Debug)]
pub(crate) enum DataDir {
    Locked { path: PathBuf, lock: File },
    Temporary(TempDir),
}

impl DataDir {
    /// Makes the directory where absent and locks it. The lock ends with the process, however it ends.
    pub(crate) fn open(data: &Data) -> Result<Self, DataDirError> {
        match data {
            Data::Directory(path) => Self::lock(path),
            Data::Ephemeral => {
                let made = tempfile::Builder::new().prefix("shoebox-").tempdir();
                let unusable = |source| DataDirError::Unusable {
                    path: std::env::temp_dir(),
                    source,
                };
                made.map(Self::Temporary).map_err(unusable)
            }
        }
    }

    fn lock(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable {
            path: path.to_owned(),
            source,
        };
        std::fs::create_dir_all(path).map_err(unusable)?;
        let mut open = OpenOptions::new();
        let open = open.create(true).write(true).truncate(false);
        let file = open.open(path.join(LOCK)).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {
                // What the last server said of itself holds no more.
                file.set_len(0).map_err(unusable)?;
                Ok(Self::Locked {
                    path: path.to_owned(),
                    lock: file,
                })
            }
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Says in the directory where the server that holds it answers, for [`answers_at`].
    pub(crate) fn announce(&self, aws_url: &str) -> Result<(), DataDirError> {
        match self {
            Self::Temporary(_) => Ok(()),
            Self::Locked { path, lock } => {
                let mut lock: &File = lock;
                let written = lock.write_all(aws_url.as_bytes());
                written.map_err(|source| DataDirError::Unusable {
                    path: path.clone(),
                    source,
                })
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Locked { path, .. } => path,
            Self::Temporary(directory) => directory.path(),
        }
    }

    /// Where the objects are kept.
    pub(crate) fn objects(&self) -> PathBuf {
        self.path().join("s3")
    }

    /// Where the tables are kept.
    pub(crate) fn tables(&self) -> Tables {
        match self {
            Self::Locked { path, .. } => Tables::File(path.join("dynamodb.db")),
            Self::Temporary(_) => Tables::Memory,
        }
    }
}

/// The AWS endpoint of the server that holds a directory; none where it has not said so yet.
pub(crate) fn answers_at(directory: &Path) -> Option<String> {
    let said = std::fs::read_to_string(directory.join(LOCK)).ok()?;
    (!said.is_empty()).then_some(said)
}

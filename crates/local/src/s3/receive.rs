//! Takes in a request body: into a new blob, checked against all that was declared about it.

use std::io::{self, Write};

use bytes::Bytes;
use futures_util::StreamExt;
use s3s::StdError;
use s3s::dto::StreamingBlob;

use super::blobs::{Blobs, NewBlob};
use super::checksum::Algorithm;
use super::declared::Declared;
use super::digest::{Digest, Digester};
use super::error::Error;
use super::object::MAX_PUT_BYTES;
use super::store::Store;

/// How much of a body, in bytes, is gathered before a worker thread hashes and writes it: enough
/// that the way there and back costs nothing, little enough for many uploads at once.
const BATCH_BYTES: usize = 1024 * 1024;

/// A body that turned out to be what was declared.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) blob: NewBlob,
    pub(super) digest: Digest,
}

impl Store {
    /// Reads `body` to its end.
    ///
    /// Nothing of it stays when this fails, or when the caller goes away meanwhile.
    ///
    /// # Errors
    /// [`Error::BadDigest`], [`Error::IncompleteBody`] and the like where the body is not what was
    /// declared, [`Error::TooLarge`] past 5 GiB, [`Error::UnreadableBody`] when the connection
    /// breaks, [`Error::Blob`] when it cannot be written.
    pub(super) async fn receive(
        &self,
        body: Option<StreamingBlob>,
        declared: Declared,
    ) -> Result<Received, Error> {
        let algorithm = declared.algorithm();
        let mut sink = (self.run(move |store| Ok(Sink::create(&store.blobs, algorithm)?))).await?;
        let mut batch = Batch::default();
        let mut body = body.unwrap_or_else(|| s3s::Body::empty().into());
        while let Some(chunk) = body.next().await {
            batch.push(chunk.map_err(unreadable)?);
            if batch.size_bytes >= BATCH_BYTES {
                let full = std::mem::take(&mut batch);
                sink = self.run(move |_| sink.append(full)).await?;
            }
        }
        self.run(move |_| {
            let received = sink.append(batch)?.finish();
            declared.verify(&received.digest)?;
            Ok(received)
        })
        .await
    }
}

/// The protocol layer checks the signed hashes of a body while it is read, but does not export
/// the types of the errors it reports a mismatch with; only their texts tell them apart.
fn unreadable(error: StdError) -> Error {
    let text = error.to_string();
    if text.ends_with("Sha256Mismatch") {
        Error::BadDigest("x-amz-content-sha256")
    } else if text.ends_with("SignatureMismatch") {
        Error::ChunkSignature
    } else {
        Error::UnreadableBody(error)
    }
}

#[derive(Debug, Default)]
struct Batch {
    chunks: Vec<Bytes>,
    size_bytes: usize,
}

impl Batch {
    fn push(&mut self, chunk: Bytes) {
        self.size_bytes += chunk.len();
        self.chunks.push(chunk);
    }
}

/// A blob that is being written and digested on the way.
pub(super) struct Sink {
    blob: NewBlob,
    digester: Digester,
}

impl Sink {
    /// # Errors
    /// Any failure of the file system.
    pub(super) fn create(blobs: &Blobs, algorithm: Algorithm) -> io::Result<Self> {
        Ok(Self {
            blob: blobs.create()?,
            digester: Digester::new(algorithm),
        })
    }

    fn append(mut self, batch: Batch) -> Result<Self, Error> {
        for chunk in batch.chunks {
            self.write_all(&chunk)?;
        }
        if self.digester.size_bytes() > MAX_PUT_BYTES {
            return Err(Error::TooLarge);
        }
        Ok(self)
    }

    pub(super) fn finish(self) -> Received {
        Received {
            blob: self.blob,
            digest: self.digester.finish(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.blob.write_all(bytes)?;
        self.digester.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.blob.flush()
    }
}

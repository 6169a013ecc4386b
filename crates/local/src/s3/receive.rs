//! Takes in a request body: into a new blob, checked against all that was declared about it.

use std::io::{self, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::StreamExt;
use http::HeaderMap;
use s3s::dto::{self, StreamingBlob};
use s3s::{StdError, TrailingHeaders};

use super::blobs::{Blobs, NewBlob};
use super::checksum::{Algorithm, Checksum};
use super::digest::{Digest, Digester};
use super::error::Error;
use super::object::MAX_PUT_BYTES;
use super::store::Store;

/// How much of a body, in bytes, is gathered before a worker thread hashes and writes it: enough
/// that the way there and back costs nothing, little enough for many uploads at once.
const BATCH_BYTES: usize = 1024 * 1024;

/// What a client declares about the bytes it sends.
#[derive(Debug)]
pub(super) struct Declared {
    length_bytes: Option<u64>,
    md5: Option<[u8; 16]>,
    checksum: Option<Checksum>,
    trailer: Option<TrailingHeaders>,
    /// The algorithm of the checksum that is computed and stored.
    algorithm: Algorithm,
}

/// The parts of a request that say what its body must be.
pub(super) struct Declaration<'a> {
    pub(super) content_length: Option<i64>,
    pub(super) content_md5: Option<&'a str>,
    pub(super) checksums: dto::Checksum,
    pub(super) headers: &'a HeaderMap,
    pub(super) trailing_headers: Option<TrailingHeaders>,
    /// What to compute where no checksum is declared.
    pub(super) default_algorithm: Algorithm,
}

impl Declaration<'_> {
    /// # Errors
    /// [`Error::InvalidDigest`] for a `Content-MD5` that is none, [`Error::InvalidArgument`] for
    /// more than one checksum.
    pub(super) fn parse(self) -> Result<Declared, Error> {
        let md5 = (self.content_md5)
            .map(|text| {
                let md5 = BASE64_STANDARD.decode(text).ok();
                md5.and_then(|md5| <[u8; 16]>::try_from(md5).ok())
                    .ok_or(Error::InvalidDigest("Content-MD5"))
            })
            .transpose()?;
        let checksum = Checksum::declared(self.checksums)?;
        let trailing_algorithm = (self.headers.get("x-amz-trailer"))
            .and_then(|name| name.to_str().ok())
            .and_then(|name| Algorithm::of_header(name.trim()));
        let algorithm = (checksum.as_ref().map(|checksum| checksum.algorithm))
            .or(trailing_algorithm)
            .unwrap_or(self.default_algorithm);
        Ok(Declared {
            length_bytes: self.content_length.and_then(|n| u64::try_from(n).ok()),
            md5,
            checksum,
            trailer: trailing_algorithm.and(self.trailing_headers),
            algorithm,
        })
    }
}

impl Declared {
    /// The algorithm of the checksum that will be stored.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn verify(&self, received: &Digest) -> Result<(), Error> {
        if self.length_bytes.is_some_and(|n| n != received.size_bytes) {
            return Err(Error::IncompleteBody);
        }
        if self.md5.is_some_and(|md5| md5 != received.md5) {
            return Err(Error::BadDigest("Content-MD5"));
        }
        let header = self.algorithm.header();
        if let Some(declared) = &self.checksum
            && declared.value != received.checksum.value
        {
            return Err(Error::BadDigest(header));
        }
        if let Some(trailer) = &self.trailer {
            let declared = trailer
                .take()
                .and_then(|trailers| trailers.get(header).cloned())
                .ok_or(Error::MalformedTrailer)?;
            if declared.as_bytes() != received.checksum.value.as_bytes() {
                return Err(Error::BadDigest(header));
            }
        }
        Ok(())
    }
}

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
        let algorithm = declared.algorithm;
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

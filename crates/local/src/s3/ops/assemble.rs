//! Makes one object of the parts of an upload.

use std::io::{self, BufReader, ErrorKind};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use s3s::crypto::{Checksum as _, Md5};

use super::copy::COPY_BUFFER_BYTES;
use crate::s3::checksum::{Checksum, Kind};
use crate::s3::digest::{hex, unhex};
use crate::s3::error::Error;
use crate::s3::index::uploads::{Part, Upload};
use crate::s3::object::{Instant, Object};
use crate::s3::receive::{Received, Sink};
use crate::s3::store::Inner;

/// Writes the bytes of all parts into one blob.
///
/// # Errors
/// [`Error::NoSuchUpload`] where the parts are gone, or a failure of the store.
pub(super) fn assemble(store: &Inner, upload: &Upload, parts: &[Part]) -> Result<Received, Error> {
    let mut sink = Sink::create(&store.blobs, upload.algorithm)?;
    for part in parts {
        let file = match store.blobs.read(&part.blob) {
            // Aborted or completed by someone else in this moment.
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::NoSuchUpload),
            result => result?,
        };
        let mut bytes = BufReader::with_capacity(COPY_BUFFER_BYTES, file);
        io::copy(&mut bytes, &mut sink)?;
    }
    Ok(sink.finish())
}

/// The object that the parts make up.
pub(super) fn object(upload: Upload, parts: &[Part], assembled: &Received) -> Object {
    let checksum = match upload.checksum_kind {
        Kind::FullObject => assembled.digest.checksum.clone(),
        Kind::Composite => composite(&upload, parts),
    };
    Object {
        key: upload.key,
        blob: assembled.blob.id().clone(),
        size_bytes: assembled.digest.size_bytes,
        etag: composite_etag(parts),
        checksum: Some(checksum),
        modified: Instant::now(),
        attributes: upload.attributes,
        part_sizes: parts.iter().map(|part| part.size_bytes).collect(),
    }
}

/// The checksum of the checksums of the parts, with their number appended.
fn composite(upload: &Upload, parts: &[Part]) -> Checksum {
    let mut hasher = upload.algorithm.hasher();
    for part in parts {
        // What does not decode was never computed here.
        hasher.update(
            &BASE64_STANDARD
                .decode(&part.checksum.value)
                .unwrap_or_default(),
        );
    }
    let whole = hasher.finish();
    Checksum {
        kind: Kind::Composite,
        value: format!("{}-{}", whole.value, parts.len()),
        ..whole
    }
}

/// The MD5 of the MD5s of the parts, with their number appended.
fn composite_etag(parts: &[Part]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(&unhex(&part.etag).unwrap_or_default());
    }
    format!("{}-{}", hex(&md5.finalize()), parts.len())
}

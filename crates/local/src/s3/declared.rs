//! What a client declares about a request body, and whether the body is that.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use s3s::{TrailingHeaders, dto};

use super::checksum::{Algorithm, Checksum};
use super::digest::Digest;
use super::error::Error;
use super::object::MAX_PUT_BYTES;

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
    /// more than one checksum, [`Error::TooLarge`] past 5 GiB.
    pub(super) fn parse(self) -> Result<Declared, Error> {
        let length_bytes = (self.content_length)
            .map(|n| u64::try_from(n).map_err(|_| Error::IncompleteBody))
            .transpose()?;
        if length_bytes.is_some_and(|n| n > MAX_PUT_BYTES) {
            return Err(Error::TooLarge);
        }
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
            length_bytes,
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

    /// # Errors
    /// [`Error::IncompleteBody`], [`Error::BadDigest`], [`Error::MalformedTrailer`]
    pub(super) fn verify(&self, received: &Digest) -> Result<(), Error> {
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

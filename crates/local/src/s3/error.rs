//! What an operation can fail with, and what a client is told about it.

use std::error::Error as StdError;
use std::io;

use http::{HeaderMap, HeaderValue, header};
use s3s::{S3Error, S3ErrorCode};

use super::object::Object;

/// Any failure inside the store.  All but the last five are the client's doing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    #[error("Your previous request to create the named bucket succeeded and you already own it")]
    BucketExists,
    #[error("The bucket you tried to delete is not empty")]
    BucketNotEmpty,
    #[error("The CORS configuration does not exist")]
    NoSuchCors,
    #[error("{0}")]
    InvalidCors(&'static str),
    #[error("The specified key does not exist")]
    NoSuchKey,
    #[error("Your key is too long")]
    KeyTooLong,
    #[error("The specified version does not exist: buckets here have no versioning")]
    NoSuchVersion,
    #[error("The specified multipart upload does not exist")]
    NoSuchUpload,
    #[error("One or more of the specified parts could not be found, or its entity tag differs")]
    InvalidPart,
    #[error("The list of parts was not in ascending order")]
    InvalidPartOrder,
    #[error("The part number is outside of the object")]
    InvalidPartNumber,
    #[error("Your proposed upload is smaller than the minimum allowed size")]
    PartTooSmall,
    #[error("Your proposed upload exceeds the maximum allowed size")]
    TooLarge,
    #[error("Your metadata headers exceed the maximum allowed metadata size")]
    MetadataTooLarge,
    #[error("The {0} you specified did not match what we received")]
    BadDigest(&'static str),
    #[error("The {0} you specified is not valid")]
    InvalidDigest(&'static str),
    #[error("You did not provide the number of bytes specified by the Content-Length header")]
    IncompleteBody,
    #[error("The trailer named by x-amz-trailer is missing or malformed")]
    MalformedTrailer,
    #[error("The signature of a chunk of the body does not match")]
    ChunkSignature,
    #[error("The request body could not be read")]
    UnreadableBody(#[source] Box<dyn StdError + Send + Sync>),
    #[error("At least one of the pre-conditions you specified did not hold")]
    PreconditionFailed,
    #[error("Not Modified")]
    NotModified(HeaderMap),
    #[error("The requested range is not satisfiable")]
    InvalidRange,
    #[error(
        "This copy request is illegal because it is trying to copy an object to itself \
         without changing the object's metadata"
    )]
    CopyToItself,
    #[error("{0}")]
    InvalidArgument(&'static str),
    #[error("The XML you provided was not well-formed or did not validate")]
    MalformedXml,
    #[error("{0} is not implemented")]
    NotImplemented(&'static str),
    #[error("the index failed")]
    Index(#[from] rusqlite::Error),
    #[error("a row of the index is unreadable")]
    Row(#[from] serde_json::Error),
    #[error("a blob file could not be read or written")]
    Blob(#[from] io::Error),
    #[error("the blob of a stored object is missing")]
    LostBlob,
    #[error("a worker thread died")]
    Worker(#[from] tokio::task::JoinError),
}

impl Error {
    /// The answer to a conditional read of an object that has not changed: it carries what a
    /// cache needs to refresh its copy.
    pub(super) fn not_modified(object: &Object) -> Self {
        let mut headers = HeaderMap::new();
        if let Ok(etag) = HeaderValue::try_from(format!("\"{}\"", object.etag)) {
            headers.insert(header::ETAG, etag);
        }
        if let Some(cache_control) = &object.attributes.cache_control
            && let Ok(value) = HeaderValue::try_from(cache_control)
        {
            headers.insert(header::CACHE_CONTROL, value);
        }
        Self::NotModified(headers)
    }

    fn code(&self) -> S3ErrorCode {
        match self {
            Self::NoSuchBucket => S3ErrorCode::NoSuchBucket,
            Self::BucketExists => S3ErrorCode::BucketAlreadyOwnedByYou,
            Self::BucketNotEmpty => S3ErrorCode::BucketNotEmpty,
            Self::NoSuchCors => S3ErrorCode::NoSuchCORSConfiguration,
            Self::NoSuchKey => S3ErrorCode::NoSuchKey,
            Self::KeyTooLong => S3ErrorCode::KeyTooLongError,
            Self::NoSuchVersion => S3ErrorCode::NoSuchVersion,
            Self::NoSuchUpload => S3ErrorCode::NoSuchUpload,
            Self::InvalidPart => S3ErrorCode::InvalidPart,
            Self::InvalidPartOrder => S3ErrorCode::InvalidPartOrder,
            Self::PartTooSmall => S3ErrorCode::EntityTooSmall,
            Self::TooLarge => S3ErrorCode::EntityTooLarge,
            Self::MetadataTooLarge => S3ErrorCode::MetadataTooLarge,
            Self::BadDigest(_) => S3ErrorCode::BadDigest,
            Self::InvalidDigest(_) => S3ErrorCode::InvalidDigest,
            Self::IncompleteBody | Self::UnreadableBody(_) => S3ErrorCode::IncompleteBody,
            Self::ChunkSignature => S3ErrorCode::SignatureDoesNotMatch,
            Self::PreconditionFailed => S3ErrorCode::PreconditionFailed,
            Self::NotModified(_) => S3ErrorCode::NotModified,
            Self::InvalidRange | Self::InvalidPartNumber => S3ErrorCode::InvalidRange,
            Self::InvalidCors(_) | Self::CopyToItself | Self::MalformedTrailer => {
                S3ErrorCode::InvalidRequest
            }
            Self::InvalidArgument(_) => S3ErrorCode::InvalidArgument,
            Self::MalformedXml => S3ErrorCode::MalformedXML,
            Self::NotImplemented(_) => S3ErrorCode::NotImplemented,
            Self::Index(_) | Self::Row(_) | Self::Blob(_) | Self::LostBlob | Self::Worker(_) => {
                S3ErrorCode::InternalError
            }
        }
    }

    /// Code and message as they stand in an answer's XML.
    pub(super) fn answer(&self) -> (S3ErrorCode, String) {
        let code = self.code();
        let message = if code == S3ErrorCode::InternalError {
            "We encountered an internal error. Please try again.".to_owned()
        } else {
            self.to_string()
        };
        (code, message)
    }

    /// Logs a failure of the store itself with its causes.  A refusal is the client's to know and
    /// is not logged.
    pub(super) fn log(&self) {
        if self.code() == S3ErrorCode::InternalError {
            let mut causes = String::new();
            let mut next = self.source();
            while let Some(cause) = next {
                causes.push_str(": ");
                causes.push_str(&cause.to_string());
                next = cause.source();
            }
            tracing::error!("S3: {self}{causes}");
        }
    }
}

impl From<Error> for S3Error {
    fn from(error: Error) -> Self {
        error.log();
        let (code, message) = error.answer();
        let mut answer = Self::with_message(code, message);
        if let Error::NotModified(headers) = error {
            answer.set_headers(headers);
        }
        answer
    }
}

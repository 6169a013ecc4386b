//! S3 on one machine: real S3 clients, the `aws` command line and browsers talk to it as they talk
//! to AWS.
//!
//! The protocol (XML, signatures, presigned URLs, chunked bodies) is `s3s`'s; the store below it is
//! this module's own.  An object becomes visible at once, whole and with its metadata, or not at
//! all, whatever fails and whenever the process is killed:
//!
//! - `blobs`: immutable files with unique names, synced before anything names them;
//! - `index`: a `SQLite` database that says which objects there are; every condition is checked and
//!   every change made in one transaction;
//! - `store`: the two together, and the order of every write;
//! - `receive`: takes in a body and checks it against its `declared` length and checksums;
//! - `ops`: the operations; `service` connects them to the protocol;
//! - `cors`, `auth`, `host`, `drain`: what happens around an operation.
//!
//! Buckets have no versioning, access control lists, tags or encryption; there is one account.
//! Nothing here knows of images.

mod auth;
mod blobs;
mod checksum;
mod conditions;
mod cors;
mod declared;
mod digest;
mod drain;
mod error;
mod host;
mod index;
mod object;
mod ops;
mod receive;
mod service;
mod store;

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use s3s::dto::CORSRule;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Error};
use tokio::sync::broadcast;

pub use auth::Credentials;

use auth::{KeyRing, SignedOnly};
use drain::Drained;
use host::LocalHosts;
use store::Store;

/// An embedded S3 server; clones share one store.
#[derive(Clone)]
pub struct S3 {
    store: Store,
    service: S3Service,
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has the store open.
    #[error("the S3 data in {} is in use by another process", dir.display())]
    InUse {
        /// The directory of the store.
        dir: PathBuf,
    },
    /// The directory cannot be read or written, or what is in it is no store.
    #[error("the S3 data in {} cannot be used", dir.display())]
    Unusable {
        /// The directory of the store.
        dir: PathBuf,
        /// What went wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// An object has been created or replaced, and is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectCreated {
    /// The bucket it is in.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag, without quotes.
    pub etag: String,
}

impl S3 {
    /// Opens the store in `dir`, creating it where there is none, and removes what an interrupted
    /// write may have left.  Requests must be signed with one of `credentials`.
    ///
    /// # Errors
    /// [`OpenError::InUse`] while another process, or another `S3` of this one, has it open;
    /// [`OpenError::Unusable`] where the file system or `SQLite` fails.
    pub async fn open(
        dir: &Path,
        credentials: impl IntoIterator<Item = Credentials>,
    ) -> Result<Self, OpenError> {
        let path = dir.to_owned();
        let store = tokio::task::spawn_blocking(move || Store::open(&path))
            .await
            .map_err(|error| OpenError::Unusable {
                dir: dir.to_owned(),
                source: error.into(),
            })??;
        let mut builder = S3ServiceBuilder::new(store.clone());
        builder.set_auth(credentials.into_iter().collect::<KeyRing>());
        builder.set_access(SignedOnly);
        builder.set_host(LocalHosts);
        let service = builder.build();
        Ok(Self { store, service })
    }

    /// Answers one HTTP request.  Whatever goes wrong, down to a failing disk, becomes an answer of
    /// the S3 protocol.
    ///
    /// A request must carry a `Host` header, as those of HTTP/1.1 do.  Preflight requests need no
    /// signature; all others do.
    pub async fn call<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let (parts, body) = request.into_parts();
        let body = Drained::new(body);
        if parts.method == Method::OPTIONS {
            let rules = self.cors_rules(&parts).await;
            return match cors::preflight(&rules, &parts.headers) {
                Ok(headers) => with_headers(Response::default(), headers),
                Err(refusal) => refuse(refusal),
            };
        }
        let sharing = if parts.headers.contains_key(http::header::ORIGIN) {
            let rules = self.cors_rules(&parts).await;
            if let Err(refusal) = cors::admit(&rules, &parts.method, &parts.headers) {
                return refuse(refusal);
            }
            cors::sharing(&rules, &parts.method, &parts.headers)
        } else {
            HeaderMap::new()
        };
        let request = Request::from_parts(parts, Body::http_body_unsync(body));
        let mut response = match self.service.call(request).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!("S3: an answer could not be written: {error:?}");
                status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        };
        if response.status() == StatusCode::NOT_MODIFIED {
            *response.body_mut() = Body::empty();
        }
        with_headers(response, sharing)
    }

    /// Listens for objects that are created or replaced from now on, in the order of their
    /// commits as far as those are ordered.  A listener that falls more than 1,024 behind misses
    /// the oldest ([`broadcast::error::RecvError::Lagged`]).
    #[must_use]
    pub fn object_created(&self) -> broadcast::Receiver<ObjectCreated> {
        self.store.object_created()
    }

    /// The rules for the bucket of a request.  Where it has none, or is none, the default ones: a
    /// page may read the answer that says so.
    async fn cors_rules(&self, request: &Parts) -> Vec<CORSRule> {
        let Some(bucket) = host::bucket_of(request) else {
            return cors::default_rules(&request.headers);
        };
        match self.store.cors_rules(bucket.to_owned()).await {
            Ok(Some(rules)) => rules,
            Ok(None) => cors::default_rules(&request.headers),
            Err(error) => {
                error.log();
                cors::default_rules(&request.headers)
            }
        }
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("S3").finish_non_exhaustive()
    }
}

fn with_headers(mut response: Response<Body>, headers: HeaderMap) -> Response<Body> {
    response.headers_mut().extend(headers);
    response
}

fn refuse(refusal: S3Error) -> Response<Body> {
    refusal
        .to_http_response()
        .unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

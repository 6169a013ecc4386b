//! The service itself: model, validation, authorisation, use cases and the S3 and DynamoDB repositories.
//!
//! Knows nothing of HTTP: requests arrive as parsed types, failures leave as [`Error`] with its [`ErrorKind`].
//! A use case is a struct that builds itself from the environment: [`Lister`], [`Reader`], [`Updater`], [`Deleter`]
//! and, with the feature `upload`, which links the image decoders, `Uploader`, `Ingester` and `Sweeper`.

mod authorize;
pub mod clients;
pub mod config;
mod delete;
mod error;
mod error_chain;
mod fault;
mod get;
#[cfg(feature = "upload")]
mod ingest;
mod list;
mod model;
mod presign;
#[cfg_attr(
    not(feature = "upload"),
    expect(
        dead_code,
        unused_imports,
        reason = "the repositories serve uploads, too"
    )
)]
mod repo;
#[cfg(feature = "upload")]
mod sweep;
mod update;
#[cfg(feature = "upload")]
mod upload;

pub use authorize::{Action, Caller, View, authorize, view};
pub use delete::{Deleter, MAX_BULK_IDS};
pub use error::{Error, ErrorKind};
pub use error_chain::error_chain;
pub use fault::{Fault, Faults, abridged};
pub use get::Reader;
#[cfg(feature = "upload")]
pub use ingest::{Ingested, Ingester};
pub use list::{ListFields, ListQuery, Lister, Page};
pub use model::{
    AttributeFields, Attributes, Category, Description, DirectFields, DirectUpload, Filename,
    IdempotencyKey, Image, ImageId, Invalid, Metadata, NotAnImageId, ObjectName, Sha256Digest,
    StartedUpload, Status, Tag, Tags, UserId, Visibility, timestamp, to_millis,
};
pub use presign::{Links, PresignOptions, PresignedUrl, cache_control, content_disposition};
pub use repo::{StoreError, id_in_key};
#[cfg(feature = "upload")]
pub use sweep::{AuditReport, Repair, SweepReport, Sweeper};
pub use update::{Patch, Precondition, Updater};
#[cfg(feature = "upload")]
pub use upload::{DirectRequest, DirectStart, File, Upload, Uploader};

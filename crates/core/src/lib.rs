//! The service itself: model, validation, authorisation, use cases and the S3 and DynamoDB repositories.
//!
//! Knows nothing of HTTP: requests arrive as parsed types, failures leave as [`Error`] with its [`ErrorKind`].
//! A use case is a struct that builds itself from the environment: [`Lister`], [`Reader`], [`Deleter`] and, with
//! the feature `upload`, `Uploader`.

mod authorize;
mod clients;
pub mod config;
mod delete;
mod error;
mod fault;
mod get;
mod list;
mod model;
mod presign;
mod repo;
#[cfg(feature = "upload")]
mod upload;

pub use authorize::{Action, Caller, View, authorize, view};
pub use delete::{Deleter, MAX_BULK_IDS};
pub use error::{Error, ErrorKind};
pub use fault::{Fault, Faults};
pub use get::Reader;
pub use list::{ListFields, ListQuery, Lister, Page};
pub use model::{
    AttributeFields, Attributes, Category, Description, Filename, Image, ImageId, Invalid,
    Metadata, NotAnImageId, Sha256Digest, Status, Tag, Tags, UserId, Visibility, to_millis,
};
pub use presign::{PresignOptions, PresignedUrl, cache_control, content_disposition};
pub use repo::StoreError;
#[cfg(feature = "upload")]
pub use upload::{File, Uploader};

//! The operations of the S3 API, each from its request to its answer.

mod assemble;
pub(super) mod buckets;
pub(super) mod complete;
pub(super) mod copy;
pub(super) mod cors;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod list;
pub(super) mod multipart;
pub(super) mod put;
mod selection;
pub(super) mod uploads;

use s3s::dto::{ETag, Owner};

/// Who owns everything here: there is one account.
fn owner() -> Owner {
    Owner {
        display_name: Some("local".to_owned()),
        id: Some("local".to_owned()),
    }
}

/// An entity tag on its way out.
fn etag(value: &str) -> ETag {
    ETag::Strong(value.to_owned())
}

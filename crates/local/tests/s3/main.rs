//! The embedded S3 as its clients see it: the real AWS SDK over HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod buckets;
mod checksums;
mod conditions;
mod copies;
mod crash;
mod cross_origin;
mod listing;
mod multipart;
mod objects;
mod presigned;
mod support;

//! The two stores. AWS SDK types end here.

mod error;
mod items;
mod keys;
mod listing;
mod objects;
mod rows;

pub use error::StoreError;
pub(crate) use items::{Begin, Commit, Images, Lifecycle};
pub(crate) use keys::{FEED_SHARDS, Facet, Position, Scope, partition, time_text};
pub(crate) use listing::{KeyRange, ListingQuery, ListingRow};
pub(crate) use objects::{Objects, SignedRead, object_key};

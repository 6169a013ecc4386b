//! The two stores. AWS SDK types end here.

mod card;
mod claims;
mod due_count;
mod error;
mod items;
mod keys;
mod listing;
mod object_keys;
mod objects;
mod rows;
mod scan;
mod status;
mod transact;
mod transitions;
mod tries;

pub(crate) use claims::Claim;
pub use error::StoreError;
pub(crate) use items::{Begin, Images};
pub(crate) use keys::{FEED_SHARDS, Facet, Position, SWEEP_SHARDS, Scope, listings, partition};
pub(crate) use listing::{KeyRange, Listed, ListingQuery, ListingRow};
pub use object_keys::id_in_key;
pub(crate) use object_keys::{object_key, owner_in_key};
pub(crate) use objects::{Fetched, Objects, SignedRead, SignedWrite};
pub(crate) use rows::{Guard, Row, State, Turn};
pub(crate) use scan::{AnyRow, Resume};
pub(crate) use transact::Transition;

//! Support of the system tests: a running service, a client, events, image files, and readers of what is
//! stored. It knows the service as its users do, by HTTP, events, S3 and DynamoDB, and none of its types.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "support of tests: whatever does not work here fails the test that asked for it"
)]

pub mod client;
pub mod event;
pub mod form;
pub mod lambda;
pub mod meter;
pub mod picture;
pub mod shoebox;
pub mod store;

pub use client::{Answer, Call};
pub use form::Form;
pub use shoebox::Shoebox;

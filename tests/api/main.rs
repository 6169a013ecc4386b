//! The API as its clients meet it: over HTTP and as events, with what is stored afterwards.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod capacity;
mod corpus;
mod delete;
mod direct;
mod earlier_clients;
mod events;
mod get;
mod list;
mod malformed;
mod update;
mod upload;

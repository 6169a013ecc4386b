//! The API as its clients meet it: over HTTP and as events, with what is stored afterwards.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod list;
mod upload;

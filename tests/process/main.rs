//! The programs themselves: each function on a Lambda runtime, and the local server killed at any moment.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod crash;
mod function;
mod functions;
mod programs;
mod refusals;
mod traffic;

//! The service itself: model, validation, authorisation, use cases and the S3 and DynamoDB repositories.
//!
//! Knows nothing of HTTP: requests arrive as parsed types, failures leave as [`Error`] kinds.

pub mod config;
mod fault;

pub use fault::{Fault, Faults};

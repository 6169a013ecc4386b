//! The whole service on one machine, in one process: embedded S3 and DynamoDB, an API gateway that gives the
//! functions true events, the documentation and the gallery page. [`start`] is all of it.
//!
//! No function may depend on this crate: what is deployed links none of it.

mod account;
mod api;
mod aws;
mod clients;
mod data_dir;
mod dynamodb;
mod environment;
mod events;
mod functions;
mod guard;
mod ingress;
mod options;
mod pages;
mod running;
mod server;
mod sweeping;

pub mod gateway;
pub mod openapi;
pub mod resources;
pub mod s3;

pub use account::{Account, AccountError};
pub use clients::{REGION, dynamodb_client, s3_client};
pub use data_dir::{Data, DataDirError};
pub use dynamodb::{DynamoDb, DynamoDbError, Tables};
pub use environment::passed_on;
pub use functions::{ROUTES, mount};
pub use options::{ACCESS_KEY, Options, store_credentials};
pub use running::{Running, StartError, start};
pub use server::ListenError;
pub use sweeping::{SweepError, Swept, sweep, sweep_deployed};

//! What a server is started with.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use aws_credential_types::Credentials;

use crate::data_dir::Data;
use crate::gateway::INTEGRATION_TIMEOUT;

/// The key pair that the embedded stores accept and the functions use: that of `LocalStack`'s manual.
pub const ACCESS_KEY: &str = "test";

/// What a server is started with. The default is what tests need: any free ports, nothing kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on. Whoever reaches it may read and change everything.
    pub host: IpAddr,
    /// The port of the API and the pages; 0 for any.
    pub api_port: u16,
    /// The port of the AWS endpoint; 0 for any.
    pub aws_port: u16,
    /// Where the data is kept.
    pub data: Data,
    /// Variables of the functions, over those that the server sets itself.
    pub variables: Vec<(String, String)>,
    /// Key pairs that S3 accepts besides its own, so that a configured `aws` works as it is.
    pub accepted_credentials: Vec<Credentials>,
    /// How long the gateway waits for a function.
    pub integration_timeout: Duration,
    /// Whether what AWS does without a request is done: `ingest` for each object that appears, `sweep` on a schedule.
    pub has_events: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            api_port: 0,
            aws_port: 0,
            data: Data::Ephemeral,
            variables: Vec::new(),
            accepted_credentials: Vec::new(),
            integration_timeout: INTEGRATION_TIMEOUT,
            has_events: true,
        }
    }
}

/// The key pair of the embedded stores.
#[must_use]
pub fn store_credentials() -> Credentials {
    Credentials::from_keys(ACCESS_KEY, ACCESS_KEY, None)
}

use std::fmt;
use std::sync::Arc;

use aws_sdk_s3::config::SharedHttpClient;

use crate::config::{ConfigError, Environment, FromEnvironment};

/// What lies between the SDK's clients and the wire: a function from the HTTP client that the endpoint asks for to
/// the one that is used. Requests pass it signed, once for each attempt of the SDK's.
#[derive(Clone)]
pub struct HttpLayer(Arc<dyn Fn(SharedHttpClient) -> SharedHttpClient + Send + Sync>);

impl HttpLayer {
    /// A layer that puts something of its own before the client, or in its place.
    #[must_use]
    pub fn new(
        wrap: impl Fn(SharedHttpClient) -> SharedHttpClient + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(wrap))
    }

    pub(super) fn around(&self, client: SharedHttpClient) -> SharedHttpClient {
        (self.0)(client)
    }
}

/// Nothing in between.
impl Default for HttpLayer {
    fn default() -> Self {
        Self::new(|client| client)
    }
}

impl fmt::Debug for HttpLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HttpLayer")
    }
}

/// A use case that can be told what its AWS clients talk through. All of this crate can; from the environment alone
/// ([`FromEnvironment`]) they talk to the wire itself.
pub trait WithHttp: Sized {
    /// Reads the variables of this use case and builds its clients over the layer.
    ///
    /// # Errors
    /// The first variable that is missing, contradictory or not of its form.
    fn with_http(environment: &Environment, layer: &HttpLayer) -> Result<Self, ConfigError>;
}

impl<U: WithHttp> FromEnvironment for U {
    fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        Self::with_http(environment, &HttpLayer::default())
    }
}

//! AWS as the user of this machine reaches it: credentials and region by the whole provider chain, which the
//! functions do without. It serves tools and tests that work on stores other than the embedded ones.

use std::time::SystemTime;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::{Builder, tls};
use chrono::{DateTime, SecondsFormat, Utc};

use crate::clients::REGION;

/// Why AWS cannot be reached as anyone.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The chain has no provider at all.
    #[error("no AWS credentials are configured")]
    NoProvider,
    /// No provider of the chain has any.
    #[error("no AWS credentials were found: set them, or name a profile by AWS_PROFILE")]
    NoCredentials(#[source] CredentialsError),
}

/// Credentials and region, as the environment, the profile, a single sign-on, a process or the machine's own role
/// give them.
#[derive(Debug, Clone)]
pub struct Account {
    config: SdkConfig,
    credentials: Credentials,
}

impl Account {
    /// Asks the providers in their order.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub async fn load() -> Result<Self, AccountError> {
        let https = Builder::new()
            .tls_provider(tls::Provider::Rustls(
                tls::rustls_provider::CryptoMode::Ring,
            ))
            .build_https();
        let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(https);
        let config = loader.load().await;
        // The functions have this default, too.
        let region = config.region().cloned();
        let region = region.unwrap_or(Region::from_static(REGION));
        let config = config.into_builder().region(region).build();
        let provider = config
            .credentials_provider()
            .ok_or(AccountError::NoProvider)?;
        let credentials = provider.provide_credentials().await;
        Ok(Self {
            credentials: credentials.map_err(AccountError::NoCredentials)?,
            config,
        })
    }

    /// What clients are built from.
    #[must_use]
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.config
    }

    /// The credentials as they are now.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The variables by which a use case reaches the account: credentials, which may end, and region.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let region = self.config.region().map_or(REGION, AsRef::as_ref);
        let end = self.credentials.expiry().map(rfc3339);
        let all = [
            (
                "AWS_ACCESS_KEY_ID",
                Some(self.credentials.access_key_id().to_owned()),
            ),
            (
                "AWS_SECRET_ACCESS_KEY",
                Some(self.credentials.secret_access_key().to_owned()),
            ),
            (
                "AWS_SESSION_TOKEN",
                self.credentials.session_token().map(str::to_owned),
            ),
            ("AWS_CREDENTIAL_EXPIRATION", end),
            ("AWS_REGION", Some(region.to_owned())),
        ];
        let given = all.into_iter();
        given
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

fn rfc3339(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Secs, true)
}

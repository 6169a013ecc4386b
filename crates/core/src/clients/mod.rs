//! The AWS clients, built from the environment alone, in one place.
//!
//! On Lambda the credentials are in the environment, so the provider chain of `aws-config` would only cost start
//! time. TLS is rustls on ring: aws-lc seeds itself by jitter entropy at the first handshake, which takes ten
//! times as long as everything else at start. Towards AWS only Amazon's own roots are trusted, and parsed.
//!
//! Tests and local tools put an [`HttpLayer`] between the clients and the wire, to watch, delay or fail calls. It is
//! the one place where a type of the AWS SDK is part of this crate's interface.

mod http;
mod throttled;

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    SharedHttpClient,
};
use aws_smithy_http_client::{Builder, tls};

pub use self::http::{HttpLayer, WithHttp};
use self::throttled::CountThrottled;
pub use self::throttled::throttled_attempts;
use crate::config::{ConfigError, Environment};

/// Amazon Trust Services' roots and the Starfield root that older endpoints chain to, as published at
/// <https://www.amazontrust.com/repository/>. The first of them to end does so on 2037-12-31.
const AMAZON_ROOTS_PEM: &[u8] = include_bytes!("amazon_roots.pem");

/// How often a store call is tried in all, with the SDK's own back-off and jitter between, unless
/// `AWS_MAX_ATTEMPTS` says otherwise.
const DEFAULT_ATTEMPTS: u32 = 4;
/// The largest `AWS_MAX_ATTEMPTS`: more would not end within [`CALL_TIMEOUT`].
const MAX_ATTEMPTS: u32 = 10;
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long one attempt of a call may take. A 50 MB object passes in it at 10 MB/s.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(6);
/// How long a call may take with all its attempts: two fit into the 29 s of API Gateway.
const CALL_TIMEOUT: Duration = Duration::from_secs(13);

/// How long presigned URLs are signed for at most where the credentials are a session's whose end is not
/// known: Lambda does not tell. Such a session lives for hours, so an hour is a promise that holds.
const UNKNOWN_SESSION: Duration = Duration::from_hours(1);
/// The longest session of a role (IAM). Credentials from the environment are as old as the process, so once it
/// is older than this, no URL is promised anything.
const LONGEST_SESSION: Duration = Duration::from_hours(12);

/// What every client of one function shares.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    region: Region,
    credentials: Credentials,
    /// When the credentials were read: with the start of the process.
    started: SystemTime,
    s3_endpoint: Option<String>,
    dynamodb_endpoint: Option<String>,
    public_s3_endpoint: Option<String>,
    attempts: u32,
    layer: HttpLayer,
}

impl Aws {
    /// Reads region, credentials, endpoints and the number of attempts, as the SDKs name them.
    pub(crate) fn new(environment: &Environment, layer: &HttpLayer) -> Result<Self, ConfigError> {
        let required = |name| {
            environment.get(name).ok_or(ConfigError::Missing {
                name,
                reason: "the AWS credentials are read from the environment",
            })
        };
        let session_token = environment.get("AWS_SESSION_TOKEN").map(str::to_owned);
        let credentials = Credentials::new(
            required("AWS_ACCESS_KEY_ID")?,
            required("AWS_SECRET_ACCESS_KEY")?,
            session_token,
            credentials_end(environment)?,
            "environment",
        );
        let region = environment
            .aliased("AWS_REGION", &["AWS_DEFAULT_REGION"])?
            .unwrap_or("us-east-1");
        let endpoint = |specific| {
            let endpoint = environment
                .get(specific)
                .or(environment.get("AWS_ENDPOINT_URL"));
            endpoint.map(str::to_owned)
        };
        Ok(Self {
            region: Region::new(region.to_owned()),
            credentials,
            started: SystemTime::now(),
            s3_endpoint: endpoint("AWS_ENDPOINT_URL_S3"),
            dynamodb_endpoint: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
            public_s3_endpoint: environment.get("PUBLIC_S3_ENDPOINT_URL").map(str::to_owned),
            attempts: environment.number(
                "AWS_MAX_ATTEMPTS",
                &[],
                DEFAULT_ATTEMPTS,
                1..=MAX_ATTEMPTS,
            )?,
            layer: layer.clone(),
        })
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let endpoint = self.dynamodb_endpoint.as_deref();
        let mut builder = aws_sdk_dynamodb::Config::builder();
        builder.set_endpoint_url(endpoint.map(str::to_owned));
        let config = builder
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(self.credentials.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(self.attempts))
            .timeout_config(timeouts())
            .interceptor(CountThrottled)
            .http_client(self.layer.around(http_client(endpoint)))
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        self.s3_at(self.s3_endpoint.as_deref())
    }

    /// The client that presigns, where clients reach S3 at another endpoint than the functions.
    pub(crate) fn public_s3(&self) -> Option<aws_sdk_s3::Client> {
        let endpoint = self.public_s3_endpoint.as_deref()?;
        (Some(endpoint) != self.s3_endpoint.as_deref()).then(|| self.s3_at(Some(endpoint)))
    }

    fn s3_at(&self, endpoint: Option<&str>) -> aws_sdk_s3::Client {
        let mut builder = aws_sdk_s3::Config::builder();
        builder.set_endpoint_url(endpoint.map(str::to_owned));
        let config = builder
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(self.credentials.clone())
            .force_path_style(endpoint.is_some())
            // Uploads carry a SHA-256 of ours, and readers get the bytes' digest as ETag: no second checksum.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .retry_config(RetryConfig::standard().with_max_attempts(self.attempts))
            .timeout_config(timeouts())
            .interceptor(CountThrottled)
            .http_client(self.layer.around(http_client(endpoint)))
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// When a URL that is signed now ceases to work, whatever its own expiry says.
    pub(crate) fn signature_end(&self, now: SystemTime) -> Option<SystemTime> {
        let unknown = || {
            let end = (now + UNKNOWN_SESSION).min(self.started + LONGEST_SESSION);
            self.credentials.session_token().map(|_| end)
        };
        self.credentials.expiry().or_else(unknown)
    }
}

/// `AWS_CREDENTIAL_EXPIRATION`, as `aws configure export-credentials` writes it.
fn credentials_end(environment: &Environment) -> Result<Option<SystemTime>, ConfigError> {
    const NAME: &str = "AWS_CREDENTIAL_EXPIRATION";
    let parse = |text: &str| {
        let end = chrono::DateTime::parse_from_rfc3339(text);
        end.map(SystemTime::from).map_err(|_| ConfigError::Invalid {
            name: NAME,
            value: text.to_owned(),
            reason: "it must be an RFC 3339 time".to_owned(),
        })
    };
    environment.get(NAME).map(parse).transpose()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build()
}

/// An HTTP client for the endpoint: none means AWS itself.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    let trusted = match endpoint {
        Some(url) if url.starts_with("http://") => return Builder::new().build_http(),
        Some(_) => tls::TrustStore::default(),
        None => tls::TrustStore::empty().with_pem_certificate(AMAZON_ROOTS_PEM),
    };
    let builder = Builder::new().tls_provider(tls::Provider::Rustls(
        tls::rustls_provider::CryptoMode::Ring,
    ));
    // Building a context only fails for the names of another TLS provider.
    match tls::TlsContext::builder().with_trust_store(trusted).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aws(more: &[(&'static str, &'static str)]) -> Aws {
        let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let environment = keys.iter().chain(more).copied().collect();
        Aws::new(&environment, &HttpLayer::default()).unwrap()
    }

    #[test]
    fn signatures_end_with_the_credentials_or_when_they_may_have_ended() {
        let hour = Duration::from_hours(1);
        let lasting = aws(&[]);
        assert_eq!(lasting.signature_end(lasting.started), None);
        let session = aws(&[("AWS_SESSION_TOKEN", "t")]);
        let start = session.started;
        for (age, end) in [(0, 1), (10, 11), (11, 12), (12, 12), (13, 12)] {
            let found = session.signature_end(start + hour * age);
            assert_eq!(found, Some(start + hour * end), "after {age} hours");
        }
        let told = aws(&[
            ("AWS_SESSION_TOKEN", "t"),
            ("AWS_CREDENTIAL_EXPIRATION", "1970-01-01T00:01:00Z"),
        ]);
        let end = SystemTime::UNIX_EPOCH + Duration::from_mins(1);
        assert_eq!(told.signature_end(told.started), Some(end));
    }
}

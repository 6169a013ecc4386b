//! Who may call: whoever signs with a known key.  The protocol layer checks the signatures.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use async_trait::async_trait;
use http::{HeaderMap, Uri};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Error, S3ErrorCode, S3Result};

/// A pair of keys that requests may be signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Names the pair; it is part of every signed request and no secret.
    pub access_key_id: String,
    /// What requests are signed with.
    pub secret_access_key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// The known keys. Of two pairs of one id the later counts.
#[derive(Debug)]
pub(super) struct KeyRing {
    secrets: HashMap<String, SecretKey>,
}

impl FromIterator<Credentials> for KeyRing {
    fn from_iter<I: IntoIterator<Item = Credentials>>(pairs: I) -> Self {
        let secrets = (pairs.into_iter())
            .map(|pair| (pair.access_key_id, SecretKey::from(pair.secret_access_key)))
            .collect();
        Self { secrets }
    }
}

#[async_trait]
impl S3Auth for KeyRing {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        (self.secrets.get(access_key).cloned()).ok_or_else(|| {
            S3Error::with_message(
                S3ErrorCode::InvalidAccessKeyId,
                "The AWS access key ID you provided does not exist in our records.",
            )
        })
    }
}

/// Refuses requests without a signature, and presigned URLs that are used for more than was
/// signed.
#[derive(Debug)]
pub(super) struct SignedOnly;

#[async_trait]
impl S3Access for SignedOnly {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        if request.credentials().is_none() {
            return Err(S3Error::with_message(
                S3ErrorCode::AccessDenied,
                "Access Denied",
            ));
        }
        if let Some(name) = unsigned_header(request.uri(), request.headers()) {
            return Err(S3Error::with_message(
                S3ErrorCode::AccessDenied,
                format!("There were headers present in the request which were not signed: {name}"),
            ));
        }
        Ok(())
    }
}

/// The first `x-amz-` header that a presigned URL does not cover.  Whoever holds the URL could
/// otherwise use it to set metadata or copy from another object, which its signer did not allow.
/// A URL that does not say what it covers covers nothing.
fn unsigned_header<'a>(uri: &Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    /// What clients add on their own, and what changes nothing.
    const HARMLESS: [&str; 2] = ["x-amz-content-sha256", "x-amz-user-agent"];
    let parameter = |name: &str| {
        let mut pairs = uri.query()?.split('&');
        // However the name is spelled: the protocol layer decodes it as well.
        pairs.find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key) == name).then(|| decoded(value))
        })
    };
    parameter("X-Amz-Signature")?;
    let signed = parameter("X-Amz-SignedHeaders").unwrap_or_default();
    headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| name.starts_with("x-amz-") && !HARMLESS.contains(name))
        .find(|name| signed.split(';').all(|signed| signed != *name))
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

//! One request, routed and taken apart, as handlers see it.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::{CONTENT_TYPE, IF_MATCH};
use mime::Mime;
use serde_json::{Map, Value};
use shoebox_core::{
    Caller, Error, Faults, IdempotencyKey, ImageId, Precondition, PresignOptions, UserId,
    Visibility,
};

use crate::accept::Preferences;
use crate::failure::Failure;
use crate::identity::{AuthMode, USER_ID_HEADER};
use crate::json::{self, JsonMembers};
use crate::query::{Query, encoded_query};

/// The header by which a client names a request, so that repeats of it have one effect.
const IDEMPOTENCY_KEY_HEADER: &str = "idempotency-key";

/// A request to one operation.
#[derive(Debug)]
pub struct Call {
    /// The operation of the route that matched.
    pub operation: &'static str,
    /// The id in the path, where the route has one.
    pub id: Option<ImageId>,
    /// Whether this is a `HEAD`: handlers answer as to `GET`, and need not fetch what is not sent.
    pub head: bool,
    /// The headers.
    pub headers: HeaderMap,
    /// The query string.
    pub query: Query,
    /// The body, decoded from the gateway's base64. It is not copied: readers slice it.
    pub body: Bytes,
    /// The gateway's id of the request; it is in the log and in every problem document.
    pub request_id: String,
    /// When the request came.
    pub now: DateTime<Utc>,
    /// Scheme, host and whatever stands before `/images`: what links begin with.
    pub base_url: String,
    /// The largest image, in bytes, that the gateway takes as the answer to this call.
    pub inline_limit_bytes: usize,
    pub(crate) auth_mode: AuthMode,
}

impl Call {
    /// The id in the path.
    ///
    /// # Errors
    /// [`Error::NotFound`] on a route without one.
    pub fn image_id(&self) -> Result<ImageId, Failure> {
        self.id.ok_or(Failure::Service(Error::NotFound))
    }

    /// Who reads: only the header `X-User-Id` says so. The parameter `user_id` says what to read, and whoever
    /// sends it is not shown more for it.
    pub fn reader(&self, faults: &mut Faults) -> Caller {
        noted(self.auth_mode.caller(self.named_user(), None, None, faults))
    }

    /// Who writes, given the `user_id` that the body or form claims; the query string may claim one, too.
    pub fn caller_claiming(&self, claimed: Option<&str>, faults: &mut Faults) -> Caller {
        let query = self.query.one(&["user_id"], faults);
        let query = query.as_deref().filter(|text| !text.is_empty());
        let claimed = claimed.filter(|text| !text.is_empty());
        let header = self.named_user();
        noted(self.auth_mode.caller(header, claimed, query, faults))
    }

    /// The header `X-User-Id`; an empty one is as good as none. Bytes that are no text are no name either, but whoever
    /// sends them must not pass for nobody in particular, who may change anything.
    fn named_user(&self) -> Option<&str> {
        let value = self.headers.get(USER_ID_HEADER)?;
        Some(value.to_str().unwrap_or("\u{fffd}")).filter(|text| !text.is_empty())
    }

    /// The user who owns what this call creates.
    pub fn user(&self, claimed: Option<&str>, faults: &mut Faults) -> Option<UserId> {
        let known = faults.as_slice().len();
        let caller = self.caller_claiming(claimed, faults);
        if caller.user_id().is_none() && faults.as_slice().len() == known {
            faults.add(
                "user_id",
                "is required: send the header X-User-Id, or user_id",
            );
        }
        caller.user_id().cloned()
    }

    /// The client's name for the request: the header `Idempotency-Key`.
    pub fn idempotency_key(&self, faults: &mut Faults) -> Option<IdempotencyKey> {
        let value = self.headers.get(IDEMPOTENCY_KEY_HEADER)?;
        // Bytes that are no text are no key either.
        let text = value.to_str().unwrap_or_default();
        faults.check("Idempotency-Key", IdempotencyKey::parse(text))
    }

    /// The members of a JSON body that names things, and holds no image.
    ///
    /// # Errors
    /// [`Failure::Malformed`] where it is no object, [`Failure::TooLarge`] where it is a large one.
    pub fn json_members(&self) -> Result<JsonMembers<'_>, Failure> {
        if self.body.len() > json::MAX_VALUE_BYTES {
            return Err(Failure::TooLarge {
                limit_bytes: json::MAX_VALUE_BYTES,
            });
        }
        JsonMembers::parse(&self.body)
    }

    /// The body as a JSON object in which `null` means something.
    ///
    /// # Errors
    /// [`Failure::Malformed`] where it is none.
    pub fn json_object(&self) -> Result<Map<String, Value>, Failure> {
        json::object(&self.body)
    }

    /// The version that the request is meant for: the header `If-Match` (RFC 9110, section 13.1.1). A weak tag
    /// matches nothing there.
    #[must_use]
    pub fn precondition(&self) -> Precondition {
        let values: Vec<&str> = self
            .headers
            .get_all(IF_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let tags = values
            .iter()
            .flat_map(|value| value.split(','))
            .map(str::trim);
        if !self.headers.contains_key(IF_MATCH) || tags.clone().any(|tag| tag == "*") {
            return Precondition::None;
        }
        let tags = tags.filter_map(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
        Precondition::IfMatch(tags.map(str::to_owned).collect())
    }

    /// Who may read an image whose upload does not say.
    #[must_use]
    pub fn default_visibility(&self) -> Visibility {
        self.auth_mode.default_visibility()
    }

    /// A header that is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The `Content-Type`, where it is one; without its parameters where those are malformed.
    pub(crate) fn content_type(&self) -> Option<Mime> {
        let text = self.header(CONTENT_TYPE.as_str())?;
        let essence = text.split(';').next().unwrap_or(text).trim();
        text.parse().or_else(|_| essence.parse()).ok()
    }

    /// What the client would rather have.
    #[must_use]
    pub fn preferences(&self) -> Preferences {
        Preferences::of(&self.headers)
    }

    /// `expires_in` (or `expires`) and `download`: how a URL is to be signed.
    pub fn presign_options(&self, faults: &mut Faults) -> PresignOptions {
        let expires_in = self.query.one(&["expires_in", "expires"], faults);
        let attachment = self.query.switch("download", faults);
        PresignOptions::parse(expires_in.as_deref(), attachment, faults)
    }

    /// The URL of an image.
    #[must_use]
    pub fn image_url(&self, id: ImageId) -> String {
        format!("{}/images/{id}", self.base_url)
    }

    /// The list's URL with these parameters, percent-encoded.
    #[must_use]
    pub fn list_url(&self, parameters: &[(&str, String)]) -> String {
        format!("{}/images?{}", self.base_url, encoded_query(parameters))
    }
}

/// The caller, whose name is now in the log's span.
fn noted(caller: Caller) -> Caller {
    if let Some(user) = caller.user_id() {
        tracing::Span::current().record("user", user.as_str());
    }
    caller
}

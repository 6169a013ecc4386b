//! Answers, before the gateway's form is put on them.

mod content;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use lambda_http::Body;
use serde::Serialize;

use crate::call::Call;
use crate::failure::Failure;

pub(crate) use content::LOAD_BALANCER_INLINE_LIMIT_BYTES;
pub use content::{Content, INLINE_LIMIT_BYTES};

/// An answer: status, headers and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Payload,
}

/// Text travels to the gateway as it is, bytes in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Payload {
    Empty,
    Text(String),
    Bytes(Bytes),
}

impl Reply {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Payload::Empty,
        }
    }

    /// An answer of text, without a content type yet.
    #[must_use]
    pub fn text(status: StatusCode, text: String) -> Self {
        Self {
            body: Payload::Text(text),
            ..Self::empty(status)
        }
    }

    /// An answer of bytes, without a content type yet.
    #[must_use]
    pub fn bytes(status: StatusCode, bytes: Bytes) -> Self {
        Self {
            body: Payload::Bytes(bytes),
            ..Self::empty(status)
        }
    }

    /// A JSON answer. It may hold presigned URLs, so no shared cache keeps it.
    ///
    /// # Errors
    /// [`Failure::Answer`] where the value cannot be JSON.
    pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Result<Self, Failure> {
        let text = serde_json::to_string(value).map_err(|error| Failure::Answer(error.into()))?;
        Ok(Self::text(status, text)
            .with(CONTENT_TYPE, "application/json")
            .with(CACHE_CONTROL, "private, no-cache"))
    }

    /// A redirect that no cache keeps, unless it is told for how long: presigned URLs end.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self::empty(StatusCode::FOUND)
            .with(LOCATION, location)
            .with(CACHE_CONTROL, "no-store")
    }

    /// Sets a header. A value that cannot stand in a header is left out.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Carries the version of an image's metadata.
    #[must_use]
    pub fn with_etag(self, etag: &str) -> Self {
        self.with(ETAG, &format!("\"{etag}\""))
    }

    /// Says that the answer depends on `Accept`.
    #[must_use]
    pub fn varying_by_accept(self) -> Self {
        self.with(VARY, "Accept")
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The value of a header, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The bytes of the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match &self.body {
            Payload::Empty => &[],
            Payload::Text(text) => text.as_bytes(),
            Payload::Bytes(bytes) => bytes,
        }
    }

    /// Whether the gateway takes a body of this size as the answer to this call. Text stands in a JSON string there, where
    /// some of its characters take two bytes.
    #[must_use]
    pub fn fits(&self, call: &Call) -> bool {
        let length = match &self.body {
            Payload::Empty => 0,
            Payload::Text(text) => {
                let escaped = |byte: &&u8| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t');
                let more = text.as_bytes().iter().filter(escaped).count();
                (text.len() + more) / 4 * 3
            }
            Payload::Bytes(bytes) => bytes.len(),
        };
        length <= call.inline_limit_bytes
    }

    /// The answer in the runtime's form; to `HEAD` with the length of the body instead of the body.
    #[must_use]
    pub fn into_response(mut self, head: bool) -> lambda_http::Response<Body> {
        if head {
            let length = self.body().len();
            if length > 0 {
                self = self.with(CONTENT_LENGTH, &length.to_string());
            }
            self.body = Payload::Empty;
        }
        let body = match self.body {
            Payload::Empty => Body::Empty,
            Payload::Text(text) => Body::Text(text),
            // No copy where nobody else holds the bytes.
            Payload::Bytes(bytes) => Body::Binary(bytes.into()),
        };
        let mut response = lambda_http::Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_tells_the_length_and_sends_nothing() {
        let reply = Reply::text(StatusCode::OK, "four".to_owned());
        let response = reply.clone().into_response(true);
        assert_eq!(response.headers()[CONTENT_LENGTH], "4");
        assert_eq!(*response.body(), Body::Empty);
        let response = reply.into_response(false);
        assert!(!response.headers().contains_key(CONTENT_LENGTH));
        assert_eq!(*response.body(), Body::Text("four".to_owned()));
    }

    #[test]
    fn a_header_cannot_be_split() {
        let reply = Reply::redirect("https://x/\r\nset-cookie: a");
        assert_eq!(reply.header("location"), None);
    }
}

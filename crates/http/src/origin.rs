//! Where the client reached the service, so that links lead back through the same gateway and stage.

use http::HeaderMap;
use http::header::HOST;
use lambda_http::request::RequestContext;

use crate::path::RequestPath;
use crate::reply::{INLINE_LIMIT_BYTES, LOAD_BALANCER_INLINE_LIMIT_BYTES};

/// What a gateway adds to a request, whichever kind of event carried it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GatewayFacts<'a> {
    /// The gateway's id of the request.
    pub(crate) request_id: Option<&'a str>,
    /// The host name of the API.
    pub(crate) domain: Option<&'a str>,
    /// The path as the client wrote it, stage included, where the event tells it apart from the path to route.
    pub(crate) path: Option<&'a str>,
    /// The largest image, in bytes, that it takes as an answer.
    pub(crate) inline_limit_bytes: usize,
}

impl Default for GatewayFacts<'_> {
    fn default() -> Self {
        Self {
            request_id: None,
            domain: None,
            path: None,
            inline_limit_bytes: INLINE_LIMIT_BYTES,
        }
    }
}

impl<'a> GatewayFacts<'a> {
    /// Reads the request context of an event.
    pub(crate) fn of(context: Option<&'a RequestContext>) -> Self {
        match context {
            Some(RequestContext::ApiGatewayV1(context)) => Self {
                request_id: context.request_id.as_deref(),
                domain: context.domain_name.as_deref(),
                path: context.path.as_deref(),
                ..Self::default()
            },
            // A function URL has this form too.
            Some(RequestContext::ApiGatewayV2(context)) => Self {
                request_id: context.request_id.as_deref(),
                domain: context.domain_name.as_deref(),
                path: context.http.path.as_deref(),
                ..Self::default()
            },
            Some(RequestContext::Alb(_)) => Self {
                inline_limit_bytes: LOAD_BALANCER_INLINE_LIMIT_BYTES,
                ..Self::default()
            },
            Some(_) | None => Self::default(),
        }
    }

    /// Scheme, host and everything before `/images`, without a trailing slash; only the path where no host is
    /// known. `raw_path` is the path that was routed.
    pub(crate) fn base_url(&self, headers: &HeaderMap, raw_path: &str) -> String {
        let prefix_of = |path: &'a str| RequestPath::parse(path).map(|path| path.prefix);
        let prefix = self
            .path
            .and_then(prefix_of)
            .or_else(|| RequestPath::parse(raw_path).map(|path| path.prefix))
            .filter(|prefix| prefix.bytes().all(|byte| byte.is_ascii_graphic()))
            .unwrap_or_default();
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let host = text("x-forwarded-host")
            .or_else(|| text(HOST.as_str()))
            .or(self.domain)
            .filter(|host| is_host(host));
        match host {
            None => prefix.to_owned(),
            Some(host) => {
                let scheme = match text("x-forwarded-proto") {
                    Some("http") => "http",
                    // Emulators leave the header out; AWS never does.
                    None if is_loopback(host) => "http",
                    Some(_) | None => "https",
                };
                format!("{scheme}://{host}{prefix}")
            }
        }
    }
}

/// Whether a host, with or without a port, is this machine.
fn is_loopback(host: &str) -> bool {
    let names_loopback = |name: &str| host == name || host.starts_with(&format!("{name}:"));
    ["127.0.0.1", "localhost", "[::1]"]
        .into_iter()
        .any(names_loopback)
}

/// Whether the text can be nothing but a host name or address with an optional port.
fn is_host(text: &str) -> bool {
    const MAX_HOST_BYTES: usize = 261;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !text.is_empty() && text.len() <= MAX_HOST_BYTES && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base_url(headers: &[(&'static str, &str)], client_path: Option<&str>, path: &str) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let facts = GatewayFacts {
            path: client_path,
            domain: Some("gw"),
            ..GatewayFacts::default()
        };
        facts.base_url(&map, path)
    }

    #[test]
    fn links_lead_back_through_stage_and_scheme() {
        let local = [("host", "localhost:8000"), ("x-forwarded-proto", "http")];
        assert_eq!(base_url(&local, None, "/images"), "http://localhost:8000");
        assert_eq!(
            base_url(&local, Some("/local/images"), "/images"),
            "http://localhost:8000/local"
        );
        assert_eq!(base_url(&[], None, "/api/v1/images/x"), "https://gw/api/v1");
        let proxied = [("host", "inner"), ("x-forwarded-host", "img.example.com")];
        assert_eq!(
            base_url(&proxied, None, "/images"),
            "https://img.example.com"
        );
    }

    #[test]
    fn a_host_that_is_none_is_left_out() {
        for host in ["evil.com/path", "a b", "x@y", "a,b", ""] {
            assert_eq!(
                base_url(&[("host", host)], None, "/s/images"),
                "/s",
                "{host}"
            );
        }
        assert_eq!(
            base_url(&[("host", "[2001:db8::1]:80")], None, "/images"),
            "https://[2001:db8::1]:80"
        );
    }

    #[test]
    fn without_a_word_on_the_scheme_only_this_machine_is_plain() {
        for (host, expected) in [
            ("127.0.0.1:4566", "http://127.0.0.1:4566"),
            ("localhost", "http://localhost"),
            ("[::1]:80", "http://[::1]:80"),
            ("localhost.example.com", "https://localhost.example.com"),
            ("127.0.0.10", "https://127.0.0.10"),
        ] {
            assert_eq!(base_url(&[("host", host)], None, "/images"), expected);
        }
        let said = [("host", "localhost"), ("x-forwarded-proto", "https")];
        assert_eq!(base_url(&said, None, "/images"), "https://localhost");
    }
}

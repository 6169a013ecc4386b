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
            .filter(|prefix| is_path(prefix))
            .unwrap_or_default();
        let text = |name: &str| headers.get(name)?.to_str().ok();
        match self.host(text(HOST.as_str())) {
            // Two slashes would name a host.
            None if prefix.starts_with("//") => String::new(),
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

    /// The host that links name. A gateway says in the event by which name it was reached, and that counts; what
    /// a client can write into any request, `X-Forwarded-Host`, never does: a cache on the way would hand its
    /// links to others. Load balancers only know `Host`. Emulators of gateways name hosts that do not exist, but
    /// no gateway is reached as this machine.
    fn host<'b>(&self, header: Option<&'b str>) -> Option<&'b str>
    where
        'a: 'b,
    {
        let header = header.filter(|host| is_host(host));
        let domain = self.domain.filter(|host| is_host(host));
        let of_emulator = header.filter(|host| is_loopback(host));
        of_emulator.or(domain).or(header)
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
pub(crate) fn is_host(text: &str) -> bool {
    const MAX_HOST_BYTES: usize = 261;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !text.is_empty() && text.len() <= MAX_HOST_BYTES && text.bytes().all(allowed)
}

/// Whether the text is what a URL's path is written with (RFC 3986), so that it ends nothing that it is put into.
pub(crate) fn is_path(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&byte);
    text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base_url_at(
        domain: Option<&str>,
        headers: &[(&'static str, &str)],
        client_path: Option<&str>,
        path: &str,
    ) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let facts = GatewayFacts {
            path: client_path,
            domain,
            ..GatewayFacts::default()
        };
        facts.base_url(&map, path)
    }

    fn base_url(headers: &[(&'static str, &str)], client_path: Option<&str>, path: &str) -> String {
        base_url_at(None, headers, client_path, path)
    }

    #[test]
    fn links_lead_back_through_stage_and_scheme() {
        let local = [("host", "localhost:8000"), ("x-forwarded-proto", "http")];
        assert_eq!(base_url(&local, None, "/images"), "http://localhost:8000");
        assert_eq!(
            base_url(&local, Some("/local/images"), "/images"),
            "http://localhost:8000/local"
        );
        let at = base_url_at(Some("gw"), &[], None, "/api/v1/images/x");
        assert_eq!(at, "https://gw/api/v1");
    }

    #[test]
    fn no_header_of_the_client_changes_the_host_that_a_gateway_names() {
        let forged = [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
        ];
        for headers in [&forged[..], &forged[..1], &forged[1..], &[]] {
            let at = base_url_at(Some("gw"), headers, None, "/images");
            assert_eq!(at, "https://gw");
        }
        // A load balancer names none; it only takes hosts that its rules know.
        let behind = [("host", "lb.example"), ("x-forwarded-host", "evil.example")];
        assert_eq!(base_url(&behind, None, "/images"), "https://lb.example");
        let emulated = [("host", "127.0.0.1:4566"), ("x-forwarded-proto", "http")];
        let at = base_url_at(Some("a1.execute-api.localhost"), &emulated, None, "/images");
        assert_eq!(at, "http://127.0.0.1:4566");
    }

    #[test]
    fn a_prefix_that_could_end_a_link_or_name_a_host_is_left_out() {
        for path in ["/a>b/images", "/a\"b/images", "/a b/images", "/é/images"] {
            assert_eq!(base_url(&[], None, path), "", "{path}");
        }
        assert_eq!(base_url(&[], None, "//evil.example/images"), "");
        let at = base_url_at(Some("gw"), &[], None, "//evil.example/images");
        assert_eq!(at, "https://gw//evil.example");
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

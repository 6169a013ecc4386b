//! What keeps pages of other sites from using the server through the browser of whoever runs it: nobody is checked
//! here, so a browser is all that such a page needs.
//!
//! Two headers tell, which browsers send and no page can set. `Origin` says which page asks: no grant keeps a page from
//! reading an answer, but not from sending what needs no grant. `Host` says under which name the server was reached: a
//! name of the page's own that is made to lead here (DNS rebinding) would make the page one of this server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use http::header::{HOST, HeaderName, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Request};

/// Names that lead to this machine wherever they are asked for, each with all names below it.
const LOOPBACK_NAMES: [&str; 2] = ["localhost", "localhost.localstack.cloud"];

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// It was sent to a name that is none of this machine's.
    Host,
    /// A page of another site sent it, and it is more than reading.
    Page,
}

/// Guards what listens on one address. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    is_on_loopback: bool,
    /// The name that the user gave this server.
    public_name: Option<Arc<str>>,
}

impl Guard {
    /// A guard of ports on `listening`, which clients may reach by the name in `public_url` as well. Only on a loopback
    /// address is it known by which other names they may.
    pub(crate) fn new(listening: IpAddr, public_url: &str) -> Self {
        Self {
            is_on_loopback: listening.is_loopback(),
            public_name: site(public_url.trim_end_matches('/')).map(Arc::from),
        }
    }

    /// Checks the name that a request was sent to. One without a name comes from no browser.
    pub(crate) fn admit_host<B>(&self, request: &Request<B>) -> Result<(), Stranger> {
        let is_known = |name: Option<String>| {
            name.is_some_and(|name| {
                is_loopback(&name) || self.public_name.as_deref() == Some(&*name)
            })
        };
        let in_target = request.uri().authority();
        let mut in_headers = request.headers().get_all(HOST).iter();
        let is_admitted = !self.is_on_loopback
            || in_target.is_none_or(|authority| is_known(Some(name_of(authority))))
                && in_headers.all(|host| is_known(name(host.as_bytes())));
        is_admitted.then_some(()).ok_or(Stranger::Host)
    }

    /// Checks the name, and which page sends what is more than reading.
    pub(crate) fn admit<B>(&self, request: &Request<B>) -> Result<(), Stranger> {
        self.admit_host(request)?;
        let is_admitted = is_reading(request.method()) || is_of_own_page(request.headers());
        is_admitted.then_some(()).ok_or(Stranger::Page)
    }
}

/// Whether a method changes nothing.
pub(crate) fn is_reading(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

/// Whether no page of another site sent a request: no page at all, one of this machine, or one of the name that the
/// request was sent to, on whichever port.
pub(crate) fn is_of_own_page(headers: &HeaderMap) -> bool {
    let own = text(headers, &HOST).and_then(|host| name(host.as_bytes()));
    let mut origins = headers.get_all(ORIGIN).iter();
    origins.all(|origin| {
        let page = origin.to_str().ok().and_then(site);
        page.is_some_and(|page| is_loopback(&page) || own.as_ref() == Some(&page))
    })
}

/// The name in an origin, or in a URL without a path.
fn site(origin: &str) -> Option<String> {
    let (_scheme, authority) = origin.split_once("://")?;
    name(authority.as_bytes())
}

/// The name in what `Host` says.
fn name(authority: &[u8]) -> Option<String> {
    Authority::try_from(authority).ok().as_ref().map(name_of)
}

fn name_of(authority: &Authority) -> String {
    authority.host().trim_end_matches('.').to_ascii_lowercase()
}

fn is_loopback(name: &str) -> bool {
    let is_below = |domain: &str| {
        name.strip_suffix(domain)
            .is_some_and(|start| start.is_empty() || start.ends_with('.'))
    };
    let in_brackets = || name.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    LOOPBACK_NAMES.iter().any(|domain| is_below(domain))
        || name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        || in_brackets().is_some_and(|ip: Ipv6Addr| ip.to_canonical().is_loopback())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(HeaderValue::to_str)?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Request<()> {
        let request = Request::builder().method(method).uri("/images");
        let request = (headers.iter()).fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.body(()).unwrap()
    }

    fn guard(listening: &str) -> Guard {
        Guard::new(listening.parse().unwrap(), "https://pictures.example:444/")
    }

    #[test]
    fn on_a_loopback_address_only_names_of_this_machine_and_the_given_one_are_answered() {
        for (host, is_admitted) in [
            ("localhost:8000", true),
            ("LOCALHOST.", true),
            ("bucket.s3.localhost:4566", true),
            ("bucket.s3.localhost.localstack.cloud:4566", true),
            ("127.0.0.1:8000", true),
            ("127.9.9.9", true),
            ("[::1]:8000", true),
            ("[::ffff:127.0.0.1]", true),
            ("pictures.example", true),
            ("evil.example:8000", false),
            ("127.0.0.1.evil.example", false),
            ("notlocalhost", false),
            ("localhost.evil.example", false),
            ("localstack.cloud", false),
            ("192.168.1.7:8000", false),
            ("[::2]:8000", false),
            ("", false),
            ("a b", false),
        ] {
            let asked = request("GET", &[("host", host)]);
            let expected = if is_admitted {
                Ok(())
            } else {
                Err(Stranger::Host)
            };
            assert_eq!(guard("127.0.0.1").admit(&asked), expected, "{host:?}");
            assert_eq!(guard("::1").admit(&asked), expected, "{host:?}");
            assert_eq!(guard("0.0.0.0").admit(&asked), Ok(()), "{host:?}");
        }
        let two = request("GET", &[("host", "localhost"), ("host", "evil.example")]);
        assert_eq!(guard("127.0.0.1").admit(&two), Err(Stranger::Host));
        let mut absolute = request("GET", &[("host", "localhost")]);
        *absolute.uri_mut() = "http://evil.example/images".parse().unwrap();
        assert_eq!(guard("127.0.0.1").admit(&absolute), Err(Stranger::Host));
        assert_eq!(guard("127.0.0.1").admit(&request("GET", &[])), Ok(()));
    }

    #[test]
    fn a_page_of_another_site_may_read_and_no_more() {
        for (origin, is_admitted) in [
            ("http://localhost:3000", true),
            ("https://app.localhost", true),
            ("http://127.0.0.1:8000", true),
            ("http://[::1]:8000", true),
            ("http://box.lan", true),
            ("http://evil.example", false),
            ("http://localhost.evil.example", false),
            ("http://evil.example:8000", false),
            ("null", false),
            ("localhost", false),
            ("", false),
        ] {
            let asked = |method| request(method, &[("host", "box.lan:8000"), ("origin", origin)]);
            let guard = guard("0.0.0.0");
            let expected = if is_admitted {
                Ok(())
            } else {
                Err(Stranger::Page)
            };
            for method in ["POST", "PUT", "PATCH", "DELETE", "ANY"] {
                assert_eq!(guard.admit(&asked(method)), expected, "{method} {origin:?}");
            }
            for method in ["GET", "HEAD", "OPTIONS"] {
                assert_eq!(guard.admit(&asked(method)), Ok(()), "{method} {origin:?}");
            }
        }
        let both = [
            ("origin", "http://localhost"),
            ("origin", "http://evil.example"),
        ];
        let asked = request("POST", &both);
        assert_eq!(guard("127.0.0.1").admit(&asked), Err(Stranger::Page));
    }
}

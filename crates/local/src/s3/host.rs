//! Which bucket a request is for.

use http::request::Parts;
use http::{header, uri::Authority};
use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// What follows the bucket in the host of a virtual-host style request, longest first.
const DOMAINS: [&str; 3] = ["s3.localhost.localstack.cloud", "s3.localhost", "localhost"];

/// Understands `bucket.localhost` and its like, on any port.  Every other host is taken as that
/// of a path-style request, so the server answers under any address it can be reached at.
#[derive(Debug)]
pub(super) struct LocalHosts;

impl S3Host for LocalHosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let virtual_host = VirtualHost::new(host);
        Ok(match bucket_of_host(host) {
            Some(bucket) => virtual_host.with_bucket(bucket),
            None => virtual_host,
        })
    }
}

fn bucket_of_host(host: &str) -> Option<&str> {
    let name = host.split_once(':').map_or(host, |(name, _port)| name);
    if DOMAINS.contains(&name) {
        return None;
    }
    let mut domains = DOMAINS.iter();
    domains.find_map(|domain| name.strip_suffix(domain)?.strip_suffix('.'))
}

/// The name of the bucket that a request is for, if it is for one.
pub(super) fn bucket_of(request: &Parts) -> Option<&str> {
    let host = (request.headers.get(header::HOST))
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri.authority().map(Authority::as_str));
    let in_path = || request.uri.path().split('/').nth(1);
    host.and_then(bucket_of_host)
        .or_else(in_path)
        .filter(|name| !name.is_empty())
}

//! Which function answers a method and path.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use http::Method;

use super::function::Function;

/// The segment that every path of the API starts with.
const ROOT: &str = "images";

/// How a request is met.
#[derive(Debug)]
pub(super) enum Resolution<'a> {
    /// By this function.
    Found(&'a Function, Mount),
    /// By the gateway: these methods are there, a browser may ask for them.
    Options(BTreeSet<&'static str>),
    /// By 405: these methods are there.
    WrongMethod(BTreeSet<&'static str>),
    /// By 404.
    Unknown,
}

/// Where a function hangs in the API: what the event says of the route.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// The route's pattern.
    pub(super) resource: &'static str,
    /// The values of the pattern's placeholders.
    pub(super) parameters: BTreeMap<&'static str, String>,
}

/// Finds the function. A literal segment wins over a placeholder, and the resource is chosen before the
/// method, as API Gateway does.
pub(super) fn resolve<'a>(
    functions: &'a [Function],
    method: &Method,
    path: &str,
) -> Resolution<'a> {
    let segments = below_prefix(path);
    let routes = functions
        .iter()
        .flat_map(|function| function.routes().iter().map(move |route| (function, route)));
    let matching: Vec<_> = routes
        .filter_map(|(function, route)| {
            Some((function, route, placeholders(route.pattern, &segments)?))
        })
        .collect();
    let Some(fewest) = matching
        .iter()
        .map(|(_, _, parameters)| parameters.len())
        .min()
    else {
        return Resolution::Unknown;
    };
    let mut methods = BTreeSet::new();
    let mut found = None;
    for (function, route, parameters) in matching {
        if parameters.len() > fewest {
            continue;
        }
        methods.insert(route.method);
        let is_head_of_get = route.method == "GET" && method == Method::HEAD;
        if route.method == "GET" {
            methods.insert("HEAD");
        }
        if found.is_none() && (route.method == method.as_str() || is_head_of_get) {
            let resource = route.pattern;
            found = Some((
                function,
                Mount {
                    resource,
                    parameters,
                },
            ));
        }
    }
    match found {
        Some((function, mount)) => Resolution::Found(function, mount),
        None if method == Method::OPTIONS => Resolution::Options(methods),
        None => Resolution::WrongMethod(methods),
    }
}

/// The segments from the first `images` on, decoded: whatever stands before is a stage, a version or a base
/// path. The functions split a path at the same place.
fn below_prefix(path: &str) -> Vec<Cow<'_, str>> {
    let decoded = |segment| percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments = path.split('/').map(decoded);
    segments.skip_while(|segment| segment != ROOT).collect()
}

/// The values of a pattern's placeholders, where the path is of the pattern.
fn placeholders(
    pattern: &'static str,
    segments: &[Cow<'_, str>],
) -> Option<BTreeMap<&'static str, String>> {
    let expected: Vec<&'static str> = pattern.split('/').skip(1).collect();
    if expected.len() != segments.len() {
        return None;
    }
    let mut parameters = BTreeMap::new();
    for (expected, segment) in expected.into_iter().zip(segments) {
        let name = expected
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match name {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                parameters.insert(name, segment.clone().into_owned());
            }
            None if expected == segment => {}
            None => return None,
        }
    }
    Some(parameters)
}

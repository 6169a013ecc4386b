//! Cross-origin resource sharing: what a browser lets a page of another origin do.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use s3s::dto::CORSRule;
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::guard;

/// The rules of a bucket for which none were set, as far as they concern one request.  S3 would
/// refuse all; here, pages on any port of this machine may use presigned URLs at once.  Pages of
/// other sites may not: the key pair is no secret, so they could sign whatever they like.
pub(super) fn default_rules(request: &HeaderMap) -> Vec<CORSRule> {
    let Some(origin) = text(request, &header::ORIGIN) else {
        return Vec::new();
    };
    if !guard::is_of_own_page(request) {
        return Vec::new();
    }
    let strings = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    vec![CORSRule {
        allowed_headers: Some(strings(&["*"])),
        allowed_methods: strings(&["GET", "HEAD", "PUT"]),
        allowed_origins: strings(&[origin]),
        expose_headers: Some(strings(&["ETag"])),
        id: None,
        max_age_seconds: None,
    }]
}

/// Refuses what a page of another site sends to change something, unless a rule allows it.  S3
/// itself would only keep the answer from the page.
///
/// # Errors
/// 403.
pub(super) fn admit(rules: &[CORSRule], method: &Method, request: &HeaderMap) -> S3Result<()> {
    let is_allowed = text(request, &header::ORIGIN)
        .is_some_and(|origin| rules.iter().any(|rule| allows(rule, origin, method)));
    if is_allowed || guard::is_reading(method) || guard::is_of_own_page(request) {
        return Ok(());
    }
    Err(not_allowed())
}

/// The headers of the answer to a preflight request.
///
/// # Errors
/// 400 for a request that is no preflight, 403 where no rule allows what it asks for.
pub(super) fn preflight(rules: &[CORSRule], request: &HeaderMap) -> S3Result<HeaderMap> {
    let asked = (request.get(header::ACCESS_CONTROL_REQUEST_METHOD))
        .and_then(|method| Method::from_bytes(method.as_bytes()).ok());
    let (Some(origin), Some(method)) = (text(request, &header::ORIGIN), asked) else {
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidRequest,
            "Insufficient information. Origin and Access-Control-Request-Method are needed.",
        ));
    };
    let headers = text(request, &header::ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
    let rule = rules.iter().find(|rule| {
        allows(rule, origin, &method)
            && headers
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .all(|name| allows_header(rule, name))
    });
    let rule = rule.ok_or_else(not_allowed)?;
    let mut answer = headers_of(rule, origin);
    insert(&mut answer, header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
    Ok(answer)
}

fn not_allowed() -> S3Error {
    let message = "CORSResponse: This CORS request is not allowed.";
    S3Error::with_message(S3ErrorCode::AccessDenied, message)
}

/// The headers that let the page which sent a request read the answer; none where no rule does.
pub(super) fn sharing(rules: &[CORSRule], method: &Method, request: &HeaderMap) -> HeaderMap {
    let Some(origin) = text(request, &header::ORIGIN) else {
        return HeaderMap::new();
    };
    (rules.iter())
        .find(|rule| allows(rule, origin, method))
        .map(|rule| headers_of(rule, origin))
        .unwrap_or_default()
}

fn allows(rule: &CORSRule, origin: &str, method: &Method) -> bool {
    (rule.allowed_origins.iter()).any(|pattern| matches(pattern, origin))
        && rule.allowed_methods.iter().any(|it| it == method.as_str())
}

fn allows_header(rule: &CORSRule, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    (rule.allowed_headers.iter().flatten())
        .any(|pattern| matches(&pattern.to_ascii_lowercase(), &name))
}

/// Whether `text` is what `pattern` says, in which one `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}

fn headers_of(rule: &CORSRule, origin: &str) -> HeaderMap {
    let mut answer = HeaderMap::new();
    if rule.allowed_origins.iter().any(|origin| origin == "*") {
        insert(&mut answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    } else {
        insert(&mut answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        insert(
            &mut answer,
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            "true",
        );
    }
    let methods = rule.allowed_methods.join(", ");
    insert(&mut answer, header::ACCESS_CONTROL_ALLOW_METHODS, &methods);
    let exposed = rule.expose_headers.as_deref().unwrap_or_default();
    let exposed = exposed.join(", ");
    insert(&mut answer, header::ACCESS_CONTROL_EXPOSE_HEADERS, &exposed);
    if let Some(seconds) = rule.max_age_seconds {
        let seconds = seconds.to_string();
        insert(&mut answer, header::ACCESS_CONTROL_MAX_AGE, &seconds);
    }
    let vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
    insert(&mut answer, header::VARY, vary);
    answer
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value)
        && !value.is_empty()
    {
        headers.insert(name, value);
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

//! The pages of the local server: gallery, Swagger UI, `ReDoc`. All their parts are in the program; none
//! loads anything from elsewhere, and each says so in its `Content-Security-Policy`.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

use crate::openapi;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

/// What the documentation pages may load: Swagger UI and `ReDoc` write styles into the page, and `ReDoc`
/// searches in a worker of its own making.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of ours: its path, its type and what is in it.
macro_rules! asset {
    ($path:literal, $content_type:expr, $file:literal) => {
        (
            $path,
            $content_type,
            include_bytes!(concat!("../assets/", $file)).as_slice(),
        )
    };
}

/// Every file that is ours. Swagger UI's own are asked from its crate.
const FILES: [(&str, &str, &[u8]); 20] = [
    asset!("/", HTML, "gallery/index.html"),
    asset!("/gallery/gallery.css", CSS, "gallery/gallery.css"),
    asset!("/gallery/api.js", JAVASCRIPT, "gallery/api.js"),
    asset!("/gallery/detail.js", JAVASCRIPT, "gallery/detail.js"),
    asset!("/gallery/dom.js", JAVASCRIPT, "gallery/dom.js"),
    asset!("/gallery/drop.js", JAVASCRIPT, "gallery/drop.js"),
    asset!("/gallery/facts.js", JAVASCRIPT, "gallery/facts.js"),
    asset!("/gallery/gallery.js", JAVASCRIPT, "gallery/gallery.js"),
    asset!("/gallery/grid.js", JAVASCRIPT, "gallery/grid.js"),
    asset!("/gallery/identity.js", JAVASCRIPT, "gallery/identity.js"),
    asset!("/gallery/paging.js", JAVASCRIPT, "gallery/paging.js"),
    asset!("/gallery/picture.js", JAVASCRIPT, "gallery/picture.js"),
    asset!("/gallery/queue.js", JAVASCRIPT, "gallery/queue.js"),
    asset!("/gallery/thumbhash.js", JAVASCRIPT, "gallery/thumbhash.js"),
    asset!("/gallery/upload.js", JAVASCRIPT, "gallery/upload.js"),
    asset!("/gallery/viewer.js", JAVASCRIPT, "gallery/viewer.js"),
    asset!("/docs", HTML, "docs/index.html"),
    asset!("/docs/start.js", JAVASCRIPT, "docs/start.js"),
    asset!("/redoc", HTML, "redoc/index.html"),
    asset!("/redoc/start.js", JAVASCRIPT, "redoc/start.js"),
];

/// `ReDoc` as its makers built it.
const REDOC: &str = include_str!("../assets/redoc/redoc.standalone.js");
/// The one thing that it would fetch from elsewhere, which the pages' policy forbids.
const REDOC_LOGO: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";
/// What it shows in its place: a transparent pixel.
const NO_LOGO: &str =
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/// The pages of one server.
#[derive(Debug)]
pub(crate) struct Pages {
    gallery_policy: HeaderValue,
    openapi: Bytes,
    redoc: Bytes,
}

impl Pages {
    /// Prepares the pages. `s3_url` is the store that the gallery shows large images from.
    pub(crate) fn new(s3_url: &str) -> Self {
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; \
             img-src 'self' blob: data: {s3_url}; connect-src 'self' {s3_url}; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        Self {
            gallery_policy: HeaderValue::from_str(&policy)
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
            openapi: Bytes::from(openapi::to_json()),
            redoc: Bytes::from(REDOC.replace(REDOC_LOGO, NO_LOGO)),
        }
    }

    /// The page or file at a path.
    pub(crate) fn find(&self, path: &str) -> Option<Response> {
        match path {
            "/health" => Some(file(JSON, Bytes::from_static(br#"{"status":"ok"}"#))),
            "/openapi.json" => Some(file(JSON, self.openapi.clone())),
            "/redoc/redoc.standalone.js" => Some(file(JAVASCRIPT, self.redoc.clone())),
            "/docs/" => self.find("/docs"),
            "/redoc/" => self.find("/redoc"),
            path => self.own(path).or_else(|| swagger_ui(path)),
        }
    }

    fn own(&self, path: &str) -> Option<Response> {
        let own = FILES.iter().find(|(own, _, _)| *own == path);
        let (_, content_type, content) = own?;
        let mut response = file(content_type, Bytes::from_static(content));
        if *content_type == HTML {
            let policy = match path {
                "/" => self.gallery_policy.clone(),
                _ => HeaderValue::from_static(DOCS_POLICY),
            };
            response
                .headers_mut()
                .insert(CONTENT_SECURITY_POLICY, policy);
        }
        Some(response)
    }
}

fn swagger_ui(path: &str) -> Option<Response> {
    let name = path.strip_prefix("/docs/")?;
    let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
    let found = utoipa_swagger_ui::serve(name, config).ok().flatten()?;
    let content = match found.bytes {
        Cow::Borrowed(bytes) => Bytes::copy_from_slice(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    Some(file(&found.content_type, content))
}

fn file(content_type: &str, content: Bytes) -> Response {
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        headers.insert(CONTENT_TYPE, content_type);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

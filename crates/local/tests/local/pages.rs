//! The pages: all there, and nothing in them that leaves this machine.

use std::fs;

use http::StatusCode;
use local::{Options, start};

use crate::support::{get, json_of, send};

/// Swagger UI and `ReDoc` write styles into the page, and `ReDoc` searches in a worker of its own making.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The gallery sends large files to the store, and shows them from there.
fn gallery_policy(store: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; \
         img-src 'self' blob: data: {store}; connect-src 'self' {store}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

#[tokio::test]
async fn every_page_loads_all_its_parts_from_this_server() {
    let running = start(Options::default()).await.unwrap();
    for page in ["/", "/docs", "/redoc"] {
        let response = get(&format!("{}{page}", running.api_url)).await;
        assert_eq!(response.status(), StatusCode::OK, "{page}");
        assert_eq!(
            response.headers()["content-type"],
            "text/html; charset=utf-8"
        );
        let policy = match page {
            "/" => gallery_policy(&running.aws_url),
            _ => DOCS_POLICY.to_owned(),
        };
        assert_eq!(
            response.headers()["content-security-policy"],
            *policy,
            "{page}"
        );
        let html = String::from_utf8(response.body().to_vec()).unwrap();
        let parts = loaded_by(&html);
        assert!(parts.len() >= 2, "{page} loads {parts:?}");
        for part in parts {
            assert!(
                part.starts_with('/') && !part.starts_with("//"),
                "{page} loads {part}"
            );
            let response = get(&format!("{}{part}", running.api_url)).await;
            assert_eq!(response.status(), StatusCode::OK, "{part}");
            assert!(!response.body().is_empty(), "{part} is empty");
            let content_type = response.headers()["content-type"].to_str().unwrap();
            assert!(
                !content_type.starts_with("application/octet-stream"),
                "{part}"
            );
            // Scripts name pages of others, to be followed by a click; pictures and fonts they would fetch.
            let text = String::from_utf8_lossy(response.body());
            for elsewhere in ["src:\"http", "src=\"http", "cdn.", "fonts.googleapis"] {
                assert!(!text.contains(elsewhere), "{part} fetches {elsewhere}");
            }
        }
    }
    running.stop().await;
}

/// What `src` and `href` attributes name, links that only a click follows and inline data left out.
fn loaded_by(html: &str) -> Vec<&str> {
    html.split('<')
        .filter(|tag| !tag.starts_with("a "))
        .flat_map(|tag| tag.split([' ', '\n', '>']))
        .filter_map(|word| word.strip_prefix("src=\"").or(word.strip_prefix("href=\"")))
        .filter_map(|word| word.split('"').next())
        .filter(|url| !url.starts_with("data:"))
        .collect()
}

#[tokio::test]
async fn the_gallerys_own_scripts_and_styles_name_no_other_host_and_insert_no_html() {
    let running = start(Options::default()).await.unwrap();
    let parts: Vec<String> = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/gallery"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "index.html")
        .collect();
    assert!(parts.contains(&"gallery.js".to_owned()), "only {parts:?}");
    for part in parts {
        let response = get(&format!("{}/gallery/{part}", running.api_url)).await;
        assert_eq!(response.status(), StatusCode::OK, "{part}");
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        for never in [
            "http://",
            "https://",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "eval(",
        ] {
            assert!(!text.contains(never), "{part} has {never}");
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn health_and_description_are_json_and_other_methods_are_told_so() {
    let running = start(Options::default()).await.unwrap();
    let health = get(&format!("{}/health", running.api_url)).await;
    assert_eq!(json_of(&health)["status"], "ok");
    let description = get(&format!("{}/openapi.json", running.api_url)).await;
    let description = json_of(&description);
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    // By this name the page of Swagger UI finds the fields that it leaves empty.
    let attributes = &description["components"]["schemas"]["TextAttributes"];
    assert!(attributes["properties"]["visibility"].is_object());

    let post = http::Request::post(format!("{}/health", running.api_url));
    let refused = send(post.body(bytes::Bytes::new()).unwrap()).await;
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refused.headers()["allow"], "GET, HEAD, OPTIONS");
    let missing = get(&format!("{}/docs/nothing.js", running.api_url)).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        missing.headers()["content-type"],
        "application/problem+json"
    );
    running.stop().await;
}

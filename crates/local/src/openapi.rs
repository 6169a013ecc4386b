//! The OpenAPI description of the whole API, merged from what each function says of itself.

use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi, OpenApiBuilder, ServerBuilder};

const SUMMARY: &str = "\
Stores images and finds them again.

Every path may stand behind a prefix: a stage, a version, a base path. `HEAD` works on every `GET`. All errors are \
problem documents (RFC 9457), those of the gateway itself too: 413 past its 10 MB, 429 past its rate, 504 past its 29 \
seconds. The caller says who they are in the `X-User-Id` header; to write, `user_id` says it too.";

/// What each function says of itself, in the order of [`crate::functions::ROUTES`].
const DESCRIPTIONS: [fn() -> OpenApi; 5] = [
    upload::openapi,
    list::openapi,
    get::openapi,
    update::openapi,
    delete::openapi,
];

/// The description.
#[must_use]
pub fn document() -> OpenApi {
    let license = LicenseBuilder::new()
        .name("MIT OR Apache-2.0")
        .identifier(Some("MIT OR Apache-2.0"))
        .build();
    let info = InfoBuilder::new()
        .title("Shoebox")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(SUMMARY))
        .license(Some(license))
        .build();
    let server = ServerBuilder::new()
        .url("/")
        .description(Some("The server that this description came from."))
        .build();
    let images = TagBuilder::new()
        .name("images")
        .description(Some("Uploading, listing, reading and deleting images."))
        .build();
    let mut document = OpenApiBuilder::new()
        .info(info)
        .servers(Some([server]))
        .tags(Some([images]))
        .build();
    for describe in DESCRIPTIONS {
        document.merge(describe());
    }
    document
}

/// The description as the server serves it and `docs/openapi.json` holds it.
#[must_use]
pub fn to_json() -> String {
    // A document of our own making is always JSON; were it not, the tests would see an empty one.
    let mut json = document().to_pretty_json().unwrap_or_default();
    json.push('\n');
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions;
    use serde_json::Value;

    #[test]
    fn each_function_describes_just_the_operations_that_it_answers() {
        for ((name, routes), describe) in functions::ROUTES.iter().zip(DESCRIPTIONS) {
            let mut routes: Vec<_> = routes.iter().map(shoebox_http::Route::described).collect();
            routes.sort();
            let described = shoebox_http::openapi::operations(&describe());
            assert_eq!(described, routes, "{name}");
        }
    }

    #[test]
    fn the_checked_in_file_is_as_the_code_generates_it() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let checked_in = std::fs::read_to_string(path).unwrap();
        let stale = "docs/openapi.json is stale: cargo run -- openapi > docs/openapi.json";
        assert!(checked_in == to_json(), "{stale}");
    }

    #[test]
    fn whatever_writes_says_both_ways_to_name_the_caller() {
        let json: Value = serde_json::from_str(&to_json()).unwrap();
        let paths = json["paths"].as_object().unwrap().iter();
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                let parameters = operation["parameters"].as_array().unwrap().iter();
                let mut named: Vec<_> = parameters.map(|one| (&one["in"], &one["name"])).collect();
                let all = named.len();
                named.sort_by_key(|(place, name)| format!("{place}{name}"));
                named.dedup();
                assert_eq!(named.len(), all, "{method} {path} has a parameter twice");
                let has = |place: &str, name: &str| named.contains(&(&place.into(), &name.into()));
                assert!(has("header", "X-User-Id"), "{method} {path}");
                assert!(
                    method == "get" || has("query", "user_id"),
                    "{method} {path}"
                );
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let json: Value = serde_json::from_str(&to_json()).unwrap();
        assert_eq!(json["openapi"], "3.1.0");
        assert_eq!(json["servers"][0]["url"], "/");
        let mut references = 0;
        let mut rest = vec![&json];
        while let Some(value) = rest.pop() {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(json.pointer(pointer).is_some(), "{reference} leads nowhere");
                references += 1;
            }
            match value {
                Value::Object(members) => rest.extend(members.values()),
                Value::Array(items) => rest.extend(items),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        assert!(references > 10, "only {references} references were found");
    }
}

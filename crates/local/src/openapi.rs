//! The `OpenAPI` description of the whole API, merged from what each function says of itself.

use serde_json::{Value, json};

/// The document.
#[must_use]
pub fn document() -> Value {
    json!({"openapi": "3.1.0", "info": {"title": "Shoebox", "version": env!("CARGO_PKG_VERSION")}, "paths": {}})
}

/// The document as the server serves it and `docs/openapi.json` holds it.
#[must_use]
pub fn to_json() -> String {
    format!("{:#}\n", document())
}

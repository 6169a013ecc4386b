//! The OpenAPI description of this function.

use utoipa::{OpenApi, ToSchema};

#[derive(OpenApi)]
#[openapi(paths(crate::update_image))]
struct Description;

/// What can be changed of an image.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "tags": ["harbour"], "description": null, "visibility": "private" }))]
pub struct ImagePatch {
    /// The new tags, all of them; `null` for none.
    #[schema(required = false, nullable)]
    pub tags: Vec<String>,
    /// Up to 2,000 characters; `null` removes it.
    #[schema(required = false, nullable)]
    pub description: String,
    /// Up to 64 characters; `null` removes it.
    #[schema(required = false, nullable)]
    pub category: String,
    /// `private` or `public`.
    #[schema(required = false)]
    pub visibility: String,
    /// Merged into the custom fields, member by member; `null` removes all.
    #[schema(required = false, nullable, value_type = Object)]
    pub metadata: serde_json::Value,
    /// Who is calling; the header `X-User-Id` goes before it. It changes nothing of the image.
    #[schema(required = false)]
    pub user_id: String,
}

/// Describes the operations of this function.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    shoebox_http::openapi::with_problems(Description::openapi())
}

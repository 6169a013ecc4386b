//! The OpenAPI description of this function.

use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(paths(crate::list_images))]
struct Description;

/// Describes the operations of this function.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    shoebox_http::openapi::with_problems(Description::openapi())
}

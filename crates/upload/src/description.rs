//! The OpenAPI description of this function.

use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(paths(
    crate::upload_images,
    crate::upload_images_alias,
    crate::direct::start_direct_upload,
    crate::direct::complete_direct_upload,
))]
struct Description;

/// Describes the operations of this function.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    shoebox_http::openapi::with_problems(Description::openapi())
}

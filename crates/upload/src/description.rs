//! The OpenAPI description of this function.

use shoebox_http::openapi::{Alias, with_alias, with_problems};
use utoipa::OpenApi;

use crate::{UPLOAD, UPLOAD_ALIAS};

#[derive(OpenApi)]
#[openapi(paths(
    crate::upload_images,
    crate::direct::start_direct_upload,
    crate::direct::complete_direct_upload,
))]
struct Description;

/// Describes the operations of this function.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let alias = Alias {
        route: &UPLOAD_ALIAS,
        of: &UPLOAD,
        reason: "The same as `POST /images`, under the path of earlier services.",
        is_deprecated: true,
    };
    with_problems(with_alias(Description::openapi(), alias))
}

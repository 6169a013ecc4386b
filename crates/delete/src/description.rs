//! The OpenAPI description of this function.

use shoebox_http::openapi::{Alias, with_alias, with_problems};
use utoipa::OpenApi;

use crate::{BULK, BULK_ALIAS};

#[derive(OpenApi)]
#[openapi(paths(crate::delete_image, crate::delete_images))]
struct Description;

/// Describes the operations of this function.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let alias = Alias {
        route: &BULK_ALIAS,
        of: &BULK,
        reason: "The same as `DELETE /images`, for clients that cannot send a body with `DELETE`.",
        is_deprecated: false,
    };
    with_problems(with_alias(Description::openapi(), alias))
}

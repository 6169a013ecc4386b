//! The OpenAPI description of this function.

use shoebox_http::openapi::{Alias, with_alias, with_problems};
use utoipa::{OpenApi, ToSchema};

use crate::{BULK, BULK_ALIAS};

#[derive(OpenApi)]
#[openapi(paths(crate::delete_image, crate::delete_images))]
struct Description;

/// How to delete one image. The body may be left out.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "user_id": "ann" }))]
pub struct Delete {
    /// Who is calling; the header `X-User-Id` goes before it.
    #[schema(required = false)]
    pub user_id: String,
    /// Whether a storage failure is left to be cleaned up later.
    #[schema(required = false)]
    pub force: bool,
}

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

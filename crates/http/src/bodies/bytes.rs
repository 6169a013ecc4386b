//! Bytes, for the OpenAPI description.

use utoipa::ToSchema;

/// An image's bytes as they are.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct ImageBytes(pub Vec<u8>);

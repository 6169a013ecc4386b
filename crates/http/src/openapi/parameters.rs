//! The headers and parameters that operations share.

use utoipa::IntoParams;

/// The header by which an operation learns who is calling.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct CallerParameters {
    /// Who is calling, where nobody is checked. To what writes, the parameter or member `user_id` says so
    /// as well.
    #[param(required = false, rename = "X-User-Id", example = "ann")]
    pub x_user_id: String,
}

/// The other way to say who is calling, beside [`CallerParameters`]: to operations that write.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WriterParameters {
    /// Who is calling; the header `X-User-Id` and the member `user_id` of the body go before it.
    #[param(required = false, example = "ann")]
    pub user_id: String,
}

/// The header by which a client makes a request safe to repeat.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyParameters {
    /// 1 to 128 visible ASCII characters. For at least 24 hours the same key with the same request gives the first
    /// answer; with another request, 409.
    #[param(
        required = false,
        rename = "Idempotency-Key",
        example = "3f6c0a52-upload-1"
    )]
    pub idempotency_key: String,
}

/// The headers by which a client says what it has.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct ConditionParameters {
    /// 304 where it names the `ETag` of the bytes.
    #[param(required = false, rename = "If-None-Match")]
    pub if_none_match: String,
    /// 304 where the bytes are not newer; counts only without `If-None-Match`.
    #[param(required = false, rename = "If-Modified-Since")]
    pub if_modified_since: String,
}

/// The header by which a client says which version it means.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct VersionParameters {
    /// The `ETag` of the version that is meant; for any other, 412.
    #[param(required = false, rename = "If-Match")]
    pub if_match: String,
}

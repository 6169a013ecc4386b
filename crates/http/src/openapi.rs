//! What the OpenAPI descriptions of all operations share.

use std::collections::BTreeMap;

use http::StatusCode;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, PartialSchema as _, ToSchema as _};

use crate::problem::Problem;

/// One or more problem documents among an operation's responses: the statuses are its parameters.
macro_rules! problems {
    ($(#[$doc:meta])* $name:ident: $($status:ident)*) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [$(StatusCode::$status),*].into_iter().map(problem).collect()
            }
        }
    };
}

problems! {
    /// The problems of operations that read.
    ReadProblems: BAD_REQUEST NOT_FOUND INTERNAL_SERVER_ERROR BAD_GATEWAY SERVICE_UNAVAILABLE
}

problems! {
    /// The problems of the list, which finds nothing rather than failing to find.
    ListProblems: BAD_REQUEST FORBIDDEN INTERNAL_SERVER_ERROR BAD_GATEWAY SERVICE_UNAVAILABLE
}

problems! {
    /// The problems of an upload.
    UploadProblems: BAD_REQUEST CONFLICT PAYLOAD_TOO_LARGE UNSUPPORTED_MEDIA_TYPE
        UNPROCESSABLE_ENTITY INTERNAL_SERVER_ERROR BAD_GATEWAY SERVICE_UNAVAILABLE
}

problems! {
    /// The problems of completing a direct upload.
    CompleteProblems: BAD_REQUEST FORBIDDEN NOT_FOUND CONFLICT PAYLOAD_TOO_LARGE UNPROCESSABLE_ENTITY
        INTERNAL_SERVER_ERROR BAD_GATEWAY SERVICE_UNAVAILABLE
}

problems! {
    /// The problems of changing an image.
    UpdateProblems: BAD_REQUEST FORBIDDEN NOT_FOUND CONFLICT PRECONDITION_FAILED PAYLOAD_TOO_LARGE
        INTERNAL_SERVER_ERROR BAD_GATEWAY SERVICE_UNAVAILABLE
}

problems! {
    /// The problems of deleting one image.
    DeleteProblems: BAD_REQUEST FORBIDDEN NOT_FOUND CONFLICT PRECONDITION_FAILED PAYLOAD_TOO_LARGE
        INTERNAL_SERVER_ERROR BAD_GATEWAY SERVICE_UNAVAILABLE
}

problems! {
    /// The problems of deleting several, apart from those of single images.
    BulkProblems: BAD_REQUEST PAYLOAD_TOO_LARGE INTERNAL_SERVER_ERROR SERVICE_UNAVAILABLE
}

/// The headers by which every operation learns who is calling.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct CallerParameters {
    /// Who is calling, where nobody is checked. To what writes, the parameter or member `user_id` says so
    /// as well.
    #[param(required = false, rename = "X-User-Id", example = "ann")]
    pub x_user_id: String,
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

/// The response of one status, its body a problem document.
fn problem(status: StatusCode) -> (String, RefOr<Response>) {
    let example = Problem::new(status, code(status), sentence(status), "6f1f4a52");
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .example(serde_json::to_value(&example).ok())
        .build();
    let response = ResponseBuilder::new()
        .description(sentence(status))
        .content("application/problem+json", content)
        .build();
    (status.as_u16().to_string(), RefOr::T(response))
}

fn code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "invalid_request",
        StatusCode::FORBIDDEN => "not_the_owner",
        StatusCode::NOT_FOUND => "image_not_found",
        StatusCode::CONFLICT => "image_changing",
        StatusCode::PRECONDITION_FAILED => "precondition_failed",
        StatusCode::PAYLOAD_TOO_LARGE => "image_too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_image_type",
        StatusCode::UNPROCESSABLE_ENTITY => "invalid_image",
        StatusCode::BAD_GATEWAY => "store_failed",
        StatusCode::SERVICE_UNAVAILABLE => "store_busy",
        _ => "internal_error",
    }
}

fn sentence(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => {
            "The request or a parameter is wrong; `errors` names all of them."
        }
        StatusCode::FORBIDDEN => "The image is someone else's.",
        StatusCode::NOT_FOUND => "There is no such image.",
        StatusCode::CONFLICT => {
            "Another request is changing the image; repeat after `Retry-After`."
        }
        StatusCode::PRECONDITION_FAILED => "The image is of another version than `If-Match` names.",
        StatusCode::PAYLOAD_TOO_LARGE => "Too many bytes or pixels.",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "The body's form, or the image's type, is not taken.",
        StatusCode::UNPROCESSABLE_ENTITY => "The bytes are no whole, sound image.",
        StatusCode::BAD_GATEWAY => "The storage failed.",
        StatusCode::SERVICE_UNAVAILABLE => "The storage is busy; repeat after `Retry-After`.",
        _ => "The service failed.",
    }
}

/// A function's description with the schemas that its problem documents refer to.
#[must_use]
pub fn with_problems(mut description: OpenApi) -> OpenApi {
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    let components = description.components.get_or_insert_default();
    components.schemas.extend(schemas);
    description
}

/// The operations of a description, as method, path and operation id: what a function's routes must agree with.
#[must_use]
pub fn operations(description: &OpenApi) -> Vec<(String, String, String)> {
    let json = serde_json::to_value(&description.paths).unwrap_or_default();
    let paths = json.as_object().into_iter().flatten();
    let mut operations: Vec<_> = paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.filter_map(move |(method, operation)| {
                let id = operation.get("operationId")?.as_str()?;
                Some((method.to_uppercase(), path.clone(), id.to_owned()))
            })
        })
        .collect();
    operations.sort();
    operations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_status_has_a_problem_document() {
        let responses = UploadProblems::responses();
        let statuses: Vec<_> = responses.keys().map(String::as_str).collect();
        assert_eq!(
            statuses,
            ["400", "409", "413", "415", "422", "500", "502", "503"]
        );
        for response in responses.values() {
            let json = serde_json::to_value(response).unwrap();
            let content = &json["content"]["application/problem+json"];
            assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem");
            assert!(content["example"]["code"].is_string());
        }
        let described = with_problems(OpenApi::default());
        let schemas = described.components.unwrap().schemas;
        let names: Vec<_> = schemas.keys().map(String::as_str).collect();
        assert_eq!(names, ["FieldProblem", "Problem"]);
    }
}

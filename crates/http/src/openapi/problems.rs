//! The problem documents that each operation can answer, by their codes.

use std::collections::BTreeMap;

use http::StatusCode;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema as _};

use crate::problem::Problem;

/// One kind of problem.
#[derive(Debug, Clone, Copy)]
struct Kind {
    status: StatusCode,
    code: &'static str,
    /// When it comes.
    sentence: &'static str,
}

/// The kinds of problems, each with its status, its code and when it comes.
macro_rules! kinds {
    ($($NAME:ident = $status:ident $code:literal: $sentence:literal;)*) => {
        $(const $NAME: Kind = Kind {
            status: StatusCode::$status,
            code: $code,
            sentence: $sentence,
        };)*
        #[cfg(test)]
        const ALL: &[Kind] = &[$($NAME),*];
    };
}

kinds! {
    INVALID_REQUEST = BAD_REQUEST "invalid_request":
        "The request or a parameter is wrong; `errors` names all of them.";
    MALFORMED_BODY = BAD_REQUEST "malformed_body": "The body is not of the form that it is said to be.";
    NOT_THE_OWNER = FORBIDDEN "not_the_owner": "The image is someone else's.";
    IMAGE_NOT_FOUND = NOT_FOUND "image_not_found": "There is no such image.";
    IMAGE_CHANGING = CONFLICT "image_changing": "Another request is changing the image; repeat after `Retry-After`.";
    KEY_REUSED = CONFLICT "idempotency_key_reused": "The `Idempotency-Key` was used for another request.";
    KEY_SPENT = CONFLICT "idempotency_key_spent": "The image of the `Idempotency-Key` was deleted.";
    IN_PROGRESS = CONFLICT "request_in_progress":
        "An earlier request with the `Idempotency-Key` is under way; repeat after `Retry-After`.";
    UPLOAD_MISSING = CONFLICT "upload_missing": "The bytes are not there yet: put them first.";
    PRECONDITION_FAILED = PRECONDITION_FAILED "precondition_failed":
        "The image is of another version than `If-Match` names.";
    IMAGE_TOO_LARGE = PAYLOAD_TOO_LARGE "image_too_large": "An image has too many bytes.";
    TOO_MANY_PIXELS = PAYLOAD_TOO_LARGE "too_many_pixels": "The images have too many pixels.";
    REQUEST_TOO_LARGE = PAYLOAD_TOO_LARGE "request_too_large": "The request has too many bytes.";
    UNSUPPORTED_CONTENT_TYPE = UNSUPPORTED_MEDIA_TYPE "unsupported_content_type":
        "The body is of no form that is taken.";
    UNSUPPORTED_IMAGE_TYPE = UNSUPPORTED_MEDIA_TYPE "unsupported_image_type": "The image is of a type that is not taken.";
    CONTENT_TYPE_MISMATCH = UNSUPPORTED_MEDIA_TYPE "content_type_mismatch":
        "The bytes are of another image type than declared.";
    INVALID_IMAGE = UNPROCESSABLE_ENTITY "invalid_image": "The bytes are no whole, sound image, or not the one declared.";
    INTERNAL_ERROR = INTERNAL_SERVER_ERROR "internal_error": "The service failed.";
    STORE_FAILED = BAD_GATEWAY "store_failed": "The storage failed; repeat after `Retry-After`.";
    PRESIGNING_FAILED = BAD_GATEWAY "presigning_failed": "No URL could be signed.";
    STORE_BUSY = SERVICE_UNAVAILABLE "store_busy": "The storage is busy; repeat after `Retry-After`.";
    OUT_OF_TIME = SERVICE_UNAVAILABLE "out_of_time":
        "The request took too long, and whether it was done is not known; repeat after `Retry-After`.";
}

/// One or more problem documents among an operation's responses: the kinds are its parameters.
macro_rules! problems {
    ($(#[$doc:meta])* $name:ident: $($KIND:ident)*) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                responses(&[$($KIND),*])
            }
        }
    };
}

problems! {
    /// The problems of operations that read.
    ReadProblems: INVALID_REQUEST IMAGE_NOT_FOUND INTERNAL_ERROR STORE_FAILED PRESIGNING_FAILED STORE_BUSY OUT_OF_TIME
}

problems! {
    /// The problems of the list, which finds nothing rather than failing to find.
    ListProblems: INVALID_REQUEST NOT_THE_OWNER INTERNAL_ERROR STORE_FAILED PRESIGNING_FAILED STORE_BUSY OUT_OF_TIME
}

problems! {
    /// The problems of an upload.
    UploadProblems: INVALID_REQUEST MALFORMED_BODY KEY_REUSED KEY_SPENT IN_PROGRESS IMAGE_CHANGING IMAGE_TOO_LARGE
        TOO_MANY_PIXELS REQUEST_TOO_LARGE UNSUPPORTED_CONTENT_TYPE UNSUPPORTED_IMAGE_TYPE CONTENT_TYPE_MISMATCH
        INVALID_IMAGE INTERNAL_ERROR STORE_FAILED STORE_BUSY OUT_OF_TIME
}

problems! {
    /// The problems of asking for a direct upload.
    StartProblems: INVALID_REQUEST MALFORMED_BODY KEY_REUSED KEY_SPENT IN_PROGRESS IMAGE_CHANGING IMAGE_TOO_LARGE
        REQUEST_TOO_LARGE UNSUPPORTED_IMAGE_TYPE INVALID_IMAGE INTERNAL_ERROR STORE_FAILED PRESIGNING_FAILED STORE_BUSY
        OUT_OF_TIME
}

problems! {
    /// The problems of completing a direct upload.
    CompleteProblems: INVALID_REQUEST MALFORMED_BODY NOT_THE_OWNER IMAGE_NOT_FOUND UPLOAD_MISSING IMAGE_CHANGING
        REQUEST_TOO_LARGE INVALID_IMAGE INTERNAL_ERROR STORE_FAILED STORE_BUSY OUT_OF_TIME
}

problems! {
    /// The problems of changing an image, and of deleting one.
    ChangeProblems: INVALID_REQUEST MALFORMED_BODY NOT_THE_OWNER IMAGE_NOT_FOUND IMAGE_CHANGING PRECONDITION_FAILED
        REQUEST_TOO_LARGE INTERNAL_ERROR STORE_FAILED STORE_BUSY OUT_OF_TIME
}

problems! {
    /// The problems of deleting several, apart from those of single images.
    BulkProblems: INVALID_REQUEST MALFORMED_BODY REQUEST_TOO_LARGE INTERNAL_ERROR OUT_OF_TIME
}

/// The responses of some kinds, those of one status together.
fn responses(kinds: &[Kind]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status = BTreeMap::<StatusCode, Vec<Kind>>::new();
    for kind in kinds {
        by_status.entry(kind.status).or_default().push(*kind);
    }
    by_status
        .into_values()
        .filter_map(|kinds| response(&kinds))
        .collect()
}

/// The response of one status, its body a problem document; the first kind is its example.
fn response(kinds: &[Kind]) -> Option<(String, RefOr<Response>)> {
    let first = kinds.first()?;
    let sentences = kinds
        .iter()
        .map(|kind| format!("`{}`: {}", kind.code, kind.sentence));
    let description = sentences.collect::<Vec<_>>().join("\n\n");
    let example = Problem::new(first.status, first.code, first.sentence, "6f1f4a52");
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .example(serde_json::to_value(&example).ok())
        .build();
    let response = ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build();
    Some((first.status.as_u16().to_string(), RefOr::T(response)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_a_problem_document_that_names_all_its_codes() {
        let responses = UploadProblems::responses();
        let statuses: Vec<_> = responses.keys().map(String::as_str).collect();
        assert_eq!(
            statuses,
            ["400", "409", "413", "415", "422", "500", "502", "503"]
        );
        for (status, response) in &responses {
            let json = serde_json::to_value(response).unwrap();
            let content = &json["content"]["application/problem+json"];
            assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem");
            assert_eq!(content["example"]["status"].to_string(), *status);
            let code = content["example"]["code"].as_str().unwrap();
            assert!(json["description"].as_str().unwrap().contains(code));
        }
        let conflict = serde_json::to_value(&responses["409"]).unwrap();
        for code in [
            "idempotency_key_reused",
            "idempotency_key_spent",
            "request_in_progress",
            "image_changing",
        ] {
            let description = conflict["description"].as_str().unwrap();
            assert!(
                description.contains(&format!("`{code}`: ")),
                "{description}"
            );
        }
    }

    #[test]
    fn every_code_is_in_the_table_of_codes_under_its_status() {
        let table = include_str!("../../../../docs/API.md");
        for kind in ALL {
            let row = format!("| {} |", kind.status.as_u16());
            let row = table.lines().find(|line| line.starts_with(&row));
            let row = row.unwrap_or_else(|| panic!("no row of {}", kind.status));
            assert!(
                row.contains(&format!("`{}`", kind.code)),
                "{}: {row}",
                kind.code
            );
        }
    }
}

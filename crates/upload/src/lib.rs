//! The Lambda function of `POST /images`: one or more images in one of three forms, or
//! directly into S3.

mod answer;
mod batch;
pub mod bodies;
mod description;
mod direct;

use std::sync::Arc;

use shoebox_core::{Attributes, Faults, Uploader};
use shoebox_http::bodies::ImageBytes;
use shoebox_http::form::UploadForm;
use shoebox_http::openapi::{CallerParameters, IdempotencyParameters, UploadProblems};
use shoebox_http::{Call, Failure, Reply, Route};

use crate::batch::Batch;
use crate::bodies::{JsonUpload, MultipartUpload, TextAttributes, Uploaded};

pub use description::openapi;
use direct::{complete_direct_upload, start_direct_upload};

const UPLOAD: Route = Route {
    method: "POST",
    pattern: "/images",
    operation: "upload_images",
};

/// The path of earlier services.
const UPLOAD_ALIAS: Route = Route {
    method: "POST",
    pattern: "/images/upload",
    operation: "upload_images_alias",
};

/// What this function answers.
pub const ROUTES: &[Route] = &[
    UPLOAD,
    UPLOAD_ALIAS,
    Route {
        method: "POST",
        pattern: "/images/uploads",
        operation: "start_direct_upload",
    },
    Route {
        method: "POST",
        pattern: "/images/{id}/complete",
        operation: "complete_direct_upload",
    },
];

/// Answers one call.
///
/// # Errors
/// Whatever becomes a problem document.
pub async fn handle(uploader: Arc<Uploader>, call: Call) -> Result<Reply, Failure> {
    match call.operation {
        "upload_images" | "upload_images_alias" => upload_images(&uploader, call).await,
        "start_direct_upload" => start_direct_upload(&uploader, &call).await,
        "complete_direct_upload" => complete_direct_upload(&uploader, &call).await,
        _ => Err(Failure::UnknownPath),
    }
}

/// Upload one or more images
///
/// The body's `Content-Type` decides the form: JSON with base64, a multipart form, or the image's bytes as they
/// are. All forms take the same attributes. The image's type is read from its bytes; a declared image type that
/// contradicts them is refused, as is anything that is not one whole, sound image.
#[utoipa::path(
    post,
    path = "/images",
    operation_id = "upload_images",
    tag = "images",
    params(
        CallerParameters, IdempotencyParameters, TextAttributes,
        ("Content-Disposition" = Option<String>, Header,
            description = "`attachment; filename=\"...\"` (RFC 6266): the name of the file, where the body is its bytes. The \
                parameter `filename` goes before it."),
    ),
    request_body(content(
        (JsonUpload = "application/json"),
        (MultipartUpload = "multipart/form-data"),
        (ImageBytes = "image/jpeg"), (ImageBytes = "image/png"), (ImageBytes = "image/gif"), (ImageBytes = "image/webp"),
        (ImageBytes = "image/avif"), (ImageBytes = "application/octet-stream"),
    )),
    responses(
        (status = 201, description = "All images are stored. One image is answered as itself, several as a list.",
            body = Uploaded, headers(
                ("Location" = String, description = "Where the image is, for one image."),
                ("ETag" = String, description = "The version of its metadata, for one image."),
            )),
        (status = 207, description = "Some of several images are stored; `failed` names the others.",
            body = shoebox_http::bodies::UploadedImages),
        UploadProblems,
    ),
)]
async fn upload_images(uploader: &Uploader, mut call: Call) -> Result<Reply, Failure> {
    let mut faults = Faults::default();
    let form = UploadForm::read(&mut call, &mut faults).await?;
    let user = call.user(form.fields.user_id.as_deref(), &mut faults);
    let attributes = Attributes::parse(form.fields, &mut faults);
    let idempotency_key = call.idempotency_key(&mut faults);
    let Some(user) = user.filter(|_| faults.is_empty()) else {
        return Err(faults.into());
    };
    let batch = Batch {
        uploader,
        call: &call,
        user,
        attributes,
        idempotency_key,
    };
    batch.store(form.files).await
}

#[cfg(test)]
mod tests;

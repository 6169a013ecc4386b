//! The Lambda function of `PATCH /images/{id}`.

mod description;

use std::sync::Arc;

use shoebox_core::{Faults, Patch, Updater, view};
use shoebox_http::bodies::ImageBody;
use shoebox_http::openapi::{
    CallerParameters, ChangeProblems, VersionParameters, WriterParameters,
};
use shoebox_http::{Call, Failure, Reply, Route, StatusCode};

pub use description::{ImagePatch, openapi};

/// What this function answers.
pub const ROUTES: &[Route] = &[Route {
    method: "PATCH",
    pattern: "/images/{id}",
    operation: "update_image",
}];

/// Answers one call.
///
/// # Errors
/// Whatever becomes a problem document.
pub async fn handle(updater: Arc<Updater>, call: Call) -> Result<Reply, Failure> {
    match call.operation {
        "update_image" => update_image(&updater, &call).await,
        _ => Err(Failure::UnknownPath),
    }
}

/// Change an image
///
/// A JSON merge patch (RFC 7396): a member that is absent stays, `null` removes it. Every list that shows the
/// image follows in the same transaction. With `If-Match`, only the version that it names is changed.
#[utoipa::path(
    patch,
    path = "/images/{id}",
    operation_id = "update_image",
    tag = "images",
    params(
        ("id" = String, Path, description = "The image's id."),
        CallerParameters, WriterParameters, VersionParameters,
    ),
    request_body(content((ImagePatch = "application/merge-patch+json"), (ImagePatch = "application/json"))),
    responses(
        (status = 200, description = "The image as it is now.", body = ImageBody,
            headers(("ETag" = String, description = "Its new version."))),
        ChangeProblems,
    ),
)]
async fn update_image(updater: &Updater, call: &Call) -> Result<Reply, Failure> {
    let mut faults = Faults::default();
    let mut members = call.json_object()?;
    // Earlier services named the caller in the body.
    let claimed = members.remove("user_id");
    if claimed.as_ref().is_some_and(|value| !value.is_string()) {
        faults.add("user_id", "must be a string");
    }
    let claimed = claimed.as_ref().and_then(|value| value.as_str());
    let caller = call.caller_claiming(claimed, &mut faults);
    let patch = Patch::parse(members, &mut faults);
    faults.or(())?;
    let image = updater
        .update(
            &caller,
            call.image_id()?,
            &patch,
            &call.precondition(),
            call.now,
        )
        .await?;
    let body = ImageBody::new(&image, view(&caller, &image), |image| {
        updater.links().s3_url(image)
    });
    Ok(Reply::json(StatusCode::OK, &body)?.with_etag(&image.etag()))
}

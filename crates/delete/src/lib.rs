//! The Lambda function of `DELETE /images/{id}` and `DELETE /images`.

mod bulk;
mod description;

use std::sync::Arc;

use shoebox_core::{Deleter, Faults};
use shoebox_http::bodies::{BulkDeleted, Deleted};
use shoebox_http::openapi::{
    BulkProblems, CallerParameters, ChangeProblems, VersionParameters, WriterParameters,
};
use shoebox_http::{Call, Failure, Reply, Route, StatusCode};

use crate::bulk::Ids;

pub use bulk::BulkDelete;
pub use description::{Delete, openapi};

const BULK: Route = Route {
    method: "DELETE",
    pattern: "/images",
    operation: "delete_images",
};

/// For clients that cannot send a body with `DELETE`.
const BULK_ALIAS: Route = Route {
    method: "POST",
    pattern: "/images/batch-delete",
    operation: "batch_delete_images",
};

/// What this function answers.
pub const ROUTES: &[Route] = &[
    Route {
        method: "DELETE",
        pattern: "/images/{id}",
        operation: "delete_image",
    },
    BULK,
    BULK_ALIAS,
];

/// Answers one call.
///
/// # Errors
/// Whatever becomes a problem document.
pub async fn handle(deleter: Arc<Deleter>, call: Call) -> Result<Reply, Failure> {
    match call.operation {
        "delete_image" => delete_image(&deleter, &call).await,
        "delete_images" | "batch_delete_images" => delete_images(&deleter, &call).await,
        _ => Err(Failure::UnknownPath),
    }
}

/// Delete an image
///
/// From its first step on no reader sees the image. Where the storage fails the answer is 502 and a repeat
/// finishes the work; with `force=true` it is 200 and what is left is removed later.
#[utoipa::path(
    delete,
    path = "/images/{id}",
    operation_id = "delete_image",
    tag = "images",
    params(
        ("id" = String, Path, description = "The image's id."),
        CallerParameters, WriterParameters, VersionParameters,
        ("force" = Option<bool>, Query, description = "Whether a storage failure is left to be cleaned up later."),
    ),
    request_body = Option<Delete>,
    responses(
        (status = 200, description = "The image is gone.", body = Deleted),
        ChangeProblems,
    ),
)]
async fn delete_image(deleter: &Deleter, call: &Call) -> Result<Reply, Failure> {
    let id = call.image_id()?;
    let mut faults = Faults::default();
    let members = call.json_members()?;
    let claimed = members.text("user_id", &mut faults);
    let caller = call.caller_claiming(claimed.as_deref(), &mut faults);
    let force = bulk::force(call, &members, &mut faults);
    faults.or(())?;
    let precondition = call.precondition();
    deleter
        .delete(&caller, id, &precondition, force, call.now)
        .await?;
    Reply::json(StatusCode::OK, &Deleted::new(id))
}

/// Delete several images
///
/// Each id has its own outcome; an id given twice counts once.
#[utoipa::path(
    delete,
    path = "/images",
    operation_id = "delete_images",
    tag = "images",
    params(
        CallerParameters, WriterParameters,
        ("force" = Option<bool>, Query, description = "Whether storage failures are left to be cleaned up later."),
    ),
    request_body = BulkDelete,
    responses(
        (status = 200, description = "All images are gone.", body = BulkDeleted),
        (status = 207, description = "Some are not; `failed` names them.", body = BulkDeleted),
        BulkProblems,
    ),
)]
async fn delete_images(deleter: &Deleter, call: &Call) -> Result<Reply, Failure> {
    let mut faults = Faults::default();
    let members = call.json_members()?;
    let claimed = members.text("user_id", &mut faults);
    let caller = call.caller_claiming(claimed.as_deref(), &mut faults);
    let force = bulk::force(call, &members, &mut faults);
    let ids = Ids::read(&members, &mut faults);
    faults.or(())?;
    let outcomes = deleter
        .delete_many(&caller, &ids.known, force, call.now)
        .await;
    bulk::reply(outcomes, ids.impossible)
}

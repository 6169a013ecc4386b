//! Direct uploads: for images that are too large for the gateway.

use shoebox_core::{Attributes, DirectStart, Faults, Uploader, View, view};
use shoebox_http::bodies::{ImageBody, PendingImage};
use shoebox_http::form::read_declaration;
use shoebox_http::openapi::{
    CallerParameters, CompleteProblems, IdempotencyParameters, StartProblems, WriterParameters,
};
use shoebox_http::{Call, Failure, Reply, StatusCode, header};

use crate::answer;
use crate::bodies::{CompleteUpload, DirectUploadRequest};

/// Ask for a direct upload
///
/// The answer says where to `PUT` the bytes: past the gateway, straight into the storage, up to the configured
/// size. The URL works once, for bytes of just the declared size and type. Until its bytes are verified the
/// image is `pending` and in no list; `POST /images/{id}/complete` verifies it at once.
#[utoipa::path(
    post,
    path = "/images/uploads",
    operation_id = "start_direct_upload",
    tag = "images",
    params(CallerParameters, WriterParameters, IdempotencyParameters),
    request_body = DirectUploadRequest,
    responses(
        (status = 200, body = ImageBody,
            description = "The same request under the same key was completed before: the image as it is now. There is \
                nothing to put.",
            headers(
                ("Location" = String, description = "Where the image is."),
                ("ETag" = String, description = "The version of its metadata."),
            )),
        (status = 202, description = "The bytes can be put.", body = PendingImage, headers(
            ("Location" = String, description = "Where the image will be."),
        )),
        StartProblems,
    ),
)]
pub(crate) async fn start_direct_upload(
    uploader: &Uploader,
    call: &Call,
) -> Result<Reply, Failure> {
    let mut faults = Faults::default();
    let (fields, direct) = read_declaration(call, &mut faults)?;
    let user = call.user(fields.user_id.as_deref(), &mut faults);
    let attributes = Attributes::parse(fields, &mut faults);
    let key = call.idempotency_key(&mut faults);
    let request = uploader.declare(attributes, &direct, &mut faults)?;
    let (Some(user), Some(request), true) = (user, request, faults.is_empty()) else {
        return Err(faults.into());
    };
    let visibility = call.default_visibility();
    let started = uploader
        .start_direct(&user, visibility, &request, key.as_ref(), call.now)
        .await?;
    let (id, reply) = match started {
        DirectStart::Pending(started) => {
            let id = started.upload.id;
            let reply = Reply::json(StatusCode::ACCEPTED, &PendingImage::new(*started))?;
            (id, reply)
        }
        // Whoever asks is the owner: the id is of their key.
        DirectStart::Complete(image) => {
            let reply = answer::stored(uploader, call, StatusCode::OK, &image, View::Owner).await?;
            (image.id, reply)
        }
    };
    Ok(reply.with(header::LOCATION, &call.image_url(id)))
}

/// Verify and publish a direct upload
///
/// Repeats give the same answer. Bytes that are not one whole, sound image as declared are removed, and the
/// upload with them.
#[utoipa::path(
    post,
    path = "/images/{id}/complete",
    operation_id = "complete_direct_upload",
    tag = "images",
    params(("id" = String, Path, description = "The image's id."), CallerParameters, WriterParameters),
    request_body = Option<CompleteUpload>,
    responses(
        (status = 200, description = "The image is stored and listed.", body = ImageBody),
        CompleteProblems,
    ),
)]
pub(crate) async fn complete_direct_upload(
    uploader: &Uploader,
    call: &Call,
) -> Result<Reply, Failure> {
    let mut faults = Faults::default();
    let members = call.json_members()?;
    let claimed = members.text("user_id", &mut faults);
    let caller = call.caller_claiming(claimed.as_deref(), &mut faults);
    faults.or(())?;
    let image = uploader
        .complete(&caller, call.image_id()?, call.now)
        .await?;
    let view = view(&caller, &image);
    answer::stored(uploader, call, StatusCode::OK, &image, view).await
}

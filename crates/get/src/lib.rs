//! The Lambda function of `GET /images/{id}`: an image's metadata, its bytes, or where to download it.

mod content;
mod description;
mod parameters;

use std::sync::Arc;

use shoebox_core::{Caller, Faults, Image, PresignOptions, Reader, view};
use shoebox_http::bodies::{Download, ImageBody, ImageBytes};
use shoebox_http::openapi::{CallerParameters, ConditionParameters, ReadProblems};
use shoebox_http::{Call, Failure, Reply, Route, StatusCode};

use crate::content::content;
use crate::parameters::Representation;

pub use description::openapi;
pub use parameters::UrlParameters;

/// What this function answers.
pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        pattern: "/images/{id}",
        operation: "get_image",
    },
    Route {
        method: "GET",
        pattern: "/images/{id}/content",
        operation: "get_image_content",
    },
    Route {
        method: "GET",
        pattern: "/images/{id}/download",
        operation: "download_image",
    },
];

/// Answers one call.
///
/// # Errors
/// Whatever becomes a problem document.
pub async fn handle(reader: Arc<Reader>, call: Call) -> Result<Reply, Failure> {
    match call.operation {
        "get_image" => get_image(&reader, &call).await,
        "get_image_content" => get_image_content(&reader, &call).await,
        "download_image" => download_image(&reader, &call).await,
        _ => Err(Failure::UnknownPath),
    }
}

/// Read an image
///
/// JSON with a presigned URL, unless the client prefers an image: with `Accept: image/*` above
/// `application/json`, as `<img src>` and address bars send it, or with `format=raw`, the answer is the bytes.
#[utoipa::path(
    get,
    path = "/images/{id}",
    operation_id = "get_image",
    tag = "images",
    params(
        ("id" = String, Path, description = "The image's id."),
        CallerParameters, ConditionParameters, UrlParameters,
        ("presigned" = Option<bool>, Query, description = "JSON with the URL, whatever `Accept` says."),
        ("format" = Option<String>, Query, description = "`raw` for the bytes, `json` for JSON, whatever `Accept` says."),
    ),
    responses(
        (status = 200, description = "The image.", content(
            (ImageBody = "application/json"),
            (ImageBytes = "image/jpeg"), (ImageBytes = "image/png"), (ImageBytes = "image/gif"), (ImageBytes = "image/webp"),
            (ImageBytes = "image/avif"),
        )),
        (status = 302, description = "The bytes do not fit into one answer: they are at `Location`."),
        (status = 304, description = "The client's copy of the bytes is still good."),
        ReadProblems,
    ),
)]
async fn get_image(reader: &Reader, call: &Call) -> Result<Reply, Failure> {
    let mut faults = Faults::default();
    let caller = call.reader(&mut faults);
    let options = call.presign_options(&mut faults);
    let representation = Representation::of(call, &mut faults);
    faults.or(())?;
    let image = reader.find(&caller, call.image_id()?).await?;
    let reply = match representation {
        Representation::Bytes => content(reader, call, &image, options).await?,
        Representation::Json => metadata(reader, call, &caller, &image, options).await?,
    };
    Ok(reply.varying_by_accept())
}

/// Read an image's bytes
#[utoipa::path(
    get,
    path = "/images/{id}/content",
    operation_id = "get_image_content",
    tag = "images",
    params(
        ("id" = String, Path, description = "The image's id."),
        CallerParameters, ConditionParameters, UrlParameters,
    ),
    responses(
        (status = 200, description = "The bytes.", content(
            (ImageBytes = "image/jpeg"), (ImageBytes = "image/png"), (ImageBytes = "image/gif"), (ImageBytes = "image/webp"),
            (ImageBytes = "image/avif"),
        )),
        (status = 302, description = "The bytes do not fit into one answer: they are at `Location`."),
        (status = 304, description = "The client's copy is still good."),
        ReadProblems,
    ),
)]
async fn get_image_content(reader: &Reader, call: &Call) -> Result<Reply, Failure> {
    let mut faults = Faults::default();
    let caller = call.reader(&mut faults);
    let options = call.presign_options(&mut faults);
    faults.or(())?;
    let image = reader.find(&caller, call.image_id()?).await?;
    content(reader, call, &image, options).await
}

/// Find out where to download an image
///
/// The URL saves the bytes under the image's filename. Clients that prefer `image/*` or `text/html` to JSON are
/// redirected there.
#[utoipa::path(
    get,
    path = "/images/{id}/download",
    operation_id = "download_image",
    tag = "images",
    params(
        ("id" = String, Path, description = "The image's id."),
        CallerParameters, UrlParameters,
        ("redirect" = Option<bool>, Query, description = "Whether to redirect, whatever `Accept` says."),
    ),
    responses(
        (status = 200, description = "Where to download the image.", body = Download),
        (status = 302, description = "The image is at `Location`."),
        ReadProblems,
    ),
)]
async fn download_image(reader: &Reader, call: &Call) -> Result<Reply, Failure> {
    let mut faults = Faults::default();
    let caller = call.reader(&mut faults);
    let options = call.presign_options(&mut faults);
    let redirect = call.query.maybe_switch("redirect", &mut faults);
    faults.or(())?;
    let redirect = redirect.unwrap_or_else(|| call.preferences().redirect_over_json());
    let options = PresignOptions {
        attachment: true,
        // Whoever follows a redirect asks there as here.
        head: call.head && redirect,
        ..options
    };
    let image = reader.find(&caller, call.image_id()?).await?;
    let url = reader.links().presign(&image, options, call.now).await?;
    let reply = if redirect {
        Reply::redirect(&url.url)
    } else {
        Reply::json(StatusCode::OK, &Download::new(&image, url))?
    };
    Ok(reply.varying_by_accept())
}

/// An image as JSON, with a URL for its bytes. A copy that the client has may hold a URL that has ended, so there
/// is no 304; the tag is for `If-Match`.
async fn metadata(
    reader: &Reader,
    call: &Call,
    caller: &Caller,
    image: &Image,
    options: PresignOptions,
) -> Result<Reply, Failure> {
    let url = reader.links().presign(image, options, call.now).await?;
    let body = ImageBody::new(image, view(caller, image), |image| {
        reader.links().s3_url(image)
    });
    let reply = Reply::json(StatusCode::OK, &body.with_url(url))?;
    Ok(reply.with_etag(&image.etag()))
}

#[cfg(test)]
mod tests;

//! The Lambda function of `GET /images`: one page of a filtered list.

mod description;
mod parameters;

use std::sync::Arc;

use shoebox_core::{Caller, Faults, Lister, Page, PresignOptions, view};
use shoebox_http::bodies::{ImageBody, ImageList};
use shoebox_http::openapi::{CallerParameters, ListProblems};
use shoebox_http::{Call, Failure, Reply, Route, StatusCode, header};

pub use description::openapi;
pub use parameters::ListParameters;

/// The longest `Link`, in bytes. API Gateway refuses an answer with more than 10,240 bytes of headers in all.
const MAX_LINK_BYTES: usize = 8_192;

/// What this function answers.
pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    pattern: "/images",
    operation: "list_images",
}];

/// Answers one call.
///
/// # Errors
/// Whatever becomes a problem document.
pub async fn handle(lister: Arc<Lister>, call: Call) -> Result<Reply, Failure> {
    list_images(&lister, &call).await
}

/// List images
///
/// Newest first. With `user_id` the images of that user, without it the public images of all. Filters combine;
/// a page costs the same however large the library is. Follow `rel="next"`, or send `last_key` back, for more. A page
/// has fewer images than `limit` where the gateway would not take the answer.
#[utoipa::path(
    get,
    path = "/images",
    operation_id = "list_images",
    tag = "images",
    params(CallerParameters, ListParameters),
    responses(
        (status = 200, description = "A page of images.", body = ImageList, headers(
            ("Link" = String, description = "The next page as `rel=\"next\"`, where one follows (RFC 8288)."),
        )),
        ListProblems,
    ),
)]
async fn list_images(lister: &Lister, call: &Call) -> Result<Reply, Failure> {
    let mut faults = Faults::default();
    let caller = call.reader(&mut faults);
    let presign = parameters::presign_options(call, &mut faults);
    let mut query = parameters::list_query(&call.query, &mut faults);
    faults.or(())?;
    let (reply, last_key) = loop {
        let page = lister.list(&caller, &query).await?;
        let body = ImageList {
            images: bodies(lister, call, &caller, &page, presign).await?,
            count: page.images.len(),
            last_key: page.last_key,
        };
        let reply = Reply::json(StatusCode::OK, &body)?;
        match query.halved() {
            Some(halved) if !reply.fits(call) => query = halved,
            Some(_) | None => break (reply, body.last_key),
        }
    };
    let next = last_key.map(|last_key| {
        let parameters = parameters::of_next_page(&query, presign, last_key);
        format!("<{}>; rel=\"next\"", call.list_url(&parameters))
    });
    // Where it does not fit, `last_key` in the body says as much.
    Ok(match next.filter(|link| link.len() <= MAX_LINK_BYTES) {
        Some(link) => reply.with(header::LINK, &link),
        None => reply,
    })
}

/// The images of a page as this caller sees them, each with its URL where that was asked for.
async fn bodies(
    lister: &Lister,
    call: &Call,
    caller: &Caller,
    page: &Page,
    presign: Option<PresignOptions>,
) -> Result<Vec<ImageBody>, Failure> {
    let mut bodies = Vec::with_capacity(page.images.len());
    for image in &page.images {
        let body = ImageBody::new(image, view(caller, image), |image| {
            lister.links().s3_url(image)
        });
        bodies.push(match presign {
            Some(options) => body.with_url(lister.links().presign(image, options, call.now).await?),
            None => body,
        });
    }
    Ok(bodies)
}

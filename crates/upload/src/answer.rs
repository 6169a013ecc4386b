//! The answer of one image that is stored.

use shoebox_core::{Image, PresignOptions, Uploader, View};
use shoebox_http::bodies::ImageBody;
use shoebox_http::{Call, Failure, Reply, StatusCode, error_chain};

use crate::bodies::Uploaded;

/// Answers with an image and its URL. It is stored, so that it has no URL is no reason to call the request failed.
pub(crate) async fn stored(
    uploader: &Uploader,
    call: &Call,
    status: StatusCode,
    image: &Image,
    view: View,
) -> Result<Reply, Failure> {
    let links = uploader.links();
    let body = ImageBody::new(image, view, |image| links.s3_url(image));
    let url = links
        .presign(image, PresignOptions::default(), call.now)
        .await;
    let body = match url {
        Ok(url) => body.with_url(url),
        Err(error) => {
            tracing::error!(error = error_chain(&error), "no URL for the new image");
            body
        }
    };
    let reply = Reply::json(status, &Uploaded::One(Box::new(body)))?;
    Ok(reply.with_etag(&image.etag()))
}
